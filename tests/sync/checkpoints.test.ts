import { describe, expect, it } from 'vitest';
import { capture, restore, type Checkpoint } from '../../src/lib/engine/sim/checkpoint.ts';
import { smallCatalogue } from '../support/small-catalogue.ts';
import { migrate, open, settle, smallWorld, tinyWorld } from '../support/worlds.ts';

/** Every step is put back and run again; a fingerprint takes longer than both, so every fifth is compared. */
const STRIDE = 5;

const small = tinyWorld({ journal: [{ atNs: 1_000_000, command: migrate('transit') }] });

describe.each([
	{ id: 'small transit', scenario: small },
	{
		id: 'small pre-copy',
		scenario: { ...small, journal: [{ atNs: 1_000_000, command: migrate('precopy') }] }
	}
])('$id', ({ scenario }) => {
	it('is all in a checkpoint: put back after every step and run again', () => {
		const simulation = open(scenario, { checkpointBytes: 1e9 });
		const { world, history } = simulation;
		const reference = new Map<number, string>();
		const points: Checkpoint[] = [];
		for (let more = true; more;) {
			capture(world, history);
			if (points.length % STRIDE === 0) reference.set(points.length, simulation.fingerprint());
			points.push(history.checkpoints.at(-1) as Checkpoint);
			more = !simulation.advance(scenario.untilNs, 1).done;
		}
		reference.set(points.length, simulation.fingerprint());
		expect(points.length).toBeGreaterThan(100);
		const trace = JSON.stringify(world.trace);
		// Backwards, since going back drops what lies later.
		for (let at = points.length - 1; at >= 0; at -= 1) {
			restore(world, history, points[at] as Checkpoint);
			if (at % (8 * STRIDE) === 0) expect(simulation.fingerprint(), `restored step ${at}`).toBe(reference.get(at));
			simulation.advance(scenario.untilNs, 1);
			const wanted = reference.get(at + 1);
			if (wanted !== undefined) expect(simulation.fingerprint(), `step ${at} run again`).toBe(wanted);
		}
		simulation.advance(scenario.untilNs);
		expect(JSON.stringify(world.trace)).toBe(trace);
	});
});

describe.each(smallCatalogue())('$id', ({ scenario }) => {
	it('ends the same after seeking to and fro, with a small budget of checkpoints', () => {
		const { untilNs } = scenario;
		const parts = [0.3, 0.1, 0.6, 0.59, 0, 0.9, 0.45];
		const reference = open(scenario);
		const prints = new Map<number, string>();
		for (const part of [...parts].sort((a, b) => a - b)) {
			reference.advance(Math.floor(part * untilNs));
			prints.set(part, reference.fingerprint());
		}
		reference.advance(untilNs);
		const simulation = open(scenario, { checkpointBytes: 6_000_000 });
		for (const part of parts) {
			while (!simulation.seek(Math.floor(part * untilNs), 97).done) {
				// Bounded calls until it is there.
			}
			expect(simulation.nowNs).toBe(Math.floor(part * untilNs));
			expect(simulation.fingerprint(), `at ${part}`).toBe(prints.get(part));
		}
		simulation.seek(untilNs);
		expect(simulation.fingerprint()).toBe(reference.fingerprint());
		expect(simulation.world.trace).toEqual(reference.world.trace);
		expect(simulation.world.series).toEqual(reference.world.series);
	});
});

