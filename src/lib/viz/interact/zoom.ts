import { BLOCKS_PER_MEMORY_BLOCK } from '../../base/units.ts';

/** How deep one looks into a memory: all of it, one 128 MiB block, or the 512 pages of one 2 MiB block. */
export type Zoom =
	| { readonly level: 'memory' }
	| { readonly level: 'block'; readonly memory: string; readonly first: number }
	| { readonly level: 'pages'; readonly memory: string; readonly block: number };

export const WHOLE: Zoom = { level: 'memory' };

/** One step in from a 2 MiB block of this memory. */
export function zoomIn(zoom: Zoom, memory: string, block: number): Zoom {
	if (zoom.level === 'memory' || zoom.memory !== memory)
		return { level: 'block', memory, first: block - (block % BLOCKS_PER_MEMORY_BLOCK) };
	if (zoom.level === 'block') return { level: 'pages', memory, block };
	return zoom;
}

/** One step out. */
export function zoomOut(zoom: Zoom): Zoom {
	if (zoom.level !== 'pages') return WHOLE;
	return {
		level: 'block',
		memory: zoom.memory,
		first: zoom.block - (zoom.block % BLOCKS_PER_MEMORY_BLOCK)
	};
}
