import { PAGES_PER_BLOCK } from '../../../base/units.ts';
import {
	BLOCK_ORDER,
	BlockKind,
	payloadGuestBlock,
	payloadUseClass,
	payloadVm,
	RowKind,
	UseClass,
	wordKind,
	wordPayload
} from '../../contract/words.ts';
import type { AreaRecord, HoldRecord } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';
import { FREE_ORDER_9, FREE_TAIL } from '../buddy.ts';
import { headOf, rowsOf, wholeWord } from '../frames.ts';
import { areaOfOwner } from '../os/os.ts';
import { familyOf, mappersOf } from '../space/areas.ts';
import { frameOf } from '../space/mapping.ts';

/**
 * What a frame belongs to. References beyond mappings are not kept per frame: they are the holds (records of ranges) that
 * cover the folio, so that pinning much memory keeps it uniform.
 */
export type FolioKind =
	'free' | 'user' | 'pipe' | 'secure' | 'kernel' | 'slab' | 'pageTable' | 'reserved' | 'offline' | 'contig' | 'poisoned' | 'hole';

/** Folios of one order in a row, of one area: `pages / 2^order` of them. */
export interface FolioRun {
	/** Global frame (block × 512 + row) and page of the area it begins with. */
	readonly frame: number;
	readonly page: number;
	readonly pages: number;
	readonly order: number;
	/** Owner number of the area in block words and rows. */
	readonly owner: number;
}

export interface Folio extends FolioRun {
	readonly kind: FolioKind;
	readonly area: AreaRecord | null;
	/** All references: mappings plus what holds it. */
	readonly references: number;
	readonly mappings: number;
	/** Long-term and short pins (FOLL_PIN). */
	readonly pins: number;
	readonly onLru: boolean;
	/** Its class may be moved at all: user memory that is no secure or pipe page. */
	readonly movable: boolean;
}

/** The folio, free chunk or kernel chunk that covers a frame. */
export function folioAt(world: World, _os: number, frame: number): Folio {
	const block = Math.floor(frame / PAGES_PER_BLOCK);
	const word = wholeWord(world, block);
	const first = block * PAGES_PER_BLOCK;
	const payload = wordPayload(word);
	switch (wordKind(word)) {
		case BlockKind.absent:
			return plain('hole', first, BLOCK_ORDER);
		case BlockKind.offline:
			return plain('offline', first, BLOCK_ORDER);
		case BlockKind.free:
			if (payload === FREE_ORDER_9) return plain('free', first, BLOCK_ORDER);
			return plain('free', payload === FREE_TAIL ? first - PAGES_PER_BLOCK : first, BLOCK_ORDER + 1);
		case BlockKind.huge:
		case BlockKind.incoming:
			return userFolio(world, first, BLOCK_ORDER, payloadVm(payload), payloadGuestBlock(payload) * PAGES_PER_BLOCK);
		case BlockKind.run: {
			const row = frame - first;
			return userFolio(world, frame, 0, payloadVm(payload), payloadGuestBlock(payload) * PAGES_PER_BLOCK + row);
		}
		case BlockKind.use:
			return plain(USE_KINDS[payloadUseClass(payload)] ?? 'kernel', first, BLOCK_ORDER);
		default:
			return rowFolio(world, block, frame - first);
	}
}

const USE_KINDS: Readonly<Record<number, FolioKind>> = {
	[UseClass.kernel]: 'kernel',
	[UseClass.other]: 'kernel',
	[UseClass.hugetlb]: 'kernel',
	[UseClass.reserved]: 'reserved',
	[UseClass.pageOffline]: 'offline'
};

const ROW_KINDS: Readonly<Record<number, FolioKind>> = {
	[RowKind.hole]: 'hole',
	[RowKind.free]: 'free',
	[RowKind.kernel]: 'kernel',
	[RowKind.other]: 'kernel',
	[RowKind.slab]: 'slab',
	[RowKind.pageTable]: 'pageTable',
	[RowKind.offline]: 'offline',
	[RowKind.reserved]: 'reserved',
	[RowKind.contig]: 'contig',
	[RowKind.poisoned]: 'poisoned'
};

function rowFolio(world: World, block: number, row: number): Folio {
	const { c } = world;
	const base = rowsOf(world, block);
	const head = headOf(world, base, row);
	const order = c.rowOrder.get(base + head);
	const kind = c.rowKind.get(base + head);
	const frame = block * PAGES_PER_BLOCK + head;
	if (kind === RowKind.vm || kind === RowKind.incoming)
		return userFolio(world, frame, order, c.rowVm.get(base + head) - 1, c.rowA.get(base + head));
	return plain(ROW_KINDS[kind] ?? 'kernel', frame, order);
}

