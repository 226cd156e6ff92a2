import type { DaxRecord, PeerRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { isAlive, kill } from '../apps.ts';
import { remove } from '../dax.ts';
import { empty, isSystemRam } from '../system-ram.ts';

/**
 * DAX devices that lose their driver or their region. A program that has one mapped gets SIGBUS at its next access (Linux
 * drivers/dax/bus.c, kill_dev_dax): here it is killed at once. System RAM is offlined first, or nothing is done.
 */
export function takeAway(world: World, peer: PeerRecord, daxes: readonly DaxRecord[], why: string, cause: number | null): void {
	for (const dax of daxes) {
		loseUsers(world, peer, dax, why);
		remove(world, peer, dax, cause);
	}
}

export function loseUsers(world: World, peer: PeerRecord, dax: DaxRecord, why: string): void {
	for (const app of world.r.fabric.apps)
		if (app.host === peer.id && app.dax === dax.id && isAlive(app)) kill(world, peer, app, dax, `SIGBUS: ${why}`);
	dax.state = 'free';
}

/** Null: its blocks are offline, or it has none. Otherwise why not yet: what is in it moves away first, or cannot. */
export function offlined(world: World, peer: PeerRecord, dax: DaxRecord, cause: number | null): string | null {
	if (!isSystemRam(dax)) return null;
	if (dax.stuckBytes > 0 || dax.occupiedBytes > 0 || dax.emptyNs >= 0) {
		const begun = empty(world, peer, dax, cause);
		return begun.ok ? `its memory is being emptied until ${Math.ceil(begun.untilNs / 1e6)} ms: try again then` : begun.says;
	}
	return null;
}
