import { ok, refused, type Outcome } from '../../../base/outcome.ts';
import { NS_PER_MS, PAGES_PER_BLOCK } from '../../../base/units.ts';
import type { MigrateCommand } from '../../contract/commands.ts';
import type { ReasonId } from '../../contract/reasons.ts';
import { OwnerState, packOwner, VM_LIMIT } from '../../contract/words.ts';
import { costBytesPerSecond, costNs } from '../../costs/cost-model.ts';
import { reserveExtents } from '../../fabric/extents.ts';
import { startFlow, stopFlow } from '../../fabric/links.ts';
import { devicePinsOn } from '../../hypervisor/device-pins.ts';
import { catchUp } from '../../hypervisor/guest.ts';
import { refreshSpeed } from '../../hypervisor/speed.ts';
import { onlineBlocks } from '../../mm/buddy.ts';
import { EventKind } from '../../sim/event-kinds.ts';
import { schedule } from '../../sim/event-queue.ts';
import { emit } from '../../sim/trace.ts';
import type { ExtentRecord, OperationRecord, VmRecord, ZoneRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { clearDescriptors, publishRanges, rangesOf } from '../../superpage/descriptors.ts';
import { ownerOf } from '../../superpage/words.ts';
import { foldVm } from '../instances.ts';
import { enterPhase, finish, hostName, setStatus, vmOf } from '../operation.ts';
import { changeOwner } from '../owner.ts';
import { beginBatch, endBatch, type Route } from '../page-move.ts';
import { extentRecord, offlineBlock, ownExtents, tagEnd } from '../residence.ts';
import { roomOnDram } from '../room.ts';
import { nudgeSource, runHandOffStep, startHandOff } from '../timed-hand-off.ts';

/**
 * Nil-migration by transit (seed S3, approach 1; live-migration reference 10): pages to the pool while the guest runs, one
 * word flips, pages home. Every wait is an event, every stretch of work a batch.
 */

/** Sweeps over folios that stayed, 10 ms apart, before the operation gives up (our simplification). */
const MAX_SWEEPS = 10;
const SWEEP_PAUSE_NS = 10 * NS_PER_MS;

export function checkTransit(
	world: World,
	operation: Pick<OperationRecord, 'vm' | 'source' | 'target' | 'parameters'>,
	command: MigrateCommand
): Outcome<null, ReasonId> {
	const { r } = world;
	const vm = r.vms[operation.vm];
	const pool = r.memories.find((memory) => memory.kind === 'pool');
	if (!vm || !pool) return refused('no-shared-memory', 'the scenario has no pool that both hosts reach');
	const used = r.operations.reduce(
		(sum, other) => sum + (other.strategy === 'transit' && other.state === 'running' ? (r.vms[other.vm]?.vcpus ?? 0) : 0),
		0
	);
	if (used + vm.vcpus > VM_LIMIT)
		return refused('too-many-vcpus', `${vm.vcpus} vCPUs need slots, ${VM_LIMIT - used} of ${VM_LIMIT} are free`);
	const held = r.pins.filter((pin) => pin.vm === operation.vm && pin.term === 'long');
	const first = held[0];
	if (first)
		return refused(
			'unmovable-page',
			`${held.length} long-term ${held.length === 1 ? 'pin' : 'pins'}, the first on gfn ${first.gfn}; pre-copy would copy the page`
		);
	const device = devicePinsOn(world, operation.vm, 0, vm.pageCount);
	if (device)
		return refused(
			'unmovable-page',
			`${device.nic} holds ${device.pages} pages of ${command.vm} by long-term pins; pre-copy would copy them`
		);
	const free = roomOnDram(world, operation.target);
	if (!operation.parameters.stayOnPool && free < vm.populatedPages)
		return refused('no-room-target', `${vm.populatedPages} pages of ${command.vm} need room, ${free} are free on ${command.target}`);
	const before = r.extents.length;
	const trial = extentsFor(world, operation.vm, operation.source);
	if (!trial.ok) return trial;
	// The check must leave the world as it was: the extents are made again when the operation starts.
	r.extents.length = before;
	return ok(null);
}

/** The extents in which the VM lives already, and new ones for what has no room there. */
function extentsFor(world: World, vmIndex: number, source: number): Outcome<number[], 'no-room-pool' | 'no-shared-memory'> {
	const own = ownExtents(world, vmIndex, source);
	const present = own.reduce((sum, index) => sum + (world.r.extents[index] as ExtentRecord).blockCount, 0);
	const missing = Math.ceil((world.r.vms[vmIndex] as VmRecord).populatedPages / PAGES_PER_BLOCK) - present;
	if (missing <= 0) return ok(own);
	const added = reserveExtents(world, vmIndex, missing, tagEnd(world, own));
	return added.ok ? ok([...own, ...added.value]) : added;
}

function wait(world: World, operation: OperationRecord, lastsNs: number, step: string): void {
	operation.step = step;
	schedule(world, world.r.nowNs + lastsNs, EventKind.transit, operation.id, operation.generation);
}

export function startTransit(world: World, operation: OperationRecord): void {
	const vm = vmOf(world, operation);
	setStatus(world, operation, 'active');
	emit(world, {
		kind: 'census',
		rule: 'census',
		cause: operation.causeSeq,
		vm: vm.id,
		operation: operation.id,
		values: { pages: vm.populatedPages, longPins: 0, shortPins: world.r.pins.filter((pin) => pin.vm === operation.vm).length },
		text: `census: ${vm.populatedPages} pages, no long-term pin`
	});
	enterPhase(world, operation, 'prepare', 'prepare: capacity under one tag', 'extent-offer');
	if (ownExtents(world, operation.vm, operation.source).length > 0) operation.livedOnPool = true;
	const reserved = extentsFor(world, operation.vm, operation.source);
	if (!reserved.ok) throw new Error('the extents were there a moment ago');
	operation.extents = reserved.value;
	for (const index of operation.extents)
		if (world.r.extents[index]?.state === 'offered') extentRecord(world, operation, index, 'offered', operation.phaseCauseSeq);
	const lastsNs = costNs(world.costs, 'orchestratorAllocMs') + costNs(world.costs, 'cxlMailboxCommandMs');
	wait(world, operation, lastsNs, 'accept-source');
}

export function runTransit(world: World, operation: OperationRecord): void {
	const mailbox = costNs(world.costs, 'cxlMailboxCommandMs');
	switch (operation.step) {
		case 'accept-source':
			accept(world, operation, operation.source);
			return wait(world, operation, mailbox + costNs(world.costs, 'dcdEventIrqUs'), 'accept-target');
		case 'accept-target':
			accept(world, operation, operation.target);
			operation.onlineExtent = 0;
			return wait(world, operation, mailbox, 'online');
		case 'online':
			return onlineNext(world, operation);
		case 'batch':
			return afterBatch(world, operation);
		case 'sweep':
			return nextBatch(world, operation);
		case 'propose':
			return operation.ending === 'none' ? startHandOff(world, operation) : turnBack(world, operation);
		case 'release':
			return releaseNext(world, operation);
		default:
			throw new Error(`transit has no step ${operation.step}`);
	}
}

function accept(world: World, operation: OperationRecord, host: number): void {
	for (const index of operation.extents) {
		const extent = world.r.extents[index] as ExtentRecord;
		if (extent.acceptedBy.includes(host)) continue;
		extent.acceptedBy.push(host);
		extent.state = 'accepted';
		extentRecord(world, operation, index, `accepted by ${hostName(world, host)}`, operation.phaseCauseSeq);
	}
}

/** One memory block per event: add and online it on the source's compute-less node, as MOVABLE. */
function onlineNext(world: World, operation: OperationRecord): void {
	if (operation.ending !== 'none') return turnBack(world, operation);
	const present = (): ExtentRecord | undefined => world.r.extents[operation.extents[operation.onlineExtent] ?? -1];
	let extent = present();
	while (extent && extent.onlineBlocks >= extent.blockCount) {
		operation.onlineExtent += 1;
		extent = present();
	}
	if (!extent) return beginStaging(world, operation);
	const pool = world.r.memories[extent.memory] as { firstBlock: number };
	const vm = vmOf(world, operation);
	const zone = vm.poolZones[vm.running];
	(world.r.zones[zone] as ZoneRecord).host = operation.source;
	onlineBlocks(world, zone, pool.firstBlock + extent.firstBlock + extent.onlineBlocks, 64);
	extent.onlineOn = operation.source;
	extent.onlineBlocks += 64;
	if (extent.onlineBlocks >= extent.blockCount)
		extentRecord(world, operation, operation.extents[operation.onlineExtent] as number, 'online', operation.phaseCauseSeq);
	wait(world, operation, costNs(world.costs, 'blockOnlineMs'), 'online');
}

function moveRate(world: World, operation: OperationRecord): number {
	const huge = world.scenario.vms[operation.vm]?.pages === 'thp';
	const perThread = costBytesPerSecond(world.costs, huge ? 'migratePages2mGBps' : 'migratePages4kGBps');
	return perThread * Math.floor(world.costs.migrateThreads);
}

function beginStaging(world: World, operation: OperationRecord): void {
	enterPhase(world, operation, 'staging', 'staging: pages to the pool', 'migrate-batch');
	changeOwner(world, operation, operation.source, OwnerState.staging);
	startFlow(world, operation.id, operation.source, moveRate(world, operation), [`${hostName(world, operation.source)}.write`, 'pool.port']);
	operation.cursor = 0;
	operation.left = [];
	operation.sweep = 0;
	nextBatch(world, operation);
}

export function route(operation: OperationRecord, world: World): Route {
	const vm = vmOf(world, operation);
	if (operation.phase === 'staging') return { direction: 'push', host: operation.source, toPool: true };
	return { direction: 'pull', host: vm.instances[vm.running] as number, toPool: false };
}

/** The next guest block that has pages on the wrong side; then what stayed behind; then the next phase. */
function nextBatch(world: World, operation: OperationRecord): void {
	const vm = vmOf(world, operation);
	if (operation.ending !== 'none' && operation.phase === 'staging') return turnBack(world, operation);
	while (operation.cursor < vm.guestBlockCount) {
		const started = beginBatch(world, operation, operation.cursor, route(operation, world));
		if (started === 'nothing') {
			operation.cursor += 1;
			continue;
		}
		if (started === 'no-room') return noRoom(world, operation);
		operation.cursor += 1;
		const lastsNs = (operation.batch?.endNs ?? world.r.nowNs) - world.r.nowNs;
		return wait(world, operation, lastsNs, 'batch');
	}
	sweepDone(world, operation);
}

function afterBatch(world: World, operation: OperationRecord): void {
	operation.pagesMoved += endBatch(world, operation);
	nextBatch(world, operation);
}

/** All blocks were visited: go on, or visit again those whose folios stayed. */
function sweepDone(world: World, operation: OperationRecord): void {
	if (operation.left.length > 0) {
		operation.sweep += 1;
		if (operation.sweep > MAX_SWEEPS) {
			const gfn = (operation.left[0] as number) * PAGES_PER_BLOCK;
			const long =
				world.r.pins.some((pin) => pin.vm === operation.vm && pin.term === 'long') ||
				devicePinsOn(world, operation.vm, gfn, PAGES_PER_BLOCK) !== null;
			if (operation.phase === 'staging')
				return giveUp(
					world,
					operation,
					long ? 'unmovable-page' : 'page-stayed',
					`a folio near gfn ${gfn} did not move in ${MAX_SWEEPS} sweeps`
				);
			return stayOnPool(world, operation, `a folio near gfn ${gfn} stays on the pool`);
		}
		operation.cursor = Math.min(...operation.left);
		operation.left = [];
		return wait(world, operation, SWEEP_PAUSE_NS, 'sweep');
	}
	if (operation.phase === 'staging') publish(world, operation);
	else beginRelease(world, operation);
}

function noRoom(world: World, operation: OperationRecord): void {
	if (operation.phase === 'staging') giveUp(world, operation, 'no-room-pool', 'the extents are full');
	else stayOnPool(world, operation, 'the host has no more free memory');
}

/** Pages that cannot come home stay where they are: legal, slower, and said. */
function stayOnPool(world: World, operation: OperationRecord, why: string): void {
	const failed = operation.ending !== 'none' ? operation.ending : 'failed';
	releaseUnused(world, operation);
	clearDescriptors(world, operation.vm);
	changeOwner(world, operation, vmOf(world, operation).instances[vmOf(world, operation).running] as number, OwnerState.active);
	finish(world, operation, failed, 'no-room-target', `${why}: the rest of the VM goes on living on the pool`);
}

/** Capacity that never came online holds nothing and goes back at once. */
function releaseUnused(world: World, operation: OperationRecord): void {
	for (const index of operation.extents) {
		const extent = world.r.extents[index] as ExtentRecord;
		if (extent.onlineBlocks > 0) continue;
		extent.state = 'released';
		extentRecord(world, operation, index, 'released', operation.phaseCauseSeq);
	}
}

/** A VM that lived on the pool before stays there: its place was the pool, nothing of it belongs to the source's DRAM. */
function stayAsBefore(world: World, operation: OperationRecord): void {
	const vm = vmOf(world, operation);
	releaseUnused(world, operation);
	const host = vm.instances[vm.running] as number;
	changeOwner(world, operation, host, OwnerState.active);
	foldVm(world, operation.vm);
	const state = operation.ending === 'failed' ? 'failed' : 'cancelled';
	const reason = state === 'cancelled' ? 'cancelled' : ((operation.reason ?? 'page-stayed') as ReasonId);
	finish(world, operation, state, reason, `${vm.id} runs on ${hostName(world, host)} and lives on the pool as before`);
}

/** Ranges into the super-page; from now on no page may move, contents still change. */
function publish(world: World, operation: OperationRecord): void {
	const vm = vmOf(world, operation);
	stopFlow(world, operation.id);
	catchUp(world, operation.vm);
	refreshSpeed(world, vm);
	const ranges = rangesOf(world, vm, operation.extents);
	if (!ranges.ok) return giveUp(world, operation, ranges.reason, ranges.detail);
	const published = publishRanges(world, operation.vm, ranges.value);
	if (!published.ok) return giveUp(world, operation, published.reason, published.detail);
	operation.rangeCount = published.value;
	enterPhase(
		world,
		operation,
		'publish',
		`publish ${published.value} ${published.value === 1 ? 'range' : 'ranges'}, map on ${hostName(world, operation.target)}`,
		'publish'
	);
	emit(world, {
		kind: 'publish',
		rule: 'publish',
		cause: operation.phaseCauseSeq,
		vm: vm.id,
		operation: operation.id,
		values: { ranges: published.value, pages: ranges.value.reduce((sum, range) => sum + range.pages, 0) },
		text: `${published.value} ${published.value === 1 ? 'range names' : 'ranges name'} every page by tag and offset`
	});
	changeOwner(world, operation, operation.source, OwnerState.staged);
	// One line per descriptor goes to the device.
	wait(world, operation, published.value * costNs(world.costs, 'cxlSwitchedReadLatencyNs'), 'propose');
}

/** One step of the hand-off, and what follows from it. */
export function runHandOff(world: World, operation: OperationRecord, actor: number): void {
	const result = runHandOffStep(world, operation, actor);
	if (result === 'home') beginUnstaging(world, operation, `home to ${hostName(world, operation.target)}`);
	else if (result === 'turn-back') turnBack(world, operation);
	else if (result === 'abandoned') abandon(world, operation);
	else if (result === 'checksum-mismatch')
		giveUp(world, operation, result, `${hostName(world, operation.target)} found other ranges than the checksum says`);
	else if (result === 'not-switched')
		giveUp(world, operation, result, `${hostName(world, operation.target)} reaches a range through no decoder of its own`);
}

/** The owner word is not what the source wrote. A guest that still runs goes on; one that is stopped is not started: only the owner may. */
function abandon(world: World, operation: OperationRecord): void {
	const owner = ownerOf(world, operation.vm);
	const detail = `the owner word names ${hostName(world, owner.owner)}`;
	if (vmOf(world, operation).vcpuState === 'running') return giveUp(world, operation, 'commit-lost', detail);
	finish(world, operation, 'failed', 'commit-lost', `${detail}: ${hostName(world, operation.source)} does not start the guest again`);
}

/** An end that is not the wished one: what was pushed goes back to the source. */
export function giveUp(world: World, operation: OperationRecord, reason: ReasonId, detail: string): void {
	operation.ending = 'failed';
	operation.reason = reason;
	emit(world, {
		kind: 'ended',
		rule: 'cancel',
		cause: operation.phaseCauseSeq,
		vm: vmOf(world, operation).id,
		operation: operation.id,
		values: { state: 'turning back', reason },
		text: operation.livedOnPool ? `${detail}: the VM stays on the pool` : `${detail}: the pages go back`
	});
	turnBack(world, operation);
}

/** Cancelled or failed before the commit: pages to where they lay before, unused extents back to the pool. */
export function turnBack(world: World, operation: OperationRecord): void {
	clearDescriptors(world, operation.vm);
	if (operation.livedOnPool) return stayAsBefore(world, operation);
	beginUnstaging(world, operation, `back to ${hostName(world, operation.source)}`);
}

/** Pages home: to the target after the commit, to the source when the move is given up. */
export function beginUnstaging(world: World, operation: OperationRecord, label: string): void {
	const vm = vmOf(world, operation);
	const host = vm.instances[vm.running] as number;
	enterPhase(world, operation, 'unstaging', `unstaging: pages ${label}`, 'migrate-batch');
	if (operation.parameters.stayOnPool && operation.ending === 'none') {
		foldVm(world, operation.vm);
		return finish(world, operation, 'completed', null, `${vm.id} runs on ${hostName(world, host)} and lives on the pool`);
	}
	changeOwner(world, operation, host, operation.ending === 'none' ? OwnerState.unstaging : OwnerState.staging);
	startFlow(world, operation.id, host, moveRate(world, operation), [`${hostName(world, host)}.read`, 'pool.port']);
	operation.cursor = 0;
	operation.left = [];
	operation.sweep = 0;
	operation.pagesMoved = 0;
	nextBatch(world, operation);
}

function beginRelease(world: World, operation: OperationRecord): void {
	const vm = vmOf(world, operation);
	stopFlow(world, operation.id);
	catchUp(world, operation.vm);
	refreshSpeed(world, vm);
	enterPhase(world, operation, 'release', 'release: the extents go back', 'extent-release');
	changeOwner(world, operation, vm.instances[vm.running] as number, OwnerState.local);
	clearDescriptors(world, operation.vm);
	operation.onlineExtent = 0;
	operation.onlineBlock = 0;
	for (const index of operation.extents) (world.r.extents[index] as ExtentRecord).state = 'releasing';
	wait(world, operation, costNs(world.costs, 'blockOfflineFreeMs'), 'release');
}

/** One memory block per event: offline, remove. Then the extents are released to the pool. */
function releaseNext(world: World, operation: OperationRecord): void {
	const extent = world.r.extents[operation.extents[operation.onlineExtent] ?? -1];
	if (!extent) {
		for (const index of operation.extents) {
			const record = world.r.extents[index] as ExtentRecord;
			record.state = 'released';
			record.onlineOn = -1;
			extentRecord(world, operation, index, 'released', operation.phaseCauseSeq);
		}
		foldVm(world, operation.vm);
		const vm = vmOf(world, operation);
		if (operation.ending === 'none')
			return finish(
				world,
				operation,
				'completed',
				null,
				`${vm.id} runs on ${hostName(world, operation.target)} and the pool is free again`
			);
		return finish(
			world,
			operation,
			operation.ending,
			operation.ending === 'cancelled' ? 'cancelled' : ((operation.reason ?? 'page-stayed') as ReasonId),
			`${vm.id} runs on ${hostName(world, operation.source)} as before, nothing is left on the pool`
		);
	}
	if (operation.onlineBlock < extent.onlineBlocks) offlineBlock(world, extent, operation.onlineBlock);
	operation.onlineBlock += 64;
	if (operation.onlineBlock >= extent.blockCount) {
		operation.onlineExtent += 1;
		operation.onlineBlock = 0;
	}
	const last = world.r.extents[operation.extents[operation.onlineExtent] ?? -1] === undefined;
	wait(world, operation, last ? costNs(world.costs, 'cxlMailboxCommandMs') : costNs(world.costs, 'blockOfflineFreeMs'), 'release');
}

/** A cancel takes effect at the next border of a batch; after the commit it is too late. */
export function cancelTransit(world: World, operation: OperationRecord): Outcome<null, ReasonId> {
	const owner = ownerOf(world, operation.vm);
	if (owner.owner !== operation.source || operation.phase === 'release')
		return refused('too-late', `the owner word names ${hostName(world, owner.owner)}`);
	operation.ending = 'cancelled';
	setStatus(world, operation, 'cancelling');
	nudgeSource(world, operation);
	return ok(null);
}

/** Owner word as it is before any move. */
export function firstOwnerWord(host: number): bigint {
	return packOwner({ owner: host, state: OwnerState.local, incarnation: 1, token: 1 });
}
