/**
 * Goal: whatever programs do to their memory, no page is lost, stale or in a zone where it may not be; two representations of
 * the same world stay the same; going back and forth changes nothing.
 * Method: random words of several processes, memory blocks going online and offline beside them, signals; after every few
 * commands all statements about the world. Outcomes are counted: one that never occurs fails the test.
 */
import { describe, expect, it } from 'vitest';
import type { Simulation } from '$lib/engine/index.ts';
import { checkAll } from '$lib/engine/sim/invariants.ts';
import { INVARIANTS } from '$lib/engine/whole/index.ts';
import { Chance, seedOr } from '../support/chance.ts';
import { machine, memoryState } from '../support/machines.ts';

const FIRST_SEED = seedOr(41_000);
const HOST =
	'-machine q35 -cpu max -smp 2 -m 256M,slots=4,maxmem=6G -object memory-backend-ram,id=b0,size=256M -object memory-backend-ram,id=d0,size=256M -numa node,nodeid=0,cpus=0-1,memdev=b0 -numa node,nodeid=1 -device pc-dimm,id=dimm0,memdev=d0,node=1';
const NAMES = ['a', 'b', 'c'];
const SIZES = ['16K', '64K', '1M', '2M', '6M', '13M'];
const POLICIES = [
	'preferred 1',
	'bind 1',
	'bind 0',
	'interleave 0-1',
	'default',
	'local',
	'preferred-many 1',
	'weighted-interleave 0-1',
	'bind 7',
	'bind 1 move',
	'bind 0 strict,move',
	'bind 1 strict',
	'default move',
	'interleave 0-1 move_all'
];
const RANGES = ['', '', '', ' 4K', ' 8K@8K', ' 2M', ' 1M@2M', ' 2M@2M', ' 12K@64K'];

/** `mapped`: names that the process has; now and then a name is not among them. */
function words(chance: Chance, mapped: readonly string[]): string {
	if (mapped.length < 2)
		return `${chance.pick(['map', 'map', 'map', 'mapshared', 'mapsecure'])} ${chance.pick(NAMES)} ${chance.pick(SIZES)}`;
	const name = chance.once(20) ? chance.pick(NAMES) : chance.pick(mapped);
	const range = chance.pick(RANGES);
	switch (chance.whole(0, 21)) {
		case 0:
			return `${chance.pick(['map', 'mapshared', 'mapsecure'])} ${chance.pick(NAMES)} ${chance.pick(SIZES)}`;
		case 1:
		case 2:
			return `touch ${name}`;
		case 3:
			return `${chance.pick(['nothp', 'hugep'])} ${name}`;
		case 4:
		case 5:
			return `bind ${name} ${chance.pick(POLICIES)}`;
		case 6:
		case 7:
		case 8:
		case 9:
			return `touch ${name}${range}`;
		case 10:
			return `read ${name}${range}`;
		case 11:
			return `${chance.pick(['mlock', 'munlock'])} ${name}`;
		case 12:
			return `${chance.pick(['pin', 'pin', 'unpin'])} ${name}${range}`;
		case 13:
			return `${chance.pick(['check', 'zones', 'frames', 'status'])} ${name}`;
		case 14:
			return `vmsplice ${name}${range}`;
		case 15:
			return chance.pick(['drain', `drain ${name}`]);
		case 16:
		case 17:
			return `move ${name} ${chance.pick([0, 1, 1, 3])}${chance.pick(['', ' all'])}${range}`;
		case 18:
			return `migrate 0 ${chance.pick(['0 1', '1 0', '0,1 1', '0 0,1', '0 5'])}`;
		case 19:
			return chance.once(3) ? 'fork' : `unmap ${name}${range}`;
		case 20:
			return chance.once(3) ? `free ${name}` : `pipefill ${chance.pick(['1M', '5M'])}`;
		default:
			return chance.pick(['policy interleave 0-1', 'policy default', 'cpu 1', 'sleep 0.01', 'dance', 'map d', `touch ${name} 999G`]);
	}
}

const counts = new Map<string, number>();

