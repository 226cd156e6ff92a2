import { expect, it } from 'vitest';
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
