/** Goal: a host that comes back is not taken for dead at once. Method: maintenance, and a crash with a boot, at several moments of the others' beats. */
import { expect, it } from 'vitest';
import type { Command } from '../../../../src/lib/engine/contract/commands.ts';
import { expectSound, host, open, smallWorld, vm } from '../../../support/worlds.ts';

const MS = 1e6;
const world = (atNs: number, execute: 'maintain' | 'crash') => ({
	...smallWorld({
		id: 'back',
		hosts: [host('A', 512), host('B', 512), host('C', 512)],
		pool: { bytes: 1024 * 1024 * 1024, hardwareCoherent: true },
		vms: [vm('vm0', 'A', 128, { ways: { lives: 'pool' } }), vm('vm1', 'B', 128, { ways: { lives: 'pool' } })],
		untilNs: 3000 * MS
	}),
	rack: { ha: { checkpointEveryNs: '20ms' } },
	journal: [
		{ atNs, command: { name: 'rack', execute, host: 'B', ...(execute === 'maintain' ? { arguments: { forNs: '1 s' } } : {}) } },
		...(execute === 'crash' ? [{ atNs: atNs + 1000 * MS, command: { name: 'rack', execute: 'boot', host: 'B' } }] : [])
	] as unknown as readonly { readonly atNs: number; readonly command: Command }[]
});

it('a host is emptied by the cheapest way, or by copies where the scenario says so', () => {
	for (const [by, way] of [
		['cheapest', 'resident'],
		['copy', 'precopy']
	] as const) {
		const plain = world(400 * MS, 'maintain');
		const simulation = open({ ...plain, rack: { ...plain.rack, moves: { by } } });
		simulation.advance(1300 * MS);
		expect(simulation.world.r.operations.map((operation) => `${operation.strategy} ${operation.state}`)).toEqual([`${way} completed`]);
		expectSound(simulation);
	}
});

it.each(['maintain', 'crash'] as const)('nobody suspects a host that is back after %s', (execute) => {
	for (const atMs of [400, 403, 407]) {
		const simulation = open(world(atMs * MS, execute));
		simulation.advance((atMs + 900) * MS);
		const before = simulation.world.r.rack?.recoveries.length ?? 0;
		expect(before).toBe(execute === 'crash' ? 1 : 0);
		simulation.advance(2900 * MS);
		expect(simulation.world.r.rack?.recoveries.length ?? 0, `at ${atMs} ms`).toBe(before);
		expect(simulation.world.r.hosts[1]?.power).toBe('up');
		expectSound(simulation);
	}
});

it('a host that starts again before anybody missed it gives up what its dead self owned, and it is restarted', () => {
	const simulation = open({ ...world(400 * MS, 'crash'), journal: [] });
	simulation.advance(401 * MS);
	expect(simulation.send({ name: 'rack', execute: 'crash', host: 'B' }).ok).toBe(true);
	expect(simulation.world.r.vms[1]?.vcpuState).toBe('lost');
	expect(simulation.send({ name: 'rack', execute: 'boot', host: 'B' }).ok).toBe(true);
	simulation.advance(2900 * MS);
	expect(simulation.world.r.rack?.recoveries).toEqual([]);
	expect(simulation.world.r.rack?.losses).toMatchObject([{ vm: 1, how: 'from-checkpoint' }]);
	expect(simulation.world.r.rack?.losses[0]?.backNs).toBeGreaterThan(401 * MS);
	// It runs, or stands still for the few microseconds of its next checkpoint.
	expect(['running', 'stopped']).toContain(simulation.world.r.vms[1]?.vcpuState);
	expectSound(simulation);
});
