import { describe, expect, it } from 'vitest';
import { wordIndex } from '../../src/lib/engine/contract/superpage.ts';
import type { Simulation } from '../../src/lib/engine/index.ts';
import { events, lives, MS, placeOf, record, resident, send } from '../support/racks.ts';
import { expectSound, open, vm } from '../support/worlds.ts';

/**
 * Goal: a VM whose vCPUs run on two hosts needs both (cxl-fabric reference 10.5, I1; 10.6, approach 2). Method: either host dies,
 * rests, is cut off, fenced or emptied; the whole VM waits, or is lost and restarted in one place.
 */
const split = (ha: Record<string, unknown> = {}, asked = ['A', 'B', 'A', 'B']): Simulation => {
	const simulation = open(resident(ha, { vms: [vm('vm0', 'A', 128, { vcpus: 4, ways: { lives: 'pool' } })] }));
	simulation.advance(50 * MS);
	while (record(simulation, 0).vcpuState !== 'running') simulation.advance(simulation.nowNs + MS);
	expect(send(simulation, 'split-vcpus', { vm: 'vm0', arguments: { hosts: asked } })).toBe('accepted');
	simulation.advance(105 * MS);
	expectSound(simulation);
	return simulation;
};
const map = (simulation: Simulation): bigint => simulation.world.c.superpageWord.get(wordIndex('vcpuMap', 0));

describe.each(['A', 'B'])('vCPUs on A and B, and %s', (victim) => {
	it('dies: the whole VM is lost, and goes on in one place from its checkpoint', () => {
		const simulation = split();
		expect(simulation.status().vms[0]!.split).toEqual(['A', 'B', 'A', 'B']);
		send(simulation, 'crash', { host: victim });
		expect(record(simulation, 0).vcpuState).toBe('lost');
		expect(simulation.world.r.rack!.losses.at(-1)).toMatchObject({ host: 'ABC'.indexOf(victim), registersWhole: false, dramPages: 0 });
		expect(simulation.world.r.marks.join()).toContain(`vm0 ran on A and B, and ${victim} is gone`);
		expectSound(simulation);
		simulation.advance(600 * MS);
		expect([lives(simulation, 0), placeOf(simulation, 0) === 'ABC'.indexOf(victim)]).toEqual([true, false]);
		expect([record(simulation, 0).split, map(simulation), simulation.status().vms[0]!.split]).toEqual([undefined, 0n, null]);
		expect(simulation.world.r.rack!.losses.at(-1)!.how).toBe('from-checkpoint');
		expectSound(simulation, 'back');
	});

	it('stands still for less than three beats: the other vCPUs wait for it, and nothing else happens', () => {
		const simulation = split();
		send(simulation, 'pause', { host: victim, arguments: { forNs: 15 * MS } });
		expect(record(simulation, 0).vcpuState).toBe('stopped');
		expectSound(simulation);
		simulation.advance(150 * MS);
		expect([lives(simulation, 0), record(simulation, 0).split?.length, events(simulation).includes('suspect')]).toEqual([true, 4, false]);
		expectSound(simulation);
	});

	it('both stand still and one goes on: it waits for the other', () => {
		const simulation = split();
		send(simulation, 'pause', { host: 'A', arguments: { forNs: 12 * MS } });
		send(simulation, 'pause', { host: 'B', arguments: { forNs: 12 * MS } });
		send(simulation, 'resume', { host: victim });
		expect(record(simulation, 0).vcpuState).toBe('stopped');
		expectSound(simulation);
		simulation.advance(140 * MS);
		expect(lives(simulation, 0)).toBe(true);
		expectSound(simulation);
	});

	it('is cut off for long: it is fenced, the VM goes on elsewhere, and no store of the old one arrives', () => {
		const simulation = split();
		send(simulation, 'cut-link', { host: victim, arguments: { link: 'cxl' } });
		expect(record(simulation, 0).vcpuState).toBe('stopped');
		expectSound(simulation);
		simulation.advance(800 * MS);
		expect([lives(simulation, 0), placeOf(simulation, 0) === 'ABC'.indexOf(victim), map(simulation)]).toEqual([true, false, 0n]);
		expect(simulation.world.r.rack!.vms[0]!.damagedGfns).toEqual([]);
		expectSound(simulation);
	});

	it('is cut off for a moment: it waits', () => {
		const simulation = split();
		send(simulation, 'cut-link', { host: victim, arguments: { link: 'cxl' } });
		simulation.advance(simulation.nowNs + 8 * MS);
		send(simulation, 'mend-link', { host: victim, arguments: { link: 'cxl' } });
		simulation.advance(simulation.nowNs + 40 * MS);
		expect([lives(simulation, 0), record(simulation, 0).split?.length]).toEqual([true, 4]);
		expectSound(simulation);
	});

	it('is fenced by hand: the same', () => {
		const simulation = split();
		expect(send(simulation, 'fence', { host: victim })).toBe('accepted');
		expectSound(simulation);
		simulation.advance(800 * MS);
		expect([lives(simulation, 0), placeOf(simulation, 0) === 'ABC'.indexOf(victim), record(simulation, 0).split]).toEqual([
			true,
			false,
			undefined
		]);
		expectSound(simulation);
	});

	it('is emptied: the vCPUs come together, and then the VM leaves if it has to', () => {
		const simulation = split();
		expect(send(simulation, 'evacuate', { host: victim })).toBe('accepted');
		simulation.advance(1000 * MS);
		expect([lives(simulation, 0), placeOf(simulation, 0) === 'ABC'.indexOf(victim), record(simulation, 0).split]).toEqual([
			true,
			false,
			undefined
		]);
		expect(simulation.world.r.rack!.evacuations[0]).toMatchObject({ refused: [], waiting: [], moved: [0] });
		expectSound(simulation);
	});

	it('stands still for long, fenced by a word only: it stores until it reads its fence, and it is marked', () => {
		const simulation = split({ fencing: 'word' });
		send(simulation, 'pause', { host: victim, arguments: { forNs: 600 * MS } });
		simulation.advance(1500 * MS);
		expect(simulation.world.r.rack!.vms[0]!.damagedGfns.length).toBeGreaterThan(0);
		expect(simulation.world.r.marks.join()).toContain('two incarnations of vm0');
		expect(lives(simulation, 0)).toBe(true);
		expectSound(simulation);
	});
});

it('vCPUs are given only to hosts that serve', () => {
	const simulation = split({}, ['A', 'A', 'A', 'B']);
	send(simulation, 'crash', { host: 'C' });
	expect(send(simulation, 'split-vcpus', { vm: 'vm0', arguments: { hosts: ['A', 'A', 'A', 'C'] } })).toBe('host-not-up');
	expect(record(simulation, 0).split).toEqual([0, 0, 0, 1]);
	expectSound(simulation);
});

it('the pool fails under it: it is lost, its map with the pool', () => {
	const simulation = split();
	send(simulation, 'lose-pool');
	expect([record(simulation, 0).vcpuState, record(simulation, 0).split]).toEqual(['lost', undefined]);
	expectSound(simulation);
});

it('without anybody who watches, it stays lost until somebody recovers it', () => {
	const simulation = split({ restart: false });
	send(simulation, 'crash', { host: 'B' });
	simulation.advance(900 * MS);
	expect(record(simulation, 0).vcpuState).toBe('lost');
	expect(send(simulation, 'recover', { vm: 'vm0', arguments: { to: 'A' } })).toBe('accepted');
	simulation.advance(1000 * MS);
	expect([lives(simulation, 0), placeOf(simulation, 0), record(simulation, 0).split]).toEqual([true, 0, undefined]);
	expectSound(simulation);
});
