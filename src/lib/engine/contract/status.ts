import type { OwnerWord } from './words.ts';
import type { FabricStatus } from './fabric-status.ts';
import type { RackStatus } from './rack/status.ts';
import type { VdpaStatus } from './vdpa/status.ts';
import type { MachineStatus } from './machine-status.ts';
import type { HostId, MemoryId, OperationId, VmId } from './ids.ts';
import type { StrategyId, Workload } from './commands.ts';

/** The few things of a world, as the page shows them. Small; sent with every answer of `advance`. */
export interface WorldStatus {
	readonly scenarioId: string;
	readonly title: string;
	readonly nowNs: number;
	/** Events run since the start. */
	readonly eventCount: number;
	/** No operation is running and no command is waiting. */
	readonly settled: boolean;
	readonly nextEventNs: number | null;
	readonly traceCount: number;
	readonly hosts: readonly HostStatus[];
	readonly memories: readonly MemoryStatus[];
	readonly vms: readonly VmStatus[];
	readonly operations: readonly OperationStatus[];
	readonly links: readonly LinkStatus[];
	readonly extents: readonly ExtentStatus[];
	/** Linux machines: zones, memory blocks, devices, processes. */
	readonly machines: readonly MachineStatus[];
	/** CXL switches, devices with dynamic capacity and their hosts; null without a fabric. */
	readonly fabric: FabricStatus | null;
	/** vDPA network devices of VMs; null where no VM has one. */
	readonly vdpa: VdpaStatus | null;
	/** Hosts that fail and VMs that are kept running; null while nothing of it was asked for. */
	readonly rack: RackStatus | null;
	/** Loss that the modelled system would have suffered too, and planted faults. Never silent. */
	readonly marks: readonly string[];
	/** What the switch between host and pool adds to one read; null where there is no switch. */
	readonly switchExtraNs: number | null;
	/** Wrong belief that this world follows, or null for the true rules. */
	readonly belief: string | null;
}

export interface HostStatus {
	readonly id: HostId;
	readonly cpus: number;
	readonly nodes: readonly NodeStatus[];
	/** Where the pool's device addresses begin in this host's physical addresses. */
	readonly windowBaseHpa: number;
	readonly windowBytes: number;
}

export interface NodeStatus {
	readonly index: number;
	readonly memory: MemoryId;
	readonly cpus: number;
	/** Bytes online on this node. */
	readonly bytes: number;
	readonly freeBytes: number;
	readonly zones: readonly ZoneStatus[];
	readonly readLatencyNs: number;
}

export interface ZoneStatus {
	readonly name: 'NORMAL' | 'MOVABLE';
	/** Blocks inside the memory; a compute-less node's zone follows the extents that are online. */
	readonly firstBlock: number;
	readonly blockCount: number;
	readonly freePages: number;
	readonly presentPages: number;
	/** Chunks in the free lists, order 0 … 10, all migratetypes. */
	readonly freeChunks: readonly number[];
}

export interface MemoryStatus {
	readonly id: MemoryId;
	/** Index by which block and map words name it. */
	readonly index: number;
	/** `machine`: the physical address space of one Linux machine. */
	readonly kind: 'dram' | 'pool' | 'machine';
	/** DRAM: whose it is. */
	readonly host: HostId | null;
	readonly bytes: number;
	readonly firstBlock: number;
	readonly blockCount: number;
	readonly readLatencyNs: number;
	/** Latency with the present load (cost model F1). */
	readonly loadedLatencyNs: number;
	/** Never averaged away. */
	readonly shortPins: number;
	readonly longPins: number;
	readonly kernelPages: number;
}

export type VcpuState = 'running' | 'stopped' | 'saving' | 'saved' | 'loading' | 'lost' | 'absent';

export interface VmStatus {
	readonly id: VmId;
	readonly index: number;
	readonly bytes: number;
	readonly pageCount: number;
	readonly vcpuCount: number;
	readonly vcpuState: VcpuState;
	/** Host on which the vCPUs are (or last were); null while nobody runs it in the hand-off. */
	readonly runsOn: HostId | null;
	/** Who owns its pages. */
	readonly owner: HostId;
	/** QEMU process of the source and of the target: which host each is on. */
	readonly instances: readonly (HostId | null)[];
	readonly runningInstance: number;
	/** For each vCPU the host that runs it, where they are on more than one. */
	readonly split: readonly HostId[] | null;
	readonly sliceNs: number;
	readonly sliceStartNs: number;
	/** Guest progress against an undisturbed guest, parts per million. */
	readonly speedPpm: number;
	readonly throttlePercent: number;
	readonly workload: Workload;
	readonly writtenPages: number;
	/** Pages behind the running instance, per memory. */
	readonly pagesByMemory: Readonly<Record<MemoryId, number>>;
	/** Work lost against full speed since the start, nanoseconds of guest time. */
	readonly lostWorkNs: number;
	readonly stalls: number;
	readonly secondStageFaults: number;
	readonly ownerWord: OwnerWord;
	readonly previousOwnerWord: OwnerWord | null;
	/** Time of the last change of the owner word, −1 before the first. */
	readonly ownerChangedNs: number;
	readonly migrationStatus: string;
}

