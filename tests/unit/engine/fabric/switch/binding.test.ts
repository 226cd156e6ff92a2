import { describe, expect, test } from 'vitest';
import { ask, fabricSimulation } from '../../../../support/fabric-worlds.ts';

const GIB = 2 ** 30;
const MS = 1_000_000;
const pooled = {
	hosts: [
		{ id: 'A', windows: [{ baseHpa: '0x10_0000_0000', bytes: 4 * GIB, targets: ['mld'] }] },
		{ id: 'B', windows: [{ baseHpa: '0x20_0000_0000', bytes: 4 * GIB, targets: ['mld'] }] }
	],
	switches: [
		{
			id: 'sw',
			hosts: [
				{ host: 'A', port: 0 },
				{ host: 'B', port: 1 }
			],
			bound: [{ host: 'A', vppb: 0, port: 8, ld: 0 }]
		}
	],
	devices: [{ id: 'mld', kind: 'mld', lds: 2, at: { switch: 'sw', port: 8 }, staticBytes: GIB, regions: [{ bytes: GIB }] }]
};

describe('binding a vPPB', () => {
	test('starts in the background, ends with an event, and the host gets decoders', () => {
		const simulation = fabricSimulation(pooled);
		const answer = ask(simulation, 'fm', 'sw', 'bind-vppb', { host: 'B', 'vppb-id': 0, 'port-id': 8, 'ld-id': 1 });
		expect(answer.output).toMatchObject({ 'return-code': 1 });
		const place = () => simulation.world.r.fabric.switches[0]?.virtualSwitches[1]?.vppbs[0];
		expect(place()).toMatchObject({ status: 1 });
		expect(simulation.ask({ kind: 'translate', host: 'B', hpa: 0x20_0000_1000 })).toMatchObject({ ok: false });
		simulation.advance(200 * MS);
		expect(place()).toMatchObject({ status: 3, port: 8, ld: 1 });
		expect(simulation.world.r.fabric.switches[0]?.events).toMatchObject([{ type: 0, log: 'informational' }]);
		expect(simulation.ask({ kind: 'translate', host: 'B', hpa: 0x20_0000_1000 })).toMatchObject({
			ok: true,
			device: 'mld',
			ld: 1,
			dpa: 0x1000,
			switches: ['sw']
		});
		expect(simulation.ask({ kind: 'translate', host: 'A', hpa: 0x10_0000_1000 })).toMatchObject({ ok: true, ld: 0, dpa: 0x1000 });
	});

	test('one background command at a time', () => {
		const simulation = fabricSimulation(pooled);
		ask(simulation, 'fm', 'sw', 'bind-vppb', { host: 'B', 'vppb-id': 0, 'port-id': 8, 'ld-id': 1 });
		expect(ask(simulation, 'fm', 'sw', 'unbind-vppb', { host: 'A', 'vppb-id': 0 }).says).toContain('busy (6h)');
	});

	test.each([
		[{ host: 'B', 'vppb-id': 9, 'port-id': 8, 'ld-id': 1 }, 'no vPPB 9'],
		[{ host: 'B', 'vppb-id': 0, 'port-id': 3, 'ld-id': 1 }, 'nothing that can be bound'],
		[{ host: 'A', 'vppb-id': 0, 'port-id': 8, 'ld-id': 1 }, 'bound or being bound'],
		[{ host: 'B', 'vppb-id': 0, 'port-id': 8 }, 'name a logical device'],
		[{ host: 'B', 'vppb-id': 0, 'port-id': 8, 'ld-id': 5 }, 'no logical device 5'],
		[{ host: 'B', 'vppb-id': 0, 'port-id': 8, 'ld-id': 0 }, 'bound already'],
		[{ host: 'C', 'vppb-id': 0, 'port-id': 8, 'ld-id': 0 }, 'numbers of this switch']
	])('%o is invalid input', (parameters, why) => {
		const answer = ask(fabricSimulation(pooled), 'fm', 'sw', 'bind-vppb', parameters);
		expect(answer.says).toContain(why);
		expect(answer.says).toContain('invalid input (2h)');
	});

	test('a link that is down fails the binding with a warning', () => {
		const simulation = fabricSimulation(pooled);
		simulation.world.r.fabric.down.push('sw:8');
		ask(simulation, 'fm', 'sw', 'bind-vppb', { host: 'B', 'vppb-id': 0, 'port-id': 8, 'ld-id': 1 });
		simulation.advance(200 * MS);
		expect(simulation.world.r.fabric.switches[0]?.virtualSwitches[1]?.vppbs[0]).toEqual({ status: 0, port: -1, ld: -1 });
		expect(simulation.world.r.fabric.switches[0]?.events).toMatchObject([{ log: 'warning' }]);
		expect(simulation.status().fabric?.switches[0]).toMatchObject({ background: null, events: [{ log: 'warning' }] });
	});
});

