import { KIB, MIB, PAGES_PER_BLOCK, transferNs } from '../../../base/units.ts';
import { OwnerState } from '../../contract/words.ts';
import { costNs } from '../../costs/cost-model.ts';
import { flowRate } from '../../fabric/links.ts';
import { syncLog } from '../../hypervisor/dirty-log.ts';
import { catchUp } from '../../hypervisor/guest.ts';
import { declareMissing, dirtyStretches } from '../../hypervisor/missing.ts';
import { endPins } from '../../hypervisor/pins.ts';
import { EventKind } from '../../sim/event-kinds.ts';
import { schedule } from '../../sim/event-queue.ts';
import { emit } from '../../sim/trace.ts';
import type { OperationRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { primaryUnpinnable } from '../failover.ts';
import { recount } from '../instances.ts';
import { enterPart, enterPhase, hostName, resumeGuest, setStatus, stopGuest, vmOf } from '../operation.ts';
import { changeOwner } from '../owner.ts';
import { keepStale } from './planted.ts';
import { planPush } from './push.ts';

/**
 * The switch of post-copy (QEMU 10.2.2 migration/migration.c, postcopy_start; migration/savevm.c): the guest stops, the source
 * says which pages the target must throw away, LISTEN, the device state and RUN go in one package, and the guest runs at the
 * target before its memory is there.
 */

/** A discard message names stretches of pages by offset and length, 16 bytes each (QEMU 10.2.2 migration/savevm.c). */
const DISCARD_BYTES = 16;

/** Orders the switch: what `migrate-start-postcopy` leads to. Only between two slices of pre-copy. */
export function switchToTarget(world: World, operation: OperationRecord): void {
	const vm = vmOf(world, operation);
	enterPhase(world, operation, 'switchover', 'switch: the guest goes first', 'postcopy-switch');
	stopGuest(world, operation, 'postcopy-switch');
	setStatus(world, operation, 'device');
	operation.dirtyPages = syncLog(world, vm, true);
	operation.clearPending.fill(false);
	operation.round += 1;
	const discards = dirtyStretches(world, vm);
	const bytes = Math.ceil(discards * DISCARD_BYTES + world.costs.deviceStateMiB * MIB + vm.vcpus * world.costs.vcpuStateKiB * KIB);
	operation.networkBytes += bytes;
	emit(world, {
		kind: 'final',
		rule: 'postcopy-discard',
		cause: operation.phaseCauseSeq,
		vm: vm.id,
		operation: operation.id,
		values: { discards, pages: operation.dirtyPages, bytes },
		text: `${operation.dirtyPages} pages stay behind in ${discards} ${discards === 1 ? 'stretch' : 'stretches'}; the target throws away what it has of them`
	});
	enterPart(world, operation, 'send', 'discards and device state');
	operation.step = 'package';
	const lastsNs = transferNs(bytes, Math.max(1, flowRate(world, operation.id)));
	schedule(world, world.r.nowNs + lastsNs, EventKind.precopy, operation.id, operation.generation);
}

/** The package is there, read whole before any of it is used. */
export function loadPackage(world: World, operation: OperationRecord): void {
	setStatus(world, operation, 'postcopy-device');
	enterPart(world, operation, 'device', 'stop, device state and start');
	operation.step = 'load';
	schedule(world, world.r.nowNs + costNs(world.costs, 'switchoverFixedMs'), EventKind.precopy, operation.id, operation.generation);
}

/** RUN: the guest goes on at the target, without what has not been sent. */
export function runAtTarget(world: World, operation: OperationRecord): void {
	const vm = vmOf(world, operation);
	catchUp(world, operation.vm);
	// The host page is the unit of placement (QEMU 10.2.2 migration/postcopy-ram.c); a transparent huge page is none.
	const unitPages = world.scenario.vms[operation.vm]?.ways?.hostPages === '2m' ? PAGES_PER_BLOCK : 1;
	vm.logging = false;
	vm.loggedPages = 0;
	endPins(world, operation.vm);
	primaryUnpinnable(world, operation);
	operation.dirtyPages = declareMissing(world, vm, unitPages);
	vm.fetch = {
		operation: operation.id,
		unitPages,
		waiting: [],
		requests: [],
		lookNs: -1,
		requested: 0,
		urgentFreeNs: world.r.nowNs,
		urgentBytes: 0,
		blockedNs: 0,
		vcpuBlockedNs: 0,
		allSinceNs: -1,
		latencyCounts: [],
		latencySumNs: 0,
		broken: false,
		cut: false,
		lostOnWire: 0,
		breaks: 0
	};
	keepStale(world, operation);
	vm.ownerHost = operation.target;
	setStatus(world, operation, 'postcopy-active');
	resumeGuest(world, operation, 1 - vm.running, 'postcopy-switch');
	recount(world, vm);
	if (world.scenario.pool) changeOwner(world, operation, operation.target, OwnerState.local);
	enterPhase(world, operation, 'fetch', `${hostName(world, operation.target)} runs it, its memory follows`, 'postcopy-push');
	operation.cursor = 0;
	operation.measureStartNs = world.r.nowNs;
	operation.measureSentBytes = operation.networkBytes;
	planPush(world, operation);
}
