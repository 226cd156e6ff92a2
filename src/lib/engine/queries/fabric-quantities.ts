import { DOORS, type DoorAnswer } from '../contract/doors.ts';
import type { FabricQuantityName } from '../contract/fabric-quantities.ts';
import { FABRIC_QUANTITIES } from '../contract/fabric-quantities.ts';
import { ExtentState } from '../contract/words.ts';
import { exploreExchange } from '../fabric/coherence/explore.ts';
import { readExchangePlan } from '../fabric/coherence/exchange-plan.ts';
import { piecesOf, placeAt } from '../fabric/coherence/place.ts';
import { mediaHeld, storesIn } from '../fabric/content.ts';
import { countOf } from '../fabric/counts.ts';
import { allExtents, extentsOf } from '../fabric/dcd/lists.ts';
import { freeMediaBytes } from '../fabric/dcd/media.ts';
import { tagById, viewOfTag } from '../fabric/dcd/tags.ts';
import { reachableBytes } from '../orchestrator/gfam-acts.ts';
import { hashOfRuns } from '../orchestrator/guests/contents.ts';
import { guestById, seenHash } from '../orchestrator/guests/program.ts';
import { throughDoor } from '../orchestrator/doors.ts';
import type { GuestRecord } from '../state/fabric-records.ts';
import type { World } from '../state/world.ts';
import { linkStatus } from './fabric-load.ts';

/** Quantities of the fabric by name. null when `of` names nothing. */
type Read = (world: World, of: string) => number | null;

const peerOf = (world: World, id: string) => world.r.fabric.peers.find((peer) => peer.id === id);
const appOf = (world: World, id: string) => world.r.fabric.apps.find((app) => app.id === id);
const planOf = (world: World, of: string) => {
	const [name = '', host] = of.split(' ');
	return world.r.fabric.plans.filter((plan) => plan.plan === name && (host === undefined || plan.values['host'] === host)).at(-1);
};
const counted =
	(name: Parameters<typeof countOf>[1]): Read =>
	(world) =>
		countOf(world, name);

function held(world: World, of: string): number | null {
	const [host = '', tag] = of.split(' ');
	if (!peerOf(world, host)) return null;
	let bytes = 0;
	world.r.fabric.devices.forEach((record, device) =>
		record.lds.forEach((logical, ld) => {
			if (logical.host !== host) return;
			for (const extent of extentsOf(world, device, ld))
				if (tag === undefined || tagById(world, extent.tagId)?.tag === tag) bytes += extent.bytes;
		})
	);
	world.r.fabric.devices.forEach((record, device) => {
		if (record.gfd) bytes += reachableBytes(world, device, host, tag ?? '');
	});
	return bytes;
}

function offered(world: World, host: string): number | null {
	if (!peerOf(world, host)) return null;
	let bytes = 0;
	world.r.fabric.devices.forEach((record, device) =>
		record.lds.forEach((logical, ld) => {
			if (logical.host === host)
				for (const extent of allExtents(world, device, ld)) if (extent.state === ExtentState.offered) bytes += extent.bytes;
		})
	);
	return bytes;
}

/** Every host that holds the tag reads, at every run that somebody stored, what was stored last. */
function sameContent(world: World, tag: string): number | null {
	const record = world.r.fabric.tags.find((each) => each.tag === tag);
	if (!record) return null;
	for (const host of record.holders)
		for (const piece of piecesOf(world, host, tag)) {
			const place = placeAt(world, host, piece.device, piece.ld, piece.dpa);
			if (!place.ok || place.value.meets !== 'live') return 0;
			for (const run of storesIn(world, record.device, place.value.media, piece.bytes))
				if (mediaHeld(world, record.device, run.at).version !== run.version) return 0;
		}
	return 1;
}

/** In the order of the tag; null without such a tag. */
function piecesOfHost(world: World, of: string) {
	const [host = '', tag = ''] = of.split(' ');
	return world.r.fabric.tags.some((each) => each.tag === tag) ? (viewOfTag(world, host, tag)?.pieces ?? []) : null;
}

function answerOf(world: World, of: string, holds: (answer: DoorAnswer) => boolean): number {
	const [customer, host] = of.split(' ');
	const record = world.r.fabric.doors.find((each) => each.customer === customer && (host === undefined || each.host === host));
	return record ? Number(holds(throughDoor(world, record.customer, record.door))) : 0;
}

function viewsAgree(world: World, tag: string): number | null {
	const record = world.r.fabric.tags.find((each) => each.tag === tag);
	if (!record) return null;
	const views = record.holders.map((host) => viewOfTag(world, host, tag));
	const lengths = new Set(views.map((view) => view?.pieces.reduce((sum, piece) => sum + piece.bytes, 0) ?? -1));
	return views.every((view) => view?.complete === true) && lengths.size <= 1 ? 1 : 0;
}

function exchange(of: string, pick: (verdict: ReturnType<typeof exploreExchange>) => number): number | null {
	const plan = readExchangePlan(of);
	return plan.ok ? pick(exploreExchange(plan.value)) : null;
}

const ofGuest =
	(read: (world: World, guest: GuestRecord) => number): Read =>
	(world, id) => {
		const guest = guestById(world, id);
		return guest ? read(world, guest) : null;
	};
const ofGuests =
	(read: (guest: GuestRecord) => number): Read =>
	(world, id) => {
		const guests = world.r.fabric.guests.filter((guest) => id === '' || guest.id === id);
		return id !== '' && guests.length === 0 ? null : guests.reduce((sum, guest) => sum + read(guest), 0);
	};

