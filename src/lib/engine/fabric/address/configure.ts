import { MIB } from '../../../base/units.ts';
import type { DeviceRecord, LogicalDeviceRecord, PeerRecord, PortDecoderRecord, WindowRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { configureGfamWindow, forgetGfamWindow } from '../gfd/configure.ts';
import { codeOfGranularity, codeOfWays, MOST_DEVICE_DECODERS, MOST_PORT_DECODERS, waysOfCode } from './encoding.ts';
import { dpaBases } from './decoders.ts';
import { attach, commit, EVERY_INTERLEAVE, newRegion, setGranularity, setSize, setWays, type RegionPlan, type RootView } from './region.ts';
import { isGfam } from './resolve.ts';
import { buildBridges, virtualSwitchOf, waysDown, type DownWay } from './topology.ts';
import { windowProblem } from './window.ts';

/**
 * Decoders of a host by the kernel's rule: for each window one region over all of its targets, as large as the smallest of
 * them allows. Our simplification: static part and all regions of a logical device lie behind one decoder, and what does
 * not fit the window stays without one. A window whose targets are not all there waits.
 */
const UNIT = 256 * MIB;

/** Sets up every window of a host that is not set up. */
export function configureHost(world: World, host: string): void {
	const peer = world.r.fabric.peers.find((one) => one.id === host);
	if (!peer) return;
	if (peer.bridges.length === 0) buildBridges(world, peer);
	for (const window of peer.windows) {
		if (window.region === 'destroyed') continue;
		if (isGfam(world, window)) {
			window.problem = windowProblem(window, peer.windows, window.targets.length) ?? configureGfamWindow(world, peer, window);
			continue;
		}
		const ways = waysDown(world, peer);
		const members = membersOf(world, peer, window, ways);
		if (members && members.some((member) => hasDecoderIn(decodersOf(world, member), window))) continue;
		window.problem = members === null ? waiting(world, peer, window, ways) : configureWindow(world, peer, window, members);
	}
}

/** Every decoder of a window goes, from the endpoint up (Linux destroys the region when a member of it leaves). */
export function forgetWindow(world: World, peer: PeerRecord, window: WindowRecord): void {
	forgetGfamWindow(world, peer, window);
	for (const device of world.r.fabric.devices) for (const ld of device.lds) if (ld.host === peer.id) forgetIn(ld, window);
	const inside = (decoder: PortDecoderRecord) => decoder.baseHpa >= window.baseHpa && decoder.baseHpa < window.baseHpa + window.bytes;
	for (const bridge of peer.bridges) bridge.decoders = bridge.decoders.filter((decoder) => !inside(decoder));
	for (const one of world.r.fabric.switches)
		for (const virtual of one.virtualSwitches)
			if (virtual.host === peer.id) virtual.decoders = virtual.decoders.filter((decoder) => !inside(decoder));
}

/** The decoder goes; one below others leaves its share of device addresses skipped, so that theirs stay. */
function forgetIn(ld: LogicalDeviceRecord, window: WindowRecord): void {
	const bases = dpaBases(ld.decoders);
	const keep = ld.decoders
		.map((decoder, index) => ({ decoder, base: bases[index] as number }))
		.filter(({ decoder }) => !isIn(decoder, window));
	let next = 0;
	for (const { decoder, base } of keep) {
		decoder.skip = base - next;
		next = base + shareOf(decoder);
	}
	ld.decoders = keep.map(({ decoder }) => decoder);
}

const isIn = (decoder: { baseHpa: number; bytes: number }, window: WindowRecord): boolean =>
	decoder.bytes > 0 && decoder.baseHpa >= window.baseHpa && decoder.baseHpa < window.baseHpa + window.bytes;
const hasDecoderIn = (decoders: readonly { baseHpa: number; bytes: number }[], window: WindowRecord): boolean =>
	decoders.some((decoder) => isIn(decoder, window));
const decodersOf = (world: World, way: DownWay) => world.r.fabric.devices[way.device]?.lds[way.ld]?.decoders ?? [];

function shareOf(decoder: LogicalDeviceRecord['decoders'][number]): number {
	return decoder.bytes / (waysOfCode(decoder.ways) || 1);
}

function membersOf(world: World, peer: PeerRecord, window: WindowRecord, ways: readonly DownWay[]): DownWay[] | null {
	const members = window.targets.map((target) =>
		ways.find(
			(way) =>
				world.r.fabric.devices[way.device]?.id === target && world.r.fabric.devices[way.device]?.present && isOn(peer, target, way.ld)
		)
	);
	return members.every((member) => member !== undefined) ? members : null;
}

/** Its driver is bound: nobody took it off (cxl disable-memdev). */
export const memdevKey = (device: string, ld: number): string => `${device} ${ld}`;
const isOn = (peer: PeerRecord, device: string, ld: number): boolean => !peer.disabledMemdevs.includes(memdevKey(device, ld));

function waiting(world: World, peer: PeerRecord, window: WindowRecord, ways: readonly DownWay[]): string {
	const there = new Set(ways.map((way) => world.r.fabric.devices[way.device]).flatMap((device) => (device?.present ? [device.id] : [])));
	const off = window.targets.filter((target) =>
		ways.some((way) => world.r.fabric.devices[way.device]?.id === target && !isOn(peer, target, way.ld))
	);
	if (off.length > 0) return `ENXIO: ${off.join(', ')} ${off.length === 1 ? 'is' : 'are'} disabled`;
	const missing = window.targets.filter((target) => !there.has(target));
	return `ENXIO: ${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} not there`;
}

/** First and last device address that has anything behind it, after what other decoders cover already. */
export function coveredDpa(
	device: DeviceRecord,
	ld: LogicalDeviceRecord
): { readonly first: number; readonly end: number; readonly next: number } {
	const last = ld.regions.at(-1);
	const end = last ? last.baseDpa + last.decodeBytes : device.staticBytes;
	const bases = dpaBases(ld.decoders);
	const lastDecoder = ld.decoders.at(-1);
	const next = lastDecoder ? (bases.at(-1) as number) + shareOf(lastDecoder) : 0;
	const first = Math.max(next, device.staticBytes > 0 ? 0 : (ld.regions[0]?.baseDpa ?? 0));
	return { first, end, next };
}

function configureWindow(world: World, peer: PeerRecord, window: WindowRecord, members: readonly DownWay[]): string | null {
	const bridges = [...new Set(members.map((member) => member.bridge))];
	window.bridges = bridges;
	const bad = windowProblem(window, peer.windows, bridges.length);
	if (bad !== null) return bad;
	const root: RootView = { baseHpa: window.baseHpa, bytes: window.bytes, granularity: window.granularity, bridges };
	const logical = members.map((member) => {
		const device = world.r.fabric.devices[member.device] as DeviceRecord;
		return { device, ld: device.lds[member.ld] as LogicalDeviceRecord };
	});
	const room = logical.map(({ device, ld }) => coveredDpa(device, ld));
	const share = Math.min(...room.map(({ first, end }) => end - first), Math.floor(window.bytes / members.length / UNIT) * UNIT);
	if (share <= 0) return 'ENXIO: no device memory is left for this window';
	if (window.regionBytes > share * members.length) return 'ENOSPC: the devices have less than that';
	const region = newRegion('dynamic');
	const steps = [
		setGranularity(region, root, window.granularity),
		setWays(region, root, members.length),
		setSize(region, root, window.regionBytes > 0 ? window.regionBytes : share * members.length)
	];
	for (const step of steps) if (!step.ok) return `${step.reason}: ${step.detail}`;
	for (const [position, member] of members.entries()) {
		const step = attach(
			region,
			root,
			{
				id: window.targets[position] as string,
				bridge: member.bridge,
				hops: member.hops,
				dpaBytes: window.regionBytes > 0 ? window.regionBytes / members.length : share,
				mode: 'dynamic',
				coherence: 'host-only',
				interleaves: EVERY_INTERLEAVE
			},
			position
		);
		if (!step.ok) return `${step.reason}: ${step.detail}`;
	}
	const plan = commit(region, root, window.baseHpa);
	if (!plan.ok) return `${plan.reason}: ${plan.detail}`;
	if (logical.some(({ ld }) => ld.decoders.length >= MOST_DEVICE_DECODERS)) return 'EBUSY: a device has no decoder left';
	return write(world, peer, plan.value, logical, room);
}

function write(
	world: World,
	peer: PeerRecord,
	plan: RegionPlan,
	logical: readonly { readonly device: DeviceRecord; readonly ld: LogicalDeviceRecord }[],
	room: readonly { readonly first: number; readonly next: number }[]
): string | null {
	const ports = plan.ports.map((port) => ({
		port,
		decoders: peer.bridges.find((bridge) => bridge.id === port.port)?.decoders ?? virtualSwitchOf(world, port.port, peer.id)?.decoders ?? []
	}));
	const full = ports.find(({ decoders }) => decoders.length >= MOST_PORT_DECODERS);
	if (full) return `EBUSY: ${full.port.port} has no decoder left`;
	const granularity = codeOfGranularity(plan.granularity) ?? 0;
	for (const [index, { device, ld }] of logical.entries()) {
		const { first, next } = room[index] as (typeof room)[number];
		ld.decoders.push({
			baseHpa: plan.baseHpa,
			bytes: plan.bytes,
			ways: codeOfWays(plan.ways) ?? 0,
			granularity,
			position: plan.endpoints[index]?.position ?? 0,
			skip: first - next,
			committed: true,
			locked: false,
			backInvalidate: device.hardwareCoherent,
			byHand: false
		});
	}
	for (const { port, decoders } of ports) {
		const decoder: PortDecoderRecord = {
			baseHpa: plan.baseHpa,
			bytes: plan.bytes,
			ways: codeOfWays(port.ways) ?? 0,
			granularity: codeOfGranularity(port.granularity) ?? 0,
			targets: [...port.targets],
			committed: true,
			locked: false
		};
		const at = decoders.findIndex((other) => other.baseHpa > decoder.baseHpa);
		decoders.splice(at < 0 ? decoders.length : at, 0, decoder);
	}
	return null;
}
