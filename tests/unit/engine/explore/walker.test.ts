import { describe, expect, it } from 'vitest';
import { actsOf } from '../../../../src/lib/engine/explore/acts.ts';
import { Walker } from '../../../../src/lib/engine/explore/walker.ts';
import { fingerprintOf } from '../../../../src/lib/engine/whole/fingerprint.ts';
import { mix32 } from '../../../../src/lib/base/hash.ts';
import { migrate, open, tinyWorld } from '../../../support/worlds.ts';

const scenario = tinyWorld({ journal: [{ atNs: 1_000_000, command: migrate('transit') }] });

function walkerOf(fromNs = 0): Walker {
	const opened = Walker.open({ scenario, fromNs });
	if (!opened.ok) throw new Error(opened.detail);
	return opened.value;
}

/** The same state in a world that was opened anew and ran the journal. */
function replayed(walker: Walker): string {
	const { r } = walker.world;
	const journal = walker.world.journal.slice(0, r.journalNext);
	const simulation = open(scenario, { journal });
	simulation.advance(r.nowNs);
	expect(simulation.world.r.eventCount).toBe(r.eventCount);
	return simulation.fingerprint();
}

describe('a world that is taken from state to state', () => {
	it.each([1, 2])('comes back to every state it was in, and each is a run of its own (walk %i)', (seed) => {
		const walker = walkerOf();
		const { world } = walker;
		const kept = [{ snapshot: walker.keep(), print: fingerprintOf(world), trace: world.trace.length }];
		for (let step = 0; step < 10; step += 1) {
			const draw = mix32(seed, step, 77);
			const from = kept[draw % kept.length] as (typeof kept)[number];
			walker.restore(from.snapshot);
			expect(fingerprintOf(world)).toBe(from.print);
			expect(world.trace.length).toBe(from.trace);
			const menu = actsOf(world, ['moves', 'faults', 'workload'], []);
			const choice = menu[(draw >>> 8) % (menu.length + 3)];
			if (choice) {
				world.journal = world.journal.slice(0, world.r.journalNext);
				if (!walker.give(choice.command).ok) continue;
			} else if (walker.goOn('phases', 300_000_000) === 'command') walker.takeDue(300_000_000);
			const print = fingerprintOf(world);
			expect(replayed(walker)).toBe(print);
			kept.push({ snapshot: walker.keep(), print, trace: world.trace.length });
		}
		expect(kept.length).toBeGreaterThan(4);
	});
	it('gives room back when a state is let go', () => {
		const walker = walkerOf();
		const before = walker.bytes;
		const first = walker.keep();
		walker.runTo(20_000_000);
		const second = walker.keep();
		expect(walker.bytes).toBeGreaterThan(before);
		walker.restore(first);
		walker.drop(second);
		walker.drop(first);
		expect(walker.bytes).toBe(before);
	});
});
