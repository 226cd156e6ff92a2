import type {
	FabricDeviceStatus,
	FabricHostStatus,
	FabricStatus,
	FabricSwitchStatus
} from '../../engine/contract/fabric-status.ts';
import { box, centre, type Box, type Point } from '../geometry/box.ts';

/** Where hosts, switches and devices stand: hosts above, devices below, switches between by their distance from the hosts. */
export interface MapLayout {
	readonly width: number;
	readonly height: number;
	readonly manager: Box;
	readonly hosts: readonly { readonly host: FabricHostStatus; readonly box: Box }[];
	readonly switches: readonly PlacedSwitch[];
	readonly devices: readonly { readonly device: FabricDeviceStatus; readonly box: Box }[];
	readonly links: readonly MapLink[];
	/** Many: names only. */
	readonly denseHosts: boolean;
	readonly denseDevices: boolean;
}
export interface PlacedSwitch {
	readonly one: FabricSwitchStatus;
	readonly box: Box;
	readonly ports: readonly PlacedPort[];
	readonly emptyPorts: number;
	/** From the host's upstream port to the ports that are bound to it. */
	readonly bindings: readonly {
		readonly host: string;
		readonly from: Point;
		readonly to: Point;
		readonly ld: number | null;
		readonly pending: boolean;
	}[];
}
export interface PlacedPort {
	readonly port: FabricSwitchStatus['ports'][number];
	readonly box: Box;
}
export interface MapLink {
	readonly key: string;
	/** Names under which the engine may know it: "switch:port" from either end, "device:head". */
	readonly ids: readonly string[];
	readonly from: Point;
	readonly to: Point;
	readonly down: boolean;
	readonly host: string | null;
}

const PAD = 20;
const PORT = 24;
const SWITCH_HIGH = 104;
export const MAP_LOWEST = 400;

export function layoutMap(width: number, height: number, fabric: FabricStatus): MapLayout {
	const high = Math.max(MAP_LOWEST, height);
	const hosts = rowOf(fabric.hosts.length, width, 12, 148, 46);
	const devices = rowOf(fabric.devices.length, width, high - 14, 176, 92, true);
	const levels = levelsOf(fabric.switches);
	const count = Math.max(0, ...levels.map((level) => level + 1));
	const top = hosts.bottom;
	const bottom = devices.top;
	const placedHosts = fabric.hosts.map((host, at) => ({ host, box: hosts.boxes[at] as Box }));
	const placedDevices = fabric.devices.map((device, at) => ({
		device,
		box: devices.boxes[at] as Box
	}));
	const switches = fabric.switches.map((one, at) => {
		const level = levels[at] as number;
		const same = fabric.switches.filter((_, other) => levels[other] === level);
		const place = same.indexOf(one);
		const room = width - 2 * PAD - 118;
		const wide = Math.min(room / same.length - 16, Math.max(330, usedPorts(one).length * 30 + 200));
		const step = (bottom - top) / (count + 1);
		const y = top + step * (level + 1) - SWITCH_HIGH / 2;
		const x = PAD + 118 + (room / same.length) * (place + 0.5) - wide / 2;
		return placeSwitch(one, box(x, y, wide, SWITCH_HIGH), placedHosts, placedDevices);
	});
	return {
		width,
		height: high,
		manager: box(PAD, (top + bottom) / 2 - 22, 96, 44),
		hosts: placedHosts,
		switches,
		devices: placedDevices,
		links: linksOf(fabric, placedHosts, placedDevices, switches),
		denseHosts: hosts.dense,
		denseDevices: devices.dense
	};
}

function rowOf(
	count: number,
	width: number,
	edge: number,
	wide: number,
	high: number,
	upwards = false
): { boxes: Box[]; dense: boolean; top: number; bottom: number } {
	const room = width - 2 * PAD;
	const fits = Math.floor((room + 14) / (118 + 14));
	const dense = count > fits;
	const perRow = dense ? Math.max(1, Math.floor((room + 6) / (58 + 6))) : Math.max(1, count);
	const rows = Math.max(1, Math.ceil(count / perRow));
	const each = dense ? 58 : Math.min(wide, room / Math.max(1, count) - 14);
	const tall = dense ? 30 : high;
	const rowHigh = tall + 6;
	const first = upwards ? edge - rows * rowHigh + 6 : edge;
	const boxes = Array.from({ length: count }, (_, at) => {
		const row = Math.floor(at / perRow);
		const inRow = Math.min(perRow, count - row * perRow);
		const step = room / (dense ? perRow : inRow);
		const x = PAD + step * ((at % perRow) + 0.5) - each / 2;
		return box(x, first + row * rowHigh, each, tall);
	});
	return { boxes, dense, top: first, bottom: first + rows * rowHigh - 6 };
}

/** A switch with hosts stands first; one that is reached over another stands behind it. */
function levelsOf(switches: readonly FabricSwitchStatus[]): number[] {
	const levels = switches.map((one): number =>
		one.ports.some((port) => port.partnerKind === 'host') ? 0 : -1
	);
	for (let round = 0; round < switches.length; round += 1)
		switches.forEach((one, at) => {
			if (levels[at] !== -1) return;
			const near = one.ports
				.filter((port) => port.partnerKind === 'switch')
				.map((port) => levels[switches.findIndex((other) => other.id === port.partner)] ?? -1)
				.filter((level) => level >= 0);
			if (near.length > 0) levels[at] = Math.min(...near) + 1;
		});
	return levels.map((level) => Math.max(0, level));
}

