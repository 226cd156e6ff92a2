import { PAGES_PER_BLOCK } from '../../../base/units.ts';
import { BLOCK_ORDER, BlockKind, ORDERS, RowKind } from '../../contract/words.ts';
import type { World } from '../../state/world.ts';
import { ensureRows, setFolio, setWhole } from '../frames.ts';
import { FREE_ORDER_9, insert, listTypeOf, remove, zoneOfBlock } from './lists.ts';

/**
 * One page out of the middle of a free chunk (Linux 7.2.13 mm/page_alloc.c, take_page_off_buddy and break_down_buddy_pages):
 * the chunk is halved, the half without the page goes back to the lists, until the page stands alone. Its row is the caller's.
 */
export function takePageOff(world: World, head: number, order: number, frame: number): void {
	const block = Math.floor(frame / PAGES_PER_BLOCK);
	const first = Math.floor(head / PAGES_PER_BLOCK);
	const zone = zoneOfBlock(world, block);
	const type = listTypeOf(world, zone, first);
	if (order === ORDERS - 1) {
		remove(world, zone, type, order, first);
		for (const half of [first, first + 1]) setWhole(world, half, BlockKind.free, FREE_ORDER_9);
		insert(world, zone, type, BLOCK_ORDER, block === first ? first + 1 : first, false);
	} else remove(world, zone, type, order, order === BLOCK_ORDER ? block : ensureRows(world, block) + (head % PAGES_PER_BLOCK));
	const base = ensureRows(world, block);
	let row = order >= BLOCK_ORDER ? 0 : head % PAGES_PER_BLOCK;
	const wanted = frame % PAGES_PER_BLOCK;
	for (let level = Math.min(order, BLOCK_ORDER) - 1; level >= 0; level -= 1) {
		const upper = row + (1 << level);
		setFolio(world, block, row, level, RowKind.free, -1, 0);
		setFolio(world, block, upper, level, RowKind.free, -1, 0);
		const other = wanted >= upper ? row : upper;
		insert(world, zone, type, level, base + other, false);
		if (wanted >= upper) row = upper;
	}
}
