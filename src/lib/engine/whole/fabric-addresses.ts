import { formatAddress } from '../../base/address.ts';
import { hpaOf } from '../fabric/address/reverse.ts';
import { resolveFor } from '../fabric/address/resolve.ts';
import { VPPB } from '../fabric/switch/binding.ts';
import type { PeerRecord, WindowRecord } from '../state/fabric-records.ts';
import type { World } from '../state/world.ts';

/** Statements about switches and addresses of the fabric. */

/** A bound vPPB has something at its port; a logical device is bound once, to the host that it says; one thing is in progress. */
export function bindings(world: World): string | null {
	const { switches, devices } = world.r.fabric;
	const bound = new Map<string, string>();
	for (const one of switches) {
		let inProgress = 0;
		for (const virtual of one.virtualSwitches)
			for (const [index, vppb] of virtual.vppbs.entries()) {
				const name = `vPPB ${index} of ${virtual.host} at ${one.id}`;
				if (vppb.status === VPPB.unbound && (vppb.port !== -1 || vppb.ld !== -1)) return `${name} is unbound and has a port`;
				if (vppb.status === VPPB.inProgress) inProgress += 1;
				if (vppb.status < VPPB.toPort) continue;
				const partner = one.ports[vppb.port]?.partner;
				const device = devices.find((candidate) => partner?.kind === 'device' && candidate.id === partner.id);
				if (!device) continue;
				const place = `${device.id} ${Math.max(0, vppb.ld)}`;
				const other = bound.get(place);
				if (other !== undefined) return `logical device ${place} is bound to ${other} and to ${name}`;
				bound.set(place, name);
				const { host } = device.lds[Math.max(0, vppb.ld)] ?? { host: null };
				if (host !== virtual.host) return `${name} is bound to logical device ${place}, which says ${host ?? 'nobody'}`;
			}
		if (inProgress !== (one.background === null ? 0 : 1))
			return `${one.id}: ${inProgress} vPPBs in progress, ${one.background ? 'one' : 'no'} command`;
	}
	return null;
}

/** The first and the last stripe of every window, way by way: what they reach comes back to the same address. */
export function addressesComeBack(world: World): string | null {
	for (const peer of world.r.fabric.peers)
		for (const window of peer.windows)
			if (window.problem === null)
				for (const hpa of borders(window)) {
					const found = comesBack(world, peer, hpa);
					if (found !== null) return found;
				}
	return null;
}

function borders(window: WindowRecord): number[] {
	const { baseHpa, bytes, granularity, targets } = window;
	return targets.flatMap((_, way) => [baseHpa + way * granularity, baseHpa + bytes - 1 - way * granularity]);
}

function comesBack(world: World, peer: PeerRecord, hpa: number): string | null {
	const way = resolveFor(world, peer, hpa);
	if (way.dpa < 0) return null;
	const decoders = world.r.fabric.devices[way.device]?.lds[way.ld]?.decoders ?? [];
	// Software that sets decoders by hand may place a device where its set has another one.
	if (decoders.some((decoder) => decoder.committed && hpa >= decoder.baseHpa && hpa < decoder.baseHpa + decoder.bytes && decoder.byHand))
		return null;
	const back = hpaOf(world, peer.id, way.device, way.ld, way.dpa);
	return back === hpa
		? null
		: `${peer.id}: ${formatAddress(hpa)} reaches ${formatAddress(way.dpa)}, which comes back as ${back === null ? 'nothing' : formatAddress(back)}`;
}
