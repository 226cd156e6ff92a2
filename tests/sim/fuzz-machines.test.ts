/**
 * Goal: nothing that can be asked of a machine breaks a statement about the whole world. Method: random commands on random
 * machines from fixed seeds, every statement checked on the way; a replay from the journal ends in the same state; outcomes
 * that never occurred fail the test.
 */
import { describe, expect, it } from 'vitest';
import { Simulation } from '../../src/lib/engine/index.ts';
import { Chance, seedOr } from '../support/chance.ts';
import { randomMachine, randomMachineCommand } from './random-machines.ts';

const FIRST_SEED = seedOr(70_000);
const WORLDS = 40;
const COMMANDS = 40;
/** Statements are checked after every so many commands, and at the end. */
const LOOK_EVERY = 5;

const counts = new Map<string, number>();
const note = (what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1);

const GAPS = [0, 1_000, 1_000_000, 50_000_000, 2_000_000_000, 60_000_000_000];

function looked(simulation: Simulation, where: string): void {
	const broken = simulation.check().checks.filter((each) => !each.holds);
	expect(broken.map((each) => `${where}: ${each.statement}: ${each.found}`)).toEqual([]);
}

function play(seed: number): void {
	const chance = new Chance(seed);
	const scenario = randomMachine(chance);
	const opened = Simulation.open({ scenario, limitBytes: 2 ** 31 });
	if (!opened.ok) {
		note(`open: ${opened.reason}`);
		return;
	}
	const simulation = opened.value;
	looked(simulation, `seed ${seed}, at the start`);
	for (let step = 0; step < COMMANDS; step += 1) {
		simulation.advance(simulation.nowNs + chance.pick(GAPS), chance.once(5) ? chance.whole(1, 20) : Infinity);
		const command = randomMachineCommand(chance, simulation);
		const sent = simulation.send(command);
		const name =
			command.name === 'process'
				? `process ${command.words.split(' ')[0]}`
				: command.name === 'qmp'
					? `qmp ${command.execute}`
					: command.name;
		note(`${name}: ${sent.ok ? 'accepted' : sent.reason}`);
		if (step % LOOK_EVERY === 0) looked(simulation, `FUZZ_SEED=${seed}, command ${step}, ${JSON.stringify(command)}`);
	}
	simulation.advance(simulation.nowNs + 400_000_000_000);
	looked(simulation, `FUZZ_SEED=${seed}, at the end`);
	for (const call of simulation.world.r.calls) {
		const word = call.kind === 'process' ? `process ${call.text.split(' ')[0]}` : call.kind;
		note(`${word} ended: ${call.state === 'running' ? 'still running' : (call.errno ?? 'OK')}`);
	}
	const replayed = Simulation.open({ scenario, journal: simulation.world.journal, limitBytes: 2 ** 31 });
	if (!replayed.ok) throw new Error(replayed.detail);
	replayed.value.advance(simulation.nowNs);
	expect(replayed.value.fingerprint(), `FUZZ_SEED=${seed}: the replay ends elsewhere`).toBe(simulation.fingerprint());
}

/** What random commands must have met at least once in a run of the fixed seeds. */
const EXPECTED = [
	...[
		'process map',
		'process touch',
		'process move',
		'process pin',
		'process fork',
		'process maphuge',
		'write-file',
		'qmp qom-set',
		'qmp device_add',
		'qmp device_del',
		'qmp migrate',
		'qmp system_reset',
		'qmp system_wakeup',
		'module',
		'process-end',
		'signal'
	].map((name) => `${name}: accepted`),
	'signal: no-call',
	'process map ended: OK',
	'process touch ended: OK',
	'process touch ended: EINVAL',
	'process move ended: OK',
	'process bind ended: EIO',
	'process pin ended: OK',
	'process dance ended: EINVAL',
	'write-file ended: OK',
	'write-file ended: EBUSY',
	'write-file ended: EINVAL',
	'write-file ended: ENOENT',
	'write-file ended: EINTR',
	'qmp ended: OK',
	'qmp ended: GenericError',
	'qmp ended: CommandNotFound',
	'qmp ended: DeviceNotFound'
];

describe('random commands on random machines', () => {
	it.each(Array.from({ length: WORLDS / 4 }, (_, index) => FIRST_SEED + index * 4))('break nothing: seeds from %i on', (first) => {
		const broken: string[] = [];
		for (let seed = first; seed < first + 4; seed += 1)
			try {
				play(seed);
			} catch (error) {
				broken.push(
					`FUZZ_SEED=${seed}: ${(error as Error).message.slice(0, 1500)}\n${((error as Error).stack ?? '').split('\n').slice(1, 7).join('\n')}`
				);
			}
		expect(broken.join('\n\n')).toBe('');
	});

	it('met everything that they should', () => {
		const lines = [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([what, count]) => `${String(count).padStart(7)}  ${what}`);
		console.log(`fuzz of machines from seed ${FIRST_SEED}, ${WORLDS} worlds of ${COMMANDS} commands\n${lines.join('\n')}`);
		expect(EXPECTED.filter((what) => !counts.has(what))).toEqual([]);
	});
});
