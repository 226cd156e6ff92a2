import { PAGE_BYTES } from '../../base/units.ts';
import { addMemory, removeMemory } from '../mm/blocks/add.ts';
import { blockState, pagesPerBlock, zoneOfMemoryBlock } from '../mm/blocks/sections.ts';
import { osRecord } from '../mm/os/os.ts';
import { storeOf, writeStore } from '../mm/space/device-store.ts';
import { emit } from '../sim/trace.ts';
import type { CxlRecord, DaxDeviceRecord } from '../state/cxl-records.ts';
import type { ZoneRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { inDirectoryOrder } from './kernfs.ts';

/**
 * Devices of the dax bus and their two drivers: device_dax, which processes map, and kmem, which makes memory blocks of them
 * (Linux 7.2 drivers/dax/bus.c, device.c, kmem.c).
 */

export const daxName = (dax: DaxDeviceRecord): string => `dax${dax.region}.${dax.id}`;
export const daxByName = (cxl: CxlRecord, name: string): DaxDeviceRecord | null => cxl.daxes.find((dax) => daxName(dax) === name) ?? null;

/** Smallest alignment of a device: a PMD (drivers/dax/cxl.c asks for PMD_SIZE). */
export const DAX_ALIGN = 2 * 2 ** 20;

export function bindDax(world: World, cxl: CxlRecord, dax: DaxDeviceRecord, driver: 'device_dax' | 'kmem'): string | null {
	if (dax.driver !== 'none') return 'EBUSY';
	if (dax.bytes === 0) return 'ENXIO';
	if (driver === 'kmem') {
		const refused = probeKmem(world, cxl, dax);
		if (refused !== null) return refused;
	}
	dax.driver = driver;
	emit(world, {
		kind: 'online',
		rule: driver === 'kmem' ? 'dax-kmem' : 'dax-device',
		cause: null,
		host: osRecord(world, cxl.os).id,
		values: { device: daxName(dax), driver, bytes: dax.bytes, node: dax.node },
		text: `${osRecord(world, cxl.os).id}: ${daxName(dax)} goes to ${driver}`
	});
	return null;
}

/** The part of a device that whole memory blocks cover (kmem.c, dax_kmem_range). */
export function kmemRange(world: World, os: number, dax: DaxDeviceRecord): { readonly start: number; readonly bytes: number } {
	const unit = pagesPerBlock(world, os) * PAGE_BYTES;
	const start = Math.ceil(dax.start / unit) * unit;
	const end = Math.floor((dax.start + dax.bytes) / unit) * unit;
	return { start, bytes: Math.max(0, end - start) };
}

/** One static memory group of the whole device; its blocks are onlined as auto_online_blocks says. */
function probeKmem(world: World, cxl: CxlRecord, dax: DaxDeviceRecord): string | null {
	const { os } = cxl;
	const { start, bytes } = kmemRange(world, os, dax);
	if (bytes === 0) return 'EINVAL';
	// What an earlier kmem could not take back still holds the range.
	if (cxl.leaks.some((leak) => leak.start < start + bytes && leak.start + leak.bytes > start)) return 'EBUSY';
	const { groups } = osRecord(world, os);
	groups.push({ kind: 'static', node: dax.node, device: daxName(dax), unitPages: bytes / PAGE_BYTES, kernelPages: 0, movablePages: 0 });
	const group = groups.length - 1;
	const refused = addMemory(world, os, { addr: start, bytes, node: dax.node, group, memmapOnMemory: true });
	if (refused !== null) return refused;
	setTier(world, os, dax.node, true);
	dax.group = group;
	// What the kernel then writes there is not followed: the old contents count as gone (our simplification).
	const { store, firstPage } = storeOf(cxl, dax);
	writeStore(world, store, firstPage + (start - dax.start) / PAGE_BYTES, bytes / PAGE_BYTES, null);
	return null;
}

/** The memory type of a node that kmem serves: below DRAM (mm/memory-tiers.c, init_node_memory_type and clear_node_memory_type). */
function setTier(world: World, os: number, node: number, low: boolean): void {
	const record = osRecord(world, os).nodes.find((each) => each.id === node);
	if (record && low) record.lowTier = true;
	else if (record) delete record.lowTier;
}

/** The driver goes. What kmem cannot take back, because a block is online, stays and is lost until the next boot. */
export function unbindDax(world: World, cxl: CxlRecord, dax: DaxDeviceRecord): void {
	if (dax.driver === 'kmem') {
		const { start, bytes } = kmemRange(world, cxl.os, dax);
		if (removeMemory(world, cxl.os, start, bytes) !== null) cxl.leaks.push({ start, bytes });
		dax.group = -1;
		if (!cxl.daxes.some((other) => other !== dax && other.driver === 'kmem' && other.node === dax.node))
			setTier(world, cxl.os, dax.node, false);
	}
	dax.driver = 'none';
}

/** Memory blocks of a device that kmem has, in the order in which a tool meets them below its node. */
export function blocksOfDax(world: World, os: number, dax: DaxDeviceRecord): number[] {
	if (dax.driver !== 'kmem') return [];
	const unit = pagesPerBlock(world, os) * PAGE_BYTES;
	const { start, bytes } = kmemRange(world, os, dax);
	const ids: number[] = [];
	for (let at = start; at < start + bytes; at += unit) if (blockState(world, os, at / unit) !== null) ids.push(at / unit);
	return inDirectoryOrder(ids, (id) => `memory${id}`);
}

export const onlineBlocksOf = (world: World, os: number, dax: DaxDeviceRecord): number[] =>
	blocksOfDax(world, os, dax).filter((id) => blockState(world, os, id) !== 'offline');

/** Every block is online and lies in ZONE_MOVABLE; null while one is not online (libdaxctl, daxctl_memory_is_movable). */
export function isMovable(world: World, os: number, dax: DaxDeviceRecord): boolean | null {
	const blocks = blocksOfDax(world, os, dax);
	if (blocks.length === 0 || onlineBlocksOf(world, os, dax).length < blocks.length) return null;
	return blocks.every((id) => {
		const zone = zoneOfMemoryBlock(world, os, id);
		return zone >= 0 && (world.r.zones[zone] as ZoneRecord).name === 'MOVABLE';
	});
}
