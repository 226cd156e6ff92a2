import type { PeerRecord, WindowRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { memdevKey } from './configure.ts';
import { dpaBases } from './decoders.ts';
import { waysOfCode } from './encoding.ts';

/** Window of a host whose region holds a device address, or −1. */
export function windowOfDpa(world: World, peer: PeerRecord, device: number, ld: number, dpa: number): number {
	const decoders = world.r.fabric.devices[device]?.lds[ld]?.decoders ?? [];
	const bases = dpaBases(decoders);
	const at = decoders.findIndex((decoder, index) => {
		const base = bases[index] as number;
		return decoder.committed && dpa >= base && dpa < base + decoder.bytes / (waysOfCode(decoder.ways) || 1);
	});
	const hpa = decoders[at]?.baseHpa;
	return hpa === undefined ? -1 : peer.windows.findIndex((window) => hpa >= window.baseHpa && hpa < window.baseHpa + window.bytes);
}

/** Somebody at the host took away what would make a DAX device of it: the memory device, the region, or its driver. */
export function regionIsOff(world: World, peer: PeerRecord, device: number, ld: number, dpa: number): boolean {
	if (peer.disabledMemdevs.length === 0 && peer.windows.every((window) => window.region === 'made')) return false;
	const { id } = world.r.fabric.devices[device] as { id: string };
	if (peer.disabledMemdevs.includes(memdevKey(id, ld))) return true;
	const at = windowOfDpa(world, peer, device, ld, dpa);
	if (at >= 0) return (peer.windows[at] as WindowRecord).region === 'disabled';
	return peer.windows.some((window) => window.region === 'destroyed' && window.targets.includes(id));
}
