/** Goal: of all hand-offs that can be laid with five acts, exactly the sound ones win. Method: every one of them is searched. */
import { describe, expect, test } from 'vitest';
import { HAND_OVER_ACTS, readHandOver, type HandOverAct } from '$lib/engine/contract/hand-over.ts';
import { judgeHandOver } from '$lib/engine/superpage/models/laid.ts';

const judge = (words: string) => {
	const plan = readHandOver(words);
	if (!plan.ok) throw new Error(plan.detail);
	return judgeHandOver(plan.value);
};

describe('a laid hand-off', () => {
	test.each(['software stop save flush give take', 'software stop flush save give take', 'hardware stop save give take'])(
		'%s wins',
		(words) => {
			const verdict = judge(words);
			expect([verdict.wins, verdict.whole]).toEqual([true, true]);
		}
	);

	test.each([
		['software stop save give flush take'],
		['software give stop save flush take'],
		['software save stop flush give take'],
		['software stop save flush take'],
		['software stop save flush put'],
		['software stop save flush give put'],
		['software stop save flush name'],
		['software stop save give take'],
		['software take stop save flush give']
	])('%s loses', (words) => {
		const verdict = judge(words);
		expect(verdict.wins).toBe(false);
		expect(verdict.reason).not.toBeNull();
	});

	const SOUND = ['stop save flush give take', 'stop flush save give take'];
	const orders: HandOverAct[][] = [];
	const lay = (laid: HandOverAct[]): void => {
		if (laid.length === 5) orders.push(laid);
		else for (const act of Object.keys(HAND_OVER_ACTS) as HandOverAct[]) if (!laid.includes(act)) lay([...laid, act]);
	};
	lay([]);

	test('of all 120 orders of the five acts two win', () => {
		const five = orders.filter((order) => !order.includes('name') && !order.includes('put'));
		expect(five).toHaveLength(120);
		expect(
			five
				.map((order) => order.join(' '))
				.filter((order) => judge(`software ${order}`).wins)
				.sort()
		).toEqual([...SOUND].sort());
	});

	test('orders with a plain write lose', () => {
		const others = orders.filter((order) => order.includes('name') || order.includes('put')).filter((_, at) => at % 19 === 0);
		expect(others.length).toBeGreaterThan(100);
		for (const order of others) expect([order.join(' '), judge(`software ${order.join(' ')}`).wins]).toEqual([order.join(' '), false]);
	});
});
