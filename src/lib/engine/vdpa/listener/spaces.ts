import type { DeviceEndRecord, NicRecord } from '../../state/vdpa-records.ts';

/** Which address space a queue's rings and its buffers are looked up in (Linux 7.1.8 vdpa: groups; QEMU 10.2.2 net/vhost-vdpa.c). */

/** Virtqueue groups of a device: data queues, control queue, descriptors of the data queues. */
export const Group = { data: 0, control: 1, descriptors: 2 } as const;

/** The control queue has a group of its own and there is a space to put it in: then QEMU shadows it always. */
export const controlIsolated = (nic: NicRecord): boolean => nic.controlQueue && nic.traits.groups >= 2 && nic.traits.addressSpaces >= 2;

export function bufferAsid(end: DeviceEndRecord, kind: 'receive' | 'transmit' | 'control'): number {
	return end.kernel.groupAsid[kind === 'control' ? Group.control : Group.data] ?? 0;
}

/** Rings of data queues follow the group of descriptors where the device has one that was given a space of its own. */
export function ringAsid(nic: NicRecord, end: DeviceEndRecord, kind: 'receive' | 'transmit' | 'control'): number {
	if (kind === 'control' || !nic.traits.descriptorGroup) return bufferAsid(end, kind);
	const own = end.kernel.groupAsid[Group.descriptors] ?? 0;
	return own !== 0 ? own : bufferAsid(end, kind);
}
