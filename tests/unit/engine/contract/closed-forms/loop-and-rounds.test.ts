/**
 * Goal: the round model and the fluid form of QEMU's loop give the reference's table; the loop is what engine runs are
 * held against.
 * Method: cases A to F, the settling case D with and without auto-converge, and the sequential writer of F5.
 * Tolerance 0.5 %, or half a unit of the last printed digit.
 */
import { describe, expect, it } from 'vitest';
import * as forms from '$lib/engine/contract/closed-forms/index.ts';
import published from '../../../../vectors/published/round-and-loop.json';

const GIB = 1024 ** 3;

function asPrinted(actual: number, printed: number | null, lastDigit: number, what: string) {
	if (printed === null) return;
	expect(Math.abs(actual - printed), `${what}: ${actual} for ${printed}`).toBeLessThanOrEqual(Math.max(printed * 0.005, lastDigit / 2));
}

const guestOf = (row: { memoryGiB: number; bandwidthGBps: number; dirtyGBps: number; workingSetGB: number }) => ({
	memoryBytes: row.memoryGiB * GIB,
	bandwidthGBps: row.bandwidthGBps,
	dirtyGBps: row.dirtyGBps,
	workingSetBytes: row.workingSetGB * 1e9,
	downtimeLimitS: 0.3
});

describe('round model', () => {
	it.each(published.cases.filter((row) => row.rounds !== null))('case $id', (row) => {
		const wanted = row.rounds;
		if (wanted === null) throw new Error('filtered above');
		const actual = forms.roundModel(guestOf(row));
		expect(actual.converges).toBe(true);
		expect(actual.volumesBytes).toHaveLength(wanted.volumesMB.length);
		actual.volumesBytes.forEach((bytes, index) => asPrinted(bytes / 1e6, wanted.volumesMB[index] as number, 0.1, `V${index}`));
		asPrinted(actual.totalS, wanted.totalS, 0.01, 'total');
		asPrinted(actual.sentBytes / 1e9, wanted.sentGB, 0.01, 'sent');
		asPrinted(actual.downtimeS * 1e3, wanted.downtimeMs, 1, 'downtime');
		expect(forms.converges(guestOf(row))).toBe(true);
	});
	it('case D settles at 3.85 GB and never ends', () => {
		const actual = forms.roundModel(guestOf(published.D));
		expect(actual.converges).toBe(false);
		asPrinted((actual.volumesBytes.at(-1) as number) / 1e9, published.D.roundsSettleGB, 0.01, 'settles');
		expect(forms.converges(guestOf(published.D))).toBe(false);
	});
	it('case D with auto-converge', () => {
		const wanted = published.D.autoConverge.rounds;
		const actual = forms.roundModel({ ...guestOf(published.D), autoConverge: true });
		expect(actual.rounds).toBe(wanted.count);
		asPrinted(actual.totalS, wanted.totalS, 0.1, 'total');
		asPrinted(actual.sentBytes / 1e9, wanted.sentGB, 0.1, 'sent');
		asPrinted(actual.downtimeS * 1e3, wanted.downtimeMs, 1, 'downtime');
	});
	it('without a working set is F5', () => {
		const guest = {
			memoryBytes: 64 * GIB,
			bandwidthGBps: 2.9375,
			dirtyGBps: 1,
			downtimeLimitS: 0.3
		};
		const rounds = forms.roundModel({ ...guest, workingSetBytes: Infinity });
		const closed = forms.precopyConstantRate({ ...guest, switchoverFixedS: 0 });
		if (!closed.converges) throw new Error('F5 converges here');
		expect(rounds.rounds).toBe(closed.rounds);
		expect(Math.abs(rounds.totalS / closed.totalS - 1)).toBeLessThan(1e-12);
		expect(Math.abs(rounds.sentBytes / closed.networkBytes - 1)).toBeLessThan(1e-12);
	});
});

describe('F5 at its ends', () => {
	const guest = {
		memoryBytes: 64 * GIB,
		bandwidthGBps: 2.9375,
		downtimeLimitS: 0.3,
		switchoverFixedS: 0.02
	};
	it('sends everything once when nothing is written', () => {
		expect(forms.precopyConstantRate({ ...guest, dirtyGBps: 0 })).toMatchObject({
			rounds: 1,
			remainderBytes: 0,
			networkBytes: 64 * GIB
		});
	});
	it('stops at once when everything fits the limit, however fast the guest writes', () => {
		const actual = forms.precopyConstantRate({ ...guest, downtimeLimitS: 60, dirtyGBps: 9 });
		expect(actual).toMatchObject({ rounds: 0, liveS: 0, networkBytes: 64 * GIB });
	});
	it('never ends at a dirty rate equal to the wire', () => {
		expect(forms.precopyConstantRate({ ...guest, dirtyGBps: 2.9375 }).converges).toBe(false);
	});
});

