import { GUEST_FEATURES, shadowBlockers } from '../contract/vdpa/kinds.ts';
import { EventKind } from '../sim/event-kinds.ts';
import type { OperationRecord } from '../state/records.ts';
import type { JobRecord, NicRecord } from '../state/vdpa-records.ts';
import type { World } from '../state/world.ts';
import { contextOf, guestOf } from '../vdpa/context.ts';
import { newEnd } from '../vdpa/ends.ts';
import { planOf, type ChangeKind } from '../vdpa/switching/plan.ts';
import { runAtOnce, runJobs } from '../vdpa/switching/run.ts';
import { vmOf } from './operation.ts';

/**
 * What a migration asks of the VM's vDPA devices, and when it goes on: the changes run on QEMU's main thread, one device after
 * the other (QEMU 10.2.2 net/vhost-vdpa.c, migration notifier; vDPA reference 13).
 */

const nicsOf = (world: World, vm: number): number[] => world.r.vdpa.nics.flatMap((nic, index) => (nic.vm === vm ? [index] : []));

export const hasNics = (world: World, vm: number): boolean => world.r.vdpa.nics.some((nic) => nic.vm === vm);

/** What of the VM's devices forbids a migration; null: nothing. */
export function nicBlocker(world: World, vm: number): string | null {
	const record = world.r.vms[vm];
	// QEMU 10.2.2 hw/vfio/migration.c: a device whose driver cannot save its state blocks every copy, unless another stands in for it.
	if (record?.passThrough && !record.failover) return 'a passed-through device has no way to save its state';
	return vdpaBlocker(world, vm);
}

/** What of its vDPA devices does, in QEMU's words. */
export function vdpaBlocker(world: World, vm: number): string | null {
	for (const nic of world.r.vdpa.nics) {
		const problem = nic.vm === vm ? unshadowable(nic.id, nic.features) : null;
		if (problem !== null) return problem;
	}
	return null;
}

/** What driver and device agreed on that shadow virtqueues do not know (hw/virtio/vhost-shadow-virtqueue.c); null: nothing. */
export function unshadowable(nic: string, features: NicRecord['features']): string | null {
	const blockers = shadowBlockers(features);
	return blockers.length === 0
		? null
		: `${nic}: SVQ Invalid device feature flags: ${blockers.map((feature) => GUEST_FEATURES[feature].name).join(', ')}`;
}

function jobs(world: World, vm: number, kind: ChangeKind, instance: number): JobRecord[] {
	return nicsOf(world, vm).map((nic) => ({ nic, kind, instance: instance as 0 | 1, incoming: kind === 'init' }));
}

/** The event that moves the operation on, at its next step. */
const goOn = (operation: OperationRecord) => ({ kind: EventKind.precopy, a: operation.id, b: operation.generation });

/** The target's process opens its devices, then the source's change to shadow virtqueues. Those that are shadowed already stay. */
export function beginNics(world: World, operation: OperationRecord): void {
	const vm = vmOf(world, operation);
	const target = (1 - vm.running) as 0 | 1;
	for (const index of nicsOf(world, operation.vm)) {
		const nic = world.r.vdpa.nics[index] as (typeof world.r.vdpa.nics)[number];
		nic.ends[target] = newEnd(nic, operation.target, target);
	}
	const shadow = jobs(world, operation.vm, 'to-svq', vm.running).filter(
		(job) => goesBack(world, operation.vm, job.nic) || !(world.r.vdpa.nics[job.nic]?.ends[vm.running as 0 | 1]?.svq ?? true)
	);
	runJobs(world, operation.vm, [...jobs(world, operation.vm, 'init', target), ...(keepsPassthrough(world) ? [] : shadow)], goOn(operation));
}

/** Still shadowed, but on its way back after the migration before this one. */
function goesBack(world: World, vm: number, nic: number): boolean {
	if (world.r.vdpa.nics[nic]?.change?.status.kind === 'to-passthrough') return true;
	return guestOf(world, vm).jobs.some((job) => job.nic === nic && job.kind === 'to-passthrough');
}

/** The belief that a device on the guest’s own rings is seen by the log. */
const keepsPassthrough = (world: World): boolean => world.r.belief === 'device-writes-are-logged';

/** Maps on the target while the stream comes in, in a thread of its own. */
export function mapWhileLoading(world: World, operation: OperationRecord): void {
	const target = 1 - vmOf(world, operation).running;
	const wanted = jobs(world, operation.vm, 'map-memory', target).filter(
		(job) => world.r.vdpa.nics[job.nic]?.choice.listener === 'load-setup'
	);
	if (wanted.length > 0) runJobs(world, operation.vm, wanted, null);
}

export function stopNics(world: World, operation: OperationRecord): void {
	runJobs(world, operation.vm, jobs(world, operation.vm, 'stop', vmOf(world, operation).running), goOn(operation));
}

export function startNics(world: World, operation: OperationRecord): void {
	runJobs(world, operation.vm, jobs(world, operation.vm, 'start', 1 - vmOf(world, operation).running), goOn(operation));
}

/** After an unhappy end: the source's devices go back to the guest's own rings. */
export function revertNics(world: World, operation: OperationRecord): void {
	const vm = vmOf(world, operation);
	const back = jobs(world, operation.vm, 'to-passthrough', vm.running).filter((job) => {
		const nic = world.r.vdpa.nics[job.nic];
		return nic !== undefined && !nic.alwaysShadow && (nic.ends[vm.running as 0 | 1]?.svq ?? false);
	});
	runJobs(world, operation.vm, back, null);
}

/** A QEMU process goes: its devices are closed, and every page that they held is let go (vhost_vdpa_release). */
export function closeNics(world: World, vm: number, instance: number): void {
	const guest = world.r.vdpa.guests.find((record) => record.vm === vm);
	if (guest) guest.jobs = guest.jobs.filter((job) => job.instance !== instance);
	for (const index of nicsOf(world, vm)) {
		const nic = world.r.vdpa.nics[index] as (typeof world.r.vdpa.nics)[number];
		const end = nic.ends[instance as 0 | 1];
		if (!end) continue;
		// A thread that was still mapping ends with its process.
		if (nic.change?.instance === instance) {
			nic.changes.push({ ...nic.change.status, endNs: world.r.nowNs });
			nic.change = null;
			nic.generation += 1;
		}
		const context = contextOf(world, index, instance as 0 | 1);
		if (end.kernel.open) runAtOnce(context, 'close', planOf('close', context), world.r.hosts[end.host]?.id ?? '');
		nic.ends[instance as 0 | 1] = null;
	}
}
