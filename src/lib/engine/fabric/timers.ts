import { EventKind } from '../sim/event-kinds.ts';
import { schedule } from '../sim/event-queue.ts';
import type { World } from '../state/world.ts';

/** What of the fabric goes on after a time. The functions are joined in commands/fabric-timers.ts, by these numbers. */
export const FabricTimerKind = {
	/** An application takes its next turn. Index: app × 2^16 + turn. */
	app: 0,
	/** System RAM is empty, or will never be. Index: host × 2^16 + number of the DAX device. */
	vacate: 1,
	/** A plan may go on, or has waited long enough. Index: plan. */
	plan: 2,
	/** A host looks at a chain that is still open, or takes its next step at an event log (fabric/hosts). Index: host × 2^16 + inbox. */
	inbox: 3,
	/** A background command of a switch ends (fabric/switch). */
	background: 4,
	/** A reset or a retraining ends (fabric/faults). Index: host or device. */
	recovery: 5,
	/** What a VM does is over (orchestrator/guests). Index: VM × 2^16 + turn. */
	guest: 6
} as const;
export type FabricTimerKindValue = (typeof FabricTimerKind)[keyof typeof FabricTimerKind];

export function scheduleFabricTimer(world: World, atNs: number, kind: FabricTimerKindValue, index: number): void {
	schedule(world, atNs, EventKind.fabricTimer, kind, index);
}
