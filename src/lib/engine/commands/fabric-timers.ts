import { runRecoveryTimer } from '../fabric/faults/links.ts';
import { runInboxTimer } from '../fabric/hosts/steps.ts';
import { runBackground } from '../fabric/switch/binding.ts';
import { FabricTimerKind, type FabricTimerKindValue } from '../fabric/timers.ts';
import { runAppTimer } from '../orchestrator/apps.ts';
import { runGuestTimer } from '../orchestrator/guests/index.ts';
import { runPlanTimer } from '../orchestrator/run-plans.ts';
import { stir } from '../orchestrator/stir.ts';
import { runVacateTimer } from '../orchestrator/system-ram.ts';
import type { World } from '../state/world.ts';

/** What goes on after a time, by the kinds of fabric/timers.ts. Each part of the fabric brings its own. */
export type FabricTimer = (world: World, index: number) => void;
export const FABRIC_TIMERS: Readonly<Partial<Record<FabricTimerKindValue, FabricTimer>>> = {
	[FabricTimerKind.app]: runAppTimer,
	[FabricTimerKind.vacate]: runVacateTimer,
	[FabricTimerKind.plan]: runPlanTimer,
	[FabricTimerKind.inbox]: runInboxTimer,
	[FabricTimerKind.recovery]: runRecoveryTimer,
	[FabricTimerKind.background]: runBackground,
	[FabricTimerKind.guest]: runGuestTimer
};

export function runFabricTimer(world: World, which: number, index: number): void {
	FABRIC_TIMERS[which as FabricTimerKindValue]?.(world, index);
	stir(world, null);
}
