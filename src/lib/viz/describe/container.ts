import { formatBytesBinary, formatNumber, THIN } from '../../base/format.ts';
import { BLOCK_BYTES, BLOCKS_PER_MEMORY_BLOCK, PAGE_BYTES } from '../../base/units.ts';
import { formatAddress } from '../../base/address.ts';
import type { ExtentStatus, MemoryStatus, WorldStatus } from '../../engine/contract/status.ts';
import { tagWords } from '../draw/glyphs.ts';
import { CellFlag, CellKind, peerLetter, type MemoryCells } from '../scene/cells.ts';
import { countCells, type CellCounts } from '../scene/counts.ts';
import { countPages, type PageCells } from '../scene/pages.ts';

/** Sentences that say what a container shows, at each level of the zoom. Pure; the tests read them like a listener. */

const percent = (part: number, whole: number): string => {
	if (part === 0 || whole === 0) return `0${THIN}%`;
	const share = Math.round((part / whole) * 100);
	return share === 0 ? `under 1${THIN}%` : `${share}${THIN}%`;
};
const counted = (count: number, one: string, many = `${one}s`): string =>
	`${formatNumber(count)} ${count === 1 ? one : many}`;

export function memoryName(memory: MemoryStatus): string {
	return memory.kind === 'pool' ? 'Shared pool, CXL' : `Host ${memory.host}, node 0, DRAM`;
}

/** What lies in a range, largest first; only what is there. */
function shares(cells: MemoryCells, counts: CellCounts, hosts: readonly string[]): string[] {
	const parts: [number, string][] = [];
	for (const [host, count] of counts.vmByHost) parts.push([count, `host ${hosts[host] ?? '?'}`]);
	if (counts.copies > 0) parts.push([counts.copies, 'a copy that does not run']);
	if (counts.incoming > 0) parts.push([counts.incoming, 'arriving']);
	if (counts.reserved > 0) parts.push([counts.reserved, 'reserved']);
	if (counts.kernel > 0) parts.push([counts.kernel, 'kernel']);
	if (counts.other > 0) parts.push([counts.other, 'other programs']);
	if (counts.peer > 0) parts.push([counts.peer, 'other hosts']);
	parts.sort((a, b) => b[0] - a[0]);
	return parts.map(([count, words]) => `${percent(count, cells.kind.length)} ${words}`);
}

export function exceptionWords(memory: MemoryStatus): string {
	const parts: string[] = [];
	if (memory.shortPins > 0) parts.push(`${counted(memory.shortPins, 'short pin')}, retried`);
	if (memory.longPins > 0) parts.push(counted(memory.longPins, 'long pin'));
	if (memory.kernelPages > 0)
		parts.push(`${formatBytesBinary(memory.kernelPages * PAGE_BYTES)} kernel`);
	return parts.length === 0 ? 'nothing pinned, kernel or poisoned' : parts.join(', ');
}

/** "Shared pool, CXL, 8 GiB: 53 % host A, 1 extent, nothing pinned." */
export function describeMemory(cells: MemoryCells, status: WorldStatus): string {
	const { memory } = cells;
	const counts = countCells(cells);
	const parts = shares(
		cells,
		counts,
		status.hosts.map((host) => host.id)
	);
	const empty = counts.free + counts.capacity;
	parts.push(`${percent(empty, cells.kind.length)} free`);
	if (memory.kind === 'pool') {
		const extents = status.extents.filter(
			(extent) => extent.memory === memory.id && extent.state !== 'released'
		);
		parts.push(counted(extents.length, 'extent'));
	}
	parts.push(exceptionWords(memory));
	return `${memoryName(memory)}, ${formatBytesBinary(memory.bytes)}: ${parts.join(', ')}.`;
}

/** What one 2 MiB block is, in words. */
export function cellWords(cells: MemoryCells, block: number, status: WorldStatus): string {
	const hosts = status.hosts.map((host) => host.id);
	const hue = cells.hue[block] as number;
	const host = hosts[hue - 1] ?? '?';
	const vm = status.vms[(cells.vm[block] as number) - 1]?.id ?? 'a VM';
	const pinned = ((cells.flags[block] as number) & CellFlag.pinned) !== 0 ? ', held by a pin' : '';
	const kernel =
		((cells.flags[block] as number) & CellFlag.kernelInside) !== 0 &&
		cells.kind[block] !== CellKind.kernel
			? ', with kernel pages inside'
			: '';
	switch (cells.kind[block]) {
		case CellKind.vm:
			return `pages of ${vm}, host ${host} may touch them${pinned}${kernel}`;
		case CellKind.copy:
			return `a copy of pages of ${vm} on host ${host} that nobody runs on`;
		case CellKind.incoming:
			return `pages of ${vm} on their way in`;
		case CellKind.leaving:
			return `pages of ${vm} on their way out`;
		case CellKind.kernel:
			return 'kernel memory, it does not move';
		case CellKind.other:
			return `other programs${pinned}${kernel}`;
		case CellKind.superpage:
			return 'the super-page, which every host may read and change by compare-and-swap';
		case CellKind.peer:
			return `held by host ${peerLetter(hue)}`;
		case CellKind.reserved:
			return 'in an extent, nobody’s pages yet';
		case CellKind.capacity:
			return 'pool capacity outside every extent';
		case CellKind.offline:
			return 'not online';
		case CellKind.absent:
			return 'no memory';
		default:
			return 'free';
	}
}

