/**
 * L12 on the real engine. The scenario does what its prose says; the belief's world really differs from the true one; the
 * witness wins on every seed of the list, the decoys lose on every one, doing nothing passes no check; the slider has a
 * border to find.
 */
import { describe, expect, it } from 'vitest';
import { makePort } from '../../src/lib/engine/worker/port.ts';
import { wordOf } from '../../src/lib/lessons/bet.ts';
import { comparedRounds, laneFacts, leftCurve, operationOf, roundEnds, settledBytes } from '../../src/lib/lessons/course.ts';
import { runGuest, type GuestResult } from '../../src/lib/lessons/attempt.ts';
import { drawGuests, untouchedChoice, type Guest } from '../../src/lib/lessons/family.ts';
import { findLesson, type Lesson } from '../../src/lib/lessons/load.ts';
import { runToEnd } from '../../src/lib/lessons/run.ts';
import { laneScenario } from '../../src/lib/lessons/scenario.ts';
import { bindLimits, type Choice } from '../../src/lib/lessons/schema.ts';

const lesson = findLesson('three-migrations') as Lesson;
const { bet, seen, belief, challenge, change } = lesson.steps;
const port = makePort((answer) => answer);

async function run(lane: string, options: { rate?: number; belief?: string } = {}) {
	const scenario = laneScenario(lesson, lane, options.rate === undefined ? {} : { rateBytesPerSecond: options.rate });
	const outcome = await runToEnd(port, {
		scenario,
		memory: 'shared',
		untilNs: bet.untilNs,
		belief: options.belief ?? null,
		expressions: [bindLimits(change.home.expression, {}), { q: 'proofHolds' }]
	});
	if (!outcome.ok || outcome.value === null) throw new Error(outcome.ok ? 'not wanted' : outcome.detail);
	return outcome.value;
}

describe('the lesson’s scenario', { timeout: 120_000 }, () => {
	it('never brings pre-copy home, and what is left settles above zero', async () => {
		const { summary, values } = await run('precopy');
		expect(values[0]).toBe(false);
		expect(operationOf(summary)?.endNs).toBeNull();
		expect(wordOf(leftCurve(summary))).toBe('settles');
		const rounds = roundEnds(summary);
		expect(rounds.length).toBeGreaterThan(6);
		expect(rounds[1]?.leftBytes).toBeLessThan(rounds[0]?.leftBytes as number);
		expect(settledBytes(summary)).toBeGreaterThan(0.3 * 1024 ** 3);
		expect(comparedRounds(summary, seen.earlierRound, seen.laterRound)).toBe('less');
	});

	it('brings nil-migration home within the picture, with nothing on the wire', async () => {
		const { summary, values } = await run('transit');
		expect(values).toEqual([true, 1]);
		const facts = laneFacts(summary);
		expect(facts?.wireBytes).toBe(0);
		expect(facts?.endNs).toBeLessThan(3e9);
		expect(facts?.worstPpm).toBeLessThan(900_000);
	});

	it('brings the guest of post-copy over first, slow until it has what it uses, and the resident one at once, slow for good', async () => {
		const gone = await run('postcopy');
		expect(gone.values).toEqual([true, 1]);
		expect(laneFacts(gone.summary)?.worstPpm).toBeLessThan(500_000);
		const stayed = await run('resident');
		expect(stayed.values).toEqual([true, 1]);
		expect(laneFacts(stayed.summary)?.endNs).toBeLessThan(1e9);
		expect(stayed.summary.vms[0]?.speedPpm.at(-1)).toBeLessThan(800_000);
	});

	it('differs from what the wrong belief says: there nothing is left after one round', async () => {
		const wrong = await run(belief.lane, { belief: belief.id });
		expect(wrong.status.belief).toBe(belief.id);
		expect(operationOf(wrong.summary)?.endNs).toBeLessThan(5e9);
		expect(wordOf(leftCurve(wrong.summary))).toBe('falls');
		// And such a move would lose what the guest wrote.
		expect(wrong.values[1]).toBe(0);
	});

	it('has a first difference that names a time and what each world does', async () => {
		const scenario = laneScenario(lesson, belief.lane);
		const worlds: number[] = [];
		for (const name of [null, belief.id]) {
			const opened = await port.open({ scenario, memory: 'shared', belief: name });
			if (!opened.ok) throw new Error(opened.detail);
			worlds.push(opened.value.world);
		}
		for (let done = false; !done;) done = (await port.advance({ worlds, untilNs: 1e9, eventBudget: 100_000 })).done;
		const { answer } = await port.ask({
			world: worlds[0] as number,
			query: { kind: 'first-difference', other: worlds[1] as number }
		});
		expect(answer?.atNs).toBeGreaterThan(0);
		expect(answer?.mine?.text ?? '').not.toBe(answer?.other?.text ?? '');
		expect(answer?.mine?.values.gfn ?? answer?.other?.values.gfn).toBeTypeOf('number');
		for (const world of worlds) await port.close({ world });
	});

	it('has a border between the rates of the slider', async () => {
		const home = async (rate: number) => (await run('precopy', { rate })).values[0];
		expect(await home(change.minBytesPerSecond)).toBe(true);
		expect(await home(1e9)).toBe(true);
		// That the lesson's own rate, below the end of the slider, does not come home was told above.
		expect(change.maxBytesPerSecond).toBeGreaterThan(laneScenario(lesson, bet.lane).vms[0]?.workload.rateBytesPerSecond ?? 0);
	}, 120_000);
});

