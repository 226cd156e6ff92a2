import { BLOCK_BYTES, BLOCKS_PER_MEMORY_BLOCK } from '../../base/units.ts';
import type { MachineStatus, VirtioMemStatus } from '../../engine/contract/machine-status.ts';
import type { WorldViews } from '../../engine/contract/views.ts';
import {
	emptySubBlocks,
	Mark,
	markOfTerm,
	ownersOf,
	readSubBlock,
	type SubBlocks
} from '../rooms/sub-blocks.ts';

/** What one sub-block is to the picture: what keeps it comes before what fills it. */
export const Sub = { unplugged: 0, plugged: 1, kernel: 2, held: 3, pinned: 4, secure: 5 } as const;

/** One memory block of the region, or one big block: what Linux adds and removes as a whole. */
export interface Unit {
	readonly id: number;
	readonly addr: number;
	readonly name: string;
	/** The driver's word for it; UNUSED when nothing of it is plugged. */
	readonly state: string;
	/** Ends inside the usable region: only such blocks can be plugged. */
	readonly usable: boolean;
	/** One of Sub per sub-block. */
	readonly subs: Uint8Array;
	readonly counts: Counts;
}

export interface Counts {
	readonly plugged: number;
	readonly kernel: number;
	readonly pinned: number;
	readonly held: number;
	readonly secure: number;
}

export interface VirtioMemScene {
	readonly machine: MachineStatus;
	readonly device: VirtioMemStatus;
	readonly units: readonly Unit[];
	/** Sub-blocks in a unit; 1 in big-block mode. */
	readonly subsPerUnit: number;
	readonly subBytes: number;
	readonly counts: Counts;
	/** Bytes at the start and the end of the region that lie in no whole block: never used. */
	readonly lostHeadBytes: number;
	readonly lostTailBytes: number;
}

/** More units than this are not drawn one by one: a region of 1 TiB has 8,192. */
const MOST_UNITS = 16_384;

/**
 * The region of one device as the driver sees it. Reads the world's arrays for plugged sub-blocks only.
 * `firstBlock`: first 2 MiB block of the machine's memory in the world.
 */
export function buildVirtioMem(
	views: WorldViews,
	machine: MachineStatus,
	device: VirtioMemStatus,
	firstBlock: number
): VirtioMemScene {
	const unitBytes = device.unitBytes || machine.memoryBlockBytes;
	const subBytes = device.mode === 'sbm' ? device.subBlockBytes || unitBytes : unitBytes;
	const subsPerUnit = unitBytes / subBytes;
	const first = Math.ceil(device.addr / unitBytes);
	const end = Math.floor((device.addr + device.regionBytes) / unitBytes);
	const usableEnd = Math.floor((device.addr + device.usableBytes) / unitBytes);
	const known = new Map(device.blocks.map((block) => [block.id, block]));
	const read = reader(views, machine, device, firstBlock, subBytes);
	const units: Unit[] = [];
	const total = { plugged: 0, kernel: 0, pinned: 0, held: 0, secure: 0 };
	for (let id = first; id < Math.min(end, first + MOST_UNITS); id += 1) {
		const block = known.get(id);
		const subs = new Uint8Array(subsPerUnit);
		for (const [from, count] of block?.pluggedSubBlocks ?? [])
			for (let at = from; at < from + count; at += 1)
				subs[at] = read(id * unitBytes + at * subBytes);
		const counts = countSubs(subs);
		total.plugged += counts.plugged;
		total.kernel += counts.kernel;
		total.pinned += counts.pinned;
		total.held += counts.held;
		total.secure += counts.secure;
		units.push({
			id,
			addr: id * unitBytes,
			name: unitName(device, id),
			state: block?.state ?? 'UNUSED',
			usable: id < usableEnd,
			subs,
			counts
		});
	}
	return {
		machine,
		device,
		units,
		subsPerUnit,
		subBytes,
		counts: total,
		lostHeadBytes: Math.min(device.regionBytes, first * unitBytes - device.addr),
		lostTailBytes: Math.max(0, device.addr + device.regionBytes - Math.max(end, first) * unitBytes)
	};
}

