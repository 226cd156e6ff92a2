import { deviceMemoryBytes, FOUR_GIB, ramHalves } from '../hypervisor/ram-halves.ts';
import { readCxlArguments } from './cxl-args.ts';
import type { QemuMachine } from './qemu-args.ts';

/** Where RAM and device memory lie in guest-physical memory (QEMU hw/i386/pc_q35.c, pc_piix.c and pc.c). */
export interface MachineMap {
	readonly lowBytes: number;
	readonly highBytes: number;
	readonly deviceBase: number;
	readonly deviceBytes: number;
	/** CXL windows in the order of their numbers: those that found room. */
	readonly windows: readonly PlacedWindow[];
	/** End of what can ever hold memory, rounded up to 128 MiB. */
	readonly endBytes: number;
}
export interface PlacedWindow {
	readonly base: number;
	readonly bytes: number;
	readonly targets: readonly string[];
	readonly granularityBytes: number;
}
export function mapOf(machine: QemuMachine): MachineMap {
	const { lowBytes, highBytes, deviceBase } = ramHalves(machine.chipset, machine.ramBytes);
	const deviceBytes = machine.maxmemBytes > machine.ramBytes ? machine.maxmemBytes - machine.ramBytes : 0;
	const section = 128 * 2 ** 20;
	const deviceEnd = deviceBytes === 0 ? FOUR_GIB + highBytes : deviceBase + deviceMemoryBytes(deviceBytes, machine.slots);
	const windows = placeWindows(machine, deviceEnd);
	const last = windows.at(-1);
	const end = last !== undefined ? last.base + last.bytes : deviceBytes === 0 && highBytes === 0 ? lowBytes : deviceEnd;
	return { lowBytes, highBytes, deviceBase, deviceBytes, windows, endBytes: Math.ceil(end / section) * section };
}

/** Registers of host bridges come first, 1 MiB; windows begin on 256 MiB (pc.c, pc_get_cxl_range_start, pc_memory_init). */
const CXL_REGISTERS_BYTES = 2 ** 20;
const WINDOW_ALIGN = 256 * 2 ** 20;
/** Addresses that the CPU model "max" has under emulation: 40 bits. */
const ADDRESS_END = 2 ** 40 - 1;

/** One after the other; a window beyond the end of addresses is left out (hw/cxl/cxl-host.c, cxl_fmws_set_memmap). */
function placeWindows(machine: QemuMachine, from: number): PlacedWindow[] {
	const { enabled, windows } = readCxlArguments(machine);
	const placed: PlacedWindow[] = [];
	if (!enabled) return placed;
	let base = Math.ceil((from + CXL_REGISTERS_BYTES) / WINDOW_ALIGN) * WINDOW_ALIGN;
	for (const { bytes, targets, granularityBytes } of windows) {
		if (bytes === 0 || base + bytes > ADDRESS_END) continue;
		placed.push({ base, bytes, targets, granularityBytes });
		base += bytes;
	}
	return placed;
}
