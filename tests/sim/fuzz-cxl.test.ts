/**
 * Goal: nothing that can be asked of CXL memory breaks a statement about the whole world. Method: random commands of cxl and daxctl,
 * writes below /sys/bus/cxl, programs and resets on random topologies from fixed seeds; statements on the way, a replay at the
 * end; outcomes that never occurred fail the test.
 */
import { describe, expect, it } from 'vitest';
import { Simulation } from '../../src/lib/engine/index.ts';
import { Chance, seedOr } from '../support/chance.ts';
import { randomCxlCommand, randomCxlScenario } from './random-cxl.ts';

const FIRST_SEED = seedOr(91_000);
const WORLDS = 48;
const COMMANDS = 40;
const met = new Set<string>();

function play(seed: number): void {
	const chance = new Chance(seed);
	const scenario = randomCxlScenario(chance);
	const opened = Simulation.open({ scenario, limitBytes: 2 ** 31 });
	if (!opened.ok) throw new Error(opened.detail);
	const simulation = opened.value;
	const look = (where: string): void => {
		const broken = simulation.check().checks.filter((each) => !each.holds);
		expect(broken.map((each) => `FUZZ_SEED=${seed}, ${where}: ${each.statement}: ${each.found}`)).toEqual([]);
	};
	for (let step = 0; step < COMMANDS; step += 1) {
		simulation.advance(simulation.nowNs + chance.pick([0, 1_000_000, 3_000_000_000, 40_000_000_000]));
		const command = randomCxlCommand(chance, simulation);
		simulation.send(command);
		if (step % 4 === 0) look(`command ${step} ${JSON.stringify(command)}`);
	}
	simulation.advance(simulation.nowNs + 100_000_000_000);
	look('at the end');
	for (const call of simulation.world.r.calls) {
		const value = call.value as { rc?: number } | null;
		const word = call.text
			.replace(/^timeout \d+ /, '')
			.split(' ')
			.slice(0, 2)
			.join(' ');
		met.add(call.kind === 'shell' ? `${word} ${value?.rc === 0 ? 'ok' : 'fails'}` : `${call.kind} ${call.errno ?? 'OK'}`);
	}
	const replayed = Simulation.open({ scenario, journal: simulation.world.journal, limitBytes: 2 ** 31 });
	if (!replayed.ok) throw new Error(replayed.detail);
	replayed.value.advance(simulation.nowNs);
	expect(replayed.value.fingerprint(), `FUZZ_SEED=${seed}: the replay ends elsewhere`).toBe(simulation.fingerprint());
}

describe('random commands on CXL memory', () => {
	it.each(Array.from({ length: WORLDS / 4 }, (_, index) => FIRST_SEED + index * 4))(
		'break nothing: seeds from %i on',
		{ timeout: 120_000 },
		(first) => {
			for (let seed = first; seed < first + 4; seed += 1) play(seed);
		}
	);

	it('met what can be met', () => {
		if (FIRST_SEED !== 91_000) return;
		const wanted = ['create-region', 'disable-region', 'destroy-region'].flatMap((verb) => [`cxl ${verb} ok`, `cxl ${verb} fails`]);
		const dax = ['offline-memory', 'online-memory', 'reconfigure-device'].flatMap((verb) => [`daxctl ${verb} ok`, `daxctl ${verb} fails`]);
		const files = ['OK', 'EBUSY', 'EINVAL', 'ENOENT'].map((errno) => `write-file ${errno}`);
		expect([...wanted, ...dax, ...files, 'cxl list ok'].filter((each) => !met.has(each))).toEqual([]);
	});
});
