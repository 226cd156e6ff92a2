import { describe, expect, test } from 'vitest';
import { whatHappens, type AccessKind } from '$lib/engine/fabric/address/what-happens.ts';
import type { Simulation } from '$lib/engine/index.ts';
import { ask, fabricSimulation } from '../../../../support/fabric-worlds.ts';

/** What loads and stores meet, by CXL 4.0 Table 8-117: every row of it. */
const GIB = 2 ** 30;
const BASE = 0x10_0000_0000;
const open = (more: Record<string, unknown> = {}, host: Record<string, unknown> = {}): Simulation =>
	fabricSimulation({
		hosts: [{ id: 'A', answer: 'accept', windows: [{ baseHpa: BASE, bytes: 4 * GIB, targets: ['mem'] }], ...host }],
		devices: [{ id: 'mem', kind: 'sld', hosts: ['A'], staticBytes: GIB, regions: [{ bytes: GIB }], ...more }]
	});
const kinds = (simulation: Simulation, hpa: number): [AccessKind, AccessKind] => [
	whatHappens(simulation.world, 'A', hpa, 'load').kind,
	whatHappens(simulation.world, 'A', hpa, 'store').kind
];
function given(simulation: Simulation): Simulation {
	expect(
		ask(simulation, 'fm', 'mem', 'initiate-dynamic-capacity-add', { host: 'A', region: 0, length: 2 ** 28, policy: 'free' }).says
	).toBe('');
	simulation.advance(simulation.nowNs + 500_000_000);
	return simulation;
}

describe('what an access meets', () => {
	test('the static part answers', () => {
		expect(kinds(open(), BASE + 64)).toEqual(['data', 'written']);
	});
	test('outside every window and behind the last decoder: all ones, stores dropped', () => {
		expect(kinds(open(), 0x1000)).toEqual(['all-ones', 'dropped']);
		expect(kinds(open(), BASE + 3 * GIB)).toEqual(['all-ones', 'dropped']);
		expect(kinds(open({}, { poisonOnDecodeError: true }), BASE + 3 * GIB)).toEqual(['poison', 'dropped']);
	});
	test('never offered: all ones, or poison where the host asked for it; accepted: data; taken by force: all ones again', () => {
		expect(kinds(open(), BASE + GIB)).toEqual(['all-ones', 'dropped']);
		expect(kinds(open({}, { poisonOnDecodeError: true }), BASE + GIB)).toEqual(['poison', 'dropped']);
		const simulation = given(open());
		expect(kinds(simulation, BASE + GIB)).toEqual(['data', 'written']);
		expect(whatHappens(simulation.world, 'A', BASE + GIB + 64, 'load').media).toBe(GIB + 64);
		const forced = ask(simulation, 'fm', 'mem', 'initiate-dynamic-capacity-release', {
			host: 'A',
			policy: 'prescriptive',
			forced: true,
			extents: [{ dpa: GIB, bytes: 2 ** 28 }]
		});
		expect(forced.says).toBe('');
		expect(kinds(simulation, BASE + GIB)).toEqual(['all-ones', 'dropped']);
	});
	test('offered and not answered is not assigned', () => {
		const simulation = given(open({}, { answer: 'silent' }));
		expect(kinds(simulation, BASE + GIB)).toEqual(['all-ones', 'dropped']);
	});
	test('a read-only region drops stores', () => {
		expect(kinds(given(open({ regions: [{ bytes: GIB, readOnly: true }] })), BASE + GIB)).toEqual(['data', 'dropped']);
	});
	test('a poisoned line gives poison; a store of the whole line clears it', () => {
		const simulation = open();
		simulation.world.r.fabric.devices[0]?.poison.push({ dpa: 128, units: 1, source: 'injected' });
		expect(kinds(simulation, BASE + 128)).toEqual(['poison', 'written']);
		expect(kinds(simulation, BASE + 192)).toEqual(['data', 'written']);
	});
	test('a link that is down and a device that is gone: the root port answers by itself', () => {
		for (const down of ['mem', 'A', 'mem:0']) {
			const simulation = open();
			simulation.world.r.fabric.down.push(down);
			expect(kinds(simulation, BASE + 64)).toEqual(['exception', 'dropped']);
		}
		const simulation = open();
		ask(simulation, 'build', 'mem', 'unplug', { surprise: true });
		expect(kinds(simulation, BASE + 64)).toEqual(['exception', 'dropped']);
	});
	test('QEMU fails the transaction where nothing is assigned', () => {
		expect(kinds(open({ profile: 'qemu111' }), BASE + GIB)).toEqual(['memtx-error', 'memtx-error']);
	});
	test('a host tries: said, and on record', () => {
		const simulation = open();
		const answer = ask(simulation, 'host', 'A', 'access', { hpa: BASE + GIB });
		expect(answer.output).toMatchObject({ kind: 'all-ones', device: 'mem', dpa: GIB });
		expect(simulation.world.trace.at(-1)).toMatchObject({ kind: 'fabric', rule: 'hdm-unassigned', host: 'A' });
	});
});
