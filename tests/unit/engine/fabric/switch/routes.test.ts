import { describe, expect, test } from 'vitest';
import { ask, fabricRefusal, fabricSimulation } from '../../../../support/fabric-worlds.ts';

const GIB = 2 ** 30;
const MS = 1_000_000;

describe('several switches', () => {
	/** One root switch, two below, two devices under each. */
	const levels = {
		hosts: [{ id: 'A', windows: [{ baseHpa: '0x10_0000_0000', bytes: 4 * GIB, targets: ['m0', 'm1', 'm2', 'm3'] }] }],
		switches: [
			{
				id: 'root',
				hosts: [{ host: 'A', port: 0 }],
				bound: [
					{ host: 'A', vppb: 0, port: 4 },
					{ host: 'A', vppb: 1, port: 5 }
				]
			},
			...[0, 1].map((index) => ({
				id: `low${index}`,
				up: { switch: 'root', port: 4 + index, ownPort: 0 },
				bound: [
					{ host: 'A', vppb: 0, port: 1 },
					{ host: 'A', vppb: 1, port: 2 }
				]
			}))
		],
		devices: [0, 1, 2, 3].map((index) => ({
			id: `m${index}`,
			kind: 'sld',
			at: { switch: `low${index % 2}`, port: 1 + Math.floor(index / 2) },
			regions: [{ bytes: GIB }]
		}))
	};

	test('two levels of HBR: granularity grows by the ways above', () => {
		const simulation = fabricSimulation(levels);
		const { fabric } = simulation.world.r;
		expect(fabric.peers[0]?.windows[0]?.problem).toBeNull();
		expect(fabric.switches.map((one) => one.virtualSwitches[0]?.decoders[0])).toMatchObject([
			{ ways: 1, granularity: 0, targets: [0, 1] },
			{ ways: 1, granularity: 1, targets: [0, 1] },
			{ ways: 1, granularity: 1, targets: [0, 1] }
		]);
		for (let stripe = 0; stripe < 16; stripe++)
			expect(simulation.ask({ kind: 'translate', host: 'A', hpa: 0x10_0000_0000 + stripe * 256 })).toMatchObject({
				device: `m${stripe % 4}`,
				dpa: Math.floor(stripe / 4) * 256,
				switches: ['root', `low${stripe % 2}`]
			});
	});

	test('unbinding the lower switch takes everything below it', () => {
		const simulation = fabricSimulation(levels);
		ask(simulation, 'fm', 'root', 'unbind-vppb', { host: 'A', 'vppb-id': 1, option: 2 });
		simulation.advance(5 * MS);
		expect(simulation.world.r.fabric.devices.map((device) => device.lds[0]?.host ?? null)).toEqual(['A', null, 'A', null]);
		expect(simulation.ask({ kind: 'translate', host: 'A', hpa: 0x10_0000_0000 })).toMatchObject({ ok: false, miss: 'no-window' });
	});

	test('leaf and spine: a message takes the shortest way that is up, and each switch costs time', () => {
		const fabric = {
			hosts: [{ id: 'A', windows: [{ baseHpa: '0x1000_0000_0000', bytes: 64 * GIB, targets: ['far'] }] }],
			switches: [
				{ id: 'spine', kind: 'pbr' },
				{ id: 'leaf0', kind: 'pbr', hosts: [{ host: 'A', port: 0 }], up: { switch: 'spine', port: 0, ownPort: 8 } },
				{ id: 'leaf1', kind: 'pbr', up: { switch: 'spine', port: 1, ownPort: 8 } }
			],
			devices: [
				{ id: 'far', kind: 'gfd', pid: 0x200, at: { switch: 'leaf1', port: 3 }, regions: [{ bytes: 64 * GIB, blockBytes: 2 ** 28 }] }
			]
		};
		const simulation = fabricSimulation(fabric);
		const way = simulation.ask({ kind: 'translate', host: 'A', hpa: 0x1000_0000_0040 });
		expect(way).toMatchObject({ device: 'far', dpa: 0x40, switches: ['leaf0', 'spine', 'leaf1'], miss: 'no-group' });
		simulation.world.r.fabric.down.push('spine:1');
		expect(simulation.ask({ kind: 'translate', host: 'A', hpa: 0x1000_0000_0040 })).toMatchObject({ miss: 'link-down', ok: false });
	});

	test.each([
		[
			{
				switches: [
					{ id: 's', up: { switch: 't', port: 0, ownPort: 1 } },
					{ id: 't', up: { switch: 's', port: 0, ownPort: 1 } }
				]
			},
			'loop'
		],
		[{ switches: [{ id: 's', hosts: [{ host: 'A', port: 0 }], bound: [{ host: 'A', vppb: 0, port: 3 }] }] }, 'nothing hangs at port 3'],
		[{ switches: [{ id: 's', hosts: [{ host: 'A', port: 0, vppbs: 2 }], bound: [{ host: 'A', vppb: 5, port: 3 }] }] }, 'vPPBs 0 to 1'],
		[{ hosts: [{ id: 'A', windows: [{ baseHpa: 0, bytes: GIB, targets: ['nobody'] }] }] }, 'no device "nobody"'],
		[
			{
				hosts: [
					{ id: 'A', pid: 7 },
					{ id: 'B', pid: 7 }
				]
			},
			'same PID 0x7'
		],
		[{ hosts: [{ id: 'A', bridges: [{ id: 'hb', ports: ['nothing'] }] }] }, 'no device or switch "nothing"']
	])('%o contradicts itself', (part, why) => {
		expect(fabricRefusal({ hosts: [{ id: 'A' }], devices: [], switches: [], ...part })).toContain(why);
	});
});

