import { describe, expect, test } from 'vitest';
import { momentOf, settledWords } from '../../../../src/lib/viz/timeline/moment.ts';
import { OwnerState } from '../../../../src/lib/engine/contract/words.ts';
import { MS, operation, status, vm } from './fixtures.ts';

/** One sentence and at most four figures for every state that an operation can be in. */
const THIN = '\u2009';
const of = (changes: Parameters<typeof operation>[0], vmChanges: Parameters<typeof vm>[0] = {}) =>
	momentOf(status({ operations: [operation(changes)], vms: [vm(vmChanges)] }), 512);

describe('transit', () => {
	test('staging counts folios', () => {
		const moment = of({}, { speedPpm: 801_000 });
		expect(moment.sentence).toBe('Staging: pages cross to the pool while the VM runs');
		expect(moment.figures.map((one) => `${one.value} ${one.label}`)).toEqual([
			'1,086 in the pool',
			'192 on the way',
			'770 left on A',
			`80${THIN}% guest speed`
		]);
	});
	test('a VM of small pages counts pages', () => {
		const moment = momentOf(status({ operations: [operation({ pagesMoved: 1234 })] }), 1);
		expect(moment.figures[0]!.value).toBe('1,234');
	});
	test('the commit: no page moves', () => {
		const moment = of(
			{
				phase: 'handoff',
				downtime: [{ id: 'save', label: 'save', startNs: 283 * MS, endNs: null }]
			},
			{
				owner: 'B',
				runsOn: null,
				vcpuState: 'loading',
				ownerWord: { owner: 1, state: OwnerState.active, incarnation: 1, token: 10 }
			}
		);
		expect(moment.sentence).toBe('Hand-off: one word flips, no page moves');
		expect(moment.figures.map((one) => `${one.value} ${one.label}`)).toEqual([
			`4${THIN}GiB changed owner`,
			`0${THIN}B moved now`,
			`4${THIN}ms guest stopped`
		]);
	});
	test('every phase has its own sentence', () => {
		const phases = ['prepare', 'staging', 'publish', 'handoff', 'unstaging', 'release'] as const;
		const sentences = phases.map((phase) => of({ phase }).sentence);
		expect(new Set(sentences).size).toBe(phases.length);
	});
});

describe('pre-copy', () => {
	const copy = {
		strategy: 'precopy' as const,
		leftBytes: 1.82 * 1024 ** 3,
		networkBytes: 4_300_000_000
	};
	test('rounds are counted', () => {
		expect(of({ ...copy, phase: 'round', round: 1 }).sentence).toContain('Round 1');
		expect(of({ ...copy, phase: 'round', round: 4 }).sentence).toContain('sent again');
	});
	test('the switch-over shows what is spent and what is allowed', () => {
		const figures = of({ ...copy, phase: 'switchover', downtimeBudgetNs: 300 * MS }).figures;
		expect(figures.at(-1)).toEqual({ value: `300${THIN}ms`, label: 'allowed' });
	});
});

describe('ends', () => {
	test('completed, cancelled, refused by a rule', () => {
		expect(
			of({ state: 'completed', downtimeNs: 5_150_000 }, { runsOn: 'B', owner: 'B' }).sentence
		).toBe('Done: vm0 runs on host B');
		expect(of({ state: 'cancelled', reason: 'cancelled' }).sentence).toContain('goes on on host A');
		expect(of({ state: 'failed', reason: 'unmovable-page' }).sentence).toBe(
			'Not moved: a page of the VM cannot be moved: somebody holds a long-term pin on it'
		);
	});
	test('nothing ordered', () => {
		expect(momentOf(status(), 512).sentence).toBe('vm0 runs on host A, nothing is moving');
	});
	test('never more than four figures, never an empty one', () => {
		for (const state of ['running', 'completed', 'cancelled', 'failed'] as const)
			for (const strategy of ['precopy', 'transit'] as const)
				for (const phase of [
					'setup',
					'round',
					'switchover',
					'prepare',
					'staging',
					'publish',
					'handoff',
					'unstaging',
					'release'
				] as const) {
					const moment = of({ state, strategy, phase });
					expect(moment.figures.length).toBeLessThanOrEqual(4);
					expect(moment.figures.every((one) => one.value !== '' && one.label !== '')).toBe(true);
				}
	});
	test('below the clock: what is settled', () => {
		expect(settledWords(status(), false)).toBe('settled, nothing is moving');
		expect(settledWords(status({ operations: [operation()] }), false)).toBe('settled in staging');
		expect(settledWords(status({ operations: [operation({ state: 'completed' })] }), true)).toBe(
			'migration completed'
		);
	});
});
