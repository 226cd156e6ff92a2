/**
 * Goal: what others measured or logged can be replayed: Gudkov's predictor, Clark's rate rule, cloud-hypervisor's
 * estimate, and the post-copy figures of our own reference.
 * Method: published inputs in, published outputs out; each test says how near they must be.
 */
import { describe, expect, it } from 'vitest';
import * as forms from '$lib/engine/contract/closed-forms/index.ts';
import clark from '../../../../vectors/published/clark-2005.json';
import cloudHypervisor from '../../../../vectors/published/cloud-hypervisor-2026.json';
import gudkov from '../../../../vectors/published/gudkov-2023.json';
import postcopy from '../../../../vectors/published/postcopy.json';

const GIB = 1024 ** 3;

describe('Gudkov’s 48 cells', () => {
	const curve: forms.DirtyCurve = {
		windowS: gudkov.periodMs.map((ms) => ms / 1e3),
		pages: gudkov.dirtySamples.map((samples) => samples * gudkov.pagesPerSample)
	};
	const cells = gudkov.links.flatMap((link) =>
		gudkov.limitsMs.map((limitMs, index) => ({
			link: link.name,
			limit: limitMs === null ? 'unlimited' : `${limitMs} ms`,
			bytesPerSecond: link.bitsPerSecond / 8,
			limitS: limitMs === null ? Infinity : limitMs / 1e3,
			seconds: link.seconds[index] ?? null,
			exact: link.exact[index] ?? null
		}))
	);
	it('are 30 numbers and 18 that do not converge', () => {
		expect(cells).toHaveLength(48);
		expect(cells.filter((cell) => cell.seconds === null)).toHaveLength(18);
	});
	it.each(cells)('$link, $limit: $seconds', (cell) => {
		const actual = forms.precopyMeasuredCurve({
			pages: gudkov.pages,
			zeroPages: gudkov.sampledZeroPages * gudkov.pagesPerSample,
			pageBytes: gudkov.pageBytes,
			headerBytes: 8,
			zeroPageBytes: 8,
			curve,
			bytesPerSecond: cell.bytesPerSecond,
			downtimeLimitS: cell.limitS
		});
		expect(actual.converges ? Math.ceil(actual.totalS) : null).toBe(cell.seconds);
		if (actual.converges) {
			expect(Math.abs(actual.totalS - (cell.exact as number))).toBeLessThan(0.0051);
			expect(actual.downtimeS).toBeLessThanOrEqual(cell.limitS);
		}
	});
	it('the fitted curve of the cost model stays within 37 MiB of every sample', () => {
		const mib = (pages: number) => (pages * 4096) / 1024 ** 2;
		curve.windowS.forEach((seconds, index) => {
			const fit = 401 * (1 - Math.exp(-seconds / 0.611)) + 5839 * (1 - Math.exp(-seconds / 43.8)) + 19.4 * seconds;
			expect(Math.abs(fit - mib(curve.pages[index] as number))).toBeLessThan(38);
		});
	});
	it('is linear between samples and flat after the last', () => {
		expect(forms.dirtyPagesIn(curve, 0)).toBe(0);
		expect(forms.dirtyPagesIn(curve, 0.0625)).toBe((33 * 512) / 2);
		expect(forms.dirtyPagesIn(curve, 500)).toBe(2958 * 512);
	});
});

describe('Clark et al. 2005', () => {
	it.each(clark.runs)('$id by the rate rule', (run) => {
		const actual = forms.clarkReplay({
			volumesMB: run.volumesMB,
			leastMbps: 100,
			mostMbps: 500,
			stepMbps: 50,
			finalMbps: run.finalMbps,
			fixedS: run.fixedS
		});
		expect(actual.ratesMbps).toHaveLength(run.ratesMbps.length);
		actual.ratesMbps.forEach((mbps, index) => expect(Math.abs(mbps - (run.ratesMbps[index] as number))).toBeLessThan(1));
		expect(Math.abs(actual.liveS - run.replayLiveS)).toBeLessThan(0.051);
		expect(Math.abs(actual.sentMB / run.publishedMB - 1)).toBeLessThan(0.01);
		expect(Math.abs(actual.lastTransferS * 1e3 - run.publishedLastMs)).toBeLessThan(0.5);
		expect(Math.abs(actual.downtimeS * 1e3 - run.publishedDowntimeMs)).toBeLessThan(0.5);
		if (run.publishedTotalS !== null) expect(Math.abs(actual.totalS / run.publishedTotalS - 1)).toBeLessThan(0.03);
	});
	it.each(clark.firstRounds)('$id: $sentMB MB in $seconds s', (round) => {
		expect(Math.abs((round.sentMB * 8) / round.seconds / round.mbps - 1)).toBeLessThan(0.005);
	});
});

