import { wordIndex } from '../contract/superpage.ts';
import type { HaStatus } from '../contract/rack/status.ts';
import { emit } from '../sim/trace.ts';
import type { HostRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { sharedWordsOf } from '../superpage/words.ts';
import { everyoneCatchesUp, nameOf, poolPagesOf, runHeld, stopOn } from './hosts.ts';
import { note } from './note.ts';
import { peerOf, rackOf, reachesPool } from './rack-records.ts';
import { suspect, takeOver } from './recovery.ts';
import { haOf } from './settings.ts';
import { plan, RackTimer } from './timers.ts';
import { endZombies, zombiesStore } from './zombies.ts';

/**
 * Heartbeats in time: a host stores its count, reads its own fence, looks at the others, and sleeps until its next beat
 * (cxl-fabric reference 10.2, 10.5). Who cannot store for too long stops its own vCPUs before anybody may suspect it.
 */

/** Hosts beat a little after each other, as they would who were started by hand. */
const OFFSET_NS = 137_000;
/** Beats that the page may draw one by one. */
const MOST_RECENT = 128;

export function startBeating(world: World, host: number, inTheMiddle: boolean): void {
	const ha = haOf(world);
	if (!ha || !world.scenario.pool) return;
	const peer = peerOf(world, host);
	const first = inTheMiddle ? Math.ceil(ha.heartbeatNs / 2) : OFFSET_NS * host;
	if (peer.beatsFromNs < 0) {
		peer.beatsFromNs = world.r.nowNs + first;
		emit(world, {
			kind: 'rack',
			rule: 'heartbeat',
			cause: null,
			host: nameOf(world, host),
			values: { what: 'beats', everyNs: ha.heartbeatNs, suspectNs: ha.suspectNs, selfFenceNs: ha.selfFenceNs },
			text: `${nameOf(world, host)} beats every ${ha.heartbeatNs / 1e6} ms`
		});
	}
	if (!inTheMiddle) peer.lastBeatNs = world.r.nowNs;
	plan(world, first, RackTimer.beat, host + 16 * peer.generation);
}

export function beginSilence(world: World, host: number): void {
	const { silences, beatsFromNs } = peerOf(world, host);
	if (beatsFromNs < 0 || silences.at(-1)?.untilNs === null) return;
	silences.push({ fromNs: world.r.nowNs, untilNs: null });
	if (silences.length > 64) silences.shift();
}

export function endSilence(world: World, host: number): void {
	const last = peerOf(world, host).silences.at(-1);
	if (last && last.untilNs === null) last.untilNs = world.r.nowNs;
}

export function beat(world: World, code: number): void {
	const host = code % 16;
	const peer = peerOf(world, host);
	const ha = haOf(world);
	if (!ha || peer.generation !== Math.floor(code / 16) || world.r.hosts[host]?.power !== 'up') return;
	if (peer.away) return;
	if (reachesPool(world, host)) {
		const words = sharedWordsOf(world);
		peer.beats += 1;
		words.store(wordIndex('heartbeat', host), BigInt(peer.beats));
		peer.lastBeatNs = world.r.nowNs;
		peer.recentBeatsNs.push(world.r.nowNs);
		if (peer.recentBeatsNs.length > MOST_RECENT) peer.recentBeatsNs.shift();
		endSilence(world, host);
		readOwnFence(world, host, ha);
		if (peer.selfFenced) relent(world, host);
		look(world, host, ha);
	} else {
		beginSilence(world, host);
		const late = world.r.nowNs - peer.lastBeatNs >= ha.selfFenceNs;
		if (late && !peer.selfFenced && !world.r.faults.includes('late-self-fence')) selfFence(world, host);
	}
	zombiesStore(world, host);
	if (goesOn(world)) plan(world, ha.heartbeatNs, RackTimer.beat, code);
}

/** Beats last as long as the scenario, and as long as somebody is being recovered. */
function goesOn(world: World): boolean {
	const { r } = world;
	return (
		r.nowNs < world.scenario.untilNs ||
		r.operations.some((operation) => operation.state === 'running') ||
		rackOf(world).recoveries.some((recovery) => recovery.step !== 'done')
	);
}

/** A host that stood still learns here that it was taken for dead: what it ran belongs to somebody else. */
function readOwnFence(world: World, host: number, ha: HaStatus): void {
	const record = world.r.hosts[host] as HostRecord;
	if (ha.fencing === 'none') return;
	const fenced = Number(sharedWordsOf(world).load(wordIndex('fence', host)) >> 32n);
	if (fenced < record.incarnation) return;
	endZombies(world, host, 'its host read its own fence');
	record.incarnation += 1;
	const words = sharedWordsOf(world);
	words.store(wordIndex('incarnation', host), BigInt(record.incarnation));
	words.store(wordIndex('suspect', host), 0n);
	peerOf(world, host).suspectedBy = -1;
	note(world, {
		kind: 'boot',
		rule: 'fencing',
		host,
		values: { incarnation: record.incarnation },
		text: `${record.id} finds its fence and joins anew as incarnation ${record.incarnation}`
	});
}

/**
 * The vCPUs stop. Where no other host reaches the pool nobody can take anything over: VMs in DRAM go on as long as the
 * network says that the others have lost it too (our simplification).
 */
function selfFence(world: World, host: number): void {
	everyoneCatchesUp(world);
	const peer = peerOf(world, host);
	peer.selfFenced = true;
	const others = world.r.hosts.some((_, other) => other !== host && world.r.hosts[other]?.power === 'up' && reachesPool(world, other));
	const nobodyCan = !others && !peer.networkCut;
	const stopped = stopOn(world, host, (vm) => !nobodyCan || poolPagesOf(world, vm) > 0);
	endZombies(world, host, 'its host fenced itself');
	note(world, {
		kind: 'self-fence',
		rule: 'self-fence',
		host,
		values: { vms: stopped.length },
		text: `${nameOf(world, host)} could not beat and ${nobodyCan && stopped.length === 0 ? 'goes on: nobody can take its VMs' : stopped.length === 0 ? 'has nothing left to stop' : `stops ${stopped.length} VM${stopped.length === 1 ? '' : 's'}`}`
	});
}

/** It can beat again, and nobody took its VMs. */
function relent(world: World, host: number): void {
	everyoneCatchesUp(world);
	peerOf(world, host).selfFenced = false;
	note(world, { kind: 'resume', rule: 'self-fence', host, text: `${nameOf(world, host)} beats again and runs what is still its own` });
	runHeld(world, host);
}

/** Whether the recoverer left, or misses as many beats as make a host suspect: nobody sees a death (cxl-fabric reference 10.6). */
function isMissed(world: World, host: number, by: number, ha: HaStatus): boolean {
	const seen = peerOf(world, host).seen[by];
	return peerOf(world, by).away || (seen !== undefined && seen.beat > 0 && world.r.nowNs - seen.sinceNs >= ha.suspectNs);
}

/** Reads the count of every other host. */
function look(world: World, host: number, ha: HaStatus): void {
	const rack = rackOf(world);
	const words = sharedWordsOf(world);
	for (const [other, peer] of rack.peers.entries()) {
		const seen = peerOf(world, host).seen[other];
		if (other === host || peer.away || !seen) continue;
		const count = Number(words.load(wordIndex('heartbeat', other)));
		if (count !== seen.beat) {
			seen.beat = count;
			seen.sinceNs = world.r.nowNs;
			continue;
		}
		if (count === 0) continue;
		const incarnation = world.r.hosts[other]?.incarnation ?? 0;
		const known = rack.recoveries.find((recovery) => recovery.victim === other && recovery.incarnation === incarnation);
		if (!known) {
			if (world.r.nowNs - seen.sinceNs >= ha.suspectNs) suspect(world, other, host, seen.beat);
		} else if (known.step !== 'done' && known.by !== host && isMissed(world, host, known.by, ha)) takeOver(world, known, host);
	}
}
