import { GIB } from '../../base/units.ts';
import { allBits } from '../mm/drivers/device-blocks.ts';
import type { VirtioMemRecord } from '../state/machine-records.ts';
import type { World } from '../state/world.ts';

/**
 * Slots of guest-physical memory that a device takes of its hypervisor (QEMU 10.0.13 hw/virtio/virtio-mem.c,
 * virtio_mem_decide_memslots; hw/mem/memory-device.c, memory_device_memslot_decision_limit). One for the whole region; with
 * dynamic-memslots several, each there only while something in it is plugged, so that what is unplugged is out of the guest's
 * reach. Our simplification: enough slots are free, and DIMMs take none.
 */
const SOFT_LIMIT = 256;

export interface Memslots {
	readonly slotBytes: number;
	readonly count: number;
	/** Numbers of those that are there now. */
	readonly mapped: readonly number[];
}

/** `deviceBytes`: what of the machine's addresses is for memory devices, maxmem less RAM. */
export function memslotsOf(world: World, device: VirtioMemRecord, deviceBytes: number): Memslots {
	if (!device.dynamicMemslots) return { slotBytes: device.regionBytes, count: 1, mapped: [0] };
	const { slotBytes, count } = decide(world, device, deviceBytes);
	const mapped = Array.from({ length: count }, (_, at) => at).filter((at) => {
		const from = (at * slotBytes) / device.blockBytes;
		const end = Math.min((at + 1) * slotBytes, device.regionBytes) / device.blockBytes;
		return !allBits(world.c.devicePlugged, device, from, end - from, false);
	});
	return { slotBytes, count, mapped };
}

/** Slots are dealt out by size over what is left for memory devices, in the order in which they came. */
function decide(world: World, device: VirtioMemRecord, deviceBytes: number): { slotBytes: number; count: number } {
	let taken = 0;
	let used = 0;
	for (const earlier of world.r.virtioMems) {
		if (earlier === device) break;
		if (earlier.os !== device.os || earlier.state !== 'plugged') continue;
		taken += earlier.dynamicMemslots ? decide(world, earlier, deviceBytes).count : 1;
		used += earlier.regionBytes;
	}
	const free = Math.max(1, SOFT_LIMIT - taken);
	const limit = device.regionBytes === deviceBytes ? free : Math.max(1, Math.floor((free * device.regionBytes) / (deviceBytes - used)));
	if (limit === 1) return { slotBytes: device.regionBytes, count: 1 };
	const share = Math.ceil(device.regionBytes / limit / device.blockBytes) * device.blockBytes;
	const slotBytes = Math.max(GIB, device.blockBytes, share);
	return { slotBytes, count: Math.ceil(device.regionBytes / slotBytes) };
}
