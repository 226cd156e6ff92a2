import { NS_PER_MS, NS_PER_S, PAGE_BYTES } from '../../base/units.ts';
import { costNsForBytes } from '../costs/cost-model.ts';
import { EventKind } from '../sim/event-kinds.ts';
import { schedule } from '../sim/event-queue.ts';
import { emit } from '../sim/trace.ts';
import type { FailoverRecord, OperationRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { enterPart, enterPhase, hostName, setStatus, vmOf } from './operation.ts';
import { processesOf, report, tell } from './qemu/processes.ts';

/**
 * A failover pair: a virtio-net card that stands in (failover=on) for a passed-through one, the primary. When a migration sets
 * up, the guest is asked to let the primary go, and until it has, nothing is sent (QEMU 10.2.2 hw/net/virtio-net.c,
 * virtio_net_handle_migration_primary; migration/migration.c, qemu_savevm_wait_unplug). What the guest let go is kept half
 * unplugged in the source's QEMU, pins and all: a migration that fails plugs it in again.
 */

/** What a guest takes where nothing else is said: five seconds to change one's mind (Linux 7.2.13 drivers/pci/hotplug/pciehp_ctrl.c). */
export const LETS_GO_NS = 5 * NS_PER_S;
const POLL_NS = 250 * NS_PER_MS;
/** Looks after a cancel: 30 s in all. Then it is given up, and the card is plugged in again all the same. */
const LOOKS_AFTER_CANCEL = 120;

/** PRECOPY_SETUP: asks the guest. */
export function askForPrimary(world: World, operation: OperationRecord): void {
	const { failover } = vmOf(world, operation);
	if (failover?.state !== 'plugged') return;
	failover.state = 'leaving';
	failover.askedNs = world.r.nowNs;
	failover.looksLeft = LOOKS_AFTER_CANCEL;
	const { source } = processesOf(world, operation);
	if (source) tell(world, source, 'UNPLUG_PRIMARY', { 'device-id': failover.primary });
	note(world, operation, 'wait-unplug', `${failover.primary} is to go: ${failover.standby} stands in for it`);
}

/** The guest has let go by now: it needs its time, and has to run. */
function looksGone(world: World, operation: OperationRecord, failover: FailoverRecord): boolean {
	if (failover.state !== 'leaving') return true;
	const runs = vmOf(world, operation).vcpuState === 'running';
	if (!runs || failover.letsGoNs < 0 || world.r.nowNs < failover.askedNs + failover.letsGoNs) return false;
	failover.state = 'gone';
	note(world, operation, 'wait-unplug', `the guest has let ${failover.primary} go and uses ${failover.standby}`);
	return true;
}

/** True: it is not time to send yet, and the next look is planned. Also where a cancel has to wait for the guest. */
export function waitsForUnplug(world: World, operation: OperationRecord): boolean {
	const vm = vmOf(world, operation);
	const { failover } = vm;
	// Planted fault: nobody asks whether the card is still there.
	if (!failover || world.r.faults.includes('primary-stays')) return false;
	if (looksGone(world, operation, failover)) return false;
	if (operation.ending !== 'none') {
		failover.looksLeft -= 1;
		if (failover.looksLeft < 0) {
			const { source } = processesOf(world, operation);
			if (source) report(source, 'warning: migration: partially unplugged device on failure');
			return false;
		}
	} else if (vm.status !== 'wait-unplug') {
		setStatus(world, operation, 'wait-unplug');
		enterPhase(world, operation, 'setup', `wait-unplug: the guest has to let go of ${failover.primary}`, 'wait-unplug');
	}
	operation.step = 'unplug';
	schedule(world, world.r.nowNs + POLL_NS, EventKind.precopy, operation.id, operation.generation);
	return true;
}

/** PRECOPY_FAILED: what was half unplugged is plugged in again. */
export function replugPrimary(world: World, operation: OperationRecord): void {
	const { failover } = vmOf(world, operation);
	if (failover?.state !== 'gone' && failover?.state !== 'leaving') return;
	failover.state = 'plugged';
	note(world, operation, 'failover-plug', `${failover.primary} is plugged in again on ${hostName(world, operation.source)}`);
}

/**
 * The target loads the stand-in's features, finds that the guest knows pairs, and plugs its own primary (virtio_net_set_features,
 * failover_add_primary): all of the guest's memory is pinned while it stands. True: that takes time, and the step is planned.
 */
export function plugsPrimary(world: World, operation: OperationRecord): boolean {
	const vm = vmOf(world, operation);
	if (vm.failover?.state !== 'gone') return false;
	const huge = world.scenario.vms[operation.vm]?.pages === 'thp';
	const rate = huge ? 'pinMapThpMsPerGiB' : 'pinMap4kMsPerGiB';
	const lastsNs = vm.passThrough ? costNsForBytes(world.costs, rate, vm.populatedPages * PAGE_BYTES) : 0;
	operation.step = 'primary';
	enterPart(world, operation, 'nic-start', 'the target plugs its card and pins all memory');
	schedule(world, world.r.nowNs + lastsNs, EventKind.precopy, operation.id, operation.generation);
	return true;
}

export function primaryPlugged(world: World, operation: OperationRecord): void {
	const { failover } = vmOf(world, operation);
	if (failover?.state !== 'gone') return;
	failover.state = 'plugged';
	const { target } = processesOf(world, operation);
	if (target) tell(world, target, 'FAILOVER_NEGOTIATED', { 'device-id': failover.standby });
	note(world, operation, 'failover-plug', `${failover.primary} of ${hostName(world, operation.target)} is plugged in`);
}

/**
 * Post-copy: pages are missing when the target would pin them, and a fault that may not wait for userfaultfd is an error (Linux
 * 7.2.13 fs/userfaultfd.c, handle_userfault without FAULT_FLAG_ALLOW_RETRY). The card is not plugged; the stand-in goes on alone.
 */
export function primaryUnpinnable(world: World, operation: OperationRecord): void {
	const vm = vmOf(world, operation);
	if (vm.failover?.state !== 'gone') return;
	vm.failover.state = 'absent';
	delete vm.passThrough;
	const { target } = processesOf(world, operation);
	if (target) {
		tell(world, target, 'FAILOVER_NEGOTIATED', { 'device-id': vm.failover.standby });
		report(target, 'VFIO_MAP_DMA failed: Bad address');
	}
	note(
		world,
		operation,
		'failover-plug',
		`${vm.failover.primary} cannot be plugged in: its pins need pages that have not come; ${vm.failover.standby} goes on alone`
	);
}

function note(world: World, operation: OperationRecord, rule: 'wait-unplug' | 'failover-plug', text: string): void {
	const { id, failover } = vmOf(world, operation);
	emit(world, {
		kind: 'step',
		rule,
		cause: operation.phaseCauseSeq,
		vm: id,
		operation: operation.id,
		host: hostName(world, rule === 'wait-unplug' ? operation.source : operation.target),
		values: { step: failover?.state ?? '', primary: failover?.primary ?? '' },
		text
	});
}

/** Statement: while pages are sent the guest has no card that writes behind the log. */
export function primaryGone(world: World): string | null {
	for (const operation of world.r.operations) {
		const { failover, id } = vmOf(world, operation);
		const sends = operation.state === 'running' && (operation.phase === 'round' || operation.phase === 'switchover');
		if (sends && failover?.state === 'leaving') return `${id}: pages are sent while it still has ${failover.primary}`;
	}
	return null;
}
