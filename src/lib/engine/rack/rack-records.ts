import { openStream } from '../sim/streams.ts';
import type { RackPeerRecord, RackRecords, RackVmRecord } from '../state/rack-records.ts';
import type { World } from '../state/world.ts';

const newPeer = (hosts: number): RackPeerRecord => ({
	beats: 0,
	beatsFromNs: -1,
	lastBeatNs: -1,
	recentBeatsNs: [],
	cxlCut: false,
	networkCut: false,
	selfFenced: false,
	deviceFenced: false,
	fencedIncarnation: 0,
	suspectedBy: -1,
	away: false,
	silences: [],
	seen: Array.from({ length: hosts }, () => ({ beat: 0, sinceNs: -1 })),
	generation: 0
});

const newVm = (): RackVmRecord => ({
	checkpointNs: -1,
	checkpoints: 0,
	checkpointCostNs: 0,
	checkpointing: false,
	stalled: false,
	held: false,
	stoppedNs: -1,
	restarts: 0,
	restartTo: -1,
	restartTurn: 0,
	zombie: null,
	damagedGfns: [],
	homeHost: -1
});

/** The records, made when something of the rack is first asked for: a world without any stays as it always was. */
export function rackOf(world: World): RackRecords {
	const { r } = world;
	r.rack ??= {
		hazardStream: (world.scenario.rack?.hazards ?? []).length > 0 ? openStream(world, 'rack/hazards') : -1,
		poolLost: false,
		beating: false,
		peers: r.hosts.map(() => newPeer(r.hosts.length)),
		vms: r.vms.map(newVm),
		held: [],
		recoveries: [],
		losses: [],
		evacuations: [],
		events: [],
		struck: (world.scenario.rack?.hazards ?? []).map(() => 0)
	};
	return r.rack;
}

export const peerOf = (world: World, host: number): RackPeerRecord => rackOf(world).peers[host] as RackPeerRecord;
export const rackVmOf = (world: World, vm: number): RackVmRecord => rackOf(world).vms[vm] as RackVmRecord;

/** It is being emptied: no place for anybody. */
export const isEmptied = (world: World, host: number): boolean =>
	rackOf(world).evacuations.some((each) => each.host === host && each.endNs < 0);

/** Whether the host can reach super-page and pool now. */
export function reachesPool(world: World, host: number): boolean {
	const peer = peerOf(world, host);
	const { poolLost, switchCut } = rackOf(world);
	return world.scenario.pool !== null && !poolLost && !switchCut && !peer.cxlCut && !peer.deviceFenced;
}
