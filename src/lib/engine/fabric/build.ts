import { ok, refused, type Outcome } from '../../base/outcome.ts';
import { MIB } from '../../base/units.ts';
import type { FabricDeviceScenario, FabricHostScenario, FabricScenario, FabricSwitchScenario } from '../contract/scenario/fabric-schema.ts';
import type {
	DeviceRecord,
	EventLogRecord,
	ExtentListRecord,
	LogicalDeviceRecord,
	PeerRecord,
	RegionRecord,
	SwitchRecord
} from '../state/fabric-records.ts';
import type { World } from '../state/world.ts';
import { configureHost } from './address/configure.ts';
import { contradiction } from './check.ts';
import { lowerSwitch, openLower } from './switch/levels.ts';

/** Unit of decoders and of region bases (CXL 4.0 8.2.4.20, 9.13.3). */
export const DECODE_UNIT = 256 * MIB;
const LINE = 64;

/** Builds switches, devices and hosts of the scenario's fabric. What contradicts itself is refused with its place. */
export function buildFabric(world: World): Outcome<null, 'bad-scenario'> {
	const fabric = world.scenario.fabric;
	if (fabric === null) return ok(null);
	const problem = contradiction(fabric);
	if (problem !== null) return refused('bad-scenario', problem);
	const records = world.r.fabric;
	fabric.hosts.forEach((host, index) => records.peers.push(buildPeer(host, index)));
	fabric.devices.forEach((device, index) => records.devices.push(buildDevice(device, index)));
	fabric.switches.forEach((one) => records.switches.push(buildSwitch(fabric, one)));
	bindAtStart(world, fabric);
	for (const peer of records.peers) configureHost(world, peer.id);
	return ok(null);
}

function buildPeer(host: FabricHostScenario, index: number): PeerRecord {
	return {
		id: host.id,
		index,
		pid: host.pid ?? 0x10 + index,
		profile: host.profile,
		answer: host.answer,
		use: host.use,
		noCleanWritebacks: host.noCleanWritebacks,
		state: 'up',
		incarnation: 1,
		ignoresRelease: false,
		poisonOnDecodeError: host.poisonOnDecodeError,
		isolation: true,
		windows: host.windows.map((window) => ({
			...window,
			targets: [...window.targets],
			xorMasks: [...window.xorMasks],
			ways: window.targets.length,
			bridges: [],
			problem: null,
			region: 'made' as const,
			regionBytes: 0
		})),
		bridges: [],
		disabledMemdevs: [],
		inboxes: [],
		dax: [],
		nextDax: 0,
		gam: [],
		gamLost: 0,
		log: []
	};
}

export function buildDevice(device: FabricDeviceScenario, index: number): DeviceRecord {
	const heads = headsOf(device);
	const regions = (base: number) => regionsOf(device, base);
	const lds: LogicalDeviceRecord[] = heads.map((host, at) => ({
		host,
		number: at,
		regions: regions(device.ldBases[at] ?? device.staticBytes),
		decoders: [],
		pending: [],
		...emptyList(),
		presented: -1,
		log: emptyLog()
	}));
	const own = device.regions.reduce((sum, region) => sum + region.bytes, 0);
	const shared = device.regions.some((region) => region.sharable);
	const mediaBytes = device.mediaBytes ?? device.staticBytes * heads.length + (shared ? own : own * Math.max(1, heads.length));
	return {
		id: device.id,
		kind: device.kind,
		profile: device.profile,
		machine: -1,
		present: true,
		mediaBytes,
		freeMedia: emptyMedia(mediaBytes, device.staticBytes * heads.length),
		staticBytes: device.staticBytes,
		staticParts: device.staticBytes > 0 ? 1 : 0,
		hardwareCoherent: device.regions.some((region) => region.hardwareCoherent),
		limits: { extents: device.extentLimit, tags: device.tagLimit, logRecords: device.logRecords, poison: 256 },
		lds,
		gfd:
			device.kind === 'gfd'
				? {
						pid: device.pid ?? 0x100 + index,
						list: emptyList(),
						presented: [],
						partitions: regions(device.ldBases[0] ?? 0).map((region) => ({ ...region, groups: [] })),
						groupLimit: 64,
						decoders: [],
						access: []
					}
				: null,
		poison: [],
		poisonOverflow: false,
		mediaEvents: []
	};
}

/** Host of each logical device: a head each, the one host, or nobody until a vPPB is bound. */
function headsOf(device: FabricDeviceScenario): (string | null)[] {
	switch (device.kind) {
		case 'sld':
			return [device.hosts[0] ?? null];
		case 'mh-sld':
			return device.hosts.length === 0 ? [null] : [...device.hosts];
		case 'mld':
			return Array.from({ length: device.lds }, () => null);
		case 'gfd':
			return [];
	}
}

function regionsOf(device: FabricDeviceScenario, firstBase: number): RegionRecord[] {
	const regions: RegionRecord[] = [];
	for (const region of device.regions) regions.push(regionAfter(regions, region, firstBase));
	return regions;
}

