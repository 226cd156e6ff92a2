import { describe, expect, test } from 'vitest';
import type { Simulation } from '../../../../src/lib/engine/index.ts';
import { blockState, memoryBlocks } from '../../../../src/lib/engine/mm/blocks/sections.ts';
import { validZones } from '../../../../src/lib/engine/mm/blocks/zone-choice.ts';
import { checkAll } from '../../../../src/lib/engine/sim/invariants.ts';
import { INVARIANTS } from '../../../../src/lib/engine/whole/index.ts';
import { ask, machine, THREE_NODES } from '../../../support/machines.ts';

function plug(simulation: Simulation, id: string, mib: number, node: number, more: Record<string, number> = {}): unknown {
	const size = mib * 2 ** 20;
	ask(simulation, { name: 'qmp', execute: 'object-add', arguments: { 'qom-type': 'memory-backend-ram', id: `m-${id}`, size } });
	const { value } = ask(simulation, {
		name: 'qmp',
		execute: 'device_add',
		arguments: { driver: 'pc-dimm', id, memdev: `m-${id}`, node, ...more }
	});
	simulation.advance(simulation.nowNs + 1e9);
	return value;
}
function unplug(simulation: Simulation, id: string): unknown {
	const { value } = ask(simulation, { name: 'qmp', execute: 'device_del', arguments: { id } });
	simulation.advance(simulation.nowNs + 5e9);
	return value;
}
const events = ({ world }: Simulation): string[] =>
	(world.r.oses[0]?.qmpEvents ?? []).map(({ event, data }) =>
		`${event} ${String((data as { info?: { status: number } }).info?.status ?? '')}`.trim()
	);
const desc = (value: unknown): string => (value as { error: { desc: string } }).error.desc;
const hold = (simulation: Simulation): void =>
	expect(checkAll(simulation.world, INVARIANTS).filter((verdict) => !verdict.holds)).toEqual([]);

describe('plugging', () => {
	test('address, slot and blocks; _OST says that it went well', () => {
		const simulation = machine(THREE_NODES, 'memhp_default_state=offline');
		expect(plug(simulation, 'd0', 256, 1)).toEqual({ return: {} });
		expect(plug(simulation, 'd1', 256, 2)).toEqual({ return: {} });
		expect(simulation.world.r.dimms.map(({ addr, slot }) => [addr, slot])).toEqual([
			[2 ** 32, 0],
			[2 ** 32 + 2 ** 28, 1]
		]);
		expect(memoryBlocks(simulation.world, 0).filter((id) => id >= 32)).toEqual([32, 33, 34, 35]);
		expect(events(simulation)).toEqual(['ACPI_DEVICE_OST 0', 'ACPI_DEVICE_OST 0']);
		hold(simulation);
	});

	test('QEMU refuses in its own words', () => {
		const simulation = machine(THREE_NODES, 'memhp_default_state=offline');
		plug(simulation, 'd0', 128, 2);
		expect(desc(plug(simulation, 'd0', 128, 2))).toBe("Duplicate device ID 'd0'");
		expect(desc(plug(simulation, 'd1', 128, 3))).toBe("'DIMM property node has value 3' which exceeds the number of numa nodes: 3");
		expect(desc(plug(simulation, 'd2', 16_384, 2))).toMatch(/^not enough space, currently 0x8000000 in use/);
		expect(desc(plug(simulation, 'd3', 128, 2, { slot: 0 }))).toBe('slot 0 is busy');
		expect(desc(plug(simulation, 'd5', 128, 2, { slot: 8 }))).toBe('invalid slot# 8, should be less than 8');
		const missing = ask(simulation, {
			name: 'qmp',
			execute: 'device_add',
			arguments: { driver: 'pc-dimm', id: 'd4', memdev: 'nothing' }
		}).value;
		expect(missing).toEqual({ error: { class: 'DeviceNotFound', desc: "Device 'nothing' not found" } });
	});

	test('a DIMM smaller than a memory block is of no use to the guest', () => {
		const simulation = machine(THREE_NODES, '');
		plug(simulation, 'd0', 64, 2);
		expect(events(simulation)).toEqual(['ACPI_DEVICE_OST 1']);
		expect(memoryBlocks(simulation.world, 0).filter((id) => id >= 32)).toEqual([]);
	});

	test('memmap_on_memory: 126 of 128 MiB are usable (section 9.2)', () => {
		const simulation = machine(THREE_NODES, 'memhp_default_state=online_movable memory_hotplug.memmap_on_memory=Y');
		plug(simulation, 'd0', 128, 2);
		const zone = simulation.world.r.zones.findIndex(({ node, name }) => node === 2 && name === 'MOVABLE');
		expect([simulation.world.c.zonePresentPages.get(zone), simulation.world.c.zoneManagedPages.get(zone)]).toEqual([32_768, 32_256]);
		hold(simulation);
		expect(unplug(simulation, 'd0')).toEqual({ return: {} });
		expect(events(simulation)).toEqual(['ACPI_DEVICE_OST 0', 'ACPI_DEVICE_OST 132', 'DEVICE_DELETED', 'ACPI_DEVICE_OST 0']);
		hold(simulation);
	});
});

describe('unplugging', () => {
	test('kernel memory in it: busy, and what went offline comes back', () => {
		const simulation = machine(THREE_NODES, 'memhp_default_state=online_kernel');
		plug(simulation, 'd0', 512, 2);
		expect(unplug(simulation, 'd0')).toEqual({ return: {} });
		expect(events(simulation)).toEqual(['ACPI_DEVICE_OST 0', 'ACPI_DEVICE_OST 132', 'ACPI_DEVICE_OST 130']);
		expect(simulation.world.r.oses[0]?.log.at(-1)?.text).toBe('memory memory32: Offline failed.');
		expect([32, 33, 34, 35].map((id) => validZones(simulation.world, 0, id).join())).toEqual(['NORMAL', 'NORMAL', 'NORMAL', 'NORMAL']);
		hold(simulation);
	});

	test('a held page keeps the guest at it until the reference goes', () => {
		const simulation = machine(THREE_NODES, 'memhp_default_state=online_movable');
		plug(simulation, 'd0', 256, 2);
		for (const line of ['map a 64K', 'nothp a', 'bind a preferred 2', 'touch a', 'vmsplice a'])
			ask(simulation, { name: 'process', process: 'p', words: line });
		unplug(simulation, 'd0');
		expect(events(simulation).at(-1)).toBe('ACPI_DEVICE_OST 132');
		expect(blockState(simulation.world, 0, 32)).toBe('going-offline');
		// A second wish meanwhile is the same wish.
		expect(unplug(simulation, 'd0')).toEqual({ return: {} });
		ask(simulation, { name: 'process-end', process: 'p' });
		simulation.advance(simulation.nowNs + 1e9);
		expect(events(simulation).slice(-2)).toEqual(['DEVICE_DELETED', 'ACPI_DEVICE_OST 0']);
		expect(unplug(simulation, 'd0')).toEqual({ error: { class: 'DeviceNotFound', desc: "Device 'd0' not found" } });
		hold(simulation);
	});
});
