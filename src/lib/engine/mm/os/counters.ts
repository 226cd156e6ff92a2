import type { World } from '../../state/world.ts';
import { osRecord } from './os.ts';

/** Counts an event of /proc/vmstat of this machine. */
export function count(world: World, os: number, name: string, by: number): void {
	if (by === 0) return;
	const { counters } = osRecord(world, os);
	counters[name] = (counters[name] ?? 0) + by;
}
