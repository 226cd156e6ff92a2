import { formatBytesBinary } from '../../base/format.ts';
import { costBytes, costBytesPerSecond, costNs } from '../costs/cost-model.ts';
import { writeBackRange } from '../fabric/coherence/lines.ts';
import { lastStored, mediaHeld } from '../fabric/content.ts';
import { wayIsCut } from '../fabric/coherence/place.ts';
import { count } from '../fabric/counts.ts';
import { crashHost } from '../fabric/faults/hosts.ts';
import { aloneBytesPerSecond } from '../fabric/traffic/links.ts';
import { emit } from '../sim/trace.ts';
import type { AppRecord, DaxRecord, PeerRecord } from '../state/fabric-records.ts';
import type { World } from '../state/world.ts';
import { breach } from './breaches.ts';
import { appOfTimer, beginCopy, deviceOfDax, endCopy, setAppTimer } from './copies.ts';
import { fillAll, findDax, isCut, mediaOf, note, remove } from './dax.ts';

/**
 * Programs that use capacity: they claim a DAX device by its tag, map it, load or read their data, run, and close. They look
 * at their memory once a millisecond, but only when something was taken away does that cost an event.
 */
const LOOK_NS = 1_000_000;
/** Pieces in which a DAX device is mapped (Linux drivers/dax/device.c, PMD faults). */
const PMD_BYTES = 2 * 1024 * 1024;

export interface Launch {
	readonly id: string;
	readonly kind: AppRecord['kind'];
	/** Tag or name of the DAX device. */
	readonly dax: string;
	/** Bytes that it fills; everything unless said. */
	readonly loadBytes?: number | undefined;
	/** page-cache and vm in system RAM: folios of 4 KiB in place of 2 MiB. */
	readonly smallFolios?: boolean;
	/** A long-term pin holds a page of it. */
	readonly pinned?: boolean;
	/** It maps what is there: 'mapped' as it is, 'loaded' again from where its data were saved (orchestrator/guests). */
	readonly keeps?: 'mapped' | 'loaded' | undefined;
}

export type Launched = { readonly ok: true; readonly says: string } | { readonly ok: false; readonly says: string };

export function launch(world: World, host: string, asked: Launch, cause: number | null): Launched {
	const { fabric } = world.r;
	const peer = fabric.peers.find((each) => each.id === host);
	if (!peer) return { ok: false, says: `there is no host "${host}"` };
	if (peer.state !== 'up') return { ok: false, says: `${host} is ${peer.state}` };
	if (fabric.apps.some((app) => app.id === asked.id && isAlive(app)))
		return { ok: false, says: `an application "${asked.id}" runs already` };
	const dax = findDax(peer, asked.dax);
	if (!dax) {
		count(world, 'refusedLaunches');
		breach(world, asked.dax, host, `${asked.id} was launched on ${host}, which has no DAX device with tag ${asked.dax}`);
		return { ok: false, says: `ENOENT: ${host} has no DAX device with uuid ${asked.dax}` };
	}
	const inRam = dax.use === 'system-ram' || dax.use === 'system-ram-normal';
	if (dax.disabled) return { ok: false, says: `ENXIO: ${dax.id} has no driver` };
	if (!inRam && dax.state !== 'free') return { ok: false, says: `EBUSY: ${dax.id} is ${dax.state}` };
	const before = fabric.apps.findIndex((app) => app.id === asked.id);
	const app: AppRecord = {
		id: asked.id,
		host,
		kind: asked.kind,
		...(asked.keeps === undefined ? {} : { keeps: true }),
		dax: dax.id,
		tag: dax.tag,
		state: 'starting',
		turn: fabric.apps[before]?.turn ?? 0,
		version: 0,
		badReads: 0,
		reason: null,
		causeSeq: null
	};
	const bytes = Math.min(dax.bytes - (inRam ? dax.occupiedBytes : 0), asked.loadBytes ?? dax.bytes);
	if (inRam) occupy(dax, bytes, asked);
	else dax.state = 'claimed';
	if (before < 0) fabric.apps.push(app);
	else fabric.apps[before] = app;
	app.causeSeq = emit(world, {
		kind: 'app',
		rule: inRam ? 'system-ram' : 'dax-claim',
		cause,
		host,
		values: { app: app.id, dax: dax.id, bytes, tag: dax.tag },
		text: `${app.id} starts on ${host} and ${inRam ? 'allocates from system RAM' : `claims ${dax.id}`}${dax.tag === '' ? '' : ` by uuid ${dax.tag}`}`
	});
	note(world, peer, `${app.id}: starts on ${dax.id}`);
	start(world, app, dax, bytes, asked.keeps === 'mapped');
	return { ok: true, says: `${app.id} starts on ${dax.id}` };
}

