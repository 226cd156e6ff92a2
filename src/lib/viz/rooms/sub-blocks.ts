import { PAGES_PER_BLOCK } from '../../base/units.ts';
import type { MachineStatus } from '../../engine/contract/machine-status.ts';
import type { WorldViews } from '../../engine/contract/views.ts';
import {
	BLOCK_ORDER,
	BlockKind,
	payloadUseClass,
	payloadVm,
	RowKind,
	UseClass,
	wordKind,
	wordPayload
} from '../../engine/contract/words.ts';

/** Marks of a 2 MiB sub-block that no zoom averages away. */
export const Mark = {
	/** Kernel memory inside: nobody is handed it. */
	kernel: 1,
	/** A long-term pin. */
	pinned: 2,
	/** More references than its mappings explain: a pipe, a short look. mlock is not this: such pages move. */
	held: 4,
	/** Memory that was taken out of the kernel's own map. */
	secure: 8,
	/** One folio of 2 MiB. */
	huge: 16,
	/** On its way in, not mapped yet. */
	incoming: 32
} as const;

/** Pages of each 2 MiB sub-block by who has them, in arrays of its own: nothing of the world's buffer is kept. */
export interface SubBlocks {
	readonly free: Uint16Array;
	readonly user: Uint16Array;
	readonly kernel: Uint16Array;
	/** PageOffline: in the map but not usable. */
	readonly offline: Uint16Array;
	/** No memory there. */
	readonly hole: Uint16Array;
	/** Orders of the free chunks that lie in it, one bit each; both halves of a chunk of 4 MiB have it. */
	readonly orders: Uint16Array;
	readonly marks: Uint8Array;
}

/** Kinds of areas whose pages no mover takes (engine, mm/move). */
const KERNEL_AREAS: ReadonlySet<string> = new Set(['kernel', 'pipe', 'dax']);

export interface Owners {
	readonly isKernel: (owner: number) => boolean;
	readonly isSecure: (owner: number) => boolean;
}

export function ownersOf(machine: MachineStatus): Owners {
	const kernel = new Set<number>();
	const secure = new Set<number>();
	for (const process of machine.processes)
		for (const area of process.areas) {
			if (KERNEL_AREAS.has(area.kind)) kernel.add(area.owner);
			if (area.kind === 'secure') secure.add(area.owner);
		}
	return { isKernel: (owner) => kernel.has(owner), isSecure: (owner) => secure.has(owner) };
}

export function emptySubBlocks(count: number): SubBlocks {
	return {
		free: new Uint16Array(count),
		user: new Uint16Array(count),
		kernel: new Uint16Array(count),
		offline: new Uint16Array(count),
		hole: new Uint16Array(count),
		orders: new Uint16Array(count),
		marks: new Uint8Array(count)
	};
}

/** Reads one 2 MiB block of the world into place `at`. */
export function readSubBlock(
	views: WorldViews,
	block: number,
	owners: Owners,
	into: SubBlocks,
	at: number
): void {
	const { blockWord, detailWord, detailStructure } = views.columns;
	let word = blockWord[block] as number;
	if (wordKind(word) === BlockKind.detail) {
		const detail = wordPayload(word);
		const structure = detailStructure[detail] as number;
		if (structure > 0) {
			readStructure(views, structure - 1, owners, into, at);
			return;
		}
		word = detailWord[detail] as number;
	}
	const payload = wordPayload(word);
	switch (wordKind(word)) {
		case BlockKind.free:
			into.free[at] = PAGES_PER_BLOCK;
			into.orders[at] = 1 << (payload > 0 ? BLOCK_ORDER + 1 : BLOCK_ORDER);
			return;
		case BlockKind.huge:
			mark(into, at, Mark.huge);
			ofOwner(owners, payloadVm(payload), PAGES_PER_BLOCK, into, at);
			return;
		case BlockKind.incoming:
			mark(into, at, Mark.incoming);
			ofOwner(owners, payloadVm(payload), PAGES_PER_BLOCK, into, at);
			return;
		case BlockKind.run:
			ofOwner(owners, payloadVm(payload), PAGES_PER_BLOCK, into, at);
			return;
		case BlockKind.use:
			if (payloadUseClass(payload) === UseClass.pageOffline) into.offline[at] = PAGES_PER_BLOCK;
			else if (payloadUseClass(payload) === UseClass.hugetlb) {
				// A free huge page of the pool: nobody's yet, and nothing that keeps a block.
				mark(into, at, Mark.huge);
				into.user[at] = PAGES_PER_BLOCK;
			} else ofKernel(PAGES_PER_BLOCK, into, at);
			return;
		default:
			into.hole[at] = PAGES_PER_BLOCK;
	}
}

function mark(into: SubBlocks, at: number, bits: number): void {
	into.marks[at] = (into.marks[at] as number) | bits;
}

function ofKernel(pages: number, into: SubBlocks, at: number): void {
	into.kernel[at] = (into.kernel[at] as number) + pages;
	mark(into, at, Mark.kernel);
}

function ofOwner(owners: Owners, owner: number, pages: number, into: SubBlocks, at: number): void {
	if (owners.isKernel(owner)) {
		ofKernel(pages, into, at);
		return;
	}
	into.user[at] = (into.user[at] as number) + pages;
	if (owners.isSecure(owner)) mark(into, at, Mark.secure);
}

/** Folio by folio: a structured block is rare, and its counts do not say what the rest is. */
function readStructure(
	views: WorldViews,
	structure: number,
	owners: Owners,
	into: SubBlocks,
	at: number
): void {
	const { rowKind, rowOrder, rowVm } = views.columns;
	const base = structure * PAGES_PER_BLOCK;
	for (let row = 0; row < PAGES_PER_BLOCK;) {
		const pages = 2 ** (rowOrder[base + row] as number);
		switch (rowKind[base + row]) {
			case RowKind.free:
				into.free[at] = (into.free[at] as number) + pages;
				into.orders[at] = (into.orders[at] as number) | pages;
				break;
			case RowKind.vm:
			case RowKind.incoming:
				if (rowKind[base + row] === RowKind.incoming) mark(into, at, Mark.incoming);
				if (pages >= PAGES_PER_BLOCK) mark(into, at, Mark.huge);
				ofOwner(owners, (rowVm[base + row] as number) - 1, pages, into, at);
				break;
			case RowKind.offline:
				into.offline[at] = (into.offline[at] as number) + pages;
				break;
			case RowKind.hole:
				into.hole[at] = (into.hole[at] as number) + pages;
				break;
			default:
				ofKernel(pages, into, at);
		}
		row += pages;
	}
}

/** Which mark a held run leaves; 0 for mlock, which moves. */
export function markOfTerm(term: MachineStatus['held'][number]['term']): number {
	switch (term) {
		case 'long':
			return Mark.pinned;
		case 'short':
		case 'get':
			return Mark.held;
		case 'secure':
			return Mark.secure;
		case 'locked':
			return 0;
	}
}
