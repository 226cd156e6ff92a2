import { ok, refused, type Outcome } from '../../base/outcome.ts';
import { NS_PER_MS } from '../../base/units.ts';
import type { StrategyId } from '../contract/migration/strategies.ts';
import type { ReasonId } from '../contract/reasons.ts';
import { wordIndex } from '../contract/superpage.ts';
import { beginMigration, withDefaults } from '../migration/begin.ts';
import { splitVcpus } from '../migration/reference/split.ts';
import { STRATEGIES } from '../migration/strategies/index.ts';
import type { HostRecord, VmRecord } from '../state/records.ts';
import type { EvacuationRecord } from '../state/rack-records.ts';
import type { World } from '../state/world.ts';
import { sharedWordsOf } from '../superpage/words.ts';
import { nameOf, poolPagesOf, runsOn } from './hosts.ts';
import { note } from './note.ts';
import { boot } from './power.ts';
import { isEmptied, peerOf, rackOf, rackVmOf, reachesPool } from './rack-records.ts';
import { plan, RackTimer } from './timers.ts';

/**
 * A host is emptied: so many VMs at a time, each by the cheapest way that is open to it, to the host with most room that
 * takes it. For maintenance it is then switched off and, when it is back, its VMs come home.
 */
const LOOK_NS = 10 * NS_PER_MS;

/** KubeVirt: parallelOutboundMigrationsPerNode, parallelMigrationsPerCluster. */
const PER_HOST = 2;
const PER_CLUSTER = 5;

export function evacuate(world: World, host: number, maintainUntilNs: number): Outcome<string, ReasonId> {
	const record = world.r.hosts[host] as HostRecord;
	if (record.power !== 'up') return refused('host-not-up', `${record.id} is ${record.power}`);
	const rack = rackOf(world);
	if (isEmptied(world, host)) return refused('link-state', `${record.id} is being emptied already`);
	const waiting = world.r.vms.flatMap((vm, index) => (runsOn(vm, host) && vm.vcpuState !== 'lost' ? [index] : []));
	const text = `${record.id} is emptied: ${waiting.length} VM${waiting.length === 1 ? '' : 's'} to move${maintainUntilNs >= 0 ? ', then it is switched off' : ''}`;
	const causeSeq = note(world, { kind: 'evacuate', rule: 'evacuation', host, values: { vms: waiting.length }, text });
	rack.evacuations.push({
		host,
		startNs: world.r.nowNs,
		endNs: -1,
		waiting,
		moving: [],
		moved: [],
		refused: [],
		maintainUntilNs,
		causeSeq
	});
	// What it runs now comes home when it is back, however it left; what somebody else is moving does not.
	if (maintainUntilNs >= 0) for (const vm of waiting) if (!isMoved(world, vm)) rackVmOf(world, vm).homeHost = host;
	plan(world, 0, RackTimer.evacuation, rack.evacuations.length - 1);
	return ok(text);
}

/** Ends what has ended, starts what may start. */
export function runEvacuation(world: World, index: number): void {
	const each = rackOf(world).evacuations[index];
	if (!each) return;
	if (each.endNs >= 0) return comeBack(world, each);
	settleMoves(world, each);
	if (world.r.hosts[each.host]?.power === 'down') return died(world, each, index);
	for (const vm of [...each.waiting]) {
		if (hasLeft(world, vm, each)) {
			each.waiting = each.waiting.filter((other) => other !== vm);
			continue;
		}
		if (!mayStart(world, each)) break;
		const started = startOne(world, vm, each.host, each.causeSeq);
		if (started === 'wait') continue;
		each.waiting = each.waiting.filter((other) => other !== vm);
		if (started.ok) each.moving.push({ vm, operation: started.value });
		else stays(world, each, vm, started.reason, started.detail);
	}
	each.waiting.push(...arrivals(world, each));
	const isAwaited = world.r.operations.some((operation) => operation.state === 'running' && operation.target === each.host);
	if (each.waiting.length + each.moving.length > 0 || isAwaited) return plan(world, LOOK_NS, RackTimer.evacuation, index);
	end(world, each, each.refused.length === 0 ? 'it is empty' : `${each.refused.length} VM${each.refused.length === 1 ? '' : 's'} stay`);
	if (each.maintainUntilNs >= 0) switchOff(world, each, index);
}

function mayStart(world: World, each: EvacuationRecord): boolean {
	const moves = world.scenario.rack?.moves;
	const running = world.r.operations.filter((operation) => operation.state === 'running');
	return each.moving.length < (moves?.perHost ?? PER_HOST) && running.length < (moves?.perCluster ?? PER_CLUSTER);
}

