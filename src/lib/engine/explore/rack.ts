import type { Fact } from '../contract/explore/request.ts';
import { passesByCopy } from '../contract/migration/strategies.ts';
import type { RackCommand } from '../contract/rack/commands.ts';
import { haOf } from '../rack/settings.ts';
import { RackTimer } from '../rack/timers.ts';
import { EventKind } from '../sim/event-kinds.ts';
import type { World } from '../state/world.ts';
import { act, type Act } from './act.ts';

/** What hosts that fail add to an exploration: choices, borders, what makes two states one, a few lines. */

/** A host that stands still for this long misses steps of its own, and no beat that others wait for by default. */
const PAUSE_NS = 20_000_000;

export function rackActs(world: World): Act[] {
	const { r } = world;
	if (r.hosts.length < 2 || r.vms.length === 0) return [];
	const word = (execute: RackCommand['execute'], more: Partial<RackCommand> = {}): RackCommand => ({ name: 'rack', execute, ...more });
	const acts: Act[] = [];
	const hasPool = world.scenario.pool !== null;
	for (const [index, host] of r.hosts.entries()) {
		const at = { host: host.id };
		if (host.power === 'down') {
			acts.push(act('hosts', `boot ${host.id}`, `host ${host.id} starts again`, word('boot', at)));
			continue;
		}
		acts.push(act('hosts', `crash ${host.id}`, `host ${host.id} dies`, word('crash', at)));
		const pause = word('pause', { ...at, arguments: { forNs: PAUSE_NS } });
		if (host.power === 'up') acts.push(act('schedule', `pause ${host.id}`, `host ${host.id} stands still for 20 ms`, pause));
		if (!hasPool) continue;
		const link = { ...at, arguments: { link: 'cxl' } };
		acts.push(
			r.rack?.peers[index]?.cxlCut
				? act('hosts', `mend ${host.id}`, `the CXL link of host ${host.id} works again`, word('mend-link', link))
				: act('hosts', `cut ${host.id}`, `the CXL link of host ${host.id} breaks`, word('cut-link', link))
		);
	}
	if (hasPool && !r.rack?.poolLost) acts.push(act('hosts', 'pool fails', 'the pool fails with all that lies on it', word('lose-pool')));
	for (const operation of r.operations) {
		const vm = r.vms[operation.vm]?.id;
		if (operation.state !== 'running' || !passesByCopy(operation.strategy) || !vm) continue;
		acts.push(act('faults', 'break stream', `the stream of the migration of ${vm} breaks`, word('break-stream', { vm })));
	}
	return acts;
}

/** What of the rack a run stops at. */
export function rackBorder({ r }: World): unknown {
	if (!r.rack) return null;
	return [
		r.rack.poolLost,
		r.rack.peers.map((peer) => [peer.cxlCut, peer.networkCut, peer.selfFenced, peer.deviceFenced, peer.suspectedBy]),
		r.rack.recoveries.map((recovery) => recovery.step),
		r.rack.vms.map((vm) => [vm.held, vm.stalled, vm.restarts]),
		r.rack.evacuations.map((evacuation) => evacuation.endNs < 0)
	];
}

/** Timers by which something of the rack goes on that has begun; beats, checkpoints, the calendar and hazards go on for ever. */
const WORK: readonly number[] = [
	RackTimer.notice,
	RackTimer.recovery,
	RackTimer.restart,
	RackTimer.resume,
	RackTimer.evacuation,
	RackTimer.mend
];

/** Nothing of the rack is still to come by itself: nobody recovers, stands still for a while, or died, or was cut off, and is about to be missed. */
export function rackIsQuiet(world: World): boolean {
	const { c, r } = world;
	for (let row = 0; row < r.eventPending; row += 1)
		if (c.eventKind.get(row) === EventKind.rack && WORK.includes(c.eventA.get(row))) return false;
	const missed = r.hosts.some((host, index) => (host.power === 'down' || r.rack?.peers[index]?.cxlCut) && !noticed(world, index));
	return !(missed && haOf(world) !== null && r.rack?.poolLost === false && r.hosts.some((host) => host.power === 'up'));
}

