import type { Buffers } from '../engine/contract/port.ts';
import type { WorldStatus } from '../engine/contract/status.ts';
import type { Connection } from './connect.ts';

/** One world in an engine of its own, run until something is known; nothing of it is shown or kept. */
export interface RunWish {
	readonly scenario: unknown;
	readonly untilNs: number;
	/** Events a call: long enough to get on, short enough to show progress and to stop. */
	readonly sliceEvents: number;
	readonly limitBytes: number;
	/** True when nothing more is wanted of the run. */
	readonly known: (status: WorldStatus) => boolean;
	/** Called between slices; true ends the run. */
	readonly between: (status: WorldStatus | undefined) => boolean;
}

/** The last status, or undefined where the run was ended before the first. Throws with the engine's words where it cannot run. */
export async function runWorld(
	connection: Connection,
	wish: RunWish
): Promise<WorldStatus | undefined> {
	const opened = await connection.call((port) =>
		port.open({
			scenario: wish.scenario,
			memory: 'transferred',
			limitBytes: wish.limitBytes,
			checkpointBytes: 8e6
		})
	);
	if (!opened.ok) throw new Error(opened.detail);
	const { world } = opened.value;
	let buffers: Buffers = { [world]: opened.value.buffer as ArrayBuffer };
	let status: WorldStatus | undefined;
	for (;;) {
		const given = buffers;
		const answer = await connection.call((port) =>
			port.advance({
				worlds: [world],
				untilNs: wish.untilNs,
				eventBudget: wish.sliceEvents,
				buffers: given
			})
		);
		if (answer.crash) throw new Error(answer.crash.message);
		buffers = answer.buffers ?? {};
		status = answer.statuses[world];
		if (wish.between(status) || answer.done || (status && wish.known(status))) break;
	}
	await connection.call((port) => port.close({ world }));
	return status;
}