describe('unbinding', () => {
	const reads = (simulation: ReturnType<typeof fabricSimulation>) => simulation.ask({ kind: 'translate', host: 'A', hpa: 0x10_0000_1000 });

	test('surprise takes the whole logical device, its decoders with it', () => {
		const simulation = fabricSimulation(pooled);
		expect(reads(simulation)).toMatchObject({ ok: true });
		ask(simulation, 'fm', 'sw', 'unbind-vppb', { host: 'A', 'vppb-id': 0, option: 2 });
		simulation.advance(2 * MS);
		expect(reads(simulation)).toMatchObject({ ok: false });
		expect(simulation.world.r.fabric.devices[0]?.lds[0]).toMatchObject({ host: null, decoders: [] });
	});

	test('option 0 waits for the link and gives up after a second', () => {
		const simulation = fabricSimulation(pooled, { untilNs: 3_000_000_000 });
		ask(simulation, 'fm', 'sw', 'unbind-vppb', { host: 'A', 'vppb-id': 0, option: 0 });
		simulation.advance(900 * MS);
		expect(simulation.world.r.fabric.switches[0]?.virtualSwitches[0]?.vppbs[0]).toMatchObject({ status: 1 });
		simulation.advance(1_100 * MS);
		expect(simulation.world.r.fabric.switches[0]?.virtualSwitches[0]?.vppbs[0]).toMatchObject({ status: 3, port: 8 });
		expect(simulation.world.r.fabric.switches[0]?.events.at(-1)).toMatchObject({ log: 'warning' });
	});

	test('option 0 ends when the link goes down', () => {
		const simulation = fabricSimulation(pooled);
		ask(simulation, 'fm', 'sw', 'unbind-vppb', { host: 'A', 'vppb-id': 0, option: 0 });
		simulation.advance(100 * MS);
		simulation.world.r.fabric.down.push('mld');
		simulation.advance(200 * MS);
		expect(simulation.world.r.fabric.switches[0]?.virtualSwitches[0]?.vppbs[0]).toMatchObject({ status: 0 });
	});

	test('a managed removal is refused while the host uses it', () => {
		const simulation = fabricSimulation(pooled);
		const peer = simulation.world.r.fabric.peers[0];
		if (!peer) throw new Error('no host');
		peer.dax.push({
			id: 'dax0.0',
			device: 'mld',
			ld: 0,
			state: 'claimed',
			occupiedBytes: 0,
			tag: '',
			extents: [],
			pieces: []
		} as unknown as (typeof peer.dax)[number]);
		ask(simulation, 'fm', 'sw', 'unbind-vppb', { host: 'A', 'vppb-id': 0, option: 1 });
		simulation.advance(100 * MS);
		expect(simulation.world.r.fabric.switches[0]?.events.at(-1)).toMatchObject({
			log: 'warning',
			text: expect.stringContaining('dax0.0') as string
		});
		peer.dax.length = 0;
		ask(simulation, 'fm', 'sw', 'unbind-vppb', { host: 'A', 'vppb-id': 0, option: 1 });
		simulation.advance(200 * MS);
		expect(simulation.world.r.fabric.devices[0]?.lds[0]?.host).toBeNull();
	});
});

test('statements about bindings and addresses hold throughout, and see what is broken', () => {
	const simulation = fabricSimulation(pooled);
	const broken = () => simulation.check().checks.flatMap(({ id, found }) => (found === null ? [] : [id]));
	expect(broken()).toEqual([]);
	ask(simulation, 'fm', 'sw', 'bind-vppb', { host: 'B', 'vppb-id': 0, 'port-id': 8, 'ld-id': 1 });
	expect(broken()).toEqual([]);
	simulation.advance(200 * MS);
	expect(broken()).toEqual([]);
	ask(simulation, 'fm', 'sw', 'unbind-vppb', { host: 'A', 'vppb-id': 0, option: 2 });
	simulation.advance(300 * MS);
	expect(broken()).toEqual([]);
	const { fabric } = simulation.world.r;
	const place = fabric.switches[0]?.virtualSwitches[0]?.vppbs[1];
	if (!place) throw new Error('no vPPB');
	Object.assign(place, { status: 3, port: 8, ld: 1 });
	expect(broken()).toContain('fabric-bindings');
	Object.assign(place, { status: 0, port: -1, ld: -1 });
	const decoder = fabric.devices[0]?.lds[1]?.decoders[0];
	if (!decoder) throw new Error('no decoder');
	Object.assign(decoder, { ways: 1, position: 1 });
	expect(broken()).toContain('fabric-addresses');
});

test('a run with binding and unbinding is the same after a seek back and forth', () => {
	const run = () => {
		const simulation = fabricSimulation(pooled);
		ask(simulation, 'fm', 'sw', 'bind-vppb', { host: 'B', 'vppb-id': 0, 'port-id': 8, 'ld-id': 1 });
		simulation.advance(300 * MS);
		ask(simulation, 'fm', 'sw', 'unbind-vppb', { host: 'A', 'vppb-id': 0, option: 2 });
		simulation.advance(900 * MS);
		return simulation;
	};
	const simulation = run();
	const print = simulation.fingerprint();
	expect(run().fingerprint()).toBe(print);
	simulation.seek(5 * MS);
	simulation.advance(900 * MS);
	expect(simulation.fingerprint()).toBe(print);
});
