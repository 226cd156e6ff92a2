import { hashText } from '../../base/hash.ts';

/**
 * The declared layout of the one buffer that holds everything of which there are many (decision D2). Offsets follow from
 * the table and the capacities; `docs/memory-layout.md` is generated from it. Few things live in the record tree.
 */

/** Regions and what one row of each stands for. A region's number of rows is its capacity, fixed when the world is built. */
export const REGIONS = {
	memory: 'one memory: the DRAM of one host, or the DPA space of one device',
	memoryBlock: 'one 128 MiB memory block of a memory (the unit of hotplug)',
	block: 'one 2 MiB block of physical memory',
	detail: 'a physical block whose 512 pages do not all hold the same content count',
	content: 'one page frame of a detail',
	structure: 'a physical block whose 512 frames are not one folio or one run',
	row: 'one page frame of a structure',
	zone: 'one zone of one NUMA node of one host',
	freeList: 'one free list: zone × migratetype × order',
	guestBlock: 'one 2 MiB block of guest physical memory',
	guestDetail: 'a guest block whose 512 pages were not all written equally often',
	guestRow: 'one guest page of a guest detail',
	mapping: 'one 2 MiB guest block as one QEMU process maps it',
	mapDetail: 'a mapping block that is not one run of frames',
	mapRow: 'one guest page of a mapping detail',
	gfnWord: '32 guest pages, one bit each',
	event: 'one pending event (a binary heap)',
	stream: 'one random stream',
	word: 'one 64-bit word of the super-page that several hosts may change',
	descriptor: 'one range descriptor of the super-page',
	deviceWord: '32 device blocks of a virtio-mem device, one bit each',
	extent: 'one extent of dynamic capacity, offered to or held by one logical device',
	ringEntry: 'one place of a virtqueue: of the guest’s ring, or of the shadow ring of QEMU',
	packetBucket: 'one stretch of time of the course of a NIC'
} as const;

export type RegionName = keyof typeof REGIONS;
export type Capacities = Readonly<Record<RegionName, number>>;

export type ColumnType = 'u8' | 'u16' | 'u32' | 'f64' | 'u64';

export interface ColumnSpec {
	readonly region: RegionName;
	readonly type: ColumnType;
	/** Values per row; 1 unless stated. */
	readonly per?: number;
	readonly meaning: string;
}

const column = <T extends ColumnType>(region: RegionName, type: T, meaning: string, per = 1) => ({
	region,
	type,
	meaning,
	per
});

