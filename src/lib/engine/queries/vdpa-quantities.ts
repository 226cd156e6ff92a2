import { unmetNeeds } from '../contract/vdpa/choice.ts';
import type { CollisionAnswer } from '../contract/vdpa/collision.ts';
import { readPaper, type PaperPlan } from '../contract/vdpa/paper.ts';
import { VDPA_QUANTITIES, type VdpaQuantityName } from '../contract/vdpa/quantities.ts';
import type { ChangeStatus } from '../contract/vdpa/status.ts';
import type { DeviceEndRecord, NicRecord } from '../state/vdpa-records.ts';
import type { World } from '../state/world.ts';
import { guestOf } from '../vdpa/context.ts';
import { exploreCollisions } from '../vdpa/explore/explore.ts';
import { bestOnPaper, choiceOf, runOnPaper, type PaperRun } from '../vdpa/explore/paper.ts';
import { wrongMaps } from '../vdpa/promise.ts';
import { trafficStatus } from '../vdpa/queues/status.ts';
import { oldPages } from '../whole/content.ts';
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

/** Addresses that lead elsewhere; what is not mapped at all faults instead. A device in the middle of a change is left out. */
export function wrongDma(world: World): number {
	let wrong = 0;
	for (const nic of world.r.vdpa.nics) {
		const end = runningEnd(world, nic);
		if (!end || nic.change !== null) continue;
		for (const map of wrongMaps(guestOf(world, nic.vm), end)) if (map.mappedIova !== null) wrong += 1;
	}
	return wrong;
}

/** Longest sequence that is looked at. */
const LONGEST = 10;

/** The explorer's answer for "NIC length", then words of a choice; null when they name nothing. */
export function collisions(world: World, of: string): CollisionAnswer | null {
	const [id = '', length = '8', ...words] = of.trim().split(/\s+/);
	const nic = nicNamed(world, id);
	const steps = Number(length);
	const read = readPaper([id, ...words].join(' '));
	if (!nic || !read.ok || !Number.isInteger(steps) || steps < 1 || steps > LONGEST) return null;
	return exploreCollisions(guestOf(world, nic.vm), nic, steps, choiceOf(nic, read.value));
}

const explored =
	(read: (answer: CollisionAnswer) => number): Read =>
	(world, of) => {
		const answer = collisions(world, of);
		return answer === null ? null : read(answer);
	};

function plannedOn(world: World, of: string): { readonly nic: NicRecord; readonly plan: PaperPlan } | null {
	const read = readPaper(of);
	const nic = read.ok ? nicNamed(world, read.value.nic) : undefined;
	return read.ok && nic ? { nic, plan: read.value } : null;
}

const onPaper =
	(pick: (run: PaperRun) => number): Read =>
	(world, of) => {
		const asked = plannedOn(world, of);
		if (asked === null) return null;
		const run = runOnPaper(guestOf(world, asked.nic.vm), asked.nic, asked.plan, world.r.belief);
		return run === null ? -1 : pick(run);
	};

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
	firstWrongNs: ofNic((nic) => nic.wrongAccesses.reduce((first, access) => (first < 0 ? access.atNs : Math.min(first, access.atNs)), -1)),
	wrongMaps: ofNic((nic, world) => {
		const end = runningEnd(world, nic);
		return end && nic.change === null ? wrongMaps(guestOf(world, nic.vm), end).length : 0;
	}),
	oldPages: ofNic((nic, world) => oldPages(world, nic.vm)),
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
	collisionSafe: explored((answer) => Number(answer.path === null)),
	collisionStates: explored((answer) => answer.states),
	collisionSequences: explored((answer) => answer.sequences),
	paperSwitchNs: onPaper((run) => run.switchNs),
	paperEndNs: onPaper((run) => run.endNs),
	paperInitNs: onPaper((run) => run.initNs),
	paperPins: onPaper((run) => run.pins),
	paperBestNs: (world, of) => {
		const asked = plannedOn(world, of);
		return asked === null ? null : (bestOnPaper(guestOf(world, asked.nic.vm), asked.nic, asked.plan, world.r.belief) ?? -1);
	}
};

export const isVdpaQuantity = (name: string): name is VdpaQuantityName => Object.hasOwn(VDPA_QUANTITIES, name);

export function vdpaQuantity(world: World, name: VdpaQuantityName, of: string): number | null {
	return typeof of === 'string' ? READ[name](world, of) : null;
}