const usedPorts = (one: FabricSwitchStatus): FabricSwitchStatus['ports'] =>
	one.ports.filter(
		(port) => port.partner !== null || port.state === 'binding' || port.state === 'unbinding'
	);

function placeSwitch(
	one: FabricSwitchStatus,
	place: Box,
	hosts: MapLayout['hosts'],
	devices: MapLayout['devices']
): PlacedSwitch {
	const used = usedPorts(one);
	const xOf = (port: FabricSwitchStatus['ports'][number]): number => {
		const far =
			hosts.find((host) => host.host.id === port.partner)?.box ??
			devices.find((device) => device.device.id === port.partner)?.box;
		return far ? far.x + far.width / 2 : place.x + place.width / 2;
	};
	const upper = used
		.filter((port) => port.partnerKind === 'host' || port.state === 'upstream')
		.toSorted((a, b) => xOf(a) - xOf(b));
	const lower = used.filter((port) => !upper.includes(port)).toSorted((a, b) => xOf(a) - xOf(b));
	const spread = (ports: typeof used, y: number): PlacedPort[] => {
		// Left and right of the ports stand the switch's own words.
		const from = place.x + Math.min(112, place.width * 0.3);
		const room = place.x + place.width - 64 - from;
		const step = Math.min(72, room / Math.max(1, ports.length));
		const start = from + room / 2 - (step * ports.length) / 2;
		const size = Math.min(PORT, step - 3);
		return ports.map((port, at) => ({
			port,
			box: box(start + step * (at + 0.5) - size / 2, y, size, PORT)
		}));
	};
	const ports = [
		...spread(upper, place.y - PORT / 2),
		...spread(lower, place.y + place.height - PORT / 2)
	];
	const portBox = (index: number): Box | undefined =>
		ports.find(({ port }) => port.index === index)?.box;
	const bindings = one.virtualSwitches.flatMap((virtual) => {
		const from = portBox(virtual.upstreamPort);
		return virtual.vppbs.flatMap((vppb) => {
			const to = vppb.port === null ? undefined : portBox(vppb.port);
			if (!from || !to || vppb.status === 'unbound') return [];
			return [
				{
					host: virtual.host,
					from: { x: from.x + from.width / 2, y: from.y + from.height },
					to: { x: to.x + to.width / 2, y: to.y },
					ld: vppb.ld,
					pending: vppb.status === 'in progress'
				}
			];
		});
	});
	return { one, box: place, ports, emptyPorts: one.ports.length - used.length, bindings };
}

function linksOf(
	fabric: FabricStatus,
	hosts: MapLayout['hosts'],
	devices: MapLayout['devices'],
	switches: readonly PlacedSwitch[]
): MapLink[] {
	const links: MapLink[] = [];
	const isDown = (...names: string[]): boolean => names.some((name) => fabric.down.includes(name));
	const seen = new Set<string>();
	for (const placed of switches)
		for (const { port, box: place } of placed.ports) {
			if (port.partner === null) continue;
			const name = `${placed.one.id}:${port.index}`;
			const host = hosts.find((one) => one.host.id === port.partner);
			const device = devices.find((one) => one.device.id === port.partner);
			const other = switches.find((one) => one.one.id === port.partner);
			const near = centre(place);
			if (host)
				links.push({
					key: name,
					ids: [name],
					from: { x: host.box.x + host.box.width / 2, y: host.box.y + host.box.height },
					to: { x: near.x, y: place.y },
					down: port.down || isDown(name, host.host.id),
					host: host.host.id
				});
			else if (device)
				links.push({
					key: name,
					ids: [name],
					from: { x: near.x, y: place.y + place.height },
					to: { x: device.box.x + device.box.width / 2, y: device.box.y },
					down: port.down || isDown(name, device.device.id),
					host: null
				});
			else if (other) {
				const pair = [placed.one.id, other.one.id].toSorted().join(' ');
				if (seen.has(pair)) continue;
				seen.add(pair);
				const far = other.ports.find(({ port: each }) => each.partner === placed.one.id);
				const theirs = far?.box ?? other.box;
				links.push({
					key: pair,
					ids: [name, ...(far ? [`${other.one.id}:${far.port.index}`] : [])],
					from: near,
					to: centre(theirs),
					down: port.down || isDown(name),
					host: null
				});
			}
		}
	const switched = new Set(fabric.switches.flatMap((one) => one.ports.map((port) => port.partner)));
	for (const { device, box: place } of devices) {
		if (switched.has(device.id)) continue;
		const heads = device.lds.filter((ld) => ld.host !== null);
		heads.forEach((ld, at) => {
			const host = hosts.find((one) => one.host.id === ld.host);
			if (!host) return;
			links.push({
				key: `${device.id}/${ld.number}`,
				ids: [`${device.id}:${ld.number}`],
				from: { x: host.box.x + host.box.width / 2, y: host.box.y + host.box.height },
				to: { x: place.x + (place.width * (at + 1)) / (heads.length + 1), y: place.y },
				down: isDown(
					device.id,
					host.host.id,
					`${device.id}:${ld.number}`,
					`${device.id}/${ld.number}`
				),
				host: host.host.id
			});
		});
	}
	return links;
}

/** Straight down where it can be, else an S; `aside` of it by so many pixels. */
export function linkPath({ from, to }: MapLink, aside = 0): string {
	const half = (from.y + to.y) / 2;
	const [a, b] = [from.x + aside, to.x + aside];
	return `M${a} ${from.y}C${a} ${half} ${b} ${half} ${b} ${to.y}`;
}
export const linkMiddle = ({ from, to }: MapLink): Point => ({
	x: (from.x + to.x) / 2,
	y: (from.y + to.y) / 2
});
