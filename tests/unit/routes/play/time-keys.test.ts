/** Goal: no press on a time axis is lost. Method: an engine that answers only when it is told to. */
import { expect, it } from 'vitest';
import { TimeKeys } from '../../../../src/routes/play/time-keys.ts';

it('presses that come before the engine has followed add up', async () => {
	const asked: number[] = [];
	const answers: (() => void)[] = [];
	const keys = new TimeKeys((ns) => {
		asked.push(ns);
		return new Promise((done) => answers.push(done));
	});
	for (let press = 0; press < 4; press += 1) expect(keys.press('PageDown', 0, 1000)).toBe(true);
	keys.press('ArrowLeft', 0, 1000);
	expect(asked).toEqual([100, 200, 300, 400, 390]);
	for (const answer of answers) answer();
	await Promise.resolve();
	await Promise.resolve();
	keys.press('PageUp', 700, 1000);
	expect(asked.at(-1)).toBe(600);
});

it('stays on the axis, and leaves other keys alone', () => {
	const asked: number[] = [];
	const keys = new TimeKeys(async (ns) => {
		asked.push(ns);
	});
	keys.press('End', 0, 1000);
	keys.press('PageDown', 0, 1000);
	keys.press('Home', 0, 1000);
	keys.press('PageUp', 0, 1000);
	expect(asked).toEqual([1000, 1000, 0, 0]);
	expect(keys.press('Enter', 0, 1000)).toBe(false);
});
