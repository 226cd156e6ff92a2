import { describe, expect, test } from 'vitest';
import { qemuLikeLoop } from '$lib/engine/contract/closed-forms/index.ts';
import { ENGINE_COMPARISONS } from '$lib/engine/contract/engine-comparisons.ts';
import { difference, runCase, type PrecopyRun } from './runs.ts';

/**
 * The engine, page by page, against QEMU's loop as a fluid (live-migration reference, section 6; decision D16): time and
 * bytes 3 %, downtime 15 %, syncs ±1. The fluid that was published looks every 100 ms, the engine and QEMU after slices of
 * 50 ms. Who sees the rest fall below the threshold first moves the downtime by up to one look: so it is held against the
 * fluid that looks every 50 ms, and against the published one in every case but B, where the longer look overshoots.
 */
const LOOK_S = 0.1;
/** On a busy machine the largest guests take a minute. */
const PATIENCE_MS = 240_000;
const caseOf = (id: string) => {
	const found = ENGINE_COMPARISONS.find((comparison) => comparison.id === id);
	if (!found) throw new Error(`no case ${id}`);
	return found.loop;
};

function line(name: string, run: PrecopyRun): string {
	return `${name}: ${run.totalS.toFixed(2)} s, ${(run.downtimeS * 1e3).toFixed(0)} ms, ${(run.sentBytes / 1e9).toFixed(2)} GB, ${run.syncs} syncs, throttle ${run.throttle}`;
}

describe('the cases that end', () => {
	test.each(['A', 'B', 'C', 'D-throttled', 'E', 'F'])(
		'%s',
		(id) => {
			const guest = caseOf(id);
			const published = qemuLikeLoop(guest);
			const fine = qemuLikeLoop({ ...guest, ticksPerSecond: 20 });
			const run = runCase(id, guest, { untilS: 2 * published.totalS });
			console.log(
				`${line(id, run)}\n  loop ${published.totalS.toFixed(2)} s, ${(published.downtimeS * 1e3).toFixed(0)} ms (${(fine.downtimeS * 1e3).toFixed(0)} ms at 50 ms), ${(published.sentBytes / 1e9).toFixed(2)} GB, ${published.syncs} syncs (${fine.syncs})`
			);
			expect(run.state).toBe('completed');
			expect(Math.abs(difference(run.totalS, published.totalS))).toBeLessThan(0.03);
			expect(Math.abs(difference(run.sentBytes, published.sentBytes))).toBeLessThan(0.03);
			expect(Math.abs(difference(run.downtimeS, fine.downtimeS))).toBeLessThan(0.15);
			expect(run.throttle).toBeCloseTo(published.throttle, 9);
			expect(Math.abs(run.downtimeS - published.downtimeS)).toBeLessThan(LOOK_S);
			if (id !== 'B') expect(Math.abs(difference(run.downtimeS, published.downtimeS))).toBeLessThan(0.15);
			// One more sync in 17 is the finer look, too: the fluid that looks every 50 ms has 18, the engine 19.
			const syncs = id === 'D-throttled' ? fine.syncs : published.syncs;
			expect(Math.abs(run.syncs - syncs)).toBeLessThanOrEqual(1);
			expect(run.simulation.check().checks.filter((check) => !check.holds)).toEqual([]);
		},
		PATIENCE_MS
	);
});

describe('the case that never ends', () => {
	test(
		'D settles where writing and sending balance',
		() => {
			const guest = caseOf('D');
			const run = runCase('D', guest, { untilS: 40 });
			expect(run.state).toBe('running');
			const syncs = run.simulation.world.trace.filter((record) => record.kind === 'sync');
			const left = Number(syncs.at(-1)?.values['leftBytes']);
			const loop = qemuLikeLoop(guest).afterSync.at(-1)?.leftBytes ?? 0;
			console.log(`D: ${(left / 1e9).toFixed(2)} GB left after ${syncs.length} syncs, loop ${(loop / 1e9).toFixed(2)} GB`);
			expect(Math.abs(difference(left, loop))).toBeLessThan(0.03);
		},
		PATIENCE_MS
	);
});

/**
 * QEMU's default clears KVM's log per 1 GiB just before its first page goes out. A page written between sync and clearing
 * goes once instead of twice, so every case is at most as long as with one clearing per sync.
 */
describe('clearing chunk by chunk', () => {
	test.each(['A', 'B'])('%s sends no more', (id) => {
		const guest = caseOf(id);
		const { totalS } = qemuLikeLoop(guest);
		const sync = runCase(id, guest, { untilS: 2 * totalS });
		const chunk = runCase(id, guest, { untilS: 2 * totalS, clearLog: 'chunk' });
		console.log(`${line(`${id} sync `, sync)}\n${line(`${id} chunk`, chunk)}`);
		expect(chunk.state).toBe('completed');
		expect(chunk.sentBytes).toBeLessThanOrEqual(sync.sentBytes);
		expect(Math.abs(difference(chunk.sentBytes, sync.sentBytes))).toBeLessThan(0.03);
	});
});
