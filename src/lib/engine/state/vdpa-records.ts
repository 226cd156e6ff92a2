import type { SwitchChoice, SwitchStrategyId } from '../contract/vdpa/choice.ts';
import type { BackingPages, VdpaFigures, VdpaPresetId } from '../contract/vdpa/figures.ts';
import type { DeviceKind, DeviceTraits, GuestFeature, Permission } from '../contract/vdpa/kinds.ts';
import type { ChangeStatus, GapPart } from '../contract/vdpa/status.ts';
import type { VhostIovaTreeRecord } from './iova-records.ts';

/** vDPA devices in the record tree: plain values only. Addresses are numbers below 2^52, lengths are bytes. */
export interface VdpaRecords {
	guests: NicGuestRecord[];
	nics: NicRecord[];
	/** Rows of the columns of rings that are in use. */
	ringEntries: number;
}

export function noVdpa(): VdpaRecords {
	return { guests: [], nics: [], ringEntries: 0 };
}

/** A VM with vDPA devices: what all of them share. */
export interface NicGuestRecord {
	vm: number;
	/** How its memory is backed when it boots. */
	pages: BackingPages;
	/** Lowest address first. */
	sections: SectionRecord[];
	maxAddress: number;
	/** Where the next DIMM may go, and how many slots are left. */
	deviceBase: number;
	deviceEnd: number;
	freeSlots: number;
	memlockPages: number | null;
	/** mm.pinned_vm of the two processes. */
	pinnedPages: [number, number];
	hotplugWhileMigrating: boolean;
	viommu: boolean;
	proposals: boolean;
	/** Maps of the guest's IOMMU driver, lowest address first. */
	giova: { giova: number; gfn: number; pages: number }[];
	/** Pages of the guest that a device wrote into though another page was meant, lowest first. */
	corruptedGfns: number[];
	/** Changes that wait for the one under way; then the event of whoever waits for all of them. */
	jobs: JobRecord[];
	then: EventRecord | null;
}

export interface SectionRecord {
	id: string;
	kind: 'ram' | 'dimm';
	gpa: number;
	bytes: number;
	firstGfn: number;
	/** Address in the process of instance 0 and 1. */
	hva: [number, number];
}

export interface NicRecord {
	id: string;
	vm: number;
	kind: DeviceKind;
	traits: DeviceTraits;
	queuePairs: number;
	ringEntries: number;
	controlQueue: boolean;
	controlEntries: number;
	iovaFirst: number;
	iovaLast: number;
	strategy: SwitchStrategyId | null;
	choice: SwitchChoice;
	preset: VdpaPresetId;
	figures: VdpaFigures;
	alwaysShadow: boolean;
	features: GuestFeature[];
	/** Bits of the backend features that QEMU acknowledges. */
	acknowledged: number[];
	/** Where its rings and buffers begin in QEMU’s own memory. */
	hvaOffset: number;
	ends: [DeviceEndRecord | null, DeviceEndRecord | null];
	change: ChangeRecord | null;
	changes: ChangeStatus[];
	nextChangeId: number;
	/** Events of older changes are ignored. */
	generation: number;
	queues: QueueRecord[];
	traffic: TrafficRecord;
	wrongAccesses: WrongAccessRecord[];
	wrongCount: number;
	faultCount: number;
	broken: string | null;
}

/** One device on one host, opened by one QEMU process. */
export interface DeviceEndRecord {
	host: number;
	instance: 0 | 1;
	kernel: KernelDeviceRecord;
	/** QEMU's side. */
	svq: boolean;
	listener: boolean;
	tree: VhostIovaTreeRecord;
	/** Rings in an address space of their own are placed by a tree of their own. */
	ringTree: VhostIovaTreeRecord;
	/** One more each time that the trees begin anew. */
	treeEpoch: number;
	/** Sections that the listener has mapped: where each was put. */
	mapped: MappedSectionRecord[];
	/** Shadow rings and buffers of the control queue that are mapped. */
	rings: MappedRingRecord[];
	/** Maps that are not as the listener promised, in words, as the last thing that could change them left them. */
	toldWrong: string[];
}

