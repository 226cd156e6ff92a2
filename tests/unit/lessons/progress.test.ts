/** Progress as text: out, in, merged; foreign text is refused with words. */
import { describe, expect, it } from 'vitest';
import {
	emptyLessonProgress,
	emptyProgress,
	mergeProgress,
	readProgress,
	stepsDone,
	writeProgress,
	type Progress
} from '../../../src/lib/lessons/progress.ts';

const some = (change: Partial<Progress['lessons'][string]> = {}): Progress => ({
	...emptyProgress(),
	lessons: { 'three-migrations': { ...emptyLessonProgress(), bet: 'falls', ran: true, ...change } }
});

describe('progress', () => {
	it('survives writing and reading', () => {
		const read = readProgress(writeProgress(some()));
		expect(read.ok && read.value).toEqual(some());
	});

	it('refuses what it cannot read, and says why', () => {
		const reasons = ['', 'hello', '{}', '{"switchyardProgress":1,"lessons":{"X":1}}', '[]', 'null'].map((text) => {
			const read = readProgress(text);
			return read.ok ? 'ok' : read.reason;
		});
		expect(reasons).toEqual(new Array(6).fill('unreadable'));
		const newer = readProgress('{"switchyardProgress":3,"lessons":{}}');
		expect(newer.ok ? null : newer.reason).toBe('newer');
	});

	it('reads what version 1 wrote', () => {
		const read = readProgress('{"switchyardProgress":1,"lessons":{}}');
		expect(read.ok && read.value).toEqual(emptyProgress());
	});

	it('loses nothing by merging; an unmarked win stays unmarked', () => {
		const merged = mergeProgress(
			some({ attempts: 2, won: [{ seed: 1, marked: false }] }),
			some({
				attempts: 5,
				seen: 'less',
				won: [
					{ seed: 1, marked: true },
					{ seed: 7, marked: true }
				]
			})
		);
		expect(merged.lessons['three-migrations']).toMatchObject({
			attempts: 5,
			seen: 'less',
			won: [
				{ seed: 1, marked: false },
				{ seed: 7, marked: true }
			]
		});
	});

	it('counts decisions, not minutes', () => {
		expect(stepsDone(undefined)).toEqual([false, false, false, false, false]);
		expect(stepsDone(some().lessons['three-migrations'])).toEqual([true, true, false, false, false]);
	});
});
