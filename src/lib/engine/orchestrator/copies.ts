import { beginStream, endOf, stopStream, type Moved, type NewStream } from '../fabric/traffic/streams.ts';
import { FabricTimerKind, scheduleFabricTimer } from '../fabric/timers.ts';
import type { AppRecord, DaxRecord, GuestRecord, PeerRecord } from '../state/fabric-records.ts';
import type { World } from '../state/world.ts';

/**
 * Copies of programs and of hosts that empty their memory: streams over the links (fabric/traffic), and the timers of those
 * whose end moves when another one begins or ends.
 */
const TURNS = 2 ** 16;
const PEERS = 2 ** 16;

export const daxKey = (peer: PeerRecord, dax: DaxRecord): string => `${peer.id} ${dax.id}`;
export const deviceOfDax = (world: World, dax: DaxRecord): number => world.r.fabric.devices.findIndex((record) => record.id === dax.device);

/** A program looks again at this time; what was set before is void. */
export function setAppTimer(world: World, app: AppRecord, atNs: number): void {
	app.turn += 1;
	scheduleFabricTimer(world, atNs, FabricTimerKind.app, world.r.fabric.apps.indexOf(app) * TURNS + app.turn);
}
export const appOfTimer = (world: World, index: number): AppRecord | null => {
	const app = world.r.fabric.apps[Math.floor(index / TURNS)];
	return app?.turn === index % TURNS ? app : null;
};

export function setVacateTimer(world: World, peer: PeerRecord, dax: DaxRecord, atNs: number): void {
	dax.emptyNs = atNs;
	scheduleFabricTimer(world, atNs, FabricTimerKind.vacate, peer.index * PEERS + dax.number);
}
export function daxOfTimer(world: World, index: number): { readonly peer: PeerRecord; readonly dax: DaxRecord } | null {
	const peer = world.r.fabric.peers[Math.floor(index / PEERS)];
	const dax = peer?.dax.find((each) => each.number === index % PEERS);
	return peer && dax && dax.emptyNs === world.r.nowNs ? { peer, dax } : null;
}

/** What a VM copies is over when the last of its streams is. */
function setGuestTimer(world: World, id: string): void {
	const { fabric } = world.r;
	const guest = fabric.guests.find((each) => each.id === id);
	const ends = fabric.streams.filter((stream) => stream.of === 'guest' && stream.id.split(' ')[0] === id).map(endOf);
	if (guest && ends.length > 0) wakeGuest(world, guest, Math.max(...ends));
}

/** A VM looks again at this time; what was set before is void. */
export function wakeGuest(world: World, guest: GuestRecord, atNs: number): void {
	guest.turn += 1;
	guest.dueNs = atNs;
	scheduleFabricTimer(world, atNs, FabricTimerKind.guest, world.r.fabric.guests.indexOf(guest) * TURNS + guest.turn);
}
export const guestOfTimer = (world: World, index: number): GuestRecord | null => {
	const guest = world.r.fabric.guests[Math.floor(index / TURNS)];
	return guest?.turn === index % TURNS ? guest : null;
};

export function beginCopy(world: World, wanted: NewStream): void {
	setTimers(world, beginStream(world, wanted));
}
export function endCopy(world: World, of: NewStream['of'], id: string, whole = false): void {
	setTimers(world, stopStream(world, of, id, whole));
}

function setTimers(world: World, moved: Moved): void {
	for (const stream of moved) {
		if (!world.r.fabric.streams.includes(stream)) continue;
		if (stream.of === 'app') {
			const app = world.r.fabric.apps.find((each) => each.id === stream.id);
			if (app) setAppTimer(world, app, endOf(stream));
			continue;
		}
		if (stream.of === 'guest') {
			setGuestTimer(world, stream.id.split(' ')[0] as string);
			continue;
		}
		const peer = world.r.fabric.peers.find((each) => each.id === stream.host);
		const dax = peer?.dax.find((each) => daxKey(peer, each) === stream.id);
		if (peer && dax) setVacateTimer(world, peer, dax, endOf(stream));
	}
}
