import type { AddressSpace } from './address-space.ts';
import type { MigrationParameters, StrategyId, Workload } from '../contract/commands.ts';
import type { ZoneName } from '../contract/machine-status.ts';
import type { ReasonId } from '../contract/reasons.ts';
import type { DowntimePart, PhaseId, PhaseSpan } from '../contract/status.ts';
import type { FabricRecords } from './fabric-records.ts';
import type { MachineRecords } from './machine-records.ts';
import type { MonitoredRecord, QemuRecord } from './qemu-records.ts';
import type { RackRecords } from './rack-records.ts';
import type { VdpaRecords } from './vdpa-records.ts';

export type { AddressSpace };

/**
 * The record tree: everything of a world of which there are few. Plain JSON values only, so that a checkpoint is its text
 * and nothing hides. Together with the columns it is the whole state.
 */
export interface Records extends MachineRecords {
	nowNs: number;
	eventCount: number;
	eventSequence: number;
	/** Pending events in the heap. */
	eventPending: number;
	traceCount: number;
	traceHash: number;
	sampleCount: number;
	/** Index of the next journal entry to take effect. */
	journalNext: number;
	/** First unused row plus 1 of each pool, and rows in use. */
	pools: Record<'detail' | 'structure' | 'guestDetail' | 'mapDetail', PoolRecord>;
	streams: string[];
	memories: MemoryRecord[];
	hosts: HostRecord[];
	zones: ZoneRecord[];
	vms: VmRecord[];
	operations: OperationRecord[];
	flows: FlowRecord[];
	links: LinkRecord[];
	extents: ExtentRecord[];
	pins: PinRecord[];
	/** CXL switches, devices with dynamic capacity, the hosts of that fabric. */
	fabric: FabricRecords;
	/** vDPA network devices of the VMs. */
	vdpa: VdpaRecords;
	/** QEMU processes whose monitor was spoken to; absent while none was. */
	qemu?: QemuRecord[];
	/** Hosts that fail and VMs that are kept running; absent while nothing of it was asked for. */
	rack?: RackRecords;
	nextPinId: number;
	descriptorCount: number;
	belief: string | null;
	faults: string[];
	marks: string[];
}

export interface PoolRecord {
	nextFree: number;
	/** Rows never used yet start here. */
	fresh: number;
	used: number;
}

export interface MemoryRecord {
	id: string;
	/** `machine`: the whole physical address space of one Linux machine; its blocks are pfn / 512. */
	kind: 'dram' | 'pool' | 'machine';
	/** Index of the host, −1 for the pool and for machines. */
	host: number;
	firstBlock: number;
	blockCount: number;
	readLatencyNs: number;
}

export interface HostRecord {
	id: string;
	cpus: number;
	windowBaseHpa: number;
	/** Its memory index for node 0. */
	memory: number;
	/** Zone indices: node 0 MOVABLE, node 0 NORMAL. */
	movableZone: number;
	normalZone: number;
	/** up: runs; paused: stands still and will go on where it stood; down: crashed, its DRAM and caches are gone. */
	power: 'up' | 'paused' | 'down';
	/** Declines the next capacity that it is offered. */
	declines?: true;
	incarnation: number;
	sliceNs: number;
	/** GFD decoder entry for this host: device address = HPA − base + dpaBase. */
	decoder: { hpaBase: number; dpaBase: number; bytes: number };
	/** First address that its CPUs cannot say. */
	addressLimit?: number;
}

export interface ZoneRecord {
	/** −1: a zone of a VM's extents that is on no host, or a zone of a machine. */
	host: number;
	/** Index of the Linux instance (machine) whose zone it is; −1 for the hosts of a fabric. */
	os: number;
	node: number;
	name: ZoneName;
	memory: number;
	/** Home range of a DRAM zone, inside its memory; a pool zone follows the extents. */
	firstBlock: number;
	blockCount: number;
	/** Machines: first and one past the last pfn spanned; both 0 while the zone is empty. */
	spanStartPfn: number;
	spanEndPfn: number;
}

export interface WriterClass {
	weight: number;
	firstGfn: number;
	pages: number;
	pattern: 'uniform' | 'sequential';
	/** Next page of a sequential writer, relative. */
	cursor: number;
}