export const unitName = (device: VirtioMemStatus, id: number): string =>
	device.mode === 'sbm' ? `memory${id}` : `big block ${id}`;

export function countSubs(subs: Uint8Array): Counts {
	const of = (kind: number): number => subs.reduce((sum, sub) => sum + (sub === kind ? 1 : 0), 0);
	const counts = {
		kernel: of(Sub.kernel),
		pinned: of(Sub.pinned),
		held: of(Sub.held),
		secure: of(Sub.secure)
	};
	return {
		...counts,
		plugged: of(Sub.plugged) + counts.kernel + counts.pinned + counts.held + counts.secure
	};
}

/** Sub-blocks that something keeps. */
export const keptOf = (counts: Counts): number =>
	counts.kernel + counts.pinned + counts.held + counts.secure;

/** What a plugged sub-block holds, by its 2 MiB blocks and by the runs that somebody holds. */
function reader(
	views: WorldViews,
	machine: MachineStatus,
	device: VirtioMemStatus,
	firstBlock: number,
	subBytes: number
): (addr: number) => number {
	const owners = ownersOf(machine);
	const held = heldBlocks(machine, device);
	const scratch: SubBlocks = emptySubBlocks(1);
	const limit = views.columns.blockWord.length;
	const per = subBytes / BLOCK_BYTES;
	const clear = (): void => {
		for (const part of Object.values(scratch) as (Uint16Array | Uint8Array)[]) part.fill(0);
	};
	return (addr) => {
		const from = Math.floor(addr / BLOCK_BYTES);
		let marks = 0;
		for (let block = from; block < from + Math.max(1, per); block += 1) {
			marks |= held.get(block) ?? 0;
			const at = firstBlock + block;
			if (at >= limit) continue;
			clear();
			readSubBlock(views, at, owners, scratch, 0);
			marks |= scratch.marks[0] as number;
		}
		return kindOf(marks);
	};
}

function kindOf(marks: number): number {
	if ((marks & Mark.secure) !== 0) return Sub.secure;
	if ((marks & Mark.pinned) !== 0) return Sub.pinned;
	if ((marks & Mark.held) !== 0) return Sub.held;
	return (marks & Mark.kernel) !== 0 ? Sub.kernel : Sub.plugged;
}

/** Marks of held runs by 2 MiB block, inside the region only. */
function heldBlocks(machine: MachineStatus, device: VirtioMemStatus): Map<number, number> {
	const found = new Map<number, number>();
	const from = Math.floor(device.addr / BLOCK_BYTES);
	const to = Math.ceil((device.addr + device.regionBytes) / BLOCK_BYTES);
	for (const { term, runs } of machine.held) {
		const bits = markOfTerm(term);
		if (bits === 0) continue;
		for (const [pfn, pages] of runs) {
			const last = Math.min(to - 1, Math.floor((pfn + pages - 1) / 512));
			for (let block = Math.max(from, Math.floor(pfn / 512)); block <= last; block += 1)
				found.set(block, (found.get(block) ?? 0) | bits);
		}
	}
	return found;
}

/** Columns and rows of a magnified unit: as square as powers of two allow, eight by eight for 64. */
export function gridOf(subs: number): { readonly columns: number; readonly rows: number } {
	let columns = 1;
	while (columns * columns < subs) columns *= 2;
	return { columns, rows: Math.max(1, Math.ceil(subs / columns)) };
}

/** Sections of 128 MiB that a unit covers. */
export const sectionsOf = (unitBytes: number): number =>
	Math.max(1, unitBytes / (BLOCK_BYTES * BLOCKS_PER_MEMORY_BLOCK));