function giveOne(chance: Chance, simulation: Simulation): void {
	const { r } = simulation.world;
	if (chance.once(12)) {
		const block = 32 + chance.whole(0, 1);
		simulation.send({
			name: 'write-file',
			machine: 'm',
			path: memoryState(block),
			value: chance.pick(['online_movable', 'online_kernel', 'offline', 'offline'])
		});
		return;
	}
	const running = r.calls.filter((call) => call.state === 'running' && call.kind === 'write-file');
	if (running.length > 0 && chance.once(4)) {
		simulation.send({ name: 'signal', machine: 'm', call: chance.pick(running).id });
		return;
	}
	const alive = r.processes.filter((process) => process.state === 'running').map((process) => process.id);
	if (alive.length > 3 || (alive.length > 1 && chance.once(40))) {
		simulation.send({ name: 'process-end', machine: 'm', process: chance.pick(alive) });
		return;
	}
	const process = alive.length > 0 && !chance.once(10) ? chance.pick(alive) : `p${r.processes.length}`;
	const mapped = r.areas.flatMap((area) => (area?.processes.includes(process) && NAMES.includes(area.name) ? [area.name] : []));
	simulation.send({ name: 'process', machine: 'm', process, words: words(chance, mapped) });
}

/** The same commands at the same moments; `look` after each. */
function play(seed: number, forceDetail: boolean, look: (simulation: Simulation, step: number) => void): Simulation {
	const chance = new Chance(seed);
	const simulation = machine(HOST, `memhp_default_state=${chance.pick(['online_movable', 'online_movable', 'online_kernel', 'offline'])}`, {
		forceDetail,
		transientChancePpm: chance.pick([0, 0, 200_000])
	});
	for (let step = 0; step < 90; step += 1) {
		giveOne(chance, simulation);
		simulation.advance(simulation.nowNs + chance.pick([0, 1e5, 3e6, 1e8, 1e9]));
		look(simulation, step);
	}
	return simulation;
}

function expectSound(simulation: Simulation, where: string): void {
	const broken = checkAll(simulation.world, INVARIANTS).filter((statement) => !statement.holds);
	expect(
		broken.map((statement) => `${statement.id}: ${statement.found}`),
		where
	).toEqual([]);
}

describe('random programs', () => {
	it.each(Array.from({ length: 24 }, (_, index) => FIRST_SEED + index))('FUZZ_SEED=%i', (seed) => {
		const simulation = play(seed, false, (world, step) => {
			if (step % 4 === 0) expectSound(world, `step ${step}`);
		});
		for (const call of simulation.world.r.calls) {
			const word = call.kind === 'process' ? (call.text.split(' ')[0] as string) : call.kind;
			const outcome = `${word}: ${call.state === 'running' ? 'running' : (call.errno ?? 'OK')}`;
			counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
		}
		for (const process of simulation.world.r.processes) simulation.send({ name: 'process-end', machine: 'm', process: process.id });
		simulation.advance(simulation.nowNs + 2e10);
		expectSound(simulation, 'after all ended');
		expect(simulation.world.r.areas.filter((area) => area !== null)).toEqual([]);
		expect(simulation.world.r.holds).toEqual([]);
	});

	it.each([FIRST_SEED + 100, FIRST_SEED + 101, FIRST_SEED + 102])(
		'looks the same with every block in full detail: FUZZ_SEED=%i',
		(seed) => {
			const prints: string[] = [];
			play(seed, false, (simulation, step) => {
				if (step % 10 === 9) prints.push(simulation.fingerprint());
			});
			const detailed: string[] = [];
			play(seed, true, (simulation, step) => {
				if (step % 10 === 9) detailed.push(simulation.fingerprint());
			});
			expect(detailed).toEqual(prints);
		}
	);

	it('is all state: back and forth again gives the same', () => {
		const simulation = play(FIRST_SEED + 200, false, () => undefined);
		const end = simulation.nowNs;
		const print = simulation.fingerprint();
		for (const part of [0.7, 0.2, 0.9, 0]) {
			simulation.seek(Math.floor(end * part));
			simulation.seek(end);
			expect(simulation.fingerprint(), `from ${part}`).toBe(print);
		}
	});

	it('has seen every outcome', () => {
		for (const outcome of [
			'map: OK',
			'map: EEXIST',
			'map: EINVAL',
			'mapshared: OK',
			'mapsecure: OK',
			'touch: OK',
			'touch: EFAULT',
			'touch: EINVAL',
			'read: OK',
			'mlock: OK',
			'bind: OK',
			'bind: EIO',
			'bind: EINVAL',
			'bind: EFAULT',
			'pin: OK',
			'pin: EFAULT',
			'unpin: OK',
			'vmsplice: OK',
			'drain: OK',
			'move: OK',
			'move: ENODEV',
			'migrate: OK',
			'migrate: EINVAL',
			'fork: OK',
			'unmap: OK',
			'pipefill: OK',
			'sleep: OK',
			'dance: EINVAL',
			'write-file: OK',
			'write-file: EINVAL'
		])
			expect(counts.get(outcome) ?? 0, outcome).toBeGreaterThan(0);
	});
});
