import type { HostId, VmId } from '../ids.ts';
import type { SwitchChoice, SwitchStrategyId } from './choice.ts';
import type { DeviceKind, DeviceTraits, Permission } from './kinds.ts';
import type { VdpaFigures, VdpaPresetId } from './figures.ts';

/** The vDPA devices of a world, as the page shows them. Addresses are numbers below 2^52. */
export interface VdpaStatus {
	readonly guests: readonly NicGuestStatus[];
	readonly nics: readonly NicStatus[];
}

/** What the devices of one VM share: its memory as the guest sees it, and the account of locked memory. */
export interface NicGuestStatus {
	readonly vm: VmId;
	readonly sections: readonly SectionStatus[];
	/** RLIMIT_MEMLOCK of the QEMU process, in pages; null = unlimited. */
	readonly memlockPages: number | null;
	/** mm.pinned_vm of the process of instance 0 and 1. */
	readonly pinnedPages: readonly [number, number];
	readonly hotplugWhileMigrating: boolean;
	readonly viommu: boolean;
	/** First address behind all memory that could ever be plugged. */
	readonly maxAddress: number;
}

export interface SectionStatus {
	readonly id: string;
	readonly kind: 'ram' | 'dimm';
	readonly gpa: number;
	readonly bytes: number;
	readonly firstGfn: number;
	/** Address in the QEMU process of instance 0 and 1. */
	readonly hva: readonly [number, number];
}

export interface NicStatus {
	readonly id: string;
	readonly vm: VmId;
	readonly kind: DeviceKind;
	readonly traits: DeviceTraits;
	readonly queuePairs: number;
	readonly ringEntries: number;
	readonly controlQueue: boolean;
	readonly strategy: SwitchStrategyId | null;
	readonly choice: SwitchChoice;
	readonly preset: VdpaPresetId;
	readonly figures: VdpaFigures;
	/** The device as the QEMU process of instance 0 and 1 has it; null where there is none. */
	readonly ends: readonly [DeviceEndStatus | null, DeviceEndStatus | null];
	/** A change that is under way; null when there is none. */
	readonly change: ChangeStatus | null;
	/** Every change that came to an end, oldest first. */
	readonly changes: readonly ChangeStatus[];
	readonly traffic: TrafficStatus;
	/** Maps that are not what the memory listener promised; empty = all is well. */
	readonly wrongMaps: readonly WrongMapStatus[];
	/** First accesses that went wrong; `wrongCount` and `faultCount` count all. */
	readonly wrongAccesses: readonly WrongAccessStatus[];
	readonly wrongCount: number;
	readonly faultCount: number;
	/** Why the device stands still for good, in words; null while it does not. */
	readonly broken: string | null;
}

export interface DeviceEndStatus {
	readonly host: HostId;
	readonly life: 'closed' | 'open' | 'owned' | 'driver' | 'features-ok' | 'driver-ok' | 'suspended';
	readonly svq: boolean;
	readonly listener: boolean;
	readonly features: readonly string[];
	readonly iovaFirst: number;
	readonly iovaLast: number;
	readonly spaces: readonly AddressSpaceStatus[];
	/** The allocator of QEMU: every node of the IOVA-only tree, lowest first. */
	readonly tree: readonly TreeNodeStatus[];
	readonly bands: readonly BandStatus[];
	readonly queues: readonly QueueStatus[];
}

export interface AddressSpaceStatus {
	readonly asid: number;
	readonly groups: readonly number[];
	/** The kernel's interval tree, lowest first. */
	readonly entries: readonly IotlbEntryStatus[];
	readonly pinnedPages: number;
	/** Devices that build their map anew; null for others. */
	readonly keys: { readonly direct: number; readonly nulls: number; readonly unitBytes: number; readonly builds: number } | null;
}

export interface IotlbEntryStatus {
	readonly iova: number;
	readonly bytes: number;
	/** Address in the owner's process that it stands for. */
	readonly uaddr: number;
	readonly permission: Permission;
	readonly pinnedPages: number;
	readonly what: 'ram' | 'dimm' | 'ring' | 'control';
}

export interface TreeNodeStatus {
	readonly iova: number;
	readonly bytes: number;
	readonly what: 'ram' | 'dimm' | 'ring' | 'control';
}

/** One stretch of memory on the two rails. */
export interface BandStatus {
	readonly asid: number;
	/** null: memory of QEMU itself, which no guest address names. */
	readonly gpa: number | null;
	readonly iova: number;
	readonly bytes: number;
	readonly kind: 'identity' | 'shifted' | 'svq';
	readonly what: 'ram' | 'dimm' | 'ring' | 'control';
	readonly pinnedPages: number;
	/** The device would reach other bytes than the guest means. */
	readonly wrong: boolean;
}

