import { PAGES_PER_BLOCK } from '../../base/units.ts';
import type { MachineStatus } from '../../engine/contract/machine-status.ts';
import type { WorldViews } from '../../engine/contract/views.ts';
import {
	BlockKind,
	payloadGuestBlock,
	payloadUseClass,
	payloadVm,
	RowKind,
	UseClass,
	wordKind,
	wordPayload
} from '../../engine/contract/words.ts';
import type { MarkName } from './marks.ts';
import { Mark, markOfTerm, type Owners } from './sub-blocks.ts';

/** What one frame of 4 KiB is, in the words of the picture. */
export type FrameKind =
	| 'free'
	| 'user'
	| 'kernel'
	| 'slab'
	| 'page table'
	| 'reserved'
	| 'exact range'
	| 'offline'
	| 'incoming'
	| 'hole';

/** The 512 frames of one sub-block: the last step of the zoom. */
export interface Frames {
	readonly firstPfn: number;
	readonly kind: readonly FrameKind[];
	/** Order of the folio or free chunk it belongs to. */
	readonly order: Uint8Array;
	/** Owner of the page, −1 for nobody; page inside its area. */
	readonly owner: Int16Array;
	readonly page: Int32Array;
	readonly marks: Uint8Array;
}

const ROWS: Readonly<Record<number, FrameKind>> = {
	[RowKind.hole]: 'hole',
	[RowKind.free]: 'free',
	[RowKind.vm]: 'user',
	[RowKind.incoming]: 'incoming',
	[RowKind.kernel]: 'kernel',
	[RowKind.other]: 'kernel',
	[RowKind.slab]: 'slab',
	[RowKind.pageTable]: 'page table',
	[RowKind.offline]: 'offline',
	[RowKind.reserved]: 'reserved',
	[RowKind.contig]: 'exact range'
};

/** `block`: 2 MiB block of the world; `firstPfn`: its first frame as the machine counts. */
export function readFrames(
	views: WorldViews,
	machine: MachineStatus,
	block: number,
	firstPfn: number
): Frames {
	const kind: FrameKind[] = new Array<FrameKind>(PAGES_PER_BLOCK).fill('hole');
	const frames: Frames = {
		firstPfn,
		kind,
		order: new Uint8Array(PAGES_PER_BLOCK),
		owner: new Int16Array(PAGES_PER_BLOCK).fill(-1),
		page: new Int32Array(PAGES_PER_BLOCK).fill(-1),
		marks: new Uint8Array(PAGES_PER_BLOCK)
	};
	const { columns } = views;
	let word = columns.blockWord[block] as number;
	let structure = 0;
	if (wordKind(word) === BlockKind.detail) {
		const detail = wordPayload(word);
		structure = columns.detailStructure[detail] as number;
		word = columns.detailWord[detail] as number;
	}
	if (structure > 0) fillRows(frames, kind, views, structure - 1);
	else fillWhole(frames, kind, word);
	for (const { term, runs } of machine.held)
		for (const [first, pages] of runs) {
			const from = Math.max(first, firstPfn);
			const to = Math.min(first + pages, firstPfn + PAGES_PER_BLOCK);
			for (let pfn = from; pfn < to; pfn += 1)
				frames.marks[pfn - firstPfn] = (frames.marks[pfn - firstPfn] as number) | markOfTerm(term);
		}
	return frames;
}

function fillWhole(frames: Frames, kind: FrameKind[], word: number): void {
	const payload = wordPayload(word);
	const all = (what: FrameKind, order: number): void => {
		kind.fill(what);
		frames.order.fill(order);
	};
	switch (wordKind(word)) {
		case BlockKind.free:
			all('free', payload > 0 ? 10 : 9);
			return;
		case BlockKind.huge:
		case BlockKind.run:
		case BlockKind.incoming: {
			const huge = wordKind(word) !== BlockKind.run;
			all(wordKind(word) === BlockKind.incoming ? 'incoming' : 'user', huge ? 9 : 0);
			frames.owner.fill(payloadVm(payload));
			for (let row = 0; row < PAGES_PER_BLOCK; row += 1)
				frames.page[row] = payloadGuestBlock(payload) * PAGES_PER_BLOCK + row;
			return;
		}
		case BlockKind.use:
			all(USES[payloadUseClass(payload)] ?? 'kernel', 0);
			return;
		default:
			all('hole', 0);
	}
}

const USES: Readonly<Record<number, FrameKind>> = {
	[UseClass.kernel]: 'kernel',
	[UseClass.reserved]: 'reserved',
	[UseClass.pageOffline]: 'offline'
};

function fillRows(frames: Frames, kind: FrameKind[], views: WorldViews, structure: number): void {
	const { rowKind, rowOrder, rowVm, rowA } = views.columns;
	const base = structure * PAGES_PER_BLOCK;
	for (let head = 0; head < PAGES_PER_BLOCK;) {
		const at = base + head;
		const pages = 2 ** (rowOrder[at] as number);
		const what = ROWS[rowKind[at] as number] ?? 'kernel';
		for (let row = head; row < Math.min(PAGES_PER_BLOCK, head + pages); row += 1) {
			kind[row] = what;
			frames.order[row] = rowOrder[at] as number;
			if (what !== 'user' && what !== 'incoming') continue;
			frames.owner[row] = (rowVm[at] as number) - 1;
			frames.page[row] = (rowA[at] as number) + row - head;
		}
		head += pages;
	}
}

const KERNEL: ReadonlySet<FrameKind> = new Set([
	'kernel',
	'slab',
	'page table',
	'reserved',
	'exact range'
]);

/** What keeps the page in a row where it is, the strongest claim first; null when it could leave or is free. */
export function keptBy(frames: Frames, row: number, owners: Owners): MarkName | null {
	const marks = frames.marks[row] as number;
	if ((marks & Mark.secure) !== 0) return 'secure';
	if ((marks & Mark.pinned) !== 0) return 'pinned';
	if ((marks & Mark.held) !== 0) return 'held';
	const kind = frames.kind[row] as FrameKind;
	return KERNEL.has(kind) || (kind === 'user' && owners.isKernel(frames.owner[row] as number))
		? 'kernel'
		: null;
}
