import { describe, expect, it } from 'vitest';
import type { FabricLinkStatus, FabricStreamStatus } from '../../../../../src/lib/engine/contract/fabric-load.ts';
import { fairRates } from '../../../../../src/lib/engine/fabric/traffic/fair.ts';
import type { Simulation } from '../../../../../src/lib/engine/index.ts';
import { ask, fabricSimulation } from '../../../../support/fabric-worlds.ts';

const GIB = 2 ** 30;
const MS = 1_000_000;
const HOSTS = ['A', 'B', 'C'];

/** Three hosts and a shared device behind one PBR or HBR switch; each host has a tag of its own, and one is everybody's. */
function world(coherent = false): Simulation {
	const simulation = fabricSimulation({
		hosts: HOSTS.map((id, index) => ({ id, windows: [{ baseHpa: (16 + 4 * index) * GIB, bytes: 4 * GIB, targets: ['pool'] }] })),
		switches: [
			{
				id: 'sw',
				hosts: HOSTS.map((host, port) => ({ host, port })),
				bound: HOSTS.map((host, ld) => ({ host, vppb: 0, port: 8, ld }))
			}
		],
		devices: [
			{
				id: 'pool',
				kind: 'mld',
				lds: 3,
				at: { switch: 'sw', port: 8 },
				regions: [{ bytes: 4 * GIB, blockBytes: 2 ** 21, sharable: true, hardwareCoherent: coherent }]
			}
		]
	});
	const add = (host: string, tag: string, policy: string, bytes: number) =>
		expect(ask(simulation, 'fm', 'pool', 'initiate-dynamic-capacity-add', { host, region: 0, policy, length: bytes, tag }).says).toBe('');
	for (const host of HOSTS) add(host, `own-${host}`, 'free', GIB);
	simulation.advance(simulation.nowNs + 100 * MS);
	add('A', 'all', 'free', 2 ** 21);
	simulation.advance(simulation.nowNs + 100 * MS);
	for (const host of ['B', 'C']) add(host, 'all', 'enable-shared-access', 0);
	simulation.advance(simulation.nowNs + 100 * MS);
	return simulation;
}

const fabricOf = (simulation: Simulation) => simulation.status().fabric as NonNullable<ReturnType<Simulation['status']>['fabric']>;
const link = (simulation: Simulation, id: string): FabricLinkStatus =>
	fabricOf(simulation).links.find((one) => one.id === id) as FabricLinkStatus;
const streams = (simulation: Simulation): readonly FabricStreamStatus[] => fabricOf(simulation).streams;
const at = (simulation: Simulation, host: string, execute: string, more: Record<string, unknown> = {}) =>
	ask(simulation, 'host', host, execute, { tag: 'all', offset: 0, ...more });
const launch = (simulation: Simulation, host: string) =>
	expect(ask(simulation, 'orchestrator', host, 'launch', { app: `db-${host}`, kind: 'database', tag: `own-${host}` }).says).toBe('');

describe('links of a fabric', () => {
	it('have names, ends and what gets through them: the adapter at a host, the medium at a device', () => {
		const simulation = world();
		expect(fabricOf(simulation).links.map(({ id, upper, lower }) => [id, upper, lower])).toEqual([
			['sw:0', 'A', 'sw'],
			['sw:1', 'B', 'sw'],
			['sw:2', 'C', 'sw'],
			['sw:8', 'sw', 'pool']
		]);
		expect(link(simulation, 'sw:0')).toMatchObject({
			lanes: 16,
			laneGTps: 32,
			down: false,
			read: { capacityBytesPerSecond: 46.2e9, limitedBy: 'cxlHostLinkReadGBps', bytes: 0, load: 0 },
			write: { capacityBytesPerSecond: 33e9, limitedBy: 'cxlHostLinkWriteGBps' }
		});
		expect(link(simulation, 'sw:8').read).toMatchObject({ capacityBytesPerSecond: 22.5e9, limitedBy: 'cxlDeviceBandwidthGBps' });
		expect(link(simulation, 'sw:8').write).toMatchObject({ capacityBytesPerSecond: 33e9, limitedBy: 'cxlHostLinkWriteGBps' });
	});

	it('count every line on each link of its way, and nothing for a hit in the cache', () => {
		const simulation = world();
		at(simulation, 'A', 'load');
		at(simulation, 'A', 'load');
		at(simulation, 'A', 'store');
		at(simulation, 'A', 'flush');
		at(simulation, 'B', 'load');
		for (const [id, reads, writes] of [
			['sw:0', 1, 1],
			['sw:1', 1, 0],
			['sw:2', 0, 0],
			['sw:8', 2, 1]
		] as const)
			expect(link(simulation, id), id).toMatchObject({
				read: { bytes: 64 * reads, accesses: reads },
				write: { bytes: 64 * writes, accesses: writes },
				snoops: 0
			});
	});

	it('count a store that vanishes too: it crosses the link and is dropped at the device', () => {
		const simulation = world();
		const dpa = fabricOf(simulation).devices[0]?.lds[0]?.extents.find((extent) => extent.tag === 'all')?.dpa ?? -1;
		ask(simulation, 'fm', 'pool', 'initiate-dynamic-capacity-release', { host: 'A', policy: 'tag-based', tag: 'all', forced: true });
		expect(ask(simulation, 'host', 'A', 'store', { device: 'pool', dpa }).output).toEqual({ stored: false });
		expect(link(simulation, 'sw:0').write).toMatchObject({ bytes: 64, accesses: 1 });
		expect(link(simulation, 'sw:8').write.bytes).toBe(64);
	});

	it('count snoops apart: with hardware coherence the owner writes back over its own link', () => {
		const simulation = world(true);
		at(simulation, 'A', 'store');
		simulation.advance(simulation.nowNs + MS);
		at(simulation, 'B', 'load');
		simulation.advance(simulation.nowNs + MS);
		expect(link(simulation, 'sw:0')).toMatchObject({ read: { bytes: 64 }, write: { bytes: 64 }, snoops: 1 });
		expect(link(simulation, 'sw:1')).toMatchObject({ read: { bytes: 64 }, write: { bytes: 0 }, snoops: 0 });
		expect(link(simulation, 'sw:8')).toMatchObject({ read: { bytes: 128 }, write: { bytes: 64 }, snoops: 1 });
	});

	it('show the lines of the last millisecond as a rate, and forget them after the next', () => {
		const simulation = world();
		at(simulation, 'A', 'load');
		simulation.advance(simulation.nowNs + MS);
		expect(link(simulation, 'sw:0').read.bytesPerSecond).toBe(64_000);
		simulation.advance(simulation.nowNs + MS);
		expect(link(simulation, 'sw:0').read).toMatchObject({ bytesPerSecond: 0, bytes: 64 });
	});
});

