import { readFabricDevice, readFabricRegion } from '../../contract/scenario/read-fabric.ts';
import type { QmpArguments } from '../../contract/machine-commands.ts';
import { emit } from '../../sim/trace.ts';
import type { DeviceRecord, SwitchRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { buildBridges } from '../address/topology.ts';
import { configureHost } from '../address/configure.ts';
import { buildDevice, regionAfter } from '../build.ts';
import { deviceProblem, regionProblem } from '../check.ts';
import type { FabricOutcome, FabricWord } from '../outcome.ts';
import { answered, refusedHere, textOf, wholeOf } from './asked.ts';
import { detach, inUse } from './attachment.ts';
import { releaseVppb, VPPB } from './binding.ts';
import { SWITCH_WORDS } from './words-switch.ts';

/** Building and breaking by hand: devices come and go, ports are plugged, regions carved. */
const MOST_DEVICES = 64;
const MOST_REGIONS = 8;
const MOST_PARTITIONS = 4;

function note(world: World, cause: number, text: string, values: Record<string, string | number>): void {
	emit(world, { kind: 'fabric', rule: 'fabric-build', cause, host: null, vm: null, values, text });
}

function deviceAt(world: World, at: string): DeviceRecord | undefined {
	return world.r.fabric.devices.find((device) => device.id === at);
}

const addDevice: FabricWord = (world, at, parameters, cause) => {
	const { devices, peers, switches } = world.r.fabric;
	const read = readFabricDevice({ ...parameters, id: at });
	if (!read.ok) return refusedHere(read.detail);
	if ([...devices, ...peers, ...switches].some((one) => one.id === at)) return refusedHere(`"${at}" is used already`);
	if (devices.length >= MOST_DEVICES) return refusedHere(`a fabric has at most ${MOST_DEVICES} devices`);
	const problem = deviceProblem(read.value, peers, at);
	if (problem !== null) return refusedHere(problem);
	const place = read.value.at;
	const taken = place ? portProblem(world, place.switch, place.port) : null;
	if (taken !== null) return refusedHere(taken);
	const device = buildDevice(read.value, devices.length);
	if (device.gfd && [...peers, ...devices].some((one) => ('pid' in one ? one.pid : one.gfd?.pid) === device.gfd?.pid))
		return refusedHere(`PID 0x${device.gfd.pid.toString(16)} is used already`);
	devices.push(device);
	if (place) plugInto(world, device, place.switch, place.port);
	note(world, cause, `${at} is plugged in${place ? ` at port ${place.port} of ${place.switch}` : ''}`, { device: at });
	for (const peer of peers) if (read.value.hosts.includes(peer.id) || device.kind === 'gfd') arrive(world, peer.id);
	return answered(`${at} is there`, { device: at, index: devices.length - 1 });
};

/** A device with a head of its own needs a root port; then the windows that wait for it are set up. */
function arrive(world: World, host: string): void {
	const peer = world.r.fabric.peers.find((one) => one.id === host);
	if (!peer) return;
	const before = peer.bridges;
	buildBridges(world, peer);
	peer.bridges = peer.bridges.map((bridge) => before.find((one) => one.id === bridge.id) ?? bridge);
	configureHost(world, host);
}

function portProblem(world: World, id: string, port: number): string | null {
	const one = world.r.fabric.switches.find((candidate) => candidate.id === id);
	if (!one) return `there is no switch "${id}"`;
	const record = one.ports[port];
	if (!record) return `${id} has ports 0 to ${one.ports.length - 1}`;
	return record.partner ? `port ${port} of ${id} is taken by ${record.partner.id}` : null;
}

function plugInto(world: World, device: DeviceRecord, id: string, port: number): void {
	const one = world.r.fabric.switches.find((candidate) => candidate.id === id) as SwitchRecord;
	const pbr = one.kind === 'pbr';
	one.ports[port] = {
		inReset: false,
		state: pbr ? 5 : 3,
		partner: { kind: 'device', id: device.id, port: 0 },
		pid: pbr ? (device.gfd?.pid ?? -1) : -1
	};
}

const pluggedAt = (world: World, id: string): { one: SwitchRecord; port: number } | null => {
	for (const one of world.r.fabric.switches) {
		const port = one.ports.findIndex(({ partner }) => partner?.kind === 'device' && partner.id === id);
		if (port >= 0) return { one, port };
	}
	return null;
};

const plug: FabricWord = (world, at, parameters, cause) => {
	const device = deviceAt(world, at);
	const id = textOf(parameters, 'switch');
	const port = wholeOf(parameters, 'port', 0, 255);
	if (!device) return refusedHere(`there is no device "${at}"`);
	if (id === null || port === null) return refusedHere('switch and port name the place');
	if (pluggedAt(world, at)) return refusedHere(`${at} is plugged in already`);
	if (device.lds.some((ld) => ld.host !== null)) return refusedHere(`${at} has a head at a host`);
	const taken = portProblem(world, id, port);
	if (taken !== null) return refusedHere(taken);
	plugInto(world, device, id, port);
	device.present = true;
	note(world, cause, `${at} is plugged in at port ${port} of ${id}`, { device: at, switch: id, port });
	if (device.gfd) for (const peer of world.r.fabric.peers) configureHost(world, peer.id);
	return answered(`${at} is plugged in`, { switch: id, port });
};

/**
 * A device is pulled. Managed: only when no host uses it. Surprise: at once; the switch unbinds every logical device of an
 * MLD by itself, an SLD's host is left with a port that does not answer (CXL 3.2 7.6.6.8).
 */
const unplug = (gone: boolean): FabricWord => {
	return (world, at, parameters, cause) => {
		const index = world.r.fabric.devices.findIndex((device) => device.id === at);
		const device = world.r.fabric.devices[index];
		if (!device) return refusedHere(`there is no device "${at}"`);
		const surprise = parameters['surprise'] === true;
		const using = device.lds.flatMap((ld, place) =>
			ld.host === null ? [] : inUse(world, ld.host, at, place).map((dax) => `${dax} of ${ld.host ?? ''}`)
		);
		if (!surprise && using.length > 0) return refusedHere(`${at} is in use: ${using.join(', ')}`);
		const place = pluggedAt(world, at);
		if (place) {
			place.one.virtualSwitches.forEach((virtual, number) =>
				virtual.vppbs.forEach((vppb, slot) => {
					if (vppb.status >= VPPB.toPort && vppb.port === place.port && (device.kind === 'mld' || !surprise))
						releaseVppb(world, place.one, number, slot);
				})
			);
			const port = place.one.ports[place.port];
			if (port) port.partner = null;
		}
		if (!surprise) device.lds.forEach((ld, slot) => ld.host !== null && detach(world, index, slot));
		device.present = false;
		note(world, cause, `${at} is pulled out${surprise ? ' without a word to anybody' : ''}`, { device: at, surprise: surprise ? 1 : 0 });
		return answered(gone ? `${at} is removed` : `${at} is unplugged`, { device: at });
	};
};

const viaSwitch = (word: 'bind-vppb' | 'unbind-vppb'): FabricWord => {
	return (world, at, parameters, cause): FabricOutcome => (SWITCH_WORDS[word] as FabricWord)(world, at, parameters, cause);
};

/** A region more on every logical device, behind the ones there are. Decoders that are committed do not grow with it. */
const carveRegion: FabricWord = (world, at, parameters: QmpArguments, cause) => {
	const device = deviceAt(world, at);
	if (!device) return refusedHere(`there is no device "${at}"`);
	const read = readFabricRegion(parameters);
	if (!read.ok) return refusedHere(read.detail);
	const problem = regionProblem(device.kind, read.value, at);
	if (problem !== null) return refusedHere(problem);
	const lists = device.gfd ? [device.gfd.partitions] : device.lds.map((ld) => ld.regions);
	const most = device.gfd ? MOST_PARTITIONS : MOST_REGIONS;
	if (lists.some((list) => list.length >= most)) return refusedHere(`${at} has at most ${most} ${device.gfd ? 'partitions' : 'regions'}`);
	const bytes = lists.reduce(
		(sum, list) => sum + list.reduce((own, region) => own + region.bytes, 0) + (read.value.sharable ? 0 : read.value.bytes),
		0
	);
	if (read.value.bytes > device.mediaBytes || (!read.value.sharable && bytes > device.mediaBytes))
		return refusedHere(`${at} has no media for it`);
	if (device.gfd) device.gfd.partitions.push({ ...regionAfter(device.gfd.partitions, read.value, 0), groups: [] });
	else for (const ld of device.lds) ld.regions.push(regionAfter(ld.regions, read.value, device.staticBytes));
	const made = device.gfd?.partitions.at(-1) ?? device.lds[0]?.regions.at(-1);
	note(world, cause, `${at} has a region more`, { device: at, bytes: read.value.bytes });
	return answered(`${at} has ${lists[0]?.length ?? 0} regions`, { region: (lists[0]?.length ?? 1) - 1, 'base-dpa': made?.baseDpa ?? 0 });
};

export const BUILD_WORDS: Readonly<Record<string, FabricWord>> = {
	'add-device': addDevice,
	'remove-device': unplug(true),
	plug,
	unplug: unplug(false),
	bind: viaSwitch('bind-vppb'),
	unbind: viaSwitch('unbind-vppb'),
	'carve-region': carveRegion
};
