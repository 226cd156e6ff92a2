import type { LossFound } from '../contract/explore/request.ts';
import type { World } from '../state/world.ts';
import type { LossTest } from './loss-test.ts';
import { whatIsLost } from './loss-test.ts';
import type { Snapshot } from './snapshots.ts';
import type { Walker } from './walker.ts';

/** Events of a stretch that are looked at one by one; a longer one is halved until so few are left. */
const ONE_BY_ONE = 8;

/**
 * The event after which a loss is there, between a state without it and one with it: by halving, then one by one. A loss that
 * comes, goes and comes again may be told at its later coming.
 */
export function breakingEvent(
	walker: Walker,
	before: Snapshot,
	journal: LossFound['journal'],
	lostAtEvent: number,
	test: LossTest
): Omit<LossFound, 'failure' | 'journal' | 'path'> {
	const { world } = walker;
	const lost = (): boolean => test.ever(world) || (world.r.eventCount >= lostAtEvent && test.atEnd(world));
	const back = (): void => {
		walker.restore(before);
		world.journal = [...journal];
	};
	back();
	const first = world.r.eventCount;
	let low = 0;
	let high = Math.max(1, lostAtEvent - first);
	while (high - low > ONE_BY_ONE) {
		const middle = (low + high) >> 1;
		back();
		walker.runEvents(middle);
		if (lost()) high = middle;
		else low = middle;
	}
	back();
	walker.runEvents(low);
	let traceBefore = world.trace.length;
	for (let event = low; event < high; event += 1) {
		traceBefore = world.trace.length;
		walker.runEvents(1);
		if (lost()) break;
	}
	return {
		atNs: world.r.nowNs,
		eventCount: world.r.eventCount,
		event: recordOf(world, traceBefore),
		found: whatIsLost(world),
		pauseNs: Math.max(0, world.r.nowNs - 1)
	};
}

/** What the trace says of the event: of its records the one that speaks of a loss, else the last; else the one before it. */
function recordOf(world: World, from: number): string {
	const records = world.trace.slice(from);
	const told = records.find((record) => record.kind === 'loss') ?? records.at(-1) ?? world.trace.at(-1);
	return told?.text ?? '';
}
