import { NS_PER_S, PAGE_BYTES, PAGES_PER_BLOCK, transferNs } from '../../../base/units.ts';
import { BlockKind, BLOCK_ORDER, payloadUseClass, SectionState, UseClass, wordKind, wordPayload } from '../../contract/words.ts';
import { costBytesPerSecond, costNs } from '../../costs/cost-model.ts';
import { emit } from '../../sim/trace.ts';
import type { CallRecord } from '../../state/machine-records.ts';
import type { ZoneRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { rebuildZonelists } from '../alloc/zonelist.ts';
import { isIsolated, isolateBlocks, removeFreeBlocks, unisolateBlocks } from '../buddy.ts';
import { dropsReferences, wentOffline } from '../drivers/notifier.ts';
import { rowsOf, setWhole, wholeWord } from '../frames.ts';
import { dissolveFree } from '../hugetlb/range.ts';
import { migrateFolios, type MigrateResult } from '../move/migrate.ts';
import { folioAt, type FolioRun } from '../move/folio.ts';
import { continueLater, endCall } from '../os/calls.ts';
import { logLine, osRecord, pfnOfFrame } from '../os/os.ts';
import { wakeParked } from '../os/wake.ts';
import { gatherPoison } from './poison.ts';
import { firstUnmovable, leftIn, movableIn, targetOf, type Blocker } from './scan.ts';
import { blocksOf, blockState, firstPfnOf, groupOf, pagesPerBlock, sectionsOf, setBlockState, zoneOfMemoryBlock } from './sections.ts';
import { addManaged, addPresent, countForPolicy, shrinkSpan } from './zone-size.ts';

/**
 * Offlining a memory block (Linux 7.2.13 mm/memory_hotplug.c, offline_pages): isolate all pageblocks, which fails at once on
 * a page that is unmovable in its zone; then move everything movable to other nodes, pass after pass, for as long as it takes.
 * A page that will not move is no error: the walk parks, its tries are counted from elapsed time, and a change or a signal
 * wakes it (decision D5).
 */
export const OFFLINE_WALK = 'offline';

/** Starts the walk of a write to `state`; ends the call at once where Linux fails at once. */
export function startOffline(world: World, os: number, memoryBlock: number, call: CallRecord): void {
	const refused = beginOfflineWalk(world, os, memoryBlock, call);
	if (refused !== null) endCall(world, call, refused, null);
	else call.work['walk'] = OFFLINE_WALK;
}

/** Isolates and plans the first step; the errno of what fails at once. The caller says which walk goes on. */
export function beginOfflineWalk(world: World, os: number, memoryBlock: number, call: CallRecord): string | null {
	const refused = beginOffline(world, os, memoryBlock, call.causeSeq);
	if (refused !== null) return refused;
	const { first, count } = blocksOf(world, os, memoryBlock);
	const total = usedPages(world, first, count);
	Object.assign(call.work, { memoryBlock, cursor: first, batch: -1, movedInPass: 0, done: 0, total });
	continueLater(world, call, costNs(world.costs, 'blockOfflineFreeMs') * osRecord(world, os).sectionsPerBlock);
	return null;
}

/** Checks and isolation: null when all pageblocks are isolated now. */
function beginOffline(world: World, os: number, memoryBlock: number, cause: number | null = null): string | null {
	if (blockState(world, os, memoryBlock) !== 'online') return 'EINVAL';
	const zone = zoneOfMemoryBlock(world, os, memoryBlock);
	if (zone < 0 || hasHoles(world, os, memoryBlock)) return 'EINVAL';
	const { first, count } = blocksOf(world, os, memoryBlock);
	for (let block = first; block < first + count; block += 1) if (isIsolated(world, os, block)) return 'EBUSY';
	const blocker = firstUnmovable(world, os, first, count, 'offline');
	if (blocker !== null) {
		logLine(world, os, 'page dumped because: unmovable page');
		const text = `memory${memoryBlock} cannot go offline: ${blocker.why} at pfn ${hex(blocker.pfn)}`;
		tell(world, os, memoryBlock, cause, 'offline-unmovable', text, { pfn: blocker.pfn });
		return 'EBUSY';
	}
	setBlockState(world, os, memoryBlock, SectionState.goingOffline);
	isolateBlocks(world, os, first, count);
	return null;
}

/** walk_system_ram_range finds less than the whole block: sections or pages that do not exist. */
function hasHoles(world: World, os: number, memoryBlock: number): boolean {
	const { first, end } = sectionsOf(world, os, memoryBlock);
	if (end - first < osRecord(world, os).sectionsPerBlock) return true;
	for (let section = first; section < end; section += 1) if (world.c.memoryBlockState.get(section) === SectionState.absent) return true;
	const blocks = blocksOf(world, os, memoryBlock);
	for (const block of [blocks.first, blocks.first + blocks.count - 1])
		for (const row of [0, PAGES_PER_BLOCK - 1]) if (isHole(world, os, block, row)) return true;
	return false;
}

function isHole(world: World, os: number, block: number, row: number): boolean {
	const kind = wordKind(wholeWord(world, block));
	if (kind !== BlockKind.detail) return kind === BlockKind.absent;
	return folioAt(world, os, block * PAGES_PER_BLOCK + row).kind === 'hole';
}

/** The walk of a write to `state`. */
export function offlineWalk(world: World, call: CallRecord): void {
	const step = offlineStep(world, call);
	if (step === 'goes-on') return;
	endCall(world, call, step === 'done' ? null : step, null);
	wakeParked(world, call.os);
}

/** One event of a walk: the end of a batch, then the begin of the next, or the end of a pass. */
export function offlineStep(world: World, call: CallRecord): 'goes-on' | 'done' | 'EINTR' | 'EBUSY' {
	const { os, work } = call;
	const memoryBlock = Number(work['memoryBlock']);
	countTries(world, call);
	call.waitingFor = null;
	if (work['signal'] === true) {
		undoOffline(world, os, memoryBlock, call.causeSeq);
		return 'EINTR';
	}
	const { first, count } = blocksOf(world, os, memoryBlock);
	if (Number(work['batch']) >= 0) endBatch(world, call, Number(work['batch']));
	if (keptByDriver(world, os, first, count)) {
		undoOffline(world, os, memoryBlock, call.causeSeq);
		return 'EBUSY';
	}
	for (;;) {
		const next = nextBatch(world, os, Number(work['cursor']), first + count);
		if (next !== null) {
			beginBatch(world, call, next.block, next.runs);
			return 'goes-on';
		}
		if (!dissolveFree(world, os, first, count)) {
			logLine(world, os, 'page dumped because: failure to dissolve huge pages');
			undoOffline(world, os, memoryBlock, call.causeSeq);
			return 'EBUSY';
		}
		const left = firstLeft(world, os, first, count);
		if (left === null) {
			finishOffline(world, os, memoryBlock, call.causeSeq);
			return 'done';
		}
		work['cursor'] = first;
		if (Number(work['movedInPass']) === 0) {
			park(world, call, left);
			return 'goes-on';
		}
		work['movedInPass'] = 0;
	}
}

/** PageOffline pages whose driver kept its reference end the scan (scan_movable_pages). */
function keptByDriver(world: World, os: number, first: number, count: number): boolean {
	for (let block = first; block < first + count; block += 1) {
		const word = world.c.blockWord.get(block);
		const offline = wordKind(word) === BlockKind.use && payloadUseClass(wordPayload(word)) === UseClass.pageOffline;
		if (offline && !dropsReferences(world, os, block)) return true;
	}
	return false;
}

function nextBatch(world: World, os: number, from: number, end: number): { block: number; runs: FolioRun[] } | null {
	for (let block = from; block < end; block += 1) {
		const runs = movableIn(world, os, block);
		if (runs.length > 0) return { block, runs };
	}
	return null;
}

function beginBatch(world: World, call: CallRecord, block: number, runs: readonly FolioRun[]): void {
	call.work['batch'] = block;
	call.work['cursor'] = block;
	call.work['pfn'] = pfnOfFrame(world, call.os, (runs[0] as FolioRun).frame);
	continueLater(world, call, batchNs(world, runs));
}

/** Time to move these folios. Kernel threads move one folio after the other (our simplification: no batching gain here). */
export function batchNs(world: World, runs: readonly FolioRun[]): number {
	let ns = 0;
	for (const run of runs)
		ns += transferNs(
			run.pages * PAGE_BYTES,
			costBytesPerSecond(world.costs, run.order >= BLOCK_ORDER ? 'migratePages2mGBps' : 'migratePages4kGBps')
		);
	return ns;
}

function endBatch(world: World, call: CallRecord, block: number): void {
	const { os, work } = call;
	work['batch'] = -1;
	work['cursor'] = block + 1;
	const runs = movableIn(world, os, block);
	if (runs.length === 0) return;
	const result = migrateFolios(world, os, runs, { mode: 'sync', place: targetOf(world, os, 'offline'), split: true });
	work['movedInPass'] = Number(work['movedInPass']) + result.moved;
	work['done'] = Number(work['done']) + result.moved;
	call.movedPages += result.moved;
	work['enomem'] = result.failed.some(({ errno }) => errno === 'ENOMEM');
	if (result.failed.length > 0) logFailure(world, os, result);
}

/** Ten lines in 5 s at most (mm/memory_hotplug.c, migrate_rs). */
const LOG_BURST = 10;
const LOG_WINDOW_NS = 5 * NS_PER_S;

function logFailure(world: World, os: number, result: MigrateResult): void {
	const first = result.failed[0];
	const { log } = osRecord(world, os);
	const recent = log.filter((entry) => entry.atNs > world.r.nowNs - LOG_WINDOW_NS && entry.text.startsWith('migrating pfn'));
	if (!first || recent.length >= LOG_BURST) return;
	logLine(world, os, `migrating pfn ${pfnOfFrame(world, os, first.run.frame).toString(16)} failed ret:${result.left}`);
	logLine(world, os, 'page dumped because: migration failure');
}

function firstLeft(world: World, os: number, first: number, count: number): Blocker | null {
	for (let block = first; block < first + count; block += 1) {
		const left = leftIn(world, os, block, 'offline');
		if (left !== null) return left;
	}
	return null;
}

function park(world: World, call: CallRecord, left: Blocker): void {
	const { os, work } = call;
	const { first, count } = blocksOf(world, os, Number(work['memoryBlock']));
	let tryNs = 0;
	for (let block = first; block < first + count; block += 1) tryNs += batchNs(world, movableIn(world, os, block));
	work['pfn'] = left.pfn;
	work['parkedAtNs'] = world.r.nowNs;
	work['tryNs'] = Math.max(1, tryNs);
	call.waitingFor = work['enomem'] === true ? `free memory on another node (pfn ${hex(left.pfn)})` : `${left.why} (pfn ${hex(left.pfn)})`;
	tell(
		world,
		os,
		Number(work['memoryBlock']),
		call.causeSeq,
		'offline-retry',
		`memory${String(work['memoryBlock'])} keeps trying to go offline: ${call.waitingFor}`,
		{
			pfn: left.pfn,
			call: call.id
		}
	);
}

/** Tries of a parked walk up to now. */
export function triesOf(call: CallRecord, nowNs: number): number {
	const parked = call.work['parkedAtNs'];
	return parked === undefined ? call.tries : call.tries + Math.floor((nowNs - Number(parked)) / Number(call.work['tryNs']));
}

function countTries(world: World, call: CallRecord): void {
	call.tries = triesOf(call, world.r.nowNs) + (call.work['parkedAtNs'] === undefined ? 0 : 1);
	delete call.work['parkedAtNs'];
	delete call.work['tryNs'];
}

/** The block stays online: pageblocks get their type back. */
function undoOffline(world: World, os: number, memoryBlock: number, cause: number | null = null): void {
	const { first, count } = blocksOf(world, os, memoryBlock);
	unisolateBlocks(world, os, first, count);
	setBlockState(world, os, memoryBlock, SectionState.online);
	tell(world, os, memoryBlock, cause, 'memory-offline', `memory${memoryBlock} stays online`, {});
}

/** Everything is free: off the lists, out of the zone. */
function finishOffline(world: World, os: number, memoryBlock: number, cause: number | null = null): void {
	const { c } = world;
	const zone = zoneOfMemoryBlock(world, os, memoryBlock);
	const { first, count } = blocksOf(world, os, memoryBlock);
	gatherPoison(world, os, firstPfnOf(world, os, memoryBlock), pagesPerBlock(world, os));
	let managed = 0;
	for (let block = first; block < first + count;) {
		let end = block;
		while (end < first + count && wordKind(wholeWord(world, end)) === BlockKind.free) end += 1;
		if (end === block) {
			setWhole(world, block, BlockKind.offline, 0);
			block += 1;
			continue;
		}
		removeFreeBlocks(world, os, block, end - block);
		managed += (end - block) * PAGES_PER_BLOCK;
		block = end;
	}
	const pages = pagesPerBlock(world, os);
	addManaged(world, zone, -managed);
	addPresent(world, zone, -pages);
	const sections = sectionsOf(world, os, memoryBlock);
	c.memoryBlockZone.fill(0, sections.first, sections.end);
	unisolateBlocks(world, os, first, count);
	setBlockState(world, os, memoryBlock, SectionState.offline);
	shrinkSpan(world, os, zone, firstPfnOf(world, os, memoryBlock), pages);
	countForPolicy(world, os, groupOf(world, os, memoryBlock), zone, -pages);
	if (c.zonePresentPages.get(zone) === 0) rebuildZonelists(world, os);
	wentOffline(world, os, memoryBlock);
	const { name, node } = world.r.zones[zone] as ZoneRecord;
	const text = `memory${memoryBlock} is offline: ${name} of node ${node} is smaller by ${pages} pages`;
	tell(world, os, memoryBlock, cause, 'memory-offline', text, { pages });
}

/**
 * Offline asked for by a driver, at one instant and with a bounded number of tries (offline_and_remove_memory, ACPI): null, or
 * why not. Linux would go on for ever where this says EBUSY after five fruitless passes (our simplification: drivers that use
 * it have emptied the block before).
 */
export function offlineNow(world: World, os: number, memoryBlock: number): string | null {
	const refused = beginOffline(world, os, memoryBlock);
	if (refused !== null) return refused;
	const { first, count } = blocksOf(world, os, memoryBlock);
	for (let pass = 0; pass < 5 && !keptByDriver(world, os, first, count); pass += 1) {
		for (let block = first; block < first + count; block += 1) {
			const runs = movableIn(world, os, block);
			if (runs.length > 0) migrateFolios(world, os, runs, { mode: 'sync', place: targetOf(world, os, 'offline'), split: true });
		}
		if (dissolveFree(world, os, first, count) && firstLeft(world, os, first, count) === null) {
			finishOffline(world, os, memoryBlock);
			return null;
		}
	}
	undoOffline(world, os, memoryBlock);
	return 'EBUSY';
}

/** Pages of user folios in the range, from the counts beside its blocks: what there is to move. */
function usedPages(world: World, first: number, count: number): number {
	let pages = 0;
	for (let block = first; block < first + count; block += 1) {
		const word = wholeWord(world, block);
		const kind = wordKind(word);
		if (kind === BlockKind.huge || kind === BlockKind.run) pages += PAGES_PER_BLOCK;
		else if (kind === BlockKind.detail) pages += world.c.structureVm.get(rowsOf(world, block) / PAGES_PER_BLOCK);
	}
	return pages;
}

function tell(
	world: World,
	os: number,
	memoryBlock: number,
	/** The command of the call that asked; null where a driver asked. */
	cause: number | null,
	rule: 'memory-offline' | 'offline-unmovable' | 'offline-retry',
	text: string,
	values: Readonly<Record<string, number | string>>
): void {
	const host = osRecord(world, os).id;
	emit(world, { kind: 'offline', rule, cause, host, values: { memoryBlock, ...values }, text: `${host}: ${text}` });
}

const hex = (pfn: number): string => `0x${pfn.toString(16)}`;
