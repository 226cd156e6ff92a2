import { PAGES_PER_BLOCK } from '../../base/units.ts';
import { BlockKind, BLOCK_ORDER, payloadUseClass, SectionState, UseClass, wordKind, wordPayload } from '../contract/words.ts';
import { fakeOnline } from '../mm/blocks/contig.ts';
import { release } from '../mm/buddy.ts';
import { wholeWord } from '../mm/frames.ts';
import { folioAt } from '../mm/move/folio.ts';
import { sectionOfBlock } from '../mm/os/os.ts';
import type { World } from '../state/world.ts';

/** What the old kernel held there is nobody's now. */
export function freeKernelPages(world: World, os: number, firstBlock: number, count: number): void {
	if (world.c.memoryBlockState.get(sectionOfBlock(firstBlock)) !== SectionState.online) return;
	for (let block = firstBlock; block < firstBlock + count; block += 1) {
		const word = wholeWord(world, block);
		if (wordKind(word) === BlockKind.use) {
			const use = payloadUseClass(wordPayload(word));
			if (use === UseClass.kernel) release(world, block * PAGES_PER_BLOCK, BLOCK_ORDER);
			if (use === UseClass.pageOffline) fakeOnline(world, os, block, 1);
			continue;
		}
		if (wordKind(word) !== BlockKind.detail) continue;
		const held: [frame: number, order: number][] = [];
		for (let at = block * PAGES_PER_BLOCK; at < (block + 1) * PAGES_PER_BLOCK;) {
			const folio = folioAt(world, os, at);
			at = folio.frame + folio.pages;
			if (folio.kind !== 'free' && folio.kind !== 'hole') held.push([folio.frame, folio.order]);
		}
		for (const [frame, order] of held) release(world, frame, order);
	}
}
