import type { MachineCxlStatus } from './machine-cxl.ts';

/** Linux machines as the page shows them: zones, memory blocks, devices, processes. Small; sent with every turn. */

export type ZoneName = 'DMA' | 'DMA32' | 'NORMAL' | 'MOVABLE' | 'DEVICE' | 'EXMEM';

/** Spelling of the kernel's texts. */
export const ZONE_TEXT: Readonly<Record<ZoneName, string>> = {
	DMA: 'DMA',
	DMA32: 'DMA32',
	NORMAL: 'Normal',
	MOVABLE: 'Movable',
	DEVICE: 'Device',
	EXMEM: 'ExMem'
};

export interface MachineStatus {
	readonly id: string;
	readonly index: number;
	/** Index of its physical address space among the world's memories; pfn = block × 512 + row inside it. */
	readonly memory: number;
	/** suspended: the guest sleeps, to RAM or to idle. */
	readonly state: 'prelaunch' | 'running' | 'paused' | 'suspended';
	readonly migrating: 'none' | 'outgoing' | 'incoming-postcopy';
	readonly profile: 'linux-7.2' | 'rfc-v4-2020';
	readonly memoryBlockBytes: number;
	readonly settings: {
		readonly autoOnline: string;
		readonly onlinePolicy: string;
		readonly numaBalancing: number;
		readonly demotion: boolean;
		readonly exmem: boolean;
	};
	readonly nodes: readonly MachineNodeStatus[];
	/** Present memory blocks only, ascending. */
	readonly memoryBlocks: readonly MemoryBlockStatus[];
	readonly processes: readonly ProcessStatus[];
	/** Running ones and the last 20 that ended. */
	readonly calls: readonly CallStatus[];
	readonly dimms: readonly {
		readonly id: string;
		readonly node: number;
		readonly addr: number;
		readonly bytes: number;
		readonly state: string;
	}[];
	readonly virtioMems: readonly VirtioMemStatus[];
	/** null: the machine was started without CXL. */
	readonly cxl: MachineCxlStatus | null;
	/** Pages that stay where they are at every zoom: never averaged away. */
	readonly held: readonly HeldStatus[];
}

export interface MachineNodeStatus {
	readonly id: number;
	readonly cpus: readonly number[];
	readonly online: boolean;
	readonly typed: 'switched' | 'shared' | null;
	/** CXL channels that are grouped into it, a proposal; empty for a plain node. */
	readonly channels: readonly number[];
	/** Memory tier id, null while the node has no memory. */
	readonly tier: number | null;
	readonly distances: readonly number[];
	readonly readLatencyNs: number | null;
	readonly demotionTargets: readonly number[];
	/** Node ids and zone names in fallback order. */
	readonly fallback: readonly string[];
	readonly zones: readonly MachineZoneStatus[];
}

export interface MachineZoneStatus {
	/** Index in the buffer's `zone` region. */
	readonly index: number;
	readonly name: ZoneName;
	readonly startPfn: number;
	readonly spannedPages: number;
	readonly presentPages: number;
	readonly managedPages: number;
	readonly freePages: number;
	readonly min: number;
	readonly low: number;
	readonly high: number;
	readonly promo: number;
	readonly reserve: readonly number[];
	/** Free chunks: [migratetype][order], types unmovable, movable, reclaimable, isolate. */
	readonly freeChunks: readonly (readonly number[])[];
	/** Who uses it: pages by kind. */
	readonly movablePages: number;
	readonly kernelPages: number;
	readonly heldPages: number;
}

export interface MemoryBlockStatus {
	readonly id: number;
	readonly state: 'offline' | 'online' | 'going-offline';
	readonly node: number;
	/** Zone when online in one zone, 'none' when it spans several. */
	readonly zone: ZoneName | 'none' | null;
	readonly validZones: readonly ZoneName[];
	/** Device it came with, null for boot memory. */
	readonly device: string | null;
	readonly freePages: number;
	readonly offlinePages: number;
	readonly kernelPages: number;
	readonly heldPages: number;
}

export interface ProcessStatus {
	readonly id: string;
	readonly pid: number;
	readonly cpu: number;
	readonly state: 'running' | 'ended';
	readonly areas: readonly {
		readonly slot: number;
		readonly owner: number;
		readonly name: string;
		readonly kind: string;
		readonly pageCount: number;
		readonly residentPages: number;
		readonly locked: boolean;
		readonly policy: string;
		readonly pagesByNode: Readonly<Record<string, number>>;
		readonly heldPages: number;
	}[];
}

export interface CallStatus {
	readonly id: number;
	readonly actor: string;
	readonly text: string;
	readonly kind: string;
	readonly state: 'running' | 'done';
	readonly startNs: number;
	readonly endNs: number | null;
	readonly errno: string | null;
	readonly waitingFor: string | null;
	readonly tries: number;
	/** Pages done and to do where the walk knows them. */
	readonly done: number | null;
	readonly total: number | null;
	/** Where the walk stands. */
	readonly pfn: number | null;
}

export interface HeldStatus {
	readonly area: number;
	readonly process: string;
	readonly term: 'long' | 'short' | 'get' | 'locked' | 'secure';
	/** Runs of pfns, ascending; at most 64 runs, the rest in `more`. */
	readonly runs: readonly (readonly [firstPfn: number, pages: number])[];
	readonly more: number;
}

export interface VirtioMemStatus {
	readonly id: string;
	readonly node: number;
	readonly addr: number;
	readonly blockBytes: number;
	readonly subBlockBytes: number;
	readonly mode: 'sbm' | 'bbm';
	/** What comes and goes as a whole for Linux: a memory block, or a big block in big-block mode. */
	readonly unitBytes: number;
	/** The four sizes of the ruler. */
	readonly regionBytes: number;
	readonly usableBytes: number;
	readonly requestedBytes: number;
	readonly pluggedBytes: number;
	readonly driver: 'absent' | 'bound' | 'removed' | 'broken';
	/** Driver's state per memory block (or big block), from the first on. */
	readonly blocks: readonly {
		readonly id: number;
		readonly state: string;
		readonly pluggedSubBlocks: readonly (readonly [first: number, count: number])[];
	}[];
	readonly retryAtNs: number | null;
	readonly retryDelayNs: number;
	readonly lastResult: string;
	readonly lastRequest: {
		readonly type: string;
		readonly addr: number;
		readonly blocks: number;
		readonly answer: string;
		readonly atNs: number;
	} | null;
	/** Sub-blocks that stayed plugged in the last run, with who is in them; at most 32. */
	readonly blocking: readonly { readonly addr: number; readonly why: string }[];
	readonly eventsSent: number;
}
