/**
 * Goal: VMs that use tagged capacity break no statement about the whole world, whatever happens to their fabric. Method: random
 * fabrics as in fuzz-fabrics, half of the commands are about VMs, their devices and their moves; statements on the way, a replay
 * at the end; what was asked and what became of programs is counted, and a cell that stays empty fails the test.
 */
import { describe, expect, it } from 'vitest';
import type { FabricCommand } from '../../src/lib/engine/contract/fabric-commands.ts';
import type { QmpArguments } from '../../src/lib/engine/contract/machine-commands.ts';
import { Simulation } from '../../src/lib/engine/index.ts';
import { Chance, seedOr } from '../support/chance.ts';
import { prologue, randomFabric, randomFabricCommand } from './random-fabrics.ts';

const FIRST_SEED = seedOr(91_000);
const WORLDS = 48;
const COMMANDS = 50;
const HOSTS = ['a', 'b', 'c'];
const TAGS = ['T0', 'T0', 'T1', 'C'];
const VMS = ['vm1', 'vm1', 'vm2'];
const PLANS = ['move-shared', 'move-by-removal', 'move-prepopulated', 'prepopulate'];
const met = new Map<string, number>();
const meet = (cell: string): void => void met.set(cell, (met.get(cell) ?? 0) + 1);

const tell = (actor: 'orchestrator' | 'fm', at: string, execute: string, given: QmpArguments = {}): FabricCommand => ({
	name: 'fabric',
	actor,
	at,
	execute,
	arguments: given
});

function aboutGuests(chance: Chance, simulation: Simulation): FabricCommand {
	const vm = chance.pick(VMS);
	const to = chance.pick(HOSTS);
	const tag = chance.pick(TAGS);
	const guest = simulation.world.r.fabric.guests.find((each) => each.id === vm);
	const from = chance.once(4) ? chance.pick(HOSTS) : (guest?.host ?? 'a');
	// Mostly as somebody would order it who knows where the VM is and what it uses.
	const own = chance.once(4) ? tag : guest?.tag || tag;
	const move = { vm, from, to, tag: own, device: 'pool', region: chance.whole(0, 1), bytes: 2 ** 26, copy: `C${simulation.nowNs % 97}` };
	switch (chance.whole(0, 12)) {
		case 0:
			return tell('orchestrator', to, 'start-vm', { vm, ramBytes: chance.pick([2 ** 28, 2 ** 30]) });
		case 1:
		case 2:
		case 3:
			return tell('orchestrator', vm, 'open-device', { tag: chance.once(3) ? '' : tag, load: chance.once(5) });
		case 4:
			return tell('orchestrator', vm, 'close-device', { save: chance.once(2) });
		case 5:
			return tell('orchestrator', vm, 'copy-device', { to, tag });
		case 6:
		case 7:
			return tell('orchestrator', vm, 'move-vm', { to, tag: chance.once(4) ? tag : '' });
		case 8:
			return tell('orchestrator', 'pool', chance.pick(PLANS), move);
		default:
			return tell('fm', 'pool', 'initiate-dynamic-capacity-add', {
				host: to,
				region: 0,
				tag,
				bytes: 2 ** 26,
				policy: chance.pick(['free', 'enable-shared-access'])
			});
	}
}

function play(seed: number): void {
	const chance = new Chance(seed);
	const scenario = randomFabric(chance);
	const opened = Simulation.open({ scenario, limitBytes: 2 ** 31 });
	if (!opened.ok) throw new Error(opened.detail);
	const simulation = opened.value;
	const look = (where: string): void => {
		const broken = simulation.check().checks.filter((each) => !each.holds);
		expect(broken.map((each) => `FUZZ_SEED=${seed}, ${where}: ${each.statement}: ${each.found}`)).toEqual([]);
	};
	for (const command of prologue(simulation)) {
		simulation.send(command);
		simulation.advance(simulation.nowNs + 20_000_000);
	}
	simulation.send(tell('orchestrator', 'a', 'start-vm', { vm: 'vm1', ramBytes: 2 ** 28 }));
	// Half of the worlds begin with a move that nothing disturbs.
	if (chance.once(2)) {
		simulation.send(tell('fm', 'pool', 'initiate-dynamic-capacity-add', { host: 'a', region: 0, tag: 'D', bytes: 2 ** 21 }));
		simulation.advance(simulation.nowNs + 1_000_000_000);
		simulation.send(tell('orchestrator', 'vm1', 'open-device', { tag: 'D' }));
		simulation.advance(simulation.nowNs + 1_000_000_000);
		const move = { vm: 'vm1', from: 'a', to: 'b', tag: 'D', device: 'pool', region: 0, bytes: 2 ** 21, copy: 'C' };
		simulation.send(tell('orchestrator', 'pool', chance.pick(PLANS), move));
		simulation.advance(simulation.nowNs + 30_000_000_000);
		look('after an undisturbed move');
	}
	const queue: FabricCommand[] = [];
	for (let step = 0; step < COMMANDS; step += 1) {
		simulation.advance(simulation.nowNs + chance.pick([0, 500_000, 5_000_000, 100_000_000, 300_000_000, 3_000_000_000]));
		const command = chance.once(3) ? randomFabricCommand(chance, simulation, queue) : aboutGuests(chance, simulation);
		const sent = simulation.send(command);
		if (command.actor === 'orchestrator') meet(`${command.execute} ${sent.ok ? 'ok' : 'refused'}`);
		look(`command ${step} ${JSON.stringify(command)}`);
		for (const { program, state, doing } of simulation.world.r.fabric.guests) {
			meet(`program ${program}`);
			meet(`state ${state}`);
			meet(`doing ${doing}`);
		}
	}
	simulation.advance(simulation.nowNs + 100_000_000_000);
	look('at the end');
	const { fabric } = simulation.world.r;
	for (const { plan, state } of fabric.plans) meet(`plan ${plan} ${state}`);
	for (const guest of fabric.guests) if (guest.moves > 0) meet(guest.program === 'runs' ? 'moved with its data' : 'moved without');
	const replayed = Simulation.open({ scenario, journal: simulation.world.journal, limitBytes: 2 ** 31 });
	if (!replayed.ok) throw new Error(replayed.detail);
	replayed.value.advance(simulation.nowNs);
	expect(replayed.value.fingerprint(), `FUZZ_SEED=${seed}: the replay ends elsewhere`).toBe(simulation.fingerprint());
}

const WORDS = ['start-vm', 'open-device', 'close-device', 'copy-device', 'move-vm'];
const CELLS = [
	...WORDS.flatMap((word) => [`${word} ok`, `${word} refused`]),
	...['none', 'opening', 'runs', 'closing', 'absent'].map((each) => `program ${each}`),
	...['running', 'stopped', 'lost'].map((each) => `state ${each}`),
	...['nothing', 'saving', 'copying', 'moving'].map((each) => `doing ${each}`),
	...PLANS.flatMap((each) => [`plan ${each} done`, `plan ${each} failed`]),
	'moved with its data',
	'moved without'
];

describe('VMs of random fabrics', () => {
	it.each(Array.from({ length: WORLDS }, (_, index) => [FIRST_SEED + index]))('seed %i', (seed) => play(seed));
	it('nothing of what is asked is never met', () => {
		if (process.env['FUZZ_SEED'] !== undefined) return;
		expect(CELLS.filter((cell) => !met.has(cell)).sort()).toEqual([]);
	});
});
