import { ok, refused, type Outcome } from '../../base/outcome.ts';
import type { ReasonId } from '../contract/reasons.ts';
import type { World } from '../state/world.ts';
import { beginSilence } from './beats.ts';
import { everyoneCatchesUp } from './hosts.ts';
import { reachAgain, stall } from './links.ts';
import { note } from './note.ts';
import { rackOf } from './rack-records.ts';

/** The switch between hosts and pool: without it every host is cut off at once, and nothing on the pool is lost (cxl-fabric reference 10.6). */

export function cutSwitch(world: World): Outcome<string, ReasonId> {
	const rack = rackOf(world);
	if (!world.scenario.pool) return refused('no-shared-memory', 'the scenario has no pool');
	if (rack.switchCut) return refused('link-state', 'the switch is down already');
	everyoneCatchesUp(world);
	rack.switchCut = true;
	world.r.hosts.forEach((_, host) => beginSilence(world, host));
	stall(world, () => true);
	const text = 'the switch fails: no host reaches the pool, what lies there waits';
	note(world, { kind: 'cut', rule: 'host-link', host: -1, values: { link: 'switch' }, text });
	return ok(text);
}

export function mendSwitch(world: World): Outcome<string, ReasonId> {
	const rack = rackOf(world);
	if (!rack.switchCut) return refused('link-state', 'the switch works');
	everyoneCatchesUp(world);
	delete rack.switchCut;
	const text = 'the switch works again';
	note(world, { kind: 'mend', rule: 'host-link', host: -1, values: { link: 'switch' }, text });
	world.r.hosts.forEach((_, host) => reachAgain(world, host));
	return ok(text);
}
