import { describe, expect, it } from 'vitest';
import { MIB } from '../../src/lib/base/units.ts';
import type { Command, MigrationParameters } from '../../src/lib/engine/contract/commands.ts';
import type { QmpArguments } from '../../src/lib/engine/contract/machine-commands.ts';
import { PAGE_WORDS } from '../../src/lib/engine/contract/rack/page-words.ts';
import { REASONS } from '../../src/lib/engine/contract/reasons.ts';
import { Simulation } from '../../src/lib/engine/index.ts';
import type { World } from '../../src/lib/engine/state/world.ts';
import { Chance, seedOr } from '../support/chance.ts';
import { expectPinsKnown, expectSound, host, settle, smallWorld, vm } from '../support/worlds.ts';

/**
 * Random VMs that live on the pool or pass it, with random guards, backings, names and windows, under random words about their
 * pages: every statement of the whole world holds after each command, what is lost is marked, everything comes to an end.
 */
const FIRST_SEED = seedOr(730_000);
const WORLDS = 24;
const IN_ONE_TEST = 12;

/** A step of a hand-off that somebody laid needs such a hand-off: tests/lessons/the-hand-off.test.ts plays them. */
const WORDS = (Object.keys(PAGE_WORDS) as (keyof typeof PAGE_WORDS)[]).filter((word) => word !== 'laid-step');
const WINDOWS = [0x10_8000_0000, 0x28_0000_0000, 0x10_7000_0000];

function ways(chance: Chance): Record<string, unknown> {
	return {
		...(chance.once(2) ? { lives: 'pool', ...(chance.once(2) ? { runPages: chance.pick([8, 64, 512, 1024]) } : {}) } : {}),
		...(chance.once(3) ? { backing: 'dax' } : {}),
		...(chance.once(4) ? { tiering: { everyNs: chance.pick([300_000, 2_000_000]), to: chance.pick(['dram', 'pool', 'swap']) } } : {}),
		...(chance.once(8) ? { device: chance.pick(['refuses-stop', 'incompatible']) } : {})
	};
}

function scenario(chance: Chance): unknown {
	return smallWorld({
		id: 'fuzz',
		seed: chance.whole(0, 0x7fffffff),
		hosts: [host('A', 512), host('B', chance.pick([256, 512]), { windowBaseHpa: chance.pick(WINDOWS) })],
		pool: { bytes: chance.pick([384, 512]) * MIB, hardwareCoherent: chance.once(2) },
		vms: [
			vm('vm0', 'A', 128, {
				pages: chance.pick(['thp', '4k']),
				ways: ways(chance),
				workload: {
					kind: chance.pick(['idle', 'web', 'memory-muncher', 'sequential']),
					rateBytesPerSecond: chance.pick([0, 8_000_000, 200_000_000]),
					workingSetBytes: chance.whole(1, 64) * MIB
				},
				...(chance.once(3) ? { transientReferences: { chancePpm: chance.whole(0, 100_000), holdNs: chance.pick([20_000, 400_000]) } } : {})
			})
		]
	});
}

function parameters(chance: Chance): MigrationParameters {
	return {
		guard: chance.pick(['none', 'none', 'reference', 'mlock', 'bind', 'pin']),
		recheck: chance.once(2),
		naming: chance.pick(['tag', 'tag', 'device', 'host']),
		records: chance.pick(['ranges', 'ranges', 'pages']),
		leftovers: chance.pick(['roll-back', 'copy']),
		backing: chance.pick(['node', 'node', 'dax']),
		placing: chance.pick(['scattered', 'contiguous']),
		handOver: chance.pick(['ideal', 'qemu']),
		testLoad: !chance.once(3),
		...(chance.once(3) ? { stayOnPool: true } : {}),
		...(chance.once(4) ? { quiesce: true } : {})
	};
}

