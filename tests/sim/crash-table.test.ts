/**
 * Goal: the crash table (cxl-fabric reference 10.6) holds in time too. Method: lesson 13's rack, one VM on the pool handed from A
 * to B; for each row somebody fails just behind the step that the row names, and what everybody does then is looked at.
 */
import { describe, expect, it } from 'vitest';
import type { Simulation } from '../../src/lib/engine/index.ts';
import { OWNER_STATE_NAMES } from '../../src/lib/engine/contract/words.ts';
import { ownerOf } from '../../src/lib/engine/superpage/words.ts';
import { expectSound, open } from '../support/worlds.ts';

const host = (id: string, windowBaseHpa: string) => ({
	id,
	dramBytes: '1152 MiB',
	normalBytes: '128 MiB',
	kernelBytes: '64 MiB',
	otherBytes: 0,
	windowBaseHpa
});
const world = (lives: 'pool' | 'dram', strategy: string) => ({
	switchyard: 1,
	id: 'crash-table',
	title: 'crash table',
	costs: { vmColdBootS: 5 },
	hosts: [host('A', '0x10_8000_0000'), host('B', '0x28_0000_0000'), host('C', '0x40_0000_0000')],
	pool: { bytes: '2 GiB' },
	vms: [
		{
			id: 'guest',
			host: 'A',
			bytes: '128 MiB',
			vcpus: 2,
			workload: { kind: 'web', workingSetBytes: '32 MiB' },
			...(lives === 'pool' ? { ways: { lives: 'pool' } } : {})
		}
	],
	rack: { ha: { heartbeatNs: '20 ms' } },
	untilNs: '2 s',
	journal: strategy === '' ? [] : [{ atNs: '500 ms', command: { name: 'migrate', vm: 'guest', target: 'B', strategy } }]
});

const say = (simulation: Simulation, execute: string, more: object = {}): void => {
	const said = simulation.send({ name: 'rack', execute, ...more } as never);
	if (!said.ok) throw new Error(said.detail);
};
const crash = (simulation: Simulation, ...hosts: string[]): void => hosts.forEach((one) => say(simulation, 'crash', { host: one }));

/** Runs until an actor of the hand-off has taken the step named, and no further. */
function behind(step: string, lives: 'pool' | 'dram' = 'pool'): Simulation {
	const simulation = open(world(lives, 'resident') as never);
	const taken = () => simulation.world.trace.some(({ rule, values }) => rule === 'hand-off' && values['step'] === step);
	const owner = () => ownerOf(simulation.world, 0);
	const isThere = () =>
		step === 'freeze' ? OWNER_STATE_NAMES[owner().state] === 'handoff' : step === 'commit' ? owner().owner === 1 : taken();
	simulation.advance(8e8, Infinity, isThere);
	expect(isThere()).toBe(true);
	return simulation;
}
const ended = (simulation: Simulation): string => {
	simulation.advance(simulation.world.scenario.untilNs + 6e9, Infinity);
	expectSound(simulation, 'crash table');
	const [vm] = simulation.status().vms;
	const [loss] = simulation.status().rack!.losses;
	const lost = loss === undefined ? 'nothing lost' : `${loss.registersWhole ? 'whole' : 'registers lost'}, ${loss.how ?? 'not back'}`;
	return `${vm?.vcpuState} on ${vm?.runsOn}, ${lost}`;
};
const kinds = (simulation: Simulation, of: string): (string | null)[] =>
	simulation
		.status()
		.rack!.events.filter(({ kind }) => kind === of)
		.map((each) => each.host);