export const memoryBlockName = (block: number): string =>
	`memory${Math.floor(block / BLOCKS_PER_MEMORY_BLOCK)}`;

/** One focused cell: a tile of 128 MiB, or a larger cell. */
export function describeRange(
	cells: MemoryCells,
	first: number,
	end: number,
	status: WorldStatus
): string {
	const counts = countCells(cells, first, end);
	const hosts = status.hosts.map((host) => host.id);
	const parts: [number, string][] = [];
	for (const [host, count] of counts.vmByHost) parts.push([count, `host ${hosts[host] ?? '?'}`]);
	parts.push(
		[counts.copies, 'copies'],
		[counts.incoming, 'arriving'],
		[counts.kernel, 'kernel'],
		[counts.other, 'other programs'],
		[counts.peer, counts.peer > 0 ? `host ${peerLetter(firstPeer(cells, first, end))}` : ''],
		[counts.superpage, 'super-page'],
		[counts.reserved, 'reserved'],
		[counts.capacity, 'outside every extent'],
		[counts.free, 'free'],
		[counts.offline, 'not online']
	);
	const words = parts
		.filter(([count]) => count > 0)
		.map(([count, word]) => `${formatNumber(count)} ${word}`);
	if (counts.pinned > 0) words.push(`${formatNumber(counts.pinned)} pinned`);
	if (counts.kernelInside > 0)
		words.push(`${formatNumber(counts.kernelInside)} with kernel pages inside`);
	const name =
		end - first <= BLOCKS_PER_MEMORY_BLOCK
			? memoryBlockName(first)
			: `${memoryBlockName(first)} to ${memoryBlockName(end - 1)}`;
	return `${name}, ${formatBytesBinary((end - first) * BLOCK_BYTES)}, ${formatNumber(end - first)} sub-blocks: ${words.join(', ')}.`;
}

function firstPeer(cells: MemoryCells, first: number, end: number): number {
	for (let block = first; block < end; block += 1)
		if (cells.kind[block] === CellKind.peer) return cells.hue[block] as number;
	return 0;
}

export const subBlockName = (block: number): string =>
	`sub-block ${block % BLOCKS_PER_MEMORY_BLOCK}`;

export function describeBlock(cells: MemoryCells, block: number, status: WorldStatus): string {
	const guest = cells.guestBlock[block] as number;
	const from = guest < 0 ? '' : ` Guest memory from ${formatAddress(guest * BLOCK_BYTES)}.`;
	return `${memoryBlockName(block)}, ${subBlockName(block)}, 2${THIN}MiB: ${cellWords(cells, block, status)}.${from}`;
}

export function describePages(cells: MemoryCells, pages: PageCells, block: number): string {
	const counts = countPages(pages);
	const parts = [`${formatNumber(counts.used)} of 512 pages used`];
	if (counts.kernel > 0) parts.push(`${formatNumber(counts.kernel)} kernel`);
	parts.push(counts.pinned > 0 ? `${formatNumber(counts.pinned)} pinned` : 'none pinned');
	if (counts.dirty > 0) parts.push(`${formatNumber(counts.dirty)} dirty`);
	return `${memoryName(cells.memory)}, ${memoryBlockName(block)}, ${subBlockName(block)}: ${parts.join(', ')}.`;
}

/** One page of 4 KiB. */
export function describePage(
	pages: PageCells,
	page: number,
	status: WorldStatus,
	hosts = status.hosts.map((host) => host.id)
): string {
	const vm = status.vms[(pages.vm[page] as number) - 1]?.id ?? null;
	const gfn = pages.gfn[page] as number;
	const marks = [
		(pages.pinned[page] as number) === 1 ? 'pinned' : '',
		(pages.dirty[page] as number) === 1 ? 'dirty' : ''
	].filter((word) => word !== '');
	const tail = marks.length === 0 ? '' : `, ${marks.join(', ')}`;
	if (vm !== null && gfn >= 0) {
		const host = hosts[(pages.hue[page] as number) - 1];
		return `Page ${page}: guest page ${formatNumber(gfn)} of ${vm}${host === undefined ? '' : `, host ${host}`}${tail}.`;
	}
	const kinds: Record<number, string> = {
		[CellKind.free]: 'free',
		[CellKind.reserved]: 'free, in the extent',
		[CellKind.capacity]: 'outside every extent',
		[CellKind.kernel]: 'kernel, does not move',
		[CellKind.other]: 'another program',
		[CellKind.superpage]: 'super-page',
		[CellKind.peer]: 'another host',
		[CellKind.offline]: 'not online',
		[CellKind.absent]: 'no memory'
	};
	return `Page ${page}: ${kinds[pages.kind[page] as number] ?? 'pages of a VM'}${tail}.`;
}

export function describeExtent(extent: ExtentStatus): string {
	const online = extent.onlineOn === null ? 'online nowhere' : `online on host ${extent.onlineOn}`;
	return `Extent ${tagWords(extent.tag)}, ${formatBytesBinary(extent.blockCount * BLOCK_BYTES)}, ${extent.state}, ${online}.`;
}
