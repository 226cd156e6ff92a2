import { describe, expect, it } from 'vitest';
import { catalogueScenario } from '../../../../src/lib/engine/contract/scenario/catalogue/index.ts';
import { Simulation } from '../../../../src/lib/engine/index.ts';

/** A command given at the moment of a planned one that has not taken effect replaces it; a later one finds it under way. */
const copy = { name: 'migrate', vm: 'vm0', target: 'B', strategy: 'precopy' };

function open(): Simulation {
	const opened = Simulation.open({ scenario: catalogueScenario('two-hosts') });
	if (!opened.ok) throw new Error(opened.detail);
	return opened.value;
}

describe('a command at the moment of a planned one', () => {
	it('takes its place before it has taken effect', () => {
		const simulation = open();
		const outcome = simulation.send(copy);
		expect(outcome.ok).toBe(true);
		expect(simulation.world.journal.map((entry) => entry.command)).toEqual([copy]);
		simulation.advance(1_000_000);
		const strategies = simulation.status().operations.map((operation) => operation.strategy);
		expect(strategies).toEqual(['precopy']);
	});

	it('is refused once the planned one is under way, and says which', () => {
		const simulation = open();
		simulation.advance(1_000_000);
		const outcome = simulation.send(copy);
		expect(outcome).toMatchObject({ ok: false, reason: 'already-running' });
		expect(outcome.ok ? '' : outcome.detail).toContain('operation 1 takes it to B');
	});

	it('replays to the same world', () => {
		const simulation = open();
		simulation.send(copy);
		simulation.advance(50_000_000);
		const again = Simulation.open({
			scenario: catalogueScenario('two-hosts'),
			journal: simulation.world.journal
		});
		if (!again.ok) throw new Error(again.detail);
		again.value.advance(50_000_000);
		expect(again.value.fingerprint()).toBe(simulation.fingerprint());
	});
});
