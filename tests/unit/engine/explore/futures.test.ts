import { describe, expect, it } from 'vitest';
import { Futures } from '../../../../src/lib/engine/explore/futures.ts';
import { failureOf } from '../../../../src/lib/engine/contract/explore/words.ts';
import type { FuturesAnswer, FuturesRequest } from '../../../../src/lib/engine/contract/explore/request.ts';
import { evaluate } from '../../../../src/lib/engine/queries/evaluate.ts';
import { migrate, open, tinyWorld } from '../../../support/worlds.ts';

const scenario = tinyWorld({ journal: [{ atNs: 1_000_000, command: migrate('transit') }] });

const request = (more: Partial<FuturesRequest> = {}): FuturesRequest => ({
	kind: 'futures',
	scenario,
	fromNs: 0,
	futures: 5,
	later: 'kept',
	draws: 1,
	grain: 'phases',
	vary: ['faults'],
	failure: { id: 'not-completed' },
	seed: 5,
	horizonNs: 300_000_000,
	...more
});

function tried(asked: FuturesRequest, slice = Infinity): FuturesAnswer {
	const opened = Futures.open(asked);
	if (!opened.ok) throw new Error(opened.detail);
	while (!opened.value.work(slice));
	return opened.value.answer();
}

describe('futures of a run', () => {
	it('fail as often as the draws make them, fewer towards the end, and none once it is over', () => {
		const answer = tried(request());
		const shares = answer.moments.map((moment) => moment.chance.share);
		expect(answer.tried).toBe(answer.moments.length * 5);
		expect(Math.max(...shares)).toBeGreaterThan(0);
		expect(Math.min(...shares)).toBeLessThan(1);
		expect(shares.at(-1)).toBe(0);
		expect(answer.steps.cliff).toBeNull();
	});
	it('that failed are runs which fail again', () => {
		const answer = tried(request());
		const failing = answer.moments.flatMap((moment) => moment.failing ?? []);
		expect(failing.length).toBeGreaterThan(0);
		const { expression } = failureOf(request().failure);
		for (const { journal } of failing) {
			const again = open(scenario, { journal });
			again.advance(300_000_000);
			expect(evaluate(again.world, expression)).toBe(true);
		}
	});
	it('are the same whatever the slice, and others with another seed', () => {
		const whole = JSON.stringify(tried(request()));
		for (const slice of [700]) expect(JSON.stringify(tried(request(), slice))).toBe(whole);
		expect(JSON.stringify(tried(request({ seed: 6 })))).not.toBe(whole);
	});
	it('leave nothing open where nothing is left to chance', () => {
		const answer = tried(request({ draws: 0, futures: 1 }));
		expect(answer.moments.map((moment) => moment.chance.hits)).toEqual(answer.moments.map(() => 0));
	});
	it('a run that breaks a rule falls off a cliff', () => {
		const broken = tinyWorld({
			journal: [
				{ atNs: 1_000_000, command: migrate('transit') },
				{ atNs: 3_000_000, command: { name: 'plant', fault: 'skip-flush' } }
			]
		});
		const answer = tried(request({ scenario: broken, draws: 0, later: 'drawn', failure: { id: 'lost' }, futures: 5 }));
		expect(answer.steps.cliff).not.toBeNull();
		expect(answer.moments[0]?.chance.hits).toBe(0);
		expect(answer.moments.at(-1)?.chance.share).toBe(1);
	});
});
