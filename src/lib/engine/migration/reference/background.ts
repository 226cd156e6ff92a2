import { EventKind } from '../../sim/event-kinds.ts';
import { schedule } from '../../sim/event-queue.ts';
import { drawBelow } from '../../sim/streams.ts';
import type { TieringRecord, VmRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { tierFolio } from './tiering.ts';

/** Seeded background tiering: every so often the kernel tries a random folio of the VM; what it may not move stays. */
export function beginTiering(world: World, vmIndex: number, tiering: TieringRecord): void {
	(world.r.vms[vmIndex] as VmRecord).tiering = tiering;
	schedule(world, world.r.nowNs + tiering.everyNs, EventKind.tiering, vmIndex, 0);
}

export function runTiering(world: World, vmIndex: number): void {
	const vm = world.r.vms[vmIndex] as VmRecord;
	const { tiering } = vm;
	if (!tiering) return;
	if (vm.vcpuState === 'running') tierFolio(world, vmIndex, drawBelow(world, tiering.stream, vm.populatedPages), tiering.to);
	const next = world.r.nowNs + tiering.everyNs;
	if (next <= world.scenario.untilNs || world.r.operations.some((operation) => operation.state === 'running'))
		schedule(world, next, EventKind.tiering, vmIndex, 0);
}
