import { PAGE_BYTES } from '../../../base/units.ts';
import type { RingPlace } from '../../contract/vdpa/choice.ts';
import type { DeviceEndRecord, MappedRingRecord, SectionRecord } from '../../state/vdpa-records.ts';
import { allocateMap, insertMap, IOMMU_PERM, type IovaCode } from '../iova/tree.ts';
import { makeVhostTree, mapGuest, removeGuest, removeHost } from '../iova/vhost-tree.ts';
import type { NicContext } from '../ports.ts';
import { endOfRam } from './layout.ts';

/**
 * Where things go in the device's address space, by the choice of the scenario. Guest memory: behind whatever is there (QEMU
 * 10.2.2), or at its own guest address as long as that is free; rings: `RING_PLACES`. First fit everywhere, by the tree of QEMU
 * (vdpa/iova). Addresses here are numbers, those of the tree have 64 bits.
 */
export type Placed = { readonly code: IovaCode; readonly iova: number };

/** First address that a search for rings may take. */
function ringBegin(context: NicContext, place: RingPlace, bytesToCome: number): number {
	const { guest, nic } = context;
	const first = Math.max(nic.iovaFirst, PAGE_BYTES);
	switch (place) {
		case 'lowest':
		case 'own-asid':
			return first;
		case 'first-hole':
			return nic.iovaFirst;
		case 'above-ram':
			return Math.max(first, endOfRam(guest));
		case 'above-max':
			return Math.max(first, guest.maxAddress);
		case 'top':
			return Math.max(first, nic.iovaLast + 1 - bytesToCome);
	}
}

export interface RingWish {
	readonly hva: number;
	readonly bytes: number;
	readonly readOnly: boolean;
	/** A control queue that is shadowed alone lies at the bottom, whatever is done with all rings. */
	readonly place: RingPlace;
	/** Bytes that are still to be placed, these included. */
	readonly bytesToCome: number;
}

/** Room for a ring or a buffer of QEMU. */
export function placeRing(context: NicContext, { hva, bytes, readOnly, place, bytesToCome }: RingWish): Placed {
	const { nic } = context;
	const tree = ringTree(context);
	const perm = readOnly ? IOMMU_PERM.readOnly : IOMMU_PERM.readWrite;
	const size = BigInt(bytes - 1);
	const given = allocateMap(
		tree.allocated,
		{ target: 0n, size, perm },
		BigInt(ringBegin(context, place, bytesToCome)),
		BigInt(nic.iovaLast)
	);
	if (given.code !== 'OK' || given.iova === null) return { code: given.code, iova: 0 };
	insertMap(tree.host, { iova: given.iova, target: BigInt(hva), size, perm });
	return { code: 'OK', iova: Number(given.iova) };
}

/** Rings have a space, and a tree, of their own. */
export const hasRingTree = (context: NicContext): boolean => context.nic.choice.rings === 'own-asid' && context.end.svq;

/** The tree that rings are placed in: one of its own where they have an address space of their own. */
function ringTree(context: NicContext) {
	return hasRingTree(context) ? context.end.ringTree : context.end.tree;
}

/** Takes a ring out of its tree; not out of trees that began after it was placed. */
export function dropRing(end: DeviceEndRecord, ring: Pick<MappedRingRecord, 'iova' | 'bytes' | 'epoch' | 'ownTree'>): void {
	if (ring.epoch !== end.treeEpoch) return;
	removeHost(ring.ownTree ? end.ringTree : end.tree, { iova: BigInt(ring.iova), size: BigInt(ring.bytes - 1) });
}

/** A section of guest memory: at its own address if that is wanted and free, else where the search ends. */
export function placeSection(context: NicContext, section: SectionRecord): Placed {
	const { end, nic, guest } = context;
	const size = BigInt(section.bytes - 1);
	const gpa = BigInt(section.gpa);
	const perm = IOMMU_PERM.readWrite;
	if (nic.choice.maps === 'identity') {
		const code = insertMap(end.tree.allocated, { iova: gpa, target: 0n, size, perm });
		if (code === 'OK') {
			insertMap(end.tree.guest, { iova: gpa, target: gpa, size, perm });
			return { code: 'OK', iova: section.gpa };
		}
		if (code !== 'OVERLAP') return { code, iova: 0 };
		// S2: the same way as for any other map; from the end of RAM on, as a search from below would not pass it.
		const begin = BigInt(
			guest.sections.filter((other) => other !== section).reduce((last, other) => Math.max(last, other.gpa + other.bytes), 0)
		);
		const given = allocateMap(end.tree.allocated, { target: 0n, size, perm }, begin, BigInt(nic.iovaLast));
		if (given.code !== 'OK' || given.iova === null) return { code: given.code, iova: 0 };
		insertMap(end.tree.guest, { iova: given.iova, target: gpa, size, perm });
		return { code: 'OK', iova: Number(given.iova) };
	}
	const given = mapGuest(end.tree, { hva: BigInt(section.hva[end.instance]), gpa, size, perm });
	if (given.orphan && given.iova !== null) removeGuest(end.tree, { iova: given.iova, target: gpa, size });
	return { code: given.code, iova: given.iova === null ? 0 : Number(given.iova) };
}

export function dropSection(end: DeviceEndRecord, section: SectionRecord, iova: number): void {
	removeGuest(end.tree, { iova: BigInt(iova), target: BigInt(section.gpa), size: BigInt(section.bytes - 1) });
}

/** Both trees empty again, for the range of this device. */
export function clearTrees(context: NicContext): void {
	const { end, nic } = context;
	end.tree = makeVhostTree(BigInt(nic.iovaFirst), BigInt(nic.iovaLast));
	end.ringTree = makeVhostTree(BigInt(nic.iovaFirst), BigInt(nic.iovaLast));
	end.treeEpoch += 1;
}
