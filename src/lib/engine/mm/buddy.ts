/** The buddy allocator of one memory zone (decision D3); its parts lie in `buddy/`. */
export { attachBlocks, detachBlocks, onlineBlocks } from './buddy/blocks.ts';
export { release } from './buddy/chunks.ts';
export { allocate, allocateRun } from './buddy/fallback.ts';
export { takePageOff } from './buddy/take-page.ts';
export { giveBlocks, giveRows, isolateBlocks, removeFreeBlocks, unisolateBlocks } from './buddy/isolate.ts';
export {
	FREE_ORDER_10,
	FREE_ORDER_9,
	FREE_TAIL,
	freeChunks,
	freePages,
	freePagesOf,
	isIsolated,
	migratetypeOf,
	osOfBlock,
	walkList,
	zoneOfBlock
} from './buddy/lists.ts';
