import { MIB } from '../../base/units.ts';
import type { FabricDeviceScenario, FabricScenario, FabricSwitchScenario } from '../contract/scenario/fabric-schema.ts';
import { exponentOfTwo } from './address/encoding.ts';
import { LOWER_VPPBS } from './switch/levels.ts';

/** What contradicts itself in a scenario's fabric, with its place; null = nothing does. */
const DECODE_UNIT = 256 * MIB;
const LINE = 64;
const SMALLEST_GFD_BLOCK = 64_000_000;

export function contradiction(fabric: FabricScenario): string | null {
	return (
		namesTwice(fabric) ??
		portsTwice(fabric) ??
		loopProblem(fabric) ??
		firstProblem(fabric.devices, (device, index) => deviceProblem(device, fabric.hosts, `fabric.devices[${index}]`)) ??
		firstProblem(fabric.switches, (one, index) => switchProblem(fabric, one, `fabric.switches[${index}]`)) ??
		firstProblem(fabric.hosts, (host, index) => hostProblem(fabric, host, `fabric.hosts[${index}]`)) ??
		pidsTwice(fabric)
	);
}

function loopProblem(fabric: FabricScenario): string | null {
	for (const [index, one] of fabric.switches.entries()) {
		const seen = new Set([one.id]);
		for (let up = one.up; up; up = fabric.switches.find((other) => other.id === up?.switch)?.up) {
			if (seen.has(up.switch)) return `fabric.switches[${index}].up: the switches hang in a loop`;
			seen.add(up.switch);
		}
	}
	return null;
}

function firstProblem<T>(list: readonly T[], check: (one: T, index: number) => string | null): string | null {
	for (const [index, one] of list.entries()) {
		const problem = check(one, index);
		if (problem !== null) return problem;
	}
	return null;
}

function namesTwice(fabric: FabricScenario): string | null {
	const names = new Set<string>();
	for (const [kind, list] of [
		['hosts', fabric.hosts],
		['devices', fabric.devices],
		['switches', fabric.switches]
	] as const)
		for (const [index, { id }] of list.entries()) {
			if (names.has(id)) return `fabric.${kind}[${index}].id: "${id}" is used twice`;
			names.add(id);
		}
	return null;
}

function portsTwice(fabric: FabricScenario): string | null {
	const switches = new Map(fabric.switches.map((one) => [one.id, one]));
	const taken = new Set<string>();
	const claim = (one: string, port: number, where: string): string | null => {
		const known = switches.get(one);
		if (!known) return `${where}: there is no switch "${one}"`;
		if (port >= known.ports) return `${where}: ${one} has ports 0 to ${known.ports - 1}`;
		if (taken.has(`${one}:${port}`)) return `${where}: port ${port} of ${one} is used twice`;
		taken.add(`${one}:${port}`);
		return null;
	};
	return (
		firstProblem(fabric.devices, ({ at }, index) => (at ? claim(at.switch, at.port, `fabric.devices[${index}].at`) : null)) ??
		firstProblem(
			fabric.switches,
			(one, index) =>
				firstProblem(one.hosts, ({ port }) => claim(one.id, port, `fabric.switches[${index}].hosts`)) ??
				(one.up
					? (claim(one.up.switch, one.up.port, `fabric.switches[${index}].up`) ??
						claim(one.id, one.up.ownPort, `fabric.switches[${index}].up`))
					: null)
		)
	);
}

export function deviceProblem(device: FabricDeviceScenario, hosts: readonly { readonly id: string }[], where: string): string | null {
	for (const host of device.hosts) if (!hosts.some((one) => one.id === host)) return `${where}.hosts: there is no host "${host}"`;
	if (device.at && device.hosts.length > 0) return `${where}.hosts: a device at a switch has no head at a host`;
	if (device.kind === 'sld' && device.hosts.length > 1) return `${where}.hosts: an SLD has one head`;
	if (device.kind === 'gfd' && device.hosts.length > 0) return `${where}.hosts: a G-FAM device hangs at a PBR switch`;
	if (device.kind !== 'mld' && device.lds > 1) return `${where}.lds: only an MLD has more than one logical device behind one link`;
	if (device.kind === 'gfd' && device.regions.length > 4) return `${where}.regions: a GFD has at most 4 media partitions`;
	if (device.staticBytes % DECODE_UNIT !== 0) return `${where}.staticBytes: must be a multiple of 256 MiB`;
	return firstProblem(device.regions, (region, at) => regionProblem(device.kind, region, `${where}.regions[${at}]`));
}

