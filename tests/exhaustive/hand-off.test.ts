import { describe, expect, test } from 'vitest';
import { HandOffPhase, OwnerState, packOwner } from '$lib/engine/contract/words.ts';
import { SUPERPAGE_WORDS } from '$lib/engine/contract/superpage.ts';
import { handOffModel } from '$lib/engine/superpage/models/hand-off.ts';
import { explore } from '$lib/engine/superpage/search/search.ts';
import { FIRST_STEP, HAND_OFF, handOffStep, LEADING_OUT, RESTING, wayOut, type StepContext } from '$lib/engine/superpage/hand-off.ts';
import { fenceIndex, ownerIndex, phaseIndex, rangesIndex, vcpuStateIndex, type SharedWords } from '$lib/engine/superpage/words.ts';

describe('every order of the steps, with a cancel at any step of the source and one crash', () => {
	const whole = explore(handOffModel());

	test('no statement breaks', () => {
		expect(whole.violations).toEqual([]);
	});

	test('every way to end that one crash allows occurs, and no other', () => {
		expect(Object.keys(whole.endings).sort()).toEqual([
			'lost with the host that ran it',
			'runs on the source',
			'runs on the source, the other host is dead',
			'runs on the target',
			'runs on the target, the other host is dead'
		]);
		expect(Object.values(whole.endings).reduce((sum, count) => sum + count, 0)).toBe(whole.ends);
	});

	test('the number of states is the one it always was', () => {
		expect({ states: whole.states, ends: whole.ends }).toEqual({ states: 103, ends: 29 });
	});

	test('a target that does not reach the ranges never gets the VM, and the source runs on', () => {
		const unreached = explore(handOffModel({ reached: false }));
		expect(unreached.violations).toEqual([]);
		expect(Object.keys(unreached.endings).sort()).toEqual([
			'lost with the host that ran it',
			'runs on the source',
			'runs on the source, the other host is dead'
		]);
	});

	test('the search is the same each time', () => {
		expect(explore(handOffModel())).toEqual(whole);
	});
});

/** Mutant, the statement it breaks first, the number of steps on a shortest way there. */
const MUTANTS = [
	['stop', 'nobody runs in the hand-off', 12],
	['flush', 'in the hand-off vCPU state and data are complete', 12],
	['await-handoff', 'never two runners', 6],
	['commit-blind', 'the token grows with every change', 17],
	['abort-blind', 'only the owner runs', 18],
	['abort-by-phase', 'nobody runs in the hand-off', 14]
] as const;

describe('a condition left out breaks it', () => {
	test.each(MUTANTS)('%s: %s, in %i steps', (mutant, statement, length) => {
		const [shortest] = explore(handOffModel({ without: [mutant] })).violations;
		expect(shortest?.says).toBe(statement);
		expect(shortest?.path).toHaveLength(length);
	});

	test('a path is a run: each of its steps is in the table, of the actor that takes it', () => {
		for (const [mutant] of MUTANTS)
			for (const { path } of explore(handOffModel({ without: [mutant] })).violations)
				for (const { kind, actor, step } of path) if (kind === 'step') expect(handOffStep(step)?.actor).toBe(actor);
	});
});

/** Shared words that count how often and how they were used. */
function counted(values: ReadonlyMap<number, bigint>) {
	const words = new Map(values);
	const accesses: string[] = [];
	const shared: SharedWords = {
		load: (index) => {
			accesses.push('load');
			return words.get(index) ?? 0n;
		},
		store: (index, value) => {
			accesses.push('store');
			words.set(index, value);
		},
		compareAndSwap: (index, expected, value) => {
			accesses.push('compare-and-swap');
			if ((words.get(index) ?? 0n) !== expected) return false;
			words.set(index, value);
			return true;
		},
		add: (index, value) => {
			accesses.push('fetch-and-add');
			words.set(index, (words.get(index) ?? 0n) + value);
			return (words.get(index) ?? 0n) - value;
		},
		cut: () => {
			throw new Error('a hand-off cuts nobody off');
		},
		flush: () => accesses.push('flush'),
		invalidate: () => accesses.push('invalidate')
	};
	return { shared, accesses };
}