describe('cloud-hypervisor 2026', () => {
	const estimates = forms.cloudHypervisorEstimates(
		cloudHypervisor.iterations.map((line) => ({
			toSendMiB: line.toSendMiB,
			bandwidthMiBps: line.bandwidthMiBps,
			overheadS: line.overheadMs / 1e3
		}))
	);
	it.each(cloudHypervisor.iterations.map((line, index) => ({ ...line, index })))('iteration $index', (line) => {
		const actual = estimates[line.index];
		if (actual === undefined) throw new Error('one estimate per iteration');
		expect(Math.abs(actual.estimatedDowntimeS * 1e3 - line.estimatedDowntimeMs)).toBeLessThan(1.5);
		expect(Math.abs(actual.transferS - line.transferS)).toBeLessThan(0.0051);
		expect(Math.abs(actual.elapsedS - line.elapsedS)).toBeLessThan(0.05);
	});
	it('a set of 5,418 MiB written four times as fast as it is sent would settle at 5,311 MiB', () => {
		expect(forms.fixedPoint(4) * 5418).toBeCloseTo(5311, -0.5);
	});
});

describe('post-copy and what follows a hand-off', () => {
	it.each(postcopy.faultFraction)('x = %d: a share of %d of the set faults', (touches, share) => {
		expect(Math.abs(forms.postcopyFaultFraction(touches as number) - (share as number))).toBeLessThan(0.0051);
	});
	it('no touch, no fault', () => {
		expect(forms.postcopyFaultFraction(0)).toBe(0);
	});
	it.each(postcopy.hybrid)('$memoryGiB GiB at $bandwidthGBps GB/s: one pass, then the rest', (row) => {
		const guest = {
			memoryBytes: row.memoryGiB * GIB,
			bandwidthGBps: row.bandwidthGBps,
			dirtyGBps: row.dirtyGBps,
			workingSetBytes: row.workingSetGB * 1e9
		};
		const actual = forms.hybrid(guest);
		const within = (value: number, wanted: number) => expect(Math.abs(value / wanted - 1)).toBeLessThan(0.005);
		within(actual.precopyS, row.precopyS);
		within(actual.pushS, row.pushS);
		within(actual.totalS, row.totalS);
		within(actual.networkBytes / 1e9, row.networkGB);
		const pure = forms.postcopy({
			...guest,
			touchedGBps: row.dirtyGBps,
			vcpus: 8,
			faultS: 0,
			downtimeS: 0
		});
		within(pure.pushS, row.pureS);
		within(pure.networkBytes / 1e9, row.pureGB);
		expect(pure.lostWorkS).toBe(0);
	});
	it('4 MiB queued ahead on 1.25 GB/s delay a fault by 3.4 ms', () => {
		const fault = { roundTripS: 30e-6, pageBytes: 4096, bandwidthGBps: 1.25, handlingS: 20e-6 };
		const delay = forms.postcopyFaultS({ ...fault, backlogBytes: 4 * 1024 ** 2 }) - forms.postcopyFaultS({ ...fault, backlogBytes: 0 });
		expect(delay * 1e3).toBeCloseTo(3.36, 2);
	});
	it.each(Object.entries(postcopy.secondStage.seconds))('second-stage entries of %s bytes', (bytes, seconds) => {
		const actual = forms.secondStageRebuildS(postcopy.secondStage.memoryGiB * GIB, Number(bytes), postcopy.secondStage.faultUs / 1e6);
		expect(Math.abs(actual / seconds - 1)).toBeLessThan(0.005);
	});
	it.each(postcopy.rangeTable)('the table of $memoryGiB GiB', (row) => {
		const bytes = row.memoryGiB * GIB;
		expect(forms.rangeTableBytes(bytes, 4096, 16)).toBe(row.perPageMiB * 1024 ** 2);
		expect(forms.rangeTableBytes(bytes, 2 * 1024 ** 2, 24)).toBe(row.ranges2MiBKiB * 1024);
		expect(forms.rangeTableBytes(bytes, bytes, 24)).toBe(24);
	});
});
