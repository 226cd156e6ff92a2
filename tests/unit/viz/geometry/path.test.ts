import { expect, it } from 'vitest';
import {
	ALONG_WIRE,
	arcBetween,
	arcOverWire,
	cutChain,
	pointOn,
	straight
} from '../../../../src/lib/viz/geometry/path.ts';

/** Goal: a token is where its share of the way says. Method: straight lines, whose lengths are known. */
it('cuts by length, not by the parameter of the curve', () => {
	const chain = [
		straight({ x: 0, y: 0 }, { x: 100, y: 0 }),
		straight({ x: 100, y: 0 }, { x: 100, y: 300 })
	];
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
