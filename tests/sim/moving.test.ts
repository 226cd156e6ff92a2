import { describe, expect, it } from 'vitest';
import { OBJECTIONS, type Effect, type Shown } from '../../src/lib/engine/contract/migration/objections.ts';
import { REASONS } from '../../src/lib/engine/contract/reasons.ts';
import { RULES } from '../../src/lib/engine/contract/rules.ts';
import { catalogueScenario, MOVING_CATALOGUE } from '../../src/lib/engine/contract/scenario/catalogue/index.ts';
import type { Simulation } from '../../src/lib/engine/index.ts';
import { open } from '../support/worlds.ts';

/** Every objection that the model shows is seen in its scenario, at the moment that it names and not before the run began. */
const pages = OBJECTIONS.flatMap((objection) => objection.shown.map((shown) => [`${objection.row}: ${shown.scenario}`, shown] as const));

function seen(simulation: Simulation, effect: Effect): boolean {
	const { trace, r } = simulation.world;
	const last = r.operations.at(-1);
	switch (effect.kind) {
		case 'refused':
			return trace.some((record) => record.values['outcome'] === 'refused' && record.values['reason'] === effect.reason);
		case 'record':
			return trace.some((record) => record.rule === effect.rule);
		case 'mark':
			return simulation.status().marks.some((mark) => mark.startsWith(effect.begins));
		case 'statement':
			return simulation.check().checks.some((check) => check.id === effect.id && !check.holds);
		case 'ended':
			return last?.reason === effect.reason;
		case 'slower':
			return (simulation.status().vms[0]?.speedPpm ?? 0) < 990_000;
		case 'unmoved':
			return last?.state === 'completed' && last.cxlBytes === 0 && last.networkBytes === 0;
	}
}

function playTo({ scenario, atNs }: Pick<Shown, 'scenario' | 'atNs'>): Simulation {
	const simulation = open(catalogueScenario(scenario));
	simulation.advance(atNs);
	return simulation;
}

describe('what people object', () => {
	it.each(pages)('%s', (_, shown) => {
		const simulation = playTo(shown);
		expect(seen(simulation, shown.effect), JSON.stringify(shown.effect)).toBe(true);
		// Nothing else breaks: what is lost is marked, and only a fault that was planted breaks a statement.
		const planted = simulation.status().marks.some((mark) => mark.startsWith('planted fault'));
		if (!planted)
			expect(
				simulation
					.check()
					.checks.filter((check) => !check.holds)
					.map((check) => `${check.id}: ${check.found}`)
			).toEqual([]);
	});

	it('the page that is chosen where a run opens says what the row is about', () => {
		const said = pages.flatMap(([, shown]) => {
			if (shown.gfn === undefined) return [];
			const answer = playTo(shown).ask({ kind: 'page', vm: 'vm0', gfn: shown.gfn });
			return [[shown.scenario, answer.memory, answer.proof, answer.pins.map((pin) => pin.term).join()]];
		});
		expect(said).toEqual([
			['three-pins', 'A.dram', 'equal', 'long'],
			['equal-and-different-windows', 'pool', 'equal', ''],
			['target-tiers-too', 'B.dram', 'equal', ''],
			['unflushed-line', 'pool', 'differs', '']
		]);
	});

	it.each(pages)('%s is not there at the start', (_, shown) => {
		expect(seen(playTo({ ...shown, atNs: 0 }), shown.effect)).toBe(false);
	});

	it('is listed by row, each shown or said why not', () => {
		expect(OBJECTIONS.map(({ row }) => row)).toEqual(Array.from({ length: 22 }, (_, at) => at + 1));
		for (const { row, shown, said } of OBJECTIONS) expect(shown.length > 0 || said !== undefined, `row ${row}`).toBe(true);
		expect(OBJECTIONS.filter(({ shown }) => shown.length === 0).map(({ row }) => row)).toEqual([13, 14, 18]);
	});

	it('names rules and reasons that exist, and every scenario of its folder', () => {
		for (const [, { effect }] of pages) {
			if (effect.kind === 'record') expect(Object.keys(RULES)).toContain(effect.rule);
			if (effect.kind === 'refused' || effect.kind === 'ended') expect(Object.keys(REASONS)).toContain(effect.reason);
		}
		const used = new Set(pages.map(([, { scenario }]) => scenario));
		expect(MOVING_CATALOGUE.map(({ id }) => id).filter((id) => !used.has(id))).toEqual([]);
	});
});
