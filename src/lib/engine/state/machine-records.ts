import type { ZoneName } from '../contract/machine-status.ts';
import type { AddressSpace } from './address-space.ts';
import type { CxlRecord, StoreRecord } from './cxl-records.ts';

/**
 * Records of Linux machines: an operating system instance on a QEMU machine, its processes, areas, calls and memory
 * devices. Plain JSON values, part of the record tree.
 */
export interface MachineRecords {
	oses: OsRecord[];
	processes: ProcessRecord[];
	/** Slots; null = free. The owner number of an area in block words and rows is (number of VMs) + slot. */
	areas: (AreaRecord | null)[];
	/** Pages that something holds beyond their mappings. */
	holds: HoldRecord[];
	calls: CallRecord[];
	dimms: DimmRecord[];
	virtioMems: VirtioMemRecord[];
	/** One per machine whose command line has CXL. */
	cxl: CxlRecord[];
	/** Contents of memory devices, by backend or shared file. */
	stores: StoreRecord[];
}

/** One Linux instance. Its memory is the machine's physical address space: pfn = (block − firstBlock) × 512 + row. */
export interface OsRecord {
	id: string;
	/** Index in `memories`. */
	memory: number;
	profile: 'linux-7.2' | 'rfc-v4-2020';
	/** Machine words of the kernel's command line, for /proc/cmdline. */
	append: string;
	/** Sections of 128 MiB in one Linux memory block (1, 2, 4, 8 or 16). */
	sectionsPerBlock: number;
	nodes: OsNodeRecord[];
	/** All zones of this instance: indices in `zones`, by node, low to high. Populated or not. */
	zones: number[];
	/** Per node: zone indices in fallback order (ZONELIST_FALLBACK), rebuilt when a zone becomes populated or empty. */
	zonelists: number[][];
	/** Runs of 2 MiB blocks (global indices) that are isolated now. */
	isolated: { firstBlock: number; count: number }[];
	settings: OsSettings;
	/** kernel_early of auto-movable: boot pages in kernel zones, per node. */
	earlyKernelPages: number[];
	groups: MemoryGroupRecord[];
	/** Kernel background (decision D15): what each node already attracted. */
	background: { node: number; slabStarted: boolean; memmapPages: number; slabPages: number }[];
	/** struct pages of added memory: which section they describe and in which frames (global) they lie. */
	memmaps: { section: number; frame: number; pages: number }[];
	/** Huge pages of hugetlb; there only once the pool was sized. */
	hugePool?: {
		/** Blocks (global) that are free. */
		free: number[];
		/** Pages beyond the wanted number, by node, that go as soon as they are given back. */
		surplus: Record<string, number>;
		/** Node on which the next page is tried. */
		next: number;
	};
	/** Pages with a hardware error that is known; there only once there is one. */
	poisonedPfns?: number[];
	/** Which channel of a grouped node addresses come from; there only where the proposal of seed S3 is switched on. */
	channelRanges?: { startPfn: number; endPfn: number; channel: number }[];
	/** Lines of the kernel log that the model produces. */
	log: { atNs: number; text: string }[];
	/** Events of the monitor, in order; sizes of virtio-mem lie with the device. */
	qmpEvents: { atNs: number; event: string; data: JsonValue }[];
	/** paused with `sleep` set: stopped while it slept. */
	state: 'prelaunch' | 'running' | 'paused' | 'suspended';
	/** Asleep: to RAM or to idle, and the write that waits for the morning; there only while it sleeps. */
	sleep?: { to: 'ram' | 'idle'; call: number };
	/** Alarm of its clock, −1: none; there once one was set. */
	alarm?: { atNs: number; generation: number };
	/** Migration of this machine as virtio-mem sees it. */
	migrating: 'none' | 'outgoing' | 'incoming-postcopy';
	/** Ids of vhost-vdpa network backends that the monitor added. */
	vdpaNetdevs: string[];
	/** What query-migrate tells of it; `generation` outdates the event of its end. */
	migration: { status: string; endNs: number; bytesPerSecond: number; generation: number };
	/** The module virtio_mem is loaded. */
	virtioDriver: boolean;
	/** Memory backends of its QEMU, from the command line and by object-add. */
	backends: BackendRecord[];
	nextPid: number;
	stream: number;
	counters: Record<string, number>;
}

