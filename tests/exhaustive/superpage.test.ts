import { describe, expect, test } from 'vitest';
import { MODELS, type ModelEntry } from '$lib/engine/superpage/models/index.ts';
import { explore, Search } from '$lib/engine/superpage/search/search.ts';

const ALL = Object.entries(MODELS) as [string, ModelEntry][];

describe.each(ALL.filter(([id]) => id !== 'incoherent'))('%s', (_, entry) => {
	test('no statement breaks, and the search came to its end', () => {
		const found = explore(entry.build());
		expect(found.violations.map(({ says, path }) => [says, path.map((each) => `${each.actor}: ${each.step}`)])).toEqual([]);
		expect(found.whole).toBe(true);
	});

	test.each(Object.entries(entry.conditions))('without "%s" (%s) a statement breaks', (condition) => {
		const [shortest] = explore(entry.build([condition]), { first: true }).violations;
		expect(shortest).toBeDefined();
	});
});

describe('the fencing rule, as the reference counts it (cxl-fabric 10.5, I7)', () => {
	test('1,762 states, and it holds', () => {
		const found = explore(MODELS.fence.build());
		expect([found.states, found.violations, found.whole]).toEqual([1762, [], true]);
	});

	test.each(['owner-before-fence', 'scan-hand-offs'])('without %s a fenced incarnation wins in 8 steps', (condition) => {
		const [shortest] = explore(MODELS.fence.build([condition])).violations;
		expect(shortest?.path).toHaveLength(8);
		expect(shortest?.path.at(-1)).toMatchObject({ actor: 'destination', step: 'take', refused: false });
	});
});

describe('a search in slices', () => {
	test('counts the same, however it is cut, and stops at its limits', () => {
		const search = new Search(MODELS.fence.build());
		let slices = 0;
		while (!search.advance(100)) {
			slices += 1;
			expect(search.progress().states).toBeGreaterThan(0);
		}
		expect(slices).toBeGreaterThan(10);
		expect(search.found().states).toBe(1762);
		const cut = explore(MODELS.fence.build(), { depth: 5 });
		expect([cut.whole, cut.depth <= 6]).toEqual([false, true]);
	});

	test('states that differ in the names of alike hosts count once', () => {
		const { symmetry, ...apart } = MODELS.formatting.build();
		expect(symmetry?.permutations).toHaveLength(5);
		const [together, each] = [explore(MODELS.formatting.build()), explore(apart)];
		expect(together.states).toBeLessThan(each.states);
		expect(each.states).toBeLessThanOrEqual(together.states * 6);
		expect([together.violations, each.violations]).toEqual([[], []]);
	});
});

describe('without hardware coherence', () => {
	const model = MODELS.incoherent.build();
	const { violations } = explore({ ...model, statements: model.statements.filter(({ id }) => id === 'I1') }, { first: true });

	test('the same words give the VM two runners: each cache has its own truth', () => {
		const [found] = violations;
		expect(found?.says).toBe('never two runners');
		// Each of two compare-and-swaps succeeded, in the cache of its own host.
		const won = found?.path.filter(({ step, refused }) => ['abort', 'commit'].includes(step) && !refused) ?? [];
		expect(won.map(({ step }) => step).sort()).toEqual(['abort', 'commit']);
	});
});
