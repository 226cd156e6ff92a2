import { refused, type Outcome } from '../../../base/outcome.ts';
import type { ReasonId } from '../../contract/reasons.ts';
import { catchUp } from '../../hypervisor/guest.ts';
import { folioOrder, pinsOnFolio } from '../../hypervisor/pins.ts';
import { frameOf } from '../../mm/space/mapping.ts';
import { emit } from '../../sim/trace.ts';
import type { OperationRecord, VmRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { hostName } from '../operation.ts';
import { overDax } from './dax.ts';
import { guardHolds, guardingOf, publishedBy, type MoveTo } from './guard.ts';
import { noteMoved } from './moved.ts';
import { isOnPool, placeNow, type Placed } from './place.ts';
import { heldBySplit } from './split.ts';

/**
 * The kernel of the running host moves a folio by itself: promotes it (NUMA balancing), demotes it, or swaps it out, after
 * which the guest's next touch brings it into DRAM; both ends of that are one step here (our simplification). Linux 7.2.13
 * mm/migrate.c, mm/memory-tiers.c, mm/vmscan.c: a folio with a reference too many is put back, memory of device-dax is none
 * of the kernel's to move.
 */
export function tierFolio(world: World, vmIndex: number, gfn: number, to: MoveTo): Outcome<Placed, ReasonId> {
	const vm = world.r.vms[vmIndex] as VmRecord;
	catchUp(world, vmIndex);
	const frame = gfn < vm.pageCount ? frameOf(world, vm, vm.running, gfn) : -1;
	if (frame < 0) return refused('not-backed', `gfn ${gfn} of ${vm.id} has no frame`);
	if (vm.secure) return refused('secure-memory', `${vm.id} has secure memory: the kernel may move none of its pages`);
	const onPool = isOnPool(world, frame);
	if (vm.dax && onPool) return refused('not-a-folio', `gfn ${gfn} lies in a DAX mapping: move_pages() answers EFAULT`);
	if (onPool === (to === 'pool')) return refused('already-there', `gfn ${gfn} lies ${onPool ? 'on the pool' : 'in DRAM'} already`);
	if (to === 'pool' && !onlineForDemotion(world, vmIndex, vm)) return refused('no-room-pool', `no node of the pool is there for ${vm.id}`);
	const split = heldBySplit(world, vmIndex);
	if (!split.ok) return split;
	const held = heldBy(world, vmIndex, vm, gfn);
	if (held !== null) return refused('page-stayed', held);
	const published = publishedBy(world, vmIndex);
	const guarding = guardingOf(world, vmIndex);
	if (guarding) {
		const guarded = guardHolds(guarding, to);
		if (!guarded.ok) return guarded;
	}
	// What the source copies into a DAX mapping is its own memory; the copy is what the ranges name.
	const named = published !== null && onPool;
	const placed = placeNow(world, vmIndex, gfn, to === 'pool' ? 'pool' : 'dram', named);
	if (!placed.ok) return placed;
	if (named && published) noteMoved(world, published, { ...placed.value });
	tell(world, vm, published, placed.value, to);
	return placed;
}

/** Demotion goes to a node that is online and stays so: not to a DAX device, nor to memory that goes offline. */
function onlineForDemotion(world: World, vmIndex: number, vm: VmRecord): boolean {
	const operation = world.r.operations.findLast((each) => each.vm === vmIndex && each.state === 'running');
	return !vm.dax && !(operation && (overDax(operation) || operation.phase === 'release'));
}

function heldBy(world: World, vmIndex: number, vm: VmRecord, gfn: number): string | null {
	const operation = world.r.operations.findLast((each) => each.vm === vmIndex && each.state === 'running');
	const batch = operation?.batch;
	if (batch && batch.direction !== 'stream' && gfn >>> 9 === batch.guestBlock) return `gfn ${gfn} is in flight`;
	if (vm.passThrough) return `a device holds every page of ${vm.id}`;
	const order = folioOrder(world, vm, vm.running, gfn);
	const pins = pinsOnFolio(world, vmIndex, gfn, order);
	return pins.length > 0 ? `the folio of gfn ${gfn} has an extra reference` : null;
}

const DOES: Readonly<Record<MoveTo, string>> = {
	dram: 'promotes',
	pool: 'demotes',
	swap: 'swaps out and in again'
};

function tell(world: World, vm: VmRecord, published: OperationRecord | null, placed: Placed, to: MoveTo): void {
	const host = hostName(world, vm.instances[vm.running] as number);
	emit(world, {
		kind: 'move',
		rule: 'tiering',
		cause: published?.phaseCauseSeq ?? null,
		vm: vm.id,
		...(published ? { operation: published.id } : {}),
		host,
		values: { gfn: placed.gfn, pages: placed.pages, to, published: published ? 1 : 0 },
		text: `the kernel of ${host} ${DOES[to]} ${placed.pages === 1 ? `gfn ${placed.gfn}` : `the folio of gfn ${placed.gfn}`}${published ? ', which is published' : ''}`
	});
}
