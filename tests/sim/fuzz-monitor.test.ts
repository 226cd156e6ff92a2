import { describe, expect, it } from 'vitest';
import { Simulation } from '../../src/lib/engine/index.ts';
import { isMigrationStatus } from '../../src/lib/engine/contract/migration/status.ts';
import { Chance, seedOr } from '../support/chance.ts';
import { expectSound } from '../support/worlds.ts';

/**
 * Words at the monitors of a VM's processes on three hosts, in any order and at any time: migrations by copy, behind the switch
 * of post-copy, by reference, into files and by descriptor, cancelled, paused, taken up again. After each word every statement
 * about the world holds, and what each process says of itself is a status of the table.
 */
const FIRST_SEED = seedOr(61_000);
const WORLDS = 6;
const WORDS = 22;
const MIB = 2 ** 20;
const CHANNELS = ['main', 'cpr'].map((kind) => ({ 'channel-type': kind, addr: { transport: 'socket', type: 'unix', path: '/m' } }));
const MODES = ['postcopy-ram', 'pause-before-switchover', 'x-ignore-shared', 'auto-converge'];
const GAPS = [0, 1_000_000, 100_000_000, 1_000_000_000, 6_000_000_000];

function world(seed: number, chance: Chance): Simulation {
	const shared = chance.once(4);
	const opened = Simulation.open({
		scenario: {
			switchyard: 1,
			id: 'monitors',
			title: 'monitors',
			seed,
			networkBytesPerSecond: 1e9,
			pool: shared ? { bytes: '1GiB', hardwareCoherent: true } : null,
			hosts: ['A', 'B', 'C'].map((id, index) => ({ id, dramBytes: '2GiB', windowBaseHpa: (index + 1) * 2 ** 36 })),
			vms: [
				{
					id: 'vm',
					host: 'A',
					bytes: '128MiB',
					pages: chance.pick(['4k', 'thp']),
					workload: { kind: 'sequential', rateBytesPerSecond: chance.pick([4, 40, 200]) * MIB, workingSetBytes: 16 * MIB },
					...(shared ? { ways: { memory: 'shared-file', lives: 'pool', backing: 'dax' } } : {}),
					qemu: { backend: shared ? 'file' : chance.pick(['ram', 'memfd']) }
				}
			]
		}
	});
	if (!opened.ok) throw new Error(opened.detail);
	return opened.value;
}

describe('words at monitors in any order', () => {
	it.each(Array.from({ length: WORLDS }, (_, index) => FIRST_SEED + index))('seed %i', { timeout: 60_000 }, (seed) => {
		const chance = new Chance(seed);
		const simulation = world(seed, chance);
		const { r } = simulation.world;
		const say = (at: string, execute: string, given?: unknown): void => {
			simulation.send({ name: 'monitor', vm: 'vm', at, execute, ...(given === undefined ? {} : { arguments: given }) });
		};
		const mode = chance.pick(MODES);
		for (const at of ['A', 'B', 'C']) {
			say(at, 'migrate-set-capabilities', { capabilities: [{ capability: mode, state: true }] });
			say(at, 'migrate-set-parameters', { 'max-bandwidth': 24 * MIB, 'max-postcopy-bandwidth': 4 * MIB });
		}
		for (let word = 0; word < WORDS; word += 1) {
			const vm = simulation.world.r.vms[0]!;
			const home = r.hosts[vm.instances[vm.running] as number]?.id ?? 'A';
			const other = chance.pick(['A', 'B', 'C'].filter((id) => id !== home));
			const at = chance.pick(['A', 'B', 'C']);
			const file = `file:/state-${word}`;
			const said: readonly (() => void)[] = [
				() => (say(other, 'migrate-incoming', { uri: 'tcp:0:7' }), say(home, 'migrate', { uri: `tcp:${other}:7` })),
				() => (say(other, 'migrate-incoming', { uri: 'tcp:0:7' }), say(home, 'migrate', { uri: `tcp:${other}:7` })),
				() => (say(home, 'migrate', { uri: file }), say(other, 'migrate-incoming', { uri: file })),
				() => (say(home, 'migrate-set-parameters', { mode: 'cpr-transfer' }), say(home, 'migrate', { channels: CHANNELS })),
				() => say(home, 'migrate-set-parameters', { mode: 'normal', 'max-bandwidth': chance.pick([8, 64, 512]) * MIB }),
				() => say(at, 'migrate-start-postcopy'),
				() => say(at, 'migrate-pause'),
				() => (say(home, 'migrate-recover', { uri: 'tcp:0:8' }), say(at, 'migrate', { uri: `tcp:${home}:8`, resume: true })),
				() => say(at, 'migrate-continue', { state: 'pre-switchover' }),
				() => say(at, 'migrate_cancel'),
				() => say(at, chance.pick(['stop', 'cont', 'quit']))
			];
			chance.pick(said)();
			simulation.advance(simulation.nowNs + chance.pick(GAPS));
			expectSound(simulation, `seed ${seed}, word ${word}`);
			for (const process of simulation.world.r.qemu ?? [])
				expect([process.outgoing, process.incoming].every(isMigrationStatus), `seed ${seed}`).toBe(true);
		}
	});
});
