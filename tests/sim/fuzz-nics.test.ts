import { describe, expect, it } from 'vitest';
import { Simulation } from '../../src/lib/engine/index.ts';
import { wrongMaps } from '../../src/lib/engine/vdpa/promise.ts';
import { Chance, seedOr } from '../support/chance.ts';
import { expectSound } from '../support/worlds.ts';
import { KINDS, misplacedPages, randomNicCommand, randomNicScenario, strategiesOf } from './random-nics.ts';

/**
 * Every strategy on every kind of device that meets its needs: DIMMs, migrations, failures and traffic in random order. After
 * each command a page that the device would reach wrongly is told, and pins balance; after every fourth each
 * statement about the world holds.
 */
const FIRST_SEED = seedOr(51_000);
const COMMANDS = 12;
/** Right away, inside a change, inside a migration, behind it. */
const GAPS = [0, 2_000_000, 60_000_000, 400_000_000, 3_000_000_000];

const counts = new Map<string, number>();
const note = (what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1);

function looked(simulation: Simulation, where: string, whole: boolean): void {
	if (whole) expectSound(simulation, where);
	const { vdpa } = simulation.world.r;
	const [guest] = vdpa.guests;
	// In the middle of a change maps come and go; between changes they are as promised, or told.
	if (!guest || vdpa.nics.some((nic) => nic.change !== null)) return;
	const told = vdpa.nics.flatMap((nic) => nic.ends.flatMap((end) => (end ? wrongMaps(guest, end) : [])));
	const wrong = misplacedPages(simulation.world);
	if (wrong.length > 0) note('wrong maps, told');
	expect(told.length > 0 || wrong.length === 0, `${where}: ${wrong.join(', ')} and nobody says so`).toBe(true);
	for (const instance of [0, 1] as const) {
		const held = vdpa.nics.reduce(
			(sum, nic) =>
				sum +
				(nic.ends[instance]?.kernel.spaces ?? []).reduce(
					(all, space) => all + space.entries.reduce((pages, entry) => pages + entry.pinnedPages, 0),
					0
				),
			0
		);
		const apart = vdpa.nics.some((nic) => (nic.ends[instance]?.kernel.heldRanges.length ?? 0) > 0);
		if (!apart) expect(guest.pinnedPages[instance], `${where}: pins of process ${instance}`).toBe(held);
	}
}

function play(seed: number, kind: (typeof KINDS)[number], strategy: ReturnType<typeof strategiesOf>[number]): void {
	const chance = new Chance(seed);
	const opened = Simulation.open({ scenario: randomNicScenario(chance, kind, strategy), checkpointBytes: 0 });
	if (!opened.ok) {
		note(`open: ${opened.reason}`);
		return;
	}
	const simulation = opened.value;
	const where = (step: number): string => `FUZZ_SEED=${seed}, ${kind}, ${strategy}, command ${step}`;
	looked(simulation, where(-1), true);
	for (let step = 0; step < COMMANDS; step += 1) {
		simulation.advance(simulation.nowNs + Math.floor((chance.pick(GAPS) * chance.whole(500, 1000)) / 1000));
		const command = randomNicCommand(chance, simulation.world);
		const answer = simulation.send(command);
		note(`${'execute' in command ? String(command['execute']) : command.name}: ${answer.ok ? 'accepted' : answer.reason}`);
		looked(simulation, `${where(step)}, ${JSON.stringify(command)}`, step % 4 === 3);
	}
	simulation.advance(simulation.nowNs + 5e9);
	looked(simulation, `${where(COMMANDS)}, at the end`, true);
}

describe('random worlds with vDPA devices', () => {
	const pairs = KINDS.flatMap((kind) => strategiesOf(kind).map((strategy) => [kind, strategy] as const));
	it.each(pairs.map(([kind, strategy], index) => [kind, strategy, FIRST_SEED + index] as const))('%s, %s', (kind, strategy, seed) =>
		play(seed, kind, strategy)
	);
	it('every word was accepted, and refused', () => {
		for (const word of ['plug-dimm', 'unplug-dimm', 'migrate', 'fail-migration', 'set-strategy', 'set-traffic', 'live-update'])
			expect(counts.get(`${word}: accepted`) ?? 0, [...counts].sort().join('\n')).toBeGreaterThan(0);
		for (const refusal of ['plug-dimm: migrating', 'unplug-dimm: no-dimm', 'plug-dimm: nic-busy'])
			expect(counts.get(refusal) ?? 0, [...counts].sort().join('\n')).toBeGreaterThan(0);
		expect(counts.get('wrong maps, told') ?? 0, [...counts].sort().join('\n')).toBeGreaterThan(0);
	});
});
