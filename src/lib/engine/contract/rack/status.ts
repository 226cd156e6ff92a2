import type { HostId, OperationId, VmId } from '../ids.ts';
import type { ReasonId } from '../reasons.ts';

/** Hosts that fail and VMs that are kept running, as the page shows them. */
export interface RackStatus {
	readonly ha: HaStatus | null;
	readonly pool: 'up' | 'lost' | null;
	/** No host reaches the pool, whose contents wait. */
	readonly switchCut: boolean;
	readonly fabricManager: 'up' | 'lost';
	readonly hosts: readonly RackHostStatus[];
	readonly vms: readonly RackVmStatus[];
	/** What happened to hosts and links, oldest first; the newest 400 are kept. */
	readonly events: readonly RackEvent[];
	readonly recoveries: readonly RecoveryStatus[];
	readonly losses: readonly LossStatus[];
	readonly evacuations: readonly EvacuationStatus[];
	readonly calendar: readonly { readonly host: HostId; readonly fromNs: number; readonly untilNs: number }[];
	readonly hazards: readonly {
		readonly kind: HazardKind;
		readonly host: HostId | null;
		readonly meanNs: number;
		readonly struck: number;
	}[];
}

export interface HaStatus {
	readonly heartbeatNs: number;
	readonly misses: number;
	readonly selfFenceNs: number;
	readonly fencing: Fencing;
	readonly restart: boolean;
	readonly checkpointEveryNs: number;
	/** Others may suspect after this: heartbeat × misses. */
	readonly suspectNs: number;
}

/** Who stops the stores of a host that is taken for dead: the device, nobody but the host itself when it reads its word, nobody. */
export type Fencing = 'device' | 'word' | 'none';
export type HazardKind = 'host' | 'pause' | 'cxl-link' | 'network-link' | 'pool';
export type HostLink = 'cxl' | 'network';

export interface RackHostStatus {
	readonly id: HostId;
	readonly power: 'up' | 'paused' | 'down';
	readonly incarnation: number;
	readonly beats: number;
	readonly lastBeatNs: number;
	/** Its newest 128 beats, oldest first. */
	readonly recentBeatsNs: readonly number[];
	readonly cxlCut: boolean;
	readonly networkCut: boolean;
	/** It stopped its vCPUs because it could not say that it lives. */
	readonly selfFenced: boolean;
	/** The device refuses what it sends. */
	readonly deviceFenced: boolean;
	/** Incarnation that its fence word names, 0 for none. */
	readonly fencedIncarnation: number;
	readonly suspectedBy: HostId | null;
	/** It left on purpose: nobody takes it for dead. */
	readonly away: boolean;
	/** Spans without a beat while somebody expected one. */
	readonly silences: readonly { readonly fromNs: number; readonly untilNs: number | null }[];
	/** When it began to beat. */
	readonly beatsFromNs: number;
}

export interface RackVmStatus {
	readonly id: VmId;
	/** Registers in the super-page are of this moment; −1: none. */
	readonly checkpointNs: number;
	readonly checkpoints: number;
	/** Guest time that checkpoints have cost so far. */
	readonly checkpointCostNs: number;
	/** Registers and pages wait on a host that cannot reach them. */
	readonly stalled: boolean;
	readonly restarts: number;
	/** An incarnation of it that was left behind and still acts, and where. */
	readonly zombieOn: HostId | null;
}

export type RackEventKind =
	| 'crash'
	| 'pause'
	| 'resume'
	| 'boot'
	| 'cut'
	| 'mend'
	| 'pool'
	| 'gone'
	| 'self-fence'
	| 'suspect'
	| 'claim'
	| 'fence'
	| 'scan'
	| 'restart'
	| 'back'
	| 'zombie'
	| 'leave'
	| 'checkpoint'
	| 'evacuate';

export interface RackEvent {
	readonly atNs: number;
	readonly kind: RackEventKind;
	/** Whom it befalls; null for the pool. */
	readonly host: HostId | null;
	/** Who does it, where it is somebody else. */
	readonly by: HostId | null;
	readonly vm: VmId | null;
	readonly text: string;
}

export interface RecoveryStatus {
	readonly victim: HostId;
	readonly by: HostId;
	readonly epoch: number;
	readonly step: 'suspect' | 'claim' | 'fence' | 'scan' | 'restart' | 'done';
	readonly startNs: number;
	readonly endNs: number | null;
}

export interface LossStatus {
	readonly vm: VmId;
	readonly host: HostId;
	readonly atNs: number;
	/** Since when nobody runs it: earlier where its host only stood still. */
	readonly sinceNs: number;
	/** `not-loaded`: its state could not be loaded behind the commit; `released`: its extents were taken back. */
	readonly why: 'crash' | 'fenced' | 'pool' | 'not-loaded' | 'released';
	/** Registers go back to this moment; −1: there is nothing to go back to. */
	readonly registersFromNs: number;
	/** Nobody ran it at that moment: its registers were whole in the super-page. */
	readonly registersWhole: boolean;
	readonly dramPages: number;
	readonly poolPages: number;
	/** Lines that were written and had not left the caches. */
	readonly lines: number;
	readonly how: 'from-checkpoint' | 'cold-boot' | null;
	readonly backOn: HostId | null;
	readonly backNs: number | null;
}

export interface EvacuationStatus {
	readonly host: HostId;
	readonly startNs: number;
	readonly endNs: number | null;
	readonly waiting: readonly VmId[];
	readonly moving: readonly { readonly vm: VmId; readonly operation: OperationId }[];
	readonly moved: readonly VmId[];
	readonly refused: readonly { readonly vm: VmId; readonly reason: ReasonId; readonly detail: string }[];
	/** The host is switched off when it is empty, until then. */
	readonly maintainUntilNs: number | null;
}