export interface MappedSectionRecord {
	section: string;
	gpa: number;
	iova: number;
	bytes: number;
	asid: number;
}

export interface MappedRingRecord {
	queue: number;
	/** driver: descriptors and avail ring; device: used ring; out, status: buffers of the control queue. */
	area: 'driver' | 'device' | 'out' | 'status';
	iova: number;
	bytes: number;
	hva: number;
	asid: number;
	/** The trees that it was placed by. */
	epoch: number;
	ownTree: boolean;
}

/** vhost-vdpa in the kernel (Linux 7.1.8 drivers/vhost/vdpa.c). */
export interface KernelDeviceRecord {
	open: boolean;
	/** Instance whose mm is the owner's; −1 for none. */
	owner: number;
	backendFeatures: number[];
	/** virtio features that were set; 0 until then. */
	featuresSet: boolean;
	status: number;
	suspended: boolean;
	inBatch: boolean;
	batchAsid: number;
	/** Address space of each group. */
	groupAsid: number[];
	spaces: KernelSpaceRecord[];
	vrings: VringRecord[];
	/** Pages that are held by a call of their own, apart from maps (proposed). */
	heldRanges: { hva: number; bytes: number }[];
}

export interface KernelSpaceRecord {
	asid: number;
	/** Lowest first, never overlapping; one per contiguous run. */
	entries: KernelEntryRecord[];
	/** Map of a device that builds it anew; null before the first. */
	keys: { direct: number; nulls: number; unitBytes: number; builds: number } | null;
	/** Keys that wait to be freed. */
	oldKeys: { keys: number; freeAtNs: number }[];
}

export interface KernelEntryRecord {
	iova: number;
	bytes: number;
	uaddr: number;
	permission: Permission;
	/** Pages that this entry holds; 0 where nothing is pinned, or where a held range holds them. */
	pinnedPages: number;
	/** The parent driver dropped its map at a reset: the kernel still counts the entry, the device does not reach it. */
	lost?: true;
}

export interface VringRecord {
	entries: number;
	descriptors: number;
	avail: number;
	used: number;
	base: number;
	enabled: boolean;
	/** The device works on it: enabled, with a size, and the device is started and not suspended. */
	ready: boolean;
}

export interface EventRecord {
	kind: number;
	a: number;
	b: number;
}

export interface JobRecord {
	nic: number;
	kind: ChangeStatus['kind'];
	instance: 0 | 1;
	incoming: boolean;
}

/** A change under way: its steps are planned when it begins and take effect one by one (decision 16). */
export interface ChangeRecord {
	status: ChangeStatus;
	/** Instance of the end that it works on. */
	instance: 0 | 1;
	steps: ChangeStepRecord[];
}

export interface ChangeStepRecord {
	label: string;
	part: GapPart;
	source: string;
	/** What happens at its end (vdpa/switching/effects.ts). */
	effect: string;
	arguments: Record<string, number | string | boolean>;
	/** Time that the step takes whatever its effect costs. */
	fixedNs: number;
}

