import { describe, expect, it } from 'vitest';
import type { Command, StrategyId } from '../../src/lib/engine/contract/commands.ts';
import { Simulation } from '../../src/lib/engine/index.ts';
import { Chance, seedOr } from '../support/chance.ts';
import { expectPinsKnown, expectSound, settle } from '../support/worlds.ts';
import { randomCommand, randomScenario } from './random-worlds.ts';

/** Random commands while guests move by post-copy and by RDMA, over a network that breaks. */
const FIRST_SEED = seedOr(61_000);
const WORLDS = 30;
const COMMANDS = 20;
const GAPS = [0, 300_000, 4_000_000, 15_000_000, 40_000_000, 80_000_000, 120_000_000];
const WAYS: readonly StrategyId[] = ['postcopy', 'postcopy', 'rdma'];
const BREAKS = ['break-stream', 'mend-stream', 'mend-stream', 'recover-stream', 'recover-stream'] as const;

const counts = new Map<string, number>();
const note = (what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1);

function nextCommand(chance: Chance, simulation: Simulation): Command {
	const command = randomCommand(chance, simulation.world);
	if (command.name === 'migrate')
		return {
			...command,
			strategy: chance.pick(WAYS),
			parameters: {
				...command.parameters,
				maxBandwidthBytesPerSecond: 0,
				precopyPasses: chance.whole(0, 2),
				preempt: chance.once(2),
				...(chance.once(3) ? { maxPostcopyBandwidthBytesPerSecond: 100_000_000 } : {})
			}
		};
	const moving = simulation.world.r.operations.find((operation) => operation.state === 'running');
	const paused = simulation.world.r.vms.find(({ fetch }) => fetch?.broken);
	const vm = paused?.id ?? simulation.world.r.vms[moving?.vm ?? 0]?.id;
	if (vm === undefined || !chance.once(paused ? 2 : moving ? 4 : 8)) return command;
	return { name: 'rack', execute: paused || !moving ? chance.pick(BREAKS) : 'break-stream', vm };
}

/** Whatever is paused is mended and taken up, so that everything can end. */
function takeUp(simulation: Simulation): void {
	for (const { id, fetch } of simulation.world.r.vms) {
		if (!fetch?.broken) continue;
		simulation.send({ name: 'rack', execute: 'mend-stream', vm: id });
		simulation.send({ name: 'rack', execute: 'recover-stream', vm: id });
	}
}

function play(seed: number): void {
	const chance = new Chance(seed);
	const opened = Simulation.open({ scenario: randomScenario(chance), checkpointBytes: 0 });
	if (!opened.ok) return note(`open: ${opened.reason}`);
	const simulation = opened.value;
	for (let step = 0; step < COMMANDS; step += 1) {
		simulation.advance(simulation.nowNs + Math.floor((chance.pick(GAPS) * chance.whole(500, 1000)) / 1000));
		const command = nextCommand(chance, simulation);
		const answer = simulation.send(command);
		note(`${command.name === 'rack' ? command.execute : command.name}: ${answer.ok ? 'accepted' : answer.reason}`);
		const where = `FUZZ_SEED=${seed}, command ${step}, ${JSON.stringify(command)}`;
		if (step % 2 === 0) expectSound(simulation, where);
		else expectPinsKnown(simulation, where);
	}
	for (const { id } of simulation.world.r.vms) {
		simulation.send({ name: 'set-workload', vm: id, workload: { kind: 'idle', rateBytesPerSecond: 0 } });
		simulation.send({ name: 'migrate-set-parameters', vm: id, downtimeLimitNs: 300_000_000, maxBandwidthBytesPerSecond: 0 });
	}
	takeUp(simulation);
	expect(settle(simulation, 60_000_000_000), `FUZZ_SEED=${seed}: still running after a minute`).toBe(true);
	expectSound(simulation, `FUZZ_SEED=${seed}, at the end`);
	for (const { strategy, state, reason } of simulation.world.r.operations)
		note(`${strategy}: ${state}${reason === null ? '' : ` (${reason})`}`);
	for (const record of simulation.world.trace) if (record.rule.startsWith('postcopy')) note(`rule: ${record.rule}`);
	expect(simulation.world.r.marks).toEqual([]);
}

const EXPECTED = [
	'postcopy: completed',
	'postcopy: cancelled (cancelled)',
	'postcopy: failed (stream-broken)',
	'rdma: completed',
	'rdma: cancelled (cancelled)',
	'rdma: failed (stream-broken)',
	'migrate-cancel: too-late',
	'break-stream: accepted',
	'mend-stream: accepted',
	'recover-stream: accepted',
	'recover-stream: stream-cut',
	...['switch', 'discard', 'fault', 'push', 'pause', 'recover'].map((rule) => `rule: postcopy-${rule}`)
];

describe('random commands while guests move by copy', () => {
	it.each(Array.from({ length: WORLDS / 6 }, (_, index) => FIRST_SEED + index * 6))('lose nothing: seeds from %i on', (first) => {
		const broken: string[] = [];
		for (let seed = first; seed < first + 6; seed += 1)
			try {
				play(seed);
			} catch (error) {
				broken.push(`FUZZ_SEED=${seed}: ${(error as Error).stack ?? String(error)}`);
			}
		expect(broken.join('\n\n')).toBe('');
	});

	it('met everything that they should', () => {
		console.log(
			[...counts]
				.sort(([a], [b]) => (a < b ? -1 : 1))
				.map(([what, count]) => `${String(count).padStart(7)}  ${what}`)
				.join('\n')
		);
		expect(EXPECTED.filter((what) => !counts.has(what))).toEqual([]);
	});
});
