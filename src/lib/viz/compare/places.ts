import type { MemoryStatus, WorldStatus } from '../../engine/contract/status.ts';
import type { WorldViews } from '../../engine/contract/views.ts';
import { CellKind, readCells, type CellKindValue } from '../scene/cells.ts';

/** A stretch of one memory that is not the same in all worlds. */
export interface Place {
	readonly memory: string;
	/** Inside the memory, in blocks of 2 MiB. */
	readonly block: number;
	readonly blockCount: number;
	readonly label: string;
	/** What it is in each world, in their order. */
	readonly values: readonly string[];
}

interface Pictured {
	readonly views: WorldViews;
	readonly status: WorldStatus;
}

const WORDS: Readonly<Record<CellKindValue, string>> = {
	[CellKind.absent]: 'nothing',
	[CellKind.offline]: 'offline',
	[CellKind.free]: 'free',
	[CellKind.capacity]: 'in no extent',
	[CellKind.reserved]: 'empty extent',
	[CellKind.vm]: 'guest pages',
	[CellKind.copy]: 'unread copy',
	[CellKind.incoming]: 'arriving',
	[CellKind.leaving]: 'leaving',
	[CellKind.kernel]: 'kernel',
	[CellKind.other]: 'other use',
	[CellKind.superpage]: 'the super-page',
	[CellKind.peer]: 'another host’s'
} as Readonly<Record<CellKindValue, string>>;

/** The longest stretches that differ, at most `limit`, in the order of memories and addresses. Reads the worlds' arrays. */
export function differentPlaces(worlds: readonly Pictured[], limit = 3): Place[] {
	const [first] = worlds;
	if (!first || worlds.some(({ views }) => views.header.length === 0)) return [];
	const found = first.status.memories.flatMap((memory) => stretches(memory, worlds));
	const longest = [...found].sort((a, b) => b.blockCount - a.blockCount).slice(0, limit);
	return found.filter((one) => longest.includes(one));
}

function stretches(memory: MemoryStatus, worlds: readonly Pictured[]): Place[] {
	const kinds = worlds.map(({ views, status }) => {
		const same = status.memories.find(({ id }) => id === memory.id);
		return same?.blockCount === memory.blockCount ? readCells(views, status, same).kind : null;
	});
	if (kinds.some((kind) => kind === null)) return [];
	const at = (block: number): CellKindValue[] =>
		kinds.map((kind) => (kind as Uint8Array)[block] as CellKindValue);
	const found: Place[] = [];
	for (let block = 0; block < memory.blockCount;) {
		const here = at(block);
		let end = block + 1;
		while (end < memory.blockCount && here.every((kind, index) => at(end)[index] === kind))
			end += 1;
		if (here.some((kind) => kind !== here[0]))
			found.push({
				memory: memory.id,
				block,
				blockCount: end - block,
				label: `${memory.kind === 'pool' ? 'Pool' : `Host ${memory.host}`}, ${end - block === 1 ? `block ${block}` : `blocks ${block}–${end - 1}`}`,
				values: here.map((kind) => WORDS[kind])
			});
		block = end;
	}
	return found;
}
