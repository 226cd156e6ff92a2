import { ok, refused, type Outcome } from '../../../base/outcome.ts';
import { KIB, MIB, PAGE_BYTES, PAGES_PER_BLOCK, transferNs } from '../../../base/units.ts';
import type { MigrateCommand } from '../../contract/commands.ts';
import type { ReasonId } from '../../contract/reasons.ts';
import { MapKind, OwnerState } from '../../contract/words.ts';
import { costBytes, costNs } from '../../costs/cost-model.ts';
import { flowRate, startFlow, stopFlow } from '../../fabric/links.ts';
import { frameToDpa, toHpa } from '../../fabric/gfam.ts';
import { catchUp } from '../../hypervisor/guest.ts';
import { endPins, folioOrder } from '../../hypervisor/pins.ts';
import { frameOf, mapPage, mapWhole, wholeBlockOf } from '../../mm/space/mapping.ts';
import { withRange } from '../../mm/space/runs.ts';
import { writtenOf } from '../../mm/space/written.ts';
import { EventKind } from '../../sim/event-kinds.ts';
import { schedule } from '../../sim/event-queue.ts';
import { emit } from '../../sim/trace.ts';
import type { ExtentRecord, HostRecord, OperationRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { passExtents } from '../adopt.ts';
import { askForPrimary, plugsPrimary, primaryPlugged, replugPrimary, waitsForUnplug } from '../failover.ts';
import { enterPart, enterPhase, finish, hostName, leavePart, resumeGuest, setStatus, stopGuest, vmOf } from '../operation.ts';
import { changeOwner } from '../owner.ts';
import { accept } from '../reference/capacity.ts';
import { tiedToHost } from '../reference/held.ts';
import { unmapAll } from '../relabel.ts';
import { ownExtents } from '../residence.ts';
import { staleLine } from '../stale.ts';

/**
 * x-ignore-shared (QEMU 10.2.2 migration/ram.c, ramblock_is_ignored): a block on a named file that both processes map with
 * share=on is left out of the stream, so that only the device state crosses. Of what a hand-off between two hosts needs it has
 * one thing, a comparison of guest addresses: no flush, no word that says who owns, no fence.
 */
export function checkSharedFile(
	world: World,
	operation: Pick<OperationRecord, 'vm' | 'source' | 'target'>,
	command: MigrateCommand
): Outcome<null, ReasonId> {
	const vm = world.r.vms[operation.vm];
	if (!vm) return refused('unknown-vm', `no VM is called "${command.vm}"`);
	const memory = world.scenario.vms[operation.vm]?.ways?.memory ?? 'private';
	if (!vm.dax || memory !== 'shared-file')
		return refused(
			'not-shared',
			`the memory of ${command.vm} is ${vm.dax ? memory : `${memory}, in DRAM or in folios of its host`}; only a named file that both hosts map can be left out`
		);
	const tied = tiedToHost(world, operation.vm, true);
	if (!tied.ok) return tied;
	const host = world.r.hosts[operation.target] as HostRecord;
	for (const index of ownExtents(world, operation.vm, operation.source)) {
		const reached = toHpa(host, frameToDpa((world.r.extents[index] as ExtentRecord).firstBlock * PAGES_PER_BLOCK));
		if (!reached.ok) return reached;
	}
	return ok(null);
}

export function startSharedFile(world: World, operation: OperationRecord): void {
	const vm = vmOf(world, operation);
	setStatus(world, operation, 'setup');
	enterPhase(world, operation, 'setup', 'setup: the target maps the same file', 'shared-file');
	catchUp(world, operation.vm);
	operation.parameters = { ...operation.parameters, backing: 'dax', stayOnPool: true };
	operation.livedOnPool = true;
	operation.extents = ownExtents(world, operation.vm, operation.source);
	vm.instances[1 - vm.running] = operation.target;
	mapSameFile(world, operation);
	askForPrimary(world, operation);
	// Two questions and answers: the connection, and the list of RAM blocks.
	wait(world, operation, 2 * costNs(world.costs, 'kernelTcpRttUs'), 'blocks');
}

function wait(world: World, operation: OperationRecord, lastsNs: number, step: string): void {
	operation.step = step;
	schedule(world, world.r.nowNs + lastsNs, EventKind.precopy, operation.id, operation.generation);
}

/** The target's process maps what the source's maps, page by page of the file, through its own window. */
function mapSameFile(world: World, operation: OperationRecord): void {
	const vm = vmOf(world, operation);
	const [from, to] = [vm.running, 1 - vm.running];
	for (let guestBlock = 0; guestBlock < vm.guestBlockCount; guestBlock += 1) {
		const whole = wholeBlockOf(world, vm, from, guestBlock);
		const first = guestBlock * PAGES_PER_BLOCK;
		if (whole >= 0) {
			mapWhole(world, vm, to, guestBlock, whole, folioOrder(world, vm, from, first) > 0 ? MapKind.huge : MapKind.run);
			continue;
		}
		for (let gfn = first; gfn < first + PAGES_PER_BLOCK; gfn += 1) {
			const frame = frameOf(world, vm, from, gfn);
			if (frame >= 0) mapPage(world, vm, to, gfn, frame);
		}
	}
}

export function runSharedFile(world: World, operation: OperationRecord): void {
	if (operation.step === 'cancel') return endEarlyHere(world, operation);
	if (operation.step === 'blocks') return compareBlocks(world, operation);
	if (operation.step === 'unplug') return lookAgain(world, operation);
	if (operation.step === 'load' && plugsPrimary(world, operation)) return;
	if (operation.step === 'primary') primaryPlugged(world, operation);
	if (operation.step === 'send') return load(world, operation);
	complete(world, operation);
}

function lookAgain(world: World, operation: OperationRecord): void {
	if (waitsForUnplug(world, operation)) return;
	if (operation.ending === 'none') switchOver(world, operation);
	else endEarlyHere(world, operation);
}

/** The list of RAM blocks: a block that is left out must lie at the same guest address (QEMU 10.2.2 migration/ram.c, parse_ramblock). */
function compareBlocks(world: World, operation: OperationRecord): void {
	const there = world.scenario.vms[operation.vm]?.ways?.targetRamBase ?? 0;
	if (there !== 0) {
		operation.ending = 'failed';
		operation.reason = 'mismatched-gpas';
		return endEarlyHere(world, operation, `Mismatched GPAs for block pc.ram 0 != ${there}`);
	}
	const said = accept(world, operation, operation.target);
	if (!said.ok) {
		operation.ending = 'failed';
		operation.reason = said.reason;
		return endEarlyHere(world, operation, said.detail);
	}
	if (!waitsForUnplug(world, operation)) switchOver(world, operation);
}

/** Nothing is pending: the first look at it leads to the end. */
function switchOver(world: World, operation: OperationRecord): void {
	const vm = vmOf(world, operation);
	setStatus(world, operation, 'active');
	startFlow(world, operation.id, operation.source, world.scenario.networkBytesPerSecond, ['network']);
	enterPhase(world, operation, 'switchover', 'switch-over: only the device state is sent', 'shared-file');
	stopGuest(world, operation, 'shared-file');
	setStatus(world, operation, 'device');
	enterPart(world, operation, 'send', 'send device state');
	const bytes = Math.ceil(world.costs.deviceStateMiB * MIB + vm.vcpus * world.costs.vcpuStateKiB * KIB);
	operation.networkBytes += bytes;
	wait(world, operation, transferNs(bytes, Math.max(1, flowRate(world, operation.id))), 'send');
}

function load(world: World, operation: OperationRecord): void {
	enterPart(world, operation, 'device', 'stop, device state and start');
	wait(world, operation, costNs(world.costs, 'switchoverFixedMs'), 'load');
}

function complete(world: World, operation: OperationRecord): void {
	const vm = vmOf(world, operation);
	stopFlow(world, operation.id);
	leavePart(world, operation);
	endPins(world, operation.vm);
	const source = vm.running;
	loseLines(world, operation);
	passExtents(world, operation, operation.phaseCauseSeq);
	resumeGuest(world, operation, 1 - source, 'shared-file');
	changeOwner(world, operation, operation.target, OwnerState.active);
	finish(
		world,
		operation,
		'completed',
		null,
		`${vm.id} runs on ${hostName(world, operation.target)}; its memory is the file that both hosts map`
	);
}

/**
 * Nobody flushed. On a device that does not keep the hosts' caches coherent the last writes are still in the source's: as many
 * pages as its dirty lines cover, those that are written most first (our simplification: which lines a cache still holds).
 */
function loseLines(world: World, operation: OperationRecord): void {
	if (world.scenario.pool?.hardwareCoherent) return;
	const vm = vmOf(world, operation);
	let left = Math.floor(costBytes(world.costs, 'dirtyLlcMiB') / PAGE_BYTES);
	const lost: number[] = [];
	for (const { firstGfn, pages } of [...vm.classes].sort((a, b) => b.weight / b.pages - a.weight / a.pages))
		for (let gfn = firstGfn; gfn < firstGfn + pages && left > 0; gfn += 1) {
			if (writtenOf(world, vm, gfn) < 2) continue;
			staleLine(world, operation, gfn);
			lost.push(gfn);
			left -= 1;
		}
	if (lost.length === 0) return;
	for (const gfn of lost) vm.lostPages = withRange(vm.lostPages ?? [], gfn, 1);
	const words = `lost: the last write to ${lost.length} ${lost.length === 1 ? 'page' : 'pages'} of ${vm.id} stayed in caches of ${hostName(world, operation.source)}; nobody flushed them`;
	world.r.marks.push(words);
	emit(world, {
		kind: 'loss',
		rule: 'shared-file',
		cause: operation.phaseCauseSeq,
		vm: vm.id,
		operation: operation.id,
		host: hostName(world, operation.source),
		values: { firstGfn: lost[0] as number, pages: lost.length },
		text: words
	});
}

/** Before the switch-over nothing has happened but a mapping, which goes. */
function endEarlyHere(world: World, operation: OperationRecord, why = ''): void {
	const vm = vmOf(world, operation);
	catchUp(world, operation.vm);
	unmapAll(world, vm, 1 - vm.running);
	vm.instances[1 - vm.running] = -1;
	const goesOn = `${vm.id} goes on running on ${hostName(world, operation.source)}`;
	if (operation.ending === 'failed')
		finish(world, operation, 'failed', (operation.reason ?? 'target-lost') as ReasonId, `failed: ${why === '' ? '' : `${why}; `}${goesOn}`);
	else finish(world, operation, 'cancelled', 'cancelled', `cancelled: ${goesOn}`);
	replugPrimary(world, operation);
}

export function cancelSharedFile(world: World, operation: OperationRecord): Outcome<null, ReasonId> {
	if (operation.phase === 'switchover') return refused('too-late', 'the guest is stopped and the device state is on its way');
	operation.ending = 'cancelled';
	// The next look at a card that was asked to go sees the cancel.
	if (operation.step === 'unplug') return ok(null);
	operation.generation += 1;
	wait(world, operation, 0, 'cancel');
	return ok(null);
}

/**
 * The connection breaks. In the switch-over the target has all that it needs and starts, the source has heard nothing and starts
 * again: two guests write into one memory, and there is no word and no fence to stop either. What the memory holds then means
 * nothing; the VM is taken out of the run (our simplification).
 */
export function breakSharedFile(world: World, operation: OperationRecord): void {
	operation.generation += 1;
	operation.ending = 'failed';
	operation.reason = 'stream-broken';
	if (operation.phase !== 'switchover') return endEarlyHere(world, operation, 'the connection broke');
	const vm = vmOf(world, operation);
	catchUp(world, operation.vm);
	const words = `lost: ${hostName(world, operation.source)} and ${hostName(world, operation.target)} both run ${vm.id} on the same memory, and nothing stops either`;
	world.r.marks.push(words);
	emit(world, {
		kind: 'loss',
		rule: 'shared-file',
		cause: operation.phaseCauseSeq,
		vm: vm.id,
		operation: operation.id,
		values: { runners: 2 },
		text: words
	});
	unmapAll(world, vm, 1 - vm.running);
	vm.instances[1 - vm.running] = -1;
	vm.vcpuState = 'stopped';
	finish(world, operation, 'failed', 'two-runners', words);
}

/** A host dies: the source with the guest on it, the target with nothing that counts. */
export function sharedFileHostLost(world: World, operation: OperationRecord, side: 'source' | 'target'): void {
	const vm = vmOf(world, operation);
	operation.generation += 1;
	operation.ending = 'failed';
	if (side === 'target') {
		operation.reason = 'target-lost';
		if (vm.vcpuState !== 'running') resumeGuest(world, operation, vm.running, 'cancel');
		return endEarlyHere(world, operation);
	}
	unmapAll(world, vm, 1 - vm.running);
	vm.instances[1 - vm.running] = -1;
	finish(world, operation, 'failed', 'host-lost', `${hostName(world, operation.source)} died before the device state was through`);
}
