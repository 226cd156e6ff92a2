import type { World } from '../../state/world.ts';
import { wakeCall } from './calls.ts';

/**
 * Walks that wait for pages to become movable look again: a reference was dropped, memory was freed. Without a change they
 * stay parked and their tries are counted by arithmetic (decision D5).
 */
export function wakeParked(world: World, os: number): void {
	for (const call of world.r.calls) if (call.os === os && call.state === 'running' && call.waitingFor !== null) wakeCall(world, call);
}
