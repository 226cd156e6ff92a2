/**
 * Packed words of the buffer and how to read them. Shared by the engine, which writes them, and the page, which draws them.
 */

/** What a 2 MiB block of physical memory is. */
export const BlockKind = {
	/** No memory there. */
	absent: 0,
	/** Memory that no allocator owns: not online, or pool capacity outside every extent. */
	offline: 1,
	/** Free as a whole; payload 0 = chunk of order 9, 1 = head of order 10, 2 = second half of an order-10 chunk. */
	free: 2,
	/** One huge folio (THP) of a VM; payload = vm and guest block. */
	huge: 3,
	/** 512 base pages of a VM with consecutive gfns from a guest block border; payload as for huge. */
	run: 4,
	/** Used as a whole by something that is no VM; payload = use class and a parameter. */
	use: 5,
	/** The block has a detail row; payload = its index. */
	detail: 6,
	/** Target of a page migration or a stream in flight, not mapped yet; payload as for huge. */
	incoming: 7
} as const;
export type BlockKindValue = (typeof BlockKind)[keyof typeof BlockKind];

/**
 * Type of a pageblock (2 MiB) and of a free list. `isolate` is a list only: an isolated pageblock keeps its type (Linux
 * 7.2.13 include/linux/pageblock-flags.h). HighAtomic and CMA exist in text formats and always show 0 (our simplification).
 */
export const Migratetype = { unmovable: 0, movable: 1, reclaimable: 2, isolate: 3 } as const;
/** Free lists per zone and order. */
export const MIGRATETYPES = 4;

/** State of one 128 MiB section of a machine; a memory block is one or more sections of the same state. */
export const SectionState = { absent: 0, offline: 1, online: 2, goingOffline: 3 } as const;
/** memoryBlockZone of a section whose 2 MiB blocks lie in several zones: ask the zones' home ranges. */
export const MIXED_ZONES = 255;
/** State of a row of the extent columns. forced: cut off by force while its host still believes in it. */
export const ExtentState = { none: 0, offered: 1, accepted: 2, releasing: 3, forced: 4, dead: 5 } as const;
/** Orders 0 … 10 (Linux include/linux/mmzone.h, MAX_PAGE_ORDER 10). */
export const ORDERS = 11;
export const BLOCK_ORDER = 9;

export const UseClass = {
	kernel: 0,
	other: 1,
	superpage: 2,
	peer: 3,
	/** Boot memory that never enters the buddy: kernel image, memmap, firmware. */
	reserved: 4,
	/** In the memmap but not usable: unplugged parts of virtio-mem, inflated balloons (PageOffline). */
	pageOffline: 5,
	/** A free huge page of the pool of hugetlb. */
	hugetlb: 6
} as const;

export const RowKind = {
	hole: 0,
	/** First frame of a free chunk. */
	free: 1,
	/** Any other frame of a folio or free chunk; rowOrder says which. */
	tail: 2,
	vm: 3,
	kernel: 4,
	other: 5,
	incoming: 6,
	/** Large kernel chunk that is on no LRU list: slab of several pages. */
	slab: 7,
	pageTable: 8,
	/** PageOffline. */
	offline: 9,
	/** Boot memory that never enters the buddy. */
	reserved: 10,
	/** Taken out of the buddy by alloc_contig_range, owned by its caller. */
	contig: 11,
	/** A page with a hardware error, off the lists for good (PageHWPoison). */
	poisoned: 12
} as const;

/** Payload of a block word: 27 bits above kind (3) and migratetype (2). */
export function blockWord(kind: number, migratetype: number, payload: number): number {
	return (kind | (migratetype << 3) | (payload << 5)) >>> 0;
}
export const wordKind = (word: number): number => word & 7;
export const wordMigratetype = (word: number): number => (word >>> 3) & 3;
export const wordPayload = (word: number): number => word >>> 5;

/**
 * Owner (6 bits) and guest block (21 bits, up to 4 TiB). Owners are the VMs of the world, then the areas of processes:
 * owner = number of VMs + slot of the area (state/machine-records.ts).
 */
export const GUEST_BLOCK_LIMIT = 2 ** 21;
export const VM_LIMIT = 64;
export const vmPayload = (vm: number, guestBlock: number): number => (vm << 21) | guestBlock;
export const payloadVm = (payload: number): number => payload >>> 21;
export const payloadGuestBlock = (payload: number): number => payload & 0x1fffff;

export const usePayload = (useClass: number, parameter: number): number => (useClass << 24) | parameter;
export const payloadUseClass = (payload: number): number => payload >>> 24;
export const payloadUseParameter = (payload: number): number => payload & 0xffffff;

/** How one QEMU process backs a 2 MiB guest block. */
export const MapKind = { none: 0, huge: 1, run: 2, detail: 3 } as const;
/** kind (2 bits), memory (6 bits), block inside the memory (24 bits); detail: index of the mapping detail in 30 bits. */
export const mapWordOf = (kind: number, memory: number, block: number): number => (kind | (memory << 2) | (block << 8)) >>> 0;
export const mapDetailWord = (index: number): number => (MapKind.detail | (index << 2)) >>> 0;
export const mapKind = (word: number): number => word & 3;
export const mapMemory = (word: number): number => (word >>> 2) & 63;
export const mapBlock = (word: number): number => word >>> 8;
export const mapDetailIndex = (word: number): number => word >>> 2;

/** guestWritten: bit 31 set = index of a guest detail. */
export const WRITTEN_DETAIL = 0x80000000;

/** The owner word of a VM in the super-page: owner + 1 [63:56], state [55:48], incarnation [47:32], token [31:0]. Our design. */
export const OwnerState = {
	free: 0,
	creating: 1,
	local: 2,
	staging: 3,
	staged: 4,
	handoff: 5,
	active: 6,
	unstaging: 7,
	orphan: 8
} as const;
export const OWNER_STATE_NAMES = ['free', 'creating', 'local', 'staging', 'staged', 'handoff', 'active', 'unstaging', 'orphan'] as const;

export interface OwnerWord {
	/** Index of the host, −1 for nobody. */
	readonly owner: number;
	readonly state: number;
	readonly incarnation: number;
	readonly token: number;
}
export function packOwner(word: OwnerWord): bigint {
	return (
		(BigInt(word.owner + 1) << 56n) | (BigInt(word.state) << 48n) | (BigInt(word.incarnation & 0xffff) << 32n) | BigInt(word.token >>> 0)
	);
}
export function unpackOwner(value: bigint): OwnerWord {
	return {
		owner: Number(value >> 56n) - 1,
		state: Number((value >> 48n) & 0xffn),
		incarnation: Number((value >> 32n) & 0xffffn),
		token: Number(value & 0xffffffffn)
	};
}

/** Hand-off phases: hints only, never decide (cxl-fabric 10.4, our design). */
export const HandOffPhase = { idle: 0, proposed: 1, prepared: 2 } as const;
