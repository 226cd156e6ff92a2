import { emit } from '../../sim/trace.ts';
import type { ProcessRecord } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';
import { count } from '../os/counters.ts';
import { logLine, osRecord } from '../os/os.ts';
import { exitProcess } from '../process/end.ts';
import { areasOf, residentPages } from '../space/areas.ts';

/**
 * The OOM killer (Linux 7.2.13 mm/oom_kill.c): the process with most resident and swapped pages dies. Under a mask only those
 * count whose task policy does not bind them elsewhere. What has no memory is not worth killing.
 */
export function oomVictim(world: World, os: number, nodemask: readonly number[] | null): ProcessRecord | null {
	let victim: ProcessRecord | null = null;
	let most = 0;
	for (const process of world.r.processes) {
		if (process.os !== os || process.state !== 'running') continue;
		const bound = nodemask !== null && process.policy.mode === 'bind' && !process.policy.nodes.some((node) => nodemask.includes(node));
		if (bound) continue;
		const points = pagesOf(world, os, process.id);
		if (points <= most) continue;
		most = points;
		victim = process;
	}
	return victim;
}

/** oom_badness: resident pages and swap entries. */
function pagesOf(world: World, os: number, process: string): number {
	return areasOf(world, os, process).reduce((sum, area) => sum + residentPages(world, area) + area.swapped, 0);
}

/** Kills the victim, whose memory is free at once; its id, or null when nobody can be killed. */
export function oomKill(world: World, os: number, nodemask: readonly number[] | null): string | null {
	const victim = oomVictim(world, os, nodemask);
	if (victim === null) return null;
	const { id } = osRecord(world, os);
	const pages = pagesOf(world, os, victim.id);
	emit(world, {
		kind: 'process',
		rule: 'oom-kill',
		cause: null,
		host: id,
		vm: null,
		values: { process: victim.id, pages },
		text: `${id}: out of memory; ${victim.id} with ${pages} pages is killed`
	});
	logLine(world, os, `Out of memory: Killed process ${victim.pid} (${victim.id}) anon-rss:${pages * 4}kB`);
	count(world, os, 'oom_kill', 1);
	exitProcess(world, os, victim.id, 'killed');
	return victim.id;
}
