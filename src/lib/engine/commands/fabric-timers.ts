import { runBackground } from '../fabric/switch/binding.ts';
import { FabricTimerKind, type FabricTimerKindValue } from '../fabric/timers.ts';
import type { World } from '../state/world.ts';

/** What goes on after a time, by the kinds of fabric/timers.ts. Each part of the fabric brings its own. */
export type FabricTimer = (world: World, index: number) => void;
export const FABRIC_TIMERS: Readonly<Partial<Record<FabricTimerKindValue, FabricTimer>>> = {
	[FabricTimerKind.background]: runBackground
};

export function runFabricTimer(world: World, which: number, index: number): void {
	FABRIC_TIMERS[which as FabricTimerKindValue]?.(world, index);
}
