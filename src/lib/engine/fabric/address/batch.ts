import type { PeerRecord, WindowRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { gdtOf } from '../gfd/decode.ts';
import { codeOfGranularity, exponentOfTwo, waysOfCode, powerOfTwo } from './encoding.ts';
import { dpaBases } from './decoders.ts';
import { edgeOf } from './resolve-gfd.ts';
import { resolveFor } from './resolve.ts';
import { xorView } from './window.ts';

/**
 * Many addresses at once. A window whose targets decode it alike, one decoder each over all of it, is a table of as many
 * entries as it has ways; the loop over the addresses is arithmetic only. Any other window goes address by address. Who may
 * enter a memory group is not asked here: an address is an address.
 */
interface Plain {
	readonly baseHpa: number;
	readonly endHpa: number;
	readonly stripe: number;
	readonly ways: number;
	readonly window: WindowRecord;
	readonly devices: Int32Array;
	readonly dpaBases: Float64Array;
}

/** Writes device index and device address of each host address; −1 and −1 where its way ends before that. */
export function resolveMany(world: World, host: string, hpas: Float64Array, devices: Int32Array, dpas: Float64Array): void {
	const peer = world.r.fabric.peers.find((one) => one.id === host);
	devices.fill(-1);
	dpas.fill(-1);
	if (!peer) return;
	const plain = peer.windows.flatMap((window) => plainWindow(world, peer, window) ?? []);
	for (let index = 0; index < hpas.length;) {
		const hpa = hpas[index] as number;
		const window = plain.find((one) => hpa >= one.baseHpa && hpa < one.endHpa);
		index = window ? runOf(window, hpas, devices, dpas, index) : one(world, peer, hpas, devices, dpas, index);
	}
}

function one(world: World, peer: PeerRecord, hpas: Float64Array, devices: Int32Array, dpas: Float64Array, index: number): number {
	const way = resolveFor(world, peer, hpas[index] as number);
	if (way.dpa >= 0) {
		devices[index] = way.device;
		dpas[index] = way.dpa;
	}
	return index + 1;
}

/** As many addresses in a row as lie in this window. */
function runOf(table: Plain, hpas: Float64Array, devices: Int32Array, dpas: Float64Array, from: number): number {
	const plain = table.window.arithmetic === 'modulo' && exponentOfTwo(table.ways) !== null;
	return plain ? powersOfTwo(table, hpas, devices, dpas, from) : anyWays(table, hpas, devices, dpas, from);
}

/** Stripes and ways are powers of two and the base is a multiple of both: products with their inverses are exact. */
function powersOfTwo(table: Plain, hpas: Float64Array, devices: Int32Array, dpas: Float64Array, from: number): number {
	const { baseHpa, endHpa, stripe, ways, devices: members, dpaBases: bases } = table;
	const perStripe = 1 / stripe;
	const perWay = 1 / ways;
	let index = from;
	for (; index < hpas.length; index++) {
		const hpa = hpas[index] as number;
		if (hpa < baseHpa || hpa >= endHpa) break;
		const offset = hpa - baseHpa;
		const row = Math.floor(offset * perStripe);
		const turn = Math.floor(row * perWay);
		const way = row - turn * ways;
		devices[index] = members[way] as number;
		dpas[index] = (bases[way] as number) + turn * stripe + (offset - row * stripe);
	}
	return index;
}

function anyWays(table: Plain, hpas: Float64Array, devices: Int32Array, dpas: Float64Array, from: number): number {
	const { baseHpa, endHpa, stripe, ways, window } = table;
	let index = from;
	for (; index < hpas.length; index++) {
		const hpa = hpas[index] as number;
		if (hpa < baseHpa || hpa >= endHpa) break;
		const counted = Math.floor(xorView(window, window.bridges.length, hpa) / stripe);
		const way = counted - Math.floor(counted / ways) * ways;
		const offset = hpa - baseHpa;
		const row = Math.floor(offset / stripe);
		devices[index] = table.devices[way] as number;
		dpas[index] = (table.dpaBases[way] as number) + Math.floor(row / ways) * stripe + (offset - row * stripe);
	}
	return index;
}

/** The window as a table, or null when its decoders are not all of one kind. */
function plainWindow(world: World, peer: PeerRecord, window: WindowRecord): Plain | null {
	const granularity = codeOfGranularity(window.granularity);
	if (window.problem !== null || granularity === null) return null;
	const ways = window.targets.length;
	const devices: number[] = [];
	const bases: number[] = [];
	let covered = window.bytes;
	for (let turn = 0; turn < ways; turn++) {
		const first = Math.floor(window.baseHpa / window.granularity) % ways;
		const hpa = unturned(window, window.baseHpa + ((turn - first + ways) % ways) * window.granularity);
		const way = resolveFor(world, peer, hpa);
		if (way.way !== turn || way.dpa < 0) return null;
		const part = way.ld < 0 ? gfamPart(world, peer, way.device, window) : portPart(world, way.device, way.ld, window);
		if (part === null) return null;
		devices[turn] = way.device;
		bases[turn] = part.dpaBase;
		covered = Math.min(covered, part.bytes);
	}
	return {
		baseHpa: window.baseHpa,
		endHpa: window.baseHpa + covered,
		stripe: window.granularity,
		ways,
		window,
		devices: Int32Array.from(devices),
		dpaBases: Float64Array.from(bases)
	};
}

/** The address that an XOR window counts as this one. */
function unturned(window: WindowRecord, hpa: number): number {
	return xorView(window, window.bridges.length, hpa);
}

interface Part {
	readonly dpaBase: number;
	/** Bytes of the window that it takes part in. */
	readonly bytes: number;
}

function portPart(world: World, device: number, ld: number, window: WindowRecord): Part | null {
	const decoders = world.r.fabric.devices[device]?.lds[ld]?.decoders ?? [];
	const inside = decoders.flatMap((decoder, index) =>
		decoder.committed && decoder.baseHpa < window.baseHpa + window.bytes && decoder.baseHpa + decoder.bytes > window.baseHpa ? [index] : []
	);
	const [only] = inside;
	const decoder = only === undefined ? undefined : decoders[only];
	if (inside.length !== 1 || !decoder || decoder.baseHpa !== window.baseHpa) return null;
	const alike = decoder.granularity === codeOfGranularity(window.granularity) && decoder.bytes % window.targets.length === 0;
	return alike && waysOfCode(decoder.ways) === window.targets.length
		? { dpaBase: dpaBases(decoders)[only as number] as number, bytes: decoder.bytes }
		: null;
}

function gfamPart(world: World, peer: PeerRecord, device: number, window: WindowRecord): Part | null {
	const gfd = world.r.fabric.devices[device]?.gfd;
	const edge = edgeOf(world, peer.id)?.edge;
	if (!gfd || !edge) return null;
	const entries = gdtOf(gfd, edge.pid).filter((entry) => entry.valid);
	const own = entries.filter((entry) => entry.hpaBase === window.baseHpa);
	const [entry] = own;
	if (
		own.length !== 1 ||
		!entry ||
		powerOfTwo(entry.interleave) !== window.targets.length ||
		entry.granularity !== codeOfGranularity(window.granularity)
	)
		return null;
	const overlaps = entries.some(
		(other) =>
			other !== entry &&
			other.hpaBase < window.baseHpa + window.bytes &&
			other.hpaBase + other.bytes * powerOfTwo(other.interleave) > window.baseHpa
	);
	return overlaps ? null : { dpaBase: entry.dpaBase, bytes: entry.bytes * window.targets.length };
}
