import { formatAddress } from '../../base/address.ts';
import { PAGE_BYTES, PAGES_PER_BLOCK } from '../../base/units.ts';
import { ZONE_TEXT } from '../contract/machine-status.ts';
import type { FrameAnswer } from '../contract/queries.ts';
import { BlockKind, Migratetype, wordKind } from '../contract/words.ts';
import { memoryBlockOfBlock } from '../mm/blocks/sections.ts';
import { isIsolated, migratetypeOf } from '../mm/buddy.ts';
import { folioAt, holdsOn, type Folio } from '../mm/move/folio.ts';
import { frameOfPfn, nodeOfBlock, pfnOfFrame, zoneOfOsBlock } from '../mm/os/os.ts';
import { mappersOf } from '../mm/space/areas.ts';
import type { HoldRecord, OsRecord } from '../state/machine-records.ts';
import type { MemoryRecord, ZoneRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';

/** What lies in one frame of a machine: what a pointer over the picture says, and the line that prints the same. */
export function frameAnswer(world: World, machine: string, pfn: number): FrameAnswer | null {
	const os = world.r.oses.findIndex((record) => record.id === machine);
	const record = world.r.oses[os];
	if (!record || !Number.isInteger(pfn) || pfn < 0) return null;
	const memory = world.r.memories[record.memory] as MemoryRecord;
	if (pfn >= memory.blockCount * PAGES_PER_BLOCK) return null;
	const frame = frameOfPfn(world, os, pfn);
	const block = Math.floor(frame / PAGES_PER_BLOCK);
	if (wordKind(world.c.blockWord.get(block)) === BlockKind.absent) return null;
	const folio = folioAt(world, os, frame);
	const zone = zoneOfOsBlock(world, os, block);
	const zoneRecord = world.r.zones[zone] as ZoneRecord | undefined;
	const holds = folio.area ? holdsOn(world, folio.area, folio.page, folio.pages, folio.frame) : [];
	const processes = folio.area ? [...new Set(mappersOf(world, folio.area, folio.page, folio.frame).flatMap((area) => area.processes))] : [];
	const isPool = record.hugePool?.free.includes(block) ?? false;
	const memoryBlock = memoryBlockOfBlock(world, os, block);
	// Kernel memory that belongs to a process is its page tables.
	const kind = folio.area?.kind === 'kernel' ? 'pageTable' : folio.kind;
	return {
		machine,
		pfn,
		address: formatAddress(pfn * PAGE_BYTES),
		memoryBlock,
		node: nodeOfBlock(world, block),
		zone: zoneRecord?.name ?? null,
		migratetype: zone < 0 ? null : (TYPE_NAMES[migratetypeOf(world, block)] ?? null),
		isolated: zone >= 0 && isIsolated(world, os, block),
		kind,
		firstPfn: pfnOfFrame(world, os, folio.frame),
		pages: folio.pages,
		order: folio.order,
		area: folio.area?.name ?? null,
		page: folio.area ? folio.page + (frame - folio.frame) : null,
		processes,
		mappings: folio.mappings,
		references: folio.references,
		pins: folio.pins,
		locked: folio.area?.locked ?? false,
		movable: folio.movable,
		held: holds.map((hold) => ({ process: hold.process, term: hold.term })),
		sentence: sentenceOf({ ...folio, kind }, processes, holds, zoneRecord, isPool),
		line: lineFor(world, record, processes, memoryBlock)
	};
}

const TYPE_NAMES: Readonly<Record<number, FrameAnswer['migratetype']>> = {
	[Migratetype.unmovable]: 'unmovable',
	[Migratetype.movable]: 'movable',
	[Migratetype.reclaimable]: 'reclaimable'
};

const KIND_WORDS: Readonly<Record<Folio['kind'], string>> = {
	free: 'Free',
	user: 'In use',
	pipe: 'Held by a pipe',
	secure: 'Secret memory',
	kernel: 'Kernel memory',
	slab: 'Slab of several pages',
	pageTable: 'Page table',
	reserved: 'Boot memory that never entered the allocator',
	offline: 'In the memory map, but not usable',
	contig: 'Taken out of the allocator as a contiguous range',
	poisoned: 'A page with a hardware error, out of use for good',
	hole: 'A hole: no memory here'
};
const TERM_WORDS: Readonly<Record<HoldRecord['term'], string>> = {
	long: 'pinned for long',
	short: 'pinned for one transfer',
	get: 'referenced'
};

function sentenceOf(
	folio: Folio,
	processes: readonly string[],
	holds: readonly HoldRecord[],
	zone: ZoneRecord | undefined,
	isPoolPage: boolean
): string {
	const where = zone ? ` in zone ${ZONE_TEXT[zone.name]} of node ${zone.node}` : '';
	if (folio.kind === 'free')
		return `Free${where}: part of a chunk of ${folio.pages === 1 ? 'one page' : `${folio.pages} pages (order ${folio.order})`}.`;
	if (isPoolPage) return `Free huge page of the pool of hugetlb${where}. It goes along when its block goes, unless it is reserved.`;
	if (!folio.area)
		return `${KIND_WORDS[folio.kind]}${where}${folio.order > 0 && folio.kind !== 'hole' ? `, ${folio.pages} pages together` : ''}.`;
	if (folio.kind === 'pageTable') return `Page table of ${processes.join(' and ') || 'a process'}${where}. It never moves.`;
	const size = folio.order > 0 ? `one of ${folio.pages} pages of a huge folio` : 'a page';
	const owner = processes.length > 0 ? ` of ${processes.join(' and ')}` : '';
	const facts = [
		`mapped ${folio.mappings === 1 ? 'once' : `${folio.mappings} times`}`,
		...(folio.area.locked ? ['locked'] : []),
		...holds.map((hold) => `${TERM_WORDS[hold.term]} by ${hold.process}`)
	];
	const moves = !folio.movable ? 'It never moves' : folio.references > folio.mappings ? 'It cannot move while it is held' : 'It can move';
	return `${KIND_WORDS[folio.kind]}${where}: ${size}, area ${folio.area.name}${owner}, ${facts.join(', ')}. ${moves}.`;
}

/** A user page shows in the maps of its process, everything else in the files of its memory block. */
function lineFor(world: World, record: OsRecord, processes: readonly string[], memoryBlock: number): string {
	const os = world.r.oses.indexOf(record);
	const process = world.r.processes.find((each) => each.os === os && each.id === processes[0] && each.state === 'running');
	return process ? `cat /proc/${process.pid}/numa_maps` : `cat /sys/devices/system/memory/memory${memoryBlock}/valid_zones`;
}
