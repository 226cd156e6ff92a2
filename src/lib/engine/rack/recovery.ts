import { wordIndex } from '../contract/superpage.ts';
import { OwnerState, packOwner, unpackOwner } from '../contract/words.ts';
import { costNs } from '../costs/cost-model.ts';
import { forgetSplit } from '../migration/reference/split.ts';
import { STRATEGIES } from '../migration/strategies/index.ts';
import type { HostRecord } from '../state/records.ts';
import type { RecoveryRecord } from '../state/rack-records.ts';
import type { World } from '../state/world.ts';
import { clearDescriptors } from '../superpage/descriptors.ts';
import { ownerIndex, ownerOf, phaseIndex, sharedWordsOf } from '../superpage/words.ts';
import { everyoneCatchesUp, nameOf, poolPagesOf } from './hosts.ts';
import { loseVm } from './loss.ts';
import { note } from './note.ts';
import { peerOf, rackOf, rackVmOf, reachesPool } from './rack-records.ts';
import { isComing, planRestart } from './restart.ts';
import { accessNs, haOf } from './settings.ts';
import { indexOf, plan, RackTimer, turnOf, withTurn } from './timers.ts';
import { leaveBehind } from './zombies.ts';

/**
 * Recovery of a host that is taken for dead, one access to the super-page per step (cxl-fabric reference 10.5, I4 and I7):
 * suspect, claim, fence, scan, restart. Every step may be repeated by another recoverer.
 */

export function suspect(world: World, victim: number, by: number, beat: number): void {
	const words = sharedWordsOf(world);
	const mine = (BigInt(by + 1) << 32n) | BigInt(beat >>> 0);
	if (!words.compareAndSwap(wordIndex('suspect', victim), 0n, mine)) return;
	peerOf(world, victim).suspectedBy = by;
	const causeSeq = note(world, {
		kind: 'suspect',
		rule: 'recovery',
		host: victim,
		by,
		values: { beat },
		text: `${nameOf(world, by)} suspects ${nameOf(world, victim)}: silent since beat ${beat}, dead or not cannot be told`
	});
	const recoveries = rackOf(world).recoveries;
	recoveries.push({
		victim,
		incarnation: (world.r.hosts[victim] as HostRecord).incarnation,
		by,
		epoch: recoveries.length + 1,
		turn: 0,
		step: 'claim',
		startNs: world.r.nowNs,
		endNs: -1,
		causeSeq
	});
	next(world, recoveries.at(-1) as RecoveryRecord, accessNs(world));
}

/** What stands in the recovery word while this recovery has it. */
const claimOf = ({ by, victim, epoch }: RecoveryRecord): bigint => (BigInt(by + 1) << 48n) | (BigInt(victim + 1) << 32n) | BigInt(epoch);

/** The one step that is due; whatever was planned for this recovery before is not. */
function next(world: World, recovery: RecoveryRecord, afterNs: number): void {
	recovery.turn += 1;
	plan(world, afterNs, RackTimer.recovery, withTurn(rackOf(world).recoveries.indexOf(recovery), recovery.turn));
}

/** The recoverer is gone, or is another incarnation of itself: it begins again from the start, with a higher epoch. */
export function takeOver(world: World, recovery: RecoveryRecord, by: number): void {
	// Only its own claim is withdrawn: the word may name the recovery of somebody else.
	sharedWordsOf(world).compareAndSwap(wordIndex('recovery'), claimOf(recovery), 0n);
	recovery.by = by;
	recovery.epoch += 1;
	recovery.step = 'claim';
	note(world, {
		kind: 'claim',
		rule: 'recovery',
		host: recovery.victim,
		by,
		cause: recovery.causeSeq,
		values: { epoch: recovery.epoch },
		text: `${nameOf(world, by)} takes the recovery of ${nameOf(world, recovery.victim)} over, epoch ${recovery.epoch}`
	});
	next(world, recovery, accessNs(world));
}

/** A recoverer that stood still goes on with what it was about, as long as nobody has taken it over. */
export function goOnRecovering(world: World, host: number): void {
	for (const recovery of rackOf(world).recoveries)
		if (recovery.by === host && recovery.step !== 'done') next(world, recovery, stepNs(world, recovery));
}

/** A recoverer that starts anew finds its own name in the recovery word: its dead self did who knows how much of it. */
export function beginRecoveringAgain(world: World, host: number): void {
	for (const recovery of rackOf(world).recoveries) if (recovery.by === host && recovery.step !== 'done') takeOver(world, recovery, host);
}

/** How long the step that is due takes from its beginning. */
function stepNs(world: World, { step }: RecoveryRecord): number {
	if (step === 'fence' && fencesByDevice(world)) return costNs(world.costs, 'fabricFenceMs');
	return step === 'scan' ? accessNs(world) * Math.max(1, world.r.vms.length) : accessNs(world);
}

