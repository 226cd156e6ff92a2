import { passesByCopy } from '../../engine/contract/migration/strategies.ts';
import { testBit } from '../../base/bitmap.ts';
import { PAGES_PER_BLOCK } from '../../base/units.ts';
import type { MemoryStatus, WorldStatus } from '../../engine/contract/status.ts';
import type { WorldViews } from '../../engine/contract/views.ts';
import { BlockKind, RowKind, wordKind, wordPayload } from '../../engine/contract/words.ts';
import { CellKind, type MemoryCells } from './cells.ts';

/** The 512 pages of one 2 MiB block: the last step of the zoom. */
export interface PageCells {
	readonly kind: Uint8Array;
	readonly hue: Uint8Array;
	/** Guest frame number, −1 where the page belongs to no VM. */
	readonly gfn: Int32Array;
	readonly vm: Uint8Array;
	readonly pinned: Uint8Array;
	/** The migration still has to send it (or will learn so at the next look). */
	readonly dirty: Uint8Array;
	/** Order of the folio or free chunk. */
	readonly order: Uint8Array;
}

/** First 32-page word of each VM in the gfn bitmaps: VMs lie one after the other, in the order of their index. */
export function firstGfnWords(status: WorldStatus): number[] {
	let next = 0;
	return status.vms.map((vm) => {
		const first = next;
		next += Math.ceil(vm.pageCount / 32);
		return first;
	});
}

export function readPages(
	views: WorldViews,
	status: WorldStatus,
	memory: MemoryStatus,
	cells: MemoryCells,
	block: number
): PageCells {
	const pages: PageCells = {
		kind: new Uint8Array(PAGES_PER_BLOCK).fill(cells.kind[block] as number),
		hue: new Uint8Array(PAGES_PER_BLOCK).fill(cells.hue[block] as number),
		gfn: new Int32Array(PAGES_PER_BLOCK).fill(-1),
		vm: new Uint8Array(PAGES_PER_BLOCK).fill(cells.vm[block] as number),
		pinned: new Uint8Array(PAGES_PER_BLOCK),
		dirty: new Uint8Array(PAGES_PER_BLOCK),
		order: new Uint8Array(PAGES_PER_BLOCK).fill(9)
	};
	const { columns } = views;
	const word = columns.blockWord[memory.firstBlock + block] as number;
	const structure =
		wordKind(word) === BlockKind.detail
			? (columns.detailStructure[wordPayload(word)] as number)
			: 0;
	if (structure > 0) fillFromRows(pages, views, memory, cells, block, structure - 1);
	else if ((cells.guestBlock[block] as number) >= 0)
		for (let page = 0; page < PAGES_PER_BLOCK; page += 1)
			pages.gfn[page] = (cells.guestBlock[block] as number) * PAGES_PER_BLOCK + page;
	markDirty(pages, views, status);
	return pages;
}

function fillFromRows(
	pages: PageCells,
	views: WorldViews,
	memory: MemoryStatus,
	cells: MemoryCells,
	block: number,
	structure: number
): void {
	const { rowKind, rowOrder, rowVm, rowRef, rowMap, rowPin, rowA } = views.columns;
	const empty = memory.kind === 'pool' ? CellKind.reserved : CellKind.free;
	const vmKind =
		cells.kind[block] === CellKind.kernel || cells.kind[block] === CellKind.other
			? CellKind.vm
			: (cells.kind[block] as number);
	let head = 0;
	for (let page = 0; page < PAGES_PER_BLOCK; page += 1) {
		const row = structure * PAGES_PER_BLOCK + page;
		let kind = rowKind[row] as number;
		if (kind !== RowKind.tail) head = page;
		else kind = rowKind[structure * PAGES_PER_BLOCK + head] as number;
		const headRow = structure * PAGES_PER_BLOCK + head;
		pages.order[page] = rowOrder[row] as number;
		pages.vm[page] = 0;
		switch (kind) {
			case RowKind.vm:
			case RowKind.incoming:
				pages.kind[page] = kind === RowKind.incoming ? CellKind.incoming : vmKind;
				pages.vm[page] = rowVm[headRow] as number;
				pages.gfn[page] = (rowA[headRow] as number) + (page - head);
				// More references than mappings and pins explain: somebody holds it for a moment.
				pages.pinned[page] =
					(rowPin[headRow] as number) > 0 ||
					(rowRef[headRow] as number) > (rowMap[headRow] as number)
						? 1
						: 0;
				break;
			case RowKind.kernel:
				pages.kind[page] = CellKind.kernel;
				break;
			case RowKind.other:
				pages.kind[page] = CellKind.other;
				break;
			case RowKind.hole:
				pages.kind[page] = CellKind.absent;
				break;
			default:
				pages.kind[page] = empty;
		}
	}
}

/** Dirty is said of guest pages under a running migration: QEMU's bitmap, and KVM's log that it has not read yet. */
function markDirty(pages: PageCells, views: WorldViews, status: WorldStatus): void {
	const first = firstGfnWords(status);
	const { qemuBitmap, kvmLog } = views.columns;
	for (let page = 0; page < PAGES_PER_BLOCK; page += 1) {
		const vm = (pages.vm[page] as number) - 1;
		const gfn = pages.gfn[page] as number;
		if (vm < 0 || gfn < 0) continue;
		const name = status.vms[vm]?.id;
		const running = status.operations.some(
			(operation) =>
				operation.vm === name && operation.state === 'running' && passesByCopy(operation.strategy)
		);
		if (!running) continue;
		const at = (first[vm] as number) * 32 + gfn;
		if (at >>> 5 >= qemuBitmap.length) continue;
		pages.dirty[page] = testBit(qemuBitmap, at) || testBit(kvmLog, at) ? 1 : 0;
	}
}

/** Sums for the sentence of the level. */
export interface PageCounts {
	readonly used: number;
	readonly free: number;
	readonly kernel: number;
	readonly pinned: number;
	readonly dirty: number;
}
export function countPages(pages: PageCells): PageCounts {
	let free = 0;
	let kernel = 0;
	let pinned = 0;
	let dirty = 0;
	for (let page = 0; page < PAGES_PER_BLOCK; page += 1) {
		const kind = pages.kind[page] as number;
		if (
			kind === CellKind.free ||
			kind === CellKind.reserved ||
			kind === CellKind.capacity ||
			kind === CellKind.absent ||
			kind === CellKind.offline
		)
			free += 1;
		if (kind === CellKind.kernel) kernel += 1;
		pinned += pages.pinned[page] as number;
		dirty += pages.dirty[page] as number;
	}
	return { used: PAGES_PER_BLOCK - free, free, kernel, pinned, dirty };
}
