import { VirtioStatus, type DeviceTraits } from '../../contract/vdpa/kinds.ts';
import type { DeviceEndStatus } from '../../contract/vdpa/status.ts';
import type { KernelDeviceRecord } from '../../state/vdpa-records.ts';
import type { NicContext } from '../ports.ts';
import { unpinSpans } from './account.ts';
import { checkFeatures, PERSIST_BIT } from './features.ts';
import { changeOwner, pinPages, unpinPages } from './held.ts';
import { removeSpace } from './map.ts';
import { dropDriverMaps } from './program.ts';
import { done, failed, noWork, refusal, type DeviceCall, type KernelResult, type KernelWork, type Refusal } from './result.ts';
import { isVringCall, noVrings, vringCall } from './vrings.ts';

/** The life of a vhost-vdpa device (Linux 7.1.8 drivers/vhost/vdpa.c). */

export function newKernelDevice(traits: DeviceTraits, queues: number): KernelDeviceRecord {
	return {
		open: false,
		owner: -1,
		backendFeatures: [],
		featuresSet: false,
		status: 0,
		suspended: false,
		inBatch: false,
		batchAsid: 0,
		groupAsid: new Array<number>(traits.groups).fill(0),
		spaces: [],
		vrings: noVrings(queues),
		heldRanges: []
	};
}

export function lifeOf(kernel: KernelDeviceRecord): DeviceEndStatus['life'] {
	if (!kernel.open) return 'closed';
	if (kernel.suspended) return 'suspended';
	if (kernel.status & VirtioStatus.driverOk) return 'driver-ok';
	if (kernel.status & VirtioStatus.featuresOk) return 'features-ok';
	if (kernel.status & VirtioStatus.driver) return 'driver';
	return kernel.owner >= 0 ? 'owned' : 'open';
}

/** One call on the device node. `instance`: the process that calls. */
export function callDevice(context: NicContext, call: DeviceCall, instance: number): KernelResult {
	const { kernel } = context.end;
	if (call.call === 'open') return answer(open(context), noWork());
	if (!kernel.open) return failed(refusal('EBADF', 'the device is not open'));
	if (isVringCall(call)) {
		const foreign = notOwner(kernel, instance);
		return foreign ? failed(foreign) : vringCall(context, call);
	}
	const work = noWork();
	switch (call.call) {
		case 'close':
			close(context, work);
			return done(work);
		case 'SET_OWNER':
			return answer(setOwner(kernel, instance), work);
		case 'SET_BACKEND_FEATURES': {
			const wrong = checkFeatures(context.nic.traits, call.bits);
			if (!wrong) kernel.backendFeatures = [...call.bits].sort((a, b) => a - b);
			return answer(wrong, work);
		}
		case 'SET_FEATURES':
			if (kernel.status & VirtioStatus.featuresOk) return failed(refusal('EBUSY', 'the features are agreed on already'));
			kernel.featuresSet = true;
			return done(work);
		case 'SET_STATUS':
			return answer(setStatus(context, call.status), work);
		case 'SUSPEND':
		case 'RESUME':
			return answer(suspend(context, call.call), work);
		case 'SET_LOG_BASE':
			return failed(refusal('ENOIOCTLCMD', 'vhost-vdpa has no log of its own'));
		case 'PIN_PAGES':
		case 'UNPIN_PAGES':
		case 'CHANGE_OWNER':
			return answer(proposed(context, call, instance, work), work);
	}
}

const answer = (refused: Refusal | null, work: KernelWork): KernelResult => (refused ? failed(refused, work) : done(work));

/** One opener only; the device is reset, and what an opener before had is gone since its close. */
function open(context: NicContext): Refusal | null {
	const { end, nic } = context;
	if (end.kernel.open) return refusal('EBUSY', 'somebody has the device open');
	Object.assign(end.kernel, newKernelDevice(nic.traits, end.kernel.vrings.length), { open: true });
	return null;
}

/** Reset, every address space removed, the account of the process settled. */
function close(context: NicContext, work: KernelWork): void {
	const { end, nic } = context;
	const { kernel } = end;
	for (const space of kernel.spaces) removeSpace(context, space, work);
	unpinSpans(context, kernel.heldRanges, work);
	Object.assign(kernel, newKernelDevice(nic.traits, kernel.vrings.length));
}

/** From here on, and not before, pages of the caller can be pinned. */
function setOwner(kernel: KernelDeviceRecord, instance: number): Refusal | null {
	if (kernel.owner >= 0) return refusal('EBUSY', 'the device has an owner');
	kernel.owner = instance;
	return null;
}

/** vhost_dev_check_owner: what the generic part of vhost asks before the calls that it knows. */
function notOwner(kernel: KernelDeviceRecord, instance: number): Refusal | null {
	if (kernel.owner === instance) return null;
	return refusal('EPERM', kernel.owner < 0 ? 'the device has no owner' : 'the device belongs to another process');
}

function setStatus(context: NicContext, status: number): Refusal | null {
	const { kernel } = context.end;
	if (status === 0) {
		reset(context);
		return null;
	}
	if ((kernel.status & ~status) !== 0) return refusal('EINVAL', 'a bit of the status can only be added');
	kernel.status = status;
	refreshReady(kernel);
	return null;
}

/**
 * The list of the kernel and its pins are not touched. The parent driver drops its own map unless IOTLB_PERSIST was agreed on,
 * forgets the queues and puts every group back into address space 0.
 */
function reset(context: NicContext): void {
	const { kernel } = context.end;
	if (!kernel.backendFeatures.includes(PERSIST_BIT)) dropDriverMaps(context);
	kernel.status = 0;
	kernel.suspended = false;
	kernel.featuresSet = false;
	kernel.groupAsid.fill(0);
	kernel.vrings = noVrings(kernel.vrings.length);
}

/** Not started: 0, and nothing happens. */
function suspend(context: NicContext, call: 'SUSPEND' | 'RESUME'): Refusal | null {
	const { end, nic } = context;
	if (!(end.kernel.status & VirtioStatus.driverOk)) return null;
	if (!(call === 'SUSPEND' ? nic.traits.suspend : nic.traits.resume)) return refusal('EOPNOTSUPP', `the driver has no ${call}`);
	end.kernel.suspended = call === 'SUSPEND';
	refreshReady(end.kernel);
	return null;
}

function refreshReady(kernel: KernelDeviceRecord): void {
	const runs = (kernel.status & VirtioStatus.driverOk) !== 0 && !kernel.suspended;
	for (const vring of kernel.vrings) vring.ready = runs && vring.enabled && vring.entries > 0;
}

type ProposedCall = Extract<DeviceCall, { readonly call: 'PIN_PAGES' | 'UNPIN_PAGES' | 'CHANGE_OWNER' }>;

function proposed(context: NicContext, call: ProposedCall, instance: number, work: KernelWork): Refusal | null {
	if (!context.guest.proposals) return refusal('EOPNOTSUPP', 'Linux has no such call');
	const foreign = notOwner(context.end.kernel, instance);
	if (foreign) return foreign;
	if (call.call === 'CHANGE_OWNER') return changeOwner(context, call.instance);
	return (call.call === 'PIN_PAGES' ? pinPages : unpinPages)(context, call.hva, call.bytes, work);
}