const fencesByDevice = (world: World): boolean => haOf(world)?.fencing === 'device' && !world.r.faults.includes('skip-fence');

export function runRecovery(world: World, code: number): void {
	const recovery = rackOf(world).recoveries[indexOf(code)];
	const ha = haOf(world);
	if (!recovery || !ha || recovery.step === 'done' || recovery.turn !== turnOf(code)) return;
	// A recoverer that is dead does nothing, one that stands still not yet; whoever misses its beats takes over.
	if (world.r.hosts[recovery.by]?.power !== 'up') return;
	if (!reachesPool(world, recovery.by)) return next(world, recovery, ha.heartbeatNs);
	if (recovery.step === 'claim') return claim(world, recovery);
	if (recovery.step === 'fence') return fence(world, recovery);
	if (recovery.step === 'scan') return scan(world, recovery);
	finish(world, recovery);
}

function claim(world: World, recovery: RecoveryRecord): void {
	if (!sharedWordsOf(world).compareAndSwap(wordIndex('recovery'), 0n, claimOf(recovery))) {
		// One victim at a time: the word names somebody else.
		next(world, recovery, haOf(world)?.heartbeatNs ?? 1e7);
		return;
	}
	note(world, {
		kind: 'claim',
		rule: 'recovery',
		host: recovery.victim,
		by: recovery.by,
		cause: recovery.causeSeq,
		values: { epoch: recovery.epoch },
		text: `${nameOf(world, recovery.by)} recovers ${nameOf(world, recovery.victim)}${fencesByDevice(world) ? ': the fabric manager is told to cut it off' : ''}`
	});
	recovery.step = 'fence';
	next(world, recovery, stepNs(world, recovery));
}

/** The victim has started again since it was suspected: what is recovered is its dead self. */
const isBackAs = (world: World, { victim, incarnation }: RecoveryRecord): boolean =>
	(world.r.hosts[victim] as HostRecord).incarnation > incarnation;

/** VMs of the incarnation that is recovered; while the host has not come back also those that only counted on it. */
function isOfTheDead(world: World, recovery: RecoveryRecord): (vm: number) => boolean {
	return (vm) => {
		const owner = ownerOf(world, vm);
		return owner.owner === recovery.victim ? owner.incarnation <= recovery.incarnation : !isBackAs(world, recovery);
	};
}

function fence(world: World, recovery: RecoveryRecord): void {
	const ha = haOf(world);
	const { victim, by, epoch, incarnation } = recovery;
	if (fencesByDevice(world) && rackOf(world).fabricManagerLost === true) return unfenced(world, recovery);
	if (ha?.fencing !== 'none' && !world.r.faults.includes('skip-fence')) {
		// Another incarnation has joined meanwhile: the device refuses the dead one only.
		if (ha?.fencing === 'device' && !isBackAs(world, recovery)) peerOf(world, victim).deviceFenced = true;
		writeFence(world, victim, incarnation, epoch);
		note(world, {
			kind: 'fence',
			rule: 'fencing',
			host: victim,
			by,
			cause: recovery.causeSeq,
			values: { incarnation, epoch, by: ha?.fencing ?? 'word' },
			text: `${nameOf(world, victim)} is fenced as incarnation ${incarnation}${ha?.fencing === 'device' ? ', by the device too' : ', by a word only'}`
		});
	}
	recovery.step = 'scan';
	next(world, recovery, stepNs(world, recovery));
}

/**
 * Nobody answers who could cut the victim off. What it may still run waits; a VM in the hand-off is run by nobody, and one whose
 * target is gone too is taken at once (cxl-fabric reference 10.6, row FM).
 */
function unfenced(world: World, recovery: RecoveryRecord): void {
	const { victim, by } = recovery;
	if (!recovery.waits)
		note(world, {
			kind: 'claim',
			rule: 'fabric-manager-loss',
			host: victim,
			by,
			cause: recovery.causeSeq,
			text: `${nameOf(world, by)} cannot have ${nameOf(world, victim)} cut off: no fabric manager answers, its VMs wait`
		});
	recovery.waits = true;
	everyoneCatchesUp(world);
	const isGiven = (vm: number): boolean => {
		const move = world.r.operations.find((each) => each.vm === vm && each.state === 'running');
		const targetGone = !move || world.r.hosts[move.target]?.power === 'down';
		return targetGone && ownerOf(world, vm).state === OwnerState.handoff;
	};
	const given = orphan(world, victim, recovery.causeSeq, isGiven);
	if (haOf(world)?.restart) for (const vm of given) if (!isComing(world, vm)) planRestart(world, vm, -1);
	next(world, recovery, haOf(world)?.heartbeatNs ?? 1e7);
}

