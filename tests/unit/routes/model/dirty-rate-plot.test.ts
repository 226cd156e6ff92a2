/**
 * Goal: the chart of the model's page says what the closed forms say.
 * Method: its lines are looked at for the known facts: where pre-copy never ends, that transit is flat, where names stand.
 */
import { describe, expect, it } from 'vitest';
import { HEADLINE_CASE } from '$lib/engine/contract/closed-forms/index.ts';
import { defaultCosts } from '$lib/engine/contract/costs.ts';
import { dirtyRatePlot, spread } from '../../../../src/routes/model/dirty-rate-plot.ts';

const size = { width: 700, height: 250 };
const plot = dirtyRatePlot('totalS', defaultCosts(), HEADLINE_CASE, size);
const lineOf = (id: string) => {
	const found = plot.lines.find((line) => line.id === id);
	if (!found) throw new Error(`no line ${id}`);
	return found;
};
const heights = (path: string) => [...path.matchAll(/,(-?[\d.]+)/g)].map((match) => Number(match[1]));

describe('dirty-rate plot', () => {
	it('ends pre-copy on 25 GbE below the rate of the wire', () => {
		const line = lineOf('precopy-tcp25');
		expect(line.neverFromGBps).toBe(2.9375);
		expect(line.end.x).toBeLessThan(plot.x(2.9375));
		expect(line.end.x).toBeGreaterThan(plot.x(2.8));
	});
	it('draws transit flat from edge to edge, at its time', () => {
		const line = lineOf('transit-thp-1');
		const ys = heights(line.path);
		expect(new Set(ys.map((y) => y.toFixed(2))).size).toBe(1);
		expect(ys[0]).toBeCloseTo(plot.y(12.65443), 1);
		expect(line.end.x).toBe(plot.right);
	});
	it('keeps every line inside the picture', () => {
		for (const measure of ['totalS', 'downtimeS'] as const)
			for (const line of dirtyRatePlot(measure, defaultCosts(), HEADLINE_CASE, size).lines)
				for (const y of heights(line.path)) {
					expect(y, line.id).toBeGreaterThanOrEqual(20);
					expect(y, line.id).toBeLessThanOrEqual(plot.bottom);
				}
	});
	it('moves names apart and keeps them inside', () => {
		const places = plot.lines.map((line) => line.labelY).sort((a, b) => a - b);
		places.forEach((place, index) => {
			if (index > 0) expect(place - (places[index - 1] as number)).toBeGreaterThanOrEqual(13.999);
			expect(place).toBeLessThanOrEqual(plot.bottom);
		});
		expect(spread([10, 10, 10], 5, 100)).toEqual([10, 15, 20]);
		expect(spread([98, 99, 100], 5, 100)).toEqual([90, 95, 100]);
	});
	it('fits a phone', () => {
		const small = dirtyRatePlot('downtimeS', defaultCosts(), HEADLINE_CASE, {
			width: 300,
			height: 250
		});
		expect(small.right).toBeGreaterThan(80);
		expect(small.xTicks).toHaveLength(5);
	});
});
