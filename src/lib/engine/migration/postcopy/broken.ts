import { ok, refused, type Outcome } from '../../../base/outcome.ts';
import { transferNs } from '../../../base/units.ts';
import type { ReasonId } from '../../contract/reasons.ts';
import { costNs } from '../../costs/cost-model.ts';
import { startFlow, stopFlow } from '../../fabric/links.ts';
import { clearDirty, nextDirty } from '../../hypervisor/dirty-log.ts';
import { catchUp } from '../../hypervisor/guest.ts';
import { rebuildFromReceived } from '../../hypervisor/missing.ts';
import { EventKind } from '../../sim/event-kinds.ts';
import { schedule } from '../../sim/event-queue.ts';
import { emit } from '../../sim/trace.ts';
import type { OperationRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { enterPhase, hostName, setStatus, vmOf } from '../operation.ts';
import { ask } from './faults.ts';
import { planPush } from './push.ts';

/**
 * The stream of post-copy breaks: neither side has all of the memory, so nothing fails. It pauses, the guest runs on until it
 * touches a missing page, and a new connection goes on from what the target says that it has received (QEMU 10.2.2
 * migration/migration.c, postcopy_pause; migration/ram.c, ram_dirty_bitmap_reload).
 */

/** The connection of a guest that runs without all of its memory is gone. What had left the source is lost. */
export function pauseFetch(world: World, operation: OperationRecord, why: string): void {
	const vm = vmOf(world, operation);
	const { fetch } = vm;
	if (!fetch) return;
	catchUp(world, operation.vm);
	const lost = loseWire(world, operation) + fetch.requests.length * fetch.unitPages;
	fetch.requests = [];
	fetch.urgentBytes = 0;
	fetch.urgentFreeNs = world.r.nowNs;
	fetch.broken = true;
	fetch.breaks += 1;
	fetch.lostOnWire += lost;
	operation.generation += 1;
	operation.batch = null;
	operation.step = 'paused';
	stopFlow(world, operation.id);
	setStatus(world, operation, 'postcopy-paused');
	enterPhase(world, operation, 'paused', 'paused: each side keeps its half', 'postcopy-pause');
	emit(world, {
		kind: 'stall',
		rule: 'postcopy-pause',
		cause: operation.phaseCauseSeq,
		vm: vm.id,
		operation: operation.id,
		values: { left: operation.dirtyPages + lost, lostOnWire: lost },
		text: `${why}: ${lost} pages were on the way and are lost there; the guest runs on until it needs one that it does not have`
	});
}

/** Of the slice under way the source has handed over its part of the time: those bits are clear, those pages never arrive. */
function loseWire(world: World, operation: OperationRecord): number {
	const vm = vmOf(world, operation);
	const { batch } = operation;
	if (!batch || batch.endNs <= batch.beginNs) return 0;
	const gone = Math.floor((batch.pages * (world.r.nowNs - batch.beginNs)) / (batch.endNs - batch.beginNs));
	let lost = 0;
	for (; lost < gone; lost += 1) {
		const gfn = nextDirty(world, vm, operation.cursor);
		if (gfn < 0) break;
		clearDirty(world, vm, gfn);
		operation.cursor = gfn + 1;
	}
	operation.dirtyPages -= lost;
	return lost;
}

/** `migrate-recover` at the target and `migrate` with resume at the source: a new connection. */
export function recoverFetch(world: World, operation: OperationRecord): Outcome<string, ReasonId> {
	const vm = vmOf(world, operation);
	const { fetch } = vm;
	if (!fetch?.broken || operation.step !== 'paused') return refused('not-paused', `${vm.id} has no migration that is paused`);
	if (fetch.cut)
		return refused(
			'stream-cut',
			`the network between ${hostName(world, operation.source)} and ${hostName(world, operation.target)} is still down`
		);
	setStatus(world, operation, 'postcopy-recover-setup');
	startFlow(world, operation.id, operation.source, operation.sendRate, ['network']);
	enterPhase(world, operation, 'paused', 'recovery: what has arrived is compared', 'postcopy-recover');
	setStatus(world, operation, 'postcopy-recover');
	operation.step = 'recover';
	// A connection, then one bit per page from the target to the source.
	const lastsNs = 2 * costNs(world.costs, 'kernelTcpRttUs') + transferNs(vm.pageCount / 8, Math.max(1, operation.sendRate));
	schedule(world, world.r.nowNs + lastsNs, EventKind.precopy, operation.id, operation.generation);
	return ok(`the migration of ${vm.id} is taken up again`);
}

/** Both sides agree on what is missing: on it goes, with what somebody waits for first. */
export function resumeFetch(world: World, operation: OperationRecord): void {
	const vm = vmOf(world, operation);
	const { fetch } = vm;
	if (!fetch) return;
	catchUp(world, operation.vm);
	operation.dirtyPages = rebuildFromReceived(world, vm);
	operation.cursor = 0;
	fetch.broken = false;
	setStatus(world, operation, 'postcopy-active');
	enterPhase(world, operation, 'fetch', 'the rest of its memory follows', 'postcopy-push');
	emit(world, {
		kind: 'sync',
		rule: 'postcopy-recover',
		cause: operation.phaseCauseSeq,
		vm: vm.id,
		operation: operation.id,
		values: { left: operation.dirtyPages },
		text: `the target’s received bitmap leaves ${operation.dirtyPages} pages to send`
	});
	ask(world, operation, vm, fetch);
	planPush(world, operation);
}