/** A region behind those there are, unless it names its base. */
export function regionAfter(
	regions: readonly RegionRecord[],
	region: FabricDeviceScenario['regions'][number],
	firstBase: number
): RegionRecord {
	const last = regions.at(-1);
	return {
		baseDpa: region.baseDpa ?? (last ? last.baseDpa + last.decodeBytes : Math.ceil(firstBase / DECODE_UNIT) * DECODE_UNIT),
		decodeBytes: Math.ceil(region.bytes / DECODE_UNIT) * DECODE_UNIT,
		bytes: region.bytes,
		blockBytes: region.blockBytes,
		sharable: region.sharable,
		hardwareCoherent: region.hardwareCoherent,
		readOnly: region.readOnly,
		nonVolatile: region.nonVolatile,
		sanitize: region.sanitize
	};
}

export function emptyList(): ExtentListRecord {
	return {
		firstExtent: 0,
		lastExtent: 0,
		extentCount: 0,
		offeredCount: 0,
		root: 0,
		generation: 0,
		nextArrival: 0,
		tally: Array.from({ length: 10 }, () => 0)
	};
}

/** Media behind the static parts, as one free run in units of 64 bytes. */
export function emptyMedia(mediaBytes: number, staticBytes: number): number[][] {
	return mediaBytes > staticBytes ? [[staticBytes / LINE, Math.floor(mediaBytes / LINE)]] : [];
}

export function emptyLog(): EventLogRecord {
	return { records: [], nextHandle: 1, overflow: 0, firstLostNs: -1, lastLostNs: -1 };
}

function buildSwitch(fabric: FabricScenario, one: FabricSwitchScenario): SwitchRecord {
	const ports: SwitchRecord['ports'] = Array.from({ length: one.ports }, () => ({ inReset: false, state: 0, partner: null, pid: -1 }));
	const plug = (port: number, state: number, kind: 'host' | 'device' | 'switch', id: string, pid: number): void => {
		ports[port] = { inReset: false, state, partner: { kind, id, port: 0 }, pid };
	};
	const pbr = one.kind === 'pbr';
	for (const { host, port } of one.hosts) {
		const index = fabric.hosts.findIndex((candidate) => candidate.id === host);
		plug(port, 4, 'host', host, pbr ? (fabric.hosts[index]?.pid ?? 0x10 + index) : -1);
	}
	fabric.devices.forEach((device, index) => {
		if (device.at?.switch === one.id) plug(device.at.port, pbr ? 5 : 3, 'device', device.id, pbr ? (device.pid ?? 0x100 + index) : -1);
	});
	for (const other of fabric.switches) if (other.up?.switch === one.id) plug(other.up.port, pbr ? 5 : 3, 'switch', other.id, -1);
	if (one.up) plug(one.up.ownPort, pbr ? 5 : 4, 'switch', one.up.switch, -1);
	return {
		id: one.id,
		kind: one.kind,
		ports,
		virtualSwitches:
			pbr && one.bound.length === 0 && !fabric.devices.some((device) => device.at?.switch === one.id && device.kind !== 'gfd')
				? []
				: one.hosts.map(({ host, port, vppbs }) => ({
						host,
						upstreamPort: port,
						enabled: true,
						vppbs: Array.from({ length: vppbs }, () => ({ status: 0, port: -1, ld: -1 })),
						decoders: []
					})),
		edges: pbr
			? one.hosts.map(({ host, port }) => ({
					port,
					host,
					pid: (ports[port] as { pid: number }).pid,
					fabricBase: 0,
					segmentBytes: 64 * 1024 * MIB,
					depth: 4096,
					fast: [],
					idt: []
				}))
			: [],
		background: null,
		events: []
	};
}

/** vPPBs that the scenario binds before the clock starts: no events, no messages. Switches above come before those below. */
function bindAtStart(world: World, fabric: FabricScenario): void {
	const above = (one: FabricSwitchScenario): number => {
		const up = one.up && fabric.switches.find((other) => other.id === one.up?.switch);
		return up ? 1 + above(up) : 0;
	};
	for (const one of [...fabric.switches].sort((a, b) => above(a) - above(b)))
		for (const { host, vppb, port, ld } of one.bound) {
			const record = world.r.fabric.switches.find((candidate) => candidate.id === one.id) as SwitchRecord;
			const place = record.virtualSwitches.find((candidate) => candidate.host === host)?.vppbs[vppb];
			if (!place) continue;
			const device = world.r.fabric.devices.find((candidate) => candidate.id === record.ports[port]?.partner?.id);
			const lower = lowerSwitch(world, record, port);
			if (lower) openLower(lower, record, host);
			const mld = device?.kind === 'mld';
			place.status = mld ? 3 : one.kind === 'pbr' ? 4 : 2;
			place.port = port;
			place.ld = mld ? (ld ?? 0) : -1;
			const logical = device?.lds[mld ? (ld ?? 0) : 0];
			if (logical) logical.host = host;
		}
}
