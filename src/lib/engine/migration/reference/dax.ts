import { NS_PER_MS, NS_PER_S, PAGE_BYTES, transferNs } from '../../../base/units.ts';
import { flowRate, startFlow, stopFlow } from '../../fabric/links.ts';
import { markAll, startLog, stopLog, syncLog } from '../../hypervisor/dirty-log.ts';
import { catchUp } from '../../hypervisor/guest.ts';
import { refreshSpeed } from '../../hypervisor/speed.ts';
import { OwnerState } from '../../contract/words.ts';
import { emit } from '../../sim/trace.ts';
import type { OperationRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { ownerOf } from '../../superpage/words.ts';
import { dropInstance, recount } from '../instances.ts';
import { enterPhase, hostName, vmOf } from '../operation.ts';
import { changeOwner } from '../owner.ts';
import { sendPages } from '../stream.ts';
import { moveRate, wait } from './sweep.ts';

/**
 * Backing (d) of live-migration reference 10: the extents are device-dax on both hosts. Nothing migrates; the source copies
 * its guest's memory into a mapping, with dirty tracking, as a local pre-copy at the speed of CXL. Pins do not matter, tiering
 * cannot touch the mapping, and both kernels have the interface today. The copy is what the target maps.
 */
const SLICE_NS = 20 * NS_PER_MS;
/** Rounds before the guest is stopped whatever is left (our simplification). */
const MOST_ROUNDS = 8;

export const overDax = (operation: OperationRecord): boolean => operation.strategy === 'transit' && operation.parameters.backing === 'dax';

/** The process of the target stands ready, the log begins, every page is to copy. */
export function beginDaxCopy(world: World, operation: OperationRecord): void {
	const vm = vmOf(world, operation);
	enterPhase(world, operation, 'staging', 'staging: a copy into the DAX mapping', 'dax-copy');
	changeOwner(world, operation, operation.source, OwnerState.staging);
	catchUp(world, operation.vm);
	vm.instances[1 - vm.running] = operation.target;
	startLog(world, vm, false);
	refreshSpeed(world, vm);
	operation.dirtyPages = markAll(world, vm);
	operation.cursor = 0;
	operation.clearPending = [];
	operation.redirtySeen = true;
	startFlow(world, operation.id, operation.source, moveRate(world, operation), [`${hostName(world, operation.source)}.write`, 'pool.port']);
	beginRound(world, operation);
	planSlice(world, operation);
}

function beginRound(world: World, operation: OperationRecord): void {
	operation.round += 1;
	operation.rounds.push({ atNs: world.r.nowNs, leftBytes: operation.dirtyPages * PAGE_BYTES, sentBytes: operation.cxlBytes });
}

function planSlice(world: World, operation: OperationRecord): void {
	const rate = flowRate(world, operation.id);
	const pages = Math.max(1, Math.min(operation.dirtyPages, Math.floor(((rate / NS_PER_S) * SLICE_NS) / PAGE_BYTES)));
	operation.sendRate = pages;
	wait(world, operation, transferNs(pages * PAGE_BYTES, rate), 'dax');
}

/** The slice is through. True when so little is left that the guest may stop for it. */
export function daxCopied(world: World, operation: OperationRecord): boolean {
	const vm = vmOf(world, operation);
	catchUp(world, operation.vm);
	copy(world, operation, operation.sendRate);
	if (operation.dirtyPages > 0) {
		planSlice(world, operation);
		return false;
	}
	operation.dirtyPages = syncLog(world, vm, true);
	emit(world, {
		kind: 'sync',
		rule: 'dax-copy',
		cause: operation.phaseCauseSeq,
		vm: vm.id,
		operation: operation.id,
		values: { round: operation.round, dirtyPages: operation.dirtyPages },
		text: `round ${operation.round} of the copy ends: ${operation.dirtyPages} pages were written meanwhile`
	});
	if (restNs(world, operation) <= operation.parameters.downtimeLimitNs || operation.round >= MOST_ROUNDS) return true;
	beginRound(world, operation);
	planSlice(world, operation);
	return false;
}

function copy(world: World, operation: OperationRecord, pages: number): void {
	const network = operation.networkBytes;
	const sent = sendPages(world, operation, pages);
	operation.networkBytes = network;
	operation.cxlBytes += sent.pages * PAGE_BYTES;
}

/** How long the rest takes, with the guest stopped. */
export function restNs(world: World, operation: OperationRecord): number {
	if (!overDax(operation)) return 0;
	return transferNs(operation.dirtyPages * PAGE_BYTES, flowRate(world, operation.id) || moveRate(world, operation));
}

/** The guest stands still: what it wrote since the last round goes too, and the log ends. */
export function copyRest(world: World, operation: OperationRecord): void {
	const vm = vmOf(world, operation);
	catchUp(world, operation.vm);
	operation.dirtyPages = syncLog(world, vm, true);
	if (operation.dirtyPages > 0) copy(world, operation, operation.dirtyPages);
	stopLog(world, vm);
	refreshSpeed(world, vm);
}

/**
 * The source died after it had given the VM up: its DRAM is gone with it, and the copy, whole since before the freeze, is what
 * the VM consists of from now on. False when there is no such copy.
 */
export function keepCopy(world: World, operation: OperationRecord): boolean {
	const vm = vmOf(world, operation);
	if (!overDax(operation) || vm.dax || ownerOf(world, operation.vm).state !== OwnerState.handoff) return false;
	const source = vm.running;
	stopFlow(world, operation.id);
	dropInstance(world, operation.vm, source);
	vm.running = 1 - source;
	vm.instances[vm.running] = operation.source;
	vm.dax = true;
	operation.round = 0;
	recount(world, vm);
	return true;
}

/** Given up: the copy is freed, the guest's own memory was never touched. */
export function dropDaxCopy(world: World, operation: OperationRecord): void {
	if (!overDax(operation)) return;
	const vm = vmOf(world, operation);
	if (vm.instances[vm.running] === operation.target || operation.round === 0) return;
	stopFlow(world, operation.id);
	catchUp(world, operation.vm);
	if (vm.logging) stopLog(world, vm);
	dropInstance(world, operation.vm, 1 - vm.running);
	operation.round = 0;
	refreshSpeed(world, vm);
}
