import type { IovaTreeRecord, VhostIovaTreeRecord, VhostTreeKind } from '../../state/iova-records.ts';
import { emptyTree } from './nodes.ts';
import { allocateMap, findByTarget, insertMap, IOMMU_PERM, removeMaps, type Allocation, type DmaMap } from './tree.ts';

export type { VhostIovaTreeRecord, VhostTreeKind };

/** qemu_real_host_page_size of our hosts: the first page is never given out, some devices do not like address 0. */
const HOST_PAGE_BYTES = 4096n;

/** `first` and `last` are the addresses the device can use. Nothing checks that they are in order; every allocation will. */
export function makeVhostTree(first: bigint, last: bigint, kind: VhostTreeKind = 'three trees'): VhostIovaTreeRecord {
	return {
		kind,
		firstIova: hexadecimal(first > HOST_PAGE_BYTES ? first : HOST_PAGE_BYTES),
		lastIova: hexadecimal(last),
		allocated: emptyTree('iova'),
		host: emptyTree('iova'),
		guest: emptyTree('target')
	};
}

export interface HostRange {
	readonly hva: bigint;
	/** Inclusive: last byte minus first. */
	readonly size: bigint;
	readonly perm: number;
}

/** A part of guest memory, and where QEMU has it. */
export interface GuestRange extends HostRange {
	readonly gpa: bigint;
}

export interface VhostAllocation extends Allocation {
	/**
	 * The address was given out, and the second tree refused. Nothing takes it back by itself: the caller has to, with
	 * `removeHost` or `removeGuest` of the map it wanted (QEMU's callers see it by the target, which is set by then).
	 */
	readonly orphan: boolean;
}

/** vhost_iova_tree_map_alloc: an address for memory of QEMU's own. */
export function mapHost(tree: VhostIovaTreeRecord, range: HostRange): VhostAllocation {
	return allocate(tree, tree.kind === 'one tree' ? null : tree.host, range, range.hva);
}

/** vhost_iova_tree_map_alloc_gpa: an address for guest memory; of one tree, as for any other memory. */
export function mapGuest(tree: VhostIovaTreeRecord, range: GuestRange): VhostAllocation {
	if (tree.kind === 'one tree') return mapHost(tree, range);
	return allocate(tree, tree.guest, range, range.gpa);
}

function allocate(tree: VhostIovaTreeRecord, second: IovaTreeRecord | null, range: HostRange, target: bigint): VhostAllocation {
	const { size, perm } = range;
	if (BigInt.asUintN(64, target + size) < target || perm === IOMMU_PERM.none) return { code: 'INVALID', iova: null, orphan: false };
	// Of three, the one of addresses does not know what stands behind them.
	const request = { target: second === null ? target : 0n, size, perm };
	const given = allocateMap(tree.allocated, request, BigInt(tree.firstIova), BigInt(tree.lastIova));
	if (second === null || given.code !== 'OK' || given.iova === null) return { ...given, orphan: false };
	const code = insertMap(second, { iova: given.iova, target, size, perm });
	return { code, iova: given.iova, orphan: code !== 'OK' };
}

/** vhost_iova_tree_find_iova: by HVA, the lowest IOVA of all that reach it. */
export function findHost(tree: VhostIovaTreeRecord, hva: bigint, size: bigint): DmaMap | null {
	return findByTarget(tree.kind === 'one tree' ? tree.allocated : tree.host, hva, size);
}

/** vhost_iova_tree_find_gpa; of one tree by HVA, which is the old mistake. */
export function findGuest(tree: VhostIovaTreeRecord, range: Pick<GuestRange, 'gpa' | 'hva' | 'size'>): DmaMap | null {
	if (tree.kind === 'one tree') return findHost(tree, range.hva, range.size);
	return findByTarget(tree.guest, range.gpa, range.size);
}

/** vhost_iova_tree_remove: whatever shares a device address with the map. */
export function removeHost(tree: VhostIovaTreeRecord, map: Pick<DmaMap, 'iova' | 'size'>): void {
	if (tree.kind === 'three trees') removeMaps(tree.host, map.iova, map.size);
	removeMaps(tree.allocated, map.iova, map.size);
}

/** vhost_iova_tree_remove_gpa: from the guest's tree by guest address, from the other by device address. */
export function removeGuest(tree: VhostIovaTreeRecord, map: Pick<DmaMap, 'iova' | 'target' | 'size'>): void {
	if (tree.kind === 'three trees') removeMaps(tree.guest, map.target, map.size);
	removeMaps(tree.allocated, map.iova, map.size);
}

/** What a memory listener does when a part of guest memory goes: finds its map, and takes that away. */
export function unmapGuest(tree: VhostIovaTreeRecord, range: Pick<GuestRange, 'gpa' | 'hva' | 'size'>): DmaMap | null {
	const found = findGuest(tree, range);
	if (found !== null) removeGuest(tree, found);
	return found;
}

function hexadecimal(value: bigint): string {
	return `0x${value.toString(16)}`;
}
