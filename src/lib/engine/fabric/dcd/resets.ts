import { formatBytesBinary } from '../../../base/format.ts';
import { emit } from '../../sim/trace.ts';
import type { World } from '../../state/world.ts';
import { isShared } from './answer.ts';
import { closeGroup, dropRow, groupById, rowsOfGroup } from './groups.ts';
import { extentsOf } from './lists.ts';
import { rulesOf } from './profile.ts';
import { forceOut } from './recall.ts';
import { ExtentState } from '../../contract/words.ts';
import { deviceAt, ldAt, listOf } from './rows.ts';
import { countUse, endUnusedTag } from './tags.ts';
import { rowsByAddress } from './tree.ts';

/**
 * Resets (CXL 4.0 9.13.3): shared capacity is taken without an event, the event log is cleared, capacity of one's own stays.
 * Offers of shared capacity that nobody can read any more are forgotten (our simplification). In QEMU nothing of it happens.
 */
export function resetLogicalDevice(world: World, device: number, ld: number, cause: number | null): void {
	const rules = rulesOf(world, device);
	const record = deviceAt(world, device);
	const logical = ldAt(world, device, ld);
	if (!rules.resetClears) return;
	let bytes = 0;
	for (const extent of extentsOf(world, device, ld)) {
		if (!isShared(world, device, ld, extent)) continue;
		bytes += extent.bytes;
		forceOut(world, device, ld, extent, false, cause, false);
	}
	for (const id of [...logical.pending]) {
		const group = groupById(world, id);
		if (!group || !logical.regions[group.region]?.sharable) continue;
		const rows = rowsOfGroup(world, group);
		const tagId = rows.length === 0 ? 0 : world.c.extentTag.get(rows[0] as number);
		for (const row of rows) dropRow(world, device, ld, row);
		closeGroup(world, device, group);
		countUse(world, device, ld, tagId, -rows.length, 0);
		endUnusedTag(world, device, tagId, cause);
	}
	// The host begins anew: it remembers nothing of what was taken before.
	for (const row of rowsByAddress(world, device, ld))
		if (world.c.extentState.get(row) === ExtentState.forced) dropRow(world, device, ld, row);
	logical.log.records = [];
	logical.log.overflow = 0;
	logical.log.firstLostNs = -1;
	logical.log.lastLostNs = -1;
	if (rules.countsGenerations && bytes > 0) listOf(world, device, ld).generation += 1;
	emit(world, {
		kind: 'extent',
		rule: 'dcd-reset',
		cause,
		host: logical.host,
		values: { device: record.id, ld, bytes },
		text: `${record.id}: logical device ${ld} is reset${bytes === 0 ? '' : `, ${formatBytesBinary(bytes)} of shared capacity are taken without an event`}; its event log is empty`
	});
}

/** The whole device: all of its logical devices. */
export function resetDevice(world: World, device: number, cause: number | null): void {
	for (const ld of deviceAt(world, device).lds.keys()) resetLogicalDevice(world, device, ld, cause);
}
