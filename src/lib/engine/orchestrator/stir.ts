import { loseStores, storesIn } from '../fabric/content.ts';
import { dropLines } from '../fabric/coherence/lines.ts';
import { reachesMedia } from '../fabric/coherence/place.ts';
import { count } from '../fabric/counts.ts';
import { freeMedia } from '../fabric/dcd/media.ts';
import { crashHost } from '../fabric/faults/hosts.ts';
import type { MessageRecord, PeerRecord } from '../state/fabric-records.ts';
import type { World } from '../state/world.ts';
import { isAlive, kill, lookAround } from './apps.ts';
import { endCopy } from './copies.ts';
import { isCut, presentAll, remove } from './dax.ts';
import { stirGuests } from './guests/index.ts';
import { runPlans } from './run-plans.ts';
import { isSystemRam } from './system-ram.ts';
import { waysNumber } from './ways.ts';

/**
 * After every message, timer and command of the fabric: what hosts and applications make of it. Nothing here is remembered
 * beyond the records, so it does not matter how often it is asked.
 */
export function stir(world: World, cause: number | null): void {
	const { fabric } = world.r;
	if (fabric.peers.length === 0) return;
	const presented = presentAll(world, cause);
	const ways = waysNumber(world);
	if (presented || ways !== fabric.ways) {
		fabric.ways = ways;
		if (fabric.lines.length > 0) dropLines(world, (line) => !reachesMedia(world, line.host, line.device, line.at), 'vanished', cause);
		takeCuts(world, cause);
		lookAround(world);
		if (fabric.stores.length > 0) giveUpFreed(world, cause);
	}
	stirGuests(world);
	if (fabric.plans.some((plan) => plan.state === 'running')) runPlans(world);
}

/** Memory that the kernel itself used is gone: the host crashes. Devices that nobody has mapped just vanish. */
function takeCuts(world: World, cause: number | null): void {
	const { fabric } = world.r;
	for (const peer of fabric.peers) {
		if (peer.state === 'crashed') {
			for (const stream of fabric.streams.filter((each) => each.of === 'dax' && each.host === peer.id)) endCopy(world, 'dax', stream.id);
			for (const app of fabric.apps) if (app.host === peer.id && isAlive(app)) kill(world, peer, app, null, 'its host has crashed');
			continue;
		}
		const cut = peer.dax.filter((dax) => isCut(world, peer, dax));
		for (const dax of cut.filter((each) => each.state !== 'claimed')) remove(world, peer, dax, cause);
		const inKernel = cut.find((dax) => dax.state === 'claimed' && isSystemRam(dax));
		if (inKernel) die(world, peer, `the kernel read all ones in ${inKernel.id}, which was its own memory`, cause);
	}
}

function die(world: World, peer: PeerRecord, why: string, cause: number | null): void {
	crashHost(world, peer, why, cause);
	for (const app of world.r.fabric.apps) if (app.host === peer.id && isAlive(app)) kill(world, peer, app, null, 'its host has crashed');
}

/** Stores in media that belong to nobody any more are given up: their tag died, or their extent was given back. */
function giveUpFreed(world: World, cause: number | null): void {
	world.r.fabric.devices.forEach((record, device) => {
		for (const run of freeMedia(world, device)) {
			const lost = storesIn(world, record.id, run.at, run.bytes);
			if (lost.length > 0) loseStores(world, lost, 'given up', cause);
		}
	});
}

/** The manager hears what came back: counted by how it came. */
export function noticeMessage(world: World, message: MessageRecord): void {
	if (message.to !== 'fm' || message.opcode !== '05h') return;
	count(world, message.payload['forced'] === true ? 'forcedBytes' : 'returnedBytes', Number(message.payload['bytes'] ?? 0));
}
