import { describe, expect, it } from 'vitest';
import type { Simulation } from '../../src/lib/engine/index.ts';
import { lives, MS, placeOf, record, resident, send } from '../support/racks.ts';
import { expectSound, host, migrate, open, settle, vm } from '../support/worlds.ts';

/**
 * Goal: a host that is emptied, by hand or by the calendar, loses nothing when something else happens to it, to its VMs, to where
 * they go, or to the pool; who cannot go is named. Method: one more event at each stage of the evacuation.
 */
const hosts = [host('A', 768), host('B', 512), host('C', 512)];
const pooled = (id: string, at: string) => vm(id, at, 128, { ways: { lives: 'pool' } });
const evacuation = (simulation: Simulation, index = 0) => simulation.world.r.rack!.evacuations[index]!;
const places = (simulation: Simulation): number[] => simulation.world.r.vms.map((_, index) => placeOf(simulation, index));
const allLive = (simulation: Simulation): boolean => simulation.world.r.vms.every((_, index) => lives(simulation, index));
const text = (simulation: Simulation): string => simulation.world.r.rack!.events.map((each) => each.text).join('\n');

describe('evacuate, by hand', () => {
	const world = () => resident({}, { hosts, vms: [pooled('vm0', 'A'), vm('vm1', 'A', 128), vm('vm2', 'A', 128), vm('vm3', 'B', 128)] });

	it('empties the host; again while it is being emptied is refused, afterwards there is nothing to move', () => {
		const simulation = open(world());
		simulation.advance(50 * MS);
		expect(send(simulation, 'evacuate', { host: 'A' })).toBe('accepted');
		expect(send(simulation, 'evacuate', { host: 'A' })).toBe('link-state');
		simulation.advance(5000 * MS);
		expect(places(simulation)).not.toContain(0);
		expect([allLive(simulation), evacuation(simulation).moved.toSorted(), evacuation(simulation).refused]).toEqual([true, [0, 1, 2], []]);
		expect(send(simulation, 'evacuate', { host: 'A' })).toBe('accepted');
		simulation.advance(5100 * MS);
		expect(evacuation(simulation, 1)).toMatchObject({ waiting: [], moving: [], moved: [], refused: [] });
		expect(simulation.world.r.hosts[0]!.power).toBe('up');
		expectSound(simulation);
	});

	it('of a dead host, one that stands still, one that nobody knows: refused', () => {
		const simulation = open(world());
		simulation.advance(50 * MS);
		expect(send(simulation, 'evacuate', { host: 'Q' })).toBe('unknown-host');
		send(simulation, 'pause', { host: 'B', arguments: { forNs: 15 * MS } });
		expect(send(simulation, 'evacuate', { host: 'B' })).toBe('host-not-up');
		send(simulation, 'crash', { host: 'C' });
		expect(send(simulation, 'evacuate', { host: 'C' })).toBe('host-not-up');
		expect(send(simulation, 'maintain', { host: 'A' })).toBe('bad-command');
		expectSound(simulation);
	});

	it('a VM that somebody else is moving away goes its own way', () => {
		const simulation = open(world());
		simulation.advance(50 * MS);
		expect(simulation.send(migrate('precopy', {}, 'vm1', 'C')).ok).toBe(true);
		expect(send(simulation, 'evacuate', { host: 'A' })).toBe('accepted');
		simulation.advance(5000 * MS);
		expect([allLive(simulation), placeOf(simulation, 1), places(simulation).includes(0)]).toEqual([true, 2, false]);
		expect(simulation.world.r.operations.filter((each) => each.vm === 1).map(({ strategy, state }) => `${strategy} ${state}`)).toEqual([
			'precopy completed'
		]);
		expect(evacuation(simulation).moved).toContain(1);
		expectSound(simulation);
	});

	it('with nowhere to go, who stays is named, and the host stays up', () => {
		const simulation = open(resident({}, { hosts, vms: [pooled('vm0', 'A'), vm('vm1', 'A', 128)] }));
		simulation.advance(50 * MS);
		for (const id of ['B', 'C']) send(simulation, 'crash', { host: id });
		expect(send(simulation, 'maintain', { host: 'A', arguments: { forNs: '1 s' } })).toBe('accepted');
		simulation.advance(3000 * MS);
		expect(evacuation(simulation).refused.map(({ vm: index }) => index)).toEqual([0, 1]);
		expect([allLive(simulation), simulation.world.r.hosts[0]!.power]).toEqual([true, 'up']);
		expectSound(simulation);
	});

	it.each([1, 15, 60])('where a VM was going dies %i ms in: it goes elsewhere', (afterMs) => {
		const simulation = open(world());
		simulation.advance(50 * MS);
		send(simulation, 'maintain', { host: 'A', arguments: { forNs: '60 s' } });
		simulation.advance(simulation.nowNs + afterMs * MS);
		send(simulation, 'crash', { host: 'C' });
		expectSound(simulation);
		simulation.advance(40_000 * MS);
		expect(allLive(simulation)).toBe(true);
		expect(places(simulation)).toEqual([1, 1, 1, 1]);
		expect(evacuation(simulation).refused).toEqual([]);
		expectSound(simulation, 'at the end');
	});

	it('a VM that is sent there meanwhile is moved on before the host is switched off', () => {
		const simulation = open(world());
		simulation.advance(50 * MS);
		simulation.send(migrate('precopy', {}, 'vm3', 'A'));
		send(simulation, 'maintain', { host: 'A', arguments: { forNs: '20 s' } });
		simulation.advance(15_000 * MS);
		expect([simulation.world.r.hosts[0]!.power, places(simulation).includes(0), allLive(simulation)]).toEqual(['down', false, true]);
		expectSound(simulation);
	});

	it('the pool fails in the middle: what lay in DRAM is copied, what lay on the pool is on the list', () => {
		const simulation = open(world());
		simulation.advance(50 * MS);
		send(simulation, 'evacuate', { host: 'A' });
		simulation.advance(52 * MS);
		send(simulation, 'lose-pool');
		expectSound(simulation);
		simulation.advance(40_000 * MS);
		expect(allLive(simulation)).toBe(true);
		expect(simulation.world.r.rack!.losses.every((loss) => loss.why === 'pool')).toBe(true);
		expectSound(simulation, 'at the end');
	});
});

