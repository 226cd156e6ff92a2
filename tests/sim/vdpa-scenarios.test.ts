import { describe, expect, it } from 'vitest';
import { VDPA_CATALOGUE } from '../../src/lib/engine/contract/scenario/catalogue/index.ts';
import type { ChangeStatus, NicStatus } from '../../src/lib/engine/contract/vdpa/status.ts';
import { Simulation } from '../../src/lib/engine/index.ts';
import { checkAll } from '../../src/lib/engine/sim/invariants.ts';
import { INVARIANTS } from '../../src/lib/engine/whole/index.ts';

/** Each world of the catalogue shows what its text says. Guests are as large as offered: their pages are counted, not walked. */
interface Run {
	readonly simulation: Simulation;
	readonly nics: readonly NicStatus[];
	/** Longest dead time of a kind of change, seconds; −1 without one. */
	readonly dead: (kind: ChangeStatus['kind'], nic?: number) => number;
	readonly change: (kind: ChangeStatus['kind'], host?: string, nic?: number) => ChangeStatus | undefined;
}

/** Where the world has shown what it is about before its end. */
const SHOWN_NS: Readonly<Record<string, number>> = { 'switch-today': 13e9, 'own-asid': 9e9, 'keys-one-by-one': 58e9 };

function run(id: string): Run {
	const entry = VDPA_CATALOGUE.find((one) => one.id === id);
	const opened = Simulation.open({ scenario: entry?.scenario, limitBytes: 2 ** 32, checkpointBytes: 0 });
	if (!opened.ok) throw new Error(`${id}: ${opened.detail}`);
	const simulation = opened.value;
	simulation.advance(SHOWN_NS[id] ?? simulation.world.scenario.untilNs);
	const nics = simulation.status().vdpa?.nics ?? [];
	const of = (kind: ChangeStatus['kind'], nic: number) => (nics[nic]?.changes ?? []).filter((change) => change.kind === kind);
	return {
		simulation,
		nics,
		dead: (kind, nic = 0) =>
			Math.max(-1, ...of(kind, nic).map((change) => (change.deadToNs === null ? -1 : (change.deadToNs - (change.deadFromNs ?? 0)) / 1e9))),
		change: (kind, host = 'A', nic = 0) => of(kind, nic).find((change) => change.host === host)
	};
}

const WANTED: Readonly<Record<string, (run: Run) => void>> = {
	'switch-today': ({ simulation, dead, nics, change }) => {
		expect(dead('to-svq')).toBeGreaterThan(4);
		expect(dead('to-svq')).toBeLessThan(5);
		// It lies before the first page travels: no downtime of the migration holds it.
		const [gap] = nics[0]?.traffic.gaps ?? [];
		expect(gap?.toNs).toBe(change('to-svq')?.endNs);
		expect(simulation.world.r.operations[0]).toMatchObject({ state: 'running' });
	},
	'own-asid': ({ dead, change }) => {
		expect(dead('to-svq')).toBeCloseTo(0.3, 2);
		expect(change('to-svq')).toMatchObject({ pins: 16, rebuilds: 0, updates: 12 });
	},
	'keys-one-by-one': ({ dead, change }) => {
		expect(change('to-svq')?.rebuilds).toBe(12);
		expect(dead('to-svq')).toBeCloseTo(9.5, 1);
	},
	'identity-hole-collision': ({ nics, simulation }) => {
		expect(nics[0]?.wrongMaps.map((wrong) => [wrong.promisedIova, wrong.mappedIova])).toEqual([[0x1_8000_0000, 0x1_8001_0000]]);
		expect(nics[0]?.traffic.misplaced).toBeGreaterThan(0);
		expect(simulation.status().marks).toHaveLength(1);
	},
	'cancelled-switch': ({ dead, simulation }) => {
		expect(simulation.world.r.operations[0]?.state).toBe('cancelled');
		expect(dead('to-passthrough')).toBeGreaterThan(dead('to-svq'));
	},
	'pin-early': ({ change, simulation }) => {
		expect(simulation.world.r.operations[0]?.state).toBe('completed');
		const time = (at: ChangeStatus | undefined): number => (at?.endNs ?? 0) - (at?.startNs ?? 0);
		// 16 GiB of 4 KiB pages at 90 ns each, and 16 keys: what is pinned inside the downtime, to a hundredth.
		const pinnedNs = 16 * 2 ** 18 * 90 + 16 * 1e6;
		expect((time(change('start', 'B', 0)) - time(change('start', 'B', 1))) / pinnedNs).toBeCloseTo(1, 2);
		// Cold pages, before anybody waits.
		expect(time(change('init', 'B', 1))).toBeGreaterThan(time(change('start', 'B', 0)));
	},
	'memlock-too-small': ({ change, nics }) => {
		const [error] = change('to-svq')?.errors ?? [];
		expect([error?.kernel.slice(0, 6), error?.caller]).toEqual(['ENOMEM', 'EFAULT']);
		expect(nics[0]?.faultCount).toBeGreaterThan(0);
		expect(nics[0]?.wrongMaps).toEqual([]);
	},
	'movable-eviction': ({ change, nics }) => {
		expect(change('init', 'A')?.evicted).toBeGreaterThan(1_000_000);
		expect(change('init', 'B')?.errors[0]?.kernel).toContain('ENOMEM');
		expect(nics[0]?.wrongMaps.map((wrong) => wrong.text)).toEqual(['ram-high is not mapped']);
		expect(nics[0]?.faultCount).toBeGreaterThan(0);
	},
	'viommu-nic': ({ change, nics }) => {
		expect(change('to-svq')?.errors[0]?.kernel).toContain('SVQ can not work while IOMMU enable');
		expect(nics[0]?.traffic.gaps[0]?.lost).toBeGreaterThan(1000);
		expect(nics[0]?.broken).toBeNull();
	}
};

describe('worlds with a vDPA device', () => {
	it('each has its expectation', () => expect(VDPA_CATALOGUE.map(({ id }) => id).sort()).toEqual(Object.keys(WANTED).sort()));
	it.each(Object.keys(WANTED))('%s', (id) => {
		const played = run(id);
		WANTED[id]?.(played);
		expect(checkAll(played.simulation.world, INVARIANTS).filter((verdict) => !verdict.holds)).toEqual([]);
	});
});
