import { BLOCKS_PER_MEMORY_BLOCK } from '../../base/units.ts';
import type { MemoryStatus } from '../../engine/contract/status.ts';
import {
	BlockKind,
	payloadGuestBlock,
	payloadVm,
	wordKind,
	wordPayload
} from '../../engine/contract/words.ts';
import type { WorldViews } from '../../engine/contract/views.ts';

/**
 * What moved between two settled pictures: guest blocks that lay in one memory then and lie in another now, merged to at
 * most three groups with their counts. A pure comparison, so it serves forwards, backwards and after a jump.
 */
export interface MoveGroup {
	readonly vm: number;
	readonly from: string;
	readonly to: string;
	/** 2 MiB blocks that moved. */
	readonly count: number;
	/** Blocks inside the memories, for the ends of the arc. */
	readonly fromBlocks: readonly number[];
	readonly toBlocks: readonly number[];
}

export const MOST_GROUPS = 3;

const holdsPages = (word: number): boolean => {
	const kind = wordKind(word);
	return kind === BlockKind.huge || kind === BlockKind.run;
};

/** Resolves a detail to its block word, or 0 where a structure says it. */
function plain(views: WorldViews, word: number): number {
	if (wordKind(word) !== BlockKind.detail) return word;
	return views.columns.detailWord[wordPayload(word)] ?? 0;
}

export function planMoves(
	views: WorldViews,
	memories: readonly MemoryStatus[],
	before: Uint32Array,
	now: Uint32Array = views.columns.blockWord
): MoveGroup[] {
	interface Place {
		readonly memory: string;
		readonly block: number;
	}
	const gone = new Map<number, Place>();
	const come: { key: number; place: Place }[] = [];
	for (const memory of memories)
		for (let block = 0; block < memory.blockCount; block += 1) {
			const at = memory.firstBlock + block;
			const was = before[at] as number;
			const is = now[at] as number;
			if (was === is) continue;
			const old = plain(views, was);
			const fresh = plain(views, is);
			const oldKey = holdsPages(old) ? wordPayload(old) : -1;
			const newKey = holdsPages(fresh) ? wordPayload(fresh) : -1;
			if (oldKey === newKey) continue;
			if (oldKey >= 0) gone.set(oldKey, { memory: memory.id, block });
			if (newKey >= 0) come.push({ key: newKey, place: { memory: memory.id, block } });
		}
	interface Pair {
		readonly vm: number;
		readonly guestBlock: number;
		readonly from: Place;
		readonly to: Place;
	}
	const pairs: Pair[] = come.flatMap(({ key, place }) => {
		const from = gone.get(key);
		return from === undefined || from.memory === place.memory
			? []
			: [{ vm: payloadVm(key), guestBlock: payloadGuestBlock(key), from, to: place }];
	});
	const ways = new Map<string, Pair[]>();
	for (const pair of pairs) {
		const way = `${pair.vm} ${pair.from.memory} ${pair.to.memory}`;
		(ways.get(way) ?? ways.set(way, []).get(way)!).push(pair);
	}
	const sorted = [...ways.values()].sort((a, b) => b.length - a.length).slice(0, MOST_GROUPS);
	/** A lone way is shown as up to three parts of it, so that one sees a stream and not a leap. */
	const parts = (way: Pair[]): Pair[][] => {
		way.sort((a, b) => a.guestBlock - b.guestBlock);
		const count =
			sorted.length === 1
				? Math.min(MOST_GROUPS, Math.ceil(way.length / BLOCKS_PER_MEMORY_BLOCK))
				: 1;
		const size = Math.ceil(way.length / count);
		return Array.from({ length: count }, (_, index) =>
			way.slice(index * size, (index + 1) * size)
		).filter((part) => part.length > 0);
	};
	return sorted.flatMap(parts).map((part) => {
		const [first] = part as [Pair, ...Pair[]];
		return {
			vm: first.vm,
			from: first.from.memory,
			to: first.to.memory,
			count: part.length,
			fromBlocks: part.map((pair) => pair.from.block),
			toBlocks: part.map((pair) => pair.to.block)
		};
	});
}
