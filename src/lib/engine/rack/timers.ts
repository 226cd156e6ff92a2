import { EventKind } from '../sim/event-kinds.ts';
import { schedule } from '../sim/event-queue.ts';
import type { World } from '../state/world.ts';

/** What an event of kind `rack` is about; the second number says of whom. */
export const RackTimer = {
	/** A host beats and looks. b: host + 16 × generation. */
	beat: 1,
	/** The other end of a move notices. b: operation × 2, + 1 when the target is gone. */
	notice: 2,
	/** The next step of a recovery. b: its index + 1024 × turn. */
	recovery: 3,
	/** A VM runs again. b: VM + 1024 × turn. */
	restart: 4,
	/** A host that stood still goes on. b: host + 16 × generation. */
	resume: 5,
	/** Registers are to be saved. b: VM. */
	checkpoint: 6,
	/** They are saved. b: VM. */
	saved: 7,
	/** An evacuation looks at its moves. b: its index. */
	evacuation: 8,
	/** An entry of the calendar begins. b: its index. */
	calendar: 9,
	/** A look at a hazard. b: its index. */
	hazard: 10,
	/** What a hazard broke is mended. b: host + 16 × (0 boot, 1 CXL link, 2 network, 3 pool, 4 boot if it is fenced). */
	mend: 11
} as const;

/** Which of many, and the how-manieth plan of it: an event of an older plan finds another turn and does nothing. */
export const withTurn = (index: number, turn: number): number => index + TURNS * turn;
export const indexOf = (code: number): number => code % TURNS;
export const turnOf = (code: number): number => Math.floor(code / TURNS);
const TURNS = 1024;

export function plan(world: World, afterNs: number, timer: number, of: number): void {
	schedule(world, world.r.nowNs + Math.max(0, Math.floor(afterNs)), EventKind.rack, timer, of);
}
