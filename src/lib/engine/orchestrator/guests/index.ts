import type { GuestRecord, PeerRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { emit } from '../../sim/trace.ts';
import { readOnly } from '../apps.ts';
import { guestOfTimer } from '../copies.ts';
import { copied } from './copy.ts';
import { moveOn, noticeHosts } from './move.ts';
import { done, guestById, no, noticeProgram, saved, stopDoing, type GuestOutcome } from './program.ts';

/** VMs of a fabric: started at a host, asked after everything that happens, woken when what they do is over. */
export function startVm(world: World, peer: PeerRecord, id: string, ramBytes: number, cause: number | null): GuestOutcome {
	if (!/^[A-Za-z][A-Za-z0-9-]{0,31}$/.test(id)) return no('vm: a name is a letter and up to 31 letters, digits or hyphens');
	if (guestById(world, id)) return no(`a VM "${id}" exists already`);
	if (peer.state !== 'up') return no(`${peer.id} is ${peer.state}`);
	if (ramBytes <= 0) return no('ramBytes: more than 0');
	world.r.fabric.guests.push(newGuest(id, peer.id, ramBytes));
	emit(world, {
		kind: 'app',
		rule: 'guest-program',
		cause,
		host: peer.id,
		values: { vm: id, bytes: ramBytes },
		text: `${id} runs on ${peer.id}`
	});
	return done(`${id} runs on ${peer.id}`);
}

const newGuest = (id: string, host: string, ramBytes: number): GuestRecord => ({
	id,
	host,
	ramBytes,
	state: 'running',
	doing: 'nothing',
	to: '',
	dueNs: -1,
	turn: 0,
	program: 'none',
	tag: '',
	copyTag: '',
	wants: '',
	written: [],
	saved: null,
	restores: false,
	copiedBytes: 0,
	networkBytes: 0,
	moves: 0,
	blackoutNs: -1,
	stoppedNs: -1,
	gapNs: 0,
	gapSinceNs: -1,
	reason: null,
	causeSeq: null
});

export function runGuestTimer(world: World, index: number): void {
	const guest = guestOfTimer(world, index);
	if (!guest || guest.doing === 'nothing') return;
	guest.dueNs = -1;
	if (guest.doing === 'saving') saved(world, guest);
	else if (guest.doing === 'copying') copied(world, guest);
	else moveOn(world, guest);
}

/** Programs that can store to a tag now; VMs that stand between two hosts do not run theirs. */
export function writersOf(world: World, tag: string): number {
	const { apps, peers, guests } = world.r.fabric;
	return apps.filter((app) => {
		if (app.tag !== tag || app.state !== 'running' || app.kind === 'reader') return false;
		if (guests.some((guest) => `${guest.id}-db` === app.id && guest.state !== 'running')) return false;
		const dax = peers.find((peer) => peer.id === app.host)?.dax.find((each) => each.id === app.dax);
		return dax !== undefined && !readOnly(world, dax);
	}).length;
}

/** After everything that happens in the fabric. */
export function stirGuests(world: World): void {
	const { fabric } = world.r;
	if (fabric.guests.length === 0) return;
	const isUp = (host: string): boolean => fabric.peers.some((peer) => peer.id === host && peer.state !== 'crashed');
	for (const guest of fabric.guests) {
		const busy = guest.doing;
		noticeHosts(world, guest, isUp);
		if (guest.state === 'lost' && (busy === 'saving' || busy === 'copying')) stopDoing(world, guest);
		noticeProgram(world, guest);
	}
	for (const tag of new Set(fabric.guests.flatMap((guest) => (guest.tag === '' ? [] : [guest.tag])))) {
		const now = writersOf(world, tag);
		if (now > (fabric.counts['mostWriters'] ?? 0)) fabric.counts['mostWriters'] = now;
	}
}
