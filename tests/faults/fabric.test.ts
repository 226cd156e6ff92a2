import { describe, expect, test } from 'vitest';
import { FABRIC_FAULTS } from '$lib/engine/faults/fabric.ts';
import type { Fault } from '$lib/engine/faults/index.ts';
import { INVARIANTS } from '$lib/engine/whole/index.ts';
import type { Simulation } from '$lib/engine/index.ts';
import { ask, fabricSimulation } from '../support/fabric-worlds.ts';
import { broken } from './worlds.ts';

const GIB = 2 ** 30;
const MIB = 2 ** 20;
const MS = 1_000_000;
const HOSTS = ['A', 'B'];

/**
 * A fabric in which every statement has something to say: bound logical devices, windows, capacity with and without a tag, an
 * offer that waits, a tag in two pieces that two hosts share, a line that one owns, a store, a program, a VM with one, two copies
 * on one link.
 */
function busyFabric(): Simulation {
	const simulation = fabricSimulation({
		hosts: HOSTS.map((id, index) => ({
			id,
			profile: 'permissive',
			windows: [{ baseHpa: (16 + 16 * index) * GIB, bytes: 8 * GIB, targets: ['pool'] }]
		})),
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
				lds: 2,
				at: { switch: 'sw', port: 8 },
				regions: [
					{ bytes: 4 * GIB, blockBytes: 2 * MIB, sharable: true, hardwareCoherent: true },
					{ bytes: 4 * GIB, blockBytes: 2 * MIB }
				]
			}
		]
	});
	const tell = (actor: Parameters<typeof ask>[1], at: string, execute: string, given: Record<string, unknown>): void => {
		expect(ask(simulation, actor, at, execute, given).says, execute).toBe('');
		simulation.advance(simulation.nowNs + 50 * MS);
	};
	const add = (host: string, given: Record<string, unknown>) => tell('fm', 'pool', 'initiate-dynamic-capacity-add', { host, ...given });
	const { regions } = simulation.world.r.fabric.devices[0]?.lds[0] as { regions: { baseDpa: number }[] };
	const base = regions[0]?.baseDpa ?? 0;
	add('A', {
		region: 0,
		policy: 'prescriptive',
		tag: 'T',
		extents: [
			{ dpa: base + 64 * MIB, length: 4 * MIB, sequence: 0 },
			{ dpa: base, length: 2 * MIB, sequence: 1 }
		]
	});
	add('B', { region: 0, policy: 'enable-shared-access', tag: 'T' });
	add('A', { region: 1, policy: 'free', length: 2 * MIB });
	add('A', { region: 1, policy: 'free', length: GIB, tag: 'own-A' });
	add('B', { region: 1, policy: 'free', length: GIB, tag: 'own-B' });
	add('A', { region: 1, policy: 'free', length: 2 * MIB, tag: 'own-vm' });
	tell('orchestrator', 'A', 'start-vm', { vm: 'vm' });
	tell('orchestrator', 'vm', 'open-device', { tag: 'own-vm' });
	tell('orchestrator', 'A', 'launch', { app: 'reader', kind: 'writer', tag: 'T' });
	tell('host', 'A', 'store', { tag: 'T', offset: 0 });
	tell('host', 'B', 'set-answer', { mode: 'by-hand' });
	add('B', { region: 1, policy: 'free', length: 2 * MIB, tag: 'waits' });
	for (const host of HOSTS)
		expect(ask(simulation, 'orchestrator', host, 'launch', { app: `db-${host}`, tag: `own-${host}` }).says).toBe('');
	expect(broken(simulation)).toEqual([]);
	return simulation;
}

const STATEMENTS = [
	'fabric-bindings',
	'fabric-addresses',
	'extent-lists',
	'extent-media',
	'extent-tags',
	'stores-kept',
	'line-owners',
	'dax-extents',
	'app-memory',
	'fabric-guests',
	'fabric-links'
];

describe('a planted fault of a fabric is caught', () => {
	test.each(Object.entries(FABRIC_FAULTS) as [string, Fault][])('%s', (id, fault) => {
		const simulation = busyFabric();
		expect(simulation.send({ name: 'plant', fault: id }).ok).toBe(true);
		const found = broken(simulation);
		const caught = found.filter((check) => fault.caughtBy.includes(check.id));
		expect(caught, `${id}: found ${JSON.stringify(found)}`).not.toHaveLength(0);
		for (const check of caught) expect(check.found).toMatch(/\b(pool|sw|A|B|T|own-A|own-B|dax0\.\d)\b/);
		expect(simulation.status().marks[0]).toBe(`planted fault: ${fault.sentence}`);
	});

	test('every statement about a fabric has a fault that it catches, and is there', () => {
		const named = new Set((Object.values(FABRIC_FAULTS) as Fault[]).flatMap((fault) => fault.caughtBy));
		for (const id of STATEMENTS) {
			expect(named, id).toContain(id);
			expect(INVARIANTS.map((one) => one.id)).toContain(id);
		}
	});
});
