import { FULL, CellFlag, CellKind, type MemoryCells } from './cells.ts';

/** Sums over a range of blocks of one memory: what a tile, a container or a sentence needs. */
export interface CellCounts {
	readonly blocks: number;
	readonly free: number;
	readonly capacity: number;
	readonly reserved: number;
	readonly kernel: number;
	readonly other: number;
	readonly peer: number;
	readonly offline: number;
	/** Blocks with pages of a VM in use, by host index; copies and arrivals separately. */
	readonly vmByHost: ReadonlyMap<number, number>;
	readonly copies: number;
	readonly incoming: number;
	readonly leaving: number;
	readonly pinned: number;
	readonly kernelInside: number;
	readonly superpage: number;
	/** Used share of everything, 0 … 1. */
	readonly used: number;
}

export function countCells(cells: MemoryCells, first = 0, end = cells.kind.length): CellCounts {
	const by = new Array<number>(16).fill(0);
	const vmByHost = new Map<number, number>();
	let pinned = 0;
	let kernelInside = 0;
	let used = 0;
	const last = Math.min(end, cells.kind.length);
	for (let block = first; block < last; block += 1) {
		const kind = cells.kind[block] as number;
		by[kind] = (by[kind] as number) + 1;
		used += cells.used[block] as number;
		const flags = cells.flags[block] as number;
		if ((flags & CellFlag.pinned) !== 0) pinned += 1;
		if ((flags & CellFlag.kernelInside) !== 0) kernelInside += 1;
		if (kind === CellKind.vm || kind === CellKind.leaving) {
			const host = (cells.hue[block] as number) - 1;
			vmByHost.set(host, (vmByHost.get(host) ?? 0) + 1);
		}
	}
	const blocks = Math.max(0, last - first);
	const of = (kind: number): number => by[kind] as number;
	return {
		blocks,
		free: of(CellKind.free),
		capacity: of(CellKind.capacity),
		reserved: of(CellKind.reserved),
		kernel: of(CellKind.kernel),
		other: of(CellKind.other),
		peer: of(CellKind.peer),
		offline: of(CellKind.offline) + of(CellKind.absent),
		vmByHost,
		copies: of(CellKind.copy),
		incoming: of(CellKind.incoming),
		leaving: of(CellKind.leaving),
		superpage: of(CellKind.superpage),
		pinned,
		kernelInside,
		used: blocks === 0 ? 0 : used / FULL / blocks
	};
}

/** A look of its own for every block: equal looks may be drawn as one area. */
export const lookOf = (cells: MemoryCells, block: number): number =>
	((cells.kind[block] as number) << 16) |
	((cells.hue[block] as number) << 8) |
	(cells.used[block] as number);

/** Whether all blocks of a range look the same and carry no mark. */
export function isUniform(cells: MemoryCells, first: number, end: number): boolean {
	const look = lookOf(cells, first);
	for (let block = first; block < end; block += 1)
		if (lookOf(cells, block) !== look || (cells.flags[block] as number) !== 0) return false;
	return true;
}
