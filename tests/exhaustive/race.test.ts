/**
 * Goal: over real threads one owner always wins a token. Method: threads of Node race over one shared buffer, some are killed at
 * random instants and recovered; the log is judged afterwards. Not reproducible: only what must always hold is asserted.
 */
import { execFileSync } from 'node:child_process';
import { beforeAll, describe, expect, test } from 'vitest';
import type { RaceReport } from '$lib/engine/contract/race.ts';
import { RACE_WORDS } from '$lib/engine/contract/race.ts';
import { stateMark } from '$lib/engine/contract/superpage-words.ts';
import { wordIndex } from '$lib/engine/contract/superpage.ts';
import { OwnerState, packOwner, unpackOwner } from '$lib/engine/contract/words.ts';
import { RACING } from '$lib/engine/superpage/race.ts';
import { raceLog, raceRunning } from '$lib/engine/contract/race.ts';
import type { Model } from '$lib/engine/superpage/search/model.ts';
import { explore } from '$lib/engine/superpage/search/search.ts';
import { beginning } from '$lib/engine/superpage/steps.ts';
import { fenceIndex, ownerIndex, vcpuStateIndex } from '$lib/engine/superpage/words.ts';

/** A buffer whose log holds few tokens. */
const RACE_SHORT = raceLog(0) + 200;

let reports: RaceReport[] = [];
beforeAll(() => {
	const orders = [
		{ protocol: 'ours', forMs: 600, kills: 4 },
		{ protocol: 'naive-pause', forMs: 300, kills: 0 },
		{ protocol: 'naive', forMs: 200, kills: 0 },
		{ protocol: 'ours', forMs: 300, kills: 0, logWords: RACE_SHORT }
	];
	const out = execFileSync('node', ['tools/run-ts.mjs', 'tests/support/race-lab.ts', JSON.stringify(orders)], { encoding: 'utf8' });
	reports = JSON.parse(out) as RaceReport[];
	console.log(reports);
}, 60_000);

describe('hosts as threads that really race', () => {
	test('ours: one owner for each token, whoever is killed', () => {
		expect(reports[0]).toMatchObject({ wonTwice: 0, overlaps: 0, firstTwice: null, recovered: 4 });
		expect(reports[0]?.handOffs).toBeGreaterThan(10);
		// Its log lasted as long as it did: every win is in the counts.
		expect(reports[0]?.full).toBe(false);
		expect(reports[0]?.wins.reduce((sum, each) => sum + each, 0)).toBe(reports[0]?.handOffs);
	});

	test('a log that is too short ends the race and says so; no win is written over', () => {
		expect(reports[3]).toMatchObject({ full: true, wonTwice: 0 });
		expect(reports[3]?.handOffs).toBeGreaterThan(40);
		expect(reports[3]?.handOffs).toBeLessThanOrEqual(200);
	});

	test('naive with a pause between its read and its write is caught', () => {
		expect(reports[1]?.wonTwice).toBeGreaterThan(0);
		expect(reports[1]?.firstTwice?.hosts.length).toBeGreaterThan(1);
	});

	test('naive without a pause: its rate is reported, whatever it is', () => {
		expect(reports[2]?.handOffs).toBeGreaterThan(0);
	});
});

describe('the same steps, every order of them', () => {
	const END = 5;
	const model = (without: readonly string[]): Model => ({
		id: 'race',
		hosts: ['A', 'B'],
		actors: [0, 1].map((host) => ({
			name: 'AB'[host] as string,
			host,
			incarnation: 1,
			steps: RACING.steps,
			rests: RACING.rests,
			record: beginning(RACING, { hosts: 2, most: END })
		})),
		words: [
			[ownerIndex(0), packOwner({ owner: 0, state: OwnerState.handoff, incarnation: 1, token: 1 })],
			[vcpuStateIndex(0), stateMark(0)],
			...[0, 1].flatMap((host) => [
				[fenceIndex(host), 0n] as const,
				[raceRunning(host), 0n] as const,
				[wordIndex('incarnation', host), 1n] as const
			]),
			...[RACE_WORDS.stop, RACE_WORDS.overlaps, RACE_WORDS.refused, RACE_WORDS.runs].map((index) => [index, 0n] as const),
			...Array.from({ length: END + 3 }, (_, token) => [raceLog(token), 0n] as const)
		],
		without,
		mayCrash: [],
		crashes: 0,
		statements: [
			{ id: 'I1', says: 'never two runners', holds: (view) => !(view.actor(0).running && view.actor(1).running) },
			{
				id: 'I2',
				says: 'the token grows',
				change: ({ before, after }) =>
					before.word(ownerIndex(0)) === after.word(ownerIndex(0)) ||
					unpackOwner(after.word(ownerIndex(0))).token > unpackOwner(before.word(ownerIndex(0))).token
			}
		],
		ending: () => 'over'
	});

	test('ours holds; the naive one has two runners', () => {
		const ours = explore(model([]));
		expect([ours.violations, ours.whole]).toEqual([[], true]);
		const [naive] = explore({ ...model(['compare']), statements: model([]).statements.slice(0, 1) }, { first: true }).violations;
		expect(naive?.says).toBe('never two runners');
	});
});
