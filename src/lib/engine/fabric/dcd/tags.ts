import { ExtentState } from '../../contract/words.ts';
import { emit } from '../../sim/trace.ts';
import type { TagRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { mediaFreed } from '../content.ts';
import { releaseMedia } from './media.ts';
import { deviceAt, listOf, readExtent, type Extent } from './rows.ts';

/**
 * Tags: the name under which hosts find the same capacity. A sharable tag owns media of its own, in the order of its
 * sequence numbers; capacity that is not sharable lies in the extents alone (CXL 4.0 8.2.10.2.1.6, 9.13.3.2).
 */

export function tagOf(world: World, device: number, tag: string): TagRecord | null {
	if (tag === '') return null;
	const { id } = deviceAt(world, device);
	return world.r.fabric.tags.find((record) => record.tag === tag && record.device === id) ?? null;
}

export function tagById(world: World, id: number): TagRecord | null {
	const { tags } = world.r.fabric;
	let low = 0;
	let high = tags.length;
	while (low < high) {
		const middle = Math.floor((low + high) / 2);
		if ((tags[middle] as TagRecord).id < id) low = middle + 1;
		else high = middle;
	}
	const found = tags[low];
	return found?.id === id ? found : null;
}

/** The text of an extent's tag, '' without one. */
export const tagText = (world: World, tagId: number): string => (tagId === 0 ? '' : (tagById(world, tagId)?.tag ?? ''));

export function newTag(world: World, device: number, tag: string, sharable: boolean): TagRecord {
	const record: TagRecord = {
		id: world.r.fabric.nextTagId,
		tag,
		device: deviceAt(world, device).id,
		bytes: 0,
		sharable,
		referenced: false,
		holders: [],
		offered: [],
		media: [],
		uses: [],
		sanitize: false
	};
	world.r.fabric.nextTagId += 1;
	world.r.fabric.tags.push(record);
	return record;
}

/** Extents of a logical device that carry the tag came or went. The tag ends with the last of them, unless it is referenced. */
export function countUse(world: World, device: number, ld: number, tagId: number, offered: number, accepted: number): void {
	const record = tagId === 0 ? null : tagById(world, tagId);
	if (!record) return;
	let use = record.uses.find((one) => one.ld === ld);
	if (!use) {
		use = { ld, offered: 0, accepted: 0 };
		record.uses.push(use);
	}
	use.offered += offered;
	use.accepted += accepted;
	record.uses = record.uses.filter((one) => one.offered > 0 || one.accepted > 0);
	nameHosts(world, device, record);
}

/** Who the logical devices belong to now. */
function nameHosts(world: World, device: number, record: TagRecord): void {
	const { lds } = deviceAt(world, device);
	const hosts = (list: TagRecord['uses']): string[] => list.flatMap((one) => lds[one.ld]?.host ?? []);
	record.holders = hosts(record.uses.filter((one) => one.accepted > 0));
	record.offered = hosts(record.uses.filter((one) => one.offered > 0));
}

/** A logical device came to another host, or to none. */
export function hostsChanged(world: World, device: number): void {
	const { id } = deviceAt(world, device);
	for (const record of world.r.fabric.tags) if (record.device === id) nameHosts(world, device, record);
}

/** After something was let go: a tag that nobody has and nobody references is over, and its media are free. */
export function endUnusedTag(world: World, device: number, tagId: number, cause: number | null): boolean {
	const record = tagId === 0 ? null : tagById(world, tagId);
	if (!record || record.referenced || record.uses.length > 0) return false;
	const { tags } = world.r.fabric;
	tags.splice(tags.indexOf(record), 1);
	for (const run of record.media) {
		mediaFreed(world, record.device, run.at, run.bytes, record.sanitize, cause);
		releaseMedia(deviceAt(world, device), run.at, run.bytes);
	}
	if (record.sharable)
		emit(world, {
			kind: 'extent',
			rule: 'dcd-tag-end',
			cause,
			values: { device: record.device, tag: record.tag, bytes: record.bytes, sanitized: record.sanitize ? 1 : 0 },
			text: `${record.device}: nobody has tag ${record.tag} any more, its media are free${record.sanitize ? ' and overwritten' : ''}`
		});
	return true;
}

/** Accepted extents of a logical device under one tag, in sequence order. */
export function extentsOfTag(world: World, device: number, ld: number, tagId: number): Extent[] {
	const extents: Extent[] = [];
	for (let next = listOf(world, device, ld).firstExtent; next !== 0; next = world.c.extentNext.get(next - 1))
		if (world.c.extentTag.get(next - 1) === tagId) extents.push(readExtent(world, next - 1));
	return extents.sort((a, b) => a.sequence - b.sequence || a.arrival - b.arrival);
}

export interface TagPiece {
	readonly row: number;
	readonly sequence: number;
	readonly arrival: number;
	/** Offset in the linear space of the tag: the only name of a byte that is the same on every host. */
	readonly at: number;
	readonly bytes: number;
	readonly dpa: number;
	readonly media: number;
}
export interface TagView {
	readonly device: number;
	readonly ld: number;
	readonly pieces: readonly TagPiece[];
	/** Every sequence number from 0 is there once, and the pieces are as long as the tag. */
	readonly complete: boolean;
	readonly missing: readonly number[];
}

/** The linear space of a tag as one host sees it: its extents sorted by sequence number, one behind the other. */
export function viewOfTag(world: World, host: string, tag: string): TagView | null {
	for (const [device, { lds }] of world.r.fabric.devices.entries())
		for (const [ld, logical] of lds.entries()) {
			if (logical.host !== host) continue;
			const record = tagOf(world, device, tag);
			if (!record?.uses.some((use) => use.ld === ld)) continue;
			return viewOfExtents(record, device, ld, extentsOfTag(world, device, ld, record.id));
		}
	return null;
}

export function viewOfExtents(record: TagRecord, device: number, ld: number, extents: readonly Extent[]): TagView {
	let at = 0;
	const pieces = extents.map((extent) => {
		const piece = {
			row: extent.row,
			sequence: extent.sequence,
			arrival: extent.arrival,
			at,
			bytes: extent.bytes,
			dpa: extent.dpa,
			media: extent.media
		};
		at += extent.bytes;
		return piece;
	});
	const numbers = new Set(extents.map((extent) => extent.sequence));
	const missing: number[] = [];
	const last = extents.at(-1)?.sequence ?? 0;
	if (record.sharable) for (let number = 0; number <= last; number += 1) if (!numbers.has(number)) missing.push(number);
	const whole = !record.sharable || (numbers.size === extents.length && at === record.bytes);
	return { device, ld, pieces, complete: extents.length > 0 && missing.length === 0 && whole, missing };
}

/** The host may not touch it although it once could. */
export const isCut = (world: World, row: number): boolean => world.c.extentState.get(row) === ExtentState.forced;