describe('the calendar and a crash', () => {
	const world = (calendar: readonly Record<string, unknown>[], more: Record<string, unknown> = {}) => {
		const base = resident({}, { hosts, costs: { vmColdBootS: 5 }, vms: [pooled('vm0', 'A'), vm('vm1', 'A', 128), vm('vm3', 'B', 128)] });
		return { ...base, rack: { ...base.rack, calendar, ...more } };
	};
	const entry = { host: 'A', fromNs: '500ms', untilNs: '9s' };

	it('a host that is dead when its time comes is not emptied, and it is said', () => {
		const simulation = open(world([entry]));
		simulation.advance(200 * MS);
		send(simulation, 'crash', { host: 'A' });
		simulation.advance(8000 * MS);
		expect([allLive(simulation), simulation.world.r.hosts[0]!.power]).toEqual([true, 'down']);
		expect(text(simulation)).toContain('A is dead already: nothing is left to move');
		expectSound(simulation);
		simulation.advance(12_000 * MS);
		expect(simulation.world.r.hosts[0]!.power).toBe('up');
		expect(simulation.world.r.rack!.recoveries).toHaveLength(1);
		expectSound(simulation, 'back');
	});

	it.each([501, 510, 560])('a host that dies at %i ms while it is emptied: the rest is restarted, its time ends as planned', (atMs) => {
		const simulation = open(world([entry]));
		simulation.advance(atMs * MS);
		send(simulation, 'crash', { host: 'A' });
		expectSound(simulation);
		simulation.advance(8500 * MS);
		expect([allLive(simulation), places(simulation).includes(0), simulation.world.r.hosts[0]!.power]).toEqual([true, false, 'down']);
		expectSound(simulation, 'meanwhile');
		simulation.advance(20_000 * MS);
		expect(simulation.world.r.hosts[0]!.power).toBe('up');
		expect([allLive(simulation), placeOf(simulation, 0)]).toEqual([true, 0]);
		expectSound(simulation, 'back');
	});

	it('a host that is switched off is nobody’s victim, also when it is started by hand before its time', () => {
		const simulation = open(world([entry]));
		simulation.advance(4000 * MS);
		expect([simulation.world.r.hosts[0]!.power, send(simulation, 'crash', { host: 'A' })]).toEqual(['down', 'host-not-up']);
		expect(send(simulation, 'boot', { host: 'A' })).toBe('accepted');
		simulation.advance(12_000 * MS);
		expect(simulation.world.r.rack!.recoveries).toEqual([]);
		expect([allLive(simulation), places(simulation)]).toEqual([true, [0, 0, 1]]);
		expectSound(simulation);
	});

	it('another host dies while this one is off: the third takes everything', () => {
		const simulation = open(world([{ ...entry, untilNs: '12s' }]));
		simulation.advance(4000 * MS);
		send(simulation, 'crash', { host: 'B' });
		simulation.advance(11_000 * MS);
		expect([allLive(simulation), places(simulation).every((at) => at === 2)]).toEqual([true, true]);
		expectSound(simulation);
		simulation.advance(15_000 * MS);
		expect(simulation.world.r.hosts[0]!.power).toBe('up');
		expectSound(simulation, 'back');
	});

	it('two entries of one host that overlap: the second begins when the first has ended, or is left out and said', () => {
		const simulation = open(world([entry, { host: 'A', fromNs: '501ms', untilNs: '2s' }]));
		simulation.advance(700 * MS);
		expect(simulation.world.r.rack!.evacuations).toHaveLength(1);
		expect(text(simulation)).toContain('A is being emptied already');
		simulation.advance(12_000 * MS);
		expect([allLive(simulation), places(simulation)]).toEqual([true, [0, 0, 1]]);
		expectSound(simulation);
	});

	it('two hosts at once: neither is a place for the other’s VMs', () => {
		const simulation = open(world([entry, { host: 'B', fromNs: '500ms', untilNs: '9s' }]));
		simulation.advance(8000 * MS);
		expect([allLive(simulation), places(simulation)]).toEqual([true, [2, 2, 2]]);
		expectSound(simulation);
		settle(simulation);
		simulation.advance(16_000 * MS);
		expect([allLive(simulation), places(simulation)]).toEqual([true, [0, 0, 1]]);
		expect(record(simulation, 0).vcpuState).not.toBe('lost');
		expectSound(simulation, 'back');
	});
});