/** Cheapest guests first: a decoy is lost as soon as one of them is. */
const ORDER = ['calm', 'held', 'flood'];

describe.each(challenge.seeds)('the challenge, seed %i', (seed) => {
	const draw = drawGuests(lesson, seed);
	const guests = [...draw.guests].sort((a, b) => ORDER.indexOf(a.family.id) - ORDER.indexOf(b.family.id));

	async function result(guest: Guest, choice: Choice | null): Promise<GuestResult> {
		const outcome = await runGuest(port, lesson, draw, guest, choice, { memory: 'shared' });
		if (!outcome.ok || outcome.value === null) throw new Error(outcome.ok ? 'not wanted' : outcome.detail);
		return outcome.value;
	}
	const words = (id: string, { passed, measured, reason }: GuestResult): string =>
		`seed ${seed}, ${id}: ${JSON.stringify({ passed, measured, reason })}`;

	it('is won by the witness', async () => {
		for (const guest of guests) {
			const id = guest.family.id;
			const reached = await result(guest, challenge.witness[id] as Choice);
			expect(reached.passed, words(id, reached)).not.toContain(false);
			expect(reached.passed).toHaveLength(challenge.checks.length);
		}
	}, 120_000);

	it.each(challenge.decoys.map((decoy) => [decoy.id, decoy] as const))(
		'is lost by "%s"',
		async (_id, decoy) => {
			const reached: string[] = [];
			for (const guest of guests) {
				const id = guest.family.id;
				const one = await result(guest, decoy.choices[id] as Choice);
				if (one.passed.includes(false)) return;
				reached.push(words(id, one));
			}
			expect.fail(`won by a solution that should lose: ${reached.join('; ')}`);
		},
		120_000
	);

	it('passes no check by doing nothing', async () => {
		for (const guest of guests) {
			const reached = await result(guest, null);
			expect(reached.passed, words(guest.family.id, reached)).not.toContain(true);
		}
	}, 120_000);

	it('says why nil-migration cannot take the guest with the held page', async () => {
		const held = guests.find((guest) => guest.heldGfn !== null) as Guest;
		const reached = await result(held, untouchedChoice(lesson, 'transit'));
		expect(reached.reason).toBe('unmovable-page');
	}, 120_000);
});
