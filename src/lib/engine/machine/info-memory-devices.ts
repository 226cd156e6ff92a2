import type { World } from '../state/world.ts';

export interface VirtioMemText {
	readonly type: 'virtio-mem';
	readonly id: string;
	readonly memaddr: number;
	readonly node: number;
	readonly requestedSize: number;
	readonly size: number;
	readonly maxSize: number;
	readonly blockSize: number;
	readonly memdev: string;
}
export interface DimmText {
	readonly type: 'dimm';
	readonly id: string;
	readonly addr: number;
	readonly slot: number;
	readonly node: number;
	readonly size: number;
	readonly memdev: string;
	readonly hotplugged: boolean;
	readonly hotpluggable: boolean;
}

/** info memory-devices (QEMU 11.1.3 hw/core/machine-hmp-cmds.c): addresses in hexadecimal, sizes in decimal bytes. */
export function infoMemoryDevices(devices: readonly (VirtioMemText | DimmText)[]): string {
	return devices
		.map((device) => {
			const fields: readonly (readonly [string, string | number])[] =
				device.type === 'virtio-mem'
					? [
							['memaddr', `0x${device.memaddr.toString(16)}`],
							['node', device.node],
							['requested-size', device.requestedSize],
							['size', device.size],
							['max-size', device.maxSize],
							['block-size', device.blockSize],
							['memdev', device.memdev]
						]
					: [
							['addr', `0x${device.addr.toString(16)}`],
							['slot', device.slot],
							['node', device.node],
							['size', device.size],
							['memdev', device.memdev],
							['hotplugged', String(device.hotplugged)],
							['hotpluggable', String(device.hotpluggable)]
						];
			const lines = fields.map(([name, value]) => `  ${name}: ${value}\n`);
			return `Memory device [${device.type}]: "${device.id}"\n${lines.join('')}`;
		})
		.join('');
}

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
