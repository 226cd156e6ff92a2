import { ok, refused, type Outcome } from '../../base/outcome.ts';
import type { ReasonId } from '../contract/reasons.ts';
import { wordIndex } from '../contract/superpage.ts';
import { OwnerState } from '../contract/words.ts';
import { STRATEGIES } from '../migration/strategies/index.ts';
import type { HostRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { ownerOf, sharedWordsOf } from '../superpage/words.ts';
import { beginSilence, endSilence, startBeating } from './beats.ts';
import { forget, letGo } from './hold.ts';
import { everyoneCatchesUp, runHeld, runsOn, stopOn } from './hosts.ts';
import { loseVm } from './loss.ts';
import { note } from './note.ts';
import { peerOf, rackOf, reachesPool } from './rack-records.ts';
import { beginRecoveringAgain, goOnRecovering, sweepOwn } from './recovery.ts';
import { noticeNs } from './settings.ts';
import { plan, RackTimer } from './timers.ts';
import { endZombies, wakeZombies } from './zombies.ts';

/** Hosts die, stand still, go on and start again. */

export function crash(world: World, host: number): Outcome<string, ReasonId> {
	const record = world.r.hosts[host] as HostRecord;
	if (record.power === 'down') return refused('host-not-up', `${record.id} is down already`);
	everyoneCatchesUp(world);
	record.power = 'down';
	const peer = peerOf(world, host);
	peer.generation += 1;
	forget(world, host);
	endZombies(world, host, 'its host died');
	beginSilence(world, host);
	const cause = note(world, { kind: 'crash', rule: 'host-crash', host, text: `${record.id} dies` });
	for (const operation of world.r.operations) {
		if (operation.state !== 'running' || (operation.source !== host && operation.target !== host)) continue;
		const side = operation.source === host ? 'source' : 'target';
		const vm = world.r.vms[operation.vm];
		if (vm?.instances[vm.running] === host) STRATEGIES[operation.strategy].hostLost(world, operation, side);
		else plan(world, noticeNs(world), RackTimer.notice, operation.id * 2 + (side === 'target' ? 1 : 0));
	}
	world.r.vms.forEach((vm, index) => {
		if (!runsOn(vm, host) || vm.vcpuState === 'lost') return;
		// Nobody runs it: registers and lines are complete on the pool, the other side may still commit (I3).
		const frozen = vm.vcpuState !== 'running' && ownerOf(world, index).state === OwnerState.handoff && !rackOf(world).poolLost;
		if (!frozen) loseVm(world, index, host, 'crash', cause);
	});
	return ok(`${record.id} dies`);
}

/** The other end of a move has noticed; whoever noticed has to be there. */
export function noticed(world: World, code: number): void {
	const operation = world.r.operations[Math.floor(code / 2) - 1];
	if (!operation || operation.state !== 'running') return;
	const side = code % 2 === 1 ? 'target' : 'source';
	if (world.r.hosts[side === 'target' ? operation.target : operation.source]?.power !== 'down') return;
	everyoneCatchesUp(world);
	STRATEGIES[operation.strategy].hostLost(world, operation, side);
}

export function pause(world: World, host: number, forNs: number): Outcome<string, ReasonId> {
	const record = world.r.hosts[host] as HostRecord;
	if (record.power !== 'up') return refused('host-not-up', `${record.id} is ${record.power}`);
	everyoneCatchesUp(world);
	record.power = 'paused';
	const peer = peerOf(world, host);
	peer.generation += 1;
	beginSilence(world, host);
	stopOn(world, host);
	const words = forNs > 0 ? ` for ${Math.round(forNs / 1e6)} ms` : '';
	note(world, { kind: 'pause', rule: 'host-pause', host, text: `${record.id} stands still${words}` });
	if (forNs > 0) plan(world, forNs, RackTimer.resume, host + 16 * peer.generation);
	return ok(`${record.id} stands still${words}`);
}

export function resume(world: World, host: number): Outcome<string, ReasonId> {
	const record = world.r.hosts[host] as HostRecord;
	if (record.power !== 'paused') return refused('host-not-paused', `${record.id} is ${record.power}`);
	everyoneCatchesUp(world);
	record.power = 'up';
	peerOf(world, host).generation += 1;
	note(world, { kind: 'resume', rule: 'host-pause', host, text: `${record.id} goes on where it stood` });
	runHeld(world, host);
	wakeZombies(world, host);
	letGo(world, host);
	// It goes on in the middle of a beat: until the next one it believes that nothing has happened.
	startBeating(world, host, true);
	goOnRecovering(world, host);
	return ok(`${record.id} goes on`);
}

/** A dead host, or one that the device refuses, starts anew: another incarnation, empty DRAM. */
export function boot(world: World, host: number): Outcome<string, ReasonId> {
	const record = world.r.hosts[host] as HostRecord;
	const peer = peerOf(world, host);
	if (record.power === 'up' && !peer.deviceFenced) return refused('host-not-down', `${record.id} runs`);
	if (record.power !== 'down') crash(world, host);
	everyoneCatchesUp(world);
	record.power = 'up';
	record.incarnation += 1;
	Object.assign(peer, { deviceFenced: false, selfFenced: false, suspectedBy: -1, away: false, beats: peer.beats });
	peer.generation += 1;
	if (reachesPool(world, host)) {
		const words = sharedWordsOf(world);
		words.store(wordIndex('incarnation', host), BigInt(record.incarnation));
		words.store(wordIndex('peerState', host), 2n);
		words.store(wordIndex('suspect', host), 0n);
	}
	endSilence(world, host);
	const cause = note(world, {
		kind: 'boot',
		rule: 'host-crash',
		host,
		values: { incarnation: record.incarnation },
		text: `${record.id} starts again as incarnation ${record.incarnation}`
	});
	// The others find another incarnation in its entry: they wait for its beats as they would for anybody's.
	for (const other of rackOf(world).peers) {
		const seen = other.seen[host];
		if (seen) seen.sinceNs = world.r.nowNs;
	}
	startBeating(world, host, false);
	sweepOwn(world, host, record.incarnation - 1, cause);
	beginRecoveringAgain(world, host);
	return ok(`${record.id} starts again`);
}
