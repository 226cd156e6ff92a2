import type { World } from '../state/world.ts';

/** What goes on after a time: index in this table is the event's first payload. Append, never re-order. */
export type FabricTimer = (world: World, index: number) => void;
export const FABRIC_TIMERS: readonly FabricTimer[] = [];

export function runFabricTimer(world: World, which: number, index: number): void {
	FABRIC_TIMERS[which]?.(world, index);
}