describe('copies that last', () => {
	it('go as fast as the narrowest place allows, and share it when there are more of them', () => {
		const simulation = world();
		launch(simulation, 'A');
		const alone = streams(simulation)[0] as FabricStreamStatus;
		expect(alone).toMatchObject({ of: 'db-A', host: 'A', device: 'pool', direction: 'write', bytes: GIB, links: ['sw:0', 'sw:8'] });
		// 33 GB/s of the adapter, less the time for faults in between.
		expect(alone.bytesPerSecond).toBeLessThan(33e9);
		expect(alone.bytesPerSecond).toBeGreaterThan(30e9);
		launch(simulation, 'B');
		launch(simulation, 'C');
		const shared = streams(simulation).map((stream) => stream.bytesPerSecond);
		for (const rate of shared) expect(rate).toBeGreaterThan(10.9e9);
		expect(shared.reduce((sum, rate) => sum + rate, 0)).toBeLessThanOrEqual(33e9);
		expect(link(simulation, 'sw:8').write.load).toBeGreaterThan(0.99);
		expect(link(simulation, 'sw:0').write.load).toBeLessThan(0.34);
		const asked = (q: string, of: string) => simulation.ask({ kind: 'evaluate', expressions: [{ q, of } as never] })[0];
		expect(asked('linkLoad', 'sw:8')).toBe(link(simulation, 'sw:8').write.load);
		expect(asked('linkBytes', 'sw:8')).toBe(link(simulation, 'sw:8').write.bytes);
		expect(asked('linkLoad', 'nowhere')).toBeNull();
	});

	it('move every byte, whatever the slices are, and leave no load behind', () => {
		const run = (slice: number) => {
			const simulation = world();
			launch(simulation, 'A');
			simulation.advance(simulation.nowNs + 7 * MS);
			launch(simulation, 'B');
			const end = simulation.nowNs + 500 * MS;
			while (simulation.nowNs < end) simulation.advance(Math.min(end, simulation.nowNs + slice));
			return simulation;
		};
		const one = run(500 * MS);
		const many = run(333_333);
		expect(JSON.stringify(many.status().fabric)).toBe(JSON.stringify(one.status().fabric));
		expect(streams(one)).toEqual([]);
		expect(link(one, 'sw:8').write).toMatchObject({ bytes: 2 * GIB, bytesPerSecond: 0, load: 0 });
		expect(link(one, 'sw:0').write.bytes).toBe(GIB);
		expect(fabricOf(one).apps.map((app) => app.state)).toEqual(['running', 'running']);
	});

	it('stop where a link breaks: what has moved stays counted', () => {
		const simulation = world();
		launch(simulation, 'A');
		simulation.advance(simulation.nowNs + 10 * MS);
		const before = link(simulation, 'sw:0').write.bytes;
		expect(ask(simulation, 'fault', 'A', 'cut-link').says).toBe('');
		simulation.advance(simulation.nowNs + 100 * MS);
		expect(streams(simulation)).toEqual([]);
		const after = link(simulation, 'sw:0');
		expect(after.down).toBe(true);
		expect(after.write.bytes).toBeGreaterThanOrEqual(before);
		expect(after.write.bytes).toBeLessThan(GIB);
	});
});

describe('fair shares', () => {
	it('fill the narrowest place first and give the rest to whoever can use it', () => {
		const rates = fairRates(
			[
				{ demand: 100, links: [0] },
				{ demand: 100, links: [0, 1] },
				{ demand: 100, links: [1] }
			],
			[60, 150]
		);
		expect(rates).toEqual([30, 30, 100]);
	});
	it('never fill a link beyond what it has', () => {
		for (let seed = 1; seed < 200; seed += 1) {
			const capacities = [50 + (seed % 7) * 10, 80, 120 - (seed % 5) * 15];
			const wishes = Array.from({ length: 1 + (seed % 6) }, (_, at) => ({
				demand: 20 + ((seed * (at + 3)) % 90),
				links: [(seed + at) % 3, (seed * at) % 3].filter((link, place, all) => all.indexOf(link) === place)
			}));
			const rates = fairRates(wishes, capacities);
			capacities.forEach((capacity, link) => {
				const used = wishes.reduce((sum, wish, at) => sum + (wish.links.includes(link) ? (rates[at] as number) : 0), 0);
				expect(used, `seed ${seed}, link ${link}`).toBeLessThanOrEqual(capacity + 1e-6);
			});
			wishes.forEach((wish, at) => expect(rates[at], `seed ${seed}`).toBeLessThanOrEqual(wish.demand + 1e-6));
		}
	});
});
