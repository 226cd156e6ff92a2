import { describe, expect, test } from 'vitest';
import { whatHappens } from '$lib/engine/fabric/address/what-happens.ts';
import { setGroup, type Partition } from '$lib/engine/fabric/gfd/groups.ts';
import { hpaOf } from '$lib/engine/fabric/address/reverse.ts';
import type { Simulation } from '$lib/engine/index.ts';
import { ask, fabricSimulation } from '../../../../support/fabric-worlds.ts';

const GIB = 2 ** 30;
const BLOCK = 64 * 2 ** 20;
/** Numbers of the worked example of CXL 4.0 7.7.2 as this project restates it: one device address, two host addresses. */
const fabric = (devices: number, windowBytes: number, granularity = 256) => {
	const targets = Array.from({ length: devices }, (_, index) => `gfd${index}`);
	return {
		hosts: [
			{ id: 'A', pid: 0x10, windows: [{ baseHpa: '0x1000_0000_0000', bytes: windowBytes, targets, granularity }] },
			{ id: 'B', pid: 0x11, windows: [{ baseHpa: '0x2C00_0000_0000', bytes: windowBytes, targets, granularity }] }
		],
		switches: [
			{
				id: 'sw',
				kind: 'pbr',
				hosts: [
					{ host: 'A', port: 0 },
					{ host: 'B', port: 1 }
				]
			}
		],
		devices: targets.map((id, index) => ({
			id,
			kind: 'gfd',
			pid: 0x100 + index,
			at: { switch: 'sw', port: 8 + index },
			ldBases: ['0x40_0000_0000'],
			regions: [{ bytes: 64 * GIB, blockBytes: BLOCK, sharable: true, hardwareCoherent: true }]
		}))
	};
};
const partitionOf = (simulation: Simulation, device: number): Partition =>
	simulation.world.r.fabric.devices[device]?.gfd?.partitions[0] as Partition;

function open(simulation: Simulation, device: number, host: string, groups: number[]): void {
	expect(ask(simulation, 'fm', `gfd${device}`, 'set-sat-entry', { host, groups }).ok).toBe(true);
}

describe('a G-FAM device and two hosts', () => {
	test('the same device address behind two host addresses', () => {
		const simulation = fabricSimulation(fabric(1, 64 * GIB));
		setGroup(partitionOf(simulation, 0), 0, 1024, 5);
		for (const host of ['A', 'B']) open(simulation, 0, host, [5]);
		const a = simulation.ask({ kind: 'translate', host: 'A', hpa: 0x1000_1234_5000 });
		const b = simulation.ask({ kind: 'translate', host: 'B', hpa: 0x2c00_1234_5000 });
		expect(a?.dpa).toBe(0x40_1234_5000);
		expect(b?.dpa).toBe(0x40_1234_5000);
		expect(a?.steps.map((step) => step.at)).toEqual(['window', 'edgePort', 'gfdDecoder', 'group', 'access', 'media']);
		expect(hpaOf(simulation.world, 'A', 0, -1, 0x40_1234_5000)).toBe(0x1000_1234_5000);
		expect(hpaOf(simulation.world, 'B', 0, -1, 0x40_1234_5000)).toBe(0x2c00_1234_5000);
	});

	test('equal host addresses are a choice of each host', () => {
		const simulation = fabricSimulation(fabric(1, 64 * GIB));
		expect(ask(simulation, 'build', 'B', 'set-window', { window: 0, 'base-hpa': 0x1000_0000_0000 }).ok).toBe(true);
		const [a, b] = ['A', 'B'].map((host) => simulation.ask({ kind: 'translate', host, hpa: 0x1000_1234_5000 }));
		expect(a?.dpa).toBe(0x40_1234_5000);
		expect(b?.dpa).toBe(0x40_1234_5000);
	});

	test('four devices in stripes of 256 B: two bits pick, base and way go out', () => {
		const simulation = fabricSimulation(fabric(4, 256 * GIB));
		for (const [host, hpa] of [
			['A', 0x1000_1234_5678],
			['B', 0x2c00_1234_5678]
		] as const)
			expect(simulation.ask({ kind: 'translate', host, hpa })).toMatchObject({
				way: 2,
				device: 'gfd2',
				offset: 0x1234_5678,
				dpa: 0x40_048d_1578
			});
	});

	test('a closed group, no group, no decoder and two of them are access errors', () => {
		const simulation = fabricSimulation(fabric(1, 64 * GIB));
		const at = (host: string, hpa: number) => simulation.ask({ kind: 'translate', host, hpa });
		const miss = (host = 'A', hpa = 0x1000_1234_5000) => at(host, hpa)?.miss;
		expect(miss()).toBe('no-group');
		setGroup(partitionOf(simulation, 0), 0, 1024, 5);
		expect(miss()).toBe('no-access');
		open(simulation, 0, 'A', [4]);
		expect(miss()).toBe('no-access');
		open(simulation, 0, 'A', [5]);
		expect(miss()).toBe('not-assigned');
		const entry = {
			host: 'A',
			index: 0,
			'hpa-base': 0x1000_0000_0000,
			'dpa-base': 0x40_0000_0000,
			'dpa-len': 32 * GIB,
			interleave: 0,
			granularity: 0,
			way: 0
		};
		expect(ask(simulation, 'fm', 'gfd0', 'set-gdt-configuration', entry).ok).toBe(true);
		expect(miss('A', 0x1008_0000_0000)).toBe('no-gdt');
		expect(ask(simulation, 'fm', 'gfd0', 'set-gdt-configuration', { ...entry, index: 1, 'dpa-base': 0x48_0000_0000 }).ok).toBe(true);
		expect(miss()).toBe('many-gdt');
		expect(whatHappens(simulation.world, 'A', 0x1000_1234_5000, 'load')).toMatchObject({ kind: 'access-error' });
		expect(whatHappens(simulation.world, 'A', 0x1000_1234_5000, 'store')).toMatchObject({ kind: 'access-error' });
		expect(ask(simulation, 'fm', 'gfd0', 'set-gdt-configuration', { host: 'A', index: 1, valid: false }).ok).toBe(true);
		expect(miss()).toBe('not-assigned');
	});
});

