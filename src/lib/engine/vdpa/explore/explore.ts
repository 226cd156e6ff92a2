import { GIB } from '../../../base/units.ts';
import type { SwitchChoice } from '../../contract/vdpa/choice.ts';
import { COLLISION_ACTIONS, type CollisionAction, type CollisionAnswer } from '../../contract/vdpa/collision.ts';
import type { WrongMapStatus } from '../../contract/vdpa/status.ts';
import type { DeviceEndRecord, NicGuestRecord, NicRecord } from '../../state/vdpa-records.ts';
import { acknowledgedBits } from '../build.ts';
import { newEnd } from '../ends.ts';
import { dimmSection } from '../listener/layout.ts';
import type { NicContext } from '../ports.ts';
import { wrongMaps } from '../promise.ts';
import { planOf, type ChangeKind } from '../switching/plan.ts';
import { runAtOnce } from '../switching/run.ts';
import { PAPER_QUEUES, paperPages } from './paper-pages.ts';

/**
 * Every sequence of what can happen to the maps of a device, up to a length: a migration starts, a DIMM is plugged or taken
 * out, the migration fails or finishes. The steps are those of the timed run (vdpa/switching), on copies of its records; what
 * a sequence cannot do in its state it does not try. Equal states are looked at once.
 */
const DIMM_BYTES = GIB;

interface State {
	readonly guest: NicGuestRecord;
	readonly nic: NicRecord;
	readonly migrating: boolean;
	readonly path: readonly CollisionAction[];
}

const endOf = (nic: NicRecord): DeviceEndRecord => nic.ends[0] as DeviceEndRecord;

function contextOf(state: State): NicContext {
	const { guest, nic } = state;
	return { guest, nic, end: endOf(nic), pages: paperPages(false, guest.pages), queues: PAPER_QUEUES, nowNs: 0, belief: null };
}

function change(state: State, kind: ChangeKind, section = ''): void {
	const context = contextOf(state);
	runAtOnce(context, kind, planOf(kind, context, false, section), '');
}

/** The device as it is after boot, with the choice in question. */
function firstState(guest: NicGuestRecord, nic: NicRecord, choice: SwitchChoice): State {
	const dimms = guest.sections.filter((section) => section.kind === 'dimm').length;
	const copy: NicGuestRecord = {
		...structuredCopy(guest),
		sections: structuredCopy(guest.sections.filter((section) => section.kind === 'ram')),
		freeSlots: guest.freeSlots + dimms,
		pinnedPages: [0, 0],
		jobs: [],
		then: null
	};
	const fresh: NicRecord = {
		...structuredCopy({ ...nic, changes: [], change: null }),
		choice,
		acknowledged: acknowledgedBits(choice, nic.traits)
	};
	fresh.ends = [newEnd(fresh, 0, 0), null];
	const state: State = { guest: copy, nic: fresh, migrating: false, path: [] };
	change(state, 'init');
	change(state, 'start');
	return state;
}

/** Does the action; null when it cannot happen in this state. */
function after(state: State, action: CollisionAction): State | null {
	const migrating = action === 'start' ? true : action === 'fail' || action === 'finish' ? false : state.migrating;
	if (action === 'start' && state.migrating) return null;
	if ((action === 'fail' || action === 'finish') && !state.migrating) return null;
	const next: State = {
		guest: structuredCopy(state.guest),
		nic: structuredCopy(state.nic),
		migrating,
		path: [...state.path, action]
	};
	switch (action) {
		case 'start':
			change(next, 'to-svq');
			return next;
		case 'fail':
			change(next, 'to-passthrough');
			return next;
		case 'finish':
			// The target's device is another one, opened anew; the source's is closed.
			next.nic.ends = [newEnd(next.nic, 0, 0), null];
			next.guest.pinnedPages = [0, 0];
			change(next, 'init');
			change(next, 'start');
			return next;
		case 'hotplug': {
			const { guest } = next;
			const firstGfn = guest.sections.reduce((end, section) => Math.max(end, section.firstGfn + section.bytes / 4096), 0);
			const section = guest.freeSlots === 0 ? null : dimmSection(guest, DIMM_BYTES, firstGfn);
			if (section === null) return null;
			guest.sections.push(section);
			guest.sections.sort((a, b) => a.gpa - b.gpa);
			guest.freeSlots -= 1;
			change(next, 'plug', section.id);
			return next;
		}
		case 'unplug': {
			const { guest } = next;
			const section = guest.sections.filter((one) => one.kind === 'dimm').at(-1);
			if (!section) return null;
			change(next, 'unplug', section.id);
			guest.sections = guest.sections.filter((one) => one !== section);
			guest.freeSlots += 1;
			return next;
		}
	}
}

