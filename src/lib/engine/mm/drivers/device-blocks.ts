import type { VirtioMemRecord } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';

/** One bit per device block of a virtio-mem device: QEMU's own bitmap, and what the guest's driver believes. */

type BitColumn = World['c']['devicePlugged'];

/** Words that a device of so many blocks needs. */
export const wordsOf = (blocks: number): number => Math.ceil(blocks / 32);

export function blockCountOf(device: VirtioMemRecord): number {
	return device.regionBytes / device.blockBytes;
}

/** True when all `count` bits from `from` on have this value. */
export function allBits(column: BitColumn, device: VirtioMemRecord, from: number, count: number, value: boolean): boolean {
	for (let at = from; at < from + count;) {
		const bit = at & 31;
		const length = Math.min(32 - bit, from + count - at);
		const mask = maskOf(bit, length);
		const found = (column.get(device.firstDeviceWord + (at >>> 5)) & mask) >>> 0;
		if (found !== (value ? mask : 0)) return false;
		at += length;
	}
	return true;
}

export function setBits(column: BitColumn, device: VirtioMemRecord, from: number, count: number, value: boolean): void {
	for (let at = from; at < from + count;) {
		const bit = at & 31;
		const length = Math.min(32 - bit, from + count - at);
		const mask = maskOf(bit, length);
		const index = device.firstDeviceWord + (at >>> 5);
		const word = column.get(index);
		column.set(index, (value ? word | mask : word & ~mask) >>> 0);
		at += length;
	}
}

/** Set bits of a whole device. */
export function countBits(column: BitColumn, device: VirtioMemRecord): number {
	let count = 0;
	for (let word = 0; word < wordsOf(blockCountOf(device)); word += 1) {
		let left = column.get(device.firstDeviceWord + word);
		while (left !== 0) {
			left = (left & (left - 1)) >>> 0;
			count += 1;
		}
	}
	return count;
}

function maskOf(bit: number, length: number): number {
	return length === 32 ? 0xffffffff : (((1 << length) - 1) << bit) >>> 0;
}
