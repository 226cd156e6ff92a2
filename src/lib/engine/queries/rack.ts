import type { ReasonId } from '../contract/reasons.ts';
import type { EvacuationStatus, LossStatus, RackHostStatus, RackStatus, RackVmStatus, RecoveryStatus } from '../contract/rack/status.ts';
import { hostName } from '../migration/operation.ts';
import { haOf } from '../rack/settings.ts';
import type { EvacuationRecord, LossRecord, RackPeerRecord, RackVmRecord, RecoveryRecord } from '../state/rack-records.ts';
import type { World } from '../state/world.ts';

/** Hosts that fail and VMs that are kept running. Reads only; null while nothing of it was asked for. */
export function rackStatus(world: World): RackStatus | null {
	const { rack } = world.r;
	if (!rack) return null;
	const asked = world.scenario.rack;
	return {
		ha: haOf(world),
		pool: world.scenario.pool ? (rack.poolLost ? 'lost' : 'up') : null,
		fabricManager: rack.fabricManagerLost === true ? 'lost' : 'up',
		switchCut: rack.switchCut === true,
		hosts: rack.peers.map((peer, index) => hostStatus(world, peer, index)),
		vms: rack.vms.map((vm, index) => vmStatus(world, vm, index)),
		// Lists that only grow by whole entries: the page gets its own copy.
		events: [...rack.events],
		recoveries: rack.recoveries.map((each) => recoveryStatus(world, each)),
		losses: rack.losses.map((each) => lossStatus(world, each)),
		evacuations: rack.evacuations.map((each) => evacuationStatus(world, each)),
		calendar: (asked?.calendar ?? []).map(({ host, fromNs, untilNs }) => ({ host, fromNs, untilNs })),
		hazards: (asked?.hazards ?? []).map(({ kind, host, meanNs }, index) => ({
			kind,
			host: host ?? null,
			meanNs,
			struck: rack.struck[index] ?? 0
		}))
	};
}

const vmName = (world: World, vm: number): string => world.r.vms[vm]?.id ?? '';

function hostStatus(world: World, peer: RackPeerRecord, index: number): RackHostStatus {
	const host = world.r.hosts[index] as World['r']['hosts'][number];
	return {
		id: host.id,
		power: host.power,
		incarnation: host.incarnation,
		beats: peer.beats,
		lastBeatNs: peer.lastBeatNs,
		recentBeatsNs: [...peer.recentBeatsNs],
		cxlCut: peer.cxlCut,
		networkCut: peer.networkCut,
		selfFenced: peer.selfFenced,
		deviceFenced: peer.deviceFenced,
		fencedIncarnation: peer.fencedIncarnation,
		suspectedBy: peer.suspectedBy < 0 ? null : hostName(world, peer.suspectedBy),
		away: peer.away,
		silences: peer.silences.map((each) => ({ ...each })),
		beatsFromNs: peer.beatsFromNs
	};
}

function vmStatus(world: World, vm: RackVmRecord, index: number): RackVmStatus {
	return {
		id: vmName(world, index),
		checkpointNs: vm.checkpointNs,
		checkpoints: vm.checkpoints,
		checkpointCostNs: vm.checkpointCostNs,
		stalled: vm.stalled,
		restarts: vm.restarts,
		zombieOn: vm.zombie?.acts ? hostName(world, vm.zombie.host) : null
	};
}

function recoveryStatus(world: World, each: RecoveryRecord): RecoveryStatus {
	return {
		victim: hostName(world, each.victim),
		by: hostName(world, each.by),
		epoch: each.epoch,
		step: each.step,
		startNs: each.startNs,
		endNs: each.endNs < 0 ? null : each.endNs
	};
}

function lossStatus(world: World, each: LossRecord): LossStatus {
	const { causeSeq: _cause, tokenAtLoss: _token, vm, host, backOn, backNs, ...rest } = each;
	return {
		...rest,
		vm: vmName(world, vm),
		host: hostName(world, host),
		backOn: backOn < 0 ? null : hostName(world, backOn),
		backNs: backNs < 0 ? null : backNs
	};
}

function evacuationStatus(world: World, each: EvacuationRecord): EvacuationStatus {
	return {
		host: hostName(world, each.host),
		startNs: each.startNs,
		endNs: each.endNs < 0 ? null : each.endNs,
		waiting: each.waiting.map((vm) => vmName(world, vm)),
		moving: each.moving.map(({ vm, operation }) => ({ vm: vmName(world, vm), operation })),
		moved: each.moved.map((vm) => vmName(world, vm)),
		refused: each.refused.map(({ vm, reason, detail }) => ({ vm: vmName(world, vm), reason: reason as ReasonId, detail })),
		maintainUntilNs: each.maintainUntilNs < 0 ? null : each.maintainUntilNs
	};
}