/** A virtqueue as the guest's driver made it. Rows of the columns of rings: `firstEntry` its own, `shadowEntry` the shadow's. */
export interface QueueRecord {
	index: number;
	kind: 'receive' | 'transmit' | 'control';
	entries: number;
	firstEntry: number;
	shadowEntry: number;
	/** Guest addresses of the three parts of the guest's ring, and how many pages they fill. */
	descriptors: number;
	avail: number;
	used: number;
	ringPages: number;
	guest: RingRecord;
	shadow: RingRecord;
	/** Whose ring the device was started on; the shadow's is QEMU's, and QEMU serves the guest's. */
	served: 'none' | 'guest' | 'shadow';
	/** The process whose device was started on it. */
	servedBy: 0 | 1;
	/** It was served when time went on last. */
	live: boolean;
	/** Since when nobody serves it; −1 while somebody does. */
	deadSinceNs: number;
	/** Packets to send have passed the device up to here, on the guest's own ring. */
	freeAtNs: number;
	/** First descriptor of the element that found no room in the shadow ring; −1 without one. */
	parkedSlot: number;
	/** Elements that QEMU has taken off the guest's ring and not given back. */
	inFlight: number;
	/** Why nobody serves it any more, in words; null while that is not so. */
	halted: string | null;
	/** Pages that the driver has drawn so far: which one comes next follows from it. */
	draws: number;
	/** Bytes of guest memory that the driver's pages were drawn from, and how many of its next buffers draw new ones. */
	drawnBytes: number;
	redraws: number;
	/** Packets that went out a second time, because nobody knew that they had. */
	duplicates: number;
	/** State of the control queue; null for others. */
	control: ControlRecord | null;
	/** The newest descriptors that went through, at most RECENT_ROWS; `recentNext` is the next one to be overwritten. */
	recent: RecentRecord[];
	recentNext: number;
}

export interface RecentRecord {
	slot: number;
	gpa: number;
	iova: number;
	bytes: number;
	meantGfn: number;
	reachedGfn: number;
	state: 'available' | 'used' | 'faulted' | 'wrong' | 'unanswered';
	atNs: number;
}

/** What the driver has asked of the device through the control queue, as QEMU knows it when it shadows that queue. */
export interface ControlRecord {
	mac: number;
	pairs: number;
	vlans: number[];
	/** Commands that the device got, and those that it answered. */
	sent: number;
	answered: number;
	/** Of these, the ones that repeat what the device was told before. */
	replayed: number;
}

/** One split virtqueue (virtio 1.2, 2.7). Indices run modulo 2^16. */
export interface RingRecord {
	availIndex: number;
	usedIndex: number;
	/** Next entry of the avail ring that the consumer takes. */
	lastAvailIndex: number;
	/** Next entry of the used ring that the producer takes back. */
	lastUsedIndex: number;
	/** First free descriptor; the free ones are chained. */
	freeHead: number;
	freeCount: number;
	/** After which entry the other side wants to be told (VIRTIO_F_EVENT_IDX). */
	availEvent: number;
	usedEvent: number;
	kicks: number;
	calls: number;
	/** Batches of entries that nobody had to be told of. */
	kicksSaved: number;
	callsSaved: number;
}

export interface TrafficRecord {
	packetsPerSecond: number;
	payloadBytes: number;
	receivePermille: number;
	/** Seed of the pages that the driver takes, drawn once from the stream of the device. */
	stream: number;
	pageSeed: number;
	caughtUpNs: number;
	/** Time of the next packet, −1 for never, and the remainder that integer arithmetic carries. */
	nextNs: number;
	rest: number;
	/** Remainder that decides which packets come in. */
	receiveRest: number;
	/** Queue pairs of the next packet that comes in, and of the next that goes out. */
	receivePair: number;
	transmitPair: number;
	/** The thread of QEMU that moves packets through shadow queues is busy up to here. */
	threadFreeNs: number;
	arrived: number;
	received: number;
	sent: number;
	/** Nobody took them, or they went to a page that nothing maps. */
	lost: number;
	/** Of these, the ones that went to such a page. */
	faulted: number;
	misplaced: number;
	worstDelayNs: number;
	/** When packets stopped passing; −1 while they pass. */
	deadSinceNs: number;
	deadLost: number;
	gaps: { fromNs: number; toNs: number | null; lost: number }[];
	bucketNs: number;
	/** First row of its course in the columns, and how many rows it has. */
	firstBucket: number;
	buckets: number;
}

export interface WrongAccessRecord {
	atNs: number;
	queue: number;
	iova: number;
	meantGfn: number;
	/** −1: a DMA fault. */
	reachedGfn: number;
}
