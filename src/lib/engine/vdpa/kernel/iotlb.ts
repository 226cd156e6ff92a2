import type { KernelSpaceRecord } from '../../state/vdpa-records.ts';
import type { NicContext } from '../ports.ts';
import { mapRange, unmapRange } from './map.ts';
import { buildMap } from './program.ts';
import { done, failed, noWork, refusal, type IotlbMessage, type KernelResult, type KernelWork, type Refusal } from './result.ts';
import { updateAll } from './update-all.ts';

/**
 * Messages on the IOTLB, written to the device node (Linux 7.1.8 drivers/vhost/vhost.c, vhost_chr_write_iter; vdpa.c,
 * vhost_vdpa_process_iotlb_msg). Every reason of the handler reaches the caller as EFAULT.
 */
export function sendMessage(context: NicContext, message: IotlbMessage, instance: number): KernelResult {
	const { kernel } = context.end;
	if (!kernel.open) return failed(refusal('EBADF', 'the device is not open'));
	// The one thing that the generic write path looks at itself.
	if (message.op === 'update' && message.bytes <= 0) return failed(refusal('EINVAL', 'an UPDATE of no bytes'));
	const work = noWork();
	const refused = process(context, message, instance, work);
	return refused ? failed(refused, work, 'EFAULT') : done(work);
}

function process(context: NicContext, message: IotlbMessage, instance: number, work: KernelWork): Refusal | null {
	const { kernel } = context.end;
	if (kernel.owner !== instance)
		return refusal('EPERM', kernel.owner < 0 ? 'the device has no owner' : 'the device belongs to another process');
	if (message.op === 'invalidate-and-update-all' && !context.guest.proposals) return refusal('EINVAL', 'Linux has no such message');
	// Without IOTLB_ASID the field of the message is padding.
	const asid = kernel.backendFeatures.includes(3) ? message.asid : 0;
	const makes = message.op !== 'invalidate' && message.op !== 'batch-end';
	const space = makes ? findOrMake(context, asid) : kernel.spaces.find((each) => each.asid === asid);
	if (!space) return refusal('EINVAL', `there is no address space ${asid}`);
	if (kernel.inBatch && kernel.batchAsid !== asid)
		return refusal('EINVAL', `a batch of address space ${kernel.batchAsid} is open, the message is for ${asid}`);
	switch (message.op) {
		case 'update':
			return mapRange(context, space, message, work);
		case 'invalidate':
			unmapRange(context, space, message.iova, lastOf(message.iova, message.bytes), work);
			return null;
		case 'batch-begin':
			kernel.batchAsid = asid;
			kernel.inBatch = true;
			return null;
		case 'batch-end':
			if (kernel.inBatch) buildMap(context, space, work);
			kernel.inBatch = false;
			return null;
		case 'invalidate-and-update-all':
			return updateAll(context, space, message.table, work);
	}
}

/** Nothing checks an INVALIDATE: of no bytes, it ends one byte before it begins, and from 0 at the end of all addresses. */
function lastOf(iova: number, bytes: number): number {
	return iova === 0 && bytes === 0 ? Infinity : iova + bytes - 1;
}

/** vhost_vdpa_find_alloc_as: made at its first use, if the device has as many. */
function findOrMake(context: NicContext, asid: number): KernelSpaceRecord | undefined {
	const { spaces } = context.end.kernel;
	const present = spaces.find((space) => space.asid === asid);
	if (present || asid < 0 || asid >= context.nic.traits.addressSpaces) return present;
	const made: KernelSpaceRecord = { asid, entries: [], keys: null, oldKeys: [] };
	spaces.push(made);
	spaces.sort((a, b) => a.asid - b.asid);
	return made;
}
