import { PAGE_BYTES } from '../../../base/units.ts';

/**
 * Where the guest's driver puts its rings: one behind the other from 16 MiB on, each on a page, the used ring on a page of its
 * own (virtio 1.2, 2.7; the order is that of Linux include/uapi/linux/virtio_ring.h, vring_init; the place is our choice).
 */
const FIRST_GFN = 4096;

export interface GuestRingLayout {
	readonly descriptors: number;
	readonly avail: number;
	readonly used: number;
	readonly pages: number;
}

/** Bytes of descriptors and avail ring, and of the used ring (virtio 1.2, 2.7). */
export const driverBytes = (entries: number): number => 18 * entries + 6;
export const deviceBytes = (entries: number): number => 8 * entries + 6;

const pagesOf = (bytes: number): number => Math.ceil(bytes / PAGE_BYTES);

export const guestRingPages = (entries: number): number => pagesOf(driverBytes(entries)) + pagesOf(deviceBytes(entries));

/** Addresses of a ring that begins at page `gfn` of low memory, where guest address and page number agree. */
export function guestRingAt(gfn: number, entries: number): GuestRingLayout {
	const descriptors = gfn * PAGE_BYTES;
	return {
		descriptors,
		avail: descriptors + 16 * entries,
		used: descriptors + pagesOf(driverBytes(entries)) * PAGE_BYTES,
		pages: guestRingPages(entries)
	};
}

/** First page of the rings of a VM: 16 MiB, or the second quarter of a smaller low memory. */
export function firstRingGfn(lowPages: number): number {
	return Math.min(FIRST_GFN, Math.floor(lowPages / 4));
}
