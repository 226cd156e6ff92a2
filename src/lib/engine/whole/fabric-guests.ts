import { hashOfRuns } from '../orchestrator/guests/contents.ts';
import { appOf, seenRuns } from '../orchestrator/guests/program.ts';
import type { World } from '../state/world.ts';

/** Statements about VMs of a fabric. */

/** A program of a VM is where the VM is; one that runs on other bytes than it wrote has been told so, or others wrote them. */
export function guestsRun(world: World): string | null {
	for (const guest of world.r.fabric.guests) {
		const app = appOf(world, guest);
		if (guest.state === 'lost') {
			if (app) return `${guest.id} is lost, and ${app.id} runs on ${app.host}`;
			continue;
		}
		if (app && app.host !== guest.host) return `${guest.id} is on ${guest.host}, and ${app.id} runs on ${app.host}`;
		if (guest.doing === 'nothing' && guest.state === 'stopped') return `${guest.id} is stopped and nobody will start it`;
		if ((guest.program === 'runs') !== (app?.state === 'running'))
			return `${guest.id} says that its program ${guest.program}, which is ${app?.state ?? 'not there'}`;
		if (guest.program !== 'runs' || guest.reason !== null || world.r.belief !== null) continue;
		const seen = seenRuns(world, guest);
		if (seen === null || hashOfRuns(seen) === hashOfRuns(guest.written)) continue;
		// Somebody else has stored to the same tag since, or a store was lost and is told.
		const newest = Math.max(...guest.written.map((run) => run.version));
		if (seen.some((run) => run.version > newest)) continue;
		if (world.r.fabric.losses.some((loss) => loss.version > newest || guest.written.some((run) => run.version === loss.version))) continue;
		return `${guest.id} reads other bytes than it wrote last, and nobody said so`;
	}
	return null;
}
