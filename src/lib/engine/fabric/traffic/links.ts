import { costBytesPerSecond } from '../../costs/cost-model.ts';
import type { RateCost } from '../../costs/cost-model.ts';
import type { SwitchRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { edgeOf } from '../address/resolve-gfd.ts';
import { pbrWay } from '../switch/pbr-route.ts';

/**
 * Links by name: "switch:port" for what hangs at a port, "device:head" for a device that is plugged straight into a host. A
 * link between two switches has one name, that of the port above (between PBR switches: of the one that was built first).
 * Capacities: the host's adapter and the device as measured in the cost model; between switches the wire, x16 of PCIe 5.0
 * with 130 bits for 128. Our simplifications: every link is that wide, and a device, of which only the rate of reads is
 * published, takes writes as fast as one adapter gives them.
 */
export type Direction = 'read' | 'write';
export interface FabricLink {
	readonly id: string;
	readonly upper: string;
	readonly lower: string;
	readonly ends: 'host-switch' | 'switch-switch' | 'switch-device' | 'host-device';
}
export const LANES = 16;

export function linksOf(world: World): FabricLink[] {
	const { switches, devices } = world.r.fabric;
	const links: FabricLink[] = [];
	const plugged = new Set<string>();
	for (const [place, one] of switches.entries())
		one.ports.forEach(({ partner }, index) => {
			if (!partner) return;
			const id = `${one.id}:${index}`;
			if (partner.kind === 'host') links.push({ id, upper: partner.id, lower: one.id, ends: 'host-switch' });
			else if (partner.kind === 'device') {
				plugged.add(partner.id);
				links.push({ id, upper: one.id, lower: partner.id, ends: 'switch-device' });
			} else if (isUpper(switches, place, index)) links.push({ id, upper: one.id, lower: partner.id, ends: 'switch-switch' });
		});
	for (const device of devices)
		if (!plugged.has(device.id))
			device.lds.forEach(({ host }, head) => {
				if (host !== null) links.push({ id: `${device.id}:${head}`, upper: host, lower: device.id, ends: 'host-device' });
			});
	return links;
}

/** HBR: the port that is no upstream port. PBR, where no end is above: the switch that comes first. */
function isUpper(switches: readonly SwitchRecord[], place: number, port: number): boolean {
	const one = switches[place] as SwitchRecord;
	if (one.kind === 'hbr') return one.ports[port]?.state !== 4;
	const other = switches.findIndex((candidate) => candidate.id === one.ports[port]?.partner?.id);
	return place < other;
}

/** Links between a host and its logical device, or a G-FAM device, from the host on; empty when there is no way. */
export function routeOf(world: World, host: string, device: number): string[] {
	const record = world.r.fabric.devices[device];
	if (!record) return [];
	if (record.gfd) return gfamRoute(world, host, record.gfd.pid);
	const ld = record.lds.findIndex((one) => one.host === host);
	if (ld < 0) return [];
	const { switches } = world.r.fabric;
	for (const one of switches) {
		const virtual = one.virtualSwitches.find((candidate) => candidate.host === host);
		if (!virtual || one.ports[virtual.upstreamPort]?.partner?.kind !== 'host') continue;
		const below = routeBelow(world, host, one, record.id, ld, switches.length);
		if (below) return [`${one.id}:${virtual.upstreamPort}`, ...below];
	}
	return switches.some((one) => one.ports.some(({ partner }) => partner?.id === record.id)) ? [] : [`${record.id}:${ld}`];
}

function routeBelow(world: World, host: string, one: SwitchRecord, device: string, ld: number, levels: number): string[] | null {
	const virtual = one.virtualSwitches.find((candidate) => candidate.host === host);
	for (const vppb of virtual?.vppbs ?? []) {
		if (vppb.status < 2) continue;
		const partner = one.ports[vppb.port]?.partner;
		const id = `${one.id}:${vppb.port}`;
		if (partner?.kind === 'device' && partner.id === device && (vppb.ld < 0 || vppb.ld === ld)) return [id];
		const lower = partner?.kind === 'switch' && levels > 0 ? world.r.fabric.switches.find((other) => other.id === partner.id) : undefined;
		const further = lower ? routeBelow(world, host, lower, device, ld, levels - 1) : null;
		if (further) return [id, ...further];
	}
	return null;
}

function gfamRoute(world: World, host: string, pid: number): string[] {
	const found = edgeOf(world, host);
	if (!found) return [];
	const { switches } = world.r.fabric;
	const links = [`${found.one.id}:${found.edge.port}`];
	for (const { id, outPort } of pbrWay(world, found.one, pid).hops) {
		const place = switches.findIndex((one) => one.id === id);
		const partner = switches[place]?.ports[outPort]?.partner;
		const other = partner?.kind === 'switch' ? switches.findIndex((one) => one.id === partner.id) : -1;
		if (other < 0 || isUpper(switches, place, outPort)) links.push(`${id}:${outPort}`);
		else {
			const back = (switches[other] as SwitchRecord).ports.findIndex((port) => port.partner?.kind === 'switch' && port.partner.id === id);
			links.push(`${partner?.id ?? ''}:${back}`);
		}
	}
	return links;
}

export interface Capacity {
	readonly bytesPerSecond: number;
	/** Cost that sets it. */
	readonly limitedBy: string;
}

/** Data per second that gets through a link in one direction. */
export function capacityOf(world: World, ends: FabricLink['ends'], direction: Direction): Capacity {
	const { costs } = world;
	const named = (limitedBy: RateCost): Capacity => ({ bytesPerSecond: costBytesPerSecond(costs, limitedBy), limitedBy });
	const wire: Capacity = { bytesPerSecond: wireBytesPerSecond(world), limitedBy: 'pcieGen5LaneRateGTps' };
	const adapter = named(direction === 'read' ? 'cxlHostLinkReadGBps' : 'cxlHostLinkWriteGBps');
	const device = direction === 'read' ? named('cxlDeviceBandwidthGBps') : adapter;
	const least = (list: readonly Capacity[]): Capacity => list.reduce((a, b) => (b.bytesPerSecond < a.bytesPerSecond ? b : a));
	switch (ends) {
		case 'host-switch':
			return least([wire, adapter]);
		case 'switch-switch':
			return wire;
		case 'switch-device':
			return least([wire, device]);
		case 'host-device':
			return least([wire, adapter, device]);
	}
}

/** x16 at 32 GT/s: 63.0 GB/s each way (PCIe 5.0, 128b/130b). */
export function wireBytesPerSecond(world: World): number {
	return Math.floor((LANES * world.costs.pcieGen5LaneRateGTps * 1e9 * 128) / 130 / 8);
}

/** What a host gets from or to a device when nobody else uses the way; 0 without one. */
export function aloneBytesPerSecond(world: World, host: string, device: number, direction: Direction): number {
	const route = new Set(routeOf(world, host, device));
	const rates = linksOf(world).flatMap((link) => (route.has(link.id) ? [capacityOf(world, link.ends, direction).bytesPerSecond] : []));
	return rates.length === 0 ? 0 : Math.min(...rates);
}
