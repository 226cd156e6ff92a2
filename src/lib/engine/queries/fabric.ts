import { throughDoor } from '../orchestrator/doors.ts';
import type {
	FabricDeviceStatus,
	FabricHostStatus,
	FabricLineStatus,
	FabricRegionStatus,
	FabricStatus,
	FabricSwitchStatus
} from '../contract/fabric-status.ts';
import { capacityStatus, daxStatus, extentsByTag, planStatus, tagStatus } from './fabric-capacity.ts';
import { decoderStatus, gfdStatus } from './fabric-decoders.ts';
import { guestStatus } from './fabric-guests.ts';
import { linkStatus, offerStatus, streamStatus } from './fabric-load.ts';
import { lastStored, mediaHeld } from '../fabric/content.ts';
import { freeMediaBytes } from '../fabric/dcd/media.ts';
import { codeWords } from '../fabric/outcome.ts';
import type { DeviceRecord, LineRecord, PeerRecord, RegionRecord, SwitchRecord } from '../state/fabric-records.ts';
import type { World } from '../state/world.ts';

const PORT_STATES = ['disabled', 'binding', 'unbinding', 'downstream', 'upstream', 'fabric'] as const;
const VPPB_STATES = ['unbound', 'in progress', 'bound to port', 'bound to logical device', 'bound to PID'] as const;

/** The fabric as the page shows it; null in a world without one. */
export function fabricStatus(world: World): FabricStatus | null {
	const { fabric } = world.r;
	if (world.scenario.fabric === null) return null;
	const ofTag = extentsByTag(world);
	return {
		switches: fabric.switches.map((one) => switchStatus(world, one)),
		devices: fabric.devices.map((device, index) => deviceStatus(world, device, index)),
		hosts: fabric.peers.map((peer) => hostStatus(world, peer)),
		tags: fabric.tags.map((tag) => tagStatus(world, tag, ofTag)),
		apps: fabric.apps.map(({ id, host, kind, tag, dax, state, version, reason }) => ({
			id,
			host,
			kind,
			tag: tag === '' ? null : tag,
			dax,
			state,
			version,
			reason
		})),
		plans: fabric.plans.map(planStatus),
		messages: fabric.messages.map((message) => ({
			id: message.id,
			from: message.from,
			to: message.to,
			opcode: message.opcode,
			what: message.what,
			tag: message.tag === '' ? null : message.tag,
			answer: message.code < 0 ? null : codeWords(message.code),
			sentNs: message.sentNs,
			arriveNs: message.arriveNs,
			state: message.state
		})),
		down: [...fabric.down],
		links: linkStatus(world),
		streams: fabric.streams.map((stream) => streamStatus(world, stream)),
		lines: fabric.lines.map((line) => lineStatus(world, line)),
		breaches: fabric.breaches.map((each) => ({ ...each })),
		losses: fabric.losses.map((each) => ({ ...each })),
		doors: fabric.doors.map((each) => ({
			...throughDoor(world, each.customer, each.door),
			host: each.host,
			outside: each.tag,
			atNs: each.atNs
		})),
		guests: guestStatus(world),
		counts: { ...fabric.counts },
		managerDown: fabric.managerDown
	};
}

function lineStatus(world: World, line: LineRecord): FabricLineStatus {
	const media = mediaHeld(world, line.device, line.at);
	const newest = lastStored(world, line.device, line.at);
	return {
		host: line.host,
		device: line.device,
		at: line.at,
		state: line.state,
		value: line.value,
		stale: (line.state === 'clean' || line.state === 'shared') && line.value < newest.version,
		writer: line.writer,
		leaving: line.leaving,
		media: { writer: media.writer, version: media.version },
		newest: { writer: newest.writer, version: newest.version }
	};
}

function switchStatus(world: World, one: SwitchRecord): FabricSwitchStatus {
	return {
		id: one.id,
		kind: one.kind,
		ports: one.ports.map((port, index) => ({
			index,
			state: PORT_STATES[port.state] ?? 'disabled',
			partner: port.partner?.id ?? null,
			partnerKind: port.partner?.kind ?? null,
			pid: port.pid < 0 ? null : port.pid,
			down: world.r.fabric.down.includes(`${one.id}:${index}`)
		})),
		virtualSwitches: one.virtualSwitches.map((virtual) => ({
			host: virtual.host,
			upstreamPort: virtual.upstreamPort,
			vppbs: virtual.vppbs.map((vppb) => ({
				status: VPPB_STATES[vppb.status] ?? 'unbound',
				port: vppb.port < 0 ? null : vppb.port,
				ld: vppb.ld < 0 ? null : vppb.ld
			}))
		})),
		background: one.background?.what ?? null,
		events: one.events.map(({ atNs, log, text }) => ({ atNs, log, text }))
	};
}

const regionStatus = (region: RegionRecord): FabricRegionStatus => ({
	baseDpa: region.baseDpa,
	bytes: region.bytes,
	decodeBytes: region.decodeBytes,
	blockBytes: region.blockBytes,
	sharable: region.sharable,
	hardwareCoherent: region.hardwareCoherent,
	readOnly: region.readOnly,
	sanitize: region.sanitize
});

function deviceStatus(world: World, device: DeviceRecord, index: number): FabricDeviceStatus {
	return {
		id: device.id,
		kind: device.kind,
		profile: device.profile,
		present: device.present,
		mediaBytes: device.mediaBytes,
		freeBytes: freeMediaBytes(world, index),
		hardwareCoherent: device.hardwareCoherent,
		extentLimit: device.limits.extents,
		tagLimit: device.limits.tags,
		logRecords: device.limits.logRecords,
		poisonedLines: device.poison.reduce((sum, one) => sum + one.units, 0),
		lds: device.lds.map((logical, ld) => ({
			number: logical.number,
			host: logical.host,
			regions: logical.regions.map(regionStatus),
			decoders: decoderStatus(logical),
			...capacityStatus(world, index, ld)
		})),
		gfd: gfdStatus(world, device, regionStatus)
	};
}

function hostStatus(world: World, peer: PeerRecord): FabricHostStatus {
	return {
		id: peer.id,
		index: peer.index,
		pid: peer.pid,
		profile: peer.profile,
		answer: peer.answer,
		noCleanWritebacks: peer.noCleanWritebacks,
		state: peer.state,
		poisonOnDecodeError: peer.poisonOnDecodeError,
		isolation: peer.isolation,
		windows: peer.windows.map(({ baseHpa, bytes, targets, ways, granularity, arithmetic, xorMasks, problem, region }) => ({
			baseHpa,
			bytes,
			targets,
			ways,
			granularity,
			arithmetic,
			xorMasks,
			problem,
			region
		})),
		dax: peer.dax.filter((dax) => !dax.destroyed).map(daxStatus),
		offers: offerStatus(world, peer),
		notifications: peer.gam.map(({ atNs, text }) => ({ atNs, text })),
		log: peer.log.map(({ atNs, text }) => ({ atNs, text }))
	};
}
