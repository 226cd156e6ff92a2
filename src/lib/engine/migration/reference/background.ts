import { EventKind } from '../../sim/event-kinds.ts';
import { schedule } from '../../sim/event-queue.ts';
import { drawBelow } from '../../sim/streams.ts';
import { emit } from '../../sim/trace.ts';
import type { TieringRecord, VmRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { hostName } from '../operation.ts';
import { guardingOf } from './guard.ts';
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
	if (vm.vcpuState === 'running') tryOne(world, vmIndex, vm, tiering);
	const next = world.r.nowNs + tiering.everyNs;
	if (next <= world.scenario.untilNs || world.r.operations.some((operation) => operation.state === 'running'))
		schedule(world, next, EventKind.tiering, vmIndex, 0);
}

function tryOne(world: World, vmIndex: number, vm: VmRecord, tiering: TieringRecord): void {
	const gfn = drawBelow(world, tiering.stream, vm.populatedPages);
	const moved = tierFolio(world, vmIndex, gfn, tiering.to);
	const guarding = guardingOf(world, vmIndex);
	// Only what a guard kept is worth a record: a mover fails at many folios and nobody hears of it.
	if (moved.ok || guarding === null || moved.reason === 'already-there') return;
	emit(world, {
		kind: 'retry',
		rule: 'guard',
		cause: guarding.phaseCauseSeq,
		vm: vm.id,
		operation: guarding.id,
		host: hostName(world, vm.instances[vm.running] as number),
		values: { gfn, to: tiering.to, reason: moved.reason },
		text: `the kernel wants to move gfn ${gfn}: ${moved.detail}`
	});
}
