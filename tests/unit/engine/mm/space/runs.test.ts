/**
 * Goal: runs are sets of pages, whatever is added and taken.
 * Method: against a plain set of numbers under random ranges; the seed is printed.
 */
import { expect, it } from 'vitest';
import { isIn, pagesIn, partsOutside, withoutRange, withRange, type Runs } from '$lib/engine/mm/space/runs.ts';
import { Chance, seedOr } from '../../../../support/chance.ts';

const PAGES = 40;

it('says the same as a set', () => {
	const chance = new Chance(seedOr(7_001));
	const set = new Set<number>();
	let runs: Runs = [];
	for (let step = 0; step < 2000; step += 1) {
		const first = chance.whole(0, PAGES - 1);
		const count = chance.whole(0, PAGES - first);
		const add = chance.once(2);
		runs = add ? withRange(runs, first, count) : withoutRange(runs, first, count);
		for (let page = first; page < first + count; page += 1)
			if (add) set.add(page);
			else set.delete(page);
		const where = `FUZZ_SEED=${chance.seed}, step ${step}`;
		for (let page = 0; page < PAGES; page += 1) expect(isIn(runs, page), `${where}, page ${page}`).toBe(set.has(page));
		expect(pagesIn(runs, 0, PAGES), where).toBe(set.size);
		expect(
			partsOutside(runs, 0, PAGES).reduce((sum, [, pages]) => sum + pages, 0),
			where
		).toBe(PAGES - set.size);
		for (let at = 1; at < runs.length; at += 1) {
			const [before, after] = [runs[at - 1], runs[at]] as [[number, number], [number, number]];
			expect(before[0] + before[1], where).toBeLessThan(after[0]);
		}
	}
});
