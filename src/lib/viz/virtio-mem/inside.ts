import { formatNumber } from '../../base/format.ts';
import { BLOCK_BYTES, PAGES_PER_BLOCK } from '../../base/units.ts';
import type { MachineStatus } from '../../engine/contract/machine-status.ts';
import type { WorldViews } from '../../engine/contract/views.ts';
import { keptBy, readFrames, type FrameKind } from '../rooms/frames.ts';
import { ownersOf } from '../rooms/sub-blocks.ts';

/** Pages of one sub-block by what they mean for leaving it. */
export interface Inside {
	readonly pages: number;
	readonly kernel: number;
	readonly pinned: number;
	readonly held: number;
	readonly secure: number;
	/** In use by processes, and free to move. */
	readonly movable: number;
	readonly free: number;
	/** First page that stays, −1 when none does. */
	readonly firstKept: number;
}

export function insideOf(
	views: WorldViews,
	machine: MachineStatus,
	firstBlock: number,
	addr: number,
	bytes: number
): Inside {
	const owners = ownersOf(machine);
	const found = {
		pages: 0,
		kernel: 0,
		pinned: 0,
		held: 0,
		secure: 0,
		movable: 0,
		free: 0,
		firstKept: -1
	};
	for (let at = addr; at < addr + bytes; at += BLOCK_BYTES) {
		const block = Math.floor(at / BLOCK_BYTES);
		if (firstBlock + block >= views.columns.blockWord.length) break;
		const frames = readFrames(views, machine, firstBlock + block, block * PAGES_PER_BLOCK);
		for (let row = 0; row < PAGES_PER_BLOCK; row += 1) {
			const kind = frames.kind[row] as FrameKind;
			const kept = keptBy(frames, row, owners);
			found.pages += 1;
			if (kept !== null) found[kept] += 1;
			else if (kind === 'free') found.free += 1;
			else if (kind === 'user' || kind === 'incoming') found.movable += 1;
			if (kept !== null && found.firstKept < 0) found.firstKept = block * PAGES_PER_BLOCK + row;
		}
	}
	return found;
}

/** "1 of its 512 pages is pinned." and what of the rest. */
export function insideWords(inside: Inside): readonly [string, string] {
	const kept = [
		[inside.secure, 'secret memory'],
		[inside.pinned, 'pinned'],
		[inside.held, 'held'],
		[inside.kernel, 'kernel data']
	] as const;
	const named = kept.filter(([count]) => count > 0);
	if (named.length === 0) return ['No page of it is kept now.', 'The next try can take it.'];
	const total = named.reduce((sum, [count]) => sum + count, 0);
	const what = named
		.map(([count, word]) => (named.length > 1 ? `${formatNumber(count)} ${word}` : word))
		.join(', ');
	const rest = inside.movable + inside.free;
	return [
		`${formatNumber(total)} of its ${formatNumber(inside.pages)} pages ${total === 1 ? 'is' : 'are'} ${what}.`,
		rest > 0 ? `The other ${formatNumber(rest)} could have moved or are free.` : ''
	];
}
