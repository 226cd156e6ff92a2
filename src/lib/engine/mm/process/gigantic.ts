import { BLOCK_BYTES, GIB } from '../../../base/units.ts';
import { SectionState } from '../../contract/words.ts';
import type { World } from '../../state/world.ts';
import { allocContigRange, freeContigRange } from '../blocks/contig.ts';
import { blockOfPfn, nodeOfBlock, osRecord, sectionOfBlock, zoneOfOsBlock } from '../os/os.ts';

/**
 * A gigantic page of 1 GiB on one node, asked for and given back (Linux 7.2.13 mm/hugetlb.c, alloc_gigantic_folio; mm/page_alloc.c,
 * alloc_contig_pages): the first aligned range that lies whole in one zone and can be emptied. What is movable moves.
 */
const BLOCKS = GIB / BLOCK_BYTES;
const PAGES = GIB / 4096;

/** Address of the range that could be had, or null. */
export function tryGigantic(world: World, os: number, node: number): number | null {
	const memory = world.r.memories[osRecord(world, os).memory] as { blockCount: number };
	for (let pfn = 0; pfn + PAGES <= memory.blockCount * 512; pfn += PAGES) {
		const first = blockOfPfn(world, os, pfn);
		if (!oneZone(world, os, first, node)) continue;
		if (allocContigRange(world, os, first, BLOCKS).outcome !== 'ok') continue;
		freeContigRange(world, os, first, BLOCKS);
		return pfn * 4096;
	}
	return null;
}

/** pfn_range_valid_contig: all of it online, on this node, in one zone. */
function oneZone(world: World, os: number, first: number, node: number): boolean {
	const zone = zoneOfOsBlock(world, os, first);
	if (zone < 0) return false;
	for (let block = first; block < first + BLOCKS; block += 64)
		if (
			world.c.memoryBlockState.get(sectionOfBlock(block)) !== SectionState.online ||
			nodeOfBlock(world, block) !== node ||
			zoneOfOsBlock(world, os, block) !== zone
		)
			return false;
	return true;
}
