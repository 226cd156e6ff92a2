import { NS_PER_MS, NS_PER_S, PAGE_BYTES, transferNs } from '../../../base/units.ts';
import { ok, refused, type Outcome } from '../../../base/outcome.ts';
import type { MigrateCommand } from '../../contract/commands.ts';
import type { ReasonId } from '../../contract/reasons.ts';
import { OwnerState } from '../../contract/words.ts';
import { costBytesPerSecond, costNs, costNsForBytes } from '../../costs/cost-model.ts';
import { flowRate, startFlow, stopFlow } from '../../fabric/links.ts';
import { CLEAR_CHUNK_PAGES, markAll, nextDirty, startLog, stopLog, syncLog } from '../../hypervisor/dirty-log.ts';
import { catchUp } from '../../hypervisor/guest.ts';
import { endPins } from '../../hypervisor/pins.ts';
import { refreshSpeed } from '../../hypervisor/speed.ts';
import { EventKind } from '../../sim/event-kinds.ts';
import { schedule } from '../../sim/event-queue.ts';
import { emit } from '../../sim/trace.ts';
import type { OperationRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { throttleCheck } from '../auto-converge.ts';
import { changeOwner } from '../owner.ts';
import { vacate } from '../residence.ts';
import { roomOnDram } from '../room.ts';
import { askForPrimary, plugsPrimary, primaryPlugged, replugPrimary, waitsForUnplug } from '../failover.ts';
import { beginNics, closeNics, hasNics, mapWhileLoading, nicBlocker, revertNics, startNics, stopNics } from '../nics.ts';
import { nicsBusy } from '../../vdpa/switching/run.ts';
import { enterPart, enterPhase, finish, hostName, leavePart, resumeGuest, setStatus, stopGuest, vmOf } from '../operation.ts';
import { dropInstance, foldVm } from '../instances.ts';
import { noteMeasured, notePass, noteSync } from '../qemu/note.ts';
import { armChunks, pageWireBytes, sendPages } from '../stream.ts';

/** Pre-copy as QEMU 10.2.2 does it (migration/migration.c, migration/ram.c). */

/** BUFFER_DELAY: the rate limit is enforced per window of 100 ms. */
const WINDOW_NS = 100 * NS_PER_MS;
/** One call of RAM iterate runs at most 50 ms. */
const SLICE_NS = 50 * NS_PER_MS;
/** A period of the dirty rate and of the throttle lasts at least 1 s. */
const PERIOD_NS = NS_PER_S;

export function checkPrecopy(
	world: World,
	operation: Pick<OperationRecord, 'vm' | 'target'>,
	command: MigrateCommand
): Outcome<null, ReasonId> {
	const vm = world.r.vms[operation.vm];
	const blocker = nicBlocker(world, operation.vm);
	if (blocker !== null) return refused('migration-blocked', blocker);
	const free = roomOnDram(world, operation.target);
	if (vm && free < vm.populatedPages)
		return refused('no-room-target', `${vm.populatedPages} pages of ${command.vm} need room, ${free} are free on ${command.target}`);
	return ok(null);
}

/** Setup: connect, dirty tracking on, everything dirty. */
export function startPrecopy(world: World, operation: OperationRecord): void {
	const vm = vmOf(world, operation);
	setStatus(world, operation, 'setup');
	enterPhase(world, operation, 'setup', 'setup: dirty tracking starts', 'precopy-setup');
	catchUp(world, operation.vm);
	if (!operation.toFile) vm.instances[1 - vm.running] = operation.target;
	askForPrimary(world, operation);
	if (!hasNics(world, operation.vm)) return beginLog(world, operation);
	// The notifier of the devices runs in the main thread, before the migration thread exists.
	operation.step = 'nics';
	beginNics(world, operation);
}

/** Dirty tracking on; every page is marked as still to send. */
function beginLog(world: World, operation: OperationRecord): void {
	const vm = vmOf(world, operation);
	catchUp(world, operation.vm);
	startLog(world, vm, operation.parameters.clearLog === 'chunk');
	refreshSpeed(world, vm);
	operation.dirtyPages = operation.leavesMemory ? 0 : markAll(world, vm);
	notePass(world, operation);
	operation.sendRate = sendRate(world, operation);
	operation.step = 'setup';
	const setupNs = costNsForBytes(world.costs, 'dirtyLogEnableMsPerGiB', vm.pageCount * PAGE_BYTES);
	schedule(world, world.r.nowNs + setupNs, EventKind.precopy, operation.id, operation.generation);
}

/** An idle guest of 8 GB over 40 Gbit/s: 9.5 Gbit/s registered chunk by chunk, 26 all pinned (QEMU docs/rdma.txt, 2013). */
const CHUNK_SHARE = 9.5 / 26;

/** What the wire and the channels can carry; max-bandwidth is the window's business. F4 of the cost model. */
function sendRate(world: World, operation: OperationRecord): number {
	// RDMA reaches a part of the line rate, whatever the channels; the scenario's network is what TCP gets through it.
	if (operation.strategy === 'rdma') {
		const line = world.scenario.networkBytesPerSecond / world.costs.netGoodputFraction;
		return Math.floor(line * world.costs.rdmaLinkFraction * (operation.byChunk ? CHUNK_SHARE : 1));
	}
	const channels = operation.parameters.multifdChannels * costBytesPerSecond(world.costs, 'multifdPerChannelGbps');
	return Math.min(world.scenario.networkBytesPerSecond, channels);
}

/** Asked between two slices whether something else takes over; `passIsOver`: what is left fits into the threshold. */
export type Between = (world: World, operation: OperationRecord, passIsOver: boolean) => boolean;

export function runPrecopy(world: World, operation: OperationRecord, between: Between = () => false): void {
	switch (operation.step) {
		case 'nics':
			if (operation.ending !== 'none') return endEarly(world, operation);
			return beginLog(world, operation);
		case 'unplug':
		case 'setup':
			if (waitsForUnplug(world, operation)) return;
			if (operation.ending !== 'none') return endEarly(world, operation);
			setStatus(world, operation, 'active');
			mapWhileLoading(world, operation);
			startFlow(world, operation.id, operation.source, operation.sendRate, ['network']);
			beginRound(world, operation);
			operation.measureStartNs = world.r.nowNs;
			operation.windowStartNs = world.r.nowNs;
			operation.periodStartNs = world.r.nowNs;
			planSlice(world, operation);
			return;
		case 'slice':
			endSlice(world, operation, between);
			return;
		case 'sleep':
			iterate(world, operation, between);
			return;
		case 'cancel':
			endEarly(world, operation);
			return;
		case 'nics-stop':
			lastSync(world, operation);
			return;
		case 'nics-start':
			complete(world, operation);
			return;
		case 'final':
			endFinal(world, operation);
			return;
		case 'device':
			if (plugsPrimary(world, operation)) return;
			return startDevices(world, operation);
		case 'primary':
			primaryPlugged(world, operation);
			return startDevices(world, operation);
		default:
			throw new Error(`pre-copy has no step ${operation.step}`);
	}
}
/** The network devices of the target start; then the guest does. */
function startDevices(world: World, operation: OperationRecord): void {
	if (!hasNics(world, operation.vm)) return complete(world, operation);
	operation.step = 'nics-start';
	enterPart(world, operation, 'nic-start', 'the target’s devices start');
	startNics(world, operation);
}

function beginRound(world: World, operation: OperationRecord): void {
	const vm = vmOf(world, operation);
	operation.round += 1;
	operation.redirtySeen = false;
	operation.clearPending = new Array<boolean>(Math.ceil(vm.pageCount / CLEAR_CHUNK_PAGES)).fill(true);
	enterPhase(world, operation, 'round', `round ${operation.round}`, 'precopy-iterate');
	operation.rounds.push({
		atNs: world.r.nowNs,
		leftBytes: operation.dirtyPages * PAGE_BYTES,
		sentBytes: operation.networkBytes
	});
}

/** Bytes the present window still allows. 0 = unlimited. */
function allowance(operation: OperationRecord): number {
	const limit = operation.parameters.maxBandwidthBytesPerSecond;
	return limit < 10 ? Infinity : Math.max(0, Math.ceil(limit / 10) - operation.windowSentBytes);
}

/** The window has room left, or is over. */
const maySend = (world: World, operation: OperationRecord): boolean =>
	world.r.nowNs - operation.windowStartNs >= WINDOW_NS || allowance(operation) >= pageWireBytes(world);

/** One slice of sending, or a sleep to the end of the window when its allowance is used up. */
function planSlice(world: World, operation: OperationRecord): void {
	const now = world.r.nowNs;
	if (now - operation.windowStartNs >= WINDOW_NS) {
		operation.windowStartNs = now;
		operation.windowSentBytes = 0;
	}
	const rate = flowRate(world, operation.id);
	const allowed = Math.min(allowance(operation), Math.floor((rate / NS_PER_S) * SLICE_NS));
	const pages = Math.min(Math.floor(allowed / pageWireBytes(world)), operation.dirtyPages);
	if (pages <= 0) {
		operation.step = 'sleep';
		schedule(world, operation.windowStartNs + WINDOW_NS, EventKind.precopy, operation.id, operation.generation);
		return;
	}
	const vm = vmOf(world, operation);
	armChunks(world, operation, pages);
	const lastsNs = transferNs(pages * pageWireBytes(world), rate);
	const firstGfn = Math.max(0, nextDirty(world, vm, operation.cursor));
	operation.step = 'slice';
	operation.batch = {
		direction: 'stream',
		beginNs: now,
		endNs: now + lastsNs,
		guestBlock: firstGfn >>> 9,
		firstGfn,
		pages,
		sourceMemory: (world.r.hosts[operation.source] as { memory: number }).memory,
		targetMemory: (world.r.hosts[operation.target] as { memory: number }).memory,
		sourceBlock: 0,
		targetBlock: 0,
		targets: [],
		whole: false,
		bytes: pages * pageWireBytes(world),
		held: [],
		deferred: [],
		causeSeq: operation.phaseCauseSeq,
		passes: 0
	};
	schedule(world, now + lastsNs, EventKind.precopy, operation.id, operation.generation);
}

/** The slice is through: its pages are read, copied to the target and cleared. */
function endSlice(world: World, operation: OperationRecord, between: Between): void {
	catchUp(world, operation.vm);
	const planned = operation.batch?.pages ?? 0;
	operation.batch = null;
	const sent = sendPages(world, operation, planned);
	operation.windowSentBytes += sent.bytes;
	measure(world, operation);
	iterate(world, operation, between);
}

/** Counters of at least 100 ms: bandwidth and with it the threshold. */
export function measure(world: World, operation: OperationRecord): void {
	const elapsed = world.r.nowNs - operation.measureStartNs;
	if (elapsed < WINDOW_NS) return;
	const sent = operation.networkBytes - operation.measureSentBytes;
	operation.bandwidth = (sent / elapsed) * NS_PER_S;
	noteMeasured(operation, elapsed);
	operation.measureStartNs = world.r.nowNs;
	operation.measureSentBytes = operation.networkBytes;
}

/** What may be left at the switch-over: bandwidth × downtime-limit. */
export function thresholdBytes(operation: OperationRecord): number {
	const asked = operation.parameters.availSwitchoverBandwidthBytesPerSecond;
	const bandwidth = asked > 0 ? asked : operation.bandwidth;
	return (bandwidth / NS_PER_S) * operation.parameters.downtimeLimitNs;
}

/** The convergence test: an estimate by the bitmap, then exactly after a sync. */
function iterate(world: World, operation: OperationRecord, between: Between): void {
	const vm = vmOf(world, operation);
	const threshold = thresholdBytes(operation);
	if (between(world, operation, operation.dirtyPages * PAGE_BYTES < threshold || operation.dirtyPages === 0)) return;
	if (operation.dirtyPages * PAGE_BYTES < threshold || operation.dirtyPages === 0) {
		// Planted fault: the estimate by the bitmap is believed, nobody asks the log again.
		if (!world.r.faults.includes('skip-last-sync')) sync(world, operation);
		if (operation.dirtyPages * PAGE_BYTES <= threshold) {
			switchOver(world, operation);
			return;
		}
		throttleCheck(world, operation, PERIOD_NS);
		beginRound(world, operation);
	} else if (operation.monitored?.postcopyAllowed && maySend(world, operation)) {
		// No RAM has to be sent before the switch, so what has to is always below the threshold: every turn of the loop that may
		// send asks the log first (migration_iteration_run; recorded: migration case 23, a sync per 100 ms).
		sync(world, operation);
		throttleCheck(world, operation, PERIOD_NS);
		operation.clearPending.fill(true);
	} else if (operation.parameters.autoConverge && world.r.nowNs - operation.periodStartNs >= 5 * NS_PER_S && operation.round >= 2) {
		// QEMU's 5 s timer forces a sync when none happened, not before the second one.
		sync(world, operation);
		throttleCheck(world, operation, PERIOD_NS);
		operation.clearPending.fill(true);
	}
	if (nextDirty(world, vm, operation.cursor) < 0) operation.cursor = 0;
	planSlice(world, operation);
}

function sync(world: World, operation: OperationRecord): void {
	const vm = vmOf(world, operation);
	catchUp(world, operation.vm);
	const before = operation.dirtyPages;
	operation.dirtyPages = operation.leavesMemory ? 0 : syncLog(world, vm, operation.parameters.clearLog === 'sync');
	operation.periodNewPages += operation.dirtyPages - before;
	noteSync(operation);
	notePass(world, operation);
	emit(world, {
		kind: 'sync',
		rule: 'precopy-sync',
		cause: operation.phaseCauseSeq,
		vm: vm.id,
		operation: operation.id,
		values: {
			round: operation.round,
			dirtyPages: operation.dirtyPages,
			leftBytes: operation.dirtyPages * PAGE_BYTES,
			thresholdBytes: Math.floor(thresholdBytes(operation)),
			bandwidthBytesPerSecond: Math.floor(operation.bandwidth)
		},
		text: `sync ${operation.round}: ${operation.dirtyPages} pages are dirty`
	});
}

/** Converged: the guest stops, the log is read a last time, the rest goes out without a rate limit. */
function switchOver(world: World, operation: OperationRecord): void {
	enterPhase(world, operation, 'switchover', 'switch-over: the rest goes with the guest stopped', 'precopy-converge');
	if (!world.r.faults.includes('source-keeps-running')) stopGuest(world, operation, 'precopy-converge');
	else operation.stoppedNs = world.r.nowNs;
	// QEMU 11.0.50 migration/migration.c, migration_completion_precopy: vm_stop first, the status behind it.
	if (!operation.parameters.pauseBeforeSwitchover) {
		setStatus(world, operation, 'device');
		return stopDevices(world, operation);
	}
	// migration_switchover_prepare: nothing happens until somebody says migrate-continue, or cancels.
	setStatus(world, operation, 'pre-switchover');
	operation.step = PAUSED;
	enterPart(world, operation, 'wait', 'wait for migrate-continue');
}

const PAUSED = 'pre-switchover';
export const waitsForContinue = (operation: OperationRecord): boolean => operation.step === PAUSED;

/** migrate-continue: the switch-over goes on where it waits. */
export function continueSwitchover(world: World, operation: OperationRecord): void {
	setStatus(world, operation, 'device');
	stopDevices(world, operation);
}

function stopDevices(world: World, operation: OperationRecord): void {
	if (!hasNics(world, operation.vm)) return lastSync(world, operation);
	// vm_stop stops the devices too; what they have returned by then is in the log.
	operation.step = 'nics-stop';
	enterPart(world, operation, 'nic-stop', 'the source’s devices stop');
	stopNics(world, operation);
}

function lastSync(world: World, operation: OperationRecord): void {
	const vm = vmOf(world, operation);
	if (!world.r.faults.includes('skip-last-sync')) {
		operation.dirtyPages = operation.leavesMemory ? 0 : syncLog(world, vm, true);
		operation.round += 1;
	}
	enterPart(world, operation, 'send', 'send the rest');
	operation.clearPending.fill(false);
	const bytes = operation.dirtyPages * pageWireBytes(world);
	operation.step = 'final';
	schedule(
		world,
		world.r.nowNs + (bytes === 0 ? 0 : transferNs(bytes, flowRate(world, operation.id))),
		EventKind.precopy,
		operation.id,
		operation.generation
	);
}

function endFinal(world: World, operation: OperationRecord): void {
	catchUp(world, operation.vm);
	const sent = sendPages(world, operation, operation.dirtyPages);
	emit(world, {
		kind: 'final',
		rule: 'precopy-final',
		cause: operation.phaseCauseSeq,
		vm: vmOf(world, operation).id,
		operation: operation.id,
		values: { pages: sent.pages, bytes: sent.bytes },
		text: `final pass: ${sent.pages} pages with the guest stopped`
	});
	enterPart(world, operation, 'device', 'stop, device state and start');
	operation.step = 'device';
	schedule(world, world.r.nowNs + costNs(world.costs, 'switchoverFixedMs'), EventKind.precopy, operation.id, operation.generation);
}

function complete(world: World, operation: OperationRecord): void {
	const vm = vmOf(world, operation);
	const source = vm.running;
	stopFlow(world, operation.id);
	leavePart(world, operation);
	stopLog(world, vm);
	endPins(world, operation.vm);
	closeNics(world, operation.vm, source);
	if (operation.toFile) return endInFile(world, operation);
	vm.ownerHost = operation.target;
	resumeGuest(world, operation, 1 - source, 'precopy-final');
	// The super-page, where there is one, knows every VM: its owner word follows a move that did not need it.
	if (world.scenario.pool) changeOwner(world, operation, operation.target, OwnerState.local);
	dropInstance(world, operation.vm, source);
	vacate(world, operation, operation.source);
	foldVm(world, operation.vm);
	finish(
		world,
		operation,
		'completed',
		null,
		`${vm.id} runs on ${hostName(world, operation.target)}; ${hostName(world, operation.source)} has given its pages back`
	);
}

/** The state of the VM is a file now; its process keeps the guest, stopped (QEMU 10.2.2 migration/migration.c, RUN_STATE_POSTMIGRATE). */
function endInFile(world: World, operation: OperationRecord): void {
	foldVm(world, operation.vm);
	finish(world, operation, 'completed', null, `${vmOf(world, operation).id} lies in a file; its process keeps it stopped`);
}

/** Not once the last bytes are on their way; a switch-over that waits for migrate-continue can still be taken back. */
export function cancelPrecopy(world: World, operation: OperationRecord): Outcome<null, ReasonId> {
	if (operation.phase === 'switchover' && !waitsForContinue(operation))
		return refused('too-late', 'the guest is stopped and the device state is on its way');
	cancelPrecopyNow(world, operation);
	return ok(null);
}

/** The cancel takes effect when the send in progress returns (QEMU shuts the socket down, then cleans up). */
export function cancelPrecopyNow(world: World, operation: OperationRecord, ending: 'cancelled' | 'failed' = 'cancelled'): void {
	operation.ending = ending;
	// While a device changes, the main thread hears nothing: the end comes when it is done.
	if (operation.step === 'nics' && nicsBusy(world, operation.vm)) return;
	// A card that was asked to go has to be gone before it can be plugged in again: the next look sees the cancel.
	if (operation.step === 'unplug') return;
	operation.generation += 1;
	operation.batch = null;
	operation.step = 'cancel';
	schedule(world, world.r.nowNs, EventKind.precopy, operation.id, operation.generation);
}

/** The target goes away while pages are still being sent. */
export function failPrecopy(world: World, operation: OperationRecord): void {
	cancelPrecopyNow(world, operation, 'failed');
}

/** An end before the switch-over: the source goes on, the target's copy is thrown away. */
export function endEarly(world: World, operation: OperationRecord): void {
	const vm = vmOf(world, operation);
	catchUp(world, operation.vm);
	// migration_iteration_finish: a guest that was stopped for the switch-over runs again.
	if (operation.stoppedNs >= 0 && operation.resumedNs < 0) resumeGuest(world, operation, vm.running, 'cancel');
	stopLog(world, vm);
	closeNics(world, operation.vm, 1 - vm.running);
	dropInstance(world, operation.vm, 1 - vm.running);
	foldVm(world, operation.vm);
	const goesOn = `${vm.id} goes on running on ${hostName(world, operation.source)}`;
	if (operation.ending === 'failed' && operation.reason === 'stream-broken')
		finish(world, operation, 'failed', 'stream-broken', `failed: the connection broke, ${goesOn}`);
	else if (operation.ending === 'failed') finish(world, operation, 'failed', 'target-lost', `failed: the target went away, ${goesOn}`);
	else finish(world, operation, 'cancelled', 'cancelled', `cancelled: ${goesOn}`);
	replugPrimary(world, operation);
	if (hasNics(world, operation.vm)) revertNics(world, operation);
}