export interface VmRecord {
	id: string;
	pageCount: number;
	populatedPages: number;
	firstGuestBlock: number;
	guestBlockCount: number;
	vcpus: number;
	stream: number;
	referenceStream: number;
	/** Host of each QEMU process, −1 for none. */
	instances: [number, number];
	/** Zone of node 1 in which each process finds the extents of this VM; −1 without a pool. */
	poolZones: [number, number];
	running: number;
	vcpuState: 'running' | 'stopped' | 'saving' | 'saved' | 'loading' | 'lost';
	ownerHost: number;
	workload: Workload;
	classes: WriterClass[];
	writesPerSecond: number;
	/** Guest progress: where it stands and the remainders that integer arithmetic carries. */
	caughtUpNs: number;
	speedPpm: number;
	progressRest: number;
	writeRest: number;
	throttlePercent: number;
	throttleStrikes: number;
	/** dirty-limit: MiB/s that each vCPU may dirty; absent while it does not act. */
	dirtyQuotaMiBps?: number;
	writtenPages: number;
	lostWorkNs: number;
	lostRest: number;
	worstSpeedPpm: number;
	stalls: number;
	secondStageFaults: number;
	/** Pages behind the running instance, per memory index. */
	pagesByMemory: number[];
	logging: boolean;
	/** One more per run of writes that the log saw since the last sync. */
	loggedPages: number;
	transientChancePpm: number;
	transientHoldNs: number;
	status: string;
	ownerChangedNs: number;
	previousOwner: [number, number, number, number] | null;
	causeSeq: number | null;
	/** Pages of a CXL device of the guest that a migration left behind; absent while none did. */
	cxlLost?: number;
	/** Present while the guest runs without all of its memory. */
	fetch?: FetchRecord;
	/** Confidential memory: no kernel may move it, and none of it may lie on CXL. */
	secure?: true;
	/** A passed-through device holds every page. */
	passThrough?: true;
	/** A network card that stands in for the passed-through one while it migrates; absent without such a pair. */
	failover?: FailoverRecord;
	/** What its device does in a hand-off: refuses to stop, or does not fit the target’s. */
	device?: 'refuses-stop' | 'incompatible';
	/** The slot into which its vCPU state is written next is poisoned. */
	statePoisoned?: true;
	/** Its pages on the pool lie in a mapping of device-dax, not in folios of a node. */
	dax?: true;
	/** Pages whose last writes are lost, as the modelled system would lose them: runs, marked when it happened. */
	lostPages?: [firstGfn: number, pages: number][];
	/** Host of each vCPU while they are split over two hosts. */
	split?: number[];
	/** What the kernel of the running host does with its pages by itself. */
	tiering?: TieringRecord;
}

/** virtio-net with failover=on and its primary. */
export interface FailoverRecord {
	standby: string;
	primary: string;
	/** Asked to go; let go by the guest and kept half unplugged by QEMU; could not be plugged at the target. */
	state: 'plugged' | 'leaving' | 'gone' | 'absent';
	/** How long the guest takes to let go; −1: it never does. */
	letsGoNs: number;
	askedNs: number;
	/** Looks that are left after a cancel. */
	looksLeft: number;
}

/** Background tiering: every so often a random folio of the VM. */
export interface TieringRecord {
	everyNs: number;
	to: 'dram' | 'pool' | 'swap';
	stream: number;
}

/** A published folio that its kernel moved: first page, pages, and the frame that it left. */
export interface MovedRecord {
	gfn: number;
	pages: number;
	frame: number;
}

export interface PinRecord {
	id: number;
	vm: number;
	gfn: number;
	term: 'short' | 'long';
	/** −1: until it is unpinned. */
	untilNs: number;
}

export interface LinkRecord {
	id: string;
	from: string;
	to: string;
	kind: 'cxl' | 'network';
	capacity: number;
	host: number;
}

export interface FlowRecord {
	operation: number;
	demand: number;
	rate: number;
	links: number[];
	host: number;
}

export interface ExtentRecord {
	id: string;
	tag: number;
	vm: number;
	memory: number;
	firstBlock: number;
	blockCount: number;
	/** Offset of its first page in the tag's linear space, in pages. */
	tagOffset: number;
	state: 'offered' | 'accepted' | 'releasing' | 'released';
	onlineOn: number;
	acceptedBy: number[];
	onlineBlocks: number;
}

/**
 * A guest that runs while part of its memory is still on the other host (post-copy). Which pages are missing stands in the
 * columns of the dirty log, which nobody keeps meanwhile (hypervisor/missing.ts).
 */
export interface FetchRecord {
	operation: number;
	/** Pages that are placed at once: 1, or all 512 of a huge page. */
	unitPages: number;
	/** vCPUs that wait, each with its page and since when. */
	waiting: { gfn: number; sinceNs: number }[];
	/** Pages asked for that are on their way: first page of the unit, and when it is placed. */
	requests: { gfn: number; arriveNs: number }[];
	/** When the guest is looked at next; an event of another time is of an older plan. −1: never, nobody runs. */
	lookNs: number;
	requested: number;
	/** When the wire has carried the last page that was asked for: they go one after the other. */
	urgentFreeNs: number;
	/** Bytes of requested pages that the background stream has made way for already, and all of them. */
	urgentBytes: number;
	/** Time during which every vCPU waited (postcopy-blocktime), and the sum over vCPUs. */
	blockedNs: number;
	vcpuBlockedNs: number;
	/** Since when every vCPU waits; −1: some run. */
	allSinceNs: number;
	/** Faults by time: bucket n from 2^n to below 2^(n+1) µs (postcopy-latency-dist). */
	latencyCounts: number[];
	latencySumNs: number;
	/** The stream is broken: what was on the wire is lost, both sides keep their half. */
	broken: boolean;
	/** Nothing can be connected until the network is mended. */
	cut: boolean;
	/** Pages that had left the source and never arrived. */
	lostOnWire: number;
	breaks: number;
	/** The host that held what is missing has died: it will never come. */
	gone?: true;
}

