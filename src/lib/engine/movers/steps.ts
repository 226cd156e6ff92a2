/**
 * Three movers race for the pages of one guest (decision D13): who migrates it, NUMA balancing, reclaim. A mover is a table
 * of steps, each with at most one access to what they share; its program counter is in the record. The explorer takes every
 * enabled step of every mover; a run schedules the same table. Linux 7.2.13: mm/migrate.c, mm/mempolicy.c, mm/vmscan.c,
 * mm/gup.c, kernel/sched/fair.c. The 64 pages are one class: they are alike, so their order does not matter.
 */

/** What the migrator may do, one after the other. */
export const MOVER_TILES = {
	move: 'move_pages: the pages go to the CXL node',
	bind: 'mbind(MPOL_BIND) to the CXL node: NUMA balancing leaves them alone',
	mlock: 'mlock: faulted in and unevictable, so reclaim leaves them alone; every other mover still moves them',
	pin: 'a long-term pin: nobody moves them; in ZONE_MOVABLE the pin itself moves them out first',
	reference: 'one extra reference: movers try, fail and put them back',
	quiet: 'numa_balancing=0 on this host',
	nothing: 'nothing'
} as const;
export type MoverTile = keyof typeof MOVER_TILES;

export interface MoverPlan {
	/** Zone in which the CXL node's memory is online. */
	readonly zone: 'MOVABLE' | 'NORMAL';
	/** guest_memfd or secretmem: cannot migrate at all. */
	readonly secure: boolean;
	/** What the migrator does before the hand-off, in this order. */
	readonly before: readonly MoverTile[];
	/** Whether it lets go of pins and references after the hand-off. */
	readonly release: boolean;
}

export type Mover = 'migrator' | 'balancing' | 'reclaim';
export const MOVERS: readonly Mover[] = ['migrator', 'balancing', 'reclaim'];

/** Shared state and the program counters. Flat, so that it is its own key. */
export interface MoverState {
	/** cache: unmapped, but still in its frame on the CXL node (swap cache). */
	place: 'dram' | 'cxl' | 'cache' | 'swap' | 'home';
	/** Who took the folios off the LRU list, or nobody. */
	isolated: Mover | null;
	/** NUMA balancing left a hint: the next touch faults. */
	hinted: boolean;
	bound: boolean;
	locked: boolean;
	pinned: boolean;
	referenced: boolean;
	quiet: boolean;
	handedOver: 'no' | 'in the pool' | 'elsewhere';
	/** Index of the migrator's next act, and where it stands inside it. */
	act: number;
	inside: number;
	balancing: number;
	reclaim: number;
	/** Rounds that the other two still have: the depth of the exploration. */
	rounds: number;
}

export function firstState(rounds: number): MoverState {
	return {
		place: 'dram',
		isolated: null,
		hinted: false,
		bound: false,
		locked: false,
		pinned: false,
		referenced: false,
		quiet: false,
		handedOver: 'no',
		act: 0,
		inside: 0,
		balancing: 0,
		reclaim: 0,
		rounds
	};
}

export type Act = MoverTile | 'hand-off' | 'release' | 'pull';

/** The whole of what the migrator does. */
export function actsOf(plan: MoverPlan): readonly Act[] {
	return [...plan.before.filter((tile) => tile !== 'nothing'), 'hand-off', ...(plan.release ? (['release'] as const) : []), 'pull'];
}

/** Is anything held that page migration cannot explain (mm/migrate.c, folio_expected_ref_count)? */
const held = (state: MoverState): boolean => state.pinned || state.referenced;

export interface Taken {
	readonly state: MoverState;
	/** One sentence: what the step did. */
	readonly says: string;
}

/** The one step that a mover can take now, or null. */
export function stepOf(plan: MoverPlan, state: MoverState, mover: Mover): Taken | null {
	if (mover === 'migrator') return migratorStep(plan, state);
	// On the target nobody else has these pages yet; before that each of the two has a bounded number of rounds.
	if (state.handedOver !== 'no') return null;
	return mover === 'balancing' ? balancingStep(plan, state) : reclaimStep(plan, state);
}

function migratorStep(plan: MoverPlan, state: MoverState): Taken | null {
	const act = actsOf(plan)[state.act];
	if (act === undefined) return null;
	const next = { ...state, act: state.act + 1, inside: 0 };
	switch (act) {
		case 'move':
			return moveStep(plan, state, 'cxl', 'the CXL node');
		case 'pull':
			return moveStep(plan, state, 'home', 'the DRAM of B');
		case 'bind':
			return { state: { ...next, bound: true }, says: 'the pages are bound to the CXL node' };
		case 'mlock': {
			if (state.isolated !== null) return null;
			// mlock populates: what was swapped out is read back, to where the policy says.
			const back = state.place === 'swap' ? (state.bound ? 'cxl' : 'dram') : state.place === 'cache' ? 'cxl' : state.place;
			return { state: { ...next, locked: true, place: back }, says: 'the pages are locked' };
		}
		case 'pin': {
			if (state.isolated !== null) return null;
			if (state.place === 'swap' || state.place === 'cache')
				return { state: { ...next, place: 'dram', pinned: true }, says: 'the pin faults the pages in, into DRAM' };
			const leaves = state.place === 'cxl' && plan.zone === 'MOVABLE';
			return leaves
				? {
						state: { ...next, place: 'dram', pinned: true },
						says: 'a long-term pin may not sit in ZONE_MOVABLE: it moves the pages to DRAM, then pins them'
					}
				: { state: { ...next, pinned: true }, says: `the pages are pinned in ${state.place === 'cxl' ? 'CXL' : 'DRAM'}` };
		}
		case 'reference':
			if (state.isolated !== null) return null;
			return { state: { ...next, referenced: true }, says: 'somebody takes one more reference of each page' };
		case 'quiet':
			return { state: { ...next, quiet: true }, says: 'NUMA balancing is switched off' };
		case 'hand-off': {
			// Whoever has the folios off the list finishes first: the hand-off waits for the folio lock.
			if (state.isolated !== null) return null;
			const there = state.place === 'cxl' || state.place === 'cache';
			return {
				state: { ...next, handedOver: there ? 'in the pool' : 'elsewhere', place: there ? 'cxl' : state.place },
				says: there ? 'hand-off: all 64 pages are in CXL' : `hand-off: the pages are not in CXL but in ${words(state)}`
			};
		}
		case 'release':
			return { state: { ...next, pinned: false, referenced: false }, says: 'pins and references are let go' };
		case 'nothing':
			return { state: next, says: 'nothing' };
	}
}

