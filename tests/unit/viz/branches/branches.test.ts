import { describe, expect, it } from 'vitest';
import { exactly } from '../../../../src/lib/engine/contract/explore/interval.ts';
import type { Branch, Moment, Tally } from '../../../../src/lib/engine/contract/explore/request.ts';
import {
	branchAt,
	canOpen,
	further,
	keyOfPath,
	layoutCurve,
	layoutTree,
	MOST_ROWS
} from '../../../../src/lib/viz/branches/branch-layout.ts';
import { branchWords, curveWords, momentWords, percent, verdictText } from '../../../../src/lib/viz/branches/branch-words.ts';

const tally = (lost: number, safe: number, open: number, nearest: number | null = null): Tally => ({ lost, safe, open, nearest });

function branch(short: string, of: Tally, more: Partial<Branch> = {}): Branch {
	return {
		state: short.length + of.lost * 100,
		atNs: 0,
		tally: of,
		verdict: of.lost > 0 ? 'lost' : of.open > 0 ? 'open' : 'safe',
		end: null,
		facts: [],
		act: { id: short, short, sentence: `${short} happens`, kind: 'faults' },
		back: null,
		children: null,
		...more
	};
}

function moments(chances: readonly number[], branches: (at: number) => readonly Branch[]): Moment[] {
	return chances.map((chance, index) => ({
		...branch('moment', tally(1, 0, 0, 1)),
		state: index,
		index,
		next:
			index < chances.length - 1 ? { id: `c${index}`, short: `step ${index}`, sentence: `step ${index} is taken`, kind: 'yours' } : null,
		branches: branches(index),
		chance: exactly(chance)
	}));
}

describe('curve and tree', () => {
	const run = moments([0.12, 0.16, 0.09, 0.37, 1], () => [branch('fail', tally(2, 15, 28, 5)), branch('finish', tally(0, 1, 0))]);

	it('share one axis: a jump stands above the fork that causes it', () => {
		const curve = layoutCurve(run, { cliff: 4, largest: 3 }, 1000);
		const tree = layoutTree(run, 1000, []);
		expect(curve.points.map((point) => point.x)).toEqual(tree.xs);
		expect(curve.cliff?.x).toBe(tree.xs[4]);
		expect(curve.yOf(1)).toBeLessThan(curve.yOf(0));
	});
	it('rows of later moments stand higher, so that no line crosses another', () => {
		const { rows } = layoutTree(run, 1000, []);
		const order = rows.map((row) => row.path.moment);
		expect(order).toEqual([...order].sort((a, b) => b - a));
	});
	it('folds what does not lose when there is too much, and shows it when asked', () => {
		const many = moments([0, 0, 0, 0], () =>
			['a', 'bb', 'ccc', 'dddd'].map((name, at) => branch(name, at === 0 ? tally(1, 0, 0, 0) : tally(0, 0, 1)))
		);
		expect(many.length * 4).toBeGreaterThan(MOST_ROWS);
		const folded = layoutTree(many, 1000, []);
		expect(folded.rows.map((row) => row.branch?.act.short ?? `+${row.folded.length}`)).toEqual(many.flatMap(() => ['a', '+3']));
		// Two rows more than the folded one, and the one that folds them again.
		expect(layoutTree(many, 1000, ['2#']).rows).toHaveLength(folded.rows.length + 3);
	});
	it('groups many by what happens first on them', () => {
		const names = Array.from({ length: 14 }, (_, at) => (at % 2 === 0 ? `crash ${at}` : `boot ${at}`));
		const wide = moments([0], () => names.map((name, at) => branch(name, tally(0, 0, 1), { state: at })));
		const labels = (unfolded: readonly string[]): string[] => layoutTree(wide, 1000, unfolded).rows.map((row) => row.label);
		expect(labels([])).toEqual(['14 branches']);
		expect(labels(['0#'])).toEqual(['7 × crash', '7 × boot', 'show fewer']);
		expect(labels(['0#', '0#boot'])).toEqual(['7 × crash', ...names.filter((name) => name.startsWith('boot')), 'show fewer']);
	});
	it('what goes on from a branch stands below it, further in, nearest loss first', () => {
		const [far, near] = [branch('far', tally(1, 0, 0, 4), { state: 50 }), branch('near', tally(1, 0, 0, 1), { state: 51 })];
		const again = branch('again', tally(0, 0, 1), { state: 99 });
		const one = branch('one', tally(2, 0, 3, 2), { state: 99 });
		const small = moments([0.5, 0.5], (at) => (at === 0 ? [one] : []));
		const path = further({ moment: 0, steps: [] }, one);
		const opened = new Map([[keyOfPath(path), [far, near, again]]]);
		const { rows } = layoutTree(small, 1000, [], opened);
		expect(rows.map((row) => [row.label, row.level])).toEqual([
			['one', 2],
			['near', 3],
			['far', 3],
			['again', 3]
		]);
		const [first, second, , last] = rows;
		expect(second?.x).toBeGreaterThan(first?.x ?? 0);
		expect(second?.fromY).toBe(first?.y);
		expect(first?.open).toBe(true);
		// The same state as one on the way to it: dashed, back to that, and nothing more to look at.
		expect(last?.back).toEqual({ x: first?.x, y: first?.y });
		expect(rows.map((row) => canOpen(row))).toEqual([true, true, true, false]);
		expect(branchAt(small, opened, further(path, near))).toEqual({ branch: near, parent: one });
		expect(branchAt(small, new Map(), further(path, near))).toBeNull();
	});
	it('nearest losses come first', () => {
		const rows = layoutTree(
			moments([0], () => [branch('far', tally(1, 0, 0, 5)), branch('safe', tally(0, 1, 0)), branch('near', tally(1, 0, 0, 2))]),
			1000,
			[]
		).rows;
		expect(rows.map((row) => row.branch?.act.short)).toEqual(['near', 'far', 'safe']);
	});
});