describe('stepping by events', () => {
	it('goes back one event at a time', () => {
		const simulation = open(small);
		const prints = new Map<number, string>();
		const times: number[] = [];
		for (let event = 0; event < 160; event += 1) {
			if (event % 8 === 0) prints.set(event, simulation.fingerprint());
			times.push(simulation.nowNs);
			simulation.step('event');
		}
		for (let event = 159; event >= 0; event -= 1) {
			simulation.seekEvent(event);
			expect(simulation.world.r.eventCount).toBe(event);
			expect(simulation.nowNs).toBe(times[event]);
			const wanted = prints.get(event);
			if (wanted !== undefined) expect(simulation.fingerprint(), `event ${event}`).toBe(wanted);
		}
		simulation.seekEvent(120);
		expect(simulation.fingerprint()).toBe(prints.get(120));
	});

	it('crosses each phase border and each commit', () => {
		const simulation = open(small);
		const phases: string[] = [];
		for (let at = 0; at < 40; at += 1) {
			simulation.step('phase');
			const phase = simulation.status().operations[0]?.phases.at(-1)?.id;
			if (phase !== undefined && phase !== phases.at(-1)) phases.push(phase);
		}
		expect(phases).toEqual(['prepare', 'staging', 'publish', 'handoff', 'unstaging', 'release']);
		const again = open(small);
		const owners: string[] = [];
		for (let at = 0; at < 20; at += 1) {
			again.step('commit');
			owners.push(`${again.world.r.vms[0]?.ownerChangedNs}`);
		}
		expect(new Set(owners).size).toBeGreaterThan(5);
	});
});

describe('commands', () => {
	const quiet = smallWorld({ untilNs: 250_000_000 });

	it('sent live are the same as commands in the journal', () => {
		const live = open(quiet);
		live.advance(1_000_000);
		live.send(migrate('transit'));
		live.advance(50_000_000);
		live.send({ name: 'set-workload', vm: 'vm0', workload: { kind: 'idle' } });
		live.advance(quiet.untilNs);
		const replayed = open(quiet, { journal: live.world.journal });
		replayed.advance(quiet.untilNs);
		expect(replayed.fingerprint()).toBe(live.fingerprint());
		expect(replayed.world.trace).toEqual(live.world.trace);
	});

	it.each([
		migrate('transit'),
		migrate('precopy'),
		{ name: 'pin', vm: 'vm0', gfn: 700, term: 'long' } as const,
		{ name: 'set-workload', vm: 'vm0', workload: { kind: 'memory-muncher' } } as const,
		{ name: 'plant', fault: 'flip-content' } as const,
		{ name: 'unpin', vm: 'vm0', gfn: 1 } as const
	])('undone leave no trace: %o', (command) => {
		const never = open(quiet);
		never.advance(30_000_000);
		const undone = open(quiet);
		undone.advance(30_000_000);
		undone.send(command);
		undone.advance(90_000_000);
		expect(undone.undo().ok).toBe(true);
		expect(undone.nowNs).toBe(30_000_000);
		expect(undone.fingerprint()).toBe(never.fingerprint());
		expect(undone.world.trace).toEqual(never.world.trace);
		for (const simulation of [never, undone]) simulation.advance(200_000_000);
		expect(undone.fingerprint()).toBe(never.fingerprint());
	});

	it('undone at time 0, also after many others', () => {
		const never = open(quiet);
		const undone = open(quiet);
		for (let index = 0; index < 300; index += 1) {
			const command = {
				name: 'pin',
				vm: 'vm0',
				gfn: index,
				term: 'short',
				forNs: 1_000_000 + index
			} as const;
			undone.send(command);
			if (index < 299) never.send(command);
			// Checkpoints are made while running.
			for (const simulation of [undone, never]) simulation.advance(0);
		}
		undone.undo();
		expect(undone.fingerprint()).toBe(never.fingerprint());
	});

	it('cut off the future of the journal after going back', () => {
		const forked = open(quiet);
		forked.advance(10_000_000);
		forked.send(migrate('precopy'));
		forked.advance(60_000_000);
		forked.send({ name: 'migrate-cancel', vm: 'vm0' });
		forked.seek(20_000_000);
		forked.send({ name: 'pin', vm: 'vm0', gfn: 5, term: 'short' });
		expect(forked.world.journal.map((entry) => entry.command.name)).toEqual(['migrate', 'pin']);
		settle(forked);
		const straightOn = open(quiet, { journal: forked.world.journal });
		straightOn.advance(forked.nowNs);
		expect(forked.fingerprint()).toBe(straightOn.fingerprint());
	});
});
