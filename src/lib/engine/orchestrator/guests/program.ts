import { formatBytesBinary } from '../../../base/format.ts';
import { fillRange, writeBackRange } from '../../fabric/coherence/lines.ts';
import { count } from '../../fabric/counts.ts';
import { aloneBytesPerSecond } from '../../fabric/traffic/links.ts';
import { emit } from '../../sim/trace.ts';
import type { AppRecord, DaxRecord, GuestRecord, GuestRun, PeerRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { close, isAlive, launch, readOnly } from '../apps.ts';
import { beginCopy, deviceOfDax, endCopy, wakeGuest } from '../copies.ts';
import { findDax, isCut, mediaOf } from '../dax.ts';
import { firstPart, hashOfRuns, heldRuns, putRuns } from './contents.ts';

/**
 * The one program of a VM that uses tagged capacity: it maps the DAX device that its host has, works on its data for as long
 * as it runs, and lets the device go again. Its data may be saved outside the pool and loaded from there.
 */
export type GuestOutcome = { readonly ok: boolean; readonly says: string };
export const done = (says: string): GuestOutcome => ({ ok: true, says });
export const no = (says: string): GuestOutcome => ({ ok: false, says });

/** What a program changes while it runs, seen when it stops: its newest store there (our simplification). */
const CHANGED_BYTES = 2 * 1024 * 1024;

export const appIdOf = (guest: GuestRecord): string => `${guest.id}-db`;
export const appOf = (world: World, guest: GuestRecord): AppRecord | null =>
	world.r.fabric.apps.find((app) => app.id === appIdOf(guest) && isAlive(app)) ?? null;
export const guestById = (world: World, id: string): GuestRecord | null => world.r.fabric.guests.find((guest) => guest.id === id) ?? null;
export const peerOfGuest = (world: World, guest: GuestRecord): PeerRecord | null =>
	world.r.fabric.peers.find((peer) => peer.id === guest.host) ?? null;

/** The device that its data lie on at its host: by the tag that they have, else by that of their copy. */
export function daxOf(world: World, guest: GuestRecord, named = ''): DaxRecord | null {
	const peer = peerOfGuest(world, guest);
	if (!peer) return null;
	for (const tag of named === '' ? [guest.tag, guest.copyTag] : [named]) {
		const dax = tag === '' ? null : findDax(peer, tag);
		if (dax) return dax;
	}
	return null;
}

/** Bytes per second of the network between the hosts. */
export const networkBytesPerSecond = (world: World): number =>
	Math.max(1, Math.floor(world.costs.netLinkGbps * 125e6 * world.costs.netGoodputFraction));

/** Why nothing can be asked of it now, or null. */
export function busy(guest: GuestRecord): string | null {
	if (guest.state === 'lost') return `${guest.id} is lost: ${guest.reason ?? 'its host has crashed'}`;
	return guest.doing === 'nothing' ? null : `EBUSY: ${guest.id} is ${guest.doing}`;
}

export function openDevice(world: World, guest: GuestRecord, tag: string, load: boolean, cause: number | null): GuestOutcome {
	const held = busy(guest);
	if (held !== null) return no(held);
	if (appOf(world, guest)) return no(`${appIdOf(guest)} has its device already`);
	if (load && guest.saved === null) return no(`${guest.id} saved nothing that it could load`);
	const dax = daxOf(world, guest, tag);
	const first = guest.written.length === 0;
	const outcome = launch(
		world,
		guest.host,
		{ id: appIdOf(guest), kind: 'database', dax: dax?.tag ?? (tag || guest.tag), keeps: first ? undefined : load ? 'loaded' : 'mapped' },
		cause
	);
	if (!outcome.ok) return outcome;
	guest.program = 'opening';
	guest.tag = dax?.tag ?? guest.tag;
	guest.restores = load;
	guest.reason = null;
	guest.causeSeq = cause;
	return outcome;
}

export function closeDevice(world: World, guest: GuestRecord, save: boolean, cause: number | null): GuestOutcome {
	const held = busy(guest);
	if (held !== null) return no(held);
	const app = appOf(world, guest);
	const dax = daxOf(world, guest);
	const peer = peerOfGuest(world, guest);
	if (!app || !dax || !peer || guest.program !== 'runs') return no(`no program of ${guest.id} has a device`);
	changeLast(world, guest, peer, dax, app);
	guest.causeSeq = cause;
	without(world, guest);
	if (!save) return letGoNow(world, guest, cause);
	guest.doing = 'saving';
	const device = deviceOfDax(world, dax);
	const rate = Math.min(aloneBytesPerSecond(world, guest.host, device, 'read'), networkBytesPerSecond(world));
	beginCopy(world, {
		of: 'guest',
		id: `${guest.id} read`,
		host: guest.host,
		device,
		direction: 'read',
		bytes: dax.bytes,
		soloNs: Math.max(1, Math.floor((dax.bytes / Math.max(1, rate)) * 1e9))
	});
	return done(`${appIdOf(guest)} saves ${formatBytesBinary(dax.bytes)} and lets its device go`);
}

/** All of it is saved. */
export function saved(world: World, guest: GuestRecord): void {
	endCopy(world, 'guest', `${guest.id} read`, true);
	guest.doing = 'nothing';
	const dax = daxOf(world, guest);
	const peer = peerOfGuest(world, guest);
	if (!dax || !peer || isCut(world, peer, dax)) return;
	guest.saved = heldRuns(world, peer, dax);
	guest.copiedBytes += dax.bytes;
	letGoNow(world, guest, guest.causeSeq);
}

function letGoNow(world: World, guest: GuestRecord, cause: number | null): GuestOutcome {
	guest.program = 'closing';
	return close(world, appIdOf(guest), cause);
}

/** It has worked until now: what it changed last is stored and written back before anybody else looks. */
export function changeLast(world: World, guest: GuestRecord, peer: PeerRecord, dax: DaxRecord, app: AppRecord): void {
	const part = firstPart(world, peer, dax, CHANGED_BYTES);
	if (!part) return;
	if (readOnly(world, dax)) count(world, 'vanishedStores');
	else app.version = fillRange(world, peer.id, dax.device, part.media, part.bytes, app.id, part.coherent).version;
	for (const run of mediaOf(world, peer, dax)) writeBackRange(world, peer.id, dax.device, run.at, run.bytes, guest.causeSeq);
	guest.written = heldRuns(world, peer, dax);
}

export function without(world: World, guest: GuestRecord): void {
	if (guest.gapSinceNs < 0) guest.gapSinceNs = world.r.nowNs;
}
export function withData(world: World, guest: GuestRecord): void {
	if (guest.gapSinceNs >= 0) guest.gapNs += world.r.nowNs - guest.gapSinceNs;
	guest.gapSinceNs = -1;
}

/** What its program has before it; null without a program that runs, or where its device was cut off. */
export function seenRuns(world: World, guest: GuestRecord): GuestRun[] | null {
	const peer = peerOfGuest(world, guest);
	const dax = guest.program === 'runs' ? daxOf(world, guest) : null;
	return peer && dax && !isCut(world, peer, dax) ? heldRuns(world, peer, dax) : null;
}
export const seenHash = (world: World, guest: GuestRecord): number => hashOfRuns(seenRuns(world, guest) ?? []);

/** After everything that happens: what became of its program. */
export function noticeProgram(world: World, guest: GuestRecord): void {
	const app = world.r.fabric.apps.find((each) => each.id === appIdOf(guest));
	if (!app) return;
	if (app.state === 'killed' && guest.program !== 'absent') {
		guest.program = 'absent';
		guest.reason = app.reason;
		without(world, guest);
		if (guest.doing === 'saving') stopDoing(world, guest);
	} else if (app.state === 'closing' && (guest.program === 'runs' || guest.program === 'opening')) {
		// Somebody else had it closed: the orchestrator, which empties its device (plan recall).
		without(world, guest);
		guest.program = 'closing';
	} else if (app.state === 'closed' && guest.program !== 'absent' && guest.program !== 'none') {
		without(world, guest);
		guest.program = 'none';
	}
	if (guest.program === 'opening' && app.state === 'running') begins(world, guest);
}

function begins(world: World, guest: GuestRecord): void {
	const peer = peerOfGuest(world, guest);
	const dax = daxOf(world, guest);
	guest.program = 'runs';
	if (!peer || !dax) return;
	if (guest.restores && guest.saved !== null) {
		putRuns(world, peer, dax, guest.saved);
		guest.copiedBytes += dax.bytes;
		guest.restores = false;
	}
	findsData(world, guest);
}

/** It looks at what it has mapped: its own data, zeroes, or something else, which it says. */
export function findsData(world: World, guest: GuestRecord): void {
	withData(world, guest);
	const found = seenRuns(world, guest) ?? [];
	const whole = guest.written.length === 0 || hashOfRuns(found) === hashOfRuns(guest.written);
	if (guest.written.length === 0) guest.written = found;
	guest.reason = whole ? null : found.length === 0 ? 'it finds zeroes where its data were' : 'what it finds is not what it wrote last';
	if (whole) return;
	emit(world, {
		kind: 'app',
		rule: 'guest-program',
		cause: guest.causeSeq,
		host: guest.host,
		values: { vm: guest.id, tag: guest.tag },
		text: `${guest.id} on ${guest.host}: ${guest.reason ?? ''}`
	});
}

/** Broken off: streams end, nothing is due any more. */
export function stopDoing(world: World, guest: GuestRecord): void {
	endCopy(world, 'guest', `${guest.id} read`);
	endCopy(world, 'guest', `${guest.id} write`);
	guest.doing = 'nothing';
	guest.turn += 1;
	guest.dueNs = -1;
}

export function setDue(world: World, guest: GuestRecord, afterNs: number): void {
	wakeGuest(world, guest, world.r.nowNs + Math.max(1, Math.floor(afterNs)));
}