/** Order is part of the layout: never re-order, append and raise LAYOUT_VERSION. */
export const COLUMNS = {
	memoryFirstBlock: column('memory', 'u32', 'global index of its first 2 MiB block'),
	memoryBlockCount: column('memory', 'u32', 'number of its 2 MiB blocks'),
	memoryBlockZone: column('memoryBlock', 'u8', 'zone it is online in, plus 1; 0 = not online'),
	blockWord: column('block', 'u32', 'kind, migratetype and payload (words.ts)'),
	blockContent: column('block', 'u16', 'write count that all 512 pages hold, if the block has no detail'),
	blockNext: column('block', 'u32', 'free list of order 9 or 10: next block plus 1'),
	blockPrev: column('block', 'u32', 'free list of order 9 or 10: previous block plus 1'),
	detailBlock: column('detail', 'u32', 'its block plus 1; 0 = this detail is unused'),
	detailNextFree: column('detail', 'u32', 'next unused detail plus 1'),
	detailWord: column('detail', 'u32', 'block word without the detail, or 0 when a structure says it'),
	detailStructure: column('detail', 'u32', 'its structure plus 1; 0 = one folio or one run'),
	contentStamp: column('content', 'u32', 'mix32(vm + 1, gfn, write count) at the last fill; 0 = zero page', 512),
	structureBlock: column('structure', 'u32', 'its block plus 1; 0 = unused'),
	structureNextFree: column('structure', 'u32', 'next unused structure plus 1'),
	structureFree: column('structure', 'u16', 'free pages in it'),
	structureVm: column('structure', 'u16', 'pages of VMs in it'),
	structureKernel: column('structure', 'u16', 'kernel pages in it'),
	structurePinned: column('structure', 'u16', 'folios in it that somebody holds or pins'),
	rowKind: column('row', 'u8', 'what the frame is (words.ts, RowKind)', 512),
	rowOrder: column('row', 'u8', 'order of the folio or free chunk it belongs to', 512),
	rowVm: column('row', 'u8', 'VM plus 1 of a VM page', 512),
	rowMap: column('row', 'u8', 'mappings of the folio (head row)', 512),
	rowRef: column('row', 'u16', 'references of the folio (head row)', 512),
	rowPin: column('row', 'u16', 'long-term pins of the folio (head row)', 512),
	rowA: column('row', 'u32', 'VM page: gfn; free head: next row plus 1', 512),
	rowB: column('row', 'u32', 'free head: previous row plus 1', 512),
	zoneFreePages: column('zone', 'f64', 'pages in its free lists'),
	zonePresentPages: column('zone', 'f64', 'pages in its online blocks'),
	freeHead: column('freeList', 'u32', 'first chunk plus 1'),
	freeTail: column('freeList', 'u32', 'last chunk plus 1'),
	freeCount: column('freeList', 'u32', 'chunks in the list'),
	guestWritten: column('guestBlock', 'u32', 'writes per page, or 2^31 + guest detail (words.ts)'),
	guestDirtyCount: column('guestBlock', 'u16', 'bits set in qemuBitmap for this block'),
	guestLoggedCount: column('guestBlock', 'u16', 'bits set in kvmLog for this block'),
	guestDetailBlock: column('guestDetail', 'u32', 'its guest block plus 1; 0 = unused'),
	guestDetailNextFree: column('guestDetail', 'u32', 'next unused guest detail plus 1'),
	guestRowWritten: column('guestRow', 'u32', 'how often the guest wrote the page: the oracle', 512),
	mapWord: column('mapping', 'u32', 'how the 512 pages are backed (words.ts, MapKind)'),
	mapSecondStage: column('mapping', 'u8', 'second-stage entry: 0 none, 1 of 4 KiB, 2 of 2 MiB'),
	mapDetailBlock: column('mapDetail', 'u32', 'its mapping row plus 1; 0 = unused'),
	mapDetailNextFree: column('mapDetail', 'u32', 'next unused mapping detail plus 1'),
	mapRowFrame: column('mapRow', 'u32', 'frame inside its memory', 512),
	mapRowMemory: column('mapRow', 'u8', 'memory plus 1; 0 = not backed', 512),
	kvmLog: column('gfnWord', 'u32', 'pages written since the log was last read or cleared'),
	qemuBitmap: column('gfnWord', 'u32', 'pages that the migration still has to send'),
	sentBitmap: column('gfnWord', 'u32', 'pages that the migration has sent at least once'),
	eventTime: column('event', 'f64', 'when it happens, nanoseconds'),
	eventOrder: column('event', 'f64', 'class × 2^40 + sequence: the order among equal times'),
	eventKind: column('event', 'u8', 'what happens (sim/event-kinds.ts)'),
	eventA: column('event', 'f64', 'first payload'),
	eventB: column('event', 'f64', 'second payload'),
	streamState: column('stream', 'u32', 'xoshiro128** state', 4),
	superpageWord: column('word', 'u64', 'lines of the super-page (superpage.ts)'),
	descriptorVm: column('descriptor', 'u8', 'VM plus 1; 0 = unused'),
	descriptorExtent: column('descriptor', 'u8', 'extent (tag) it refers to'),
	descriptorFirstGfn: column('descriptor', 'u32', 'first guest page'),
	descriptorPages: column('descriptor', 'u32', 'number of pages'),
	descriptorOffset: column('descriptor', 'u32', 'offset in the tag, in 4 KiB pages'),
	descriptorGeneration: column('descriptor', 'u32', 'even = stable'),
	descriptorCrc: column('descriptor', 'u32', 'checksum of the fields above'),
	memoryBlockState: column('memoryBlock', 'u8', 'machines: SectionState (words.ts) of this 128 MiB section'),
	memoryBlockNode: column('memoryBlock', 'u8', 'machines: node of the section plus 1; 0 = no memory there'),
	memoryBlockGroup: column('memoryBlock', 'u8', 'machines: memory group (one DIMM or virtio-mem device) plus 1; 0 = boot memory'),
	zoneManagedPages: column('zone', 'f64', 'machines: pages given to the buddy allocator'),
	devicePlugged: column('deviceWord', 'u32', 'QEMU: device block is plugged'),
	driverPlugged: column('deviceWord', 'u32', 'Linux driver: device block is plugged, as it believes'),
	extentState: column('extent', 'u8', 'ExtentState (words.ts); 0 = this row is unused'),
	extentDpa: column('extent', 'f64', 'first device address, in units of 64 bytes'),
	extentUnits: column('extent', 'f64', 'length, in units of 64 bytes'),
	extentMedia: column('extent', 'f64', 'where its bytes lie in the media of the device, in units of 64 bytes'),
	extentTag: column('extent', 'u32', 'its tag: id of a record in `tags`; 0 = no tag'),
	extentSequence: column('extent', 'u16', 'shared sequence number'),
	extentArrival: column('extent', 'u32', 'place in the order of arrival at its host'),
	extentGroup: column('extent', 'u32', 'id of the group in which it was offered'),
	extentLd: column('extent', 'u16', 'logical device: device index × 64 + its place in `lds`'),
	extentNext: column('extent', 'u32', 'next extent of the same list plus 1'),
	extentPrev: column('extent', 'u32', 'previous extent of the same list plus 1'),
	extentLeft: column('extent', 'u32', 'search tree by device address: left child plus 1'),
	extentRight: column('extent', 'u32', 'search tree by device address: right child plus 1'),
	extentFlags: column('extent', 'u8', 'bit 0: overwrite when it is given back'),
	ringAddress: column('ringEntry', 'f64', 'descriptor: address of the buffer as the maker of the ring names it'),
	ringBytes: column('ringEntry', 'u32', 'descriptor: length of the buffer'),
	ringFlags: column('ringEntry', 'u8', 'descriptor: bit 0 another follows, bit 1 the device writes; bit 7 it is in use'),
	ringNext: column('ringEntry', 'u16', 'descriptor: the next one, of a chain or of the free ones'),
	ringAvail: column('ringEntry', 'u16', 'avail ring: first descriptor that is offered here'),
	ringUsed: column('ringEntry', 'u16', 'used ring: first descriptor that came back here'),
	ringUsedBytes: column('ringEntry', 'u32', 'used ring: bytes that the device wrote'),
	ringBuffer: column('ringEntry', 'u32', 'guest ring: page that the guest means; shadow ring: descriptor of the guest behind it'),
	bucketReceived: column('packetBucket', 'u32', 'packets that came in or went out'),
	bucketLost: column('packetBucket', 'u32', 'packets that nobody took'),
	bucketMisplaced: column('packetBucket', 'u32', 'packets in a page that the guest did not mean'),
	bucketDelay: column('packetBucket', 'f64', 'sum of the delays of what passed, nanoseconds'),
	ringSince: column('ringEntry', 'f64', 'guest ring: when the descriptor was offered; shadow ring: when the device gave back what is here'),
	ringDue: column(
		'ringEntry',
		'f64',
		'guest ring: when the packet is out, −1 while nobody serves; shadow ring: when QEMU hands it to the guest'
	)
} as const satisfies Record<string, ColumnSpec>;

