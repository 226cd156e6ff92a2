import {
	EXTENTS_IN_STATUS,
	type FabricExtentStatus,
	type FabricHostStatus,
	type FabricLogicalDeviceStatus,
	type FabricPlanStatus,
	type FabricTagStatus
} from '../contract/fabric-status.ts';
import { hpaOf } from '../fabric/address/reverse.ts';
import { mediaHeld } from '../fabric/content.ts';
import { countsOf, extentsOf, STATE_NAMES } from '../fabric/dcd/lists.ts';
import { deviceIndex } from '../fabric/dcd/arguments.ts';
import { DC_EVENT_NAMES, eventOpcode } from '../fabric/dcd/log.ts';
import { GFD_SPACE, readExtent, regionOf, type Extent } from '../fabric/dcd/rows.ts';
import { tagText, viewOfExtents } from '../fabric/dcd/tags.ts';
import { rowsByAddress } from '../fabric/dcd/tree.ts';
import { groupOfBlock, partitionAt } from '../fabric/gfd/groups.ts';
import { stepsOf } from '../orchestrator/plans.ts';
import type { DaxRecord, DeviceRecord, GfdRecord, LogicalDeviceRecord, PlanRecord, TagRecord } from '../state/fabric-records.ts';
import type { World } from '../state/world.ts';

/** Capacity as the page shows it: extents by address with their states, the event log, tags as each host sees them. */
type Shown = Pick<FabricLogicalDeviceStatus, 'extents' | 'counts' | 'pendingGroups' | 'generation' | 'log'>;

export function capacityStatus(world: World, device: number, ld: number): Shown {
	const record = world.r.fabric.devices[device] as DeviceRecord;
	const logical = record.lds[ld] as LogicalDeviceRecord;
	return {
		extents: rowsByAddress(world, device, ld, EXTENTS_IN_STATUS).map((row) => extentStatus(world, logical, row)),
		counts: countsOf(world, device, ld),
		pendingGroups: logical.pending.length,
		generation: logical.generation,
		log: {
			capacity: record.limits.logRecords,
			overflow: logical.log.overflow,
			records: logical.log.records.map((event) => ({
				handle: event.handle,
				what: `${eventOpcode(event.type)} ${DC_EVENT_NAMES[event.type] ?? ''}`,
				type: event.type,
				more: event.more,
				dpa: event.dpa,
				bytes: event.bytes,
				tag: event.tag === '' ? null : event.tag,
				sequence: event.sequence,
				atNs: event.atNs
			}))
		}
	};
}

function extentStatus(world: World, logical: LogicalDeviceRecord, row: number): FabricExtentStatus {
	const extent = readExtent(world, row);
	const tag = tagText(world, extent.tagId);
	return {
		row,
		dpa: extent.dpa,
		bytes: extent.bytes,
		media: extent.media,
		tag: tag === '' ? null : tag,
		sequence: extent.sequence,
		arrival: extent.arrival,
		state: STATE_NAMES[extent.state as keyof typeof STATE_NAMES],
		region: regionOf(logical.regions, extent.dpa, extent.bytes)
	};
}

/** Extents of a tag in a list, in sequence order: every list is walked once, however many tags it holds. */
export type ExtentsOfTag = (device: number, ld: number, tagId: number) => readonly Extent[];
export function extentsByTag(world: World): ExtentsOfTag {
	const lists = new Map<string, Map<number, Extent[]>>();
	return (device, ld, tagId) => {
		const key = `${device} ${ld}`;
		let list = lists.get(key);
		if (!list) {
			list = new Map();
			for (const extent of extentsOf(world, device, ld)) {
				if (extent.tagId === 0) continue;
				const own = list.get(extent.tagId);
				if (own) own.push(extent);
				else list.set(extent.tagId, [extent]);
			}
			for (const own of list.values()) own.sort((a, b) => a.sequence - b.sequence || a.arrival - b.arrival);
			lists.set(key, list);
		}
		return list.get(tagId) ?? [];
	};
}

export function tagStatus(world: World, record: TagRecord, ofTag: ExtentsOfTag): FabricTagStatus {
	const first = record.media[0];
	const held = first ? mediaHeld(world, record.device, first.at) : null;
	const device = deviceIndex(world, record.device);
	const gfd = world.r.fabric.devices[device]?.gfd ?? null;
	const holders = gfd === null ? record.holders : hostsWithAccess(world, gfd, ofTag(device, GFD_SPACE, record.id));
	return {
		tag: record.tag,
		device: record.device,
		bytes: record.bytes,
		sharable: record.sharable,
		referenced: record.referenced,
		holders: [...holders],
		offered: [...record.offered],
		views: holders.flatMap((host) => {
			const ld = gfd === null ? record.uses.find((use) => world.r.fabric.devices[device]?.lds[use.ld]?.host === host)?.ld : GFD_SPACE;
			if (ld === undefined) return [];
			const view = viewOfExtents(record, device, ld, ofTag(device, ld, record.id));
			return [
				{
					host,
					pieces: view.pieces.map((piece) => ({
						sequence: piece.sequence,
						arrival: piece.arrival,
						at: piece.at,
						bytes: piece.bytes,
						dpa: piece.dpa,
						hpa: hpaOf(world, host, view.device, view.ld, piece.dpa)
					})),
					complete: view.complete,
					missing: [...view.missing]
				}
			];
		}),
		content: held === null ? null : { writer: held.writer, version: held.version }
	};
}

/** A G-FAM device asks nobody: whoever may reach every group of a tag has it. */
function hostsWithAccess(world: World, gfd: GfdRecord, extents: readonly { readonly dpa: number }[]): string[] {
	if (extents.length === 0) return [];
	const groups = extents.map(({ dpa }) => {
		const place = partitionAt(gfd, dpa);
		return place ? groupOfBlock(place.partition, place.block) : null;
	});
	const open = new Set(
		gfd.access.flatMap((one) => (groups.every((group) => group !== null && one.groups.includes(group)) ? [one.pid] : []))
	);
	return world.r.fabric.peers.filter((peer) => open.has(peer.pid)).map((peer) => peer.id);
}

export const daxStatus = (dax: DaxRecord): FabricHostStatus['dax'][number] => ({
	id: dax.id,
	device: dax.device,
	tag: dax.tag === '' ? null : dax.tag,
	bytes: dax.bytes,
	use: dax.use,
	state: dax.state,
	occupiedBytes: dax.occupiedBytes,
	stuckBytes: dax.stuckBytes,
	extents: [...dax.extents],
	emptyNs: dax.emptyNs < 0 ? null : dax.emptyNs,
	stays: dax.stays
});

export const planStatus = (plan: PlanRecord): FabricPlanStatus => ({
	id: plan.id,
	plan: plan.plan,
	steps: stepsOf(plan.plan, plan.values).map((step) => step.says),
	notes: [...plan.notes],
	step: plan.step,
	waits: plan.state === 'running' && plan.acted === 'waiting',
	state: plan.state,
	reason: plan.reason,
	startNs: plan.startNs,
	endNs: plan.endNs < 0 ? null : plan.endNs
});