/** System RAM is occupied by folios; a pin or the kernel keeps what it has. */
function occupy(dax: DaxRecord, bytes: number, asked: Launch): void {
	dax.occupiedBytes += bytes;
	dax.smallFolios ||= asked.smallFolios === true;
	if (asked.pinned === true) dax.stuckBytes = Math.max(dax.stuckBytes, 4096);
}

/** Mapping, and for whoever brings data the time to write it over the links between host and device. */
function start(world: World, app: AppRecord, dax: DaxRecord, bytes: number, fillsNothing: boolean): void {
	const mappingNs = Math.ceil(bytes / PMD_BYTES) * costNs(world.costs, 'daxFault2mUs');
	const device = deviceOfDax(world, dax);
	const rate = app.kind === 'reader' || fillsNothing ? 0 : aloneBytesPerSecond(world, app.host, device, 'write');
	if (rate === 0 || bytes === 0) return later(world, app, mappingNs);
	const soloNs = mappingNs + Math.max(1, Math.floor((bytes / rate) * 1e9));
	beginCopy(world, { of: 'app', id: app.id, host: app.host, device, direction: 'write', bytes, soloNs });
}

export const isAlive = (app: AppRecord): boolean => app.state === 'starting' || app.state === 'running' || app.state === 'closing';

function later(world: World, app: AppRecord, ns: number): void {
	setAppTimer(world, app, world.r.nowNs + ns);
}

/** An application's own time has come. */
export function runAppTimer(world: World, index: number): void {
	const app = appOfTimer(world, index);
	if (!app) return;
	const peer = world.r.fabric.peers.find((each) => each.id === app.host);
	const dax = peer?.dax.find((each) => each.id === app.dax);
	if (!peer || !isAlive(app)) return;
	if (app.dax !== '' && (!dax || isCut(world, peer, dax))) {
		if (app.state === 'closing') finish(world, peer, app, dax ?? null);
		else looksAndDies(world, peer, app, dax ?? null);
		return;
	}
	if (app.state === 'starting') begins(world, peer, app, dax ?? null);
	else if (app.state === 'closing') finish(world, peer, app, dax ?? null);
}

/** It has mapped its memory: a writer has filled it, a reader looks at what is there. */
function begins(world: World, peer: PeerRecord, app: AppRecord, dax: DaxRecord | null): void {
	app.state = 'running';
	endCopy(world, 'app', app.id, true);
	if (!dax) return;
	const runs = mediaOf(world, peer, dax);
	const first = runs[0];
	const inRam = dax.use === 'system-ram' || dax.use === 'system-ram-normal';
	if (app.kind === 'reader' && first) {
		const held = mediaHeld(world, dax.device, first.at);
		app.version = held.version;
		if (held.version < lastStored(world, dax.device, first.at).version) count(world, 'staleReads');
	} else if (app.keeps === true && first) app.version = mediaHeld(world, dax.device, first.at).version;
	else if (!inRam && !readOnly(world, dax)) app.version = fillAll(world, peer, dax, app.id);
	else if (!inRam) count(world, 'vanishedStores');
	emit(world, {
		kind: 'app',
		rule: 'app-life',
		cause: app.causeSeq,
		host: peer.id,
		values: { app: app.id, dax: dax.id, version: app.version },
		text:
			app.kind === 'reader'
				? `${app.id} reads version ${app.version}${app.version === 0 ? ': zeroes, nothing was ever written there' : ''}`
				: `${app.id} runs on ${formatBytesBinary(dax.bytes)}`
	});
}

export function readOnly(world: World, dax: DaxRecord): boolean {
	const logical = world.r.fabric.devices.find((record) => record.id === dax.device)?.lds[dax.ld];
	const dpa = dax.pieces[0]?.dpa ?? -1;
	return logical?.regions.some((region) => region.readOnly && dpa >= region.baseDpa && dpa < region.baseDpa + region.bytes) ?? false;
}

/** All ones, poison or an exception: what is read makes no sense, and it dies. */
function looksAndDies(world: World, peer: PeerRecord, app: AppRecord, dax: DaxRecord | null): void {
	app.badReads += 1;
	if (dax && !peer.isolation && wayIsCut(world, peer.id, deviceOfDax(world, dax), dax.ld)) {
		crashHost(world, peer, `${app.id} touched memory behind a link that is down, and the root ports do not isolate`, app.causeSeq);
		kill(world, peer, app, dax, 'its host has crashed');
		return;
	}
	count(world, 'deadReads');
	kill(world, peer, app, dax, 'it read all ones where its data had been');
}

