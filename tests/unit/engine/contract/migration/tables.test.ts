/** Goal: every cell says what it is. Method: kinds against what stands in a cell; rules against the cells that they predict. */
import { describe, expect, it } from 'vitest';
import { MIGRATION_TABLES, migrationError, NOBODY_MEASURED } from '../../../../../src/lib/engine/contract/migration/tables.ts';

const cells = MIGRATION_TABLES.flatMap((table) =>
	table.rows.flatMap((row) => row.cells.map((cell) => ({ table: table.id, what: row.what, ...cell })))
);
const errorsOf = (table: string, column: RegExp): number[] =>
	cells.filter((cell) => cell.table === table && column.test(cell.column)).map((cell) => Math.abs(migrationError(cell) ?? NaN));

describe('published tables about moving VMs', () => {
	it('a headline has nothing of ours, what is ours has nothing published, the rest has both', () => {
		expect(cells.length).toBeGreaterThan(35);
		for (const cell of cells) {
			expect(cell.ours === null, cell.what).toBe(cell.kind === 'headline only');
			expect(cell.published === null, cell.what).toBe(cell.kind === 'ours');
			if (cell.ours !== null) expect(Number.isFinite(cell.ours)).toBe(true);
		}
	});
	it('the rate rule of Xen meets the first rounds within 1 % and the whole of SPECweb within 3 %', () => {
		for (const error of errorsOf('clark', /^first round/)) expect(error).toBeLessThan(0.01);
		for (const error of errorsOf('clark', /^whole/)) expect(error).toBeLessThan(0.03);
	});
	it('it misses the last transfer of Quake, and says so', () => {
		const quake = cells.find((cell) => cell.column === 'last transfer of 148 KB');
		expect(migrationError(quake as never)).toBeLessThan(-0.8);
	});
	it('the expected downtimes of a saturating writer are its bytes over the bandwidth before, within 1 ms in 1000', () => {
		const errors = errorsOf('cloud-hypervisor-log', /^expected/);
		expect(errors).toHaveLength(3);
		for (const error of errors) expect(error).toBeLessThan(0.001);
	});
	it('beside what moves by reference stands that nobody measured it', () => {
		const table = MIGRATION_TABLES.find((one) => one.id === 'by-reference');
		expect(table?.source).toBe(NOBODY_MEASURED);
		expect(table?.rows.flatMap((row) => row.cells).every((cell) => cell.published === null)).toBe(true);
	});
});