/** Words as a step may find them: every owner state and phase, both owners, fence and saved state present or not. */
function* situations(): Generator<ReadonlyMap<number, bigint>> {
	for (const state of Object.values(OwnerState))
		for (const owner of [0, 1])
			for (const phase of Object.values(HandOffPhase))
				for (const fence of [0n, 1n << 32n])
					for (const saved of [0n, (1n << 32n) | 7n])
						yield new Map([
							[ownerIndex(0), packOwner({ owner, state, incarnation: 1, token: 7 })],
							[phaseIndex(0), BigInt(phase)],
							[vcpuStateIndex(0), saved],
							[rangesIndex(0), 0x5eedn],
							[fenceIndex(0), fence],
							[fenceIndex(1), fence]
						]);
}

describe('a step', () => {
	const seen = packOwner({ owner: 0, state: OwnerState.handoff, incarnation: 1, token: 8 });
	const context = (words: SharedWords, actor: 'source' | 'target', without: readonly string[] = [], reached = true): StepContext => ({
		words,
		vm: 0,
		self: actor === 'source' ? 0 : 1,
		peer: actor === 'source' ? 1 : 0,
		incarnation: 1,
		me: { step: FIRST_STEP[actor], running: actor === 'source', locals: { token: 7, seen: seen.toString(16) }, planned: false },
		rangesCrc: 0x5eed,
		reached,
		without
	});

	test.each(HAND_OFF.map((step) => [step.id, step] as const))('%s makes the one access that it states, whatever it finds', (_, step) => {
		for (const situation of situations()) {
			const { shared, accesses } = counted(situation);
			const next = step.run(context(shared, step.actor));
			expect(accesses).toEqual(step.access === null ? [] : [step.access]);
			expect(RESTING.includes(next) || handOffStep(next) !== null, next).toBe(true);
			if (handOffStep(next)) expect(handOffStep(next)?.actor).toBe(step.actor);
			if (next === step.id) expect(step.polls).toBe(true);
		}
	});

	test('of a mutant makes one access, too', () => {
		for (const [mutant] of MUTANTS)
			for (const step of HAND_OFF)
				for (const situation of situations()) {
					const { shared, accesses } = counted(situation);
					step.run(context(shared, step.actor, [mutant]));
					expect(accesses.length).toBeLessThanOrEqual(1);
				}
	});

	test('the target says why it refuses: what is damaged before what is out of reach', () => {
		const check = handOffStep('check-ranges');
		const words = (crc: bigint) => counted(new Map([[rangesIndex(0), crc]])).shared;
		for (const [crc, reached, next, refusal] of [
			[0x5eedn, true, 'prepare', undefined],
			[0x5eedn, false, 'reject', 'not-switched'],
			[1n, true, 'reject', 'checksum-mismatch'],
			[1n, false, 'reject', 'checksum-mismatch']
		] as const) {
			const around = context(words(crc), 'target', [], reached);
			expect(check?.run(around)).toBe(next);
			expect(around.me.locals['refusal']).toBe(refusal);
		}
	});

	test('a source that leaves closes its proposal before it rests', () => {
		for (const { id } of HAND_OFF.filter((step) => step.actor === 'source')) {
			const me = { step: id, running: !['freeze', 'flush', 'check-owner', 'check-fence'].includes(id), locals: {}, planned: false };
			const out = wayOut(me);
			if (out === null) expect(LEADING_OUT).toContain(id);
			else expect(out).toBe(id === 'await-commit' ? 'abort' : me.running ? 'withdraw' : 'resume');
		}
		const { shared } = counted(new Map([[phaseIndex(0), BigInt(HandOffPhase.prepared)]]));
		expect(handOffStep('withdraw')?.run(context(shared, 'source'))).toBe('aborted');
		expect(shared.load(phaseIndex(0))).toBe(BigInt(HandOffPhase.idle));
	});

	test('ids are distinct and all words lie in the super-page', () => {
		expect(new Set(HAND_OFF.map((step) => step.id)).size).toBe(HAND_OFF.length);
		for (const index of [ownerIndex(63), phaseIndex(63), vcpuStateIndex(63), rangesIndex(63), fenceIndex(15)])
			expect(index).toBeLessThan(SUPERPAGE_WORDS);
	});
});
