import { BLOCKS_PER_MEMORY_BLOCK, PAGES_PER_BLOCK } from '../../base/units.ts';
import type { MachineStatus, MemoryBlockStatus } from '../../engine/contract/machine-status.ts';
import type { WorldViews } from '../../engine/contract/views.ts';
import { BlockKind, wordKind, wordPayload } from '../../engine/contract/words.ts';

/** Folios that lay in one memory block and lie in another: of 2 MiB, or single pages. */
export interface Flow {
	/** Numbers of memory blocks. */
	readonly from: number;
	readonly to: number;
	readonly huge: number;
	readonly pages: number;
}

export const MOST_FLOWS = 3;
const sizeOf = (flow: Flow): number => flow.huge * PAGES_PER_BLOCK + flow.pages;

/**
 * What moved between two settled pictures of a machine. Folios of 2 MiB and whole runs are recognised by owner and place in
 * their area, one by one; the rest is what areas have lost on one node and gained on another, between the memory blocks that
 * lost and gained most. Pages that came or went without a counterpart are no move.
 */
export function flowsBetween(
	was: MachineStatus,
	is: MachineStatus,
	views: WorldViews,
	firstBlock: number,
	wordsBefore: Uint32Array
): Flow[] {
	const flows = new Map<string, { from: number; to: number; huge: number; pages: number }>();
	const add = (from: number, to: number, huge: number, pages: number): void => {
		const key = `${from} ${to}`;
		const flow = flows.get(key) ?? { from, to, huge: 0, pages: 0 };
		flow.huge += huge;
		flow.pages += pages;
		flows.set(key, flow);
	};
	const perBlock = (is.memoryBlockBytes / 2 ** 27) * BLOCKS_PER_MEMORY_BLOCK;
	const known = wholeMoves(is, views, firstBlock, wordsBefore, perBlock, add);
	for (const flow of nodeMoves(was, is)) {
		const done = known.get(`${flow.from} ${flow.to}`) ?? 0;
		const left = flow.pages - done;
		const from = mostChanged(was, is, flow.from, -1);
		const to = mostChanged(was, is, flow.to, 1);
		if (left > 0 && from >= 0 && to >= 0) add(from, to, 0, left);
	}
	return [...flows.values()].sort((a, b) => sizeOf(b) - sizeOf(a)).slice(0, MOST_FLOWS);
}

/** Whole 2 MiB blocks whose content stands elsewhere now. Returns the pages accounted for, by pair of nodes. */
function wholeMoves(
	is: MachineStatus,
	views: WorldViews,
	firstBlock: number,
	before: Uint32Array,
	perBlock: number,
	add: (from: number, to: number, huge: number, pages: number) => void
): Map<string, number> {
	const { blockWord, detailWord } = views.columns;
	const known = new Map<string, number>();
	if (before.length !== blockWord.length) return known;
	const nodeOf = new Map(is.memoryBlocks.map((block) => [block.id, block.node]));
	const whole = (word: number): number => {
		const kind = wordKind(word);
		if (kind === BlockKind.detail) return detailWord[wordPayload(word)] ?? 0;
		return word;
	};
	const holds = (word: number): boolean =>
		wordKind(word) === BlockKind.huge || wordKind(word) === BlockKind.run;
	const gone = new Map<number, { at: number; huge: boolean }>();
	const come: { key: number; at: number }[] = [];
	for (const { id } of is.memoryBlocks)
		for (let at = id * perBlock; at < (id + 1) * perBlock; at += 1) {
			const old = before[firstBlock + at] as number;
			const now = whole(blockWord[firstBlock + at] as number);
			if (old === now) continue;
			if (holds(old)) gone.set(wordPayload(old), { at, huge: wordKind(old) === BlockKind.huge });
			if (holds(now)) come.push({ key: wordPayload(now), at });
		}
	for (const { key, at } of come) {
		const left = gone.get(key);
		if (left === undefined || left.at === at) continue;
		const from = Math.floor(left.at / perBlock);
		const to = Math.floor(at / perBlock);
		add(from, to, left.huge ? 1 : 0, left.huge ? 0 : PAGES_PER_BLOCK);
		const pair = `${nodeOf.get(from) ?? -1} ${nodeOf.get(to) ?? -1}`;
		known.set(pair, (known.get(pair) ?? 0) + PAGES_PER_BLOCK);
	}
	return known;
}

/** Pages of areas that were on one node and are on another. */
function nodeMoves(
	was: MachineStatus,
	is: MachineStatus
): { from: number; to: number; pages: number }[] {
	const before = new Map(
		was.processes.flatMap((process) => process.areas.map((area) => [area.slot, area] as const))
	);
	const seen = new Set<number>();
	const pairs = new Map<string, { from: number; to: number; pages: number }>();
	for (const area of is.processes.flatMap((process) => process.areas)) {
		const old = before.get(area.slot);
		if (old === undefined || seen.has(area.slot) || old.name !== area.name) continue;
		seen.add(area.slot);
		const lost: [number, number][] = [];
		const won: [number, number][] = [];
		for (const node of is.nodes) {
			const change =
				(area.pagesByNode[String(node.id)] ?? 0) - (old.pagesByNode[String(node.id)] ?? 0);
			if (change < 0) lost.push([node.id, -change]);
			if (change > 0) won.push([node.id, change]);
		}
		for (const from of lost)
			for (const to of won) {
				const pages = Math.min(from[1], to[1]);
				from[1] -= pages;
				to[1] -= pages;
				if (pages === 0) continue;
				const key = `${from[0]} ${to[0]}`;
				const pair = pairs.get(key) ?? { from: from[0], to: to[0], pages: 0 };
				pair.pages += pages;
				pairs.set(key, pair);
			}
	}
	return [...pairs.values()];
}

/** The memory block of a node whose use fell (`sign` −1) or rose (1) most; −1 when none did. */
function mostChanged(was: MachineStatus, is: MachineStatus, node: number, sign: number): number {
	const pages = is.memoryBlockBytes / 4096;
	const used = (block: MemoryBlockStatus | undefined): number =>
		block === undefined || block.state === 'offline'
			? 0
			: pages - block.freePages - block.offlinePages - block.kernelPages;
	const before = new Map(was.memoryBlocks.map((block) => [block.id, block]));
	let best = -1;
	let most = 0;
	for (const block of is.memoryBlocks) {
		const change = (used(block) - used(before.get(block.id))) * sign;
		if (block.node === node && change > most) {
			most = change;
			best = block.id;
		}
	}
	return best;
}