const READ: Readonly<Record<FabricQuantityName, Read>> = {
	recoveredBytes: (world) => countOf(world, 'returnedBytes') + countOf(world, 'forcedBytes'),
	returnedBytes: counted('returnedBytes'),
	forcedBytes: counted('forcedBytes'),
	crashes: counted('crashes'),
	staleReads: counted('staleReads'),
	deadReads: counted('deadReads'),
	poisonReads: counted('poisonReads'),
	vanishedStores: counted('vanishedStores'),
	refusedLaunches: counted('refusedLaunches'),
	losses: (world) => world.r.fabric.losses.length,
	protocolLegal: (world, tag) => (world.r.fabric.breaches.some((each) => tag === '' || each.tag === tag) ? 0 : 1),
	neverSystemRam: (world, tag) => (world.r.fabric.breaches.some((each) => each.tag === tag && each.text.includes('system RAM')) ? 0 : 1),
	appsRunning: (world, host) => world.r.fabric.apps.filter((app) => app.state === 'running' && (host === '' || app.host === host)).length,
	appRuns: (world, app) => (appOf(world, app)?.state === 'running' ? 1 : 0),
	appKilled: (world, app) => (appOf(world, app)?.state === 'killed' ? 1 : 0),
	appVersion: (world, app) => appOf(world, app)?.version ?? 0,
	capacityBytes: held,
	offeredBytes: offered,
	daxBytes: (world, of) => {
		const [host = '', tag] = of.split(' ');
		const peer = peerOf(world, host);
		return peer ? peer.dax.filter((dax) => tag === undefined || dax.tag === tag).reduce((sum, dax) => sum + dax.bytes, 0) : null;
	},
	freeCapacityBytes: (world, id) => {
		const device = world.r.fabric.devices.findIndex((record) => record.id === id);
		return device < 0 ? null : freeMediaBytes(world, device);
	},
	sameContent,
	viewsAgree,
	pieces: (world, of) => piecesOfHost(world, of)?.length ?? null,
	arrivesInOrder: (world, of) => {
		const pieces = piecesOfHost(world, of);
		return pieces ? Number(pieces.every((piece, at) => at === 0 || (pieces[at - 1]?.arrival ?? 0) < piece.arrival)) : null;
	},
	hostUp: (world, host) => {
		const peer = peerOf(world, host);
		return peer ? Number(peer.state === 'up') : null;
	},
	planDone: (world, name) => {
		const plan = planOf(world, name);
		return plan ? (plan.state === 'done' ? 1 : plan.state === 'failed' ? -1 : 0) : 0;
	},
	planSeconds: (world, name) => {
		const plan = planOf(world, name);
		return plan && plan.state === 'done' ? (plan.endNs - plan.startNs) / 1e9 : -1;
	},
	linkBytes: (world, id) => {
		const link = linkStatus(world).find((one) => one.id === id);
		return link ? link.read.bytes + link.write.bytes : null;
	},
	linkLoad: (world, id) => {
		const link = linkStatus(world).find((one) => one.id === id);
		return link ? Math.max(link.read.load, link.write.load) : null;
	},
	logOverflow: (world, host) => {
		if (!peerOf(world, host)) return null;
		return world.r.fabric.devices.reduce(
			(sum, record) => sum + record.lds.reduce((own, logical) => own + (logical.host === host ? logical.log.overflow : 0), 0),
			0
		);
	},
	exchangeWins: (_, of) => exchange(of, (verdict) => Number(verdict.wins)),
	exchangeStaleReads: (_, of) => exchange(of, (verdict) => verdict.staleReads),
	exchangeFresh: (_, of) => exchange(of, (verdict) => Number(verdict.freshEnds > 0)),
	exchangeStates: (_, of) => exchange(of, (verdict) => verdict.states),
	snoops: counted('snoops'),
	exchangeOperations: (_, of) => exchange(of, (verdict) => verdict.operations),
	doorTag: (world, customer) => answerOf(world, customer, (answer) => answer.tag !== null),
	doorDax: (world, customer) => answerOf(world, customer, (answer) => answer.guestSees === 'dax'),
	guestOn: (world, of) => {
		const [id = '', host] = of.split(' ');
		const guest = guestById(world, id);
		return guest ? Number(guest.host === host && guest.state === 'running') : null;
	},
	guestProgram: (world, id) => {
		const program = guestById(world, id)?.program;
		return program === undefined ? null : program === 'runs' ? 1 : program === 'absent' ? -1 : 0;
	},
	contentHash: ofGuest((world, guest) => seenHash(world, guest)),
	writtenHash: ofGuest((_, guest) => hashOfRuns(guest.written)),
	copiedBytes: ofGuests((guest) => guest.copiedBytes),
	guestNetworkBytes: ofGuests((guest) => guest.networkBytes),
	guestBlackoutNs: ofGuest((_, guest) => guest.blackoutNs),
	guestGapNs: ofGuest((world, guest) => guest.gapNs + (guest.gapSinceNs < 0 ? 0 : world.r.nowNs - guest.gapSinceNs)),
	mostWriters: counted('mostWriters'),
	doorsSatisfied: (world) => world.r.fabric.doors.filter((each) => throughDoor(world, each.customer, each.door).satisfied).length,
	doorsWork: (world) => {
		const doors = new Set(world.r.fabric.doors.map((each) => each.door));
		return [...doors].reduce((sum, door) => sum + Number(DOORS[door].needsDriver) + Number(DOORS[door].needsSpecification), 0);
	}
};

export const isFabricQuantity = (name: string): name is FabricQuantityName => Object.hasOwn(FABRIC_QUANTITIES, name);

export function fabricQuantity(world: World, name: FabricQuantityName, of: string): number | null {
	return typeof of === 'string' ? READ[name](world, of) : null;
}
