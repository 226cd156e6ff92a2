import { expect, test } from 'vitest';
import { capture } from '../../src/lib/engine/sim/checkpoint.ts';
import { Chance, seedOr } from '../support/chance.ts';
import { migrate, open, tinyWorld } from '../support/worlds.ts';

/**
 * The way through history against the plain way: a world that goes to and fro, is told things on the way and takes
 * checkpoints at any moment is always what its journal says, run from the start.
 */
const RUNS = 8;
const STEPS = 30;
const SPAN_NS = 60_000_000;

test.each(Array.from({ length: RUNS }, (_, run) => run))('run %i: seeks, orders and undos end where the journal leads', (run) => {
	const seed = (seedOr(20261121) + run) >>> 0;
	const chance = new Chance(seed);
	const scenario = tinyWorld({});
	const simulation = open(scenario, { checkpointBytes: chance.once(2) ? 400_000 : 64e6 });
	const orders = [
		migrate('transit'),
		migrate('precopy'),
		{ name: 'migrate-cancel', vm: 'vm0' },
		{ name: 'pin', vm: 'vm0', gfn: 3, term: 'short', forNs: 2_000_000 },
		{ name: 'set-workload', vm: 'vm0', workload: { kind: 'memory-muncher' } },
		{ name: 'set-workload', vm: 'vm0', workload: { kind: 'idle' } }
	] as const;
	for (let step = 0; step < STEPS; step += 1) {
		const to = chance.whole(0, SPAN_NS);
		switch (chance.whole(0, 6)) {
			case 0:
			case 1:
				simulation.seek(to);
				break;
			case 2:
				simulation.seekEvent(chance.whole(0, simulation.world.r.eventCount + 5));
				break;
			case 3:
				simulation.advance(Math.max(simulation.nowNs, to));
				break;
			case 4:
				// Also between two events, and in the middle of a known course.
				capture(simulation.world, simulation.history);
				break;
			case 5:
				simulation.send(chance.pick(orders));
				break;
			default:
				simulation.undo();
		}
		const plain = open(scenario, { journal: simulation.world.journal });
		plain.seekEvent(simulation.world.r.eventCount);
		if (plain.nowNs < simulation.nowNs) plain.advance(simulation.nowNs);
		// A step by events may have stopped before an order of this very moment.
		if (plain.world.r.eventCount !== simulation.world.r.eventCount) simulation.advance(simulation.nowNs);
		const where = `seed ${seed}, step ${step}, at ${simulation.nowNs}`;
		expect(plain.world.r.eventCount, where).toBe(simulation.world.r.eventCount);
		expect(simulation.fingerprint(), where).toBe(plain.fingerprint());
		expect(simulation.world.trace, where).toEqual(plain.world.trace);
		expect(simulation.world.series, where).toEqual(plain.world.series);
		expect(simulation.history.bytes, where).toBeLessThan(64e6);
	}
});

test('an order given before a checkpoint that was taken without a new event makes it void', () => {
	const scenario = tinyWorld({});
	const simulation = open(scenario);
	simulation.advance(10_000_000);
	capture(simulation.world, simulation.history);
	const checkpoint = simulation.history.checkpoints.at(-1);
	simulation.seek((checkpoint?.nowNs ?? 0) - 1);
	expect(simulation.world.r.eventCount).toBe(checkpoint?.eventCount);
	simulation.send({ name: 'pin', vm: 'vm0', gfn: 3, term: 'long' });
	simulation.seek(12_000_000);
	expect(simulation.world.r.pins.length).toBe(1);
});