const noticed = ({ r }: World, host: number): boolean => {
	const peer = r.rack?.peers[host];
	return peer === undefined || peer.away || peer.deviceFenced || peer.fencedIncarnation >= (r.hosts[host]?.incarnation ?? 0);
};

/** Something happens by itself though nothing is under way: hazards, an entry of the calendar. Looked at for the scenario's length. */
export function isRestless({ r, scenario }: World): boolean {
	const { rack } = scenario;
	return rack !== null && (rack.hazards?.length ?? 0) + (rack.calendar?.length ?? 0) > 0 && r.nowNs < scenario.untilNs;
}

/** What of the rack makes two states one: no beats, no times. */
export function rackKey({ r }: World, host: (index: number) => number): unknown {
	const { rack } = r;
	if (!rack) return null;
	return [
		rack.poolLost,
		rack.fabricManagerLost === true,
		rack.beating,
		rack.peers
			.map((peer, index) => [
				host(index),
				peer.cxlCut,
				peer.networkCut,
				peer.selfFenced,
				peer.deviceFenced,
				peer.fencedIncarnation,
				peer.away,
				peer.suspectedBy < 0 ? -1 : host(peer.suspectedBy)
			])
			.sort((a, b) => Number(a[0]) - Number(b[0])),
		rack.vms.map((vm) => [
			vm.checkpointNs >= 0,
			vm.checkpointing,
			vm.stalled,
			vm.held,
			host(vm.restartTo),
			vm.zombie && [host(vm.zombie.host), vm.zombie.acts, vm.zombie.onPool],
			vm.damagedGfns.length > 0,
			host(vm.homeHost)
		]),
		rack.held.map((held) => [host(held.host), held.kind, held.a, held.b]),
		rack.recoveries.filter((one) => one.step !== 'done').map((one) => [host(one.victim), host(one.by), one.step]),
		rack.evacuations.filter((one) => one.endNs < 0).map((one) => [host(one.host), one.waiting, one.moved, one.refused.length])
	];
}

export function rackFacts({ r }: World): Fact[] {
	const { rack } = r;
	if (!rack) return [];
	const facts: Fact[] = [];
	if (rack.poolLost) facts.push({ label: 'pool', value: 'lost' });
	for (const [index, peer] of rack.peers.entries()) {
		const words = [
			peer.cxlCut ? 'CXL link cut' : '',
			peer.networkCut ? 'network cut' : '',
			peer.suspectedBy >= 0 ? `suspected by ${r.hosts[peer.suspectedBy]?.id ?? ''}` : '',
			peer.deviceFenced ? 'fenced by the device' : '',
			peer.selfFenced ? 'fenced by itself' : ''
		].filter((word) => word !== '');
		if (words.length > 0) facts.push({ label: `rack: ${r.hosts[index]?.id ?? ''}`, value: words.join(', ') });
	}
	for (const [index, vm] of rack.vms.entries()) {
		const id = r.vms[index]?.id ?? '';
		if (vm.restarts > 0) facts.push({ label: `restarts of ${id}`, value: String(vm.restarts) });
		if (vm.zombie) facts.push({ label: `left behind of ${id}`, value: `on ${r.hosts[vm.zombie.host]?.id ?? ''}` });
	}
	const open = rack.recoveries.find((one) => one.step !== 'done');
	if (open) facts.push({ label: 'recovery', value: `${r.hosts[open.victim]?.id ?? ''}: ${open.step}` });
	for (const loss of rack.losses)
		facts.push({
			label: `loss of ${r.vms[loss.vm]?.id ?? ''}`,
			value: `${loss.why}: ${loss.dramPages} pages of DRAM, ${loss.lines} lines`
		});
	return facts;
}