export interface BatchRecord {
	direction: 'push' | 'pull' | 'stream';
	beginNs: number;
	endNs: number;
	guestBlock: number;
	/** Pages of the guest block that move in this batch: a bit per page is not needed, they are one run. */
	firstGfn: number;
	pages: number;
	sourceMemory: number;
	targetMemory: number;
	sourceBlock: number;
	targetBlock: number;
	/** Target frame of a 4 KiB batch per page, or [block] for a whole folio or run. */
	targets: number[];
	whole: boolean;
	bytes: number;
	/** Gfns that stay behind because of a reference. */
	held: number[];
	/** Guest writes that waited for a page in flight. */
	deferred: number[];
	causeSeq: number;
	passes: number;
}

export interface HandOffActorRecord {
	step: string;
	running: boolean;
	/** An event for its next step is pending. */
	planned: boolean;
	locals: Record<string, string | number | boolean>;
}

export interface OperationRecord {
	id: number;
	strategy: StrategyId;
	vm: number;
	source: number;
	target: number;
	parameters: Required<MigrationParameters>;
	state: 'running' | 'completed' | 'cancelled' | 'failed';
	reason: string | null;
	startNs: number;
	endNs: number;
	phase: PhaseId;
	phases: PhaseSpan[];
	downtime: DowntimePart[];
	stoppedNs: number;
	resumedNs: number;
	/** Wanted end: set by cancel or by a failure while pages still go back. */
	ending: 'none' | 'cancelled' | 'failed';
	flow: number;
	/** Events of older plans of this operation are ignored. */
	generation: number;
	step: string;
	/** Guest block (transit) or gfn (pre-copy) at which the scan stands. */
	cursor: number;
	left: number[];
	sweep: number;
	batch: BatchRecord | null;
	pagesMoved: number;
	retriedFolios: number;
	splitFolios: number;
	networkBytes: number;
	cxlBytes: number;
	round: number;
	rounds: { atNs: number; leftBytes: number; sentBytes: number }[];
	dirtyPages: number;
	sendRate: number;
	bandwidth: number;
	windowStartNs: number;
	windowSentBytes: number;
	measureStartNs: number;
	measureSentBytes: number;
	periodStartNs: number;
	periodSentBytes: number;
	/** Pages that the syncs of this period found dirty anew. */
	periodNewPages: number;
	redirtySeen: boolean;
	/** Chunks of 1 GiB whose write protection is not yet armed again in this round. */
	clearPending: boolean[];
	extents: number[];
	/** The VM lived on the pool when the operation began; absent otherwise. */
	livedOnPool?: true;
	/** Pages out to the pool or home from it, on one host. */
	errand?: 'push-out' | 'pull-home' | 'pin-home';
	/** Published pages that the source’s kernel moved. */
	moved?: MovedRecord[];
	/** Pages that were taken back before they could be published, and pushed again: how many sweeps that took. */
	races?: number;
	/** Pages that the target’s decoder leads to another device address than the source meant. */
	misledPages?: number;
	/** The target found the vCPU state poisoned. */
	unreadable?: true;
	/** Pages that the target reached at the device address that was meant. */
	agreedPages?: number;
	/** Why the target, or a device, will not have it. */
	refusal?: { reason: ReasonId; detail: string };
	onlineExtent: number;
	onlineBlock: number;
	rangeCount: number;
	actors: { source: HandOffActorRecord; target: HandOffActorRecord } | null;
	/** Present where it was asked for at QEMU's monitor. */
	monitored?: MonitoredRecord;
	/** The guest did not run when it began and will not at its end. */
	wasStopped?: true;
	/** Its memory goes into a file: no target fills up, the guest stays stopped where it was. */
	toFile?: true;
	/** Memory in a named file that both sides share stays where it is: none of it is sent (x-ignore-shared). */
	leavesMemory?: true;
	causeSeq: number;
	phaseCauseSeq: number;
	/** RDMA: all memory of both processes is pinned by registration. */
	registered?: true;
	/** RDMA without rdma-pin-all: memory is registered a chunk at a time, as it is sent. */
	byChunk?: true;
	/** Post-copy: the switch was ordered (migrate-start-postcopy); it comes between two slices. */
	switchOrdered?: true;
	/** What fetching missing pages cost, once it is over (post-copy); absent otherwise. */
	fetched?: Pick<FetchRecord, 'requested' | 'blockedNs' | 'vcpuBlockedNs' | 'latencyCounts' | 'latencySumNs' | 'breaks' | 'lostOnWire'>;
}
