import { NS_PER_MS, PAGES_PER_BLOCK } from '../../../base/units.ts';
import { costBytesPerSecond } from '../../costs/cost-model.ts';
import { devicePinsOn } from '../../hypervisor/device-pins.ts';
import { EventKind } from '../../sim/event-kinds.ts';
import { schedule } from '../../sim/event-queue.ts';
import type { OperationRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { vmOf } from '../operation.ts';
import { beginBatch, type Route } from '../page-move.ts';

/** All guest blocks once, batch by batch, then again those whose folios stayed. */

/** Sweeps over folios that stayed, 10 ms apart, before the operation gives up (our simplification). */
export const MAX_SWEEPS = 10;
const SWEEP_PAUSE_NS = 10 * NS_PER_MS;

export function wait(world: World, operation: OperationRecord, lastsNs: number, step: string): void {
	operation.step = step;
	schedule(world, world.r.nowNs + lastsNs, EventKind.transit, operation.id, operation.generation);
}

export function moveRate(world: World, operation: OperationRecord): number {
	const huge = world.scenario.vms[operation.vm]?.pages === 'thp';
	const perThread = costBytesPerSecond(world.costs, huge ? 'migratePages2mGBps' : 'migratePages4kGBps');
	return perThread * Math.floor(world.costs.migrateThreads);
}

export function beginSweep(operation: OperationRecord): void {
	operation.cursor = 0;
	operation.left = [];
	operation.sweep = 0;
}

function route(operation: OperationRecord, world: World): Route {
	const vm = vmOf(world, operation);
	if (operation.phase === 'staging') return { direction: 'push', host: operation.source, toPool: true };
	return { direction: 'pull', host: vm.instances[vm.running] as number, toPool: false };
}

/** What came of going on: an event is planned, all is where it should be, memory ran out, or a folio will not move. */
export type Swept = 'going' | 'done' | 'no-room' | 'stuck';

export function sweepOn(world: World, operation: OperationRecord): Swept {
	const vm = vmOf(world, operation);
	while (operation.cursor < vm.guestBlockCount) {
		const started = beginBatch(world, operation, operation.cursor, route(operation, world));
		if (started === 'no-room') return 'no-room';
		operation.cursor += 1;
		if (started === 'nothing') continue;
		const lastsNs = (operation.batch?.endNs ?? world.r.nowNs) - world.r.nowNs;
		wait(world, operation, lastsNs, 'batch');
		return 'going';
	}
	if (operation.left.length === 0) return 'done';
	operation.sweep += 1;
	if (operation.sweep > MAX_SWEEPS) return 'stuck';
	operation.cursor = Math.min(...operation.left);
	operation.left = [];
	wait(world, operation, SWEEP_PAUSE_NS, 'sweep');
	return 'going';
}

/** Near which page the sweeps are stuck, and whether somebody holds it for long. */
export function stuckAt(world: World, operation: OperationRecord): { readonly gfn: number; readonly long: boolean } {
	const gfn = (operation.left[0] as number) * PAGES_PER_BLOCK;
	const long =
		world.r.pins.some((pin) => pin.vm === operation.vm && pin.term === 'long') ||
		devicePinsOn(world, operation.vm, gfn, PAGES_PER_BLOCK) !== null;
	return { gfn, long };
}
