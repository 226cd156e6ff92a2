import { PAGES_PER_BLOCK } from '../../base/units.ts';
import { costBytes, costBytesPerSecond, costNs } from '../costs/cost-model.ts';
import { BLOCK_ORDER, unpackOwner } from '../contract/words.ts';
import { catchUp, writePage } from '../hypervisor/guest.ts';
import { endPins, folioOrder } from '../hypervisor/pins.ts';
import { EventKind } from '../sim/event-kinds.ts';
import { schedule } from '../sim/event-queue.ts';
import { emit } from '../sim/trace.ts';
import type { HandOffActorRecord, HostRecord, OperationRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { FIRST_STEP, handOffStep, RESTING, wayOut, type Actor, type StepContext } from '../superpage/hand-off.ts';
import { checksum, descriptorSlots, moving } from '../superpage/descriptors.ts';
import { ownerIndex, sharedWordsOf } from '../superpage/words.ts';
import { mapByReference, passExtents } from './adopt.ts';
import { copyRest, overDax, restNs } from './reference/dax.ts';
import { deadOnTarget, lastDoubt, testLoad } from './reference/devices.ts';
import { copyLeftovers, leftoversNs } from './reference/leftovers.ts';
import { loseMoved } from './reference/moved.ts';
import { enterPart, enterPhase, hostName, resumeGuest, stopGuest, vmOf } from './operation.ts';
import { noteOwnerChange } from './owner.ts';
import { unmapAll } from './relabel.ts';
import { staleLine } from './stale.ts';
import { isSilent, missTarget, waitedInVain, WAITED } from './time-out.ts';

/**
 * The clock drives the hand-off's step table: each step is one event whose time follows from the cost of the step. A
 * polling actor sleeps until the other changed a word (a doorbell through the device wakes it).
 */

/** What a step leads to outside the hand-off: nothing yet, the pages go home, back, or the move is given up by one side. */
export type HandOffResult = null | 'home' | 'turn-back' | 'checksum-mismatch' | 'not-switched' | 'abandoned';

export function startHandOff(world: World, operation: OperationRecord): void {
	operation.actors = {
		source: { step: FIRST_STEP.source, running: vmOf(world, operation).vcpuState === 'running', locals: {}, planned: false },
		target: { step: FIRST_STEP.target, running: false, locals: {}, planned: false }
	};
	operation.step = 'hand-off';
	next(world, operation, 'source', accessNs(world));
	next(world, operation, 'target', accessNs(world));
}

/** One access to a line of the shared device. */
function accessNs(world: World): number {
	const pool = world.r.memories.find((memory) => memory.kind === 'pool');
	return Math.floor(pool?.readLatencyNs ?? 0);
}

function next(world: World, operation: OperationRecord, actor: Actor, afterNs: number): void {
	const me = actorOf(operation, actor);
	if (me.planned) return;
	me.planned = true;
	schedule(world, world.r.nowNs + afterNs, EventKind.handOff, operation.id, actor === 'source' ? 0 : 1);
}

function actorOf(operation: OperationRecord, actor: Actor): HandOffActorRecord {
	if (!operation.actors) throw new Error('the hand-off has not started');
	return operation.actors[actor];
}

function contextOf(world: World, operation: OperationRecord, actor: Actor, reached: boolean): StepContext {
	const self = actor === 'source' ? operation.source : operation.target;
	const peer = actor === 'source' ? operation.target : operation.source;
	return {
		words: sharedWordsOf(world),
		vm: operation.vm,
		self,
		peer,
		incarnation: (world.r.hosts[self] as HostRecord).incarnation,
		me: actorOf(operation, actor),
		rangesCrc: moving(world, operation.vm) ? -1 : checksum(world, operation.vm),
		reached,
		without: world.r.faults
	};
}

/** Wakes the source at once: a cancel was ordered while it may sleep in a poll. */
export function nudgeSource(world: World, operation: OperationRecord): void {
	if (operation.actors && !RESTING.includes(operation.actors.source.step)) next(world, operation, 'source', 0);
}

/** Runs the step at which the actor stands, then plans its next one. */
export function runHandOffStep(world: World, operation: OperationRecord, actorIndex: number): HandOffResult {
	if (actorIndex === WAITED) {
		if (waitedInVain(world, operation)) nudgeSource(world, operation);
		return null;
	}
	const actor: Actor = actorIndex === 0 ? 'source' : 'target';
	if (!operation.actors) return null;
	const me = actorOf(operation, actor);
	me.planned = false;
	if (RESTING.includes(me.step)) return null;
	// A cancel, or a target that is gone: the source's next step is the one that leads out.
	if (actor === 'source' && operation.ending !== 'none') me.step = wayOut(me) ?? me.step;
	doubt(world, operation, me);
	const entry = handOffStep(me.step);
	if (!entry) throw new Error(`no step ${me.step}`);
	if (entry.id === 'check-state' && stateIsGone(world, operation)) {
		me.step = 'await-handoff';
		return null;
	}
	const before = world.c.superpageWord.get(ownerIndex(operation.vm));
	const ranBefore = me.running;
	const reached = entry.id !== 'check-ranges' || mapOnTarget(world, operation);
	me.step = entry.run(contextOf(world, operation, actor, reached));
	if (entry.id !== me.step) afterStep(world, operation, actor, entry.id, entry.says, before);
	// From here on it waits for the target, which may be silent already.
	if (me.step === 'await-prepared' || me.step === 'await-commit')
		if (entry.id !== me.step && isSilent(world, operation)) missTarget(world, operation);
	const result = syncGuest(world, operation, entry.id, ranBefore !== me.running);
	return result ?? plan(world, operation, actor, entry.id);
}

/**
 * The target reads the vCPU state and gets poison (live-migration reference 10, step 8): it does not commit, and says so. The
 * source has its registers still and takes the VM back; the next state goes into another slot.
 */
function stateIsGone(world: World, operation: OperationRecord): boolean {
	const vm = vmOf(world, operation);
	if (!vm.statePoisoned) return operation.unreadable === true;
	delete vm.statePoisoned;
	operation.unreadable = true;
	const host = hostName(world, operation.target);
	emit(world, {
		kind: 'step',
		rule: 'poison',
		cause: operation.phaseCauseSeq,
		vm: vm.id,
		operation: operation.id,
		host,
		values: { step: 'check-state', actor: 'target', errno: 'EHWPOISON' },
		text: `${host} reads the vCPU state and gets poison: it does not take ${vm.id}`
	});
	missTarget(world, operation, costNs(world.costs, 'cxlDoorbellUs'));
	return true;
}

/** What the source sees last, the guest stopped and before it gives the VM up: a device that goes on, or a page that moved. */
function doubt(world: World, operation: OperationRecord, me: HandOffActorRecord): void {
	if (me.step !== 'check-owner' || operation.ending !== 'none') return;
	const refusal = lastDoubt(world, operation);
	if (!refusal) return;
	operation.ending = 'failed';
	operation.reason = refusal.reason;
	emit(world, {
		kind: 'step',
		rule: 'last-look',
		cause: operation.phaseCauseSeq,
		vm: vmOf(world, operation).id,
		operation: operation.id,
		host: hostName(world, operation.source),
		values: { step: 'last-look', actor: 'source', next: 'resume', reason: refusal.reason },
		text: refusal.detail
	});
	me.step = wayOut(me) ?? me.step;
}

function forgetTarget(world: World, operation: OperationRecord): void {
	const vm = vmOf(world, operation);
	if (operation.parameters.backing !== 'dax' || vm.dax) {
		unmapAll(world, vm, 1 - vm.running);
		vm.instances[1 - vm.running] = -1;
	}
	operation.actors = null;
}

function afterStep(world: World, operation: OperationRecord, actor: Actor, id: string, says: string, before: bigint): void {
	const changed = world.c.superpageWord.get(ownerIndex(operation.vm)) !== before;
	const cause = operation.phaseCauseSeq;
	if (changed) {
		noteOwnerChange(world, operation, before, cause, id);
		return;
	}
	if (id === 'abort') commitWon(world, operation);
	emit(world, {
		kind: 'step',
		rule: 'hand-off',
		cause,
		vm: vmOf(world, operation).id,
		operation: operation.id,
		host: hostName(world, actor === 'source' ? operation.source : operation.target),
		values: { step: id, actor, next: actorOf(operation, actor).step },
		text: says
	});
}

/** The target maps every range through its own decoder before it says that it is prepared; false when one is out of its reach. */
function mapOnTarget(world: World, operation: OperationRecord): boolean {
	catchUp(world, operation.vm);
	if (!testLoad(world, operation)) return false;
	return mapByReference(world, operation).ok;
}

/** The abort found another word: the target was first, the move goes on (cxl-fabric reference 10.5, I4 and I5). */
function commitWon(world: World, operation: OperationRecord): void {
	operation.ending = 'none';
	operation.reason = null;
	emit(world, {
		kind: 'ended',
		rule: 'hand-off',
		cause: operation.phaseCauseSeq,
		vm: vmOf(world, operation).id,
		operation: operation.id,
		values: { state: 'going on', reason: 'commit-lost' },
		text: 'too late to cancel: the target committed first'
	});
}

/** What the steps mean for the guest. */
function syncGuest(world: World, operation: OperationRecord, id: string, turned: boolean): HandOffResult {
	const vm = vmOf(world, operation);
	if (id === 'stop') {
		enterPhase(world, operation, 'handoff', 'hand-off: one word flips', 'between-slices');
		if (turned) {
			stopGuest(world, operation, 'between-slices');
			vm.vcpuState = 'saving';
		} else if (vm.vcpuState === 'stopped') vm.vcpuState = 'saving';
		else operation.stoppedNs = world.r.nowNs;
		enterPart(world, operation, 'save', operation.parameters.handOver === 'qemu' ? 'stop and save' : 'save vCPUs');
	} else if (id === 'save') {
		copyLeftovers(world, operation);
		if (overDax(operation) && !vm.dax) copyRest(world, operation);
	} else if (id === 'commit' && unpackOwner(world.c.superpageWord.get(ownerIndex(operation.vm))).owner === operation.target) {
		catchUp(world, operation.vm);
		if (operation.parameters.leftovers === 'copy') mapByReference(world, operation);
		endPins(world, operation.vm);
		loseMoved(world, operation);
		passExtents(world, operation, operation.phaseCauseSeq);
		vm.vcpuState = 'loading';
		enterPart(world, operation, 'restore', 'restore vCPUs');
	} else if (id === 'load') {
		loseUnflushed(world, operation);
		if (deadOnTarget(world, operation)) return null;
		resumeGuest(world, operation, vm.running, 'between-slices');
	} else if (id === 'clear-phase') {
		// Not before: a phase word that is left open would refuse the VM's next hand-off.
		return 'home';
	} else if (id === 'resume') {
		resumeGuest(world, operation, vm.running, 'cancel');
	} else if (id === 'withdraw' && operation.actors?.source.step === 'aborted') {
		forgetTarget(world, operation);
		return 'turn-back';
	}
	return null;
}

/** Costs: what lies between the end of one step and the moment at which the next one acts. */
function plan(world: World, operation: OperationRecord, actor: Actor, ran: string): HandOffResult {
	const me = actorOf(operation, actor);
	const doorbell = costNs(world.costs, 'cxlDoorbellUs');
	wake(world, operation, actor, ran, doorbell);
	if (me.step === 'gave-up') {
		const refusal = me.locals['refusal'] === 'not-switched' ? 'not-switched' : 'checksum-mismatch';
		forgetTarget(world, operation);
		return refusal;
	}
	if (me.step === 'abandoned') {
		forgetTarget(world, operation);
		return 'abandoned';
	}
	if (!RESTING.includes(me.step) && !(handOffStep(me.step)?.polls && me.step === ran))
		next(world, operation, actor, stepNs(world, operation, me.step));
	return null;
}

/** Time from the end of one step to the moment at which the next one acts. Begins the parts of the gap. */
function stepNs(world: World, operation: OperationRecord, step: string): number {
	const vm = vmOf(world, operation);
	switch (step) {
		case 'stop':
			return toSliceEnd(world, operation);
		case 'save':
			return saveNs(world, operation) + leftoversNs(world, operation) + (vm.dax ? 0 : restNs(world, operation));
		case 'flush':
			if (vm.vcpuState === 'saving') vm.vcpuState = 'saved';
			enterPart(world, operation, 'flush', 'flush caches');
			return flushNs(world, operation);
		case 'check-owner':
			enterPart(world, operation, 'commit', 'commit');
			return accessNs(world);
		case 'check-ranges':
			return mapNs(world, operation);
		case 'load':
			return restoreNs(world, operation);
		default:
			return handOffStep(step)?.access === null ? 0 : accessNs(world);
	}
}

/** A changed word wakes the other side if it sleeps in a poll. */
function wake(world: World, operation: OperationRecord, actor: Actor, ran: string, doorbellNs: number): void {
	const wrote = handOffStep(ran)?.access;
	if (wrote !== 'compare-and-swap' && wrote !== 'store') return;
	const other: Actor = actor === 'source' ? 'target' : 'source';
	const sleeper = actorOf(operation, other);
	if (handOffStep(sleeper.step)?.polls) next(world, operation, other, doorbellNs);
}

function toSliceEnd(world: World, operation: OperationRecord): number {
	const slice = (world.r.hosts[operation.source] as HostRecord).sliceNs;
	const into = world.r.nowNs % slice;
	return into === 0 ? 0 : slice - into;
}

function saveNs(world: World, operation: OperationRecord): number {
	if (operation.parameters.handOver === 'qemu') return costNs(world.costs, 'switchoverFixedMs');
	return vmOf(world, operation).vcpus * costNs(world.costs, 'vcpuSaveRestoreUs');
}

function restoreNs(world: World, operation: OperationRecord): number {
	if (operation.parameters.handOver === 'qemu') return 0;
	return vmOf(world, operation).vcpus * costNs(world.costs, 'vcpuSaveRestoreUs');
}

/** F9: dirty cache lines over all vCPUs' flushing threads; nothing with hardware coherence. */
export function flushNs(world: World, operation: OperationRecord): number {
	if (world.scenario.pool?.hardwareCoherent) return 0;
	const rate = costBytesPerSecond(world.costs, 'cacheFlushGBpsPerThread') * vmOf(world, operation).vcpus;
	return Math.ceil((costBytes(world.costs, 'dirtyLlcMiB') / rate) * 1e9);
}

/**
 * Reading the descriptors and building the second stage before anybody runs: one entry per folio. Nobody exits for that, so that
 * an entry costs what one of a page table costs that a kernel fills by ranges (our simplification: the IOMMU's, measured).
 */
function mapNs(world: World, operation: OperationRecord): number {
	const vm = vmOf(world, operation);
	let [huge, small] = [0, 0];
	for (let guestBlock = 0; guestBlock < vm.guestBlockCount; guestBlock += 1) {
		const order = folioOrder(world, vm, vm.running, guestBlock * PAGES_PER_BLOCK);
		if (order === BLOCK_ORDER) huge += 1;
		else if (order >= 0) small += PAGES_PER_BLOCK;
	}
	const entriesNs = huge * costNs(world.costs, 'iommuMap2mNs') + small * costNs(world.costs, 'iommuMap4kNs');
	return descriptorSlots(world, operation.vm).length * accessNs(world) + entriesNs + structuresNs(world, operation);
}

/** Page structures in the source's DRAM are out of the target's reach: it writes its own, while the guest still runs. */
function structuresNs(world: World, operation: OperationRecord): number {
	if (world.scenario.vms[operation.vm]?.ways?.metadata !== 'host') return 0;
	const bytes = vmOf(world, operation).populatedPages * world.costs.memmapBytesPerPage;
	return Math.ceil((bytes / costBytesPerSecond(world.costs, 'memmapInitGBps')) * 1e9);
}

/** Planted fault: the flush was skipped on a device without coherence; what was written last is not in memory. */
function loseUnflushed(world: World, operation: OperationRecord): void {
	const at = world.r.faults.indexOf('skip-flush');
	if (at < 0 || world.scenario.pool?.hardwareCoherent) return;
	world.r.faults.splice(at, 1);
	const vm = vmOf(world, operation);
	const first = vm.classes[0]?.firstGfn ?? 0;
	writePage(world, operation.vm, vm, first, operation, world.r.nowNs);
	staleLine(world, operation, first);
	world.r.marks.push(`lost: the last write to gfn ${first} stayed in a cache of ${hostName(world, operation.source)}`);
	emit(world, {
		kind: 'loss',
		rule: 'flush',
		cause: operation.phaseCauseSeq,
		vm: vm.id,
		operation: operation.id,
		values: { gfn: first },
		text: `gfn ${first}: the last write never reached the device, the target reads the value before it`
	});
}
