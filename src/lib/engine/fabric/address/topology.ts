import type { BridgeRecord, PeerRecord, VirtualSwitchRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import type { DownHop } from './region.ts';
import { MOST_PORT_TARGETS } from './encoding.ts';

/** What hangs below the host bridges of a host: ways from a bridge down to each logical device that is bound to it. */
export interface DownWay {
	readonly bridge: string;
	readonly device: number;
	readonly ld: number;
	readonly hops: readonly DownHop[];
}

const MOST_LEVELS = 8;

/** Bridges of the scenario, and one more for everything at a root port that no bridge names. */
export function buildBridges(world: World, peer: PeerRecord): void {
	const given = world.scenario.fabric?.hosts.find((host) => host.id === peer.id)?.bridges ?? [];
	const switches = new Set(world.r.fabric.switches.map((one) => one.id));
	const bridges: BridgeRecord[] = given.map(({ id, ports }) => ({
		id,
		ports: ports.map((port) => ({ kind: switches.has(port) ? 'switch' : 'device', id: port })),
		decoders: []
	}));
	const named = new Set(bridges.flatMap((bridge) => bridge.ports.map((port) => port.id)));
	for (const { kind, id } of firstHops(world, peer))
		if (!named.has(id)) bridges.push({ id: `hb-${id}`, ports: [{ kind, id }], decoders: [] });
	peer.bridges = bridges;
}

/** Switches that have this host's upstream port, and devices with a head of their own for it. */
function firstHops(world: World, peer: PeerRecord): BridgeRecord['ports'] {
	const { switches, devices } = world.r.fabric;
	const plugged = new Set(switches.flatMap((one) => one.ports.flatMap(({ partner }) => (partner?.kind === 'device' ? [partner.id] : []))));
	return [
		...switches.flatMap((one) =>
			one.virtualSwitches.some((virtual) => virtual.host === peer.id && one.ports[virtual.upstreamPort]?.partner?.kind === 'host')
				? [{ kind: 'switch' as const, id: one.id }]
				: []
		),
		...devices.flatMap((device) =>
			device.kind !== 'gfd' && !plugged.has(device.id) && device.lds.some((ld) => ld.host === peer.id)
				? [{ kind: 'device' as const, id: device.id }]
				: []
		)
	];
}

export function virtualSwitchOf(world: World, id: string, host: string): VirtualSwitchRecord | undefined {
	return world.r.fabric.switches.find((one) => one.id === id)?.virtualSwitches.find((one) => one.host === host);
}

/** Every logical device that the host reaches, with the places on the way. */
export function waysDown(world: World, peer: PeerRecord): DownWay[] {
	const ways: DownWay[] = [];
	const deviceIndex = (id: string) => world.r.fabric.devices.findIndex((device) => device.id === id);
	const into = (bridge: string, id: string, hops: readonly DownHop[], level: number): void => {
		const one = world.r.fabric.switches.find((candidate) => candidate.id === id);
		const virtual = virtualSwitchOf(world, id, peer.id);
		if (!one || !virtual || level > MOST_LEVELS) return;
		virtual.vppbs.forEach((vppb, target) => {
			const partner = vppb.status >= 2 ? one.ports[vppb.port]?.partner : null;
			const further = [...hops, { port: id, target, capacity: MOST_PORT_TARGETS }];
			if (partner?.kind === 'device') ways.push({ bridge, device: deviceIndex(partner.id), ld: Math.max(0, vppb.ld), hops: further });
			else if (partner?.kind === 'switch') into(bridge, partner.id, further, level + 1);
		});
	};
	for (const bridge of peer.bridges)
		bridge.ports.forEach(({ kind, id }, target) => {
			const hops: DownHop[] = [{ port: bridge.id, target, capacity: MOST_PORT_TARGETS }];
			if (kind === 'switch') return into(bridge.id, id, hops, 1);
			const device = deviceIndex(id);
			const ld = world.r.fabric.devices[device]?.lds.findIndex((one) => one.host === peer.id) ?? -1;
			if (ld >= 0) ways.push({ bridge: bridge.id, device, ld, hops });
		});
	return ways;
}
