import { GIB } from '../../base/units.ts';

/**
 * Where RAM is cut in two in guest-physical memory: from a size on, only so much of it stays below 4 GiB (QEMU
 * hw/i386/pc_q35.c: 2.75 GiB and 2 GiB; pc_piix.c: 3.5 GiB and 3 GiB). Device memory, for DIMMs, begins at the next GiB
 * behind the rest (hw/i386/pc.c).
 */
const LOW_RAM = {
	q35: { limitBytes: 0xb0000000, keepBytes: 2 * GIB },
	pc: { limitBytes: 0xe0000000, keepBytes: 3 * GIB }
} as const;
export type Chipset = keyof typeof LOW_RAM;

export const FOUR_GIB = 4 * GIB;

export interface RamHalves {
	readonly lowBytes: number;
	readonly highBytes: number;
	readonly deviceBase: number;
}

export function ramHalves(chipset: Chipset, ramBytes: number): RamHalves {
	const cut = LOW_RAM[chipset];
	const lowBytes = ramBytes >= cut.limitBytes ? cut.keepBytes : ramBytes;
	const highBytes = ramBytes - lowBytes;
	return { lowBytes, highBytes, deviceBase: Math.ceil((FOUR_GIB + highBytes) / GIB) * GIB };
}

/** Bytes of device memory: what may be plugged, and 1 GiB per slot for alignment (hw/i386/pc.c). */
export function deviceMemoryBytes(pluggableBytes: number, slots: number): number {
	return pluggableBytes > 0 ? pluggableBytes + slots * GIB : 0;
}
