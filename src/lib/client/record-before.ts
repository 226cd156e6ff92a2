import type { LiveWorld } from './live-world.ts';
import type { Turns } from './turns.ts';

/** Trace records asked for at a time when looking back. */
const RECORDS = 64;

/** Moment of the last record of a world before `nowNs`, 0 without one: newest records first, some at a time. */
export async function recordBefore(turns: Turns, live: LiveWorld, nowNs: number): Promise<number> {
	for (let end = live.status.traceCount; end > 0; end -= RECORDS) {
		const fromSeq = Math.max(0, end - RECORDS);
		const query = { kind: 'records', fromSeq, count: end - fromSeq } as const;
		const records = await turns.ask(live.world, query);
		const earlier = records.filter((record) => record.atNs < nowNs).map((record) => record.atNs);
		if (earlier.length > 0) return Math.max(...earlier);
	}
	return 0;
}