describe('host bridges of the scenario', () => {
	test('4 bridges of 2 devices: 8 ways, the bridges pick by the bits above the root’s', () => {
		const targets = Array.from({ length: 8 }, (_, index) => `m${index}`);
		const simulation = fabricSimulation({
			hosts: [
				{
					id: 'A',
					windows: [{ baseHpa: '0x10_0000_0000', bytes: 8 * GIB, targets }],
					bridges: [0, 1, 2, 3].map((bridge) => ({ id: `hb${bridge}`, ports: [`m${bridge}`, `m${bridge + 4}`] }))
				}
			],
			devices: targets.map((id) => ({ id, kind: 'sld', hosts: ['A'], regions: [{ bytes: GIB }] }))
		});
		const { peers } = simulation.world.r.fabric;
		expect(peers[0]?.bridges.map((bridge) => bridge.decoders[0])).toMatchObject(
			Array.from({ length: 4 }, () => ({ ways: 1, granularity: 2, targets: [0, 1] }))
		);
		for (let stripe = 0; stripe < 24; stripe++)
			expect(simulation.ask({ kind: 'translate', host: 'A', hpa: 0x10_0000_0000 + stripe * 256 + 9 })).toMatchObject({
				device: `m${stripe % 8}`,
				dpa: Math.floor(stripe / 8) * 256 + 9
			});
	});
	test('order of the targets against the bridges is refused with its errno', () => {
		const simulation = fabricSimulation({
			hosts: [
				{
					id: 'A',
					windows: [{ baseHpa: '0x10_0000_0000', bytes: 4 * GIB, targets: ['m0', 'm1', 'm2', 'm3'] }],
					bridges: [
						{ id: 'hb0', ports: ['m0', 'm1'] },
						{ id: 'hb1', ports: ['m2', 'm3'] }
					]
				}
			],
			devices: ['m0', 'm1', 'm2', 'm3'].map((id) => ({ id, kind: 'sld', hosts: ['A'], regions: [{ bytes: GIB }] }))
		});
		expect(simulation.world.r.fabric.peers[0]?.windows[0]?.problem).toMatch(/^ENXIO: position 1 is for host bridge hb1/);
		expect(simulation.ask({ kind: 'translate', host: 'A', hpa: 0x10_0000_0000 })).toMatchObject({ ok: false, miss: 'no-window' });
	});
});
