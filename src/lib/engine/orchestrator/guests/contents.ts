import { hashText, mix32 } from '../../../base/hash.ts';
import { copyRange } from '../../fabric/coherence/lines.ts';
import { placeAt } from '../../fabric/coherence/place.ts';
import { contentsIn, type Held } from '../../fabric/content.ts';
import type { DaxRecord, GuestRun, PeerRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';

/**
 * Contents of a DAX device by their place in the linear space of its tag, which is the only name of a byte that two hosts
 * share (CXL 4.0 9.13.3.2; reference 5.4). Two devices with the same hash hold the same bytes in the same order.
 */

interface Part {
	/** Place in the linear space. */
	readonly offset: number;
	readonly media: number;
	readonly bytes: number;
	readonly coherent: boolean;
}

/** Where the pieces lie on the medium; null when one of them cannot be reached. */
function partsOf(world: World, peer: PeerRecord, dax: DaxRecord): Part[] | null {
	const device = world.r.fabric.devices.findIndex((record) => record.id === dax.device);
	const parts: Part[] = [];
	let offset = 0;
	for (const piece of dax.pieces) {
		const place = placeAt(world, peer.id, device, dax.ld, piece.dpa);
		if (!place.ok || place.value.meets !== 'live') return null;
		parts.push({ offset, media: place.value.media, bytes: piece.bytes, coherent: place.value.region.hardwareCoherent });
		offset += piece.bytes;
	}
	return parts;
}

/** What lies there, zeroes left out; neighbours of one store are one run. */
export function heldRuns(world: World, peer: PeerRecord, dax: DaxRecord): GuestRun[] {
	const runs: GuestRun[] = [];
	for (const part of partsOf(world, peer, dax) ?? [])
		for (const { at, bytes, writer, version } of contentsIn(world, dax.device, part.media, part.bytes)) {
			const offset = part.offset + at - part.media;
			const last = runs.at(-1);
			if (last && last.offset + last.bytes === offset && last.version === version && last.writer === writer) last.bytes += bytes;
			else runs.push({ offset, bytes, writer, version });
		}
	return runs;
}

/** Puts runs where they belong; what lies beyond the device is left out. */
export function putRuns(world: World, peer: PeerRecord, dax: DaxRecord, runs: readonly GuestRun[]): void {
	for (const part of partsOf(world, peer, dax) ?? [])
		for (const run of runs) {
			const from = Math.max(run.offset, part.offset);
			const to = Math.min(run.offset + run.bytes, part.offset + part.bytes);
			const held: Held = { writer: run.writer, version: run.version };
			if (from < to) copyRange(world, peer.id, dax.device, part.media + from - part.offset, to - from, held, part.coherent);
		}
}

/** The first bytes of the linear space on the medium, at most `most`. */
export function firstPart(world: World, peer: PeerRecord, dax: DaxRecord, most: number): Part | null {
	const first = partsOf(world, peer, dax)?.[0];
	return first ? { ...first, bytes: Math.min(first.bytes, most) } : null;
}

/** 0: zeroes only. */
export function hashOfRuns(runs: readonly GuestRun[]): number {
	let hash = 0;
	for (const { offset, bytes, writer, version } of runs) {
		hash = mix32(hash, offset >>> 0, Math.floor(offset / 2 ** 32));
		hash = mix32(hash, bytes >>> 0, Math.floor(bytes / 2 ** 32));
		hash = mix32(hash, hashText(writer), version);
	}
	return hash;
}
