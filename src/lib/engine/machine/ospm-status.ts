import { osRecord } from '../mm/os/os.ts';
import type { JsonValue } from '../state/machine-records.ts';
import type { World } from '../state/world.ts';
import { machineOf } from './machine-of.ts';

/**
 * query-acpi-ospm-status (QEMU 10.0.13 hw/acpi/memory_hotplug.c, acpi_memory_ospm_status; hw/acpi/cpu.c): the last _OST of every
 * memory slot, then the CPUs, of which nothing was ever told.
 */
export function ospmStatus(world: World, os: number): JsonValue[] {
	const machine = machineOf(world, os);
	const { qmpEvents } = osRecord(world, os);
	const told = qmpEvents.filter((entry) => entry.event === 'ACPI_DEVICE_OST').map((entry) => (entry.data as unknown as { info: Ost }).info);
	const slots = Array.from({ length: machine.slots }, (_, slot): JsonValue => {
		const last = told.findLast((info) => info.slot === String(slot));
		const dimm = world.r.dimms.find((each) => each.os === os && each.slot === slot && each.state !== 'gone');
		const status = { source: last?.source ?? 0, status: last?.status ?? 0, slot: String(slot), 'slot-type': 'DIMM' };
		return dimm && dimm.id !== '' ? { device: dimm.id, ...status } : status;
	});
	const cpus = Array.from({ length: machine.cpus }, (_, cpu): JsonValue => ({
		source: 0,
		status: 0,
		slot: String(cpu),
		'slot-type': 'CPU'
	}));
	return [...slots, ...cpus];
}

interface Ost {
	readonly slot: string;
	readonly source: number;
	readonly status: number;
}
