import type { World } from '../../state/world.ts';
import type { DimmText, VirtioMemText } from '../memory-devices.ts';

/** Memory devices of a machine by address, as query-memory-devices sorts them (QEMU 11.1.3 hw/mem/memory-device.c). */
export function memoryDevicesOf(world: World, os: number): (VirtioMemText | DimmText)[] {
	const virtioMems = world.r.virtioMems
		.filter((device) => device.os === os && device.state !== 'gone')
		.map((device): VirtioMemText & { at: number } => ({
			at: device.addr,
			type: 'virtio-mem',
			id: device.id,
			memaddr: device.addr,
			node: device.node,
			requestedSize: device.requestedBytes,
			size: device.pluggedBytes,
			maxSize: device.regionBytes,
			blockSize: device.blockBytes,
			memdev: `/objects/${device.memdev}`
		}));
	const dimms = world.r.dimms
		.filter((dimm) => dimm.os === os && dimm.state !== 'gone')
		.map((dimm): DimmText & { at: number } => ({
			at: dimm.addr,
			type: 'dimm',
			id: dimm.id,
			addr: dimm.addr,
			slot: dimm.slot,
			node: dimm.node,
			size: dimm.bytes,
			memdev: `/objects/${dimm.memdev}`,
			hotplugged: dimm.hotplugged,
			hotpluggable: true
		}));
	return [...virtioMems, ...dimms].sort((a, b) => a.at - b.at);
}
