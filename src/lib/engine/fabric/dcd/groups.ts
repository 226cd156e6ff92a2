import { ExtentState } from '../../contract/words.ts';
import type { GroupRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { deviceAt, ldAt, listOf, releaseExtentRow, takeExtentRow } from './rows.ts';
import { insertByAddress, removeByAddress } from './tree.ts';
import type { Placed } from './choose.ts';

/** Groups of extents that wait for an answer. Answers come in the order of the offers, so each logical device has a queue. */

export function groupById(world: World, id: number): GroupRecord | null {
	const { groups } = world.r.fabric;
	let low = 0;
	let high = groups.length;
	while (low < high) {
		const middle = Math.floor((low + high) / 2);
		if ((groups[middle] as GroupRecord).id < id) low = middle + 1;
		else high = middle;
	}
	const found = groups[low];
	return found?.id === id ? found : null;
}

/** The one that the next answer is for. */
export function firstGroup(world: World, device: number, ld: number): GroupRecord | null {
	const id = ldAt(world, device, ld).pending[0];
	return id === undefined ? null : groupById(world, id);
}

/** Rows of a group in the order of the events. */
export function rowsOfGroup(world: World, group: GroupRecord): number[] {
	const rows: number[] = [];
	for (let next = group.firstExtent; next !== 0; next = world.c.extentNext.get(next - 1)) rows.push(next - 1);
	return rows;
}

export interface NewGroup {
	readonly tag: string;
	readonly tagId: number;
	readonly region: number;
	readonly placed: readonly Placed[];
	readonly cause: number | null;
}

/** Makes the rows and puts the group at the end of the queue. The caller has asked for room. */
export function newGroup(world: World, device: number, ld: number, wanted: NewGroup): GroupRecord {
	const { fabric, nowNs } = world.r;
	const list = listOf(world, device, ld);
	const group: GroupRecord = {
		id: fabric.nextGroupId,
		device: deviceAt(world, device).id,
		ld,
		tag: wanted.tag,
		region: wanted.region,
		state: 'pending',
		firstExtent: 0,
		count: wanted.placed.length,
		bytes: wanted.placed.reduce((sum, one) => sum + one.bytes, 0),
		offeredNs: nowNs,
		answered: [],
		causeSeq: wanted.cause
	};
	fabric.nextGroupId += 1;
	let previous = -1;
	for (const { dpa, bytes, media, sequence } of wanted.placed) {
		const row = takeExtentRow(world, device, ld, {
			dpa,
			bytes,
			media,
			sequence,
			tagId: wanted.tagId,
			group: group.id,
			state: ExtentState.offered
		});
		if (previous < 0) group.firstExtent = row + 1;
		else world.c.extentNext.set(previous, row + 1);
		insertByAddress(world, list, row);
		previous = row;
	}
	list.offeredCount += group.count;
	fabric.groups.push(group);
	ldAt(world, device, ld).pending.push(group.id);
	return group;
}

/** Takes the group out of the queue; its rows are the caller's. */
export function closeGroup(world: World, device: number, group: GroupRecord): void {
	const logical = ldAt(world, device, group.ld);
	logical.pending.splice(logical.pending.indexOf(group.id), 1);
	logical.offeredCount -= group.count;
	const { groups } = world.r.fabric;
	groups.splice(groups.indexOf(group), 1);
}

/** A row out of the tree and away; what it stood for is the caller's. */
export function dropRow(world: World, device: number, ld: number, row: number): void {
	removeByAddress(world, listOf(world, device, ld), row);
	releaseExtentRow(world, row);
}
