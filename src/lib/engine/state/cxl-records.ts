/**
 * CXL of one Linux machine: what its firmware tells, what its drivers made of it (drivers/cxl, drivers/dax of Linux 7.2).
 * Plain JSON values. Ports and decoders never go away, so other records name them by their place in the list.
 */
export interface CxlRecord {
	os: number;
	/** The CPU can write back and invalidate its caches: false where it shows the flag "hypervisor". */
	invalidates: boolean;
	windows: CxlWindowRecord[];
	ports: CxlPortRecord[];
	memdevs: CxlMemdevRecord[];
	decoders: CxlDecoderRecord[];
	regions: CxlRegionRecord[];
	daxes: DaxDeviceRecord[];
	/** Ids that are taken (lib/memregion.c): one by each region, one by each root decoder for its next region. */
	regionIds: number[];
	/** Ranges whose memory blocks no driver could take back: lost until the next boot. */
	leaks: { start: number; bytes: number }[];
	/** Regions that got a uuid from the tool, for the next one. */
	uuids: number;
}

/** A fixed memory window as the CEDT tells it. */
export interface CxlWindowRecord {
	base: number;
	bytes: number;
	/** Bus numbers of the host bridges in interleave order: their UIDs. */
	targets: number[];
	granularityBytes: number;
	/** Node that Linux made for it. */
	node: number;
}

export interface CxlDport {
	id: number;
	/** PCI address, or pci0000:0c for a host bridge. */
	name: string;
	/** ACPI name of a host bridge; '' else. */
	alias: string;
}

export interface CxlPortRecord {
	id: number;
	kind: 'root' | 'bridge' | 'switch' | 'endpoint';
	/** Index in `ports`, −1 for the root. */
	parent: number;
	/** Id of the dport of the parent that leads here; −1 for the root. */
	parentDport: number;
	host: string;
	/** Only those that lead to a memory device. */
	dports: CxlDport[];
	/** Targets that one decoder can list; 1 for a passthrough without decoder registers, 0 for an endpoint. */
	targetCount: number;
	/** No decoder registers: everything goes to the one dport. */
	passthrough: boolean;
	/** Id of the last committed decoder, and of the last endpoint decoder with device memory. */
	commitEnd: number;
	hdmEnd: number;
	/** Index in `memdevs` of an endpoint; −1 else. */
	memdev: number;
	refs: CxlRegionRef[];
}

/** A region's interest in a port (struct cxl_region_ref). */
export interface CxlRegionRef {
	region: number;
	/** Index in `decoders`. */
	decoder: number;
	/** Endpoint decoders (indices) that came through this port. */
	endpoints: number[];
	targetCount: number;
	targetsSet: number;
}

export interface CxlMemdevRecord {
	id: number;
	serial: number | null;
	/** PCI address. */
	host: string;
	/** Id of the QEMU device. */
	device: string;
	ramBytes: number;
	pmemBytes: number;
	dynamicBytes: number;
	/** Index in `ports`; −1: no CXL path leads to it, its driver did not bind. */
	endpoint: number;
	/** Name of what holds its bytes: a file that machines share, else one of its own. */
	store: string;
}

export type CxlMode = 'none' | 'ram' | 'pmem';

export interface CxlDecoderRecord {
	/** Index in `ports`. */
	port: number;
	id: number;
	start: number;
	/** 0: no range. */
	bytes: number;
	ways: number;
	granularityBytes: number;
	/** Ids of dports, by position. */
	targets: number[];
	enabled: boolean;
	/** Id of a region, −1 for none; of a root decoder: id of the next region under it. */
	region: number;
	/** Endpoint decoders. */
	mode: CxlMode;
	dpaStart: number;
	dpaBytes: number;
	skipBytes: number;
	position: number;
}

export interface CxlRegionRecord {
	id: number;
	/** Index in `decoders`. */
	root: number;
	mode: 'ram' | 'pmem';
	state: 'idle' | 'interleave-active' | 'active' | 'reset-pending' | 'commit';
	/** 0 until they are set. */
	ways: number;
	granularityBytes: number;
	start: number;
	/** 0: no address space. */
	bytes: number;
	uuid: string;
	/** Endpoint decoders (indices) by position; −1: none yet. */
	targets: number[];
	/** Its driver is bound. */
	enabled: boolean;
}

/** A device of the dax bus. */
export interface DaxDeviceRecord {
	region: number;
	id: number;
	/** Ranges of physical addresses in the order of their page offsets. */
	start: number;
	bytes: number;
	alignBytes: number;
	node: number;
	driver: 'none' | 'device_dax' | 'kmem';
	/** Index of its memory group while kmem has it; −1 else. */
	group: number;
}

/** What memory devices hold (mm/space/device-store.ts). */
export interface StoreRecord {
	id: string;
	/** Ascending, without overlap. */
	runs: StoreRun[];
	/** Writes of something other than the pattern so far. */
	writes: number;
}
export interface StoreRun {
	firstPage: number;
	pages: number;
	/** Store page where the writer's page 0 lies: its pattern counts from there. */
	origin: number;
	/** 0: the pattern; else the number of the write that left something else. */
	write: number;
}
