import { describe, expect, test } from 'vitest';
import { MODELS, type ModelEntry } from '$lib/engine/superpage/models/index.ts';
import { ownerIndex } from '$lib/engine/superpage/words.ts';
import { explore, Search } from '$lib/engine/superpage/search/search.ts';

const ALL = Object.entries(MODELS) as [string, ModelEntry][];

const said = (path: readonly { readonly actor: string; readonly step: string }[]): string =>
	path.map((each) => `${each.actor} ${each.step}`).join('; ');

describe.each(ALL)('%s', (id, entry) => {
	test('no statement breaks, and the search came to its end', () => {
		const found = explore(entry.build());
		expect(found.violations.map(({ says, path }) => [says, path.map((each) => `${each.actor}: ${each.step}`)])).toEqual([]);
		expect(found.whole).toBe(true);
	});

	test.each(Object.entries(entry.conditions))('without "%s" (%s) a statement breaks', (condition) => {
		const [shortest] = explore(entry.build([condition]), { first: true }).violations;
		expect(shortest?.path.length).toBeGreaterThan(0);
		console.log(`${id} without ${condition}: ${shortest?.path.length} steps to "${shortest?.says}" broken: ${said(shortest?.path ?? [])}`);
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
	const model = MODELS['hand-off'].build(['coherence']);
	const { violations } = explore({ ...model, crashes: 0, statements: model.statements.filter(({ id }) => id === 'I1') }, { first: true });

	test('the same words give the VM two runners: each cache has its own truth', () => {
		const [found] = violations;
		expect(found?.says).toBe('never two runners');
		// Each of two compare-and-swaps succeeded, in the cache of its own host.
		const won = found?.path.filter(({ step, refused }) => ['abort', 'commit'].includes(step) && !refused) ?? [];
		expect(won.map(({ step }) => step).sort()).toEqual(['abort', 'commit']);
	});

	test('a path shows the copies as they are after each step: here both hosts hold an owner word, and not the same', () => {
		const copies = violations[0]?.path.at(-1)?.copies.filter(({ index }) => index === ownerIndex(0)) ?? [];
		expect(copies.map(({ host }) => host).sort()).toEqual([0, 1]);
		expect(new Set(copies.map(({ value }) => value)).size).toBe(2);
	});

	test('every protocol that changes a word from two hosts names coherence among its conditions, and loses without it', () => {
		const named = ALL.filter(([, { conditions }]) => 'coherence' in conditions).map(([id]) => id);
		expect(named).toEqual(['hand-off', 'fence', 'takeover', 'formatting', 'creating', 'locking', 'split', 'ring']);
	});
});

describe('the device enforces what the fence only says (I8)', () => {
	const onlyStores = (without: readonly string[]) => {
		const model = MODELS['recovery-of-source'].build(without);
		return { ...model, statements: model.statements.filter(({ id }) => id === 'I8-stores') };
	};

	test('without the cut a guest that was given away stores into its pages; with it every such store is swallowed', () => {
		const [lost] = explore(onlyStores(['cut']), { first: true }).violations;
		expect(lost?.path.at(-1)).toMatchObject({ step: 'guest-store', actor: 'source' });
		const found = explore(onlyStores([]));
		expect([found.violations, found.whole]).toEqual([[], true]);
	});

	test('what was fenced by a word only still stores: tokens stop decisions', () => {
		const [lost] = explore(onlyStores(['cut']), { first: true }).violations;
		expect(lost?.path.map(({ step }) => step)).toContain('fence');
	});
});
