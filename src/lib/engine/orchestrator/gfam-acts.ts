import { addToGroup, takeFromGroup } from '../fabric/dcd/gfd.ts';
import { extentsOf } from '../fabric/dcd/lists.ts';
import { GFD_SPACE, type Extent } from '../fabric/dcd/rows.ts';
import { tagById } from '../fabric/dcd/tags.ts';
import { mayAccess } from '../fabric/gfd/groups.ts';
import { Notice, notify } from '../fabric/gfd/notify.ts';
import { bytesOf } from '../fabric/dcd/arguments.ts';
import { RETURN_CODES } from '../fabric/outcome.ts';
import { costNs } from '../costs/cost-model.ts';
import type { DeviceRecord, GfdRecord, PeerRecord, PlanRecord } from '../state/fabric-records.ts';
import type { World } from '../state/world.ts';

/**
 * The acts of a plan at a G-FAM device: two commands in place of one, first capacity to a memory group (4907h), then the group
 * opened to a requester (490Dh). No host is asked by a mailbox; what is negotiated goes another way (CXL 4.0 8.2.10.9.10.9).
 */
interface Answer {
	readonly code: number;
	readonly says: string;
}
const done = (says: string): Answer => ({ code: RETURN_CODES.success, says });
const no = (says: string, code: number = RETURN_CODES.invalidInput): Answer => ({ code, says });

export function extentsOfPlan(world: World, device: number, tag: string): Extent[] {
	return extentsOf(world, device, GFD_SPACE).filter((extent) => tag === '' || tagById(world, extent.tagId)?.tag === tag);
}

/** Bytes of a tag that a requester may reach. */
export function reachableBytes(world: World, device: number, host: string, tag: string): number {
	const gfd = world.r.fabric.devices[device]?.gfd;
	const peer = world.r.fabric.peers.find((each) => each.id === host);
	if (!gfd || !peer) return 0;
	return extentsOfPlan(world, device, tag)
		.filter((extent) => mayAccess(gfd, peer.pid, extent.group))
		.reduce((sum, extent) => sum + extent.bytes, 0);
}

export function gfamAct(
	world: World,
	act: 'offer' | 'share' | 'ask-back' | 'force-back' | 'take-access',
	plan: PlanRecord,
	host: string,
	cause: number | null
): Answer {
	const device = world.r.fabric.devices.findIndex((record) => record.id === plan.values['device']);
	const record = world.r.fabric.devices[device];
	const peer = world.r.fabric.peers.find((each) => each.id === host);
	const tag = String(plan.values['tag'] ?? '');
	if (!record?.gfd || !peer) return no(`there is no host "${host}"`);
	switch (act) {
		case 'offer': {
			const group = freeGroup(world, device, record.gfd);
			if (group < 0) return no('every memory group is in use', RETURN_CODES.resourcesExhausted);
			const added = addToGroup(
				world,
				device,
				{
					group,
					partition: Number(plan.values['region'] ?? 0),
					policy: 'free',
					bytes: bytesOf(plan.values['bytes']) ?? 0,
					tag,
					extents: []
				},
				cause
			);
			if (added.code !== RETURN_CODES.success) return added;
			return open(world, record, peer, group, cause);
		}
		case 'share': {
			const group = extentsOfPlan(world, device, tag)[0]?.group;
			return group === undefined ? no(`nobody has tag "${tag}"`) : open(world, record, peer, group, cause);
		}
		case 'ask-back':
			if (peer.dax.some((dax) => dax.device === record.id && (tag === '' || dax.tag === tag) && dax.state === 'claimed'))
				return no(`${host} still uses it`, RETURN_CODES.busy);
			return takeBack(world, device, record, peer, tag, cause);
		case 'force-back':
			return takeBack(world, device, record, peer, tag, cause);
		case 'take-access':
			shut(world, record, peer, record.gfd.access.find((each) => each.pid === peer.pid)?.groups ?? [], cause);
			return done(`${host} has no memory group any more`);
	}
}

function freeGroup(world: World, device: number, gfd: GfdRecord): number {
	const used = new Set(extentsOf(world, device, GFD_SPACE).map((extent) => extent.group));
	for (let group = 0; group < gfd.groupLimit; group += 1) if (!used.has(group)) return group;
	return -1;
}

function open(world: World, record: DeviceRecord, peer: PeerRecord, group: number, cause: number | null): Answer {
	const gfd = record.gfd as GfdRecord;
	const entry = gfd.access.find((each) => each.pid === peer.pid);
	if (!entry) gfd.access.push({ pid: peer.pid, groups: [group] });
	else if (!entry.groups.includes(group)) entry.groups = [...entry.groups, group].sort((a, b) => a - b);
	tell(world, record, peer, cause);
	return done(`group ${group} is open to ${peer.id}`);
}

function shut(world: World, record: DeviceRecord, peer: PeerRecord, groups: readonly number[], cause: number | null): void {
	const entry = record.gfd?.access.find((each) => each.pid === peer.pid);
	if (!entry) return;
	entry.groups = entry.groups.filter((group) => !groups.includes(group));
	tell(world, record, peer, cause);
}

function tell(world: World, record: DeviceRecord, peer: PeerRecord, cause: number | null): void {
	notify(
		world,
		record,
		peer.pid,
		Notice.extentListChange,
		'the list of extents has changed',
		cause,
		costNs(world.costs, 'cxlMailboxCommandMs')
	);
}

/** Shut out; what nobody reaches any more and nobody references is free. */
function takeBack(world: World, device: number, record: DeviceRecord, peer: PeerRecord, tag: string, cause: number | null): Answer {
	const gfd = record.gfd as GfdRecord;
	const extents = extentsOfPlan(world, device, tag);
	const groups = [...new Set(extents.map((extent) => extent.group))];
	shut(world, record, peer, groups, cause);
	const names = new Set(extents.map((extent) => tagById(world, extent.tagId)?.tag ?? ''));
	for (const name of names) {
		const own = extentsOfPlan(world, device, name);
		const wanted = own.some((extent) => gfd.access.some((each) => each.groups.includes(extent.group)));
		const held = world.r.fabric.tags.some((each) => each.tag === name && each.device === record.id && each.referenced);
		if (name !== '' && !wanted && !held) takeFromGroup(world, device, { tag: name, extents: [] }, cause);
	}
	return done(`${peer.id} is shut out of ${tag || 'everything'}`);
}
