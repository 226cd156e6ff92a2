import { describe, expect, it } from 'vitest';
import { VDPA_PRESETS } from '../../../../../src/lib/engine/contract/vdpa/figures.ts';
import { stopFormula, toShadowFormula } from '../../../../../src/lib/engine/contract/vdpa/formulas.ts';
import { cellError, cellKind, STACKS_2023, tableInput, VDPA_TABLES } from '../../../../../src/lib/engine/contract/vdpa/tables.ts';
import type { ChangeStatus } from '../../../../../src/lib/engine/contract/vdpa/status.ts';
import { migrate, open } from '../../../../support/worlds.ts';
import { nic, nicWorld } from '../../../../support/nics.ts';

const tableOf = (id: string) => {
	const table = VDPA_TABLES.find((one) => one.id === id);
	if (!table) throw new Error(`no table ${id}`);
	return table;
};
const ours = (id: string, column: number): number[] => tableOf(id).rows.map((row) => row.cells[column]?.ours ?? NaN);

describe('what was published about vDPA', () => {
	it('every table that a preset was fitted on is there', () => {
		const ids = VDPA_TABLES.map((table) => table.id);
		for (const preset of Object.values(VDPA_PRESETS)) for (const id of preset.fittedOn) expect(ids).toContain(id);
	});
	it('a cell is fitted just where the preset of its table names the table', () => {
		const kinds = Object.fromEntries(
			VDPA_TABLES.map((table) => [table.id, new Set(table.rows.flatMap((row) => row.cells.map((cell) => cellKind(table, cell))))])
		);
		expect([...(kinds['T1'] ?? [])].sort()).toEqual(['fitted', 'order only']);
		expect([...(kinds['T2'] ?? [])].sort()).toEqual(['fitted', 'headline only']);
		expect([...(kinds['T3'] ?? [])]).toEqual(['fitted']);
		expect([...(kinds['JP7'] ?? [])]).toEqual(['predicted']);
		expect([...(kinds['EP12'] ?? [])]).toEqual(['predicted']);
	});
	it('T1: no stack is slower than the one before it, in either part', () => {
		for (const column of [0, 1]) {
			const values = ours('T1', column);
			expect([...values].sort((a, b) => b - a)).toEqual(values);
		}
	});
	it('T1: what each step takes away is what it was published to take away', () => {
		const [first, , third, fourth] = ours('T1', 1) as [number, number, number, number];
		expect((first - third) / 15).toBeCloseTo(1, 1);
		expect((third - fourth) / 3).toBeCloseTo(1, 1);
	});
	it('T3: slopes within the spread of the runs', () => {
		for (const row of tableOf('T3').rows) for (const cell of row.cells) expect(Math.abs(cellError(cell) ?? 1)).toBeLessThan(0.05);
	});
	it('S2: four to five seconds', () => {
		const [seconds] = ours('S2', 0) as [number];
		expect(seconds).toBeGreaterThanOrEqual(4);
		expect(seconds).toBeLessThanOrEqual(5);
	});
	it('a figure that nobody can compute has no error', () => {
		const cells = tableOf('T2').rows[1]?.cells ?? [];
		expect(cells.map(cellError)).toEqual([null, null]);
	});
});

/** The stacks of T1 in the engine, on a guest of 1 GiB. */
const GIB_OF_GUEST = 1;
const simulated = (choice: Record<string, unknown>): ((kind: ChangeStatus['kind']) => number) => {
	const simulation = open(
		nicWorld({
			mib: GIB_OF_GUEST * 1024,
			pages: '4k',
			hostMib: 3072,
			nics: [nic({ kind: 'mlx5', preset: 'sw2023', choice })],
			more: { untilNs: 60e9 }
		})
	);
	simulation.send(migrate('precopy'));
	simulation.advance(60e9, Infinity, (world) => world.r.operations[0]?.state !== 'running');
	return (kind) => {
		const change = simulation.world.r.vdpa.nics[0]?.changes.find((one) => one.kind === kind);
		return (change?.endNs ?? 0) - (change?.startNs ?? 0);
	};
};

describe('the simulation of each stack', () => {
	it.each(STACKS_2023.map((stack) => [stack.what, stack] as const))('%s', (_, { choice, atStop }) => {
		const input = (one: typeof choice) => ({ ...tableInput({ gib: GIB_OF_GUEST, preset: 'sw2023', choice: one }), runs: 1 });
		const near = (ns: number, wanted: number): void => expect(Math.abs(ns / wanted - 1)).toBeLessThan(0.01);
		near(simulated({ ...choice })('to-svq'), toShadowFormula(input(choice)).ns);
		near(simulated({ ...(atStop ?? choice) })('stop'), stopFormula(input(atStop ?? choice)).ns);
	});
});
