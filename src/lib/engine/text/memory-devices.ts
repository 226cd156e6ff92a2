import { hexadecimal } from './pad.ts';

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
							['memaddr', `0x${hexadecimal(device.memaddr)}`],
							['node', device.node],
							['requested-size', device.requestedSize],
							['size', device.size],
							['max-size', device.maxSize],
							['block-size', device.blockSize],
							['memdev', device.memdev]
						]
					: [
							['addr', `0x${hexadecimal(device.addr)}`],
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