function settleMoves(world: World, each: EvacuationRecord): void {
	for (const move of [...each.moving]) {
		const operation = world.r.operations[move.operation - 1];
		if (operation?.state === 'running') continue;
		each.moving = each.moving.filter((other) => other !== move);
		if (hasLeft(world, move.vm, each)) continue;
		const reason = (operation?.reason ?? 'cancelled') as ReasonId;
		// The way it went is gone, the VM is not: another host or another way may be open.
		if (WAY_GONE.includes(reason)) each.waiting.push(move.vm);
		else stays(world, each, move.vm, reason, `its move ${operation?.state ?? 'ended'}`);
	}
}

/** Who came to the host meanwhile: sent there by hand, or back from a move that failed. */
function arrivals(world: World, each: EvacuationRecord): number[] {
	const known = [...each.waiting, ...each.moving.map(({ vm }) => vm), ...each.refused.map(({ vm }) => vm)];
	return world.r.vms.flatMap((vm, index) => (runsOn(vm, each.host) && vm.vcpuState !== 'lost' && !known.includes(index) ? [index] : []));
}

const WAY_GONE: readonly ReasonId[] = ['target-lost', 'host-lost', 'pool-lost', 'stream-broken'];

const isMoved = (world: World, vm: number): boolean =>
	world.r.operations.some((operation) => operation.vm === vm && operation.state === 'running');

function stays(world: World, each: EvacuationRecord, vm: number, reason: ReasonId, detail: string): void {
	each.refused.push({ vm, reason, detail });
	rackVmOf(world, vm).homeHost = -1;
}

/** It is elsewhere, by its own move or by another's, or it was lost: nothing of it is left to move. */
function hasLeft(world: World, vmIndex: number, each: EvacuationRecord): boolean {
	const vm = world.r.vms[vmIndex] as VmRecord;
	if (vm.vcpuState === 'lost') return true;
	if (runsOn(vm, each.host) || isMoved(world, vmIndex)) return false;
	each.moved.push(vmIndex);
	return true;
}

/** It died before it was empty: what was left on it is the recoverer's affair, its time ends as planned. */
function died(world: World, each: EvacuationRecord, index: number): void {
	each.waiting = [];
	end(world, each, 'it died before it was empty');
	if (each.maintainUntilNs > world.r.nowNs) plan(world, each.maintainUntilNs - world.r.nowNs, RackTimer.evacuation, index);
}

/** The calendar asks for a host that cannot be emptied now. */
export function leaveOut(world: World, host: number, detail: string, untilNs: number): void {
	const isDead = world.r.hosts[host]?.power === 'down' && !peerOf(world, host).away;
	const text = isDead
		? `${nameOf(world, host)} is dead already: nothing is left to move`
		: `${detail}: its entry of the calendar is left out`;
	const causeSeq = note(world, { kind: 'evacuate', rule: 'evacuation', host, values: { vms: 0 }, text });
	if (!isDead || untilNs <= world.r.nowNs) return;
	const { evacuations } = rackOf(world);
	const { nowNs } = world.r;
	evacuations.push({
		host,
		startNs: nowNs,
		endNs: nowNs,
		waiting: [],
		moving: [],
		moved: [],
		refused: [],
		maintainUntilNs: untilNs,
		causeSeq
	});
	plan(world, untilNs - nowNs, RackTimer.evacuation, evacuations.length - 1);
}

/** Ways from the cheapest on: what lives on the pool only changes hands; what does not is moved through it, or copied. */
function waysOf(world: World, vmIndex: number): StrategyId[] {
	if (world.scenario.rack?.moves?.by === 'copy') return ['precopy'];
	const vm = world.r.vms[vmIndex] as VmRecord;
	const onPool = poolPagesOf(world, vmIndex) >= vm.populatedPages;
	if (onPool) return ['resident', 'transit', 'precopy'];
	return world.scenario.pool && !rackOf(world).poolLost ? ['transit', 'precopy'] : ['precopy'];
}

function startOne(world: World, vmIndex: number, from: number, cause: number): Outcome<number, ReasonId> | 'wait' {
	const vm = world.r.vms[vmIndex] as VmRecord;
	if (isMoved(world, vmIndex)) return 'wait';
	if (vm.vcpuState === 'stopped' && rackVmOf(world, vmIndex).checkpointing) return 'wait';
	if (vm.vcpuState !== 'running') return refused('vm-not-running', `${vm.id} is ${vm.vcpuState}`);
	if (vm.split) {
		// Its vCPUs come together where its process is; if that is this host, it moves as any other.
		const home = nameOf(world, vm.instances[vm.running] as number);
		const joined = splitVcpus(
			world,
			vmIndex,
			vm.split.map(() => home)
		);
		if (!joined.ok) return joined;
		if (!runsOn(vm, from)) return 'wait';
	}
	return beginTo(world, vmIndex, from, targets(world, from), cause);
}

