import { expect, it } from 'vitest';
import { cursorOn, enteredBlock } from '../../../../src/lib/viz/interact/enter.ts';
import { roveGrid } from '../../../../src/lib/viz/interact/rove.ts';
import { WHOLE, zoomIn, zoomOut } from '../../../../src/lib/viz/interact/zoom.ts';

/** Goal: in and out are the same steps. Method: walk down and back. */
it('goes in by 128 MiB and then by 2 MiB, and back the same way', () => {
	const block = zoomIn(WHOLE, 'pool', 849);
	expect(block).toEqual({ level: 'block', memory: 'pool', first: 832 });
	const pages = zoomIn(block, 'pool', 849);
	expect(pages).toEqual({ level: 'pages', memory: 'pool', block: 849 });
	expect(zoomIn(pages, 'pool', 849)).toBe(pages);
	expect(zoomOut(pages)).toEqual(block);
	expect(zoomOut(block)).toBe(WHOLE);
	expect(zoomOut(WHOLE)).toBe(WHOLE);
});

it('starts anew when another memory is opened', () => {
	const inPool = zoomIn(WHOLE, 'pool', 0);
	expect(zoomIn(inPool, 'dram-A', 100)).toEqual({ level: 'block', memory: 'dram-A', first: 64 });
});

it('moves the cursor inside the grid and never out of it', () => {
	expect(roveGrid('ArrowRight', 7, 8, 64)).toBe(8);
	expect(roveGrid('ArrowDown', 60, 8, 64)).toBe(60);
	expect(roveGrid('ArrowUp', 3, 8, 64)).toBe(3);
	expect(roveGrid('ArrowLeft', 0, 8, 64)).toBe(0);
	expect(roveGrid('End', 5, 8, 64)).toBe(63);
	expect(roveGrid('PageDown', 60, 8, 64)).toBe(63);
	expect(roveGrid('x', 5, 8, 64)).toBeNull();
});

it('opens the cell that was chosen, not the first one of its tile, and comes back to it', () => {
	const chosen = 849;
	const tile = cursorOn(WHOLE, chosen, 64);
	expect(tile).toBe(13);
	const block = enteredBlock(tile * 64, 64, chosen);
	expect(block).toBe(chosen);
	const inside = zoomIn(WHOLE, 'pool', block);
	expect(cursorOn(inside, chosen, 64)).toBe(849 - 832);
	const pages = zoomIn(inside, 'pool', enteredBlock(832 + cursorOn(inside, chosen, 64), 1, chosen));
	expect(pages).toEqual({ level: 'pages', memory: 'pool', block: chosen });
	expect(cursorOn(zoomOut(pages), chosen, 64)).toBe(849 - 832);
	expect(cursorOn(zoomOut(inside), chosen, 64)).toBe(13);
});

it('opens the first cell of a tile in which nothing was chosen', () => {
	expect(enteredBlock(64, 64, 849)).toBe(64);
	expect(enteredBlock(64, 64, -1)).toBe(64);
	expect(cursorOn(zoomIn(WHOLE, 'pool', 64), 849, 64)).toBe(-1);
	expect(cursorOn(WHOLE, -1, 64)).toBe(-1);
});
