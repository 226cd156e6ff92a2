import { formatAddress } from '../../base/address.ts';
import { formatBytesBinary, formatNumber } from '../../base/format.ts';
import type {
	DescriptorStatus,
	DeviceEndStatus,
	QueueStatus
} from '../../engine/contract/vdpa/status.ts';

/** Virtqueues in words. */

export const QUEUE_TITLES = {
	receive: 'receive',
	transmit: 'transmit',
	control: 'control'
} as const;

export const STATE_WORDS: Readonly<Record<DescriptorStatus['state'], string>> = {
	available: 'offered',
	used: 'done',
	faulted: 'DMA fault',
	wrong: 'wrong page',
	unanswered: 'unanswered'
};

export const queueTitle = (queue: Pick<QueueStatus, 'index' | 'kind'>): string =>
	`Queue ${queue.index}, ${QUEUE_TITLES[queue.kind]}`;

/** What the look-up adds to a guest address: nothing on the guest's own rings. */
export function lookUpWords(
	row: Pick<DescriptorStatus, 'gpa' | 'iova'>,
	shadowed: boolean
): string {
	if (!shadowed) return 'no look-up: the device takes guest addresses';
	const offset = row.iova - row.gpa;
	if (offset === 0) return 'the same number';
	return `${offset > 0 ? '+' : '−'} ${formatAddress(Math.abs(offset))}`;
}

export function queueWords(queue: QueueStatus, end: DeviceEndStatus): string {
	const rings = queue.shadow
		? `QEMU takes descriptors from the guest’s ring and writes them, looked up, into its own; ${formatNumber(queue.shadow.inFlight)} in flight`
		: `${end.host}’s device reads the guest’s ring itself; ${formatNumber(queue.guest.inFlight)} in flight`;
	const row = queue.rows[0];
	const last =
		row === undefined
			? 'nothing has gone through'
			: `newest: guest address ${formatAddress(row.gpa)}, device address ${formatAddress(row.iova)}, ${formatBytesBinary(row.bytes)}, ${STATE_WORDS[row.state]}`;
	return `${queueTitle(queue)}: ${rings}; ${last}.${queue.parked ? ' One element is parked: the shadow ring is full.' : ''}`;
}