describe('what a G-FAM device refuses', () => {
	const entry = {
		host: 'A',
		index: 1,
		'hpa-base': 0x1100_0000_0000,
		'dpa-base': 0x40_0000_0000,
		'dpa-len': BLOCK,
		interleave: 0,
		granularity: 0,
		way: 0
	};
	test.each([
		[{ index: 8 }, 'resources exhausted (1Dh)'],
		[{}, 'another decoder of this requester'],
		[{ index: 0, 'hpa-base': 0x1100_0000_0040 }, 'multiples of the block'],
		[{ index: 0, 'dpa-base': 0x40_0000_1000 }, 'multiples of the block'],
		[{ index: 0, 'dpa-len': BLOCK + 64 }, 'multiples of the block'],
		[{ index: 0, 'dpa-base': 0 }, 'no media partition'],
		[{ index: 0, way: 1 }, 'way one of them'],
		[{ index: 0, interleave: 9 }, 'interleave is 0 to 8'],
		[{ index: 3 }, 'decoder 1 comes before'],
		[{ host: 'Z' }, 'invalid input (2h)']
	])('set GDT with %o', (more, why) => {
		const simulation = fabricSimulation(fabric(1, 64 * GIB));
		const answer = ask(simulation, 'fm', 'gfd0', 'set-gdt-configuration', { ...entry, ...more });
		expect(answer.ok).toBe(false);
		expect(answer.says).toContain(why);
	});

	test('coherence over a partition that has none is unsupported', () => {
		const plain = fabric(1, 64 * GIB);
		for (const device of plain.devices) for (const region of device.regions) region.hardwareCoherent = false;
		const simulation = fabricSimulation(plain);
		expect(ask(simulation, 'fm', 'gfd0', 'set-gdt-configuration', { ...entry, index: 0, coherent: true }).says).toContain(
			'unsupported (3h)'
		);
		expect(ask(simulation, 'fm', 'gfd0', 'set-gdt-configuration', { ...entry, index: 0, coherent: false }).ok).toBe(true);
	});

	test('a group beyond the last one', () => {
		const simulation = fabricSimulation(fabric(1, 64 * GIB));
		expect(ask(simulation, 'fm', 'gfd0', 'set-sat-entry', { host: 'A', groups: [3, 64] }).says).toContain('invalid input (2h)');
		expect(ask(simulation, 'fm', 'gfd0', 'get-sat-entry', { host: 'A' }).ok).toBe(true);
		expect(simulation.world.r.fabric.devices[0]?.gfd?.access).toEqual([]);
	});

	test('several entries in one command, each by itself', () => {
		const simulation = fabricSimulation(fabric(1, 64 * GIB));
		const entries = [
			{ host: 'A', groups: [1] },
			{ host: 'B', groups: [99] },
			{ pid: 0x12, groups: [1] }
		];
		expect(ask(simulation, 'fm', 'gfd0', 'set-sat-entry', { entries }).says).toContain('invalid input (2h)');
		expect(simulation.world.r.fabric.devices[0]?.gfd?.access).toEqual([{ pid: 0x10, groups: [1] }]);
	});

	test('three devices in one set', () => {
		const simulation = fabricSimulation(fabric(3, 192 * GIB));
		expect(simulation.world.r.fabric.peers[0]?.windows[0]?.problem).toContain('power of two');
	});

	test('a change of the access table notifies the requester', () => {
		const simulation = fabricSimulation(fabric(1, 64 * GIB));
		ask(simulation, 'fm', 'gfd0', 'set-sat-entry', { host: 'B', groups: [1], notify: true });
		simulation.advance(5_000_000);
		expect(simulation.world.r.fabric.peers[1]?.gam).toMatchObject([{ type: 0xa }]);
		expect(simulation.world.r.fabric.peers[0]?.gam).toEqual([]);
	});
});

describe('memory groups of blocks', () => {
	test('runs join and split', () => {
		const simulation = fabricSimulation(fabric(1, 64 * GIB));
		const partition = partitionOf(simulation, 0);
		setGroup(partition, 4, 4, 1);
		setGroup(partition, 8, 2, 1);
		expect(partition.groups).toEqual([4, 6, 1]);
		setGroup(partition, 6, 1, 2);
		expect(partition.groups).toEqual([4, 2, 1, 6, 1, 2, 7, 3, 1]);
		setGroup(partition, 5, 4, null);
		expect(partition.groups).toEqual([4, 1, 1, 9, 1, 1]);
		setGroup(partition, 0, 1024, null);
		expect(partition.groups).toEqual([]);
	});
});
