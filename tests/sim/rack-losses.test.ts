import { describe, expect, it } from 'vitest';
import type { Simulation } from '../../src/lib/engine/index.ts';
import { lives, MS, placeOf, record, resident, send } from '../support/racks.ts';
import { expectSound, host, migrate, open, smallWorld, vm } from '../support/worlds.ts';

/**
 * Goal: the list of what was lost is true. Nobody is charged with what nobody had, a guest that is dead is lost and not merely
 * stopped, and what can be taken over is. Method: hosts, pool, switch and extents go at chosen moments.
 */
const pooled = (id: string, at: string, more: Record<string, unknown> = {}) => vm(id, at, 128, { ways: { lives: 'pool', ...more } });
/** Without coherence caches matter: lines that were never flushed are lost with their host. */
const incoherent = { bytes: 1024 * 1024 * 1024, hardwareCoherent: false };
const until = (simulation: Simulation, reached: () => boolean, limitNs = 30_000 * MS): void => {
	simulation.advance(simulation.nowNs + limitNs, Infinity, reached);
	expect(reached()).toBe(true);
};
const loss = (simulation: Simulation) => simulation.world.r.rack!.losses.at(-1)!;

describe('a target dies behind the commit, before the guest has run on it', () => {
	it.each([
		['resident', {}],
		['transit', {}],
		['transit', { backing: 'dax' }]
	] as const)('%s %o: nothing is lost, a third host goes on from the state of the hand-off', (strategy, parameters) => {
		const simulation = open(resident({}, { pool: incoherent, vms: [strategy === 'resident' ? pooled('vm0', 'A') : vm('vm0', 'A', 128)] }));
		simulation.advance(112 * MS);
		expect(simulation.send(migrate(strategy, parameters)).ok).toBe(true);
		until(simulation, () => record(simulation, 0).vcpuState === 'loading');
		expect(placeOf(simulation, 0)).toBe(1);
		send(simulation, 'crash', { host: 'B' });
		expect(loss(simulation)).toMatchObject({ registersWhole: true, dramPages: 0, lines: 0, why: 'crash' });
		expect(simulation.world.r.marks).toEqual([]);
		expectSound(simulation);
		simulation.advance(simulation.nowNs + 1000 * MS);
		expect(loss(simulation)).toMatchObject({ how: 'from-checkpoint' });
		expect(lives(simulation, 0)).toBe(true);
		expect(simulation.world.r.rack!.vms[0]!.damagedGfns).toEqual([]);
		expectSound(simulation, 'back');
	});

	it('as soon as it has run there, what it wrote since is in danger, and nothing from before', () => {
		const simulation = open(resident({ checkpointEveryNs: '10s' }, { pool: incoherent, vms: [pooled('vm0', 'A')] }));
		simulation.advance(3012 * MS);
		simulation.send(migrate('resident'));
		until(simulation, () => simulation.world.r.operations[0]!.state === 'completed');
		send(simulation, 'crash', { host: 'B' });
		// A moment's worth of writes at most, although seconds have passed since anything else flushed.
		const ranNs = simulation.nowNs - simulation.world.r.operations[0]!.resumedNs;
		expect(loss(simulation).lines).toBeLessThanOrEqual(Math.ceil((ranNs / 1e9) * record(simulation, 0).writesPerSecond));
		expectSound(simulation);
	});

	it('a source that has flushed and not yet given the VM up takes registers with it, but no lines', () => {
		const simulation = open(resident({}, { pool: incoherent, vms: [pooled('vm0', 'A')] }));
		simulation.advance(3012 * MS);
		simulation.send(migrate('resident'));
		until(simulation, () => simulation.world.r.operations[0]!.actors?.source.step === 'freeze');
		send(simulation, 'crash', { host: 'A' });
		expect(loss(simulation)).toMatchObject({ lines: 0, registersWhole: false });
		expectSound(simulation);
	});
});

