import { ok, refused, type Outcome } from '../../../base/outcome.ts';
import type { MigrateCommand } from '../../contract/commands.ts';
import type { ReasonId } from '../../contract/reasons.ts';
import { OwnerState, packOwner, VM_LIMIT } from '../../contract/words.ts';
import { costNs } from '../../costs/cost-model.ts';
import { startFlow } from '../../fabric/links.ts';
import { emit } from '../../sim/trace.ts';
import type { OperationRecord, VmRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { ownerOf } from '../../superpage/words.ts';
import { foldVm } from '../instances.ts';
import { enterPart, enterPhase, finish, hostName, setStatus, stopGuest, vmOf } from '../operation.ts';
import { changeOwner } from '../owner.ts';
import { endBatch } from '../page-move.ts';
import { roomOnDram } from '../room.ts';
import { nudgeSource, runHandOffStep, startHandOff } from '../timed-hand-off.ts';
import { accept, offer, onlineOne, wouldFit } from '../reference/capacity.ts';
import { beginDaxCopy, daxCopied, overDax } from '../reference/dax.ts';
import { pushedOut, startErrand } from '../reference/errand.ts';
import { heldForGood, tiedToHost } from '../reference/held.ts';
import { giveUp, goHome, homeOn, releaseNext, turnBack } from '../reference/home.ts';
import { forgetMoved } from '../reference/moved.ts';
import { strayGfns } from '../reference/place.ts';
import { reaches } from '../reference/reach.ts';
import { publish } from '../reference/publish.ts';
import { beginSweep, moveRate, stuckAt, sweepOn, wait, MAX_SWEEPS } from '../reference/sweep.ts';

/**
 * Nil-migration by transit (seed S3, approach 1; live-migration reference 10): pages to the pool while the guest runs, one
 * word flips, pages home. Every wait is an event, every stretch of work a batch.
 */
type Asked = Pick<OperationRecord, 'vm' | 'source' | 'target' | 'parameters'>;

/** What every move by reference needs: a pool, and slots for the vCPU states. */
export function checkReference(world: World, operation: Asked): Outcome<null, ReasonId> {
	const { r } = world;
	const vm = r.vms[operation.vm];
	if (!vm || !r.memories.some((memory) => memory.kind === 'pool'))
		return refused('no-shared-memory', 'the scenario has no pool that both hosts reach');
	for (const host of [operation.source, operation.target]) {
		const reached = reaches(world, host);
		if (!reached.ok) return reached;
	}
	const handsOver = (other: OperationRecord): boolean =>
		other.state === 'running' && other.errand === undefined && (other.strategy === 'transit' || other.strategy === 'resident');
	const used = r.operations.reduce((sum, other) => sum + (handsOver(other) ? (r.vms[other.vm]?.vcpus ?? 0) : 0), 0);
	if (used + vm.vcpus > VM_LIMIT)
		return refused('too-many-vcpus', `${vm.vcpus} vCPUs need slots, ${VM_LIMIT - used} of ${VM_LIMIT} are free`);
	return ok(null);
}

/** Extents are memory of a node or a DAX device, not both: a VM that lives in one kind does not pass by the other. */
function checkBacking(world: World, operation: Asked): Outcome<null, ReasonId> {
	const vm = world.r.vms[operation.vm] as VmRecord;
	const pool = world.r.memories.findIndex((memory) => memory.kind === 'pool');
	const onPool = vm.pagesByMemory[pool] ?? 0;
	if (vm.dax && onPool < vm.populatedPages)
		return refused('not-resident', `${onPool} pages of ${vm.id} lie in a DAX mapping, the rest in DRAM; pull them home first`);
	if (!vm.dax && onPool > 0 && operation.parameters.backing === 'dax')
		return refused('bad-parameter', `${onPool} pages of ${vm.id} lie on a node of the pool; a DAX device takes extents of its own`);
	return ok(null);
}

export function checkTransit(world: World, operation: Asked, command: MigrateCommand): Outcome<null, ReasonId> {
	const { r } = world;
	const able = checkReference(world, operation);
	if (!able.ok) return able;
	const vm = r.vms[operation.vm] as VmRecord;
	const { placing, backing, leftovers, stayOnPool } = operation.parameters;
	const backed = checkBacking(world, operation);
	if (!backed.ok) return backed;
	const held = heldForGood(world, operation.vm);
	// A copy reads pages that nobody may move; only secure memory may not lie on CXL either.
	const copied = backing === 'dax' || vm.dax === true || (leftovers === 'copy' && r.vms[operation.vm]?.passThrough !== true);
	if (!held.ok && (vm.secure || !copied)) return held;
	const tied = tiedToHost(world, operation.vm);
	if (!tied.ok) return tied;
	const free = roomOnDram(world, operation.target);
	if (!stayOnPool && free < vm.populatedPages)
		return refused('no-room-target', `${vm.populatedPages} pages of ${command.vm} need room, ${free} are free on ${command.target}`);
	const trial = wouldFit(world, operation.vm, operation.source, placing);
	return trial.ok ? ok(null) : trial;
}

export function census(world: World, operation: OperationRecord): void {
	const vm = vmOf(world, operation);
	const pins = world.r.pins.filter((pin) => pin.vm === operation.vm);
	const long = pins.filter((pin) => pin.term === 'long').length;
	emit(world, {
		kind: 'census',
		rule: 'census',
		cause: operation.causeSeq,
		vm: vm.id,
		operation: operation.id,
		values: { pages: vm.populatedPages, longPins: long, shortPins: pins.length - long },
		text: `census: ${vm.populatedPages} pages, ${long === 0 ? 'no long-term pin' : `${long} long-term ${long === 1 ? 'pin' : 'pins'}`}`
	});
}

export function startTransit(world: World, operation: OperationRecord): void {
	if (operation.errand !== undefined) return startErrand(world, operation);
	setStatus(world, operation, 'active');
	if (vmOf(world, operation).dax) operation.parameters = { ...operation.parameters, backing: 'dax' };
	census(world, operation);
	enterPhase(world, operation, 'prepare', 'prepare: capacity under one tag', 'extent-offer');
	offer(world, operation);
	const lastsNs = costNs(world.costs, 'orchestratorAllocMs') + costNs(world.costs, 'cxlMailboxCommandMs');
	wait(world, operation, lastsNs, 'accept-source');
}

export function runTransit(world: World, operation: OperationRecord): void {
	const mailbox = costNs(world.costs, 'cxlMailboxCommandMs');
	switch (operation.step) {
		case 'accept-source':
			if (!accepted(world, operation, operation.source)) return;
			return wait(
				world,
				operation,
				mailbox + costNs(world.costs, 'dcdEventIrqUs'),
				operation.errand === undefined ? 'accept-target' : 'online'
			);
		case 'accept-target':
			if (!accepted(world, operation, operation.target)) return;
			operation.onlineExtent = 0;
			return wait(world, operation, mailbox, 'online');
		case 'online':
			return onlineNext(world, operation);
		case 'batch':
			operation.pagesMoved += endBatch(world, operation);
			return moveOn(world, operation);
		case 'sweep':
			return moveOn(world, operation);
		case 'dax':
			if (operation.ending !== 'none') return turnBack(world, operation);
			if (daxCopied(world, operation)) publishNow(world, operation);
			return;
		case 'propose':
			return operation.ending === 'none' ? startHandOff(world, operation) : turnBack(world, operation);
		case 'release':
			return releaseNext(world, operation);
		default:
			throw new Error(`transit has no step ${operation.step}`);
	}
}

function accepted(world: World, operation: OperationRecord, host: number): boolean {
	const said = accept(world, operation, host);
	if (!said.ok) giveUp(world, operation, said.reason, said.detail);
	return said.ok;
}

/** One memory block per event; then the pages. */
function onlineNext(world: World, operation: OperationRecord): void {
	if (operation.ending !== 'none') return turnBack(world, operation);
	if (!onlineOne(world, operation)) return beginStaging(world, operation);
	wait(world, operation, costNs(world.costs, 'blockOnlineMs'), 'online');
}

function beginStaging(world: World, operation: OperationRecord): void {
	// What lives in a DAX mapping already has nothing to be copied into it.
	if (overDax(operation) && !vmOf(world, operation).dax) return beginDaxCopy(world, operation);
	enterPhase(world, operation, 'staging', 'staging: pages to the pool', 'migrate-batch');
	changeOwner(world, operation, operation.source, OwnerState.staging);
	if (operation.parameters.quiesce) {
		// Seed S0: a list of contiguous ranges is easy for a guest that stands still; every page moved now is downtime.
		stopGuest(world, operation, 'quiesce');
		enterPart(world, operation, 'quiesce', 'stopped while pages move');
	}
	startFlow(world, operation.id, operation.source, moveRate(world, operation), [`${hostName(world, operation.source)}.write`, 'pool.port']);
	beginSweep(operation);
	stageOn(world, operation);
}

function moveOn(world: World, operation: OperationRecord): void {
	if (operation.phase === 'staging') stageOn(world, operation);
	else homeOn(world, operation);
}

function stageOn(world: World, operation: OperationRecord): void {
	if (operation.ending !== 'none') return turnBack(world, operation);
	switch (sweepOn(world, operation)) {
		case 'going':
			return;
		case 'no-room':
			return giveUp(world, operation, 'no-room-pool', 'the extents are full');
		case 'stuck': {
			if (operation.parameters.leftovers === 'copy') return publishNow(world, operation);
			const { gfn, long } = stuckAt(world, operation);
			return giveUp(
				world,
				operation,
				long ? 'unmovable-page' : 'page-stayed',
				`a folio near gfn ${gfn} did not move in ${MAX_SWEEPS} sweeps`
			);
		}
		case 'done':
			return staged(world, operation);
	}
}

/** Every page was pushed; one that its kernel took back meanwhile is pushed again (live-migration reference 10, step 3). */
function staged(world: World, operation: OperationRecord): void {
	const vm = vmOf(world, operation);
	const pool = world.r.memories.findIndex((memory) => memory.kind === 'pool');
	if (
		(vm.pagesByMemory[pool] ?? 0) < vm.populatedPages &&
		(operation.races ?? 0) < MAX_SWEEPS &&
		strayGfns(world, operation.vm).length > 0
	) {
		operation.races = (operation.races ?? 0) + 1;
		beginSweep(operation);
		return stageOn(world, operation);
	}
	if (operation.errand === 'push-out') return pushedOut(world, operation);
	publishNow(world, operation);
}

export function publishNow(world: World, operation: OperationRecord): void {
	const published = publish(world, operation);
	if (!published.ok) giveUp(world, operation, published.reason, published.detail);
}

/** One step of the hand-off, and what follows from it. */
export function runHandOff(world: World, operation: OperationRecord, actor: number): void {
	const result = runHandOffStep(world, operation, actor);
	if (result === 'home') afterHandOff(world, operation);
	else if (result === 'turn-back') turnBack(world, operation);
	else if (result === 'abandoned') abandon(world, operation);
	else if (result === 'checksum-mismatch')
		giveUp(world, operation, result, `${hostName(world, operation.target)} found other ranges than the checksum says`);
	else if (result === 'not-switched')
		giveUp(
			world,
			operation,
			operation.refusal?.reason ?? result,
			operation.refusal?.detail ?? `${hostName(world, operation.target)} reaches a range through no decoder of its own`
		);
}

/** The target has the VM: its pages come home, unless it was to stay on the pool, or does not live. */
function afterHandOff(world: World, operation: OperationRecord): void {
	const vm = vmOf(world, operation);
	const host = hostName(world, operation.target);
	if (operation.refusal) {
		changeOwner(world, operation, operation.target, OwnerState.orphan);
		return finish(
			world,
			operation,
			'failed',
			operation.refusal.reason,
			`${operation.refusal.detail}: too late to go back, ${vm.id} is dead on ${host}`
		);
	}
	if (operation.parameters.stayOnPool && operation.ending === 'none') {
		foldVm(world, operation.vm);
		return finish(world, operation, 'completed', null, `${vm.id} runs on ${host} and lives on the pool`);
	}
	goHome(world, operation, `home to ${host}`);
}

/** The owner word is not what the source wrote. A guest that still runs goes on; one that is stopped is not started: only the owner may. */
function abandon(world: World, operation: OperationRecord): void {
	const owner = ownerOf(world, operation.vm);
	const detail = `the owner word names ${hostName(world, owner.owner)}`;
	if (vmOf(world, operation).vcpuState === 'running') return giveUp(world, operation, 'commit-lost', detail);
	forgetMoved(world, operation);
	finish(world, operation, 'failed', 'commit-lost', `${detail}: ${hostName(world, operation.source)} does not start the guest again`);
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
export function firstOwnerWord(host: number, state: number = OwnerState.local): bigint {
	return packOwner({ owner: host, state, incarnation: 1, token: 1 });
}
