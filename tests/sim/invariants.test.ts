import { describe, it } from 'vitest';
import { smallCatalogue } from '../support/small-catalogue.ts';
import { expectPinsKnown, expectSound, migrate, open, tinyWorld } from '../support/worlds.ts';

/** Whole-world statements after the events of a run. A long run is looked at after every n-th event, each time at others. */
const LOOKS = 160;

describe('every statement holds', () => {
	it.each(smallCatalogue([]))('all along $id', ({ scenario }) => {
		const all = open(scenario);
		all.advance(scenario.untilNs);
		const every = Math.max(1, Math.floor(all.world.r.eventCount / LOOKS));
		const simulation = open(scenario);
		expectSound(simulation, 'at the start');
		for (let event = 1; !simulation.advance(scenario.untilNs, 1).done; event += 1)
			if (event % every === 0) {
				expectSound(simulation, scenario.id);
				expectPinsKnown(simulation, scenario.id);
			}
		expectSound(simulation, 'at the end');
	});

	it.each(['transit', 'precopy'] as const)('after every single event of a small %s', (strategy) => {
		const simulation = open(tinyWorld({ journal: [{ atNs: 1_000_000, command: migrate(strategy) }] }));
		while (!simulation.advance(90_000_000, 1).done) expectSound(simulation, strategy);
	});
});