export interface QueueStatus {
	readonly index: number;
	readonly kind: 'receive' | 'transmit' | 'control';
	readonly group: number;
	readonly asid: number;
	readonly enabled: boolean;
	/** Ring of the guest's driver: indices run modulo 2^16. */
	readonly guest: RingStatus;
	/** Ring of QEMU; null without a shadow queue. */
	readonly shadow: RingStatus | null;
	/** The newest descriptors that went through, newest first, at most 8. */
	readonly rows: readonly DescriptorStatus[];
	/** An element that found no room in the shadow ring. */
	readonly parked: boolean;
}

export interface RingStatus {
	/** Where its three parts are, as the side that made it names them. */
	readonly descriptors: number;
	readonly avail: number;
	readonly used: number;
	readonly entries: number;
	readonly availIndex: number;
	readonly usedIndex: number;
	readonly lastAvailIndex: number;
	readonly inFlight: number;
	readonly kicks: number;
	readonly calls: number;
}

export interface DescriptorStatus {
	readonly slot: number;
	/** What the guest wrote. */
	readonly gpa: number;
	/** What the device read: the same, or what the look-up gave. */
	readonly iova: number;
	readonly bytes: number;
	/** Page of the guest that is meant, and the one that is reached; −1: none. */
	readonly meantGfn: number;
	readonly reachedGfn: number;
	readonly state: 'available' | 'used' | 'faulted' | 'wrong' | 'unanswered';
	readonly atNs: number;
}

/** Parts of the gap, in the order of the stacked bar. */
export const GAP_PARTS = {
	suspend: 'suspend',
	indices: 'read the indices',
	unpin: 'unpin',
	unmap: 'unmap',
	reset: 'reset',
	queues: 'set up the queues',
	evict: 'move out of ZONE_MOVABLE',
	pin: 'pin',
	map: 'map',
	keys: 'make keys',
	replay: 'replay the control queue',
	resume: 'resume'
} as const;
export type GapPart = keyof typeof GAP_PARTS;

export interface ChangeStatus {
	readonly id: number;
	readonly kind: 'to-svq' | 'to-passthrough' | 'stop' | 'start' | 'init' | 'map-memory' | 'plug' | 'unplug' | 'live-update' | 'close';
	readonly host: HostId;
	readonly startNs: number;
	/** null while it lasts. */
	readonly endNs: number | null;
	/** When packets stopped and when they could pass again; null: they never stopped. */
	readonly deadFromNs: number | null;
	readonly deadToNs: number | null;
	/** Time of each part so far. */
	readonly parts: Readonly<Partial<Record<GapPart, number>>>;
	/** Of these, what passed while the device served its queues: no packet waits for it. */
	readonly servedParts: Readonly<Partial<Record<GapPart, number>>>;
	/** Steps in order, with the one that is under way. */
	readonly steps: readonly StepStatus[];
	readonly at: number;
	readonly pins: number;
	readonly unpins: number;
	readonly updates: number;
	readonly invalidates: number;
	readonly rebuilds: number;
	readonly evicted: number;
	/** Errors on the way: what the kernel meant, and what the caller saw; what QEMU itself finds it says and goes on. */
	readonly errors: readonly { readonly step: string; readonly kernel: string; readonly caller: string }[];
}

/** What the caller has of an error that no call gave it. */
export const ONLY_SAID = 'error message only';

/** An error of a change in words: whose it is, and what comes of it. */
export const changeErrorWords = ({ kernel, caller }: { readonly kernel: string; readonly caller: string }): string =>
	caller === ONLY_SAID ? `${kernel}; QEMU says so and goes on` : `the kernel means ${kernel}; QEMU sees ${caller} and goes on`;

export interface StepStatus {
	readonly label: string;
	readonly part: GapPart;
	readonly durationNs: number;
	readonly source: string;
}

export interface TrafficStatus {
	readonly packetsPerSecond: number;
	readonly payloadBytes: number;
	/** Share of received packets, parts per thousand. */
	readonly receivePermille: number;
	readonly arrived: number;
	readonly received: number;
	readonly sent: number;
	/** Nobody took them, or they went to a page that nothing maps. */
	readonly lost: number;
	/** They landed in another page than the guest meant. */
	readonly misplaced: number;
	readonly worstDelayNs: number;
	/** Stretches in which nothing passed. */
	readonly gaps: readonly { readonly fromNs: number; readonly toNs: number | null; readonly lost: number }[];
	/** Course in stretches of equal length. Delay: mean, 0 without packets. */
	readonly bucketNs: number;
	readonly course: {
		readonly received: readonly number[];
		readonly lost: readonly number[];
		readonly misplaced: readonly number[];
		readonly delayNs: readonly number[];
	};
}

export interface WrongMapStatus {
	readonly asid: number;
	readonly gpa: number;
	readonly bytes: number;
	/** Where the listener's promise would have it, and where the device has it; null: nowhere. */
	readonly promisedIova: number;
	readonly mappedIova: number | null;
	readonly text: string;
}

export interface WrongAccessStatus {
	readonly atNs: number;
	readonly queue: number;
	readonly iova: number;
	readonly meantGpa: number;
	/** null: a DMA fault, nothing was reached. */
	readonly reachedGpa: number | null;
	readonly text: string;
}
