import { expect } from 'vitest';
import { MIB } from '../../src/lib/base/units.ts';
import { passesByCopy } from '../../src/lib/engine/contract/migration/strategies.ts';
import type { Command, MigrationParameters, StrategyId } from '../../src/lib/engine/contract/commands.ts';
import { frameOf } from '../../src/lib/engine/mm/space/mapping.ts';
import { Simulation, type SimulationRequest } from '../../src/lib/engine/index.ts';
import { headOf, rowsOf } from '../../src/lib/engine/mm/frames.ts';

/** A scenario as a file would hold it: what is not given has its default. */
export interface ScenarioFile {
	readonly switchyard: 1;
	readonly id: string;
	readonly title: string;
	readonly seed: number;
	readonly costs?: Record<string, number>;
	readonly hosts: readonly Record<string, unknown>[];
	readonly pool: Record<string, unknown> | null;
	readonly vms: readonly Record<string, unknown>[];
	readonly networkBytesPerSecond?: number;
	readonly descriptorLimit?: number;
	readonly untilNs: number;
	readonly journal: readonly { readonly atNs: number; readonly command: Command }[];
}

const WINDOWS = [0x10_8000_0000, 0x28_0000_0000, 0x40_0000_0000];

/** A host of `dramMiB` with 64 MiB of kernel in its first 128 MiB, and nothing else in it. */
export function host(id: string, dramMiB: number, more: Record<string, unknown> = {}): Record<string, unknown> {
	return {
		id,
		dramBytes: dramMiB * MIB,
		normalBytes: 128 * MIB,
		kernelBytes: 64 * MIB,
		otherBytes: 0,
		windowBaseHpa: WINDOWS['ABC'.indexOf(id)],
		...more
	};
}

export function vm(id: string, at: string, mib: number, more: Record<string, unknown> = {}): Record<string, unknown> {
	return {
		id,
		host: at,
		bytes: mib * MIB,
		vcpus: 2,
		workload: { kind: 'web', workingSetBytes: 32 * MIB },
		...more
	};
}

/** Two hosts of 512 MiB, a pool of 512 MiB, one VM of 128 MiB in huge pages on A; no commands. */
export function smallWorld(more: Partial<ScenarioFile> = {}): ScenarioFile {
	return {
		switchyard: 1,
		id: 'small',
		title: 'Small',
		seed: 11,
		hosts: [host('A', 512), host('B', 512)],
		pool: { bytes: 512 * MIB },
		vms: [vm('vm0', 'A', 128)],
		untilNs: 400_000_000,
		journal: [],
		...more
	};
}

/** The smallest world in which a VM can move either way: for tests that look at it after every step. */
export function tinyWorld(more: Partial<ScenarioFile> = {}): ScenarioFile {
	return smallWorld({
		id: 'tiny',
		hosts: [host('A', 256), host('B', 256)],
		pool: { bytes: 256 * MIB },
		untilNs: 160_000_000,
		...more
	});
}

export function open(scenario: unknown, more: Omit<SimulationRequest, 'scenario'> = {}): Simulation {
	const opened = Simulation.open({ scenario, ...more });
	if (!opened.ok) throw new Error(`${opened.reason}: ${opened.detail}`);
	return opened.value;
}

export function migrate(strategy: StrategyId, parameters: MigrationParameters = {}, name = 'vm0', target = 'B'): Command {
	const free = passesByCopy(strategy) ? { maxBandwidthBytesPerSecond: 0, multifdChannels: 8 } : {};
	return { name: 'migrate', vm: name, target, strategy, parameters: { ...free, ...parameters } };
}

/** Every whole-world statement holds; the message says which does not, where and when. */
export function expectSound(simulation: Simulation, where = ''): void {
	const broken = simulation.check().checks.filter((entry) => !entry.holds);
	expect(
		broken.map((entry) => `${entry.id}: ${entry.found}`),
		`${where} at ${simulation.nowNs} ns, event ${simulation.world.r.eventCount}`
	).toEqual([]);
}

/** Runs until no operation is under way, at most `limitNs` further; returns whether all of them ended. */
export function settle(simulation: Simulation, limitNs = 20_000_000_000): boolean {
	const going = (): boolean => simulation.world.r.operations.some((operation) => operation.state === 'running');
	if (going()) simulation.advance(simulation.nowNs + limitNs, Infinity, () => !going());
	return !going();
}

/** Nothing of a VM is left on the pool: no extent alive, no descriptor, no pool zone with memory. */
export function expectPoolEmpty(simulation: Simulation): void {
	const { r, c } = simulation.world;
	expect(r.extents.filter((extent) => extent.state !== 'released')).toEqual([]);
	expect(r.descriptorCount).toBe(0);
	r.zones.forEach((zone, index) => {
		if (zone.node === 1) expect(c.zonePresentPages.get(index)).toBe(0);
	});
}

/** Pins in the records and references in the rows of the frames say the same, in both directions. */
export function expectPinsKnown(simulation: Simulation, where = ''): void {
	const { world } = simulation;
	const wanted = new Map<number, { long: number; short: number }>();
	for (const pin of world.r.pins) {
		const record = world.r.vms[pin.vm];
		if (!record) throw new Error(`a pin of VM ${pin.vm}`);
		const frame = frameOf(world, record, record.running, pin.gfn);
		const base = rowsOf(world, Math.floor(frame / 512));
		const head = base < 0 ? -1 : base + headOf(world, base, frame % 512);
		const entry = wanted.get(head) ?? { long: 0, short: 0 };
		if (pin.term === 'long') entry.long += 1;
		else entry.short += 1;
		wanted.set(head, entry);
	}
	const found: string[] = [];
	for (let block = 0; block < world.capacities.block; block += 1) {
		const base = rowsOf(world, block);
		if (base < 0) continue;
		let held = 0;
		for (let row = base; row < base + 512; row += 1) {
			const entry = wanted.get(row) ?? { long: 0, short: 0 };
			wanted.delete(row);
			const long = world.c.rowPin.get(row);
			const short = Math.max(0, world.c.rowRef.get(row) - Math.max(1, world.c.rowMap.get(row)));
			if (long > 0 || short > 0) held += 1;
			if (long !== entry.long || short !== entry.short)
				found.push(
					`block ${block} row ${row - base}: ${long} long and ${short} short in the row, ${entry.long} and ${entry.short} in the records`
				);
		}
		const structure = base / 512;
		if (world.c.structurePinned.get(structure) !== held)
			found.push(`block ${block}: ${held} held folios, ${world.c.structurePinned.get(structure)} counted`);
	}
	if (wanted.size > 0) found.push(`${wanted.size} pins on frames without rows`);
	expect(found, `${where} at ${simulation.nowNs} ns`).toEqual([]);
}
