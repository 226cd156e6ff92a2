/**
 * Goal: the page learns of a machine's CXL memory what its drivers have, and an address goes where the decoders send it. Method:
 * status against the records of the engine after commands of cxl and daxctl; translation of random addresses against a slow
 * obvious count of stripes, over topologies of every legal number of ways.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MachineCxlStatus } from '../../../../src/lib/engine/contract/machine-cxl.ts';
import type { TranslationAnswer } from '../../../../src/lib/engine/contract/fabric-status.ts';
import type { Simulation } from '../../../../src/lib/engine/index.ts';
import { CXL_SCENARIOS } from '../../../../src/lib/engine/contract/scenario/catalogue/cxl/index.ts';
import { Simulation as Engine } from '../../../../src/lib/engine/index.ts';
import { cxlMachine, memdev, shell, type CxlTopology } from '../../../support/cxl.ts';
import { machine } from '../../../support/machines.ts';

const MIB = 2 ** 20;
const statusOf = (simulation: Simulation, at = 0): MachineCxlStatus => {
	const status = simulation.status().machines[at]?.cxl;
	if (!status) throw new Error('the machine has no CXL');
	return status;
};
const translate = (simulation: Simulation, hpa: number, host = 'm'): TranslationAnswer =>
	simulation.ask({ kind: 'translate', host, hpa }) as TranslationAnswer;
const create = (simulation: Simulation, options: string, serials: readonly number[]): void => {
	const said = shell(simulation, `cxl create-region -m -t ram -d ${options} ${serials.map((one) => memdev(simulation, one)).join(' ')}`);
	expect(said).toMatchObject({ rc: 0 });
};

describe('CXL memory in the status of a machine', () => {
	it('is not there without CXL', () => {
		expect(machine().status().machines[0]?.cxl).toBeNull();
		expect(machine().ask({ kind: 'translate', host: 'm', hpa: 0 })).toBeNull();
	});

	it('tells windows, ports and devices before there is a region', () => {
		const status = statusOf(
			cxlMachine({
				bridges: [
					[256, 256],
					[256, 512]
				],
				windows: [{ targets: [0, 1], granularity: '1k' }]
			})
		);
		expect(status.windows).toMatchObject([{ name: 'decoder0.0', bytes: 4 * 2 ** 30, granularity: 1024, node: 1 }]);
		const [window] = status.windows;
		expect(window?.targets.map((name) => status.ports.find((port) => port.name === name)?.host)).toEqual(['pci0000:0c', 'pci0000:34']);
		expect(status.ports.map((port) => [port.kind, port.parent, port.decoders.length, port.decoderCount])).toEqual([
			['bridge', null, 0, 4],
			['bridge', null, 0, 4]
		]);
		expect(status.memdevs.map((one) => [one.device, one.serial, one.ramBytes / MIB, one.decoders.length])).toEqual(
			[
				['t2', 3, 256, 0],
				['t3', 4, 512, 0],
				['t0', 1, 256, 0],
				['t1', 2, 256, 0]
			].toSorted((a, b) => status.memdevs.findIndex((one) => one.device === a[0]) - status.memdevs.findIndex((one) => one.device === b[0]))
		);
		expect(status.regions).toEqual([]);
		expect(status.daxes).toEqual([]);
	});

	it('tells a region, its decoders, its dax device and the blocks that kmem made', () => {
		const simulation = cxlMachine({ bridges: [[256, 256]], online: 'online_movable' });
		create(simulation, 'decoder0.0 -w 2 -g 4096', [1, 2]);
		const status = statusOf(simulation);
		const [region] = status.regions;
		expect(region).toMatchObject({
			name: 'region0',
			window: 'decoder0.0',
			state: 'commit',
			bytes: 512 * MIB,
			ways: 2,
			granularity: 4096,
			enabled: true
		});
		expect(region?.targets.map((one) => one?.memdev)).toEqual([memdev(simulation, 1), memdev(simulation, 2)]);
		expect(status.ports[0]?.decoders).toMatchObject([{ region: 'region0', committed: true, ways: 2, bytes: 512 * MIB }]);
		for (const one of status.memdevs)
			expect(one.decoders).toMatchObject([{ region: 'region0', committed: true, dpa: 0, dpaBytes: 256 * MIB, mode: 'ram' }]);
		expect(status.memdevs.map((one) => one.decoders[0]?.position).toSorted()).toEqual([0, 1]);
		const blocks = simulation
			.status()
			.machines[0]?.memoryBlocks.filter((block) => block.node === 1)
			.map((block) => block.id);
		expect(status.daxes).toMatchObject([
			{ name: 'dax0.0', region: 'region0', driver: 'kmem', node: 1, memoryBlocks: blocks, uncoveredBytes: 0 }
		]);
		expect(blocks).toHaveLength(4);
		shell(simulation, 'daxctl reconfigure-device -m devdax -f dax0.0');
		expect(statusOf(simulation).daxes).toMatchObject([{ driver: 'device_dax', memoryBlocks: [] }]);
		shell(simulation, 'cxl destroy-region -f region0');
		expect(statusOf(simulation)).toMatchObject({ regions: [], daxes: [] });
		expect(statusOf(simulation).memdevs.flatMap((one) => one.decoders)).toEqual([]);
	});

	it('tells what force left behind, and which machine has the same file', () => {
		const simulation = cxlMachine({ bridges: [[512]], online: 'online_kernel' });
		create(simulation, 'decoder0.0 -w 1', [1]);
		shell(simulation, 'cxl disable-region -f region0');
		expect(statusOf(simulation).lost).toMatchObject([{ bytes: 512 * MIB }]);
		const scenario = CXL_SCENARIOS.find((one) => one.id === 'c5-one-file')?.scenario;
		const opened = Engine.open({ scenario, limitBytes: 2 ** 32 });
		if (!opened.ok) throw new Error(opened.detail);
		expect([0, 1].map((at) => statusOf(opened.value, at).memdevs[0]?.sharedWith)).toEqual([['right'], ['left']]);
	});
});

interface Case {
	readonly topology: CxlTopology;
	readonly options: string;
	readonly serials: readonly number[];
}
const wide = (targets: readonly number[], granularity: string) => [{ targets, granularity, gib: targets.length === 3 ? 3 : 4 }];
const CASES: Readonly<Record<string, Case>> = {
	'one way': { topology: { bridges: [[512]] }, options: 'decoder0.0 -w 1', serials: [1] },
	'two ways of one bridge': { topology: { bridges: [[256, 256]] }, options: 'decoder0.0 -w 2 -g 256', serials: [2, 1] },
	'four ways over two bridges': {
		topology: {
			bridges: [
				[256, 256],
				[256, 256]
			],
			windows: wide([0, 1], '1k')
		},
		options: 'decoder0.0 -w 4',
		serials: [1, 3, 2, 4]
	},
	'four ways below a switch': {
		topology: { bridges: [[256, 256, 256, 256]], switched: true },
		options: 'decoder0.0 -w 4 -g 4096',
		serials: [4, 3, 2, 1]
	},
	'three ways at the root': {
		topology: { bridges: [[256], [256], [256]], windows: wide([0, 1, 2], '4k') },
		options: 'decoder0.0 -w 3',
		serials: [1, 2, 3]
	}
};

describe('an address of a machine', () => {
	for (const [name, one] of Object.entries(CASES))
		it(`${name}: goes to the device and the byte that counting stripes gives`, () => {
			const simulation = cxlMachine({ ...one.topology, online: 'online_movable' });
			create(simulation, one.options, one.serials);
			const [region] = statusOf(simulation).regions;
			if (!region) throw new Error('there is no region');
			const met = new Map<string, number>();
			fc.assert(
				fc.property(fc.integer({ min: 0, max: region.bytes - 1 }), (offset) => {
					const answer = translate(simulation, region.baseHpa + offset);
					const stripe = Math.floor(offset / region.granularity);
					// One stripe after the other goes to the next device: so many of them lie below this one on the same device.
					const round = Math.floor(stripe / region.ways);
					expect(answer).toMatchObject({ ok: true, offset, miss: null, dpa: round * region.granularity + (offset % region.granularity) });
					expect(region.targets.map((each) => each?.memdev)).toContain(answer.device);
					expect(answer.way).toBe(region.targets.findIndex((each) => each?.memdev === answer.device));
					const key = `${answer.device} ${answer.dpa}`;
					expect(met.get(key) ?? offset).toBe(offset);
					met.set(key, offset);
					const block = answer.steps.find((step) => step.at === 'memoryBlock');
					expect(block?.value).toBe(Math.floor(answer.hpa / (128 * MIB)));
				}),
				{ numRuns: 80 }
			);
			// Neighbouring stripes go round by all devices.
			const round = Array.from(
				{ length: region.ways },
				(_, way) => translate(simulation, region.baseHpa + way * region.granularity).device
			);
			expect(new Set(round).size).toBe(region.ways);
		});

	it('ends where no decoder answers, and says what QEMU does then', () => {
		const simulation = cxlMachine({ bridges: [[256, 256]] });
		const [window] = statusOf(simulation).windows;
		const before = translate(simulation, window!.baseHpa);
		expect(before).toMatchObject({ ok: false, device: null, miss: 'no-decoder', store: 'dropped without a word' });
		expect(before.load).toContain('MEMTX_ERROR');
		expect(translate(simulation, 0x1000)).toMatchObject({ ok: false, miss: 'no-window', window: null });
		create(simulation, 'decoder0.0 -w 2 -g 256', [1, 2]);
		expect(translate(simulation, window!.baseHpa).ok).toBe(true);
		shell(simulation, 'cxl disable-region region0');
		// The decoders stay; what Linux made of the range is gone.
		const disabled = translate(simulation, window!.baseHpa);
		expect([disabled.ok, disabled.steps.map((step) => step.at)]).toEqual([true, ['window', 'root', 'hostBridge', 'endpoint']]);
	});

	it('of a fabric’s host is the fabric’s business', () => {
		expect(cxlMachine({ bridges: [[256]] }).ask({ kind: 'translate', host: 'nobody', hpa: 0 })).toBeNull();
	});
});
