import { VirtioStatus } from '../../contract/vdpa/kinds.ts';
import type { VringRecord } from '../../state/vdpa-records.ts';
import type { NicContext } from '../ports.ts';
import { descriptorGroupOf, groupOfQueue } from './groups.ts';
import { done, failed, noWork, refusal, type DeviceCall, type KernelResult, type Refusal } from './result.ts';

/** Calls on one virtqueue or one group (Linux 7.1.8 drivers/vhost/vdpa.c, vhost_vdpa_vring_ioctl; vhost.c, vhost_vring_ioctl). */

export function noVrings(count: number): VringRecord[] {
	return Array.from({ length: count }, () => ({ entries: 0, descriptors: 0, avail: 0, used: 0, base: 0, enabled: false, ready: false }));
}

type VringCall = Extract<DeviceCall, { readonly queue: number } | { readonly group: number }>;

export function isVringCall(call: DeviceCall): call is VringCall {
	return 'queue' in call || 'group' in call;
}

/** Largest index of a split ring, and one more than its largest size. */
const LAST_INDEX = 0xffff;

export function vringCall(context: NicContext, call: VringCall): KernelResult {
	const { kernel } = context.end;
	// A group stands where the other calls have their queue, and is measured as if it were one.
	const index = call.call === 'SET_GROUP_ASID' ? call.group : call.queue;
	const vring = kernel.vrings[index];
	if (!vring) return failed(refusal('ENOBUFS', `the device has ${kernel.vrings.length} queues`));
	const { traits } = context.nic;
	const started = (kernel.status & VirtioStatus.driverOk) !== 0;
	switch (call.call) {
		case 'SET_VRING_NUM':
			return change(sizeProblem(call.entries), () => (vring.entries = call.entries), context, vring);
		case 'SET_VRING_ADDR':
			return change(
				movingProblem(started, kernel.suspended) ?? alignProblem(call.avail, call.used),
				() => Object.assign(vring, { descriptors: call.descriptors, avail: call.avail, used: call.used }),
				context,
				vring
			);
		case 'SET_VRING_BASE':
			return change(
				movingProblem(started, kernel.suspended) ??
					(call.base < 0 || call.base > LAST_INDEX ? refusal('EINVAL', 'an index has 16 bits') : null),
				() => (vring.base = call.base),
				context,
				vring
			);
		case 'SET_VRING_ENABLE':
			return change(null, () => (vring.enabled = call.enabled), context, vring);
		case 'GET_VRING_BASE':
			return done(noWork(), vring.base);
		case 'GET_VRING_GROUP':
			if (traits.groups < 2) return failed(refusal('EOPNOTSUPP', 'the driver does not tell groups apart'));
			return done(noWork(), groupOfQueue(context.nic, index));
		case 'GET_VRING_DESC_GROUP': {
			if (!traits.descriptorGroup) return failed(refusal('EOPNOTSUPP', 'the driver has no group of descriptors'));
			const group = descriptorGroupOf(context.nic, index);
			return group < traits.groups ? done(noWork(), group) : failed(refusal('EIO', `the device has ${traits.groups} groups`));
		}
		case 'SET_GROUP_ASID': {
			const wrong = groupProblem(context, call.group, call.asid, started);
			if (!wrong) kernel.groupAsid[call.group] = call.asid;
			return wrong ? failed(wrong) : done();
		}
	}
}

function change(problem: Refusal | null, make: () => unknown, context: NicContext, vring: VringRecord): KernelResult {
	if (problem) return failed(problem);
	make();
	const { status, suspended } = context.end.kernel;
	vring.ready = (status & VirtioStatus.driverOk) !== 0 && !suspended && vring.enabled && vring.entries > 0;
	return done();
}

function sizeProblem(entries: number): Refusal | null {
	if (entries > 0 && entries <= LAST_INDEX && (entries & (entries - 1)) === 0) return null;
	return refusal('EINVAL', 'a split ring has a power of two of entries');
}

function movingProblem(started: boolean, suspended: boolean): Refusal | null {
	return started && !suspended ? refusal('EINVAL', 'the device is started and not suspended') : null;
}

function alignProblem(avail: number, used: number): Refusal | null {
	return avail % 2 === 0 && used % 4 === 0 ? null : refusal('EINVAL', 'the avail ring begins on 2 bytes, the used ring on 4');
}

function groupProblem(context: NicContext, group: number, asid: number, started: boolean): Refusal | null {
	const { groups, addressSpaces } = context.nic.traits;
	if (group < 0 || group >= groups || asid < 0 || asid >= addressSpaces)
		return refusal('EINVAL', `the device has ${groups} groups and ${addressSpaces} address spaces`);
	if (addressSpaces < 2) return refusal('EOPNOTSUPP', 'the device has one address space');
	return started ? refusal('EBUSY', 'the device is started') : null;
}
