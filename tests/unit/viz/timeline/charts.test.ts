import { describe, expect, test } from 'vitest';
import { CHARTS, chartDrawing, yTicks } from '../../../../src/lib/viz/timeline/charts.ts';
import { trackRows } from '../../../../src/lib/viz/timeline/rows.ts';
import { waterfall, waterfallWords } from '../../../../src/lib/viz/timeline/waterfall.ts';
import type { PageAnswer } from '../../../../src/lib/engine/contract/queries.ts';
import { MS, summary } from './fixtures.ts';

describe('charts', () => {
	test('the topmost line carries the unit and is at or above the greatest value', () => {
		for (const spec of CHARTS)
			for (const greatest of [1, 999_999, 2_000_000, 3.3e9, 1.25e9, 4 * 1024 ** 3]) {
				const { top, ticks } = yTicks(spec, spec.top ? Math.min(greatest, spec.top) : greatest, 70);
				expect(top).toBeGreaterThanOrEqual(spec.top ?? greatest);
				expect(ticks[0]).toEqual({ y: 70, label: ticks[0]!.label });
				expect(ticks.at(-1)!.y).toBe(0);
				expect(ticks.at(-1)!.label).toMatch(/\u2009/);
				expect(new Set(ticks.map((tick) => tick.label)).size).toBe(ticks.length);
				expect(ticks.length).toBeLessThanOrEqual(6);
			}
	});
	test('several runs share one axis', () => {
		const source = (name: string) => ({
			name,
			course: summary(500 * MS),
			forecast: summary(1100 * MS),
			vm: 'vm0'
		});
		const drawing = chartDrawing(CHARTS[0]!, [source('a'), source('b')], { startNs: 0, endNs: 1100 * MS }, 300, 70);
		expect(drawing.lines.map((line) => line.name)).toEqual(['a', 'b']);
		expect(drawing.lines[0]!.past).toBe(drawing.lines[1]!.past);
		expect(drawing.lines[0]!.past).not.toBe('');
		expect(drawing.lines[0]!.future).not.toBe('');
	});
});

test('rows of the tracks never overlap and fit', () => {
	for (const count of [1, 2, 3, 4])
		for (const compact of [false, true]) {
			const { rows, axisY, height } = trackRows(count, compact);
			expect(rows.length).toBe(count);
			rows.forEach((row, index) => {
				expect(row.speedY).toBeGreaterThanOrEqual(row.phaseY + row.phaseHeight);
				const next = rows[index + 1];
				expect(row.speedY + row.speedHeight).toBeLessThanOrEqual(next ? next.phaseY : axisY);
			});
			expect(axisY + 17).toBeLessThanOrEqual(height);
		}
});

describe('the address waterfall', () => {
	const rungs = (base: string, dpa: string | null) => [
		{ space: 'gva' as const, address: '0xffff_8880_6a3f_2000', by: '', note: '' },
		{ space: 'gpa' as const, address: '0x6a3f_2000', by: 'guest page table', note: '' },
		{ space: 'hva' as const, address: `0x7f${base}_8a3f_2000`, by: 'memslot', note: 'QEMU' },
		{
			space: 'hpa' as const,
			address: `0x${base}_2a3f_2000`,
			by: 'host page table',
			note: 'window'
		},
		{ space: 'dpa' as const, address: dpa, by: 'decoder', note: '' }
	];
	const answer = (dpa: string | null): PageAnswer => ({
		vm: 'vm0',
		gfn: 0x6a3f2,
		folioFirstGfn: 0x6a200,
		folioPages: 512,
		memory: 'pool',
		frame: 5,
		written: 12,
		held: 12,
		proof: 'equal',
		dirty: false,
		pins: [],
		readLatencyNs: 624,
		missing: false,
		sentence: 'In the pool.',
		hosts: [
			{ host: 'A', running: true, rungs: rungs('11', dpa) },
			{ host: 'B', running: false, rungs: rungs('28', dpa) }
		],
		sameDeviceAddress: dpa !== null
	});
	test('is wide, wide, split, split, and closes where both meet', () => {
		const steps = waterfall(answer('0xaa3f_2000'));
		expect(steps.map((step) => step.boxes.length)).toEqual([1, 1, 2, 2, 1]);
		expect(steps.map((step) => step.by)).toEqual(['', 'guest page table', 'memslot', 'host page table', 'decoder']);
		expect(steps.at(-1)!.closing).toBe(true);
		expect(waterfallWords(answer('0xaa3f_2000'))).toContain('the same for both hosts');
	});
	test('a page in the host’s own DRAM has no device address', () => {
		const last = waterfall(answer(null)).at(-1)!;
		expect(last).toMatchObject({ closing: false, boxes: [{ address: null }] });
		expect(waterfallWords(answer(null))).toContain('DPA, device physical: none.');
	});
	test('two different device addresses stay two boxes: no closing is pretended', () => {
		const broken = answer('0xaa3f_2000');
		const steps = waterfall({ ...broken, sameDeviceAddress: false });
		expect(steps.at(-1)!.boxes.length).toBe(2);
	});
});
