import type { DirtyRateMode } from '../contract/migration/dirty-rate.ts';
import type { Capability } from '../contract/migration/capabilities.ts';
import type { QmpParameters } from '../contract/migration/parameters.ts';
import type { QmpEvent } from '../contract/migration/query.ts';
import type { MigrationStatus, RunState } from '../contract/migration/status.ts';

/** A QEMU process of a VM as its monitor knows it. Made when its monitor is first spoken to; a world without has none. */
export interface QemuRecord {
	vm: number;
	host: number;
	/** Of several processes on one host (a process that replaced itself) the youngest. */
	generation: number;
	/** What it was started as, or became by stop and migrations; whether its guest runs is asked of the VM. */
	runState: RunState;
	/** Bytes of RAM it was started with. */
	bytes: number;
	capabilities: Capability[];
	parameters: QmpParameters;
	/** Migration that goes out. */
	outgoing: MigrationStatus;
	/** Migration that comes in. */
	incoming: MigrationStatus;
	/** Address at which it waits; null: migrate-incoming was not said. */
	listening: string | null;
	incomingStarted: boolean;
	exitOnError: boolean;
	/** Id of the operation that goes out or comes in; 0: none. */
	operation: number;
	/** First error of the migration that stands in query-migrate. */
	error: string | null;
	ended: boolean;
	events: QmpEvent[];
	stderr: string[];
	/** File in which its guest lies since its last migration. */
	file?: string;
	/** Devices plugged in at the monitor, by id. */
	plugged: {
		id: string;
		driver: string;
		/** virtio-net with failover=on. */ failover?: true;
		/** Stand-in of a primary. */ pair?: string;
	}[];
	/** Ids of what was made with object-add. */
	objects?: string[];
	/** What the stream that it loads has and it does not: another machine, a block of memory, a device's state. */
	lacks?: { machine?: { received: string; local: string }; lacksBlock?: string; lacksState?: { name: string; instance: number } };
	/** Its last measurement of the dirty rate. */
	dirtyRate?: DirtyRateRecord;
	/** A process that replaces another on the same host took its memory over by descriptor. */
	cpr?: { startNs: number; totalNs: number; downtimeNs: number; stateBytes: number };
}

/** What an operation counts for query-migrate, and what only the monitor can ask of it. */
export interface MonitoredRecord {
	/** Process that sends: index in qemu. */
	source: number;
	/** Process that receives; −1: a file. */
	target: number;
	normalPages: number;
	zeroPages: number;
	syncs: number;
	precopyBytes: number;
	downtimeBytes: number;
	postcopyBytes: number;
	dirtyPagesRate: number;
	/** Bytes found dirty at the last sync. */
	dirtyBytes: number;
	bandwidth: number;
	pagesPerSecond: number;
	measuredPages: number;
	setupEndNs: number;
	/** postcopy-ram: RAM need not be sent before the switch, so every pass of the loop asks the log. */
	postcopyAllowed: boolean;
	throttle: { trigger: number; initial: number; increment: number; most: number; tailslow: boolean };
	/** dirty-limit: MiB/s that each vCPU may dirty once it acts; absent without the capability. */
	dirtyLimitMiBps?: number;
}

/** calc-dirty-rate. */
export interface DirtyRateRecord {
	status: 'measuring' | 'measured';
	mode: DirtyRateMode;
	startNs: number;
	calcMs: number;
	/** Asked for per GiB. */
	samplePages: number;
	/** Page sampling: which, and how often each was written at the beginning. */
	picked: number[];
	before: number[];
	/** Pages that the guest had written in all at the beginning. */
	written: number;
	/** MiB/s; −1: not known yet. */
	rate: number;
	perVcpu: number;
}