function targets(world: World, from: number): number[] {
	const load = (host: number): number =>
		world.r.vms.reduce((sum, vm, index) => {
			const going = world.r.operations.some((each) => each.vm === index && each.state === 'running' && each.target === host);
			return sum + (vm.instances[vm.running] === host || going ? vm.vcpus : 0);
		}, 0);
	const serving = world.r.hosts.flatMap((host, index) => {
		const peer = peerOf(world, index);
		return index !== from && host.power === 'up' && !peer.away && !peer.selfFenced && !isEmptied(world, index) ? [index] : [];
	});
	return world.scenario.rack?.placing === 'first' ? serving : serving.toSorted((a, b) => load(a) - load(b) || a - b);
}

/** The first way and host that nothing speaks against; the last refusal otherwise. */
function beginTo(world: World, vmIndex: number, from: number, hosts: readonly number[], cause: number): Outcome<number, ReasonId> {
	let last: Outcome<number, ReasonId> = refused('no-room-target', 'no other host serves');
	const vm = world.r.vms[vmIndex] as VmRecord;
	for (const strategy of waysOf(world, vmIndex))
		for (const target of hosts) {
			const byPool = strategy !== 'precopy';
			if (
				byPool
					? !reachesPool(world, target) || !reachesPool(world, from)
					: peerOf(world, target).networkCut || peerOf(world, from).networkCut
			) {
				last = refused('link-state', `${nameOf(world, target)} and ${nameOf(world, from)} do not reach each other that way`);
				continue;
			}
			const parameters = withDefaults(world, strategy === 'precopy' ? { maxBandwidthBytesPerSecond: 0, multifdChannels: 8 } : {});
			const asked = { vm: vmIndex, source: from, target, parameters };
			const check = STRATEGIES[strategy].check(world, asked, { name: 'migrate', vm: vm.id, target: nameOf(world, target), strategy });
			if (!check.ok) {
				last = check;
				continue;
			}
			return ok(beginMigration(world, { ...asked, strategy, cause }).id);
		}
	return last;
}

function end(world: World, each: EvacuationRecord, how: string): void {
	each.endNs = world.r.nowNs;
	note(world, {
		kind: 'evacuate',
		rule: 'evacuation',
		host: each.host,
		cause: each.causeSeq,
		values: { moved: each.moved.length, refused: each.refused.length },
		text: `${nameOf(world, each.host)}: ${how}, ${each.moved.length} VM${each.moved.length === 1 ? ' has' : 's have'} moved`
	});
}

/** An empty host leaves: its peers know that it did. One that is not empty stays on. */
function switchOff(world: World, each: EvacuationRecord, index: number): void {
	if (each.refused.length > 0 || each.maintainUntilNs <= world.r.nowNs) return;
	const peer = peerOf(world, each.host);
	peer.away = true;
	peer.generation += 1;
	if (reachesPool(world, each.host)) sharedWordsOf(world).store(wordIndex('peerState', each.host), 4n);
	(world.r.hosts[each.host] as HostRecord).power = 'down';
	note(world, {
		kind: 'leave',
		rule: 'evacuation',
		host: each.host,
		cause: each.causeSeq,
		text: `${nameOf(world, each.host)} is switched off`
	});
	plan(world, each.maintainUntilNs - world.r.nowNs, RackTimer.evacuation, index);
}

/** The host starts again; what left it for this comes home. */
function comeBack(world: World, each: EvacuationRecord): void {
	const index = rackOf(world).evacuations.indexOf(each);
	if (world.r.hosts[each.host]?.power === 'down') boot(world, each.host);
	const home = world.r.vms.flatMap((_, vm) => (rackVmOf(world, vm).homeHost === each.host ? [vm] : []));
	let left = 0;
	for (const vm of home) {
		const at = world.r.vms[vm] as VmRecord;
		const from = at.instances[at.running] as number;
		const busy = world.r.operations.filter((operation) => operation.state === 'running').length;
		if (busy >= (world.scenario.rack?.moves?.perCluster ?? PER_CLUSTER) || at.vcpuState !== 'running') {
			left += at.vcpuState === 'lost' ? 0 : 1;
			continue;
		}
		if (from !== each.host) beginTo(world, vm, from, [each.host], each.causeSeq);
		rackVmOf(world, vm).homeHost = -1;
	}
	if (left > 0) plan(world, LOOK_NS, RackTimer.evacuation, index);
}
