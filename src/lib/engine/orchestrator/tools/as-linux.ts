import { granularityBytes, waysOfCode } from '../../fabric/address/encoding.ts';
import { dpaBases } from '../../fabric/address/decoders.ts';
import { isGfam } from '../../fabric/address/resolve.ts';
import { waysDown } from '../../fabric/address/topology.ts';
import type { CxlDecoderRecord, CxlPortRecord, CxlRecord } from '../../state/cxl-records.ts';
import type { PeerRecord, PortDecoderRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { memdevsOf, type Memdev } from './names.ts';

/**
 * The fabric of a host as its drivers would have enumerated it: root, host bridges, switches, endpoints with their decoders,
 * a region for each window that has one. A G-FAM window has a root decoder and nothing below it: Linux has no G-FAM.
 */
export function asLinux(world: World, peer: PeerRecord): CxlRecord {
	const memdevs = memdevsOf(world, peer);
	const cxl: CxlRecord = {
		os: -1,
		invalidates: true,
		windows: [],
		ports: [port(0, 'root', -1, -1, 'ACPI0017:00')],
		memdevs: memdevs.map(({ id, record, logical }) => ({
			id,
			serial: id,
			host: record.lds.length > 1 ? `${record.id}:${logical.number}` : record.id,
			device: record.id,
			ramBytes: record.staticBytes,
			pmemBytes: 0,
			dynamicBytes: logical.regions.reduce((sum, region) => sum + region.bytes, 0),
			endpoint: -1,
			store: record.id
		})),
		decoders: [],
		regions: [],
		daxes: [],
		regionIds: [],
		leaks: [],
		uuids: 0
	};
	const bridges = new Map<string, number>();
	peer.bridges.forEach((bridge, uid) => {
		(cxl.ports[0] as CxlPortRecord).dports.push({ id: uid, name: bridge.id, alias: `ACPI0016:0${uid}` });
		bridges.set(bridge.id, addPort(cxl, 'bridge', 0, uid, bridge.id));
		const own = cxl.ports.at(-1) as CxlPortRecord;
		own.passthrough = bridge.ports.length === 1 && bridge.decoders.length === 0;
		bridge.ports.forEach(({ id }, place) => own.dports.push({ id: place, name: id, alias: '' }));
	});
	const switches = new Map<string, number>();
	for (const way of waysDown(world, peer)) {
		const found = memdevs.findIndex((memdev) => memdev.device === way.device && memdev.ld === way.ld);
		const memdev = memdevs[found];
		if (!memdev) continue;
		let parent = bridges.get(way.bridge) ?? 0;
		for (const [level, hop] of way.hops.entries()) {
			const next = way.hops[level + 1];
			if (!next) break;
			let at = switches.get(next.port);
			if (at === undefined) {
				at = addPort(cxl, 'switch', parent, hop.target, next.port);
				switches.set(next.port, at);
				const one = world.r.fabric.switches.find((candidate) => candidate.id === next.port);
				const virtual = one?.virtualSwitches.find((candidate) => candidate.host === peer.id);
				virtual?.vppbs.forEach((vppb, place) => {
					if (vppb.status >= 2)
						(cxl.ports[at as number] as CxlPortRecord).dports.push({ id: place, name: `${next.port}:${vppb.port}`, alias: '' });
				});
				virtual?.decoders.forEach((decoder) => addPortDecoder(cxl, peer, at as number, decoder));
			}
			parent = at;
		}
		if (!memdev.enabled) continue;
		const endpoint = addPort(cxl, 'endpoint', parent, (way.hops.at(-1) as { target: number }).target, `mem${memdev.id}`);
		(cxl.ports[endpoint] as CxlPortRecord).memdev = found;
		(cxl.memdevs[found] as { endpoint: number }).endpoint = endpoint;
		addEndpointDecoders(cxl, peer, endpoint, memdev);
	}
	peer.bridges.forEach((bridge) => bridge.decoders.forEach((decoder) => addPortDecoder(cxl, peer, bridges.get(bridge.id) ?? 0, decoder)));
	addWindows(world, cxl, peer);
	return cxl;
}

function port(id: number, kind: CxlPortRecord['kind'], parent: number, parentDport: number, host: string): CxlPortRecord {
	return {
		id,
		kind,
		parent,
		parentDport,
		host,
		dports: [],
		targetCount: kind === 'endpoint' ? 0 : 8,
		passthrough: false,
		commitEnd: -1,
		hdmEnd: -1,
		memdev: -1,
		refs: []
	};
}

function addPort(cxl: CxlRecord, kind: CxlPortRecord['kind'], parent: number, dport: number, host: string): number {
	cxl.ports.push(port(cxl.ports.length, kind, parent, dport, host));
	return cxl.ports.length - 1;
}

/** Region of a host address: the window that holds it. */
const regionAt = (peer: PeerRecord, hpa: number): number =>
	peer.windows.findIndex((window) => hpa >= window.baseHpa && hpa < window.baseHpa + window.bytes);

function addDecoder(cxl: CxlRecord, at: number, decoder: Omit<CxlDecoderRecord, 'port' | 'id'>): void {
	const own = cxl.ports[at] as CxlPortRecord;
	const id = cxl.decoders.filter((each) => each.port === at).length;
	cxl.decoders.push({ port: at, id, ...decoder });
	if (decoder.enabled) own.commitEnd = id;
}

function addPortDecoder(cxl: CxlRecord, peer: PeerRecord, at: number, decoder: PortDecoderRecord): void {
	addDecoder(cxl, at, {
		start: decoder.baseHpa,
		bytes: decoder.bytes,
		ways: waysOfCode(decoder.ways),
		granularityBytes: granularityBytes(decoder.granularity),
		targets: [...decoder.targets],
		enabled: decoder.committed,
		region: regionAt(peer, decoder.baseHpa),
		mode: 'none',
		dpaStart: 0,
		dpaBytes: 0,
		skipBytes: 0,
		position: -1
	});
}

function addEndpointDecoders(cxl: CxlRecord, peer: PeerRecord, at: number, { logical }: Memdev): void {
	const bases = dpaBases(logical.decoders);
	logical.decoders.forEach((decoder, index) =>
		addDecoder(cxl, at, {
			start: decoder.baseHpa,
			bytes: decoder.bytes,
			ways: waysOfCode(decoder.ways),
			granularityBytes: granularityBytes(decoder.granularity),
			targets: [],
			enabled: decoder.committed,
			region: regionAt(peer, decoder.baseHpa),
			mode: 'ram',
			dpaStart: bases[index] as number,
			dpaBytes: decoder.bytes / (waysOfCode(decoder.ways) || 1),
			skipBytes: decoder.skip,
			position: decoder.position
		})
	);
}

/** A root decoder for each window, and its region where its decoders are committed. */
function addWindows(world: World, cxl: CxlRecord, peer: PeerRecord): void {
	peer.windows.forEach((window, index) => {
		const gfam = isGfam(world, window);
		addDecoder(cxl, 0, {
			start: window.baseHpa,
			bytes: window.bytes,
			ways: gfam ? window.targets.length : Math.max(1, window.bridges.length),
			granularityBytes: window.granularity,
			targets: gfam ? [] : window.bridges.map((bridge) => peer.bridges.findIndex((one) => one.id === bridge)),
			enabled: true,
			region: index,
			mode: 'none',
			dpaStart: 0,
			dpaBytes: 0,
			skipBytes: 0,
			position: -1
		});
		const root = cxl.decoders.length - 1;
		const members = cxl.decoders.flatMap((decoder, at) =>
			cxl.ports[decoder.port]?.kind === 'endpoint' && decoder.region === index && decoder.enabled ? [{ decoder, at }] : []
		);
		const first = members[0]?.decoder;
		if (!first) return;
		const targets = Array.from({ length: first.ways }, (_, position) => members.find((one) => one.decoder.position === position)?.at ?? -1);
		cxl.regions.push({
			id: index,
			root,
			mode: 'ram',
			state: targets.includes(-1) ? 'interleave-active' : 'commit',
			ways: first.ways,
			granularityBytes: first.granularityBytes,
			start: first.start,
			bytes: first.bytes,
			uuid: '',
			targets,
			enabled: window.region === 'made'
		});
	});
}