export interface OsNodeRecord {
	id: number;
	/** CPU numbers; empty for a memory-only node. */
	cpus: number[];
	/** Row of the distance table. */
	distances: number[];
	/** HMAT figures, null without HMAT. */
	readLatencyNs: number | null;
	writeLatencyNs: number | null;
	readBandwidthMiBps: number | null;
	writeBandwidthMiBps: number | null;
	online: boolean;
	/** numastat: hit, miss, foreign, interleave, local, other. */
	numastat: [number, number, number, number, number, number];
	kswapdAwake: boolean;
	/** Its memory came by dax-kmem, which puts it below DRAM unless figures say otherwise; there only then. */
	lowTier?: true;
	/** Typed node of seed S3, a labelled proposal; null for what Linux has. */
	typed: 'switched' | 'shared' | null;
}

export interface OsSettings {
	autoOnline: 'offline' | 'online' | 'online_kernel' | 'online_movable';
	onlinePolicy: 'contig-zones' | 'auto-movable';
	autoMovableRatio: number;
	autoMovableNumaAware: boolean;
	movableNode: boolean;
	memmapOnMemory: boolean;
	thp: 'always' | 'madvise' | 'never';
	/** kernel.numa_balancing: bit 0 classic, bit 1 tiering. */
	numaBalancing: number;
	demotion: boolean;
	watermarkScaleFactor: number;
	/** 0 = computed. */
	minFreeKbytes: number;
	/** Weights of weighted interleave per node; null = automatic. */
	weights: (number | null)[];
	swapPages: number;
	swapUsedPages: number;
	/** /sys/power/mem_sleep, once it was written. */
	memSleep?: 'deep' | 's2idle';
	/** ZONE_EXMEM of seed S3 is switched on (proposed, never merged). */
	exmem: boolean;
	/** Module parameters of virtio_mem. */
	forceBbm: boolean;
	unplugOnline: boolean;
	bbmBlockSize: number;
	/** Seeded chance, parts per million, that a folio carries a transient reference when a mover looks at it. */
	transientChancePpm: number;
}

/** One dynamic or static memory group (mm/memory_hotplug.c). */
export interface MemoryGroupRecord {
	kind: 'static' | 'dynamic';
	node: number;
	/** Device it belongs to: id of a DIMM or virtio-mem device. */
	device: string;
	/** Static: pages that the device can ever have; dynamic: unit in which it comes and goes. */
	unitPages: number;
	kernelPages: number;
	movablePages: number;
}

export interface ProcessRecord {
	id: string;
	os: number;
	pid: number;
	/** CPU it runs on; its node is the local node. */
	cpu: number;
	state: 'running' | 'ended';
	/** Task mempolicy. */
	policy: PolicyRecord;
	parent: string | null;
	interleaveNext: number;
	interleaveLeft: number;
}

export interface PolicyRecord {
	mode: 'default' | 'preferred' | 'bind' | 'interleave' | 'local' | 'preferred-many' | 'weighted-interleave';
	nodes: number[];
	/** MPOL_F_NUMA_BALANCING. */
	balancing: boolean;
	/** MPOL_F_STATIC_NODES. */
	static: boolean;
}

/** A range of virtual memory of one or more processes. Mapping and write counts lie in the columns of `guestBlock`. */
export interface AreaRecord extends AddressSpace {
	slot: number;
	os: number;
	name: string;
	/** hugetlb: huge pages of the pool. pipe: kernel pages held by pipes, never movable. secure: guest_memfd or secretmem. kernel: background. */
	kind: 'anonymous' | 'shared' | 'secure' | 'pipe' | 'kernel' | 'dax' | 'hugetlb';
	firstGuestBlock: number;
	guestBlockCount: number;
	pageCount: number;
	/** Start of the range in the process, for numa_maps. */
	startHva: number;
	policy: PolicyRecord | null;
	/** False after madvise(MADV_NOHUGEPAGE). */
	hugePages: boolean;
	/** madvise(MADV_HUGEPAGE). */
	hugeAdvised: boolean;
	locked: boolean;
	/** The process that maps it; none: its pages live on only because a pin or a pipe holds them. */
	processes: string[];
	/** Slot of the area that the first fork copied; areas of one family may map the same frames. */
	family: number;
	/** Runs of pages that only read the shared zero page, and runs that munmap took out of the range. */
	zeroRuns: [firstPage: number, pages: number][];
	holes: [firstPage: number, pages: number][];
	secure: 'secretmem' | 'guest_memfd' | null;
	/** Kind dax: path of the device; '' else. */
	device: string;
	/** Pages swapped out. */
	swapped: number;
	/** Last access in simulated time, for reclaim and balancing; accessed by the node of this CPU. */
	touchedNs: number;
	/** Writes of every page that `check` remembers: count at the last touch. */
	checkedWrites: number;
	/** Flag of SMDK's MAP_EXMEM / MAP_NORMAL (seed S3). */
	zoneWish: 'any' | 'exmem' | 'normal';
}

