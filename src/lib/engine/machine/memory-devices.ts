import type { BackendRecord, JsonValue } from '../state/machine-records.ts';
import type { World } from '../state/world.ts';
import { alignmentOf } from './backends.ts';
import type { QemuMachine } from './qemu-args.ts';
import { mapOf } from './map.ts';

/** Device memory: who lies where, what still fits (QEMU 10.0.13 hw/mem/memory-device.c). Errors are QEMU's own texts. */

export interface Placed {
	readonly addr: number;
	readonly error: string | null;
}
interface Taken {
	readonly id: string;
	readonly addr: number;
	readonly bytes: number;
}

const hex = (value: number): string => `0x${value.toString(16)}`;
const failed = (error: string): Placed => ({ addr: -1, error });

/** Plugged memory devices by address. */
export function takenRanges(world: World, os: number): Taken[] {
	const dimms = world.r.dimms.filter((dimm) => dimm.os === os && dimm.state !== 'gone').map(({ id, addr, bytes }) => ({ id, addr, bytes }));
	const devices = world.r.virtioMems
		.filter((device) => device.os === os && device.state === 'plugged')
		.map(({ id, addr, regionBytes }) => ({ id, addr, bytes: regionBytes }));
	return [...dimms, ...devices].sort((a, b) => a.addr - b.addr);
}

/**
 * What is checked before a memory device is plugged, and its address: `hint` if it is not 0, else the first gap. `alignBytes`
 * is the device's own wish (block size of virtio-mem, 0 for a DIMM).
 */
export function placeDevice(
	world: World,
	os: number,
	machine: QemuMachine,
	backend: BackendRecord | null,
	hint: number,
	alignBytes: number
): Placed {
	const map = mapOf(machine);
	if (machine.maxmemBytes === 0)
		return failed('the configuration is not prepared for memory devices (e.g., for memory hotplug), consider specifying the maxmem option');
	if (backend === null) return failed("'memdev' property must be set");
	const taken = takenRanges(world, os);
	const used = taken.reduce((sum, range) => sum + range.bytes, 0);
	if (used + backend.bytes > map.deviceBytes)
		return failed(`not enough space, currently ${hex(used)} in use of total space for memory devices ${hex(map.deviceBytes)}`);
	const own = alignmentOf(backend);
	if (backend.bytes % own !== 0) return failed(`backend memory size must be multiple of ${hex(own)}`);
	return findAddress(
		taken,
		{ from: map.deviceBase, bytes: map.deviceBytes + machine.slots * 2 ** 30 },
		backend.bytes,
		Math.max(alignBytes, own),
		hint
	);
}

function findAddress(taken: readonly Taken[], space: { from: number; bytes: number }, bytes: number, align: number, hint: number): Placed {
	const end = space.from + space.bytes;
	if (hint !== 0) {
		if (hint % align !== 0) return failed(`address must be aligned to ${hex(align)} bytes`);
		if (hint < space.from || hint + bytes > end)
			return failed(
				`can't add memory device [${hex(hint)}:${hex(bytes)}], usable range for memory devices [${hex(space.from)}:${hex(space.bytes)}]`
			);
		const other = taken.find((range) => hint < range.addr + range.bytes && hint + bytes > range.addr);
		return other ? failed(`address range conflicts with memory device id='${other.id || '(unnamed)'}'`) : { addr: hint, error: null };
	}
	let addr = Math.ceil(space.from / align) * align;
	for (const range of taken)
		if (addr < range.addr + range.bytes && addr + bytes > range.addr) addr = Math.ceil((range.addr + range.bytes) / align) * align;
		else if (range.addr >= addr + bytes) break;
	if (addr + bytes > end)
		return failed('could not find position in guest address space for memory device - memory fragmented due to alignments');
	return { addr, error: null };
}

/** query-memory-devices: by address; `id` is left out where there is none. */
export function memoryDevices(world: World, os: number): JsonValue[] {
	return takenRanges(world, os).map((range): JsonValue => {
		const dimm = world.r.dimms.find((each) => each.os === os && each.addr === range.addr && each.state !== 'gone');
		if (dimm)
			return {
				type: 'dimm',
				data: {
					...named(dimm.id),
					addr: dimm.addr,
					slot: dimm.slot,
					node: dimm.node,
					memdev: `/objects/${dimm.memdev}`,
					hotpluggable: true,
					hotplugged: dimm.hotplugged,
					size: dimm.bytes
				}
			};
		const device = world.r.virtioMems.find((each) => each.os === os && each.addr === range.addr && each.state === 'plugged');
		return {
			type: 'virtio-mem',
			data: {
				...named(range.id),
				memaddr: range.addr,
				'requested-size': device?.requestedBytes ?? 0,
				size: device?.pluggedBytes ?? 0,
				'max-size': range.bytes,
				'block-size': device?.blockBytes ?? 0,
				node: device?.node ?? 0,
				memdev: `/objects/${device?.memdev ?? ''}`
			}
		};
	});
}

const named = (id: string): { id: string } | Record<string, never> => (id === '' ? {} : { id });
