import { MIB } from '../../base/units.ts';
import type { VirtioMemRecord } from '../state/machine-records.ts';

/** Two sections of x86-64 beyond the requested size (QEMU 10.0.13 hw/virtio/virtio-mem.c, VIRTIO_MEM_USABLE_EXTENT). */
export const USABLE_EXTENT_BYTES = 256 * MIB;

/** Size of the usable region for a requested size: 0 for 0, else whole blocks, at most the region. */
export function usableFor(requestedBytes: number, regionBytes: number, blockBytes: number): number {
	if (requestedBytes === 0) return 0;
	return Math.ceil(Math.min(regionBytes, requestedBytes + USABLE_EXTENT_BYTES) / blockBytes) * blockBytes;
}

/** Grows always; shrinks only where the caller may (creation, UNPLUG_ALL, system reset). */
export function resizeUsable(device: VirtioMemRecord, requestedBytes: number, mayShrink: boolean): void {
	const bytes = usableFor(requestedBytes, device.regionBytes, device.blockBytes);
	if (bytes >= device.usableBytes || mayShrink) device.usableBytes = bytes;
}
