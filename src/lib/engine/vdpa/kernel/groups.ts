import type { NicRecord } from '../../state/vdpa-records.ts';

/** Groups of virtqueues: 0 data, 1 control, 2 descriptors of the data queues (Linux 7.1.8 drivers/vdpa/mlx5/net/mlx5_vnet.c). */

const isControl = (nic: NicRecord, queue: number): boolean => nic.controlQueue && queue === 2 * nic.queuePairs;

/** Group of a queue; a device of one group has no such call. */
export function groupOfQueue(nic: NicRecord, queue: number): number {
	return nic.traits.groups >= 2 && isControl(nic, queue) ? 1 : 0;
}

/** Group of a queue's rings. The control queue's lie with its buffers. */
export function descriptorGroupOf(nic: NicRecord, queue: number): number {
	return isControl(nic, queue) ? groupOfQueue(nic, queue) : 2;
}