/** What decides the future of a state: sections, trees, maps and mode. Counters of work done are left out. */
function keyOf(state: State): string {
	const end = endOf(state.nic);
	return JSON.stringify([
		state.migrating,
		state.guest.freeSlots,
		state.guest.sections.map((section) => [section.gpa, section.bytes]),
		end.svq,
		end.listener,
		end.mapped.map((mapped) => [mapped.section, mapped.iova]),
		end.rings.map((ring) => [ring.queue, ring.area, ring.iova, ring.asid]),
		end.kernel.spaces.map((space) => [space.asid, space.entries.map((entry) => [entry.iova, entry.bytes, entry.uaddr])])
	]);
}

/** Maps by which the device would reach wrong bytes. Memory that shadow queues cannot place is refused at the look-up instead. */
function wrongDma({ guest, nic }: State): readonly WrongMapStatus[] {
	const end = endOf(nic);
	return wrongMaps(guest, end).filter((wrong) => !end.svq || wrong.mappedIova !== null);
}

/** `length`: actions at most. Breadth first, so that the path found is a shortest one. */
export function exploreCollisions(
	guest: NicGuestRecord,
	nic: NicRecord,
	length: number,
	choice: SwitchChoice = nic.choice
): CollisionAnswer {
	const first = firstState(guest, nic, choice);
	const firstKey = keyOf(first);
	/** States that follow each state, one per action that it allows. */
	const follows = new Map<string, string[]>();
	let layer = new Map([[firstKey, first]]);
	const seen = new Set([firstKey]);
	for (let depth = 0; depth < length && layer.size > 0; depth += 1) {
		const found = new Map<string, State>();
		for (const [key, state] of layer) {
			const next: string[] = [];
			for (const action of COLLISION_ACTIONS) {
				const reached = after(state, action);
				if (reached === null) continue;
				const wrong = wrongDma(reached);
				if (wrong.length > 0)
					return {
						states: seen.size + 1,
						sequences: sequencesOf(follows, firstKey, depth),
						path: reached.path,
						found: wrong[0]?.text ?? ''
					};
				const at = keyOf(reached);
				next.push(at);
				if (seen.has(at)) continue;
				seen.add(at);
				found.set(at, reached);
			}
			follows.set(key, next);
		}
		layer = found;
	}
	return { states: seen.size, sequences: sequencesOf(follows, firstKey, length), path: null, found: null };
}

/** How many sequences of at most so many actions there are, by the graph of the states. */
function sequencesOf(follows: ReadonlyMap<string, readonly string[]>, from: string, length: number): number {
	let ways = new Map([[from, 1]]);
	let sequences = 0;
	for (let depth = 0; depth < length; depth += 1) {
		const next = new Map<string, number>();
		for (const [key, count] of ways) for (const at of follows.get(key) ?? []) next.set(at, (next.get(at) ?? 0) + count);
		ways = next;
		for (const count of ways.values()) sequences += count;
	}
	return sequences;
}

/** A copy of plain data. */
function structuredCopy<T>(value: T): T {
	return JSON.parse(JSON.stringify(value)) as T;
}
