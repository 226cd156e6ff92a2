import { describe, expect, it } from 'vitest';
import { wordIndex } from '../../src/lib/engine/contract/superpage.ts';
import type { Simulation } from '../../src/lib/engine/index.ts';
import { events, lives, MS, placeOf, record, resident, send, untilStep } from '../support/racks.ts';
import { expectSound, host, open, vm } from '../support/worlds.ts';

/**
 * Goal: whoever recovers a host may die, stand still or come back at any step, and the VMs run again exactly once; words given
 * by hand do what they say or are refused. Method: three or four hosts, one fault more at each step.
 */
const STEPS = ['claim', 'fence', 'scan', 'restart'] as const;
const recoveryWord = (simulation: Simulation): bigint => simulation.world.c.superpageWord.get(wordIndex('recovery'));
const crashed = (more = {}): Simulation => {
	const simulation = open(resident({}, { costs: { vmColdBootS: 5 }, ...more }));
	simulation.advance(105 * MS);
	expect(send(simulation, 'crash', { host: 'A' })).toBe('accepted');
	return simulation;
};
const backs = (simulation: Simulation, vmName: string): number =>
	simulation.world.r.rack!.events.filter((each) => each.kind === 'back' && each.vm === vmName).length;

describe('the recoverer itself', () => {
	it.each(STEPS)('dies at %s: a third host takes over with a higher epoch, and the VM runs once', (step) => {
		const simulation = crashed();
		const recovery = untilStep(simulation, step);
		const [by, epoch] = [recovery.by, recovery.epoch];
		send(simulation, 'crash', { host: 'ABC'[by] });
		expectSound(simulation, step);
		const diedNs = simulation.nowNs;
		simulation.advance(1000 * MS);
		const third = 3 - by;
		expect(recovery).toMatchObject({ by: third, step: 'done' });
		expect(recovery.epoch).toBeGreaterThan(epoch);
		const tookOver = simulation.world.r.rack!.events.find((each) => each.kind === 'claim' && each.atNs > diedNs && each.host === 'A')!;
		// Nobody sees a death: only three missing beats say it.
		expect((tookOver.atNs - diedNs) / MS).toBeGreaterThan(20);
		expect([lives(simulation, 0), placeOf(simulation, 0), backs(simulation, 'vm0')]).toEqual([true, third, 1]);
		expect(recoveryWord(simulation)).toBe(0n);
		expectSound(simulation, `${step}, at the end`);
	});

	it.each(STEPS)('stands still at %s for less than three beats: it goes on itself', (step) => {
		const simulation = crashed();
		const recovery = untilStep(simulation, step);
		const { by, epoch } = recovery;
		send(simulation, 'pause', { host: 'ABC'[by], arguments: { forNs: 15 * MS } });
		simulation.advance(simulation.nowNs + 600 * MS);
		expect(recovery).toMatchObject({ by, epoch, step: 'done' });
		// The fabric manager takes its time whoever waits for it.
		expect((recovery.endNs - recovery.startNs) / MS).toBeGreaterThan(100);
		expect([lives(simulation, 0), backs(simulation, 'vm0')]).toEqual([true, 1]);
		expectSound(simulation, step);
	});

	it.each(STEPS)('stands still at %s for long: another takes over, and what the first still meant to do is not done', (step) => {
		const simulation = crashed();
		const recovery = untilStep(simulation, step);
		const { by } = recovery;
		const atNs = simulation.nowNs;
		send(simulation, 'pause', { host: 'ABC'[by], arguments: { forNs: 90 * MS } });
		simulation.advance(atNs + 1500 * MS);
		expect(recovery).toMatchObject({ by: 3 - by, step: 'done' });
		const fences = simulation.world.r.rack!.events.filter((each) => each.kind === 'fence' && each.host === 'A');
		const claims = simulation.world.r.rack!.events.filter((each) => each.kind === 'claim' && each.host === 'A');
		// Each fence comes a whole wait after a claim: none by an event of the first recoverer.
		for (const fence of fences) expect(claims.some((claim) => Math.abs(fence.atNs - claim.atNs - 100 * MS) < MS)).toBe(true);
		expect([lives(simulation, 0), backs(simulation, 'vm0')]).toEqual([true, 1]);
		expect(recoveryWord(simulation)).toBe(0n);
		expectSound(simulation, step);
	});

	it.each(STEPS)('dies at %s and starts again before anybody missed it: it takes its own work up', (step) => {
		const simulation = crashed();
		const recovery = untilStep(simulation, step);
		const { by } = recovery;
		send(simulation, 'crash', { host: 'ABC'[by] });
		simulation.advance(simulation.nowNs + 5 * MS);
		send(simulation, 'boot', { host: 'ABC'[by] });
		simulation.advance(simulation.nowNs + 1500 * MS);
		expect(recovery.step).toBe('done');
		expect([lives(simulation, 0), backs(simulation, 'vm0'), recoveryWord(simulation)]).toEqual([true, 1, 0n]);
		expectSound(simulation, step);
	});

	it('dies while another recovery waits for its word: both are done, one after the other', () => {
		const simulation = open(
			resident(
				{},
				{
					hosts: [host('A', 512), host('B', 512), host('C', 512), host('A', 512, { id: 'D', windowBaseHpa: 0x58_0000_0000 })],
					vms: ['A', 'B', 'C'].map((at, index) => vm(`vm${index}`, at, 128, { ways: { lives: 'pool' } }))
				}
			)
		);
		simulation.advance(105 * MS);
		send(simulation, 'crash', { host: 'A' });
		simulation.advance(113 * MS);
		send(simulation, 'crash', { host: 'B' });
		const first = untilStep(simulation, 'fence');
		simulation.advance(simulation.nowNs + 20 * MS);
		const by = first.by;
		send(simulation, 'crash', { host: 'ABCD'[by] });
		expectSound(simulation);
		simulation.advance(3000 * MS);
		expect(simulation.world.r.rack!.recoveries.map(({ step }) => step)).toEqual(
			['done', 'done', 'done'].slice(0, simulation.world.r.rack!.recoveries.length)
		);
		const up = simulation.world.r.hosts.findIndex((each) => each.power === 'up');
		expect([0, 1, 2].map((index) => [lives(simulation, index), simulation.world.r.hosts[placeOf(simulation, index)]?.power])).toEqual(
			[0, 1, 2].map(() => [true, 'up'])
		);
		expect(up).toBeGreaterThanOrEqual(0);
		expect(recoveryWord(simulation)).toBe(0n);
		expectSound(simulation, 'at the end');
	});
});

