import type { Fencing, HazardKind, LossStatus, RackEvent, RackEventKind } from '../contract/rack/status.ts';

/** Hosts that fail and VMs that are kept running. Absent in a world in which nothing of it was asked for. */
export interface RackRecords {
	/** Stream from which hazards are drawn; −1 without any. */
	hazardStream: number;
	poolLost: boolean;
	/** The switch is down: no host reaches the pool. Absent while it works. */
	switchCut?: true;
	/** Absent while it answers. */
	fabricManagerLost?: true;
	/** Beats are sent. */
	beating: boolean;
	peers: RackPeerRecord[];
	vms: RackVmRecord[];
	/** Events of hosts that stand still: done when they go on. */
	held: { host: number; kind: number; a: number; b: number }[];
	recoveries: RecoveryRecord[];
	losses: LossRecord[];
	evacuations: EvacuationRecord[];
	events: RackEvent[];
	/** By the number of the hazard in the scenario. */
	struck: number[];
}

export interface RackPeerRecord {
	beats: number;
	beatsFromNs: number;
	lastBeatNs: number;
	/** Its newest beats, oldest first. */
	recentBeatsNs: number[];
	cxlCut: boolean;
	networkCut: boolean;
	selfFenced: boolean;
	deviceFenced: boolean;
	fencedIncarnation: number;
	suspectedBy: number;
	away: boolean;
	silences: { fromNs: number; untilNs: number | null }[];
	/** Of each other host: the beat it saw last, and since when that has not changed. */
	seen: { beat: number; sinceNs: number }[];
	/** Grows with each plan of this host's time: older events of it are ignored. */
	generation: number;
}

export interface RackVmRecord {
	checkpointNs: number;
	checkpoints: number;
	checkpointCostNs: number;
	/** Set while the registers are being saved. */
	checkpointing: boolean;
	stalled: boolean;
	/** Stopped by its own host, or with it. */
	held: boolean;
	/** Since when it stands still for one of these reasons. */
	stoppedNs: number;
	restarts: number;
	restartTo: number;
	/** Grows with each plan of a restart: what was planned before is ignored. */
	restartTurn: number;
	zombie: ZombieRecord | null;
	/** Pages that hold something else than the guest wrote last: named, never silent. */
	damagedGfns: number[];
	/** Where it is brought back to after maintenance; −1: nowhere. */
	homeHost: number;
	/** A hand-off that somebody laid for it, act by act; absent without one. */
	laid?: LaidRecord;
}

export interface LaidRecord {
	readonly plan: string;
	/** In the order of the actors of its table. */
	readonly actors: { step: string; running: boolean; planned: boolean; locals: Record<string, string | number | boolean> }[];
}

export interface ZombieRecord {
	host: number;
	/** False while its host stands still. */
	acts: boolean;
	sinceNs: number;
	writes: number;
	/** Its pages are shared with the new incarnation. */
	onPool: boolean;
	/** The scenario asked for fencing that lets this happen: it is marked, not a fault of the engine. */
	openly: boolean;
}

export interface RecoveryRecord {
	victim: number;
	incarnation: number;
	by: number;
	epoch: number;
	/** Grows with each plan of its next step: what was planned before is ignored. */
	turn: number;
	step: 'suspect' | 'claim' | 'fence' | 'scan' | 'restart' | 'done';
	/** It has said that it waits for a fabric manager. */
	waits?: true;
	startNs: number;
	endNs: number;
	causeSeq: number;
}

export interface LossRecord {
	vm: number;
	host: number;
	atNs: number;
	/** Since when nobody runs it: earlier where its host only stood still. */
	sinceNs: number;
	why: LossStatus['why'];
	registersFromNs: number;
	registersWhole: boolean;
	dramPages: number;
	poolPages: number;
	lines: number;
	/** Token of the owner word at that moment. */
	tokenAtLoss: number;
	how: LossStatus['how'];
	backOn: number;
	backNs: number;
	causeSeq: number;
	/** The page structures of its pool pages were in the host's own DRAM. */
	metadataGone?: true;
}

export interface EvacuationRecord {
	host: number;
	startNs: number;
	endNs: number;
	waiting: number[];
	moving: { vm: number; operation: number }[];
	moved: number[];
	refused: { vm: number; reason: string; detail: string }[];
	maintainUntilNs: number;
	causeSeq: number;
}

export type { Fencing, HazardKind, RackEventKind };
