/**
 * Goal: a slider of the model's page reaches both ends and the default of every cost, and never leaves the range.
 * Method: every row of the table, every position.
 */
import { describe, expect, it } from 'vitest';
import { COST_NAMES, COST_TABLE } from '$lib/engine/contract/cost-table.ts';
import { withOverrides } from '$lib/engine/contract/costs.ts';
import { positionOf, STEPS, valueAt } from '../../../../src/routes/model/slider-scale.ts';

const movable = COST_NAMES.filter((name) => COST_TABLE[name].min < COST_TABLE[name].max);

describe('slider of a cost', () => {
	it.each(movable)('%s', (name) => {
		const row = COST_TABLE[name];
		expect(valueAt(row, 0)).toBe(row.min);
		expect(valueAt(row, STEPS)).toBe(row.max);
		expect(valueAt(row, positionOf(row, row.default))).toBe(row.default);
		let before = -Infinity;
		for (let position = 0; position <= STEPS; position += 1) {
			const value = valueAt(row, position);
			expect(value).toBeGreaterThanOrEqual(Math.max(before, row.min));
			expect(value).toBeLessThanOrEqual(row.max);
			before = value;
		}
	});
	it('sets only what the table of costs accepts', () => {
		for (const name of movable)
			for (const position of [1, 67, STEPS - 1]) {
				const outcome = withOverrides({ [name]: valueAt(COST_TABLE[name], position) });
				expect(outcome.ok || outcome.detail.includes('would be'), name).toBe(true);
			}
	});
	it('stands at the start where nothing can move', () => {
		expect(positionOf(COST_TABLE.virtioMemRetryMinS, 50)).toBe(0);
	});
});
