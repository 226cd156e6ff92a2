/**
 * Goal: the comparison on the page of the model is honest: what is called fitted fits, what is called predicted may be
 * wrong and says by how much, and a headline is never compared.
 * Method: errors at the default costs, rounded to a tenth of a percent, written out for the predicted figures.
 */
import { describe, expect, it } from 'vitest';
import { qemuLikeLoop } from '$lib/engine/contract/closed-forms/index.ts';
import { COST_NAMES } from '$lib/engine/contract/cost-table.ts';
import { defaultCosts, withOverrides } from '$lib/engine/contract/costs.ts';
import { ENGINE_COMPARISONS } from '$lib/engine/contract/engine-comparisons.ts';
import { GUDKOV_CURVE, gudkovSeconds } from '$lib/engine/contract/gudkov.ts';
import { PUBLISHED, publishedError } from '$lib/engine/contract/published.ts';
import { RULES } from '$lib/engine/contract/rules.ts';
import { SIMPLIFICATIONS } from '$lib/engine/contract/simplifications.ts';
import gudkov from '../../../vectors/published/gudkov-2023.json';

const costs = defaultCosts();

describe('published figures', () => {
	it('have ids of their own, words, a source and a positive value', () => {
		expect(new Set(PUBLISHED.map((figure) => figure.id)).size).toBe(PUBLISHED.length);
		for (const figure of PUBLISHED) {
			expect(figure.value, figure.id).toBeGreaterThan(0);
			expect(figure.source.length, figure.id).toBeGreaterThan(5);
			expect(figure.what.length, figure.id).toBeGreaterThan(10);
			expect(figure.ours === null, figure.id).toBe(figure.kind === 'headline only');
		}
	});
	it('that are fitted lie within 15 % of what they were fitted to', () => {
		const fitted = PUBLISHED.filter((figure) => figure.kind === 'fitted');
		expect(fitted.length).toBeGreaterThan(8);
		for (const figure of fitted) expect(Math.abs(publishedError(figure, costs) as number), figure.id).toBeLessThan(0.15);
	});
	it('that are predicted are off by this many percent', () => {
		const errors = Object.fromEntries(
			PUBLISHED.filter((figure) => figure.kind === 'predicted').map((figure) => [
				figure.id,
				Math.round((publishedError(figure, costs) as number) * 1000) / 10
			])
		);
		expect(errors).toMatchInlineSnapshot(`
			{
			  "ch-elapsed": -0.2,
			  "ch-estimate-1": 0,
			  "ch-estimate-2": 0,
			  "clark-muncher": 1.7,
			  "clark-specweb-total": 2.4,
			  "clark-web-first": 0.1,
			  "m3u-ideal": 0,
			  "prealloc-1t": -2.5,
			  "prealloc-4t": -35.6,
			  "redis-loss": -58.8,
			  "vdpa-platform": 9.7,
			  "zone-plug": -16.1,
			  "zone-unplug": 85.5,
			}
		`);
	});
	it('follow the costs', () => {
		const outcome = withOverrides({ memStallFraction: 0.3 });
		if (!outcome.ok) throw new Error(outcome.detail);
		const redis = PUBLISHED.find((figure) => figure.id === 'redis-loss');
		if (redis === undefined) throw new Error('no Redis');
		expect(Math.abs(publishedError(redis, outcome.value) as number)).toBeLessThan(0.02);
		expect(publishedError(redis, costs)).toBeLessThan(-0.5);
	});
	it('use the measured curve that the vectors hold', () => {
		expect(GUDKOV_CURVE.windowS).toEqual(gudkov.periodMs.map((ms) => ms / 1e3));
		expect(GUDKOV_CURVE.pages).toEqual(gudkov.dirtySamples.map((samples) => samples * gudkov.pagesPerSample));
		expect(gudkovSeconds(2, 0.125, costs)).toBe(Infinity);
	});
	it('name only costs that exist', () => {
		for (const figure of PUBLISHED)
			for (const word of figure.comparedWith.match(/\b[a-z]+[A-Z]\w+/g) ?? []) expect(COST_NAMES, figure.id).toContain(word);
	});
});

describe('engine comparisons', () => {
	it('come to an end, except the one that says otherwise', () => {
		for (const comparison of ENGINE_COMPARISONS)
			expect(qemuLikeLoop(comparison.loop).converges, comparison.id).toBe(!comparison.what.includes('never ends'));
	});
});

describe('simplifications', () => {
	it('have ids of their own, a sentence, a reason and a source', () => {
		expect(new Set(SIMPLIFICATIONS.map((entry) => entry.id)).size).toBe(SIMPLIFICATIONS.length);
		for (const entry of SIMPLIFICATIONS) {
			expect(entry.sentence, entry.id).toMatch(/\.$/);
			expect(entry.why, entry.id).toMatch(/\.$/);
			expect(entry.source.length, entry.id).toBeGreaterThan(5);
		}
	});
	it('include every rule of the ledger that wears the label', () => {
		const named = new Set(SIMPLIFICATIONS.map((entry) => entry.rule));
		for (const [id, rule] of Object.entries(RULES)) if (rule.label === 'our simplification') expect(named, id).toContain(id);
	});
});
