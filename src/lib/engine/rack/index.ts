import type { World } from '../state/world.ts';
import { beat, startBeating } from './beats.ts';
import { checkpointTimer, saved } from './checkpoints.ts';
import { evacuate, leaveOut, runEvacuation } from './evacuation.ts';
import { hazardTimer, mendTimer } from './hazards.ts';
import { noticed, resume } from './power.ts';
import { peerOf, rackOf } from './rack-records.ts';
import { runRecovery } from './recovery.ts';
import { restarted } from './restart.ts';
import { haOf } from './settings.ts';
import { plan, RackTimer } from './timers.ts';

/** Beats, checkpoints, calendar and hazards of a scenario begin with the world; without `rack` nothing does. */
export function buildRack(world: World): void {
	const { rack } = world.scenario;
	if (!rack) return;
	rackOf(world);
	if (haOf(world)) world.r.hosts.forEach((_, host) => startBeating(world, host, false));
	const every = haOf(world)?.checkpointEveryNs ?? 0;
	if (every > 0) world.r.vms.forEach((_, vm) => plan(world, every, RackTimer.checkpoint, vm));
	(rack.calendar ?? []).forEach((entry, index) => plan(world, entry.fromNs, RackTimer.calendar, index));
	(rack.hazards ?? []).forEach((hazard, index) => plan(world, hazard.meanNs / 1000, RackTimer.hazard, index));
}

/** Something of the rack that takes time. */
export function runRack(world: World, timer: number, of: number): void {
	switch (timer) {
		case RackTimer.beat:
			return beat(world, of);
		case RackTimer.notice:
			return noticed(world, of);
		case RackTimer.recovery:
			return runRecovery(world, of);
		case RackTimer.restart:
			return restarted(world, of);
		case RackTimer.resume:
			if (peerOf(world, of % 16).generation === Math.floor(of / 16)) resume(world, of % 16);
			return;
		case RackTimer.checkpoint:
			return checkpointTimer(world, of);
		case RackTimer.saved:
			return saved(world, of);
		case RackTimer.evacuation:
			return runEvacuation(world, of);
		case RackTimer.calendar:
			return calendar(world, of);
		case RackTimer.hazard:
			return hazardTimer(world, of);
		case RackTimer.mend:
			return mendTimer(world, of);
	}
}

/** A host of the calendar is emptied and stays off until its time is over. */
function calendar(world: World, index: number): void {
	const entry = world.scenario.rack?.calendar?.[index];
	const host = world.r.hosts.findIndex((record) => record.id === entry?.host);
	if (!entry || host < 0) return;
	const asked = evacuate(world, host, entry.untilNs);
	if (!asked.ok) leaveOut(world, host, asked.detail, entry.untilNs);
}
