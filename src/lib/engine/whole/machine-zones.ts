import { PAGES_PER_BLOCK } from '../../base/units.ts';
import {
	BlockKind,
	MIGRATETYPES,
	ORDERS,
	payloadUseClass,
	payloadVm,
	RowKind,
	UseClass,
	wordKind,
	wordPayload
} from '../contract/words.ts';
import { FREE_ORDER_10, FREE_ORDER_9, FREE_TAIL, walkList } from '../mm/buddy.ts';
import { blockOfId, listTypeOf } from '../mm/buddy/lists.ts';
import { rowsOf, wholeWord } from '../mm/frames.ts';
import { areaOfOwner, zoneOfOsBlock } from '../mm/os/os.ts';
import { forEachRun } from '../mm/space/areas.ts';
import type { OsRecord } from '../state/machine-records.ts';
import type { MemoryRecord, ZoneRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';

/** Statements about the zones and free lists of Linux machines (linux-memory reference, end of section 14). */

const nameOf = (world: World, zone: number): string => {
	const record = world.r.zones[zone] as ZoneRecord;
	return `${world.r.oses[record.os]?.id ?? '?'} node ${record.node} ${record.name}`;
};

/** Every free list of a machine holds what its counters say, free chunks of its zone and of the type of their pageblocks. */
export function machineLists(world: World): string | null {
	const listed = new Set<string>();
	for (const [zone, record] of world.r.zones.entries()) {
		if (record.os < 0) continue;
		let pages = 0;
		for (let type = 0; type < MIGRATETYPES; type += 1)
			for (let order = 0; order < ORDERS; order += 1) {
				const ids = walkList(world, zone, type, order);
				const counted = world.c.freeCount.get((zone * MIGRATETYPES + type) * ORDERS + order);
				if (ids.length !== counted) return `${nameOf(world, zone)}, order ${order}: ${ids.length} chunks in the list, ${counted} counted`;
				for (const id of ids) {
					const wrong = wrongChunk(world, zone, record.os, type, order, id);
					if (wrong !== null) return `${nameOf(world, zone)}: ${wrong}`;
					listed.add(`${blockOfId(world, order, id)}/${order < 9 ? id % PAGES_PER_BLOCK : 0}`);
				}
				pages += ids.length * (1 << order);
			}
		if (pages !== world.c.zoneFreePages.get(zone))
			return `${nameOf(world, zone)}: ${pages} pages in free lists, ${world.c.zoneFreePages.get(zone)} counted`;
	}
	return unlisted(world, listed) ?? wrongPool(world);
}

/** Free huge pages of hugetlb are those blocks that say so. */
function wrongPool(world: World): string | null {
	const said = new Map<string, number>();
	for (const [block, os] of machineBlocks(world)) {
		const word = wholeWord(world, block);
		if (wordKind(word) !== BlockKind.use || payloadUseClass(wordPayload(word)) !== UseClass.hugetlb) continue;
		if (!os.hugePool?.free.includes(block)) return `${os.id}: block ${block} is no page of the pool but says so`;
		said.set(os.id, (said.get(os.id) ?? 0) + 1);
	}
	const wrong = world.r.oses.find((os) => (os.hugePool?.free.length ?? 0) !== (said.get(os.id) ?? 0));
	return wrong
		? `${wrong.id}: its pool counts ${wrong.hugePool?.free.length ?? 0} free huge pages, ${said.get(wrong.id) ?? 0} blocks say so`
		: null;
}

function wrongChunk(world: World, zone: number, os: number, type: number, order: number, id: number): string | null {
	const block = blockOfId(world, order, id);
	if (zoneOfOsBlock(world, os, block) !== zone) return `block ${block} is in its lists but in zone ${zoneOfOsBlock(world, os, block)}`;
	if (listTypeOf(world, zone, block) !== type)
		return `block ${block} is in a list of type ${type}, its type is ${listTypeOf(world, zone, block)}`;
	const word = world.c.blockWord.get(block);
	if (order >= 9) {
		const wanted = order === 9 ? FREE_ORDER_9 : FREE_ORDER_10;
		return wordKind(word) === BlockKind.free && wordPayload(word) === wanted
			? null
			: `block ${block} is in a list of order ${order} but says kind ${wordKind(word)}`;
	}
	const free = world.c.rowKind.get(id) === RowKind.free && world.c.rowOrder.get(id) === order;
	return free
		? null
		: `row ${id % PAGES_PER_BLOCK} of block ${block} is in a list of order ${order} but says kind ${world.c.rowKind.get(id)}`;
}

/** What says that it is free stands on a list. */
function unlisted(world: World, listed: ReadonlySet<string>): string | null {
	for (const [block, os] of machineBlocks(world)) {
		const word = world.c.blockWord.get(block);
		if (wordKind(word) === BlockKind.free && wordPayload(word) !== FREE_TAIL && !listed.has(`${block}/0`))
			return `${os.id}: block ${block} is free but in no list`;
		if (
			wordKind(word) === BlockKind.free &&
			wordPayload(word) === FREE_TAIL &&
			wordPayload(world.c.blockWord.get(block - 1)) !== FREE_ORDER_10
		)
			return `${os.id}: block ${block} is the tail of a free chunk that does not exist`;
		const base = rowsOf(world, block);
		for (let row = 0; base >= 0 && row < PAGES_PER_BLOCK; row += 1)
			if (world.c.rowKind.get(base + row) === RowKind.free && !listed.has(`${block}/${row}`))
				return `${os.id}: row ${row} of block ${block} is free but in no list`;
	}
	return null;
}

function* machineBlocks(world: World): Generator<[block: number, os: OsRecord, index: number]> {
	for (const [index, os] of world.r.oses.entries()) {
		const memory = world.r.memories[os.memory] as MemoryRecord;
		for (let block = memory.firstBlock; block < memory.firstBlock + memory.blockCount; block += 1) yield [block, os, index];
	}
}

/** Pages of a block that are there, and those of them that the allocator was never given or had to give back. */
function sizesOf(world: World, block: number): { present: number; unmanaged: number } {
	const word = wholeWord(world, block);
	switch (wordKind(word)) {
		case BlockKind.absent:
		case BlockKind.offline:
			return { present: 0, unmanaged: 0 };
		case BlockKind.use: {
			const use = payloadUseClass(wordPayload(word));
			return { present: PAGES_PER_BLOCK, unmanaged: use === UseClass.reserved || use === UseClass.pageOffline ? PAGES_PER_BLOCK : 0 };
		}
		case BlockKind.detail: {
			const base = rowsOf(world, block);
			const sizes = { present: 0, unmanaged: 0 };
			for (let row = base; base >= 0 && row < base + PAGES_PER_BLOCK; row += 1 << world.c.rowOrder.get(row)) {
				const pages = 1 << world.c.rowOrder.get(row);
				const kind = world.c.rowKind.get(row);
				if (kind !== RowKind.hole) sizes.present += pages;
				if (kind === RowKind.reserved || kind === RowKind.offline) sizes.unmanaged += pages;
			}
			return base < 0 ? { present: PAGES_PER_BLOCK, unmanaged: 0 } : sizes;
		}
		default:
			return { present: PAGES_PER_BLOCK, unmanaged: 0 };
	}
}

/** Per zone: present = frames that are there, managed = present without reserved and PageOffline pages, free ≤ managed. */
export function machineZoneSizes(world: World): string | null {
	const present = world.r.zones.map(() => 0);
	const unmanaged = world.r.zones.map(() => 0);
	for (const [block, , os] of machineBlocks(world)) {
		const sizes = sizesOf(world, block);
		if (sizes.present === 0) continue;
		const zone = zoneOfOsBlock(world, os, block);
		if (zone < 0) return `block ${block} of ${world.r.oses[os]?.id ?? ''} holds pages but is in no zone`;
		present[zone] = (present[zone] as number) + sizes.present;
		unmanaged[zone] = (unmanaged[zone] as number) + sizes.unmanaged;
	}
	for (const [zone, record] of world.r.zones.entries()) {
		if (record.os < 0) continue;
		const there = present[zone] as number;
		const managed = there - (unmanaged[zone] as number);
		if (there !== world.c.zonePresentPages.get(zone))
			return `${nameOf(world, zone)}: ${there} pages are there, ${world.c.zonePresentPages.get(zone)} counted as present`;
		if (managed !== world.c.zoneManagedPages.get(zone))
			return `${nameOf(world, zone)}: ${managed} pages are managed, ${world.c.zoneManagedPages.get(zone)} counted`;
		if (record.spanEndPfn - record.spanStartPfn < there)
			return `${nameOf(world, zone)}: spans ${record.spanEndPfn - record.spanStartPfn} pages, ${there} are present`;
	}
	return null;
}

/** No page of an unmovable class in ZONE_MOVABLE; memory that describes the block itself (memmap_on_memory) is reserved and excepted. */
export function machineKernelZone(world: World): string | null {
	for (const [block, os, index] of machineBlocks(world)) {
		const zone = world.r.zones[zoneOfOsBlock(world, index, block)];
		if (zone?.name !== 'MOVABLE') continue;
		const kind = unmovableIn(world, block);
		if (kind !== null) return `${os.id}: ${kind} lies in ZONE_MOVABLE, block ${block}`;
	}
	return null;
}

function unmovableIn(world: World, block: number): string | null {
	const word = wholeWord(world, block);
	const kind = wordKind(word);
	if (kind === BlockKind.use && payloadUseClass(wordPayload(word)) === UseClass.kernel) return 'kernel memory';
	if (kind === BlockKind.huge || kind === BlockKind.run) return unmovableOwner(world, payloadVm(wordPayload(word)));
	const base = kind === BlockKind.detail ? rowsOf(world, block) : -1;
	for (let row = base; base >= 0 && row < base + PAGES_PER_BLOCK; row += 1 << world.c.rowOrder.get(row)) {
		const rowKind = world.c.rowKind.get(row);
		if (rowKind === RowKind.kernel || rowKind === RowKind.slab || rowKind === RowKind.pageTable) return 'kernel memory';
		if (rowKind !== RowKind.vm) continue;
		const found = unmovableOwner(world, world.c.rowVm.get(row) - 1);
		if (found !== null) return found;
	}
	return null;
}

function unmovableOwner(world: World, owner: number): string | null {
	const area = areaOfOwner(world, owner);
	return area && (area.kind === 'pipe' || area.kind === 'secure' || area.kind === 'kernel') ? `${area.kind} memory ${area.name}` : null;
}

/** No long-term pin holds a page in ZONE_MOVABLE. */
export function machinePins(world: World): string | null {
	for (const hold of world.r.holds) {
		const area = world.r.areas[hold.area];
		if (!area || hold.term !== 'long') continue;
		let found: string | null = null;
		forEachRun(
			world,
			area,
			(frame, page) => {
				const zone = world.r.zones[zoneOfOsBlock(world, area.os, Math.floor(frame / PAGES_PER_BLOCK))];
				if (zone?.name === 'MOVABLE') found ??= `page ${page} of ${area.name} is pinned long-term by ${hold.process} in ZONE_MOVABLE`;
			},
			hold.firstPage,
			hold.pageCount
		);
		if (found !== null) return found;
	}
	return null;
}

/** Swap entries of areas add up to what is used, and that is not more than there is. */
export function machineSwap(world: World): string | null {
	for (const [index, os] of world.r.oses.entries()) {
		const out = world.r.areas.reduce((sum, area) => sum + (area?.os === index ? area.swapped : 0), 0);
		const { swapPages, swapUsedPages } = os.settings;
		if (out !== swapUsedPages) return `${os.id}: areas have ${out} pages in swap, ${swapUsedPages} are counted`;
		if (out > swapPages) return `${os.id}: ${out} pages lie in a swap of ${swapPages}`;
	}
	return null;
}