export type ColumnName = keyof typeof COLUMNS;

/** "SWYD" little-endian. */
export const LAYOUT_MAGIC = 0x44595753;
export const LAYOUT_VERSION = 6;

/** Header: 32-bit words at the start of the world. */
export const HEADER = {
	magic: 0,
	version: 1,
	layoutHash: 2,
	/** Odd while the engine writes; a reader asserts that it is even. */
	epoch: 3,
	/** Total size in units of 64 bytes. */
	sizeIn64: 4,
	/** From here: capacity of each region, in the order of REGIONS. */
	firstCapacity: 8,
	/** From here: offset of each column in units of 64 bytes, in the order of COLUMNS. */
	firstOffset: 32
} as const;
export const HEADER_BYTES = 512;

const WIDTH: Record<ColumnType, number> = { u8: 1, u16: 2, u32: 4, f64: 8, u64: 8 };

export const REGION_NAMES = Object.keys(REGIONS) as RegionName[];
export const COLUMN_NAMES = Object.keys(COLUMNS) as ColumnName[];

/** Hash over names, types and order: two builds with different layouts never read each other's buffers. */
export const LAYOUT_HASH = hashText(
	COLUMN_NAMES.map((name) => {
		const spec: ColumnSpec = COLUMNS[name];
		return `${name}:${spec.region}:${spec.type}:${spec.per ?? 1}`;
	}).join(';')
);

export interface Placement {
	readonly byteLength: number;
	/** Byte offset of each column from the start of the world. */
	readonly offsets: Readonly<Record<ColumnName, number>>;
	/** Number of values in each column. */
	readonly lengths: Readonly<Record<ColumnName, number>>;
}

/** Where every column lies for these capacities. Columns start on 64 B boundaries, the total is a multiple of 4 KiB. */
export function place(capacities: Capacities): Placement {
	let at = HEADER_BYTES;
	const offsets = {} as Record<ColumnName, number>;
	const lengths = {} as Record<ColumnName, number>;
	for (const name of COLUMN_NAMES) {
		const spec: ColumnSpec = COLUMNS[name];
		const length = capacities[spec.region] * (spec.per ?? 1);
		offsets[name] = at;
		lengths[name] = length;
		at = Math.ceil((at + length * WIDTH[spec.type]) / 64) * 64;
	}
	return { byteLength: Math.ceil(at / 4096) * 4096, offsets, lengths };
}

export type ColumnArray<N extends ColumnName> = {
	u8: Uint8Array;
	u16: Uint16Array;
	u32: Uint32Array;
	f64: Float64Array;
	u64: BigUint64Array;
}[(typeof COLUMNS)[N]['type']];

export type ColumnArrays = { readonly [N in ColumnName]: ColumnArray<N> };

/** Typed arrays over `buffer` for every column. No copy. */
export function viewColumns(buffer: ArrayBufferLike, byteOffset: number, placement: Placement): ColumnArrays {
	const arrays: Record<string, unknown> = {};
	for (const name of COLUMN_NAMES) {
		const from = byteOffset + placement.offsets[name];
		const length = placement.lengths[name];
		const type = COLUMNS[name].type;
		arrays[name] =
			type === 'u8'
				? new Uint8Array(buffer, from, length)
				: type === 'u16'
					? new Uint16Array(buffer, from, length)
					: type === 'u32'
						? new Uint32Array(buffer, from, length)
						: type === 'f64'
							? new Float64Array(buffer, from, length)
							: new BigUint64Array(buffer, from, length);
	}
	return arrays as unknown as ColumnArrays;
}