describe('two hosts die', () => {
	it.each([0, 5, 35, 60, 200])('the second %i ms after the first: what lay on the pool runs on the third', (gapMs) => {
		const simulation = open(resident({}, { vms: ['A', 'B'].map((at, index) => vm(`vm${index}`, at, 128, { ways: { lives: 'pool' } })) }));
		simulation.advance(105 * MS);
		send(simulation, 'crash', { host: 'A' });
		simulation.advance(simulation.nowNs + gapMs * MS);
		send(simulation, 'crash', { host: 'B' });
		expectSound(simulation);
		simulation.advance(simulation.nowNs + 1500 * MS);
		expect([0, 1].map((index) => [lives(simulation, index), placeOf(simulation, index)])).toEqual([
			[true, 2],
			[true, 2]
		]);
		expect(recoveryWord(simulation)).toBe(0n);
		expectSound(simulation, 'at the end');
	});

	it('the second while it boots a VM of the first: as soon as it is fenced, another boots it', () => {
		const simulation = open(resident({}, { costs: { vmColdBootS: 5 }, vms: [vm('vm0', 'A', 128)] }));
		simulation.advance(105 * MS);
		send(simulation, 'crash', { host: 'A' });
		simulation.advance(1000 * MS);
		const at = simulation.world.r.rack!.vms[0]!.restartTo;
		expect([1, 2]).toContain(at);
		send(simulation, 'crash', { host: 'ABC'[at] });
		simulation.advance(6300 * MS);
		expect([lives(simulation, 0), placeOf(simulation, 0), backs(simulation, 'vm0')]).toEqual([true, 3 - at, 1]);
		expectSound(simulation);
	});

	it('all die: nobody is left to notice, and whoever starts first takes its own', () => {
		const simulation = crashed();
		for (const id of ['B', 'C']) send(simulation, 'crash', { host: id });
		simulation.advance(2000 * MS);
		expect([record(simulation, 0).vcpuState, record(simulation, 1).vcpuState]).toEqual(['lost', 'lost']);
		expectSound(simulation);
		for (const id of ['A', 'B', 'C']) send(simulation, 'boot', { host: id });
		simulation.advance(30_000 * MS);
		expect([lives(simulation, 0), lives(simulation, 1)]).toEqual([true, true]);
		expect(simulation.world.r.rack!.losses.map(({ how }) => how)).toEqual(['from-checkpoint', 'cold-boot']);
		expectSound(simulation, 'at the end');
	});
});

