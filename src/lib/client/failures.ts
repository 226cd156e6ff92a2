import type { CrashReport } from '../engine/contract/port.ts';
import type { LiveWorld } from './live-world.ts';

/** The engine stopped on a broken promise: nothing it has since said is believed. */
export class EngineCrash extends Error {
	override name = 'EngineCrash';
	readonly report: CrashReport;
	constructor(report: CrashReport) {
		super(report.message);
		this.report = report;
	}
}

/** A question that the engine could not answer; only the asker is told. */
export class UnansweredQuestion extends Error {
	override name = 'UnansweredQuestion';
}

/** A report for an error that came out of a call which has no place for one in its answer. */
export function crashOf(
	error: unknown,
	live: LiveWorld | undefined,
	journal = live?.journal ?? []
): CrashReport {
	const { message, stack } = error instanceof Error ? error : new Error(String(error));
	return {
		world: live?.world ?? -1,
		message,
		stack: stack ?? '',
		atNs: live?.status.nowNs ?? 0,
		eventCount: live?.status.eventCount ?? 0,
		journal
	};
}
