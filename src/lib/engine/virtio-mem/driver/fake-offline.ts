import { BLOCK_BYTES } from '../../../base/units.ts';
import { allocContigRange, fakeOffline } from '../../mm/blocks/contig.ts';
import { blockAtAddress } from '../../mm/drivers/find.ts';
import { osRecord, zoneOfOsBlock } from '../../mm/os/os.ts';
import type { VirtioMemRecord } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';
import { FRUITLESS_RECLAIM_NS, moveNs } from './cost.ts';
import type { Errno } from './send.ts';

/**
 * Takes a range away from the buddy allocator, page by page if need be, and marks it PageOffline (Linux 7.2.13
 * drivers/virtio/virtio_mem.c, virtio_mem_fake_offline): one try in a kernel zone, up to five in ZONE_MOVABLE, none once the
 * configuration changed.
 */
const MOVABLE_TRIES = 5;
/** Sub-blocks that stayed, with who is in them: as many as the page shows. */
const MOST_BLOCKERS = 32;

export interface FakeOffline {
	readonly errno: Errno | null;
	/** Time for moving what was in the way. */
	readonly costNs: number;
}

export function takeRange(world: World, device: VirtioMemRecord, addr: number, bytes: number, note: boolean): FakeOffline {
	const { os } = device;
	const firstBlock = blockAtAddress(world, os, addr);
	const blocks = bytes / BLOCK_BYTES;
	const tries = isMovable(world, os, firstBlock) ? MOVABLE_TRIES : 1;
	let costNs = 0;
	for (let attempt = 1; ; attempt += 1) {
		if (device.driver.configChanged) return { errno: 'EAGAIN', costNs };
		const taken = allocContigRange(world, os, firstBlock, blocks);
		costNs += moveNs(world, taken.moved);
		if (taken.outcome === 'ok') {
			fakeOffline(world, os, firstBlock, blocks);
			return { errno: null, costNs };
		}
		if (taken.outcome === 'ENOMEM') return { errno: 'ENOMEM', costNs: costNs + FRUITLESS_RECLAIM_NS };
		// Nothing moved and nothing passes by: another try at the same instant would find the same.
		const same = taken.moved === 0 && osRecord(world, os).settings.transientChancePpm === 0;
		if (attempt < tries && !same) continue;
		if (note && taken.blocker) noteBlocker(device, addr, taken.blocker.why);
		return { errno: 'EBUSY', costNs };
	}
}

export function isMovable(world: World, os: number, block: number): boolean {
	const zone = zoneOfOsBlock(world, os, block);
	return zone >= 0 && world.r.zones[zone]?.name === 'MOVABLE';
}

/** `work.blocking`: pairs of address and reason, of this run. */
function noteBlocker(device: VirtioMemRecord, addr: number, why: string): void {
	const { work } = device.driver;
	const list = Array.isArray(work['blocking']) ? work['blocking'] : [];
	if (list.length < MOST_BLOCKERS) work['blocking'] = [...list, [addr, why]];
}