describe('fence, by hand', () => {
	it('of a living host: what it ran on the pool is somebody else’s, what it ran in DRAM goes on until the host stops itself', () => {
		const simulation = open(
			resident(
				{},
				{ vms: [vm('vm0', 'A', 128, { ways: { lives: 'pool' } }), vm('vm1', 'A', 128), vm('vm2', 'B', 128)], costs: { vmColdBootS: 5 } }
			)
		);
		simulation.advance(105 * MS);
		expect(send(simulation, 'fence', { host: 'A' })).toBe('accepted');
		expect([record(simulation, 0).vcpuState, record(simulation, 1).vcpuState]).toEqual(['lost', 'running']);
		expect(simulation.world.r.marks.join()).not.toContain('two incarnations');
		expectSound(simulation);
		simulation.advance(140 * MS);
		expect(record(simulation, 1).vcpuState).toBe('stopped');
		expectSound(simulation);
		simulation.advance(7000 * MS);
		expect([lives(simulation, 0), lives(simulation, 1)]).toEqual([true, true]);
		expect([placeOf(simulation, 0), placeOf(simulation, 1)].every((at) => at !== 0)).toBe(true);
		expectSound(simulation, 'at the end');
	});

	it('twice, of nobody, of a host that nobody knows, and where there is no pool', () => {
		const simulation = open(resident());
		simulation.advance(50 * MS);
		expect(send(simulation, 'fence')).toBe('bad-command');
		expect(send(simulation, 'fence', { host: 'Q' })).toBe('unknown-host');
		expect(send(simulation, 'fence', { host: 'A' })).toBe('accepted');
		expect(send(simulation, 'fence', { host: 'A' })).toBe('link-state');
		expect(send(simulation, 'boot', { host: 'A' })).toBe('accepted');
		expect(simulation.world.r.rack!.peers[0]!.deviceFenced).toBe(false);
		expect(send(simulation, 'lose-pool')).toBe('accepted');
		expect(send(simulation, 'fence', { host: 'B' })).toBe('pool-lost');
		expectSound(simulation);
		const none = open(resident({}, { pool: null, vms: [vm('vm0', 'A', 128)] }));
		expect(send(none, 'fence', { host: 'A' })).toBe('no-shared-memory');
	});

	it('too early, of a host that only stood still: its first store is turned away', () => {
		const simulation = open(resident());
		simulation.advance(105 * MS);
		send(simulation, 'pause', { host: 'A', arguments: { forNs: 500 * MS } });
		expect(send(simulation, 'fence', { host: 'A' })).toBe('accepted');
		simulation.advance(1500 * MS);
		expect(lives(simulation, 0)).toBe(true);
		expect(placeOf(simulation, 0)).not.toBe(0);
		expect(simulation.world.r.rack!.vms[0]).toMatchObject({ damagedGfns: [], zombie: null });
		expectSound(simulation);
	});
});

