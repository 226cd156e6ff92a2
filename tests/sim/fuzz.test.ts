import { describe, expect, it } from 'vitest';
import { Simulation } from '../../src/lib/engine/index.ts';
import { REASONS, type ReasonId } from '../../src/lib/engine/contract/reasons.ts';
import { Chance, seedOr } from '../support/chance.ts';
import { expectPinsKnown, expectSound, settle } from '../support/worlds.ts';
import { randomCommand, randomScenario } from './random-worlds.ts';

const FIRST_SEED = seedOr(20_000);
const WORLDS = 60;
const COMMANDS = 24;

const counts = new Map<string, number>();
const note = (what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1);

/** Time to the next command: right away, inside a batch, inside a phase, or much later. */
const GAPS = [0, 700, 300_000, 4_000_000, 15_000_000, 40_000_000, 120_000_000];

function looked(simulation: Simulation, where: string): void {
	expectSound(simulation, where);
	expectPinsKnown(simulation, where);
}

function play(seed: number): void {
	const chance = new Chance(seed);
	const scenario = randomScenario(chance);
	const opened = Simulation.open({ scenario, checkpointBytes: 0 });
	if (!opened.ok) {
		// Too much for the hosts: a refusal at the door, and the next seed.
		note(`open: ${opened.reason}`);
		return;
	}
	const simulation = opened.value;
	const where = (step: number): string => `FUZZ_SEED=${seed}, command ${step}`;
	looked(simulation, where(-1));
	for (let step = 0; step < COMMANDS; step += 1) {
		const until = simulation.nowNs + Math.floor((chance.pick(GAPS) * chance.whole(500, 1000)) / 1000);
		simulation.advance(until, chance.once(4) ? chance.whole(1, 40) : Infinity);
		if (chance.once(4)) looked(simulation, `${where(step)}, before`);
		const command = randomCommand(chance, simulation.world);
		const answer = simulation.send(command);
		note(`${command.name}: ${answer.ok ? 'accepted' : answer.reason}`);
		looked(simulation, `${where(step)}, ${JSON.stringify(command)}`);
	}
	// Whatever still holds a page lets go, so that everything can end; the guests come to rest.
	for (const vm of simulation.world.r.vms)
		simulation.send({
			name: 'set-workload',
			vm: vm.id,
			workload: { kind: 'idle', rateBytesPerSecond: 0 }
		});
	for (const operation of simulation.world.r.operations)
		if (operation.state === 'running')
			simulation.send({
				name: 'migrate-set-parameters',
				vm: simulation.world.r.vms[operation.vm]?.id,
				maxBandwidthBytesPerSecond: 0,
				downtimeLimitNs: 300_000_000
			});
	expect(settle(simulation, 60_000_000_000), `${where(COMMANDS)}: still running after a minute`).toBe(true);
	looked(simulation, `${where(COMMANDS)}, at the end`);
	for (const operation of simulation.world.r.operations)
		note(`${operation.strategy}: ${operation.state}${operation.reason === null ? '' : ` (${operation.reason})`}`);
	for (const record of simulation.world.trace) note(`record: ${record.kind}`);
}

/** What random commands must have met at least once in a run of the fixed seeds. */
const EXPECTED = [
	...['migrate', 'migrate-cancel', 'migrate-set-parameters', 'set-workload', 'pin', 'unpin'].map((name) => `${name}: accepted`),
	...[
		'already-running',
		'same-host',
		'no-room-target',
		'no-room-pool',
		'no-shared-memory',
		'unmovable-page',
		'unknown-vm',
		'unknown-host',
		'too-many-vcpus'
	].map((reason) => `migrate: ${reason}`),
	'migrate-cancel: no-migration',
	'migrate-cancel: too-late',
	'migrate-set-parameters: no-migration',
	'pin: not-backed',
	'unpin: not-pinned',
	'precopy: completed',
	'precopy: cancelled (cancelled)',
	'transit: completed',
	'transit: cancelled (cancelled)',
	'transit: failed (page-stayed)',
	'transit: failed (too-many-ranges)',
	...['batch-begin', 'batch-end', 'retry', 'redirty', 'sync', 'publish', 'adopt', 'vcpu'].map((kind) => `record: ${kind}`)
];

describe('random commands in random worlds', () => {
	it.each(Array.from({ length: WORLDS / 5 }, (_, index) => FIRST_SEED + index * 5))('break nothing: seeds from %i on', (first) => {
		const broken: string[] = [];
		for (let seed = first; seed < first + 5; seed += 1)
			try {
				play(seed);
			} catch (error) {
				broken.push(`FUZZ_SEED=${seed}: ${(error as Error).stack ?? String(error)}`);
			}
		expect(broken.join('\n\n')).toBe('');
	});

	it('met everything that they should', () => {
		const lines = [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([what, count]) => `${String(count).padStart(7)}  ${what}`);
		console.log(`fuzz from seed ${FIRST_SEED}, ${WORLDS} worlds of ${COMMANDS} commands\n${lines.join('\n')}`);
		for (const reason of [...counts.keys()].flatMap((what) => /: ([a-z-]+)$/.exec(what)?.[1] ?? []))
			expect([...Object.keys(REASONS), 'accepted', 'completed'] as (ReasonId | string)[], reason).toSatisfy(
				(known: string[]) => known.includes(reason) || counts.has(`record: ${reason}`)
			);
		expect(EXPECTED.filter((what) => !counts.has(what))).toEqual([]);
	});
});
