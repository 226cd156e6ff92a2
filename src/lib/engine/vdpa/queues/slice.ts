import type { BatchRecord, VmRecord } from '../../state/records.ts';
import type { DeviceEndRecord, KernelEntryRecord, NicGuestRecord, NicRecord, QueueRecord } from '../../state/vdpa-records.ts';
import type { World } from '../../state/world.ts';
import type { DriverMemory } from './driver-memory.ts';

/**
 * One stretch of time in which nothing about a device changes: from where its packets were last carried on to now. Whatever
 * changes maps, status, rings or the VM carries them on first, so everything that can be looked up once is looked up here.
 */
export interface Slice {
	readonly world: World;
	readonly nic: NicRecord;
	readonly guest: NicGuestRecord;
	readonly vmIndex: number;
	readonly vm: VmRecord;
	/** The end that the running QEMU process has; null without one. */
	readonly end: DeviceEndRecord | null;
	readonly instance: 0 | 1;
	readonly fromNs: number;
	readonly toNs: number;
	readonly vmRuns: boolean;
	readonly memory: DriverMemory;
	/** Pages that a mover has in flight. */
	readonly inFlight: BatchRecord | null;
	/** What one packet keeps the device, or the thread of QEMU, busy. */
	readonly deviceNs: number;
	readonly shadowNs: number;
	/** Data queues first, as in the record. */
	readonly lanes: readonly Lane[];
	/** What QEMU's tree says of the guest's memory; filled when a shadow queue needs it. */
	windows: readonly Window[] | null;
}

/** A stretch of guest memory and the device address that QEMU's tree has for it. */
export interface Window {
	readonly gpa: number;
	readonly bytes: number;
	readonly iova: number;
}

/** A queue during a slice. */
export interface Lane {
	readonly queue: QueueRecord;
	readonly shadow: boolean;
	/** Somebody serves it. Ends in the middle of a slice when QEMU or the device gives it up. */
	live: boolean;
	/** The map in which the device looks up buffers. */
	readonly entries: readonly KernelEntryRecord[];
	/** How often each page of the guest's ring was written: by a CPU, which the log sees; by the device, which it does not. */
	readonly byCpu: number[];
	readonly byDevice: number[];
}

/** A CPU writes into the guest's ring at this byte behind its first descriptor. */
export function cpuWrites(lane: Lane, offset: number): void {
	const page = offset >>> 12;
	lane.byCpu[page] = (lane.byCpu[page] as number) + 1;
}

/** Whoever serves the guest's ring writes into it: QEMU for a shadow, else the device. */
export function serverWrites(lane: Lane, offset: number): void {
	const writes = lane.shadow ? lane.byCpu : lane.byDevice;
	const page = offset >>> 12;
	writes[page] = (writes[page] as number) + 1;
}
