import { describe, expect, it } from 'vitest';
import {
	exchangeCommands,
	EXCHANGE_SLOTS,
	type ExchangePlan,
	type ExchangeVerdict
} from '../../../../../src/lib/engine/contract/exchange.ts';
import { exploreExchange } from '../../../../../src/lib/engine/fabric/coherence/explore.ts';
import { readExchangePlan } from '../../../../../src/lib/engine/fabric/coherence/exchange-plan.ts';

function verdict(text: string): ExchangeVerdict {
	const plan = readExchangePlan(text);
	if (!plan.ok) throw new Error(plan.detail);
	return exploreExchange(plan.value);
}

const FOUR = 'A1 flush question; B2 invalidate question; B4 flush answer; A5 invalidate answer';
const FENCED = 'A1 flush question; A1 fence; B2 invalidate question; B2 fence; B4 flush answer; B4 fence; A5 invalidate answer; A5 fence';

describe('the exchange over shared memory', () => {
	it('is won by four operations at the right places, in every order', () => {
		const found = verdict(`software; ${FOUR}`);
		expect(found).toMatchObject({ wins: true, operations: 4, staleReads: 0, whole: true });
		expect(found.path.map(({ step }) => step).filter((step) => step !== null)).toEqual([1, 2, 3, 4, 5, 6]);
	});

	it('is lost without any, twice', () => {
		expect(verdict('software')).toMatchObject({ wins: false, staleReads: 2 });
	});

	it('is lost by three operations: every three of the winning four, and one in 97 of all choices', () => {
		const places = EXCHANGE_SLOTS.flatMap((slot) =>
			(['flush', 'invalidate'] as const).flatMap((operation) =>
				(['question', 'answer'] as const).map((line) => ({ slot, operation, line }))
			)
		);
		const plan = (placed: ExchangePlan['placed']): ExchangePlan => ({ model: 'software', options: [], placed });
		let tried = 0;
		for (let a = 0; a < places.length; a += 1)
			for (let b = a + 1; b < places.length; b += 1)
				for (let c = b + 1; c < places.length; c += 1) {
					const placed = [places[a], places[b], places[c]] as unknown as ExchangePlan['placed'];
					if ((tried += 1) % 97 !== 0) continue;
					expect(exploreExchange(plan(placed)).wins, JSON.stringify(placed)).toBe(false);
				}
		expect(tried).toBe(9880);
		const four = readExchangePlan(`software; ${FOUR}`);
		if (!four.ok) throw new Error(four.detail);
		for (const left of four.value.placed) expect(exploreExchange(plan(four.value.placed.filter((each) => each !== left))).wins).toBe(false);
	});

	it.each([
		['before it is told, what it drops comes back by a prefetch', FOUR.replace('B2 invalidate', 'B0 invalidate')],
		['a flush after telling comes too late', FOUR.replace('A1 flush', 'A2 flush')],
		['an invalidate in place of the flush drops what was stored', FOUR.replace('A1 flush', 'A1 invalidate')],
		['a flush in place of the invalidate keeps the old line', FOUR.replace('A5 invalidate', 'A5 flush')]
	])('is lost when %s', (_, placed) => {
		const found = verdict(`software; ${placed}`);
		expect(found.wins).toBe(false);
		expect(found.path.at(-1)?.stale).toBe(true);
	});

	it('needs fences where flushes end later', () => {
		expect(verdict(`software weak; ${FOUR}`).wins).toBe(false);
		expect(verdict(`software weak; ${FENCED}`)).toMatchObject({ wins: true, operations: 4, fences: 4 });
	});

	it('cannot be won on a CPU that writes clean lines back, not even when it only reads', () => {
		const found = verdict(`software clean-writebacks-B; ${FOUR}`);
		expect(found.wins).toBe(false);
		expect(found.path.some(({ does }) => does?.execute === 'write-back-clean')).toBe(true);
		expect(verdict(`software clean-writebacks-A; ${FOUR}`).wins).toBe(false);
	});

	it('needs nothing with hardware coherence, and cannot happen at all in a read-only region', () => {
		expect(verdict('hardware')).toMatchObject({ wins: true, operations: 0 });
		expect(verdict('read-only').wins).toBe(false);
	});

	it('survives a crash of A once the question is flushed, and not before', () => {
		expect(verdict(`software crash; ${FOUR}`).wins).toBe(true);
		expect(verdict(`software crash; ${FOUR.replace('A1 flush question; ', '')}`).wins).toBe(false);
	});

	it('is won on one line of the caches too, because the exchange takes turns', () => {
		expect(verdict(`software one-line; ${FOUR}`).wins).toBe(true);
	});

	it.each([
		'',
		'magic',
		'software; C1 flush question',
		'software; A1 polish question',
		'software; A1 flush',
		'software; A1 fence answer',
		'software loud'
	])('refuses the words "%s"', (text) => {
		expect(readExchangePlan(text).ok).toBe(false);
	});
});

describe('the exchange where the device keeps caches coherent', () => {
	it('is looked at message by message: snoops and grants stand in the path, in the order of the steps', () => {
		const found = verdict('hardware');
		expect(found).toMatchObject({ wins: true, whole: true, staleReads: 0 });
		expect(found.path.map(({ step }) => step).filter((step) => step !== null)).toEqual([1, 2, 3, 4, 5, 6]);
		expect(found.path.some(({ actor, says }) => actor === 'coherence' && says.startsWith('BISnpData'))).toBe(true);
		expect(found.states).toBeGreaterThan(verdict('software').path.length * 10);
	});

	it('is won on one line too, and a crash of A loses what A had changed', () => {
		expect(verdict('hardware one-line')).toMatchObject({ wins: true, whole: true });
		expect(verdict('hardware crash')).toMatchObject({ wins: false, whole: true });
	});
});

describe('the commands of a run', () => {
	const hosts = { A: 'a', B: 'b' };
	it('begin flushes and invalidates only, where the plan is weak', () => {
		const { path, plan } = verdict(`software weak; ${FENCED}`);
		const commands = exchangeCommands(path, hosts, 'T', plan.options);
		const weak = commands.filter(({ arguments: given }) => given.weak === true).map(({ execute }) => execute);
		expect(weak.length).toBeGreaterThan(0);
		expect(weak.every((execute) => execute === 'flush' || execute === 'invalidate')).toBe(true);
		expect(exchangeCommands(path, hosts, 'T').some(({ arguments: given }) => given.weak === true)).toBe(false);
	});
	it('name one line for question and answer, where they lie in one', () => {
		const { path, plan } = verdict(`software one-line; ${FOUR}`);
		expect(new Set(exchangeCommands(path, hosts, 'T', plan.options).map(({ arguments: given }) => given.offset))).toEqual(new Set([0]));
		expect(new Set(exchangeCommands(path, hosts, 'T').map(({ arguments: given }) => given.offset))).toEqual(new Set([0, 64]));
	});
});
