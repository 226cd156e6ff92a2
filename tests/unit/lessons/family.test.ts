/** The seeded family: the same seed gives the same guests everywhere, and every drawn guest is a scenario. */
import { describe, expect, it } from 'vitest';
import { readScenario } from '../../../src/lib/engine/contract/scenario/read.ts';
import { drawGuests, guestScenario, nextSeed, parametersOf, readSeed, untouchedChoice } from '../../../src/lib/lessons/family.ts';
import { LESSONS, type Lesson } from '../../../src/lib/lessons/load.ts';

const lesson = LESSONS[0] as Lesson;

describe('a seed', () => {
	it('draws the same every time', () => {
		expect(drawGuests(lesson, 12)).toEqual(drawGuests(lesson, 12));
	});

	it('differs from other seeds in order and in numbers', () => {
		const draws = Array.from({ length: 40 }, (_, seed) => drawGuests(lesson, seed));
		const orders = new Set(draws.map((draw) => draw.guests.map((guest) => guest.family.id).join()));
		const numbers = new Set(
			draws.map((draw) =>
				draw.guests
					.map((guest) => guest.rateBytesPerSecond)
					.sort()
					.join()
			)
		);
		expect(orders.size).toBe(6);
		expect(numbers.size).toBeGreaterThan(5);
	});

	it('leads to another one by itself, never far above what can be read out', () => {
		let seed = 1;
		const seen = new Set<number>();
		for (let n = 0; n < 50; n += 1) {
			seed = nextSeed(seed);
			expect(seed).toBeLessThan(1_000_000);
			seen.add(seed);
		}
		expect(seen.size).toBe(50);
	});

	it('is read from an address only when it is one', () => {
		expect(readSeed('12')).toBe(12);
		for (const text of [null, '', '-1', '1e3', '1234567', 'x']) expect(readSeed(text)).toBeNull();
	});
});

describe('a guest', () => {
	it('is a scenario that the contract reads, with and without an order', () => {
		for (let seed = 0; seed < 30; seed += 1) {
			const draw = drawGuests(lesson, seed);
			for (const guest of draw.guests)
				for (const choice of [null, ...lesson.steps.lanes.map((lane) => untouchedChoice(lesson, lane.id))]) {
					const scenario = guestScenario(lesson, draw, guest, choice);
					const read = readScenario(scenario);
					expect(read.ok, `seed ${seed}, ${guest.family.id}`).toBe(true);
					expect(scenario.journal).toHaveLength(choice === null ? 0 : 1);
				}
		}
	});

	it('hands its settings to the mover, over those of the lesson', () => {
		const parameters = parametersOf(lesson, {
			lane: 'precopy',
			settings: { 'downtime-limit': 'short', throttle: 'slow' }
		});
		expect(parameters).toMatchObject({
			maxBandwidthBytesPerSecond: 0,
			downtimeLimitNs: 25_000_000,
			autoConverge: true
		});
	});
});
