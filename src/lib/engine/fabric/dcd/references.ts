import { emit } from '../../sim/trace.ts';
import type { TagRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { failed, rulesOf, success, type DcdAnswer } from './profile.ts';
import { deviceAt } from './rows.ts';
import { endUnusedTag, tagOf } from './tags.ts';

/**
 * 5606h Add Reference, 5607h Remove Reference, 5608h List Tags (CXL 4.0 7.6.7.6.7 to 7.6.7.6.9): the fabric manager's own hold
 * on shared content. Without it the last release destroys what the next host was to get.
 */

function sharedTag(world: World, device: number, tag: string): TagRecord | DcdAnswer {
	if (!rulesOf(world, device).references) return failed('unsupported', `${deviceAt(world, device).id} knows no references`);
	const record = tagOf(world, device, tag);
	return record?.sharable ? record : failed('invalidInput', `there is no shared tag "${tag}"`);
}

export function addReference(world: World, device: number, tag: string, cause: number | null): DcdAnswer {
	const record = sharedTag(world, device, tag);
	if ('code' in record) return record;
	if (record.referenced) return success('the reference was there already');
	record.referenced = true;
	tell(world, record, cause, `the fabric manager holds tag ${tag}: its content outlives every host`);
	return success('referenced');
}

export function removeReference(world: World, device: number, tag: string, cause: number | null): DcdAnswer {
	const record = sharedTag(world, device, tag);
	if ('code' in record) return record;
	if (!record.referenced) return success('no reference was there');
	record.referenced = false;
	const seq = tell(world, record, cause, `the fabric manager lets tag ${tag} go`);
	endUnusedTag(world, device, record.id, seq);
	return success('reference removed');
}

function tell(world: World, record: TagRecord, cause: number | null, text: string): number {
	return emit(world, {
		kind: 'extent',
		rule: 'dcd-reference',
		cause,
		values: { device: record.device, tag: record.tag, referenced: record.referenced ? 1 : 0 },
		text: `${record.device}: ${text}`
	});
}

export interface ListedTag {
	readonly tag: string;
	readonly referenced: boolean;
	/** Logical devices that accepted it, and those that it is offered to. */
	readonly accepted: readonly number[];
	readonly pending: readonly number[];
}

export function listTags(
	world: World,
	device: number,
	start: number,
	most: number
): DcdAnswer & { readonly total?: number; readonly tags?: readonly ListedTag[] } {
	if (!rulesOf(world, device).references) return failed('unsupported', `${deviceAt(world, device).id} lists no tags`);
	const { id } = deviceAt(world, device);
	const all = world.r.fabric.tags.filter((record) => record.device === id);
	if (start > all.length) return failed('invalidInput', `there are ${all.length} tags`);
	const tags = all.slice(start, start + most).map((record) => ({
		tag: record.tag,
		referenced: record.referenced,
		accepted: record.uses.filter((use) => use.accepted > 0).map((use) => use.ld),
		pending: record.uses.filter((use) => use.offered > 0).map((use) => use.ld)
	}));
	return { ...success(`${tags.length} of ${all.length} tags`), total: all.length, tags };
}