/** Something that holds pages of an area: what keeps a mover from moving them. */
export interface HoldRecord {
	id: number;
	area: number;
	process: string;
	firstPage: number;
	pageCount: number;
	/** long: FOLL_PIN|FOLL_LONGTERM. short: FOLL_PIN for one I/O. get: FOLL_GET, e.g. a page in a pipe. */
	term: 'long' | 'short' | 'get';
}

export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue };

/** Something asked of a machine: answered at once, or after a walk that takes simulated time (decision D5). */
export interface CallRecord {
	id: number;
	os: number;
	/** Who called: a process id, "shell", "qmp", "driver". */
	actor: string;
	/** Words as they were typed. */
	text: string;
	kind: string;
	state: 'running' | 'done';
	startNs: number;
	endNs: number;
	/** errno name, or null when it went well; stays null while it runs. */
	errno: string | null;
	/** Return value in the shape of the tool: see contract/machine-commands.ts. */
	value: JsonValue;
	/** What a walk needs to go on: cursor, pass, blockers. */
	work: { [key: string]: JsonValue };
	/** Pages that it moved so far. */
	movedPages: number;
	/** Sentence for the page: what it waits for; null while it moves. */
	waitingFor: string | null;
	/** Tries so far, counted by arithmetic while it is parked. */
	tries: number;
	generation: number;
	causeSeq: number;
}

/** A memory-backend object of QEMU. */
export interface BackendRecord {
	id: string;
	/** memory-backend-ram, -file, -memfd. */
	type: string;
	/** mem-path of a file; '' else. */
	path: string;
	bytes: number;
	/** 4 KiB, or the page size of hugetlb. */
	pageBytes: number;
	share: boolean;
	prealloc: boolean;
	/** Device or NUMA node that maps it; null = free. */
	usedBy: string | null;
}

export interface DimmRecord {
	id: string;
	os: number;
	memdev: string;
	node: number;
	slot: number;
	addr: number;
	bytes: number;
	state: 'plugged' | 'unplug-requested' | 'gone';
	group: number;
	/** By device_add; false: on the command line. */
	hotplugged: boolean;
}

export interface VirtioMemRecord {
	id: string;
	os: number;
	memdev: string;
	node: number;
	addr: number;
	regionBytes: number;
	blockBytes: number;
	usableBytes: number;
	requestedBytes: number;
	pluggedBytes: number;
	/** First row of its device blocks in `deviceWord`. */
	firstDeviceWord: number;
	prealloc: boolean;
	dynamicMemslots: boolean;
	unpluggedInaccessible: 'on' | 'off' | 'auto';
	/** PCI bus it sits on; pcie.0 itself knows no hot-unplug. */
	bus: string;
	/** gone: device_del went through; the slot in the list stays. */
	state: 'plugged' | 'gone';
	/** Asked to leave by device_del, not gone yet. */
	leaving: boolean;
	group: number;
	/** Size events: time of the last one sent, value waiting to be sent (−1 = none). */
	eventSentNs: number;
	eventWaiting: number;
	/** Runs that ended with a timer. */
	retries: number;
	events: { atNs: number; size: number }[];
	requests: { atNs: number; type: string; addr: number; blocks: number; answer: string }[];
	driver: VirtioMemDriverRecord;
}

export interface VirtioMemDriverRecord {
	state: 'absent' | 'bound' | 'removed' | 'broken';
	mode: 'sbm' | 'bbm';
	subBlockBytes: number;
	bigBlockBytes: number;
	firstMemoryBlock: number;
	/** One past the last memory block it may use with today's usable region. */
	endMemoryBlock: number;
	/** State per memory block from `firstMemoryBlock` on (VIRTIO_MEM_SBM_MB_*), or per big block. */
	blockStates: string[];
	offlineBytes: number;
	offlineThreshold: number;
	retryNs: number;
	/** Time of the pending timer, −1 = none. */
	timerNs: number;
	running: boolean;
	configChanged: boolean;
	unplugAllRequired: boolean;
	lastResult: string;
	generation: number;
	work: { [key: string]: JsonValue };
}

export type { ZoneName };
