import { describe, expect, it } from 'vitest';
import type { Simulation } from '../../src/lib/engine/index.ts';
import { smallCatalogue } from '../support/small-catalogue.ts';
import { expectSound, open } from '../support/worlds.ts';

/** What a run is: its fingerprint, its records, its course. */
function result(simulation: Simulation): { print: string; trace: unknown; series: unknown } {
	return {
		print: simulation.fingerprint(),
		trace: simulation.world.trace,
		series: simulation.world.series
	};
}

function straight(scenario: unknown, untilNs: number): Simulation {
	const simulation = open(scenario);
	simulation.advance(untilNs);
	return simulation;
}

describe.each(smallCatalogue())('$id', ({ scenario }) => {
	const { untilNs } = scenario;
	const reference = result(straight(scenario, untilNs));

	it.each([1, 7])('gives the same in slices of %i events', (size) => {
		const simulation = open(scenario);
		while (!simulation.advance(untilNs, size).done) {
			// The slice itself is the test.
		}
		expect(result(simulation)).toEqual(reference);
	});

	it('gives the same in slices of time', () => {
		const simulation = open(scenario);
		for (let at = 0; at < untilNs; at += 13_370_001) simulation.advance(at);
		simulation.advance(untilNs);
		expect(result(simulation)).toEqual(reference);
	});

	it('gives the same over a buffer that travels', () => {
		const simulation = open(scenario);
		for (let done = false; !done;) {
			done = simulation.advance(untilNs, 61).done;
			const arrived = structuredClone(simulation.world.buffer as ArrayBuffer);
			new Uint8Array(simulation.world.buffer).fill(0xa5);
			simulation.rebind(arrived);
		}
		expect(result(simulation)).toEqual(reference);
		expectSound(simulation);
	});

	it('gives the same in shared memory', () => {
		const simulation = open(scenario, { shared: true });
		simulation.advance(untilNs);
		expect(result(simulation)).toEqual(reference);
	});

	it('gives the same with every block in full detail', () => {
		const plain = open(scenario);
		const detailed = open(scenario, { forceDetail: true });
		expect(detailed.fingerprint()).toBe(plain.fingerprint());
		const events = reference.trace instanceof Array ? straight(scenario, untilNs).world.r.eventCount : 0;
		const moments = [0.02, 0.1, 0.25, 0.4, 0.5, 0.65, 0.8, 0.95].map((part) => Math.floor(part * events));
		for (const moment of moments) {
			for (const simulation of [plain, detailed]) simulation.advance(untilNs, moment - simulation.world.r.eventCount);
			expect(detailed.fingerprint(), `after event ${moment}, ${plain.nowNs} ns`).toBe(plain.fingerprint());
		}
		for (const simulation of [plain, detailed]) simulation.advance(untilNs);
		expect(result(detailed)).toEqual(reference);
		expectSound(detailed, 'in full detail');
	});
});
