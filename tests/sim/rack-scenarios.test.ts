import { describe, expect, it } from 'vitest';
import { RACK_CATALOGUE } from '../../src/lib/engine/contract/scenario/catalogue/index.ts';
import { expectSound, open } from '../support/worlds.ts';
import type { Simulation } from '../../src/lib/engine/index.ts';

/** What each built-in scenario about failing hosts shows. */
const gone = (simulation: Simulation): string[] =>
	simulation
		.status()
		.rack!.losses.map(
			({ vm, how, backOn, backNs, sinceNs }) =>
				`${vm} ${how ?? 'lost'} ${backOn ?? ''} ${backNs === null ? '' : Math.round((backNs - sinceNs) / 1e7) / 100}`
		);
const WANTED: Readonly<Record<string, (simulation: Simulation) => void>> = {
	'host-dies': (simulation) => expect(gone(simulation)).toEqual(['vm0 from-checkpoint C 0.15', 'vm1 cold-boot C 5.13']),
	'dirty-lines': (simulation) => expect(simulation.status().rack!.losses[0]!.lines).toBeGreaterThan(0),
	'zombie-host': (simulation) => {
		expect(gone(simulation)).toEqual(['vm0 from-checkpoint C 0.15']);
		expect(simulation.world.r.rack!.vms[0]!.damagedGfns).toEqual([]);
	},
	'split-brain': (simulation) => expect(simulation.world.r.rack!.vms[0]!.damagedGfns.length).toBeGreaterThan(0),
	'self-fencing': (simulation) => {
		const at = (kind: string): number => simulation.status().rack!.events.find((each) => each.kind === kind)!.atNs;
		expect(at('self-fence')).toBeLessThan(at('suspect'));
		expect(simulation.status().rack!.vms.map(({ zombieOn }) => zombieOn)).toEqual([null, null]);
	},
	'pool-fails': (simulation) => expect(gone(simulation)).toEqual(['vm0 cold-boot A 5', 'vm1 cold-boot B 5']),
	'emptied-host': (simulation) =>
		expect(simulation.status().operations.map(({ strategy, state }) => `${strategy} ${state}`)).toEqual([
			'resident completed',
			'transit completed',
			'transit completed',
			'resident completed'
		]),
	maintenance: (simulation) => {
		expect(simulation.status().vms.map(({ runsOn }) => runsOn)).toEqual(['A', 'A', 'B']);
		expect(simulation.status().rack!.events.some(({ kind }) => kind === 'suspect')).toBe(false);
	},
	'source-dies-before': (simulation) => expect(gone(simulation)).toEqual(['vm0 cold-boot B 5.12']),
	'source-dies-frozen': (simulation) => expect([gone(simulation), simulation.status().operations[0]!.state]).toEqual([[], 'completed']),
	'target-dies-frozen': (simulation) => {
		expect(gone(simulation)).toEqual([]);
		expect(simulation.status().operations[0]!.downtimeNs! / 1e6).toBeCloseTo(30.2, 1);
	},
	'both-die-frozen': (simulation) => expect(simulation.status().rack!.losses[0]!.registersWhole).toBe(true),
	'fabric-manager-fails': (simulation) => {
		const at = (kind: string): number => simulation.status().rack!.events.find((each) => each.kind === kind)!.atNs;
		expect(at('claim')).toBeLessThan(3e8);
		expect(at('fence')).toBeGreaterThanOrEqual(9e8);
		expect(gone(simulation)[0]).toMatch(/^vm0 from-checkpoint [BC] 0\.8/);
	},
	'switch-fails': (simulation) => {
		expect([gone(simulation), simulation.status().rack!.recoveries.length]).toEqual([[], 0]);
		expect(simulation.status().vms.map(({ vcpuState }) => vcpuState)).toEqual(['running', 'running', 'running']);
		// Half a second that nobody noticed elsewhere: only what lives on the pool has lost it.
		expect(simulation.status().vms.map(({ lostWorkNs }) => lostWorkNs > 4.9e8)).toEqual([true, false, false]);
	},
	'vcpus-on-two-hosts': (simulation) => {
		expect(gone(simulation)[0]).toMatch(/^vm0 from-checkpoint [AC] 0\.1/);
		expect(simulation.status().vms[0]!.split).toBeNull();
		expect(simulation.world.r.marks[0]).toContain('vm0 ran on A and B, and B is gone');
	},
	'by-chance': (simulation) => expect(simulation.status().rack!.hazards.reduce((sum, { struck }) => sum + struck, 0)).toBeGreaterThan(0)
};

describe('the rack’s scenarios', () => {
	it('each has its expectation', () => expect(RACK_CATALOGUE.map(({ id }) => id).sort()).toEqual(Object.keys(WANTED).sort()));
	it.each(RACK_CATALOGUE.map(({ id, scenario }) => [id, scenario] as const))('%s', (id, scenario) => {
		const simulation = open(scenario);
		for (let part = 1; part <= 4; part += 1) {
			simulation.advance((simulation.world.scenario.untilNs / 4) * part);
			expectSound(simulation, id);
		}
		WANTED[id]!(simulation);
	});
});