describe('a guest that is dead is lost, with a list', () => {
	const dead = (ha: Record<string, unknown> | null = null): Simulation => {
		const plain = smallWorld({
			hosts: [host('A', 512), host('B', 512), host('C', 512)],
			vms: [pooled('vm0', 'A', { device: 'incompatible' })],
			untilNs: 20_000 * MS,
			costs: { vmColdBootS: 5 }
		});
		const simulation = open(ha ? { ...plain, rack: { ha } } : plain);
		simulation.advance(30 * MS);
		simulation.send(migrate('resident', { testLoad: false }));
		until(simulation, () => simulation.world.r.operations[0]!.state !== 'running');
		return simulation;
	};

	it('its devices do not load: nobody runs it, nothing is gone, and its old host may have it back', () => {
		const simulation = dead();
		expect(simulation.status().vms[0]).toMatchObject({ vcpuState: 'lost', ownerWord: { state: 8 } });
		expect(loss(simulation)).toMatchObject({ why: 'not-loaded', registersWhole: true, dramPages: 0, lines: 0, host: 1 });
		expect(simulation.world.r.marks.join()).toContain('lost: vm0 on B');
		expectSound(simulation);
		expect(send(simulation, 'recover', { vm: 'vm0', arguments: { to: 'B' } })).toBe('device-incompatible');
		expect(send(simulation, 'recover', { vm: 'vm0', arguments: { to: 'A' } })).toBe('accepted');
		simulation.advance(simulation.nowNs + 100 * MS);
		expect([lives(simulation, 0), placeOf(simulation, 0), simulation.status().vms[0]!.ownerWord.state]).toEqual([true, 0, 6]);
		expectSound(simulation, 'back');
	});

	it('where hosts watch over their VMs it is started elsewhere by itself', () => {
		const simulation = dead({});
		simulation.advance(simulation.nowNs + 200 * MS);
		expect([lives(simulation, 0), placeOf(simulation, 0) !== 1]).toEqual([true, true]);
		expectSound(simulation);
	});

	it('its extents are taken back under it: it is lost with its pages, and boots anew', () => {
		const simulation = open(smallWorld({ vms: [pooled('vm0', 'A')], untilNs: 20_000 * MS, costs: { vmColdBootS: 5 } }));
		simulation.advance(30 * MS);
		expect(send(simulation, 'release-extents', { vm: 'vm0' })).toBe('accepted');
		const pages = record(simulation, 0).populatedPages;
		expect(simulation.status().vms[0]).toMatchObject({ vcpuState: 'lost', ownerWord: { state: 8 } });
		expect(loss(simulation)).toMatchObject({ why: 'released', dramPages: pages, poolPages: 0, registersWhole: false });
		expectSound(simulation);
		expect(send(simulation, 'release-extents', { vm: 'vm0' })).toBe('already-there');
		expect(send(simulation, 'recover', { vm: 'vm0', arguments: { to: 'B' } })).toBe('accepted');
		simulation.advance(simulation.nowNs + 6000 * MS);
		expect([lives(simulation, 0), placeOf(simulation, 0), loss(simulation).how]).toEqual([true, 1, 'cold-boot']);
		// Nothing excuses a page of the new life by what the old one lost.
		expect(record(simulation, 0).lostPages ?? []).toEqual([]);
		expectSound(simulation, 'back');
	});
});