export function regionProblem(
	kind: FabricDeviceScenario['kind'],
	region: FabricDeviceScenario['regions'][number],
	place: string
): string | null {
	if (region.blockBytes < LINE || exponentOfTwo(region.blockBytes) === null)
		return `${place}.blockBytes: a power of two, at least 64 bytes`;
	if (kind === 'gfd' && region.blockBytes < SMALLEST_GFD_BLOCK) return `${place}.blockBytes: a G-FAM device has blocks of at least 64 MB`;
	if (region.bytes === 0 || region.bytes % region.blockBytes !== 0) return `${place}.bytes: a multiple of the block size, not 0`;
	if ((region.baseDpa ?? 0) % DECODE_UNIT !== 0) return `${place}.baseDpa: must be a multiple of 256 MiB`;
	return null;
}

function switchProblem(fabric: FabricScenario, one: FabricSwitchScenario, where: string): string | null {
	for (const { host } of one.hosts)
		if (!fabric.hosts.some((candidate) => candidate.id === host)) return `${where}.hosts: there is no host "${host}"`;
	for (const [index, { host, vppb, port, ld }] of one.bound.entries()) {
		const own = one.hosts.find((candidate) => candidate.host === host);
		const given = own?.vppbs ?? (one.up && one.kind === 'hbr' ? LOWER_VPPBS : 0);
		if (vppb >= given)
			return `${where}.bound[${index}]: host "${host}" has ${given === 0 ? 'no virtual switch there' : `vPPBs 0 to ${given - 1}`}`;
		const device = fabric.devices.find((candidate) => candidate.at?.switch === one.id && candidate.at.port === port);
		const below = fabric.switches.some((candidate) => candidate.up?.switch === one.id && candidate.up.port === port);
		if (!device && !below) return `${where}.bound[${index}]: nothing hangs at port ${port} of ${one.id}`;
		if (device?.kind === 'mld' && (ld ?? 0) >= device.lds)
			return `${where}.bound[${index}]: ${device.id} has logical devices 0 to ${device.lds - 1}`;
		if (device?.kind === 'gfd') return `${where}.bound[${index}]: a G-FAM device is reached by its PID, not by a vPPB`;
	}
	return null;
}

function hostProblem(fabric: FabricScenario, host: FabricScenario['hosts'][number], where: string): string | null {
	const things = new Set([...fabric.devices, ...fabric.switches].map((one) => one.id));
	for (const [index, window] of host.windows.entries())
		for (const target of window.targets)
			if (!fabric.devices.some((device) => device.id === target))
				return `${where}.windows[${index}].targets: there is no device "${target}"`;
	for (const [index, bridge] of host.bridges.entries())
		for (const port of bridge.ports)
			if (!things.has(port)) return `${where}.bridges[${index}].ports: there is no device or switch "${port}"`;
	return null;
}

function pidsTwice(fabric: FabricScenario): string | null {
	const pids = new Map<number, string>();
	const all: readonly (readonly [string, number])[] = [
		...fabric.hosts.map((host, index) => [host.id, host.pid ?? 0x10 + index] as const),
		...fabric.devices.flatMap((device, index) => (device.kind === 'gfd' ? [[device.id, device.pid ?? 0x100 + index] as const] : []))
	];
	for (const [id, pid] of all) {
		const other = pids.get(pid);
		if (other !== undefined) return `fabric: ${other} and ${id} have the same PID 0x${pid.toString(16)}`;
		pids.set(pid, id);
	}
	return null;
}
