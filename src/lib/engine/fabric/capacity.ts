import { formatBytesBinary } from '../../base/format.ts';
import { MEMORY_BLOCK_BYTES } from '../../base/units.ts';

export { BLOCKS_PER_MEMORY_BLOCK } from '../../base/units.ts';

/** Memory blocks as an amount: 32 → "4 GiB". */
export function formatBlocks(memoryBlocks: number): string {
	return formatBytesBinary(memoryBlocks * MEMORY_BLOCK_BYTES);
}
