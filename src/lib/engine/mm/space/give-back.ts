import { PAGES_PER_BLOCK } from '../../../base/units.ts';
import { BLOCK_ORDER, BlockKind, wordKind } from '../../contract/words.ts';
import type { AddressSpace } from '../../state/address-space.ts';
import type { World } from '../../state/world.ts';
import { release } from '../buddy.ts';
import { ensureRows, rowsOf, wholeWord } from '../frames.ts';
import { blockOfFrame } from '../zones.ts';
import { frameOf, unmapBlock, wholeBlockOf } from './mapping.ts';

/** Frees every frame that a process has behind a guest block, and forgets the mapping. */
export function freeGuestBlock(world: World, space: AddressSpace, instance: number, guestBlock: number): void {
	const whole = wholeBlockOf(world, space, instance, guestBlock);
	if (whole >= 0 && isOneOrRun(world, whole)) {
		release(world, whole * PAGES_PER_BLOCK, BLOCK_ORDER);
	} else {
		for (let row = 0; row < PAGES_PER_BLOCK; row += 1) {
			const frame = frameOf(world, space, instance, guestBlock * PAGES_PER_BLOCK + row);
			if (frame < 0) continue;
			ensureRows(world, blockOfFrame(frame));
			release(world, frame, 0);
		}
	}
	unmapBlock(world, space, instance, guestBlock);
}

/** A folio, a run, or 512 base pages in rows: freeing them one by one ends as freeing the block. */
function isOneOrRun(world: World, block: number): boolean {
	const kind = wordKind(wholeWord(world, block));
	return kind === BlockKind.huge || kind === BlockKind.run || rowsOf(world, block) >= 0;
}