function command(chance: Chance, world: World): Command {
	const gfn = chance.whole(0, 32_767);
	switch (chance.whole(0, 7)) {
		case 0:
		case 1:
			return {
				name: 'migrate',
				vm: 'vm0',
				target: chance.pick(['A', 'B']),
				strategy: chance.pick(['transit', 'transit', 'resident', 'precopy']),
				parameters: parameters(chance)
			};
		case 2:
			return chance.once(2) ? { name: 'migrate-cancel', vm: 'vm0' } : { name: 'migrate-set-parameters', vm: 'vm0', ...parameters(chance) };
		case 3:
			return {
				name: 'pin',
				vm: 'vm0',
				gfn,
				term: chance.pick(['short', 'long']),
				...(chance.once(3) ? {} : { forNs: chance.whole(1, 30_000_000) })
			};
		case 4: {
			const pinned = world.r.pins[0]?.gfn;
			return pinned === undefined
				? { name: 'rack', execute: 'tier', vm: 'vm0', arguments: { gfn, to: 'dram' } }
				: { name: 'unpin', vm: 'vm0', gfn: pinned };
		}
		default: {
			const execute = chance.once(12) ? 'release-extents' : chance.pick(WORDS.filter((word) => word !== 'release-extents'));
			const given: QmpArguments =
				execute === 'tier'
					? { gfn, to: chance.pick(['dram', 'pool', 'swap']) }
					: execute === 'poison'
						? chance.once(3)
							? { state: true }
							: { gfn }
						: execute === 'split-vcpus'
							? { hosts: [chance.pick(['A', 'B']), chance.pick(['A', 'B'])] }
							: execute === 'decline-capacity'
								? { decline: chance.once(3) }
								: {};
			const at = execute === 'decline-capacity' ? { host: chance.pick(['A', 'B']) } : { vm: 'vm0' };
			return { name: 'rack', execute, ...at, arguments: given };
		}
	}
}

const met = new Map<string, number>();
const note = (what: string): void => void met.set(what, (met.get(what) ?? 0) + 1);

function play(seed: number): void {
	const chance = new Chance(seed);
	const opened = Simulation.open({ scenario: scenario(chance), checkpointBytes: 0 });
	if (!opened.ok) throw new Error(`FUZZ_SEED=${seed}: ${opened.reason}: ${opened.detail}`);
	const simulation = opened.value;
	const { world } = simulation;
	for (let step = 0; step < 14; step += 1) {
		const asked = command(chance, world);
		const where = `FUZZ_SEED=${seed}, step ${step}, ${JSON.stringify(asked)}`;
		const answer = simulation.send(asked);
		note(`${'execute' in asked ? asked.execute : asked.name}: ${answer.ok ? 'accepted' : answer.reason}`);
		if (!answer.ok) expect(Object.keys(REASONS), where).toContain(answer.reason);
		if (answer.ok && asked.name === 'rack') expectSound(simulation, `${where}, at once`);
		simulation.advance(simulation.nowNs + chance.pick([1000, 400_000, 3_000_000, 60_000_000]));
		expectSound(simulation, where);
	}
	for (const pin of [...world.r.pins]) simulation.send({ name: 'unpin', vm: 'vm0', gfn: pin.gfn });
	expect(settle(simulation, 60_000_000_000), `FUZZ_SEED=${seed}: still running after a minute`).toBe(true);
	expectSound(simulation, `FUZZ_SEED=${seed}, at the end`);
	expectPinsKnown(simulation, `FUZZ_SEED=${seed}`);
	if ((world.r.vms[0]?.lostPages?.length ?? 0) > 0)
		expect(world.r.marks.length, `FUZZ_SEED=${seed}: loss without a mark`).toBeGreaterThan(0);
	for (const operation of world.r.operations) note(`${operation.errand ?? operation.strategy}: ${operation.reason ?? operation.state}`);
}

describe('moves by reference under random words about pages', () => {
	const first = Array.from({ length: WORLDS / IN_ONE_TEST }, (_, index) => index * IN_ONE_TEST);
	it.each(first)('from number %i on: sound, explained, over', { timeout: 120_000 }, (from) => {
		const broken: string[] = [];
		for (let index = from; index < from + IN_ONE_TEST; index += 1)
			try {
				play(FIRST_SEED + index);
			} catch (error) {
				broken.push((error as Error).stack ?? String(error));
			}
		expect(broken.slice(0, 2).join('\n\n'), `${broken.length} of ${IN_ONE_TEST}`).toBe('');
	});

	it('met every word, accepted and refused', () => {
		console.log(
			[...met]
				.sort(([a], [b]) => (a < b ? -1 : 1))
				.map(([what, count]) => `${String(count).padStart(5)}  ${what}`)
				.join('\n')
		);
		for (const word of WORDS)
			expect(
				[...met.keys()].some((what) => what === `${word}: accepted`),
				word
			).toBe(true);
	});
});