const words = (state: MoverState): string => (state.place === 'swap' ? 'swap' : state.place === 'dram' ? 'DRAM' : state.place);

/** Page migration in two steps: isolate, then check, copy and map. */
function moveStep(plan: MoverPlan, state: MoverState, to: 'cxl' | 'home', where: string): Taken | null {
	const next = { ...state, act: state.act + 1, inside: 0 };
	if (state.inside === 0) {
		if (plan.secure) return { state: next, says: 'secure memory cannot migrate: EOPNOTSUPP' };
		if (to === 'home' && state.place !== 'cxl') return { state: next, says: 'there is nothing in the pool to pull home' };
		if (state.place === to) return { state: next, says: `the pages are on ${where} already` };
		if (state.place === 'swap') return { state: next, says: 'swapped out: status ENOENT, nothing to move' };
		if (state.isolated !== null) return { state: next, says: `${state.isolated} has them off the LRU list: EBUSY` };
		return { state: { ...state, isolated: 'migrator', inside: 1 }, says: 'migrator takes the pages off the LRU list' };
	}
	if (held(state)) return { state: { ...next, isolated: null }, says: 'more references than mappings explain: EAGAIN ten times, put back' };
	return { state: { ...next, isolated: null, place: to, hinted: false }, says: `the pages are on ${where}` };
}

/** NUMA balancing: scan, fault, promote. BIND, a pin and the switch stop the scan; mlock does not. */
function balancingStep(_plan: MoverPlan, state: MoverState): Taken | null {
	switch (state.balancing) {
		case 0: {
			const skips = state.quiet || state.bound || state.pinned || state.place !== 'cxl';
			if (skips || state.rounds === 0) return null;
			return {
				state: { ...state, hinted: true, balancing: 1, rounds: state.rounds - 1 },
				says: 'balancing: the scan leaves hints in the page table'
			};
		}
		case 1:
			if (!state.hinted || state.place !== 'cxl') return { state: { ...state, balancing: 0 }, says: 'balancing: the hint is gone' };
			// The fault looks at the policy once more (mm/mempolicy.c, mpol_misplaced).
			if (state.bound || state.quiet)
				return { state: { ...state, hinted: false, balancing: 0 }, says: 'balancing: the fault finds the pages bound and leaves them' };
			if (state.isolated !== null)
				return { state: { ...state, hinted: false, balancing: 0 }, says: 'balancing: the pages are off the list, it backs off' };
			return {
				state: { ...state, hinted: false, isolated: 'balancing', balancing: 2 },
				says: 'balancing: a CPU of A touches the pages, they are taken off the list'
			};
		default:
			if (held(state))
				return { state: { ...state, isolated: null, balancing: 0 }, says: 'balancing: an extra reference, it tries and puts them back' };
			return { state: { ...state, isolated: null, place: 'dram', balancing: 0 }, says: 'balancing: the pages are promoted to DRAM' };
	}
}

/** Reclaim of the node: pick, unmap, write out. mlock stops it; a reference leaves the pages unmapped in the swap cache. */
function reclaimStep(_plan: MoverPlan, state: MoverState): Taken | null {
	switch (state.reclaim) {
		case 0: {
			const skips = state.locked || state.isolated !== null || state.place === 'swap' || state.place === 'cache' || state.place === 'home';
			if (skips || state.rounds === 0) return null;
			return {
				state: { ...state, isolated: 'reclaim', reclaim: 1, rounds: state.rounds - 1 },
				says: 'reclaim: the pages are the coldest of a node below LOW'
			};
		}
		default: {
			const back = { ...state, isolated: null, reclaim: 0 };
			if (state.pinned) return { state: back, says: 'reclaim: pinned, put back' };
			if (state.locked) return { state: back, says: 'reclaim: locked meanwhile, put back' };
			if (state.referenced)
				return {
					state: { ...back, place: state.place === 'cxl' ? 'cache' : state.place },
					says: 'reclaim: unmapped, but an extra reference keeps them in the swap cache'
				};
			return { state: { ...back, place: 'swap' }, says: 'reclaim: unmapped and written to swap' };
		}
	}
}
