import { ok, refused, type Outcome } from '../../../base/outcome.ts';
import { BLOCKS_PER_MEMORY_BLOCK, PAGES_PER_BLOCK } from '../../../base/units.ts';
import { reserveExtents, type Placing } from '../../fabric/extents.ts';
import { onlineBlocks } from '../../mm/buddy.ts';
import type { ReasonId } from '../../contract/reasons.ts';
import type { ExtentRecord, HostRecord, OperationRecord, VmRecord, ZoneRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { hostName, vmOf } from '../operation.ts';
import { extentRecord, ownExtents, tagEnd } from '../residence.ts';
import { addresses, reaches } from './reach.ts';

/** Capacity for a VM under one tag: offered by the fabric manager, accepted by hosts, online on one of them. */

/** The extents in which the VM lives already, and new ones for what has no room there. */
export function extentsFor(
	world: World,
	vmIndex: number,
	source: number,
	placing: Placing
): Outcome<number[], 'no-room-pool' | 'no-shared-memory' | 'no-contiguous-run' | 'fabric-manager-lost'> {
	const own = ownExtents(world, vmIndex, source);
	const present = own.reduce((sum, index) => sum + (world.r.extents[index] as ExtentRecord).blockCount, 0);
	const missing = Math.ceil((world.r.vms[vmIndex] as VmRecord).populatedPages / PAGES_PER_BLOCK) - present;
	if (missing <= 0) return ok(own);
	if (world.r.rack?.fabricManagerLost === true)
		return refused('fabric-manager-lost', 'no fabric manager answers: who would give out capacity?');
	const added = reserveExtents(world, vmIndex, missing, tagEnd(world, own), placing);
	return added.ok ? ok([...own, ...added.value]) : added;
}

/** The same, and the world stays as it was: a check that changes nothing. */
export function wouldFit(world: World, vmIndex: number, source: number, placing: Placing): ReturnType<typeof extentsFor> {
	const before = world.r.extents.length;
	const trial = extentsFor(world, vmIndex, source, placing);
	world.r.extents.length = before;
	return trial;
}

/** The extents of an operation are offered to its hosts. */
export function offer(world: World, operation: OperationRecord): void {
	if (ownExtents(world, operation.vm, operation.source).length > 0) operation.livedOnPool = true;
	const reserved = extentsFor(world, operation.vm, operation.source, operation.parameters.placing);
	if (!reserved.ok) throw new Error('the extents were there a moment ago');
	operation.extents = reserved.value;
	for (const index of operation.extents)
		if (world.r.extents[index]?.state === 'offered') extentRecord(world, operation, index, 'offered', operation.phaseCauseSeq);
}

/** A host accepts what it is offered, or declines all of it (Add Capacity Response without extents; CXL 4.0 8.2.10.9.9.4). */
export function accept(world: World, operation: OperationRecord, host: number): Outcome<null, ReasonId> {
	const reached = reaches(world, host);
	if (!reached.ok) return refused('target-lost', `${reached.detail}: nobody answers the offer`);
	if (world.r.hosts[host]?.declines === true)
		return refused('capacity-declined', `${hostName(world, host)} declines the capacity that it is offered`);
	for (const index of operation.extents) {
		const able = addresses(world.r.hosts[host] as HostRecord, world.r.extents[index] as ExtentRecord);
		if (!able.ok) return able;
	}
	for (const index of operation.extents) {
		const extent = world.r.extents[index] as ExtentRecord;
		if (extent.acceptedBy.includes(host)) continue;
		extent.acceptedBy.push(host);
		extent.state = 'accepted';
		extentRecord(world, operation, index, `accepted by ${hostName(world, host)}`, operation.phaseCauseSeq);
	}
	return ok(null);
}

/** One memory block: added and online on the source's compute-less node, as MOVABLE. False when nothing was left to do. */
export function onlineOne(world: World, operation: OperationRecord): boolean {
	const present = (): ExtentRecord | undefined => world.r.extents[operation.extents[operation.onlineExtent] ?? -1];
	let extent = present();
	while (extent && extent.onlineBlocks >= extent.blockCount) {
		operation.onlineExtent += 1;
		extent = present();
	}
	if (!extent) return false;
	const pool = world.r.memories[extent.memory] as { firstBlock: number };
	const vm = vmOf(world, operation);
	const zone = vm.poolZones[vm.running];
	(world.r.zones[zone] as ZoneRecord).host = operation.source;
	onlineBlocks(world, zone, pool.firstBlock + extent.firstBlock + extent.onlineBlocks, BLOCKS_PER_MEMORY_BLOCK);
	extent.onlineOn = operation.source;
	extent.onlineBlocks += BLOCKS_PER_MEMORY_BLOCK;
	if (extent.onlineBlocks >= extent.blockCount)
		extentRecord(world, operation, operation.extents[operation.onlineExtent] as number, 'online', operation.phaseCauseSeq);
	return true;
}

/** Capacity that never came online holds nothing and goes back at once. */
export function releaseUnused(world: World, operation: OperationRecord): void {
	for (const index of operation.extents) {
		const extent = world.r.extents[index] as ExtentRecord;
		if (extent.onlineBlocks > 0) continue;
		extent.state = 'released';
		extentRecord(world, operation, index, 'released', operation.phaseCauseSeq);
	}
}
