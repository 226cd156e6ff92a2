import type { World } from '../../state/world.ts';
import { deviceAt, listOf } from './rows.ts';

/**
 * What a device can still track (CXL 4.0 9.13.3.3): extents of one logical device that are offered, dead or accepted count,
 * and so do those that only a reference of the fabric manager keeps; tags count once per device.
 */

export function extentsAvailable(world: World, device: number, ld: number): number {
	const list = listOf(world, device, ld);
	return Math.max(0, deviceAt(world, device).limits.extents - list.extentCount - list.offeredCount - referencedOnly(world, device));
}

/** Extents of tags that no host has any more. */
function referencedOnly(world: World, device: number): number {
	const { id } = deviceAt(world, device);
	let extents = 0;
	for (const tag of world.r.fabric.tags) if (tag.referenced && tag.uses.length === 0 && tag.device === id) extents += tag.media.length;
	return extents;
}

export function tagsAvailable(world: World, device: number): number {
	const { id, limits } = deviceAt(world, device);
	return Math.max(0, limits.tags - world.r.fabric.tags.filter((tag) => tag.device === id).length);
}
