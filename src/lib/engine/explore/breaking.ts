import type { LossFound } from '../contract/explore/request.ts';
import type { World } from '../state/world.ts';
import type { LossTest } from './loss-test.ts';
import { whatIsLost } from './loss-test.ts';
import type { Snapshot } from './snapshots.ts';
import type { Walker } from './walker.ts';

/** Events of a stretch that are looked at one by one; a longer one is halved until so few are left. */
const ONE_BY_ONE = 8;

/** Where a loss is looked for: between an event of the run at which it was not there yet and one at which it is. */
export interface Stretch {
	readonly fineAtEvent?: number;
	readonly lostAtEvent: number;
	/** Whether it is there; without it, by the test. */
	readonly isLost?: () => boolean;
}

/**
 * The event after which a loss is there, between a state without it and one with it: by halving, each half from where the one
 * before began, then one by one. A loss that comes, goes and comes again may be told at its later coming.
 */
export function breakingEvent(
	walker: Walker,
	before: Snapshot,
	journal: LossFound['journal'],
	{ fineAtEvent, lostAtEvent, isLost }: Stretch,
	test: LossTest
): Omit<LossFound, 'failure' | 'journal' | 'path'> {
	const { world } = walker;
	const lost = isLost ?? ((): boolean => test.ever(world) || (world.r.eventCount >= lostAtEvent && test.atEnd(world)));
	let from = before;
	const back = (): void => {
		walker.restore(from);
		world.journal = [...journal];
	};
	const goTo = (event: number): void => walker.runEvents(event - world.r.eventCount);
	/** The stretch begins where the world stands now. */
	const beginHere = (): void => {
		const next = walker.keep();
		if (from !== before) walker.drop(from);
		from = next;
	};
	back();
	if (fineAtEvent !== undefined && fineAtEvent > world.r.eventCount) {
		goTo(fineAtEvent);
		beginHere();
	}
	let low = world.r.eventCount;
	let high = Math.max(low + 1, lostAtEvent);
	while (high - low > ONE_BY_ONE) {
		const middle = (low + high) >> 1;
		back();
		goTo(middle);
		if (lost()) high = middle;
		else {
			low = middle;
			beginHere();
		}
	}
	back();
	goTo(low);
	if (from !== before) walker.drop(from);
	let traceBefore = world.trace.length;
	for (let event = low; event < high; event += 1) {
		traceBefore = world.trace.length;
		walker.runEvents(1);
		if (lost()) break;
	}
	return lossHere(world, traceBefore);
}

/** What there is to tell of the loss where the world stands, right after its event. */
export function lossHere(world: World, traceBefore: number): Omit<LossFound, 'failure' | 'journal' | 'path'> {
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
