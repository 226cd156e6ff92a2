import { failureOf, type FailureChoice, type FailureWhen } from '../contract/explore/words.ts';
import { evaluate } from '../queries/evaluate.ts';
import { checkAll } from '../sim/invariants.ts';
import type { World } from '../state/world.ts';
import { proveContent } from '../whole/content.ts';
import { INVARIANTS } from '../whole/index.ts';
import { oneRunner } from '../whole/protocol.ts';
import { wrongDma } from '../queries/vdpa-quantities.ts';
import { wrongMaps } from '../vdpa/promise.ts';

/** Whether a state is a loss, by the failure that was asked for. */
export interface LossTest {
	readonly title: string;
	/** At any state on the way. */
	readonly ever: (world: World) => boolean;
	/** Where a run ends, or where nothing more happens by itself. */
	readonly atEnd: (world: World) => boolean;
	readonly when: FailureWhen;
	/** Of a loss at the end: from when on it has been there, where that can be told. */
	readonly since: ((world: World) => boolean) | null;
}

/**
 * Looks after every event, cheaply: only where a mark, a runner or a map is no longer what it was a moment ago the whole test is
 * made. What it does not see is seen where the run stops.
 */
export function alarmOf(world: World, test: LossTest): () => boolean {
	let seen = telltale(world);
	return () => {
		const now = telltale(world);
		if (now === seen) return false;
		seen = now;
		return test.ever(world);
	};
}

const telltale = (world: World): string =>
	`${world.r.marks.length}/${world.r.hosts.length > 0 ? (oneRunner(world) ?? '') : ''}/${world.r.vdpa.nics.length > 0 ? wrongDma(world) : 0}`;

export function lossTest(choice: FailureChoice): LossTest {
	const { expression, when, title, since } = failureOf(choice);
	const holds = (world: World): boolean => Boolean(evaluate(world, expression));
	return {
		title,
		when,
		ever: when === 'ever' ? holds : () => false,
		atEnd: holds,
		since: since === null ? null : (world) => Boolean(evaluate(world, since))
	};
}

/** What is wrong in a state, in words: the most telling thing first. */
export function whatIsLost(world: World): string {
	const mark = world.r.marks.find((one) => !one.startsWith('planted fault'));
	if (mark) return mark;
	for (const nic of world.r.vdpa.nics) {
		const guest = world.r.vdpa.guests.find((one) => one.vm === nic.vm);
		const end = nic.ends[(world.r.vms[nic.vm]?.running ?? 0) as 0 | 1];
		const [wrong] = guest && end && nic.change === null ? wrongMaps(guest, end) : [];
		if (wrong) return `${nic.id}: ${wrong.text}`;
	}
	const content = proveContent(world).found;
	if (content !== null) return content;
	const broken = checkAll(world, INVARIANTS).find((verdict) => !verdict.holds);
	if (broken) return `${broken.statement}: ${broken.found ?? ''}`;
	const stopped = world.r.vms.find((vm) => vm.vcpuState !== 'running');
	if (stopped) return `${stopped.id} does not run`;
	const last = world.r.operations.at(-1);
	return last ? `the last migration: ${last.state}` : 'as asked for';
}
