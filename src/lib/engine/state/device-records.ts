export type DeviceKind = 'sld' | 'mld' | 'mh-sld' | 'gfd';
export type DeviceProfile = 'spec40' | 'qemu111';

/** Devices of the fabric and their dynamic capacity: logical devices, event logs, decoders, groups and tags. Plain JSON. */

export interface DeviceRecord {
	id: string;
	kind: DeviceKind;
	profile: DeviceProfile;
	/** The device of a QEMU machine: its index in oses; −1 for devices of a scenario's fabric. */
	machine: number;
	present: boolean;
	/** Bytes of media; logical devices and shared regions are carved from them. */
	mediaBytes: number;
	/** Bytes before region 0 of each logical device. */
	staticBytes: number;
	/** Entries of the CDAT that describe the static part: 1, or 2 with a persistent one behind it. */
	staticParts: number;
	hardwareCoherent: boolean;
	limits: { extents: number; tags: number; logRecords: number; poison: number };
	lds: LogicalDeviceRecord[];
	/** GFD only. */
	gfd: GfdRecord | null;
	poison: PoisonRecord[];
	/** The poison list was full when more came. */
	poisonOverflow: boolean;
	/** Records of the other event logs, oldest first: informational, warning, failure, fatal. */
	mediaEvents: { log: string; what: string; dpa: number; atNs: number }[];
	/** Free runs of its media: start, end, start, end … in units of 64 bytes, by address, in chunks (fabric/dcd/media.ts). */
	freeMedia: number[][];
}

/** A run of poisoned lines at a device address of one logical device. */
export interface PoisonRecord {
	/** Whose address it is; absent where the device has one address space. */
	ld?: number;
	dpa: number;
	units: number;
	source: 'external' | 'internal' | 'injected';
}

/** Extents of one logical device, or of a G-FAM device: a list in order of arrival and a search tree by address. */
export interface ExtentListRecord {
	/** First and last row of the accepted extents in order of arrival, plus 1; 0 = none (fabric/dcd). */
	firstExtent: number;
	lastExtent: number;
	/** Accepted ones, and those in groups that are not answered yet. */
	extentCount: number;
	offeredCount: number;
	/** Top of the tree over all of its rows, plus 1; 0 = none. */
	root: number;
	generation: number;
	/** Place in the order of arrival that the next one gets. */
	nextArrival: number;
	/** Extents and units of 64 bytes by state, from offered to dead: two numbers each (fabric/dcd/rows.ts). */
	tally: number[];
}

export interface RegionRecord {
	baseDpa: number;
	/** Multiple of 256 MiB: what decoders must cover. */
	decodeBytes: number;
	bytes: number;
	blockBytes: number;
	sharable: boolean;
	hardwareCoherent: boolean;
	readOnly: boolean;
	nonVolatile: boolean;
	sanitize: boolean;
}

export interface LogicalDeviceRecord extends ExtentListRecord {
	/** Host that it is bound to, or null. */
	host: string | null;
	/** Head of a multi-headed device, or logical-device number of an MLD. */
	number: number;
	regions: RegionRecord[];
	decoders: HdmDecoderRecord[];
	/** Groups that await the host's answer, in the order of their events: ids in `groups`. */
	pending: number[];
	/** First and last row of the accepted extents in order of arrival, plus 1; 0 = none (fabric/dcd). */
	firstExtent: number;
	lastExtent: number;
	extentCount: number;
	generation: number;
	/** What of its list its host has made DAX devices of; −1 = nothing yet (orchestrator/dax.ts, signatureOf). */
	presented: number;
	log: EventLogRecord;
}

/** Log 04h: dynamic capacity. */
export interface EventLogRecord {
	records: DcEventRecord[];
	nextHandle: number;
	overflow: number;
	firstLostNs: number;
	lastLostNs: number;
}

export interface DcEventRecord {
	handle: number;
	/** 0 add, 1 release, 2 forced release, 3 region updated, 4 add response, 5 capacity released. */
	type: number;
	more: boolean;
	hostId: number;
	dpa: number;
	bytes: number;
	tag: string;
	sequence: number;
	region: number;
	extentsAvailable: number;
	tagsAvailable: number;
	atNs: number;
	group: number;
}

export interface HdmDecoderRecord {
	baseHpa: number;
	bytes: number;
	/** Codes of the register: ways 0 … 4 and 8 … 10, granularity 0 … 6. */
	ways: number;
	granularity: number;
	/** This endpoint's place in the interleave set. */
	position: number;
	skip: number;
	committed: boolean;
	/** Hardware checks the next one against it, and nobody changes it before a reset. */
	locked: boolean;
	backInvalidate: boolean;
	/** Set by hand, not by the kernel's rule. */
	byHand: boolean;
}

/** G-FAM device: partitions, one DPA space, per requester decoders and access. */
export interface GfdRecord {
	pid: number;
	/** Extents of its one address space; the column extentGroup holds the memory group. */
	list: ExtentListRecord;
	/** By index of a host: what it could reach when its DAX devices were made (orchestrator/ways.ts). */
	presented: number[];
	/** `groups`: the memory group of blocks as runs (first block, blocks, group), ascending; read and written by gfd/groups.ts. */
	partitions: (RegionRecord & { groups: number[] })[];
	/** Memory groups that the device can tell apart. */
	groupLimit: number;
	decoders: { pid: number; entries: GdtEntry[] }[];
	access: { pid: number; groups: number[] }[];
}

export interface GdtEntry {
	valid: boolean;
	coherent: boolean;
	hpaBase: number;
	dpaBase: number;
	bytes: number;
	interleave: number;
	granularity: number;
	way: number;
}

export interface TagRecord {
	/** Its name in the column extentTag. */
	id: number;
	tag: string;
	device: string;
	bytes: number;
	sharable: boolean;
	/** The fabric manager holds a reference: the content outlives every host. */
	referenced: boolean;
	/** Hosts that accepted it, and hosts that it is offered to. */
	holders: string[];
	offered: string[];
	/** Where it lies in the media, in sequence order. */
	media: { at: number; bytes: number }[];
	/** Extents of each logical device that carry it. */
	uses: { ld: number; offered: number; accepted: number }[];
	/** To be overwritten when the last one lets go. */
	sanitize: boolean;
}

export interface GroupRecord {
	id: number;
	device: string;
	ld: number;
	tag: string;
	region: number;
	/** pending: offered; dead: taken back by force before the answer. */
	state: 'pending' | 'dead';
	firstExtent: number;
	count: number;
	bytes: number;
	offeredNs: number;
	/** Entries of an answer that goes on (More): address, bytes, address, bytes … */
	answered: number[];
	causeSeq: number | null;
}