describe('QEMU-like loop', () => {
	it.each(published.cases)('case $id', (row) => {
		const actual = forms.qemuLikeLoop(guestOf(row));
		expect(actual.converges).toBe(true);
		asPrinted(actual.totalS, row.loop.totalS, 0.01, 'total');
		asPrinted(actual.downtimeS * 1e3, row.loop.downtimeMs, 1, 'downtime');
		asPrinted(actual.sentBytes / 1e9, row.loop.sentGB, 0.01, 'sent');
		if (row.loop.syncs !== null) expect(actual.syncs).toBe(row.loop.syncs);
	});
	it('case D never ends; about 3.69 GB are left after each sync', () => {
		const actual = forms.qemuLikeLoop(guestOf(published.D));
		expect(actual.converges).toBe(false);
		expect(actual.downtimeS).toBe(Infinity);
		asPrinted((actual.afterSync.at(-1)?.leftBytes ?? 0) / 1e9, published.D.loopPendingGB, 0.01, 'left');
	});
	it('case D with auto-converge', () => {
		const wanted = published.D.autoConverge.loop;
		const actual = forms.qemuLikeLoop({ ...guestOf(published.D), autoConverge: true });
		asPrinted(actual.totalS, wanted.totalS, 0.1, 'total');
		asPrinted(actual.downtimeS * 1e3, wanted.downtimeMs, 1, 'downtime');
		asPrinted(actual.sentBytes / 1e9, wanted.sentGB, 0.1, 'sent');
		expect(actual.syncs).toBe(wanted.syncs);
		expect(Math.round(actual.throttle * 100)).toBe(wanted.throttlePct);
	});
	it('a sequential writer over all memory comes to F5’s total and bytes within 1 %, not to its downtime', () => {
		const wanted = published.sequential;
		const guest = {
			memoryBytes: wanted.memoryGiB * GIB,
			bandwidthGBps: wanted.bandwidthGBps,
			dirtyGBps: wanted.dirtyGBps,
			downtimeLimitS: 0.3
		};
		const actual = forms.qemuLikeLoop({
			...guest,
			workingSetBytes: wanted.memoryGiB * GIB,
			writer: 'sequential'
		});
		asPrinted(actual.totalS, wanted.totalS, 0.01, 'total');
		asPrinted(actual.sentBytes / 1e9, wanted.sentGB, 0.1, 'sent');
		asPrinted(actual.downtimeS * 1e3, wanted.downtimeMs, 1, 'downtime');
		const closed = forms.precopyConstantRate({ ...guest, switchoverFixedS: 0 });
		if (!closed.converges) throw new Error('F5 converges here');
		expect(Math.abs(actual.totalS / closed.totalS - 1)).toBeLessThan(0.01);
		expect(Math.abs(actual.sentBytes / closed.networkBytes - 1)).toBeLessThan(0.01);
		expect(actual.downtimeS).toBeGreaterThan(2 * closed.downtimeS);
	});
	it('ends just under the limit in every converging case, because that is when it stops', () => {
		for (const row of published.cases) {
			const { downtimeS } = forms.qemuLikeLoop(guestOf(row));
			expect(downtimeS).toBeLessThanOrEqual(0.3);
			expect(downtimeS).toBeGreaterThan(0.21);
		}
	});
	it('adds the fixed cost to both clocks', () => {
		const guest = guestOf(published.cases[1] as (typeof published.cases)[number]);
		const bare = forms.qemuLikeLoop(guest);
		const whole = forms.qemuLikeLoop({ ...guest, switchoverFixedS: 0.02 });
		expect(whole.downtimeS - bare.downtimeS).toBeCloseTo(0.02, 12);
		expect(whole.totalS - bare.totalS).toBeCloseTo(0.02, 12);
	});
});

describe('fixed point and convergence', () => {
	it.each(published.fixedPoint)('λ = %d settles at %d of the working set', (lambda, share) => {
		asPrinted(forms.fixedPoint(lambda as number), share as number, 0.001, 'V*/W');
	});
	it('solves its equation', () => {
		for (const lambda of [1.001, 1.01, 1.3, 2.5, 10]) {
			const x = forms.fixedPoint(lambda);
			expect(Math.abs(x - (1 - Math.exp(-lambda * x)))).toBeLessThan(1e-12);
			expect(x).toBeGreaterThan(0);
		}
	});
	it('2 GB/s into 300 MB converges at 1.25 GB/s, 1.3 GB/s into 60 GB does not', () => {
		const base = { memoryBytes: 64 * GIB, bandwidthGBps: 1.25, downtimeLimitS: 0.3 };
		expect(forms.converges({ ...base, dirtyGBps: 2, workingSetBytes: 300e6 })).toBe(true);
		expect(forms.converges({ ...base, dirtyGBps: 1.3, workingSetBytes: 60e9 })).toBe(false);
	});
	it('agrees with the round model wherever that comes to an end', () => {
		for (const dirtyGBps of [0.3, 0.9, 1.1, 1.28, 1.6, 3])
			for (const workingSetBytes of [1e8, 3.7e8, 5e8, 2e9, 2e10]) {
				const guest = {
					memoryBytes: 32 * GIB,
					bandwidthGBps: 1.25,
					dirtyGBps,
					workingSetBytes,
					downtimeLimitS: 0.3
				};
				expect(forms.roundModel(guest).converges, `${dirtyGBps} GB/s into ${workingSetBytes}`).toBe(forms.converges(guest));
			}
	});
});
