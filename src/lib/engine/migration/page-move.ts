import { BLOCK_BYTES, PAGE_BYTES, PAGES_PER_BLOCK, transferNs } from '../../base/units.ts';
import { costBytesPerSecond } from '../costs/cost-model.ts';
import { BLOCK_ORDER, BlockKind, MapKind, mapKind, mapMemory, RowKind, vmPayload, wordKind } from '../contract/words.ts';
import { flowRate } from '../fabric/links.ts';
import { catchUp, writePage } from '../hypervisor/guest.ts';
import { frameOf, mapPage, mappingRow, mapWhole, wholeBlockOf } from '../mm/space/mapping.ts';
import { devicePinsOn } from '../hypervisor/device-pins.ts';
import { MIGRATE_PASSES, passesNeeded, passNs } from '../hypervisor/passes.ts';
import { addPin, holdArrived } from '../hypervisor/pins.ts';
import { refreshSpeed } from '../hypervisor/speed.ts';
import { release } from '../mm/buddy.ts';
import { copyContent, ensureRows, readStamp, setFolio, setWhole, wholeWord, writeStamp } from '../mm/frames.ts';
import { allocateOnDram, allocateOnPool, blockOfFrame, smallListsEmpty } from '../mm/zones.ts';
import { hasEventRoom } from '../sim/event-queue.ts';
import { chance, drawBelow } from '../sim/streams.ts';
import { emit } from '../sim/trace.ts';
import type { BatchRecord, OperationRecord, VmRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { vmOf } from './operation.ts';
import { heldOnArrival } from './reference/pin-first.ts';

/**
 * Page migration of one guest block, at most 512 base pages at a time (Linux 7.2.13 mm/migrate.c): isolate, replace the
 * entries, copy, map the new frame, free the old one. A batch has two visible moments, begin and end (decision D5).
 */

export interface Route {
	readonly direction: 'push' | 'pull';
	/** Host whose DRAM or pool node receives the pages. */
	readonly host: number;
	readonly toPool: boolean;
}

export type BatchStart = 'started' | 'nothing' | 'no-room';

/** Begins to move the pages of a guest block that are not yet where they should be. */
export function beginBatch(world: World, operation: OperationRecord, guestBlock: number, route: Route): BatchStart {
	const vm = vmOf(world, operation);
	catchUp(world, operation.vm);
	const wanted = strayPages(world, vm, guestBlock, route);
	if (wanted !== ALL && wanted.length === 0) return 'nothing';
	referenceSome(world, operation.vm, vm, wanted === ALL ? guestBlock * PAGES_PER_BLOCK : (wanted[0] as number));
	const whole = wanted === ALL || wanted.length === PAGES_PER_BLOCK ? wholeBlockOf(world, vm, vm.running, guestBlock) : -1;
	const huge = whole >= 0 && wordKind(wholeWord(world, whole)) === BlockKind.huge;
	if (huge) {
		const started = beginFolio(world, operation, vm, guestBlock, whole, route);
		if (started !== 'no-room') return started;
		splitFolio(world, operation, vm, guestBlock, whole);
	}
	return beginPages(world, operation, vm, guestBlock, wanted === ALL ? allPages(guestBlock) : wanted, huge ? -1 : whole, route);
}

/** All 512 pages of a guest block: said without a list of them, which most batches never need. */
const ALL = 'all';

function allPages(guestBlock: number): number[] {
	return Array.from({ length: PAGES_PER_BLOCK }, (_, row) => guestBlock * PAGES_PER_BLOCK + row);
}

/** Guest pages of the block that are backed by the wrong side. */
function strayPages(world: World, vm: VmRecord, guestBlock: number, route: Route): number[] | typeof ALL {
	const pages: number[] = [];
	const pool = world.r.memories.findIndex((memory) => memory.kind === 'pool');
	const { firstBlock, blockCount } = world.r.memories[pool] as { firstBlock: number; blockCount: number };
	const word = world.c.mapWord.get(mappingRow(vm, vm.running, guestBlock));
	if (mapKind(word) === MapKind.none) return pages;
	if (mapKind(word) !== MapKind.detail) return (mapMemory(word) === pool) === route.toPool ? pages : ALL;
	for (let row = 0; row < PAGES_PER_BLOCK; row += 1) {
		const gfn = guestBlock * PAGES_PER_BLOCK + row;
		const frame = frameOf(world, vm, vm.running, gfn);
		if (frame < 0) continue;
		const block = blockOfFrame(frame);
		const onPool = block >= firstBlock && block < firstBlock + blockCount;
		if (onPool !== route.toPool) pages.push(gfn);
	}
	return pages;
}

/** Seeded short references by the guest's own I/O, as the scenario states them. */
function referenceSome(world: World, vmIndex: number, vm: VmRecord, gfn: number): void {
	if (vm.transientChancePpm === 0 || vm.transientHoldNs === 0) return;
	if (!chance(world, vm.referenceStream, vm.transientChancePpm)) return;
	const held = 1 + drawBelow(world, vm.referenceStream, vm.transientHoldNs);
	const page = (gfn & ~511) + drawBelow(world, vm.referenceStream, PAGES_PER_BLOCK);
	if (frameOf(world, vm, vm.running, page) >= 0 && hasEventRoom(world)) addPin(world, vmIndex, page, 'short', world.r.nowNs + held);
}

function target(world: World, vm: VmRecord, route: Route, order: number): number {
	return route.toPool ? allocateOnPool(world, vm, order) : allocateOnDram(world, route.host, order);
}

function batchOf(
	world: World,
	operation: OperationRecord,
	guestBlock: number,
	route: Route,
	sourceFrame: number,
	targetFrame: number
): BatchRecord {
	const memoryOf = (frame: number): number =>
		world.r.memories.findIndex((memory) => {
			const block = blockOfFrame(frame);
			return block >= memory.firstBlock && block < memory.firstBlock + memory.blockCount;
		});
	const sourceMemory = memoryOf(sourceFrame);
	const targetMemory = memoryOf(targetFrame);
	return {
		direction: route.direction,
		beginNs: world.r.nowNs,
		endNs: world.r.nowNs,
		guestBlock,
		firstGfn: guestBlock * PAGES_PER_BLOCK,
		pages: PAGES_PER_BLOCK,
		sourceMemory,
		targetMemory,
		sourceBlock: blockOfFrame(sourceFrame) - (world.r.memories[sourceMemory] as { firstBlock: number }).firstBlock,
		targetBlock: blockOfFrame(targetFrame) - (world.r.memories[targetMemory] as { firstBlock: number }).firstBlock,
		targets: [targetFrame],
		whole: true,
		bytes: BLOCK_BYTES,
		held: [],
		deferred: [],
		causeSeq: operation.phaseCauseSeq,
		passes: 0
	};
}

/** A huge folio moves as one. With references that outlast ten passes it is put back and tried again later. */
function beginFolio(world: World, operation: OperationRecord, vm: VmRecord, guestBlock: number, block: number, route: Route): BatchStart {
	const firstGfn = guestBlock * PAGES_PER_BLOCK;
	const pass = passNs(world, vm);
	const passes = passesNeeded(world, operation.vm, firstGfn, BLOCK_ORDER, pass);
	if (passes >= MIGRATE_PASSES) {
		putBack(world, operation, vm, firstGfn, PAGES_PER_BLOCK, MIGRATE_PASSES * pass);
		return 'started';
	}
	const frame = target(world, vm, route, BLOCK_ORDER);
	if (frame < 0) return 'no-room';
	setWhole(world, blockOfFrame(frame), BlockKind.incoming, vmPayload(operation.vm, guestBlock));
	const batch = batchOf(world, operation, guestBlock, route, block * PAGES_PER_BLOCK, frame);
	batch.passes = passes;
	if (passes > 0) operation.retriedFolios += 1;
	const rate = sizeRate(world, operation, 'migratePages2mGBps');
	launch(world, operation, vm, batch, transferNs(BLOCK_BYTES, rate) + passes * pass);
	return 'started';
}

function sizeRate(world: World, operation: OperationRecord, size: 'migratePages2mGBps' | 'migratePages4kGBps'): number {
	return Math.min(flowRate(world, operation.id), costBytesPerSecond(world.costs, size) * Math.floor(world.costs.migrateThreads));
}

/** The block has to be looked at again in the next sweep. */
function visitAgain(operation: OperationRecord, guestBlock: number): void {
	if (!operation.left.includes(guestBlock)) operation.left.push(guestBlock);
}

/** Nothing of the batch could move: the passes are spent, the folio is put back and remembered. */
function putBack(world: World, operation: OperationRecord, vm: VmRecord, gfn: number, pages: number, spentNs: number): void {
	operation.retriedFolios += 1;
	visitAgain(operation, gfn >>> 9);
	const frame = frameOf(world, vm, vm.running, gfn);
	const route: Route = { direction: operation.phase === 'unstaging' ? 'pull' : 'push', host: 0, toPool: false };
	const batch = batchOf(world, operation, gfn >>> 9, route, frame, frame);
	batch.held = [gfn];
	batch.pages = 0;
	batch.bytes = 0;
	batch.passes = MIGRATE_PASSES;
	batch.endNs = world.r.nowNs + spentNs;
	operation.batch = batch;
	emit(world, {
		kind: 'retry',
		rule: 'migrate-reference',
		cause: operation.phaseCauseSeq,
		vm: vm.id,
		operation: operation.id,
		values: { gfn, pages, passes: MIGRATE_PASSES, errno: 'EAGAIN' },
		text: `folio of gfn ${gfn} has an extra reference: put back after ${MIGRATE_PASSES} passes, tried again later`
	});
}

/** ENOMEM for a huge target: the folio becomes 512 base pages in the same place. */
function splitFolio(world: World, operation: OperationRecord, vm: VmRecord, guestBlock: number, block: number): void {
	operation.splitFolios += 1;
	setWhole(world, block, BlockKind.run, vmPayload(operation.vm, guestBlock), true);
	mapWhole(world, vm, vm.running, guestBlock, block, MapKind.run);
	holdArrived(world, operation.vm, guestBlock);
	emit(world, {
		kind: 'split',
		rule: 'migrate-split',
		cause: operation.phaseCauseSeq,
		vm: vm.id,
		operation: operation.id,
		values: { guestBlock },
		text: `no huge target: the folio of guest block ${guestBlock} is split into 512 pages`
	});
}

/** Base pages: as one run where the target gives 512 pages in a row, else page by page. */
function beginPages(
	world: World,
	operation: OperationRecord,
	vm: VmRecord,
	guestBlock: number,
	wanted: readonly number[],
	whole: number,
	route: Route
): BatchStart {
	const pass = passNs(world, vm);
	const held: number[] = [];
	let passes = 0;
	const pinned = new Set(world.r.pins.filter((pin) => pin.vm === operation.vm).map((pin) => pin.gfn));
	const byDevices = vm.passThrough === true || devicePinsOn(world, operation.vm, guestBlock * PAGES_PER_BLOCK, PAGES_PER_BLOCK) !== null;
	for (const gfn of wanted) {
		if (!pinned.has(gfn) && !byDevices) continue;
		const needed = passesNeeded(world, operation.vm, gfn, 0, pass);
		if (needed >= MIGRATE_PASSES) held.push(gfn);
		passes = Math.max(passes, needed);
	}
	if (passes > 0) operation.retriedFolios += 1;
	const rate = sizeRate(world, operation, 'migratePages4kGBps');
	const zone = route.toPool ? vm.poolZones[vm.running] : (world.r.hosts[route.host]?.movableZone ?? -1);
	if (whole >= 0 && held.length === 0 && smallListsEmpty(world, zone)) {
		const frame = target(world, vm, route, BLOCK_ORDER);
		if (frame >= 0) {
			setWhole(world, blockOfFrame(frame), BlockKind.incoming, vmPayload(operation.vm, guestBlock));
			const batch = batchOf(world, operation, guestBlock, route, whole * PAGES_PER_BLOCK, frame);
			batch.passes = passes;
			launch(world, operation, vm, batch, transferNs(BLOCK_BYTES, rate) + passes * pass);
			return 'started';
		}
	}
	const targets: number[] = [];
	const sources: number[] = [];
	for (const gfn of wanted) {
		if (held.includes(gfn)) continue;
		const frame = target(world, vm, route, 0);
		if (frame < 0) break;
		const block = blockOfFrame(frame);
		ensureRows(world, block);
		setFolio(world, block, frame % PAGES_PER_BLOCK, 0, RowKind.incoming, operation.vm, gfn);
		targets.push(gfn, frame);
		sources.push(frameOf(world, vm, vm.running, gfn));
	}
	// Pages for which there was no target have to be visited again, like those that are held.
	const all = targets.length / 2 === wanted.length;
	if (!all) visitAgain(operation, guestBlock);
	if (targets.length === 0) {
		if (held.length === 0) return 'no-room';
		putBack(world, operation, vm, held[0] as number, held.length, MIGRATE_PASSES * pass);
		return 'started';
	}
	const batch = batchOf(world, operation, guestBlock, route, sources[0] as number, targets[1] as number);
	batch.whole = false;
	batch.targets = targets;
	batch.firstGfn = targets[0] as number;
	batch.pages = (targets[targets.length - 2] as number) - batch.firstGfn + 1;
	batch.bytes = (targets.length / 2) * PAGE_BYTES;
	batch.held = held;
	batch.passes = passes;
	launch(world, operation, vm, batch, transferNs(batch.bytes, rate) + passes * pass);
	return 'started';
}

/** The entries are replaced: the second stage loses them, a toucher waits. */
function launch(world: World, operation: OperationRecord, vm: VmRecord, batch: BatchRecord, lastsNs: number): void {
	batch.endNs = world.r.nowNs + lastsNs;
	operation.batch = batch;
	world.c.mapSecondStage.set(mappingRow(vm, vm.running, batch.guestBlock), 0);
	batch.causeSeq = emit(world, {
		kind: 'batch-begin',
		rule: 'migrate-batch',
		cause: operation.phaseCauseSeq,
		vm: vm.id,
		operation: operation.id,
		values: {
			direction: batch.direction,
			firstGfn: batch.firstGfn,
			pages: batch.bytes / PAGE_BYTES,
			from: world.r.memories[batch.sourceMemory]?.id ?? '',
			fromBlock: batch.sourceBlock,
			to: world.r.memories[batch.targetMemory]?.id ?? '',
			toBlock: batch.targetBlock,
			lastsNs
		},
		text: `${batch.bytes / PAGE_BYTES} pages from gfn ${batch.firstGfn} leave ${world.r.memories[batch.sourceMemory]?.id} for ${world.r.memories[batch.targetMemory]?.id}`
	});
}

/** Copies, maps the new frames, frees the old ones, lets waiting writes through. Returns pages moved. */
export function endBatch(world: World, operation: OperationRecord): number {
	const batch = operation.batch;
	if (!batch) return 0;
	const vm = vmOf(world, operation);
	catchUp(world, operation.vm);
	const moved = batch.bytes / PAGE_BYTES;
	if (moved > 0) {
		if (batch.whole) landWhole(world, operation, vm, batch);
		else landPages(world, operation, vm, batch);
		const { pagesByMemory } = vm;
		pagesByMemory[batch.sourceMemory] = (pagesByMemory[batch.sourceMemory] as number) - moved;
		pagesByMemory[batch.targetMemory] = (pagesByMemory[batch.targetMemory] as number) + moved;
	}
	operation.batch = null;
	operation.cxlBytes += batch.bytes;
	if (moved > 0 && batch.direction === 'push' && heldOnArrival(world, operation.vm, batch.guestBlock))
		visitAgain(operation, batch.guestBlock);
	for (const gfn of batch.deferred) writePage(world, operation.vm, vm, gfn, operation, world.r.nowNs);
	if (moved > 0)
		emit(world, {
			kind: 'batch-end',
			rule: batch.deferred.length > 0 ? 'migrate-stall' : 'migrate-batch',
			cause: batch.causeSeq,
			vm: vm.id,
			operation: operation.id,
			values: { firstGfn: batch.firstGfn, pages: moved, stalls: batch.deferred.length, held: batch.held.length, passes: batch.passes },
			text: `${moved} pages from gfn ${batch.firstGfn} are mapped at their new place${batch.deferred.length > 0 ? `, ${batch.deferred.length} writes waited` : ''}`
		});
	refreshSpeed(world, vm);
	return moved;
}

/** What was in flight has no sender any more: its frames at the other side are given back. */
export function dropBatch(world: World, operation: OperationRecord): void {
	const batch = operation.batch;
	operation.batch = null;
	if (!batch || batch.bytes === 0 || batch.direction === 'stream') return;
	if (batch.whole) release(world, batch.targets[0] as number, BLOCK_ORDER);
	else for (let index = 1; index < batch.targets.length; index += 2) release(world, batch.targets[index] as number, 0);
	const vm = vmOf(world, operation);
	world.c.mapSecondStage.set(mappingRow(vm, vm.running, batch.guestBlock), 1);
}

function landWhole(world: World, operation: OperationRecord, vm: VmRecord, batch: BatchRecord): void {
	const source = wholeBlockOf(world, vm, vm.running, batch.guestBlock);
	const targetBlock = blockOfFrame(batch.targets[0] as number);
	const huge = wordKind(wholeWord(world, source)) === BlockKind.huge;
	const payload = vmPayload(operation.vm, batch.guestBlock);
	setWhole(world, targetBlock, huge ? BlockKind.huge : BlockKind.run, payload);
	copyContent(world, source, targetBlock);
	mapWhole(world, vm, vm.running, batch.guestBlock, targetBlock, huge ? MapKind.huge : MapKind.run);
	release(world, source * PAGES_PER_BLOCK, BLOCK_ORDER);
	holdArrived(world, operation.vm, batch.guestBlock);
}

function landPages(world: World, operation: OperationRecord, vm: VmRecord, batch: BatchRecord): void {
	for (let index = 0; index < batch.targets.length; index += 2) {
		const gfn = batch.targets[index] as number;
		const frame = batch.targets[index + 1] as number;
		const source = frameOf(world, vm, vm.running, gfn);
		const stamp = readStamp(world, blockOfFrame(source), source % PAGES_PER_BLOCK);
		setFolio(world, blockOfFrame(frame), frame % PAGES_PER_BLOCK, 0, RowKind.vm, operation.vm, gfn);
		writeStamp(world, blockOfFrame(frame), frame % PAGES_PER_BLOCK, stamp);
		mapPage(world, vm, vm.running, gfn, frame);
		ensureRows(world, blockOfFrame(source));
		release(world, source, 0);
	}
	holdArrived(world, operation.vm, batch.guestBlock, new Set(batch.targets.filter((_, index) => index % 2 === 0)));
}