export function kill(world: World, peer: PeerRecord, app: AppRecord, dax: DaxRecord | null, reason: string): void {
	app.state = 'killed';
	app.turn += 1;
	endCopy(world, 'app', app.id);
	app.reason = reason;
	count(world, 'crashes');
	emit(world, {
		kind: 'app',
		rule: 'app-life',
		cause: app.causeSeq,
		host: peer.id,
		values: { app: app.id, dax: app.dax },
		text: `${app.id} on ${peer.id} is killed: ${reason}`
	});
	note(world, peer, `${app.id}: killed, ${reason}`);
	if (dax) letGo(world, peer, app, dax);
}

/** Closes: what its caches still have to write back is written, then the device is free. */
export function close(world: World, id: string, cause: number | null): Launched {
	const app = world.r.fabric.apps.find((each) => each.id === id && isAlive(each));
	if (!app) return { ok: false, says: `no application "${id}" runs` };
	if (app.state === 'closing') return { ok: true, says: `${id} closes already` };
	app.state = 'closing';
	endCopy(world, 'app', app.id);
	app.causeSeq = emit(world, {
		kind: 'app',
		rule: 'app-life',
		cause,
		host: app.host,
		values: { app: app.id, dax: app.dax },
		text: `${app.id} closes`
	});
	const flushNs = Math.floor((costBytes(world.costs, 'dirtyLlcMiB') / costBytesPerSecond(world.costs, 'cacheFlushGBpsPerThread')) * 1e9);
	later(world, app, flushNs);
	return { ok: true, says: `${id} closes` };
}

function finish(world: World, peer: PeerRecord, app: AppRecord, dax: DaxRecord | null): void {
	app.state = 'closed';
	if (dax && !isCut(world, peer, dax))
		for (const run of mediaOf(world, peer, dax)) writeBackRange(world, peer.id, dax.device, run.at, run.bytes, app.causeSeq);
	emit(world, {
		kind: 'app',
		rule: 'app-life',
		cause: app.causeSeq,
		host: peer.id,
		values: { app: app.id, dax: app.dax },
		text: `${app.id} has closed and let ${app.dax} go`
	});
	note(world, peer, `${app.id}: closed`);
	if (dax) letGo(world, peer, app, dax);
}

function letGo(world: World, peer: PeerRecord, app: AppRecord, dax: DaxRecord): void {
	const others = world.r.fabric.apps.filter((each) => each !== app && each.host === peer.id && each.dax === dax.id && isAlive(each));
	if (dax.use === 'system-ram' || dax.use === 'system-ram-normal') {
		if (others.length === 0) dax.occupiedBytes = 0;
		return;
	}
	if (others.length > 0) return;
	dax.state = 'free';
	if (isCut(world, peer, dax)) remove(world, peer, dax, app.causeSeq);
}

/** The VM around it has moved: it lets its device go here and has mapped another one there. */
export function carryOver(
	world: World,
	app: AppRecord,
	from: { readonly peer: PeerRecord; readonly dax: DaxRecord | null },
	to: PeerRecord,
	dax: DaxRecord
): void {
	if (from.dax) letGo(world, from.peer, app, from.dax);
	app.host = to.id;
	app.dax = dax.id;
	app.tag = dax.tag;
	app.reason = null;
	dax.state = 'claimed';
	note(world, to, `${app.id}: runs on ${dax.id}, its VM has moved here`);
}

/** After something changed: whoever has lost its memory will notice at its next look. */
export function lookAround(world: World): void {
	const { fabric, nowNs } = world.r;
	for (const app of fabric.apps) {
		if ((app.state !== 'running' && app.state !== 'starting') || app.dax === '') continue;
		const peer = fabric.peers.find((each) => each.id === app.host);
		const dax = peer?.dax.find((each) => each.id === app.dax);
		if (peer && dax && (dax.use === 'system-ram' || dax.use === 'system-ram-normal')) continue;
		if (peer && dax && !isCut(world, peer, dax)) continue;
		if (app.reason === 'about to look') continue;
		app.reason = 'about to look';
		endCopy(world, 'app', app.id);
		later(world, app, LOOK_NS - (nowNs % LOOK_NS));
	}
}