describe('recover, by hand', () => {
	const dead = (ha: Record<string, unknown> = { restart: false }, more = {}): Simulation => {
		const simulation = open(resident(ha, { costs: { vmColdBootS: 5 }, ...more }));
		simulation.advance(105 * MS);
		send(simulation, 'crash', { host: 'A' });
		return simulation;
	};

	it('of a lost VM, on a host of one’s choice', () => {
		const simulation = dead();
		expect(send(simulation, 'recover', { vm: 'vm0', arguments: { to: 'C' } })).toBe('accepted');
		simulation.advance(simulation.nowNs + 25 * MS);
		expect([lives(simulation, 0), placeOf(simulation, 0)]).toEqual([true, 2]);
		expectSound(simulation);
		// The search for who is missing finds nothing of it afterwards.
		simulation.advance(1000 * MS);
		expect([lives(simulation, 0), placeOf(simulation, 0), backs(simulation, 'vm0')]).toEqual([true, 2, 1]);
		expectSound(simulation);
	});

	it('takes nothing else from the host on which it was lost', () => {
		const simulation = dead({ restart: false }, { vms: [vm('vm0', 'A', 128), vm('vm1', 'B', 128)] });
		simulation.advance(400 * MS);
		send(simulation, 'boot', { host: 'A' });
		simulation.send({ name: 'migrate', vm: 'vm1', target: 'A', strategy: 'precopy', parameters: { maxBandwidthBytesPerSecond: 0 } });
		simulation.advance(3000 * MS);
		expect([lives(simulation, 1), placeOf(simulation, 1)]).toEqual([true, 0]);
		expect(send(simulation, 'recover', { vm: 'vm0', arguments: { to: 'C' } })).toBe('accepted');
		expect([lives(simulation, 1), placeOf(simulation, 1)]).toEqual([true, 0]);
		simulation.advance(9000 * MS);
		expect([lives(simulation, 0), placeOf(simulation, 0), lives(simulation, 1)]).toEqual([true, 2, true]);
		expectSound(simulation);
	});

	it('too early, of nobody, to nowhere, to a dead host, to one that does not reach the pool', () => {
		const simulation = open(resident({ restart: false }));
		simulation.advance(105 * MS);
		expect(send(simulation, 'recover', { vm: 'vm0', arguments: { to: 'B' } })).toBe('vm-not-lost');
		send(simulation, 'pause', { host: 'A', arguments: { forNs: 15 * MS } });
		expect(send(simulation, 'recover', { vm: 'vm0', arguments: { to: 'B' } })).toBe('vm-not-lost');
		simulation.advance(simulation.nowNs + 30 * MS);
		send(simulation, 'crash', { host: 'A' });
		expect(send(simulation, 'recover', { arguments: { to: 'B' } })).toBe('bad-command');
		expect(send(simulation, 'recover', { vm: 'vm0', arguments: { to: 'Q' } })).toBe('unknown-host');
		expect(send(simulation, 'recover', { vm: 'vm0' })).toBe('unknown-host');
		expect(send(simulation, 'recover', { vm: 'vm0', arguments: { to: 'A' } })).toBe('host-not-up');
		send(simulation, 'cut-link', { host: 'C', arguments: { link: 'cxl' } });
		expect(send(simulation, 'recover', { vm: 'vm0', arguments: { to: 'C' } })).toBe('no-shared-memory');
		expectSound(simulation);
	});

	it('twice: the second host takes it after its own time, or the first is already at it', () => {
		const simulation = dead({ restart: false }, { vms: [vm('vm0', 'A', 128)] });
		const startNs = simulation.nowNs;
		expect(send(simulation, 'recover', { vm: 'vm0', arguments: { to: 'B' } })).toBe('accepted');
		simulation.advance(startNs + 3000 * MS);
		expect(send(simulation, 'recover', { vm: 'vm0', arguments: { to: 'B' } })).toBe('link-state');
		expect(send(simulation, 'recover', { vm: 'vm0', arguments: { to: 'C' } })).toBe('link-state');
		simulation.advance(startNs + 5100 * MS);
		expect([lives(simulation, 0), placeOf(simulation, 0), backs(simulation, 'vm0')]).toEqual([true, 1, 1]);
		expect(send(simulation, 'recover', { vm: 'vm0', arguments: { to: 'C' } })).toBe('vm-not-lost');
		expectSound(simulation);
	});

	it('a boot that was begun is not finished sooner by a second order, once its host has died', () => {
		const simulation = dead({ restart: false }, { vms: [vm('vm0', 'A', 128)] });
		const startNs = simulation.nowNs;
		send(simulation, 'recover', { vm: 'vm0', arguments: { to: 'B' } });
		simulation.advance(startNs + 3000 * MS);
		send(simulation, 'crash', { host: 'B' });
		expect(send(simulation, 'recover', { vm: 'vm0', arguments: { to: 'C' } })).toBe('accepted');
		simulation.advance(startNs + 7900 * MS);
		expect(record(simulation, 0).vcpuState).toBe('lost');
		simulation.advance(startNs + 8100 * MS);
		expect([lives(simulation, 0), placeOf(simulation, 0), backs(simulation, 'vm0')]).toEqual([true, 2, 1]);
		expectSound(simulation);
	});

	it('of a VM that is frozen in the hand-off while its source is dead: exactly one of recoverer and target has it', () => {
		const simulation = open(resident({ restart: false }));
		simulation.send({ name: 'migrate', vm: 'vm0', target: 'B', strategy: 'resident' });
		simulation.advance(2000 * MS, Infinity, () => simulation.status().vms[0]!.ownerWord.state === 5);
		expect(send(simulation, 'recover', { vm: 'vm0', arguments: { to: 'C' } })).toBe('vm-not-lost');
		send(simulation, 'crash', { host: 'A' });
		expect(send(simulation, 'recover', { vm: 'vm0', arguments: { to: 'C' } })).toBe('accepted');
		simulation.advance(simulation.nowNs + 500 * MS);
		expect([lives(simulation, 0), placeOf(simulation, 0)]).toEqual([true, 2]);
		expect(simulation.world.r.operations[0]).toMatchObject({ state: 'failed' });
		expect(simulation.world.r.marks).toEqual([]);
		expectSound(simulation);
	});
});

it('a word that names nothing is refused and changes nothing', () => {
	const simulation = open(resident());
	simulation.advance(30 * MS);
	const before = [JSON.stringify(simulation.world.r.rack), events(simulation).length];
	for (const execute of ['fence', 'recover', 'evacuate', 'maintain', 'crash', 'boot'])
		expect(send(simulation, execute), execute).toBe('bad-command');
	expect([JSON.stringify(simulation.world.r.rack), events(simulation).length]).toEqual(before);
});
