import { AssertionError } from '../../base/assert.ts';
import { NS_PER_S } from '../../base/units.ts';
import { ensureDetail, stampOf } from '../mm/frames.ts';
import { emit } from '../sim/trace.ts';
import type { OperationRecord, VmRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { logWrite } from './dirty-log.ts';
import { isMissing } from './missing.ts';
import { nextWrite } from './next-write.ts';
import { writePlain } from './plain-writes.ts';
import { frameOf, mappingRow } from '../mm/space/mapping.ts';
import { countWrite } from '../mm/space/written.ts';

/**
 * The guest writes lazily (decision D6): the k-th write is a function of its stream and k, how many are due is integer
 * arithmetic with carried remainders. A VM catches up to now before anything reads or changes its pages, its log, its rate
 * or its run state; slices therefore cannot matter.
 */

const MILLION = 1_000_000;
/** Longest stretch of one piece of integer arithmetic: keeps every product below 2^53. */
const PIECE_NS = NS_PER_S;

/** Runs the guest up to now. */
export function catchUp(world: World, vmIndex: number): void {
	world.devices.catchUp(world, vmIndex);
	const vm = world.r.vms[vmIndex] as VmRecord;
	let left = world.r.nowNs - vm.caughtUpNs;
	if (left < 0) throw new AssertionError(`VM ${vm.id} is ahead of time`);
	let from = vm.caughtUpNs;
	vm.caughtUpNs = world.r.nowNs;
	if (vm.vcpuState !== 'running') {
		vm.lostWorkNs += left;
		return;
	}
	while (left > 0) {
		const piece = Math.min(left, PIECE_NS);
		const scaled = piece * vm.speedPpm + vm.progressRest;
		const progressNs = Math.floor(scaled / MILLION);
		vm.progressRest = scaled - progressNs * MILLION;
		vm.lostWorkNs += piece - progressNs;
		const product = progressNs * vm.writesPerSecond + vm.writeRest;
		const due = Math.floor(product / NS_PER_S);
		vm.writeRest = product - due * NS_PER_S;
		if (due > 0) writeDue(world, vmIndex, vm, due, from, piece);
		from += piece;
		left -= piece;
	}
}

function writeDue(world: World, vmIndex: number, vm: VmRecord, due: number, fromNs: number, spanNs: number): void {
	const operation = inFlight(world, vmIndex);
	const batch = operation?.batch ?? null;
	const first = batch && batch.direction !== 'stream' ? batch.firstGfn : -1;
	const end = first < 0 ? -1 : first + (batch?.pages ?? 0);
	if (first < 0 && !vm.fetch && !vm.logging) return writePlain(world, vmIndex, vm, due);
	for (let index = 0; index < due; index += 1) {
		const gfn = nextWrite(world, vm);
		if (vm.fetch && isMissing(world, vm, gfn)) {
			// The vCPU waits for the page; its write lands when that has arrived. Time never runs past such a moment (ahead.ts).
			if (index + 1 < due) throw new AssertionError(`VM ${vm.id} ran past gfn ${gfn}, which it does not have`);
			vm.fetch.waiting.push({ gfn, sinceNs: world.r.nowNs });
			vm.stalls += 1;
			continue;
		}
		if (gfn >= first && gfn < end && batch && !batch.held.includes(gfn)) {
			// Linux 7.2.13 mm/migrate.c: the fault waits for the folio lock; the write lands when the page is mapped again.
			batch.deferred.push(gfn);
			vm.stalls += 1;
			continue;
		}
		writePage(world, vmIndex, vm, gfn, operation, fromNs + Math.floor((spanNs * (index + 1)) / due));
	}
}

/** The running operation of a VM, if it has one. */
function inFlight(world: World, vmIndex: number): OperationRecord | null {
	const { operations } = world.r;
	for (let index = operations.length - 1; index >= 0; index -= 1) {
		const operation = operations[index] as OperationRecord;
		if (operation.vm === vmIndex && operation.state === 'running') return operation;
	}
	return null;
}

/** One write: counted, stored where the page is mapped, logged while the log is on, second-stage entry made if missing. */
export function writePage(world: World, vmIndex: number, vm: VmRecord, gfn: number, operation: OperationRecord | null, atNs: number): void {
	const { c } = world;
	const count = countWrite(world, vm, gfn);
	vm.writtenPages += 1;
	const frame = frameOf(world, vm, vm.running, gfn);
	if (frame < 0) throw new AssertionError(`VM ${vm.id} wrote gfn ${gfn}, which nothing backs`);
	const block = Math.floor(frame / 512);
	c.contentStamp.set(ensureDetail(world, block) * 512 + (frame & 511), stampOf(vmIndex, gfn, count));
	const row = mappingRow(vm, vm.running, gfn >>> 9);
	if (c.mapSecondStage.get(row) === 0) {
		c.mapSecondStage.set(row, 2);
		vm.secondStageFaults += 1;
	}
	if (!vm.logging) return;
	const logged = logWrite(world, vm, gfn);
	if (!logged.again || operation === null || operation.redirtySeen) return;
	operation.redirtySeen = true;
	emit(world, {
		kind: 'redirty',
		rule: 'precopy-sync',
		cause: operation.phaseCauseSeq,
		vm: vm.id,
		operation: operation.id,
		host: world.r.hosts[vm.instances[vm.running]]?.id ?? null,
		values: { gfn, writtenAtNs: atNs, counted: logged.kept ? 'dirty again' : 'still counted as done' },
		text: `the guest writes page ${gfn} after it was sent: ${logged.kept ? 'dirty again' : 'still counted as done'}`
	});
}