function plain(kind: FolioKind, frame: number, order: number): Folio {
	const references = kind === 'free' || kind === 'hole' ? 0 : 1;
	return {
		kind,
		frame,
		order,
		pages: 1 << order,
		page: 0,
		owner: -1,
		area: null,
		references,
		mappings: 0,
		pins: 0,
		onLru: false,
		movable: false
	};
}

function userFolio(world: World, frame: number, order: number, owner: number, page: number): Folio {
	const area = areaOfOwner(world, owner);
	const kind: FolioKind = area?.kind === 'pipe' ? 'pipe' : area?.kind === 'kernel' ? 'kernel' : area?.kind === 'secure' ? 'secure' : 'user';
	const mappings = area ? mappersOf(world, area, page, frame).length : 1;
	const holds = area ? holdsOn(world, area, page, 1 << order, frame) : [];
	const pins = holds.filter((hold) => hold.term !== 'get').length;
	return {
		kind,
		frame,
		order,
		pages: 1 << order,
		page,
		owner,
		area,
		references: mappings + holds.length,
		mappings,
		pins,
		onLru: kind === 'user' || kind === 'secure',
		movable: kind === 'user'
	};
}

/** Holds on any of the frames from `frame` on, which lie at these pages of the area or of one of its family. */
export function holdsOn(world: World, area: AreaRecord, page: number, pages: number, frame: number): HoldRecord[] {
	if (world.r.holds.length === 0) return [];
	const members = familyOf(world, area).filter((other) => other === area || frameOf(world, other, 0, page) === frame);
	return world.r.holds.filter(
		(hold) => hold.firstPage < page + pages && page < hold.firstPage + hold.pageCount && members.some((member) => member.slot === hold.area)
	);
}

/** Runs of user folios whose first frame lies in the range, in address order: what offline and alloc_contig collect. */
export function foliosIn(world: World, os: number, firstFrame: number, frames: number): FolioRun[] {
	const runs: FolioRun[] = [];
	const end = firstFrame + frames;
	for (let frame = firstFrame; frame < end;) {
		const block = Math.floor(frame / PAGES_PER_BLOCK);
		const word = wholeWord(world, block);
		const kind = wordKind(word);
		const blockEnd = (block + 1) * PAGES_PER_BLOCK;
		if (kind === BlockKind.run) {
			const payload = wordPayload(word);
			const pages = Math.min(blockEnd, end) - frame;
			const page = payloadGuestBlock(payload) * PAGES_PER_BLOCK + (frame % PAGES_PER_BLOCK);
			runs.push({ frame, page, pages, order: 0, owner: payloadVm(payload) });
			frame += pages;
			continue;
		}
		if (kind !== BlockKind.detail && kind !== BlockKind.huge) {
			frame = blockEnd;
			continue;
		}
		if (kind === BlockKind.huge) {
			const folio = folioAt(world, os, frame);
			if (folio.area !== null)
				runs.push({ frame: folio.frame, page: folio.page, pages: folio.pages, order: folio.order, owner: folio.owner });
			frame = blockEnd;
			continue;
		}
		addRows(world, runs, block, frame % PAGES_PER_BLOCK, Math.min(blockEnd, end) - block * PAGES_PER_BLOCK);
		frame = blockEnd;
	}
	return runs;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** User folios of a block in rows; base pages that follow each other in frames and pages make one run. */
function addRows(world: World, runs: FolioRun[], block: number, from: number, to: number): void {
	const { c } = world;
	const base = rowsOf(world, block);
	let last: Mutable<FolioRun> | null = null;
	for (let row = headOf(world, base, from); row < to;) {
		const order = c.rowOrder.get(base + row);
		const kind = c.rowKind.get(base + row);
		const owner = c.rowVm.get(base + row) - 1;
		if ((kind === RowKind.vm || kind === RowKind.incoming) && areaOfOwner(world, owner) !== null) {
			const frame = block * PAGES_PER_BLOCK + row;
			const page = c.rowA.get(base + row);
			const joins: boolean =
				last !== null &&
				order === 0 &&
				last.order === 0 &&
				last.owner === owner &&
				last.frame + last.pages === frame &&
				last.page + last.pages === page;
			if (joins && last !== null) last.pages += 1;
			else {
				last = { frame, page, pages: 1 << order, order, owner };
				runs.push(last);
			}
		}
		row += 1 << order;
	}
}
