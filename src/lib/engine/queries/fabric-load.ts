import type { FabricLinkStatus, FabricLoadStatus, FabricOfferStatus, FabricStreamStatus } from '../contract/fabric-load.ts';
import { deviceOf } from '../fabric/hosts/inbox.ts';
import { judge } from '../fabric/hosts/gates.ts';
import { downAmong } from '../fabric/switch/links.ts';
import { lineRate } from '../fabric/traffic/lines.ts';
import { capacityOf, LANES, linksOf, type Direction, type FabricLink } from '../fabric/traffic/links.ts';
import { aloneRate, endOf, movedBytes, rateOf } from '../fabric/traffic/streams.ts';
import type { PeerRecord, StreamRecord, TrafficRecord } from '../state/fabric-records.ts';
import type { World } from '../state/world.ts';

/** What goes over the links, and offers that wait for a person, as the page shows them. Nothing is counted here. */
export function linkStatus(world: World): FabricLinkStatus[] {
	const { traffic, streams } = world.r.fabric;
	const known = new Map(traffic.map((record) => [record.link, record]));
	return linksOf(world).map((link) => {
		const record = known.get(link.id) ?? null;
		const own = streams.filter((stream) => stream.links.includes(link.id));
		return {
			id: link.id,
			upper: link.upper,
			lower: link.lower,
			down: downAmong(world, namesOf(link)) !== null,
			lanes: LANES,
			laneGTps: world.costs.pcieGen5LaneRateGTps,
			read: loadStatus(world, link, record, own, 'read'),
			write: loadStatus(world, link, record, own, 'write'),
			snoops: record?.snoops ?? 0
		};
	});
}

/** Names under which this link may be down. */
const namesOf = ({ id, ends, upper, lower }: FabricLink): string[] => [
	id,
	...(ends === 'host-switch' || ends === 'host-device' ? [upper] : []),
	...(ends === 'switch-device' || ends === 'host-device' ? [lower] : [])
];

const LINE = 64;
function loadStatus(
	world: World,
	link: FabricLink,
	record: TrafficRecord | null,
	streams: readonly StreamRecord[],
	direction: Direction
): FabricLoadStatus {
	const { nowNs } = world.r;
	const own = streams.filter((stream) => stream.direction === direction);
	const ahead = own.map((stream) => movedBytes(stream, nowNs) - stream.countedBytes);
	const capacity = capacityOf(world, link.ends, direction);
	const rate = own.reduce((sum, stream) => sum + rateOf(stream), 0) + (record ? lineRate(record, direction, nowNs) : 0);
	return {
		bytes: (direction === 'read' ? (record?.readBytes ?? 0) : (record?.writtenBytes ?? 0)) + ahead.reduce((sum, bytes) => sum + bytes, 0),
		accesses:
			(direction === 'read' ? (record?.reads ?? 0) : (record?.writes ?? 0)) +
			ahead.reduce((sum, bytes) => sum + Math.ceil(bytes / LINE), 0),
		bytesPerSecond: Math.floor(rate),
		capacityBytesPerSecond: capacity.bytesPerSecond,
		limitedBy: capacity.limitedBy,
		load: Math.min(1, rate / capacity.bytesPerSecond)
	};
}

/** Whose copy it is, from its name. */
const STREAM_OF: Readonly<Record<StreamRecord['of'], (id: string) => string>> = {
	app: (id) => id,
	dax: (id) => id.split(' ').at(-1) ?? id,
	guest: (id) => id.split(' ')[0] ?? id
};

export const streamStatus = (world: World, stream: StreamRecord): FabricStreamStatus => ({
	of: STREAM_OF[stream.of](stream.id),
	host: stream.host,
	device: stream.device,
	direction: stream.direction,
	bytes: stream.bytes,
	movedBytes: movedBytes(stream, world.r.nowNs),
	bytesPerSecond: Math.floor(rateOf(stream)),
	aloneBytesPerSecond: Math.floor(aloneRate(stream)),
	links: [...stream.links],
	startNs: stream.startNs,
	endNs: endOf(stream)
});

export function offerStatus(world: World, peer: PeerRecord): FabricOfferStatus[] {
	return peer.inboxes
		.flatMap((inbox) =>
			inbox.byHand.map((chain): FabricOfferStatus => {
				const device = deviceOf(world, peer, inbox);
				const judged = device < 0 ? { entries: [], dropped: [`${inbox.device} is gone`] } : judge(world, peer, device, inbox.ld, chain);
				const tags = new Set(chain.map((record) => record.tag));
				const [tag = ''] = tags;
				return {
					device: inbox.device,
					ld: inbox.ld,
					tag: tags.size !== 1 || tag === '' ? null : tag,
					bytes: chain.reduce((sum, record) => sum + record.bytes, 0),
					sinceNs: chain.at(-1)?.atNs ?? 0,
					extents: chain.map((record) => ({
						dpa: record.dpa,
						bytes: record.bytes,
						tag: record.tag === '' ? null : record.tag,
						sequence: record.sequence,
						region: record.region
					})),
					gates: {
						extents: judged.entries.length,
						bytes: judged.entries.reduce((sum, entry) => sum + entry.bytes, 0),
						dropped: [...judged.dropped]
					}
				};
			})
		)
		.sort((a, b) => a.sinceNs - b.sinceNs);
}