export function writeFence(world: World, victim: number, incarnation: number, epoch: number): void {
	const words = sharedWordsOf(world);
	const at = wordIndex('fence', victim);
	words.compareAndSwap(at, words.load(at), (BigInt(incarnation) << 32n) | BigInt(epoch));
	const of = wordIndex('fenceEpoch');
	words.compareAndSwap(of, words.load(of), words.load(of) + 1n);
	peerOf(world, victim).fencedIncarnation = incarnation;
}

/** Every VM that names the victim gets a new token and the state orphan; moves that counted on it end. */
function scan(world: World, recovery: RecoveryRecord): void {
	everyoneCatchesUp(world);
	const orphans = orphan(world, recovery.victim, recovery.causeSeq, isOfTheDead(world, recovery));
	note(world, {
		kind: 'scan',
		rule: 'recovery',
		host: recovery.victim,
		by: recovery.by,
		cause: recovery.causeSeq,
		values: { vms: orphans.length },
		text: `${orphans.length} VM${orphans.length === 1 ? '' : 's'} of ${nameOf(world, recovery.victim)} ${orphans.length === 1 ? 'is' : 'are'} nobody's now, with a new token`
	});
	recovery.step = 'restart';
	// Whom a recoverer before this one has begun to restart is left to whoever is at it; whom the victim was to start, and who is nobody's without it, is started too.
	const waiting = world.r.vms.flatMap((vm, index) =>
		vm.vcpuState === 'lost' && (rackVmOf(world, index).restartTo === recovery.victim || ownerOf(world, index).state === OwnerState.orphan)
			? [index]
			: []
	);
	if (haOf(world)?.restart) for (const vm of new Set([...orphans, ...waiting])) if (!isComing(world, vm)) planRestart(world, vm, -1);
	next(world, recovery, accessNs(world));
}

/**
 * A host that starts again before anybody has missed it finds its name in owner words of an incarnation that is dead: it is its
 * own recoverer, and needs no fence against itself.
 */
export function sweepOwn(world: World, host: number, deadIncarnation: number, cause: number): void {
	const ha = haOf(world);
	const isMissed = rackOf(world).recoveries.some((recovery) => recovery.victim === host && recovery.incarnation === deadIncarnation);
	if (!ha || isMissed || !world.scenario.pool || !reachesPool(world, host)) return;
	const orphans = orphan(world, host, cause);
	if (orphans.length === 0) return;
	note(world, {
		kind: 'scan',
		rule: 'recovery',
		host,
		by: host,
		cause,
		values: { vms: orphans.length },
		text: `${nameOf(world, host)} finds ${orphans.length} VM${orphans.length === 1 ? '' : 's'} of its incarnation ${deadIncarnation}: nobody's now, with a new token`
	});
	if (ha.restart) for (const vm of orphans) planRestart(world, vm, -1);
}

/** What the victim owned, or the part of it that is meant, is nobody's; a VM that is not dead is left behind there. */
export function orphan(world: World, victim: number, cause: number, isMeant: (vm: number) => boolean = () => true): number[] {
	const words = sharedWordsOf(world);
	for (const operation of world.r.operations) {
		if (operation.state !== 'running' || (operation.source !== victim && operation.target !== victim)) continue;
		if (!isMeant(operation.vm)) continue;
		STRATEGIES[operation.strategy].hostLost(world, operation, operation.source === victim ? 'source' : 'target');
	}
	return world.r.vms.flatMap((vm, index) => {
		const value = words.load(ownerIndex(index));
		const owner = unpackOwner(value);
		// The owner word names it, or the map of vCPUs does: without those the VM cannot go on either.
		const named = (owner.owner === victim && vm.instances[vm.running] === victim) || vm.split?.includes(victim) === true;
		if (!named || !isMeant(index)) return [];
		if (vm.vcpuState !== 'lost') {
			const { power } = world.r.hosts[victim] as HostRecord;
			// Stopped with its host or by nobody: it will act again as soon as it can. A host that fenced itself has stopped it for good.
			const acts = power === 'up' && vm.vcpuState === 'running';
			const sleeps = power === 'paused';
			const onPool = poolPagesOf(world, index) > 0;
			loseVm(world, index, victim, 'fenced', cause);
			if (acts || sleeps) leaveBehind(world, index, victim, acts, onPool);
		}
		forgetSplit(world, index);
		words.store(phaseIndex(index), 0n);
		clearDescriptors(world, index);
		if (!world.r.faults.includes('keep-token')) {
			const token = owner.token + 1;
			words.compareAndSwap(ownerIndex(index), value, packOwner({ ...owner, state: OwnerState.orphan, token }));
			vm.previousOwner = [owner.owner, owner.state, owner.incarnation, owner.token];
			vm.ownerChangedNs = world.r.nowNs;
		}
		return [index];
	});
}

function finish(world: World, recovery: RecoveryRecord): void {
	recovery.step = 'done';
	recovery.endNs = world.r.nowNs;
	sharedWordsOf(world).compareAndSwap(wordIndex('recovery'), claimOf(recovery), 0n);
}
