import { unkept } from '../fabric/content.ts';
import { isAccessible } from '../fabric/dcd/lists.ts';
import { readExtent } from '../fabric/dcd/rows.ts';
import { tagText } from '../fabric/dcd/tags.ts';
import { isAlive } from '../orchestrator/apps.ts';
import type { World } from '../state/world.ts';

/** Statements about what hosts do with capacity: contents, lines in caches, DAX devices, applications. */

/** Every store can be read from its medium or from a changed line; what cannot has been told as lost. */
export function storesKept(world: World): string | null {
	const { fabric, belief } = world.r;
	if (belief !== null || fabric.stores.length === 0) return null;
	const lost = unkept(world, fabric.stores)[0];
	return lost ? `version ${lost.version} of ${lost.writer} at ${lost.at} of ${lost.device} is gone and nobody said so` : null;
}

/** Of a coherent line there is one owner, or sharers that all hold what the medium holds; a line is cached once per host. */
export function lineOwners(world: World): string | null {
	const { lines, contents } = world.r.fabric;
	const seen = new Set<string>();
	for (const line of lines) {
		const where = `line ${line.at} of ${line.device}`;
		const key = `${line.host} ${line.device} ${line.at}`;
		if (seen.has(key)) return `${line.host} holds ${where} twice`;
		seen.add(key);
		if (!world.r.fabric.peers.some((peer) => peer.id === line.host && peer.state !== 'crashed'))
			return `${line.host} holds ${where} and is not there`;
		if (line.state === 'clean' || line.state === 'dirty') continue;
		const others = lines.filter((other) => other !== line && other.device === line.device && other.at === line.at);
		if (line.state !== 'shared' && others.length > 0) return `${line.host} owns ${where}, and ${others[0]?.host ?? ''} holds it too`;
		if (line.state === 'modified') continue;
		const held = contents.find((run) => run.device === line.device && run.at <= line.at && line.at < run.at + run.bytes)?.version ?? 0;
		if (held !== line.value) return `${line.host} shares version ${line.value} of ${where}, the medium holds ${held}`;
	}
	return null;
}

/** A DAX device that nobody cut off stands on accepted extents of its host and tag, in sequence order, as long as it says. */
export function daxOnExtents(world: World): string | null {
	for (const peer of world.r.fabric.peers)
		for (const dax of peer.state === 'crashed' ? [] : peer.dax) {
			const name = `${dax.id} of ${peer.id}`;
			if (dax.pieces.reduce((sum, piece) => sum + piece.bytes, 0) !== dax.bytes) return `${name}: its ranges do not add up`;
			if (dax.extents.length === 0) continue;
			let before = -1;
			for (const [index, row] of dax.extents.entries()) {
				const piece = dax.pieces[index];
				const extent = readExtent(world, row);
				if (!piece || !isAccessible(world, row)) continue;
				if (extent.dpa !== piece.dpa || extent.bytes !== piece.bytes) return `${name}: range ${index} lies elsewhere`;
				if (tagText(world, extent.tagId) !== dax.tag) return `${name}: range ${index} belongs to another tag`;
				if (dax.tag !== '' && extent.sequence < before) return `${name}: range ${index} is out of order`;
				before = extent.sequence;
			}
		}
	return null;
}

/** An application that runs does so on a host that is up, on a DAX device that is not free. */
export function appsHaveMemory(world: World): string | null {
	for (const app of world.r.fabric.apps) {
		if (!isAlive(app)) continue;
		const peer = world.r.fabric.peers.find((each) => each.id === app.host);
		if (!peer || peer.state === 'crashed') return `${app.id} runs on ${app.host}, which is not up`;
		if (app.dax === '') continue;
		const dax = peer.dax.find((each) => each.id === app.dax);
		if (dax && dax.state === 'free') return `${app.id} runs on ${dax.id}, which is free`;
	}
	return null;
}
