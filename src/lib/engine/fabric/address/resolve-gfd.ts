import { formatAddress } from '../../../base/address.ts';
import type { EdgeRecord, FastEntry, PeerRecord, SwitchRecord, WindowRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { gdtHits, gdtOf } from '../gfd/decode.ts';
import { groupOfBlock, mayAccess, partitionAt } from '../gfd/groups.ts';
import { anyDown, downAmong } from '../switch/links.ts';
import { pbrWay } from '../switch/pbr-route.ts';
import { granularityBytes, powerOfTwo } from './encoding.ts';
import { ended, type Ladder, type Resolved } from './resolved.ts';
import { bitsWords, pidWords, sizeWords } from './words.ts';

/**
 * The way through an edge port of a PBR switch to a G-FAM device (CXL 4.0 7.7.2.2, 7.7.2.4, 7.7.2.5): segment table → PID →
 * decoder table of the requester → partition, block, group → access table.
 */
export function edgeOf(world: World, host: string): { readonly one: SwitchRecord; readonly edge: EdgeRecord } | null {
	for (const one of world.r.fabric.switches) {
		const edge = one.edges.find((candidate) => candidate.host === host);
		if (edge) return { one, edge };
	}
	return null;
}

/** Segment of an address: its bits above the segment size, as many as the table is deep. */
export function segmentOf(edge: EdgeRecord, hpa: number): number {
	return Math.floor(hpa / edge.segmentBytes) % edge.depth;
}

export function fastEntry(edge: EdgeRecord, hpa: number): FastEntry | null {
	if (hpa < edge.fabricBase || hpa >= edge.fabricBase + edge.segmentBytes * edge.depth) return null;
	const segment = segmentOf(edge, hpa);
	for (const entry of edge.fast) if (entry.segment === segment) return entry;
	return null;
}

/** PID that a FAST entry sends an address to, and which way of its set that is; −1 behind the end of the IDT. */
export function targetPid(edge: EdgeRecord, entry: FastEntry, hpa: number): { readonly pid: number; readonly way: number } {
	if (entry.interleave === 0) return { pid: entry.target, way: 0 };
	const way = Math.floor(hpa / granularityBytes(entry.granularity)) % powerOfTwo(entry.interleave);
	return { pid: edge.idt[entry.target + way] ?? -1, way };
}

export function resolveByPid(world: World, peer: PeerRecord, window: WindowRecord, hpa: number, ladder: Ladder): Resolved {
	const found = edgeOf(world, peer.id);
	if (!found) return ended({ window }, 'no-segment', `host ${peer.id} hangs at no edge port`);
	const { one, edge } = found;
	const cut = anyDown(world) ? downAmong(world, [peer.id, one.id, `${one.id}:${edge.port}`]) : null;
	if (cut !== null) return ended({ window, switches: [one.id] }, 'link-down', `the link ${cut} is down`);
	const entry = fastEntry(edge, hpa);
	if (!entry)
		return ended({ window, switches: [one.id] }, 'no-segment', `the edge port has no valid entry for segment ${segmentOf(edge, hpa)}`);
	const { pid, way } = targetPid(edge, entry, hpa);
	ladder?.push({
		at: 'edgePort',
		title: `Edge port ${edge.port} of ${one.id}`,
		says: `Segment ${entry.segment} of ${sizeWords(edge.segmentBytes)}${
			entry.interleave === 0
				? ''
				: `; ${bitsWords(granularityBytes(entry.granularity), powerOfTwo(entry.interleave))} say ${way} of ${powerOfTwo(entry.interleave)}`
		}: to PID ${pidWords(pid)}. The address stays as it is; ${pidWords(edge.pid)} is put in as its sender.`,
		value: way,
		rule: 'gfam-fast'
	});
	const device = world.r.fabric.devices.findIndex((candidate) => candidate.gfd?.pid === pid);
	const record = world.r.fabric.devices[device];
	const route = pbrWay(world, one, pid);
	const switches = route.hops.length === 0 ? [one.id] : route.hops.map((hop) => hop.id);
	const known = { window, way: record ? window.targets.indexOf(record.id) : way, device, ld: -1, switches };
	if (!record?.gfd) return ended(known, 'no-segment', `no G-FAM device has PID ${pidWords(pid)}`);
	if (!record.present) return ended(known, 'absent', `device ${record.id} has been pulled out`);
	if (route.lost !== null) return ended(known, 'link-down', route.lost);
	const hits = gdtHits(gdtOf(record.gfd, edge.pid), hpa);
	const hit = hits[0];
	if (!hit) return ended(known, 'no-gdt', `no decoder of ${pidWords(edge.pid)} in ${record.id} claims ${formatAddress(hpa)}`);
	if (hits.length > 1)
		return ended(known, 'many-gdt', `${hits.length} decoders of ${pidWords(edge.pid)} in ${record.id} claim ${formatAddress(hpa)}`);
	const gdt = gdtOf(record.gfd, edge.pid)[hit.index];
	if (ladder && gdt)
		ladder.push({
			at: 'gfdDecoder',
			title: `Decoder ${hit.index} of ${pidWords(edge.pid)} in ${record.id}`,
			says: `${formatAddress(hpa)} less base ${formatAddress(gdt.hpaBase)} is ${formatAddress(hit.offset)}${
				gdt.interleave === 0
					? ''
					: `; without ${bitsWords(granularityBytes(gdt.granularity), powerOfTwo(gdt.interleave))} it is ${formatAddress(hit.inDevice)}`
			}; plus start ${formatAddress(gdt.dpaBase)}.`,
			value: hit.dpa,
			rule: 'gfam-gdt'
		});
	const reached = { ...known, offset: hit.offset, dpa: hit.dpa };
	const place = partitionAt(record.gfd, hit.dpa);
	const group = place ? groupOfBlock(place.partition, place.block) : null;
	if (!place || group === null) return ended(reached, 'no-group', `device address ${formatAddress(hit.dpa)} belongs to no memory group`);
	ladder?.push({
		at: 'group',
		title: `Group ${group}`,
		says: `Partition ${place.index}, block ${place.block} of ${sizeWords(place.partition.blockBytes)}: memory group ${group}.`,
		value: group,
		rule: 'gfam-group'
	});
	const open = mayAccess(record.gfd, edge.pid, group);
	ladder?.push({
		at: 'access',
		title: open ? 'Allowed' : 'Not allowed',
		says: open ? `Group ${group} is open to ${pidWords(edge.pid)}.` : `Group ${group} is not open to ${pidWords(edge.pid)}.`,
		value: open ? 1 : 0,
		rule: 'gfam-access'
	});
	if (!open) return ended(reached, 'no-access', `group ${group} is not open to ${pidWords(edge.pid)}`);
	return { ok: true, window, switches, way: known.way, device, ld: -1, offset: hit.offset, dpa: hit.dpa };
}