export type PhaseId =
	'setup' | 'round' | 'switchover' | 'fetch' | 'paused' | 'prepare' | 'staging' | 'publish' | 'handoff' | 'unstaging' | 'release';

export interface PhaseSpan {
	readonly id: PhaseId;
	/** Plain words for the timeline: "round 2", "staging: pages to the pool". */
	readonly label: string;
	readonly startNs: number;
	/** null while it lasts. */
	readonly endNs: number | null;
}

/** One part of the gap in which the guest does not run. */
export interface DowntimePart {
	readonly id: 'quiesce' | 'save' | 'flush' | 'commit' | 'restore' | 'nic-stop' | 'send' | 'device' | 'nic-start' | 'wait';
	readonly label: string;
	readonly startNs: number;
	readonly endNs: number | null;
}

export interface BatchStatus {
	readonly direction: 'push' | 'pull' | 'stream';
	readonly beginNs: number;
	readonly endNs: number;
	readonly firstGfn: number;
	readonly pages: number;
	readonly sourceMemory: MemoryId;
	readonly targetMemory: MemoryId;
	/** Blocks inside the memories; for a stream the range that the slice covers. */
	readonly sourceBlock: number;
	readonly targetBlock: number;
}

/** A guest that runs before all of its memory is there, or what it cost when that is over. */
export interface FetchStatus {
	readonly missingPages: number;
	/** postcopy-requests. */
	readonly requests: number;
	/** vCPUs that wait for a page now. */
	readonly waitingVcpus: number;
	/** postcopy-blocktime: every vCPU waited. */
	readonly blockedNs: number;
	/** Sum over the vCPUs. */
	readonly vcpuBlockedNs: number;
	/** Mean time of a fault that is over; null before the first. */
	readonly meanLatencyNs: number | null;
	/** postcopy-latency-dist: faults of 2^n to below 2^(n+1) µs. */
	readonly latencyCounts: readonly number[];
	readonly breaks: number;
	readonly lostOnWire: number;
	/** The stream is broken, and nothing can be connected. */
	readonly paused: boolean;
	readonly cut: boolean;
}

export interface OperationStatus {
	readonly id: OperationId;
	readonly strategy: StrategyId;
	readonly vm: VmId;
	readonly source: HostId;
	readonly target: HostId;
	readonly state: 'running' | 'completed' | 'cancelled' | 'failed';
	/** Key of REASONS when it ended unhappily. */
	readonly reason: string | null;
	readonly startNs: number;
	readonly endNs: number | null;
	readonly phase: PhaseId;
	readonly phases: readonly PhaseSpan[];
	readonly pagesTotal: number;
	/** Pre-copy: up to date at the target. Transit: in the pool while staging, at home while unstaging. */
	readonly pagesMoved: number;
	readonly pagesInFlight: number;
	readonly pagesLeft: number;
	readonly retriedFolios: number;
	readonly splitFolios: number;
	readonly networkBytes: number;
	readonly cxlBytes: number;
	/** dirty-sync-count. */
	readonly round: number;
	/** Unsent and known dirty, by the bitmap. */
	readonly leftBytes: number;
	readonly thresholdBytes: number;
	readonly bandwidthBytesPerSecond: number;
	readonly expectedDowntimeNs: number;
	readonly downtime: readonly DowntimePart[];
	readonly downtimeNs: number | null;
	readonly downtimeBudgetNs: number;
	readonly rangeCount: number;
	/** Pages that the guest runs without, or has run without; absent where none ever were. */
	readonly fetch?: FetchStatus;
	readonly batch: BatchStatus | null;
}

export interface LinkStatus {
	readonly id: string;
	/** Ends by name: host ids, "switch", the memory id of the pool, "network". */
	readonly from: string;
	readonly to: string;
	readonly kind: 'cxl' | 'network';
	readonly capacityBytesPerSecond: number;
	readonly loadBytesPerSecond: number;
	/** Host whose traffic it is, null at zero. */
	readonly usedBy: HostId | null;
}

export interface ExtentStatus {
	readonly id: string;
	/** 16 bits shown as four hex digits, with the two glyphs made from them. */
	readonly tag: number;
	readonly memory: MemoryId;
	readonly firstBlock: number;
	readonly blockCount: number;
	readonly state: 'offered' | 'accepted' | 'releasing' | 'released';
	/** In whose allocator it is online; null for nobody's. */
	readonly onlineOn: HostId | null;
	readonly acceptedBy: readonly HostId[];
}
