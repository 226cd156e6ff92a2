import { expect, it } from 'vitest';
import {
	ALONG_WIRE,
	arcAcross,
	arcBetween,
	arcOverWire,
	cutChain,
	pointAtX,
	pointOn,
	straight
} from '../../../../src/lib/viz/geometry/path.ts';

/** Goal: a token is where its share of the way says. Method: straight lines, whose lengths are known. */
it('cuts by length, not by the parameter of the curve', () => {
	const chain = [straight({ x: 0, y: 0 }, { x: 100, y: 0 }), straight({ x: 100, y: 0 }, { x: 100, y: 300 })];
	expect(cutChain(chain, 0.25).token.x).toBeCloseTo(100, 0);
	expect(cutChain(chain, 0.25).token.y).toBeCloseTo(0, 0);
	expect(cutChain(chain, 0.5).token.y).toBeCloseTo(100, 0);
	expect(cutChain(chain, 1).token).toEqual({ x: 100, y: 300 });
	expect(cutChain(chain, 0).token).toEqual({ x: 0, y: 0 });
});

it('goes from the middle of one block to the middle of the other, and up between', () => {
	const from = { x: 80, y: 320 };
	const to = { x: 420, y: 290 };
	const arc = arcBetween(from, to, 0);
	expect(pointOn(arc, 0)).toEqual(from);
	expect(pointOn(arc, 1)).toEqual(to);
	expect(pointOn(arc, 0.5).y).toBeLessThan(290);
});

it('leaves out the part that runs along a drawn line, but counts its length', () => {
	const chain = arcOverWire({ x: 200, y: 300 }, { x: 800, y: 300 }, 40, 300, 700);
	const middle = cutChain(chain, 0.5, ALONG_WIRE);
	expect(middle.token.y).toBeCloseTo(40, 0);
	expect(middle.token.x).toBeCloseTo(500, 0);
	expect(middle.behind).not.toContain('700');
	expect(middle.ahead).toContain('800 300');
});

it('crosses a gutter between the rows of the two blocks, where a count can stand', () => {
	const from = { x: 120, y: 180 };
	const to = { x: 520, y: 220 };
	for (const [a, b] of [
		[from, to],
		[to, from]
	] as const) {
		const arc = arcAcross(a, b, 380);
		for (let step = 0; step <= 20; step += 1) {
			const { y } = pointOn(arc, step / 20);
			expect(y).toBeGreaterThanOrEqual(180);
			expect(y).toBeLessThanOrEqual(220);
		}
		expect(pointAtX(arc, 380).x).toBeCloseTo(380, 2);
	}
});

it('goes up to the wire along the edge of the card, not through what is written in its head', () => {
	const [up] = arcOverWire({ x: 120, y: 300 }, { x: 900, y: 300 }, 40, 356, 700);
	// The head of a card is the upper third of this way: the curve is at the edge there.
	for (let step = 0; step <= 40; step += 1) {
		const point = pointOn(up!, step / 40);
		if (point.y < 127) expect(356 - point.x).toBeLessThan(10);
	}
});
