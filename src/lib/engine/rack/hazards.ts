import { NS_PER_S } from '../../base/units.ts';
import { chance } from '../sim/streams.ts';
import { emit } from '../sim/trace.ts';
import type { World } from '../state/world.ts';
import { nameOf } from './hosts.ts';
import { cutLink, mendLink } from './links.ts';
import { peerOf, rackOf } from './rack-records.ts';
import { boot, crash, pause } from './power.ts';
import { losePool, restorePool } from './pool.ts';
import { plan, RackTimer } from './timers.ts';

/**
 * What fails by chance: a thousand looks in the mean time between two failures, each with a chance of a thousandth, from a
 * stream of its own. Another seed, or `reroll`, is another future.
 */
const LOOKS = 1000;

export function hazardTimer(world: World, index: number): void {
	const hazard = world.scenario.rack?.hazards?.[index];
	if (!hazard) return;
	const rack = rackOf(world);
	const victim = hazard.host === undefined ? -1 : world.r.hosts.findIndex((host) => host.id === hazard.host);
	const hosts = victim >= 0 ? [victim] : hazard.kind === 'pool' ? [0] : world.r.hosts.map((_, host) => host);
	for (const host of hosts)
		if (chance(world, rack.hazardStream, 1_000_000 / LOOKS) && strike(world, hazard.kind, host, hazard.forNs ?? 0))
			told(world, index, host, hazard.kind);
	if (world.r.nowNs + hazard.meanNs / LOOKS <= world.scenario.untilNs) plan(world, hazard.meanNs / LOOKS, RackTimer.hazard, index);
}

function told(world: World, index: number, host: number, kind: string): void {
	const rack = rackOf(world);
	rack.struck[index] = (rack.struck[index] ?? 0) + 1;
	const where = kind === 'pool' ? 'the pool' : nameOf(world, host);
	emit(world, {
		kind: 'rack',
		rule: 'hazard',
		cause: null,
		host: kind === 'pool' ? null : where,
		values: { what: 'hazard', kind, count: rack.struck[index] ?? 0 },
		text: `chance has struck ${where}: ${kind}`
	});
}

function strike(world: World, kind: 'host' | 'pause' | 'cxl-link' | 'network-link' | 'pool', host: number, forNs: number): boolean {
	const mend = (what: number): void => {
		if (forNs > 0) plan(world, forNs, RackTimer.mend, host + 16 * what);
	};
	if (kind === 'pause') {
		if (!pause(world, host, forNs > 0 ? forNs : NS_PER_S).ok) return false;
		plan(world, 2 * (forNs > 0 ? forNs : NS_PER_S), RackTimer.mend, host + 16 * 4);
		return true;
	}
	if (kind === 'host') {
		if (!crash(world, host).ok) return false;
		mend(0);
		return true;
	}
	if (kind === 'pool') {
		if (!losePool(world).ok) return false;
		mend(3);
		return true;
	}
	if (!cutLink(world, host, kind === 'cxl-link' ? 'cxl' : 'network').ok) return false;
	mend(kind === 'cxl-link' ? 1 : 2);
	return true;
}

/** What broke by chance is mended; somebody may have done it before. */
export function mendTimer(world: World, code: number): void {
	const host = code % 16;
	const what = Math.floor(code / 16);
	if (what === 0) boot(world, host);
	else if (what === 3) restorePool(world);
	else {
		if (what < 3) mendLink(world, host, what === 1 ? 'cxl' : 'network');
		// Meanwhile it may have been fenced: a device lets in only a host that starts anew.
		if (peerOf(world, host).deviceFenced) boot(world, host);
	}
}
