import { PAGE_BYTES } from '../../../base/units.ts';
import type { World } from '../../state/world.ts';
import { gfnOfGpa } from './reach.ts';
import { INDEX_MASK } from './rings.ts';

/**
 * Pages that a device has written and whose buffers QEMU has not returned yet: the log hears of them when it does, at the
 * latest when the device is stopped. Until then they are neither current at the target nor marked.
 */
export function unreturnedPages(world: World, vm: number): ReadonlySet<number> {
	const pages = new Set<number>();
	const { c } = world;
	const guest = world.r.vdpa.guests.find((record) => record.vm === vm);
	if (!guest) return pages;
	for (const nic of world.r.vdpa.nics) {
		if (nic.vm !== vm) continue;
		for (const queue of nic.queues) {
			if (queue.kind !== 'receive' || queue.served !== 'shadow') continue;
			const { shadow, entries, shadowEntry, firstEntry } = queue;
			for (let index = shadow.lastUsedIndex; index !== shadow.usedIndex; index = (index + 1) & INDEX_MASK) {
				const place = shadowEntry + (index & (entries - 1));
				const head = c.ringBuffer.get(shadowEntry + c.ringUsed.get(place));
				const gpa = c.ringAddress.get(firstEntry + head);
				const last = gpa + c.ringUsedBytes.get(place) - 1;
				for (let at = gpa; at <= last; at += PAGE_BYTES - (at % PAGE_BYTES)) pages.add(gfnOfGpa(guest, at));
			}
		}
	}
	return pages;
}