describe('what lies on the pool as DAX, or as memory of a node', () => {
	it.each(['node', 'dax'] as const)('%s: the VM goes on from its checkpoint on another host, and moves on from there', (backing) => {
		const simulation = open(resident({}, { vms: [vm('vm0', 'A', 128)] }));
		simulation.send(migrate('transit', { backing, stayOnPool: true }));
		until(simulation, () => simulation.world.r.operations[0]!.state === 'completed');
		expect(record(simulation, 0).dax === true).toBe(backing === 'dax');
		simulation.advance(simulation.nowNs + 100 * MS);
		send(simulation, 'crash', { host: 'B' });
		expectSound(simulation);
		simulation.advance(simulation.nowNs + 500 * MS);
		expect([lives(simulation, 0), loss(simulation).how, placeOf(simulation, 0) === 1]).toEqual([true, 'from-checkpoint', false]);
		expectSound(simulation, 'back');
		const to = 'ABC'[2 - placeOf(simulation, 0)] as string;
		until(simulation, () => record(simulation, 0).vcpuState === 'running');
		expect(simulation.send(migrate('resident', {}, 'vm0', to)).ok).toBe(true);
		until(simulation, () => simulation.world.r.operations[1]!.state === 'completed');
		expect(placeOf(simulation, 0)).toBe('ABC'.indexOf(to));
		expectSound(simulation, 'moved on');
	});
});

describe('the fabric goes', () => {
	const both = (): Simulation => {
		const simulation = open(resident({}, { costs: { vmColdBootS: 5 } }));
		simulation.advance(105 * MS);
		return simulation;
	};
	it('the switch fails and works again: who lives on the pool waits, who is in DRAM goes on, nobody is fenced', () => {
		const simulation = both();
		expect(send(simulation, 'cut-switch')).toBe('accepted');
		expect(send(simulation, 'cut-switch')).toBe('link-state');
		simulation.advance(1000 * MS);
		expect([record(simulation, 0).vcpuState, record(simulation, 1).vcpuState]).toEqual(['stopped', 'running']);
		expect(simulation.world.r.rack!.recoveries).toEqual([]);
		expectSound(simulation);
		expect(send(simulation, 'mend-switch')).toBe('accepted');
		expect(send(simulation, 'mend-switch')).toBe('link-state');
		simulation.advance(2000 * MS);
		expect([lives(simulation, 0), lives(simulation, 1), simulation.world.r.rack!.recoveries.length]).toEqual([true, true, 0]);
		expectSound(simulation, 'again');
	});
	it('a host dies while the switch is down: it is missed as soon as anybody can look, and not a beat earlier', () => {
		const simulation = both();
		send(simulation, 'cut-switch');
		simulation.advance(300 * MS);
		send(simulation, 'crash', { host: 'A' });
		simulation.advance(1000 * MS);
		expect([record(simulation, 0).vcpuState, simulation.world.r.rack!.recoveries.length]).toEqual(['lost', 0]);
		send(simulation, 'mend-switch');
		simulation.advance(1025 * MS);
		expect(simulation.world.r.rack!.recoveries.length).toBe(0);
		simulation.advance(2000 * MS);
		expect(simulation.world.r.rack!.recoveries.map(({ victim, step }) => [victim, step])).toEqual([[0, 'done']]);
		expect([lives(simulation, 0), placeOf(simulation, 0) !== 0]).toEqual([true, true]);
		expectSound(simulation, 'again');
	});
	it('one host keeps its link cut over the repair of the switch, when it was cut by itself', () => {
		const simulation = both();
		send(simulation, 'cut-link', { host: 'C', arguments: { link: 'cxl' } });
		send(simulation, 'cut-switch');
		send(simulation, 'mend-switch');
		expect(simulation.world.r.rack!.peers.map(({ cxlCut }) => cxlCut)).toEqual([false, false, true]);
		expectSound(simulation);
	});
	it('the pool fails, and then every host that had a VM on it: nothing is charged twice', () => {
		const simulation = both();
		send(simulation, 'lose-pool');
		send(simulation, 'crash', { host: 'A' });
		expect(simulation.world.r.rack!.losses.filter((each) => each.vm === 0)).toHaveLength(1);
		expectSound(simulation);
		// Whoever was to boot it died: without beats that is noticed when the boot does not come.
		simulation.advance(11_000 * MS);
		expect([lives(simulation, 0), placeOf(simulation, 0) !== 0, lives(simulation, 1)]).toEqual([true, true, true]);
		expectSound(simulation, 'later');
	});
});
