import { unmetNeeds } from '../contract/vdpa/choice.ts';
import { VDPA_QUANTITIES, type VdpaQuantityName } from '../contract/vdpa/quantities.ts';
import type { ChangeStatus } from '../contract/vdpa/status.ts';
import type { DeviceEndRecord, NicRecord } from '../state/vdpa-records.ts';
import type { World } from '../state/world.ts';
import { guestOf } from '../vdpa/context.ts';
import { exploreCollisions } from '../vdpa/explore/explore.ts';
import { wrongMaps } from '../vdpa/promise.ts';
import { trafficStatus } from '../vdpa/queues/status.ts';
import { lastChange } from './vdpa.ts';

/** Quantities of vDPA devices by name. null when `of` names nothing. */
type Read = (world: World, of: string) => number | null;

const nicNamed = (world: World, id: string): NicRecord | undefined => world.r.vdpa.nics.find((nic) => nic.id === id);

const ofNic =
	(read: (nic: NicRecord, world: World) => number): Read =>
	(world, of) => {
		const nic = nicNamed(world, of);
		return nic ? read(nic, world) : null;
	};

const runningEnd = (world: World, nic: NicRecord): DeviceEndRecord | null => nic.ends[(world.r.vms[nic.vm]?.running ?? 0) as 0 | 1];

/** How long packets stood still in a change; −1 if there was none. A change that never let them go on counts up to now. */
function deadNs(nic: NicRecord, kind: ChangeStatus['kind']): number {
	const change = lastChange(nic, kind);
	if (!change) return -1;
	if (change.deadFromNs === null) return 0;
	return (change.deadToNs ?? change.endNs ?? change.deadFromNs) - change.deadFromNs;
}

const lasted = (nic: NicRecord, kind: ChangeStatus['kind']): number => {
	const change = lastChange(nic, kind);
	return change ? (change.endNs ?? change.startNs) - change.startNs : -1;
};

const spent = (nic: NicRecord, kind: ChangeStatus['kind']): number => {
	const change = lastChange(nic, kind);
	return change ? Object.values(change.parts).reduce((sum, ns) => sum + ns, 0) : 0;
};

const counted = (pick: (change: ChangeStatus) => number): Read =>
	ofNic((nic) => {
		const change = lastChange(nic, 'to-svq');
		return change ? pick(change) : 0;
	});

function explored(world: World, of: string, read: (answer: ReturnType<typeof exploreCollisions>) => number): number | null {
	const [id = '', length = '8'] = of.split(' ');
	const nic = nicNamed(world, id);
	const steps = Number(length);
	return nic && Number.isInteger(steps) && steps >= 1 && steps <= 10 ? read(exploreCollisions(guestOf(world, nic.vm), nic, steps)) : null;
}

const READ: Readonly<Record<VdpaQuantityName, Read>> = {
	svqOn: ofNic((nic, world) => Number(runningEnd(world, nic)?.svq ?? false)),
	switchNs: ofNic((nic) => deadNs(nic, 'to-svq')),
	backNs: ofNic((nic) => deadNs(nic, 'to-passthrough')),
	nicStopNs: ofNic((nic) => lasted(nic, 'stop')),
	nicStartNs: ofNic((nic) => lasted(nic, 'start')),
	nicInitNs: ofNic((nic) => spent(nic, 'init')),
	worstGapNs: ofNic((nic, world) =>
		trafficStatus(world, nic).gaps.reduce((most, gap) => Math.max(most, (gap.toNs ?? world.r.nowNs) - gap.fromNs), 0)
	),
	packetsLost: ofNic((nic) => nic.traffic.lost),
	packetsMisplaced: ofNic((nic) => nic.traffic.misplaced),
	dmaFaults: ofNic((nic) => nic.faultCount),
	wrongMaps: ofNic((nic, world) => {
		const end = runningEnd(world, nic);
		return end && nic.change === null ? wrongMaps(guestOf(world, nic.vm), end).length : 0;
	}),
	pinnedPages: (world, of) => {
		const nics = of === '' ? world.r.vdpa.nics : world.r.vdpa.nics.filter((nic) => nic.id === of);
		if (nics.length === 0) return of === '' ? 0 : null;
		return nics.reduce(
			(sum, nic) =>
				sum +
				(runningEnd(world, nic)?.kernel.spaces ?? []).reduce(
					(pages, space) => pages + space.entries.reduce((all, entry) => all + entry.pinnedPages, 0),
					0
				),
			0
		);
	},
	pins: counted((change) => change.pins),
	unpins: counted((change) => change.unpins),
	maps: counted((change) => change.updates),
	unmaps: counted((change) => change.invalidates),
	rebuilds: counted((change) => change.rebuilds),
	nicBroken: ofNic((nic) => Number(nic.broken !== null)),
	strategyValid: ofNic((nic, world) => Number(unmetNeeds(nic.choice, nic.traits, guestOf(world, nic.vm)).length === 0)),
	collisionSafe: (world, of) => explored(world, of, (answer) => Number(answer.path === null)),
	collisionStates: (world, of) => explored(world, of, (answer) => answer.states)
};

export const isVdpaQuantity = (name: string): name is VdpaQuantityName => Object.hasOwn(VDPA_QUANTITIES, name);

export function vdpaQuantity(world: World, name: VdpaQuantityName, of: string): number | null {
	return typeof of === 'string' ? READ[name](world, of) : null;
}
