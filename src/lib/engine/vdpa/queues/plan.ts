import { formatAddress } from '../../../base/address.ts';
import { VirtioStatus } from '../../contract/vdpa/kinds.ts';
import { PAGE_BYTES } from '../../../base/units.ts';
import type { VmRecord } from '../../state/records.ts';
import type { DeviceEndRecord, NicGuestRecord, NicRecord, QueueRecord } from '../../state/vdpa-records.ts';
import type { World } from '../../state/world.ts';
import { bufferAsid, ringAsid } from '../listener/spaces.ts';
import { driverMemory } from './driver-memory.ts';
import { deviceBytes, driverBytes } from './layout.ts';
import { pagesInFlight } from './memory.ts';
import { entriesOf, FAULT, rangeBehind } from '../kernel/translate.ts';
import { gfnOfHva } from './reach.ts';
import type { Lane, Slice } from './slice.ts';

/** What a slice of time finds: which queues are served, by whom, and through which map. */

/** Most packets per second that the device of the model moves through one queue: as many as a scenario may ask for. */
const DEVICE_PACKETS_PER_SECOND = 200_000;

/** What one packet keeps the device busy, nanoseconds. Our simplification. */
export const DEVICE_NS = 1_000_000_000 / DEVICE_PACKETS_PER_SECOND;

/** What one packet keeps the thread of QEMU busy: its share of what the device moves, and never more than it can manage. */
export function shadowPacketNs(throughputFactor: number, maxMpps: number): number {
	const perSecond = Math.min(throughputFactor * DEVICE_PACKETS_PER_SECOND, maxMpps * 1_000_000);
	return Math.max(DEVICE_NS, Math.ceil(1_000_000_000 / Math.max(1, perSecond)));
}

export function sliceOf(world: World, nic: NicRecord, guest: NicGuestRecord, fromNs: number, toNs: number): Slice {
	const vm = world.r.vms[nic.vm] as VmRecord;
	const instance = vm.running as 0 | 1;
	const end = nic.ends[instance];
	const vmRuns = vm.vcpuState === 'running';
	return {
		world,
		nic,
		guest,
		vmIndex: nic.vm,
		vm,
		end,
		instance,
		fromNs,
		toNs,
		vmRuns,
		memory: driverMemory(world, guest),
		inFlight: pagesInFlight(world, nic.vm),
		deviceNs: DEVICE_NS,
		shadowNs: shadowPacketNs(world.costs.svqThroughputFactor, world.costs.svqMaxMpps),
		lanes: nic.queues.map((queue) => laneOf(nic, end, queue, vmRuns)),
		windows: null
	};
}

function laneOf(nic: NicRecord, end: DeviceEndRecord | null, queue: QueueRecord, vmRuns: boolean): Lane {
	return {
		queue,
		shadow: queue.served === 'shadow',
		live: vmRuns && queue.halted === null && isServed(end, queue),
		entries: end === null ? [] : entriesOf(end, bufferAsid(end, queue.kind)),
		byCpu: new Array<number>(queue.ringPages).fill(0),
		byDevice: new Array<number>(queue.ringPages).fill(0)
	};
}

/** The device was started on this queue, and neither stopped, suspended nor reset since. */
export function isServed(end: DeviceEndRecord | null, queue: QueueRecord): boolean {
	if (end === null || queue.served === 'none' || queue.servedBy !== end.instance) return false;
	const { kernel } = end;
	const vring = kernel.vrings[queue.index];
	return kernel.open && !kernel.suspended && (kernel.status & VirtioStatus.driverOk) !== 0 && vring !== undefined && vring.enabled;
}

/** Why the device cannot work on the ring it was given, in words; null when it can. */
export function ringFault(nic: NicRecord, guest: NicGuestRecord, end: DeviceEndRecord, queue: QueueRecord): string | null {
	const vring = end.kernel.vrings[queue.index];
	if (vring === undefined) return null;
	const entries = entriesOf(end, ringAsid(nic, end, queue.kind));
	const driver = rangeBehind(entries, vring.descriptors, driverBytes(queue.entries), 1);
	const device = rangeBehind(entries, vring.used, deviceBytes(queue.entries), 2);
	if (driver === FAULT || device === FAULT) {
		const [what, iova] = driver === FAULT ? ['descriptors', vring.descriptors] : ['used ring', vring.used];
		return `its ${what} at ${formatAddress(iova as number)} are not mapped for the device: a DMA fault`;
	}
	if (queue.served === 'shadow') {
		const areaHva = (area: 'driver' | 'device') => end.rings.find((ring) => ring.queue === queue.index && ring.area === area)?.hva;
		return areaHva('driver') === driver && areaHva('device') === device ? null : 'the device reads another ring than QEMU writes';
	}
	const reads = (hva: number, gpa: number) => gfnOfHva(guest.sections, end.instance, hva) === gpa / PAGE_BYTES;
	return reads(driver, queue.descriptors) && reads(device, queue.used)
		? null
		: 'the device reads another page than the one that holds the guest’s ring';
}
