import { costBytes, costBytesPerSecond, costNs } from '../../costs/cost-model.ts';
import { addCapacity } from '../../fabric/dcd/offer.ts';
import { recallCapacity } from '../../fabric/dcd/recall.ts';
import { tagOf } from '../../fabric/dcd/tags.ts';
import { emit } from '../../sim/trace.ts';
import type { GuestRecord, PeerRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { carryOver, kill } from '../apps.ts';
import { deviceOfDax } from '../copies.ts';
import { findDax, isCut } from '../dax.ts';
import { ldOfHost } from '../untils.ts';
import {
	appOf,
	busy,
	changeLast,
	daxOf,
	done,
	findsData,
	networkBytesPerSecond,
	no,
	peerOfGuest,
	setDue,
	withData,
	without,
	type GuestOutcome
} from './program.ts';

/**
 * A VM moves: its own memory goes over the network while it runs, then it stops, is started at the target, and finds there
 * what the target has. Nothing in QEMU carries extents along or refuses (reference 7.3, measured with QEMU 10.2.2).
 */
export function moveVm(world: World, guest: GuestRecord, to: string, tag: string, cause: number | null): GuestOutcome {
	const held = busy(guest);
	if (held !== null) return no(held);
	const target = world.r.fabric.peers.find((peer) => peer.id === to);
	if (!target || target.state !== 'up') return no(`${to} is ${target ? target.state : 'no host'}`);
	if (to === guest.host) return no(`${guest.id} is on ${to} already`);
	if (guest.program === 'opening' || guest.program === 'closing') return no(`EBUSY: a device of ${guest.id} is on its way in or out`);
	guest.doing = 'moving';
	guest.to = to;
	guest.wants = tag;
	guest.networkBytes += guest.ramBytes;
	guest.causeSeq = emit(world, {
		kind: 'app',
		rule: 'guest-move',
		cause,
		host: guest.host,
		values: { vm: guest.id, to, bytes: guest.ramBytes },
		text: `${guest.id} moves from ${guest.host} to ${to}: its own memory goes over the network`
	});
	if (world.r.belief === 'extents-follow') follow(world, guest, to, 'in');
	setDue(world, guest, (guest.ramBytes / networkBytesPerSecond(world)) * 1e9);
	return done(`${guest.id} moves to ${to}`);
}

/** Memory is across: the vCPUs stop, caches are written back, the target starts. */
export function moveOn(world: World, guest: GuestRecord): void {
	if (guest.state === 'running') stop(world, guest);
	else arrive(world, guest);
}

function stop(world: World, guest: GuestRecord): void {
	const peer = peerOfGuest(world, guest);
	const app = appOf(world, guest);
	const dax = app ? daxOf(world, guest) : null;
	guest.state = 'stopped';
	guest.stoppedNs = world.r.nowNs;
	let flushNs = 0;
	if (peer && app && dax) {
		changeLast(world, guest, peer, dax, app);
		without(world, guest);
		const coherent = world.r.fabric.devices[deviceOfDax(world, dax)]?.hardwareCoherent === true;
		if (!coherent) flushNs = (costBytes(world.costs, 'dirtyLlcMiB') / costBytesPerSecond(world.costs, 'cacheFlushGBpsPerThread')) * 1e9;
	}
	setDue(world, guest, costNs(world.costs, 'switchoverFixedMs') + flushNs);
}

function arrive(world: World, guest: GuestRecord): void {
	const source = peerOfGuest(world, guest);
	const target = world.r.fabric.peers.find((peer) => peer.id === guest.to);
	const app = appOf(world, guest);
	const dax = app ? daxOf(world, guest) : null;
	if (!source || !target) return;
	const from = guest.host;
	guest.doing = 'nothing';
	guest.state = 'running';
	guest.host = guest.to;
	guest.moves += 1;
	guest.blackoutNs = world.r.nowNs - guest.stoppedNs;
	emit(world, {
		kind: 'app',
		rule: 'guest-move',
		cause: guest.causeSeq,
		host: guest.host,
		values: { vm: guest.id, from, blackoutNs: guest.blackoutNs },
		text: `${guest.id} runs on ${guest.host}`
	});
	if (app) {
		const found = findDax(target, guest.wants || app.tag);
		if (found && found.state === 'free' && !found.disabled && !isCut(world, target, found)) {
			carryOver(world, app, { peer: source, dax }, target, found);
			guest.tag = found.tag;
			findsData(world, guest);
		} else {
			kill(world, source, app, dax, `${guest.to} has no DAX device with uuid ${guest.wants || app.tag}: extents do not follow a VM`);
			app.host = guest.to;
		}
	}
	if (world.r.belief === 'extents-follow') follow(world, { ...guest, host: from }, guest.host, 'out');
	guest.to = '';
	guest.wants = '';
}

/** Wrong belief "extents follow the VM": they are offered to the target as it leaves, and taken from the source as it arrives. */
function follow(world: World, guest: GuestRecord, to: string, way: 'in' | 'out'): void {
	const source = world.r.fabric.peers.find((peer) => peer.id === guest.host);
	const dax = source ? findDax(source, guest.tag) : null;
	const device = dax ? deviceOfDax(world, dax) : -1;
	const record = device < 0 ? null : tagOf(world, device, guest.tag);
	if (!dax || !record?.sharable) return;
	if (way === 'in') {
		const ld = ldOfHost(world, device, to);
		const request = { policy: 'enable-shared-access', region: 0, bytes: dax.bytes, tag: guest.tag, extents: [] } as const;
		if (ld >= 0) addCapacity(world, device, ld, request, guest.causeSeq);
	} else {
		const request = { policy: 'tag-based', forced: false, sanitize: false, bytes: 0, tag: guest.tag, extents: [] } as const;
		recallCapacity(world, device, dax.ld, request, guest.causeSeq);
	}
}

/** The source is gone: so is the VM. The target is gone: it goes on where it is. */
export function noticeHosts(world: World, guest: GuestRecord, isUp: (host: string) => boolean): void {
	if (guest.state === 'lost') return;
	if (!isUp(guest.host)) {
		guest.state = 'lost';
		guest.doing = 'nothing';
		guest.turn += 1;
		guest.reason = `${guest.host} has crashed with it`;
		without(world, guest);
		return;
	}
	if (guest.doing === 'moving' && !isUp(guest.to)) backToSource(world, guest, peerOfGuest(world, guest));
}

function backToSource(world: World, guest: GuestRecord, peer: PeerRecord | null): void {
	emit(world, {
		kind: 'app',
		rule: 'guest-move',
		cause: guest.causeSeq,
		host: peer?.id ?? '',
		values: { vm: guest.id, to: guest.to },
		text: `${guest.to} is gone: ${guest.id} goes on at ${guest.host}`
	});
	if (guest.state === 'stopped') withData(world, guest);
	guest.state = 'running';
	guest.reason = `${guest.to} was gone before it arrived`;
	guest.doing = 'nothing';
	guest.turn += 1;
	guest.to = '';
	guest.wants = '';
}