describe('its words', () => {
	it('never round a chance to none or to certain', () => {
		expect([0, 0.001, 0.374, 0.999, 1].map(percent)).toEqual(['0%', '<1%', '37%', '>99%', '100%']);
	});
	it('name cliff and largest step, or say that there is none', () => {
		const run = moments([0.1, 0.4, 1], () => []);
		expect(curveWords(run, { cliff: 2, largest: 1 }, 'wrong DMA')).toBe(
			'Wrong DMA becomes certain: 40% to 100% with “step 1”. The largest step before it is certain: 10% to 40% with “step 0”.'
		);
		expect(
			curveWords(
				moments([0, 0], () => []),
				{ cliff: null, largest: null },
				'wrong DMA'
			)
		).toContain('There is no cliff');
		expect(
			curveWords(
				moments([1, 1], () => []),
				{ cliff: null, largest: null },
				'wrong DMA'
			)
		).toContain('certain from the first moment');
	});
	it('say what a branch comes to', () => {
		expect(branchWords(branch('hot-plug', tally(10, 57, 96, 5)))).toBe('hot-plug happens: 10 lost, 57 safe, 96 open, 5 steps away');
		expect(branchWords(branch('cancel', tally(1, 0, 0, 0)))).toContain('lost at once');
		expect(verdictText(branch('finish', tally(0, 1, 0), { end: 'ends on B' }))).toBe('safe: ends on B');
		expect(branchWords(branch('unplug', tally(0, 0, 6), { back: 3 }))).toContain('leads back to moment 3');
		const [first] = moments([0.37, 1], () => [branch('fail', tally(1, 0, 0, 0))]);
		expect(momentWords(first as Moment, 'wrong DMA')).toContain('chance of wrong DMA 37%. Your run: step 0 is taken. 1 branch.');
	});
});
