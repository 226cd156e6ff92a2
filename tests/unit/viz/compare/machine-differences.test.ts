/**
 * Goal: two worlds of one machine are told apart by what differs, and by nothing before they part.
 * Method: the measured experiment of the held page, once as it was typed and once without the held page, on one clock.
 */
import { describe, expect, it } from 'vitest';
import type { JournalEntry } from '../../../../src/lib/engine/contract/commands.ts';
import { MACHINE_CATALOGUE } from '../../../../src/lib/engine/contract/scenario/catalogue/index.ts';
import { Simulation } from '../../../../src/lib/engine/index.ts';
import { differences, differenceWords } from '../../../../src/lib/viz/compare/differences.ts';

function open(without: string | null): Simulation {
	const scenario = MACHINE_CATALOGUE.find((one) => one.id === 'm6-held-page')!.scenario as { journal: JournalEntry[] };
	const journal = scenario.journal.filter(({ command }) => without === null || !JSON.stringify(command).includes(without));
	const opened = Simulation.open({ scenario: { ...scenario, journal }, limitBytes: 2 ** 32 });
	if (!opened.ok) throw new Error(opened.detail);
	return opened.value;
}

describe('two worlds of a machine', () => {
	const [one, other] = [open(null), open('vmsplice')];
	const at = (ns: number) => {
		one.advance(ns);
		other.advance(ns);
		return differences([one.status(), other.status()], 9);
	};
	it('do not differ before they part', () => {
		expect(at(3_300_000_000)).toEqual([]);
	});
	it('differ in what is held, and later in the block that does not go', () => {
		expect(at(4_500_000_000).map((each) => [each.label, ...each.values])).toEqual([['pages held', '1', '0']]);
		const list = at(7_000_000_000);
		const values = new Map(list.map((each) => [each.label, each.values]));
		expect(values.get('going offline')).toEqual(['1', '0']);
		expect(values.get('offline')).toEqual(['0', '1']);
		expect(values.get('tries')?.[1]).toBe('none');
		expect(differenceWords(list, ['held', 'free'])).toContain('going offline: held 1, free 0');
	});
	it('agree again when the page has been let go', () => {
		const labels = at(12_000_000_000).map((each) => each.label);
		expect(labels).not.toContain('going offline');
		expect(labels).not.toContain('pages held');
	});
});