describe('the crash table in time', () => {
	it.each(['propose', 'stop', 'save', 'flush', 'check-fence'])('source behind %s: its registers are gone, it is started again', (step) => {
		const simulation = behind(step);
		crash(simulation, 'A');
		expect(ended(simulation)).toMatch(/^running on [BC], registers lost, cold-boot$/);
	});

	it('source behind the freeze: the target commits, nothing is lost', () => {
		const simulation = behind('freeze');
		crash(simulation, 'A');
		expect(ended(simulation)).toBe('running on B, nothing lost');
	});

	it('target before its commit: the source takes the VM back, the gap is the time to notice', () => {
		const simulation = behind('freeze');
		crash(simulation, 'B');
		expect(ended(simulation)).toBe('running on A, nothing lost');
		expect(simulation.status().operations[0]!.downtimeNs!).toBeGreaterThan(2e7);
	});

	it('target behind its commit: as the source before the freeze, seen from the target', () => {
		const simulation = behind('commit');
		crash(simulation, 'B');
		expect(ended(simulation)).toMatch(/^running on [AC], /);
		expect(simulation.status().rack!.losses).toHaveLength(1);
	});

	it('both in the hand-off: a third host takes the VM, and nothing of it is lost', () => {
		const simulation = behind('freeze');
		crash(simulation, 'A', 'B');
		expect(ended(simulation)).toBe('running on C, whole, from-checkpoint');
	});

	it('both while it is staged: an orphan, started again', () => {
		const simulation = behind('propose');
		crash(simulation, 'A', 'B');
		expect(ended(simulation)).toBe('running on C, registers lost, cold-boot');
	});

	it('recoverer: another takes over under a higher epoch', () => {
		const simulation = behind('propose');
		crash(simulation, 'A');
		simulation.advance(simulation.nowNs + 1e9, Infinity, () => simulation.status().rack!.recoveries[0]?.step === 'fence');
		const [recovery] = simulation.status().rack!.recoveries;
		crash(simulation, recovery!.by);
		expect(ended(simulation)).toMatch(/cold-boot$/);
		const after = simulation.status().rack!.recoveries.find(({ victim }) => victim === 'A');
		expect([after!.step, after!.epoch > recovery!.epoch, after!.by === recovery!.by]).toEqual(['done', true, false]);
	});

	it('fabric manager: a hand-off needs it for nothing', () => {
		const simulation = behind('propose');
		say(simulation, 'lose-fabric-manager');
		expect(ended(simulation)).toBe('running on B, nothing lost');
	});

	it('fabric manager, then the source while it is staged: its VM waits, until the fabric manager is back', () => {
		const simulation = behind('propose');
		say(simulation, 'lose-fabric-manager');
		crash(simulation, 'A');
		simulation.advance(simulation.nowNs + 1e9, Infinity);
		expect([kinds(simulation, 'fence'), simulation.status().vms[0]!.vcpuState]).toEqual([[], 'lost']);
		expect(OWNER_STATE_NAMES[ownerOf(simulation.world, 0).state]).toBe('staged');
		say(simulation, 'restore-fabric-manager');
		expect(ended(simulation)).toMatch(/^running on [BC], registers lost, cold-boot$/);
		expect(kinds(simulation, 'fence')).toEqual(['A']);
	});

	it('fabric manager, then both in the hand-off: nobody runs it, so that nobody has to be cut off', () => {
		const simulation = behind('freeze');
		say(simulation, 'lose-fabric-manager');
		crash(simulation, 'A', 'B');
		expect(ended(simulation)).toBe('running on C, whole, from-checkpoint');
		expect(kinds(simulation, 'fence')).toEqual([]);
	});

	it('fabric manager: no capacity is given out', () => {
		const simulation = open(world('dram', '') as never);
		say(simulation, 'lose-fabric-manager');
		const asked = simulation.send({ name: 'migrate', vm: 'guest', target: 'B', strategy: 'transit' });
		expect(asked.ok ? '' : asked.reason).toBe('fabric-manager-lost');
	});

	it.each(['propose', 'freeze', 'commit'])('device behind %s: every host loses the page and stops what lives there', (step) => {
		const simulation = behind(step);
		say(simulation, 'lose-pool');
		expect(simulation.status().vms[0]!.vcpuState).toBe('lost');
		expect(ended(simulation)).toMatch(/^running on [ABC], registers lost, cold-boot$/);
		expect(kinds(simulation, 'self-fence').sort()).toEqual(['A', 'B', 'C']);
		expect(kinds(simulation, 'fence')).toEqual([]);
	});

	it('device, and a VM in DRAM: it runs on', () => {
		const simulation = open(world('dram', '') as never);
		simulation.advance(5e8, Infinity);
		say(simulation, 'lose-pool');
		expect(ended(simulation)).toBe('running on A, nothing lost');
	});

	it('link of the source: it fences itself before anybody may suspect it, then its VM is an orphan', () => {
		const simulation = open(world('pool', '') as never);
		simulation.advance(5e8, Infinity);
		say(simulation, 'cut-link', { host: 'A', arguments: { link: 'cxl' } });
		expect(ended(simulation)).toMatch(/^running on [BC], registers lost, cold-boot$/);
		const at = (kind: string): number => simulation.status().rack!.events.find((each) => each.kind === kind)!.atNs;
		expect(at('self-fence')).toBeLessThan(at('suspect'));
	});
});
