import { PAGE_BYTES } from '../../../base/units.ts';
import { deviceBytes, driverBytes } from '../queues/layout.ts';
import type { NicRecord } from '../../state/vdpa-records.ts';

/** Memory of QEMU that a device reaches while it is shadowed, in the order in which it is mapped. */
export interface RingArea {
	readonly queue: number;
	readonly area: 'driver' | 'device' | 'out' | 'status';
	readonly bytes: number;
	/** Place in QEMU’s own memory. */
	readonly hvaOffset: number;
}

/** Each area on pages of its own (QEMU 10.2.2 vhost-shadow-virtqueue.c). */
const driverAreaBytes = (entries: number): number => Math.ceil(driverBytes(entries) / PAGE_BYTES) * PAGE_BYTES;
const deviceAreaBytes = (entries: number): number => Math.ceil(deviceBytes(entries) / PAGE_BYTES) * PAGE_BYTES;

/** Data queues first, each driver area then device area; of the control queue its two buffers come before its rings. */
export function ringAreas(nic: NicRecord, which: 'all' | 'control' = 'all'): readonly RingArea[] {
	const areas: RingArea[] = [];
	let offset = 0;
	const add = (queue: number, area: RingArea['area'], bytes: number): void => {
		areas.push({ queue, area, bytes, hvaOffset: offset });
		offset += bytes;
	};
	for (const queue of nic.queues) {
		if (queue.kind === 'control') {
			add(queue.index, 'out', PAGE_BYTES);
			add(queue.index, 'status', PAGE_BYTES);
		}
		add(queue.index, 'driver', driverAreaBytes(queue.entries));
		add(queue.index, 'device', deviceAreaBytes(queue.entries));
	}
	return which === 'all' ? areas : areas.filter((area) => nic.queues[area.queue]?.kind === 'control');
}
