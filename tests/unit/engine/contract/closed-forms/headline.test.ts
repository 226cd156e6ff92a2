/**
 * Goal: every number that the cost model derives from its own formulas comes out of ours, to 0.5 %.
 * Method: the block of expected values (3.10) and the printed tables 3.1 to 3.8, each through the public functions. The
 * printed tables carry two to four digits, so half a unit of their last digit is allowed there besides.
 */
import { describe, expect, it } from 'vitest';
import { defaultCosts, withOverrides, type CostTable } from '$lib/engine/contract/costs.ts';
import * as forms from '$lib/engine/contract/closed-forms/index.ts';
import expectedValues from '../../../../vectors/published/cost-model-expected.json';
import tables from '../../../../vectors/published/cost-model-tables.json';

const GIB = 1024 ** 3;
const costs = defaultCosts();
const wanted = expectedValues.values;

/** 0.5 % of what is wanted. */
function near(actual: number, expected: number, what: string) {
	expect(Math.abs(actual / expected - 1), `${what}: ${actual} for ${expected}`).toBeLessThan(0.005);
}

/** 0.5 % of what is printed, or half a unit of the last printed digit. */
function asPrinted(actual: number, printed: number, lastDigit: number, what: string) {
	expect(Math.abs(actual - printed), `${what}: ${actual} for ${printed}`).toBeLessThanOrEqual(
		Math.max(Math.abs(printed) * 0.005, lastDigit / 2 + 1e-12)
	);
}

const rows = forms.headlineComparison(costs, forms.HEADLINE_CASE);
const row = (id: forms.HeadlineMethod) => {
	const found = rows.find((candidate) => candidate.id === id);
	if (!found) throw new Error(`no row ${id}`);
	return found;
};

function precopy(dirtyGBps: number) {
	return forms.precopyConstantRate({
		memoryBytes: 64 * GIB,
		bandwidthGBps: forms.headlineWireGBps(costs),
		dirtyGBps,
		downtimeLimitS: 0.3,
		switchoverFixedS: 0.02
	});
}

describe('expected values, 3.10', () => {
	it.each([
		['precopy-tcp25', wanted.precopy_tcp25],
		['precopy-tcp100', wanted.precopy_tcp100],
		['precopy-zc100', wanted.precopy_zc100]
	] as const)('%s', (id, value) => {
		const actual = row(id);
		expect(actual.rounds).toBe(value.rounds);
		near(actual.degradedS, value.liveS, 'live');
		near(actual.downtimeS * 1e3, value.downtimeMs, 'downtime');
		near(actual.totalS, value.totalS, 'total');
		near(actual.networkBytes / 1e9, value.netGB, 'bytes');
	});
	it('pre-copy at 2.5 GB/s takes 28 rounds, at 3.0 it never ends', () => {
		const slow = precopy(2.5);
		if (!slow.converges) throw new Error('2.5 GB/s converges on 25 GbE');
		const value = wanted['precopy_tcp25_d2.5'];
		expect(slow.rounds).toBe(value.rounds);
		near(slow.downtimeS * 1e3, value.downtimeMs, 'downtime');
		near(slow.totalS, value.totalS, 'total');
		near(slow.networkBytes / 1e9, value.netGB, 'bytes');
		expect(precopy(3).converges).toBe(wanted['precopy_tcp25_d3.0'].converges);
	});
	it('post-copy', () => {
		const value = wanted.postcopy_tcp25;
		const actual = forms.postcopy({
			memoryBytes: 64 * GIB,
			bandwidthGBps: 2.9375,
			touchedGBps: 1,
			vcpus: 8,
			faultS: 200e-6,
			downtimeS: 0.02
		});
		near(actual.stallRatio, value.c, 'c');
		near(actual.meanProgress, value.avgProgress, 'progress');
		near(actual.totalS, value.totalS, 'total');
		near(actual.lostWorkS, value.lostWorkS, 'lost');
	});
	it('post-copy over one thread of 10 Gbit/s pushes for 54.98 s and loses 37.3 s', () => {
		const bandwidthGBps = forms.tcpRateGBps({
			linkGbps: 25,
			goodputFraction: 0.94,
			channels: 0,
			perChannelGbps: 5.125,
			singleThreadGbps: 10,
			maxBandwidthGBps: Infinity
		});
		const actual = forms.postcopy({
			memoryBytes: 64 * GIB,
			bandwidthGBps,
			touchedGBps: 1,
			vcpus: 8,
			faultS: 200e-6,
			downtimeS: 0.02
		});
		near(actual.pushS, 54.98, 'push');
		near(actual.lostWorkS, 37.3, 'lost');
	});
	it('transit', () => {
		const value = wanted.transit_thp_1;
		const actual = row('transit-thp-1');
		near(actual.rateGBps as number, value.rateGBps, 'rate');
		near(actual.degradedS / 2, value.phaseS, 'phase');
		near(actual.downtimeS * 1e3, value.downtimeMs, 'downtime');
		near(actual.totalS, value.totalS, 'total');
		near(actual.lostWorkS, value.lostWorkS, 'lost');
		for (const [id, other] of [
			['transit-4k-1', wanted.transit_4k_1],
			['transit-thp-4', wanted.transit_thp_4]
		] as const) {
			near(row(id).rateGBps as number, other.rateGBps, `${id} rate`);
			near(row(id).degradedS / 2, other.phaseS, `${id} phase`);
			near(row(id).totalS, other.totalS, `${id} total`);
		}
	});
	it('transit does not depend on the dirty rate', () => {
		const wild = forms.headlineComparison(costs, { ...forms.HEADLINE_CASE, dirtyGBps: 3 });
		expect(wild.find((candidate) => candidate.id === 'transit-thp-1')).toEqual(row('transit-thp-1'));
		expect(wild.find((candidate) => candidate.id === 'precopy-tcp25')?.converges).toBe(false);
	});
	it('resident', () => {
		const value = wanted.resident;
		near(row('resident-qemu').downtimeS * 1e3, value.downtimeQemuMs, 'QEMU-like');
		near(row('resident-ideal').downtimeS * 1e3, value.downtimeIdealMs, 'ideal');
		near(1 - row('resident-ideal').lostWorkS, value.progress, 'progress');
		near(forms.headlineBreakEvenS(rows, costs), value.breakEvenS, 'break-even');
	});
	it('an ideal hand-over with hardware coherence takes 1.60 ms and fits in a slice of 2.8 ms', () => {
		const coherent = forms.headlineComparison(costs, {
			...forms.HEADLINE_CASE,
			hardwareCoherent: true
		});
		const ideal = coherent.find((candidate) => candidate.id === 'resident-ideal');
		near((ideal?.downtimeS ?? 0) * 1e3, 1.6, 'ideal');
		expect((ideal?.downtimeS ?? 1) * 1e3).toBeLessThan(costs.schedSliceMs);
	});
	it('vDPA, 128 GiB', () => {
		const value = wanted.vdpa128;
		const guestBytes = 128 * GIB;
		const change = (cycleMsPerGiB: number, setupMs: number) => forms.vdpaMapChange({ guestBytes, cycleMsPerGiB, setupS: setupMs / 1e3 });
		near(change(costs.vdpaRemapCycleMsPerGiB, costs.vdpaSetupMs), value.platformFullS, 'platform');
		near(change(costs.pinMapThpMsPerGiB + costs.unpinUnmapThpMsPerGiB, costs.vdpaSetupMs), value.thpFullS, 'THP');
		near(change(0, costs.vdpaSetupMs), value.keepMapsS, 'kept');
		near(change(costs.vdpaMlx5RemapCycleMsPerGiB, costs.vdpaMlx5SetupMs), value.mlx5FullS, 'mlx5');
		near(change(0, costs.vdpaMlx5SetupMs), value.mlx5AsidS, 'mlx5 ASID');
		near(
			forms.vdpaUpdateAll({
				guestBytes,
				pageBytes: 4096,
				mapNs: costs.iommuMapBatched4kNs,
				unmapNs: costs.iommuUnmapBatched4kNs,
				setupS: costs.vdpaSetupMs / 1e3
			}),
			value.updateAllS,
			'update all'
		);
		near(forms.perGiBS(guestBytes, costs.pinMap4kMsPerGiB), 2.24, 'pre-pin');
		near(forms.perGiBS(guestBytes, costs.vdpaPinMapMsPerGiB), 4.22, 'pre-pin mlx5');
	});
	it('dynamic capacity, 64 GiB', () => {
		const value = wanted.dcd64;
		const bytes = 64 * GIB;
		const add = forms.capacityControlS({
			mailboxCommands: 3,
			mailboxS: costs.cxlMailboxCommandMs / 1e3,
			interruptS: costs.dcdEventIrqUs / 1e6,
			orchestratorS: costs.orchestratorAllocMs / 1e3
		});
		const giveBack = forms.capacityControlS({
			mailboxCommands: 2,
			mailboxS: costs.cxlMailboxCommandMs / 1e3,
			interruptS: 0,
			orchestratorS: costs.orchestratorAllocMs / 1e3
		});
		near((add + forms.blockOnline(bytes, costs.blockOnlineMs / 1e3)) * 1e3, value.sysramMs, 'system-ram');
		near((add + forms.blockOnline(bytes, 4.883e-3)) * 1e3, 2513, 'system-ram before the fix');
		near((add + forms.memmapS(bytes, 4096, costs.memmapBytesPerPage, costs.memmapInitGBps)) * 1e3, value.daxMs, 'DAX');
		const release = (moveGBps: number) =>
			forms.blockOffline({
				bytes,
				perBlockS: costs.blockOfflineFreeMs / 1e3,
				usedBytes: 40 * GIB,
				moveGBps
			});
		near(release(costs.migratePages4kGBps), value.releaseSysram4kS, 'release 4 KiB');
		near(release(costs.migratePages2mGBps), value.releaseSysramThpS, 'release THP');
		near(giveBack * 1e3, value.releaseDaxMs, 'release DAX');
		near(
			forms.blockOffline({
				bytes,
				perBlockS: costs.blockOfflineFreeMs / 1e3,
				usedBytes: 0,
				moveGBps: 1
			}),
			0.9984,
			'release free'
		);
		near(forms.populateS(bytes, 2 * 1024 ** 2, costs.daxFault2mUs / 1e6, 1) * 1e3, 32.8, 'first touch DAX');
		near(bytes / (costs.memZero2mGBps * 1e9), 5.82, 'zeroing');
	});
	it.each([
		['4 MiB', 4 * 1024 ** 2, 20, wanted.vmem8],
		['2 MiB', 2 * 1024 ** 2, 41, wanted.vmem8_2MiB]
	] as const)('virtio-mem, 8 GiB in pieces of %s', (_, pieceBytes, pinned, value) => {
		const bytes = 8 * GIB;
		const pieces = bytes / pieceBytes;
		near(forms.clusteredFreeBytes(bytes, pieceBytes, pinned) / GIB, value.clusteredGiB, 'clustered');
		near(forms.expectedFreeGroups(pieces, (128 * 1024 ** 2) / pieceBytes, pinned), value.blocks128Expected, 'blocks');
		near(forms.expectedFreePieces(pieces, pieceBytes / 4096, 0.01), value.scatterExpectedSubblocks, 'scattered');
	});
	it('virtio-mem, the times that go with it', () => {
		const free = wanted.vmem8.clusteredGiB;
		near(free / costs.virtioMemUnplugGiBps, wanted.vmem8.freeS, 'free');
		near(free / costs.virtioMemUnplugVfioGiBps, 0.349, 'VFIO');
		near(((free / 2) * GIB) / (costs.migratePages4kGBps * 1e9), wanted.vmem8.half4kS, 'half in use');
		expect(forms.virtioMemRetriesS(costs.virtioMemRetryMinS, costs.virtioMemRetryMaxS, 5)).toEqual([50, 100, 200, 300, 300]);
	});
	it('random pins free as many pieces as the expectation says (seeded draw, 5 %)', () => {
		let state = 0x2f6e2b1;
		const next = () => {
			state ^= state << 13;
			state ^= state >>> 17;
			state ^= state << 5;
			return (state >>> 0) / 2 ** 32;
		};
		let free = 0;
		for (let run = 0; run < 300; run += 1) {
			const pinned = new Set<number>();
			while (pinned.size < 20) pinned.add(Math.floor(next() * 2048));
			const touched = new Set([...pinned].map((piece) => Math.floor(piece / 32)));
			free += 64 - touched.size;
		}
		expect(Math.abs(free / 300 / forms.expectedFreeGroups(2048, 32, 20) - 1), 'seed 0x2f6e2b1').toBeLessThan(0.05);
	});
	it('fail-over', () => {
		const value = wanted.failoverS;
		const cxl = forms.failoverS({
			detectS: (costs.cxlHeartbeatMisses * costs.cxlHeartbeatIntervalMs) / 1e3,
			fenceS: costs.fabricFenceMs / 1e3,
			restartS: costs.switchoverFixedMs / 1e3
		});
		near(cxl, value.cxl, 'cxl');
		const restartS = costs.vmColdBootS;
		near(
			forms.failoverS({
				detectS: costs.corosyncTokenMs / 1e3,
				fenceS: costs.clusterFenceS,
				restartS
			}),
			value.corosync,
			'corosync'
		);
		near(forms.failoverS({ detectS: costs.vsphereHaDetectS, fenceS: 0, restartS }), value.vsphere, 'vSphere');
		near(forms.failoverS({ detectS: costs.k8sNodeGraceS + costs.k8sTolerationS, fenceS: 0, restartS }), value.k8s, 'Kubernetes');
	});
	it('loaded latency: one migration on the device, then two', () => {
		const at = (utilisation: number) =>
			forms.loadedLatencyNs({
				idleLatencyNs: 600,
				queueServiceNs: 51,
				saturatedLatencyNs: 1200,
				utilisation
			});
		near(at(10.88 / 22.5), wanted.loaded.one, 'one');
		expect(at((2 * 10.88) / 22.5)).toBe(wanted.loaded.two);
		expect(at(0)).toBe(600);
		expect(at(1.5)).toBe(1200);
		near(at(0.7), 600 + 59.5, 'fit at 70 %');
	});
});

describe('printed tables', () => {
	it.each(tables.headline)('3.1 $id', (printed) => {
		const actual = row(printed.id as forms.HeadlineMethod);
		asPrinted(actual.totalS, printed.totalS, printed.totalS < 0.01 ? 1e-4 : printed.totalS < 1 ? 1e-3 : 0.01, 'total');
		asPrinted(actual.downtimeS * 1e3, printed.downtimeMs, 0.1, 'downtime');
		asPrinted(actual.networkBytes / 1e9, printed.networkGB, 0.01, 'network');
		asPrinted(actual.cxlBytes / 1e9, printed.cxlGB, printed.cxlGB < 1 ? 1e-5 : 0.01, 'CXL');
		if (printed.degradedS === null) expect(actual.degradedS).toBe(Infinity);
		else asPrinted(actual.degradedS, printed.degradedS, 0.01, 'degraded');
		asPrinted(actual.meanLoss * 100, printed.lossPct, 0.1, 'loss');
		asPrinted(actual.lostWorkS, printed.lostWorkS, 0.01, 'work');
	});
	it.each(tables.convergence)('3.2 at $dirtyGBps GB/s', (printed) => {
		const actual = precopy(printed.dirtyGBps);
		asPrinted(printed.dirtyGBps / forms.headlineWireGBps(costs), printed.ratio, 1e-4, 'r');
		if (!actual.converges) return expect(printed.rounds).toBeNull();
		expect(actual.rounds).toBe(printed.rounds);
		asPrinted(actual.totalS, printed.totalS as number, 0.01, 'total');
		asPrinted(actual.downtimeS * 1e3, printed.downtimeMs as number, 0.1, 'downtime');
		asPrinted(actual.networkBytes / 1e9, printed.networkGB as number, 0.01, 'bytes');
	});
	it('3.6 pinning 128 GiB', () => {
		const [small, huge, giant] = tables.pinning128GiB;
		const bytes = 128 * GIB;
		asPrinted(forms.perGiBS(bytes, costs.pinMap4kMsPerGiB), small?.pinMapS ?? 0, 0.01, 'pin 4k');
		asPrinted(forms.perGiBS(bytes, costs.unpinUnmap4kMsPerGiB), small?.unpinUnmapS ?? 0, 0.01, 'unpin 4k');
		asPrinted(forms.populateS(bytes, 4096, costs.eptPopulate4kUs / 1e6, 8), small?.populateS ?? 0, 0.01, 'populate 4k');
		asPrinted(forms.perGiBS(bytes, costs.pinMapThpMsPerGiB), huge?.pinMapS ?? 0, 0.001, 'pin THP');
		asPrinted(forms.perGiBS(bytes, costs.unpinUnmapThpMsPerGiB), huge?.unpinUnmapS ?? 0, 0.01, 'unpin THP');
		asPrinted(forms.populateS(bytes, 2 * 1024 ** 2, costs.eptPopulate2mUs / 1e6, 8), huge?.populateS ?? 0, 0.01, 'populate THP');
		asPrinted(forms.perGiBS(bytes, costs.pinMap1gMsPerGiB), giant?.pinMapS ?? 0, 0.001, 'pin 1 GiB');
	});
});

describe('F2 and F3', () => {
	it('has s = 0.44545 behind a switch', () => {
		near(forms.slowdown({ memStallFraction: 0.1, latencyNs: 600, localLatencyNs: 110 }), 0.44545, 's');
		expect(forms.progress(0)).toBe(1);
	});
	it('loses nothing at full speed, and half of s·T when s is small', () => {
		expect(forms.lostWorkS(10, 0)).toBe(0);
		near(forms.lostWorkS(10, 1e-9), 5e-9, 'small s');
	});
});

describe('F4', () => {
	it('takes the narrowest of link, sender and limit', () => {
		const wire = {
			linkGbps: 25,
			goodputFraction: 0.94,
			channels: 8,
			perChannelGbps: 5.125,
			singleThreadGbps: 10,
			maxBandwidthGBps: Infinity
		};
		expect(forms.tcpRateGBps(wire)).toBe(2.9375);
		expect(forms.tcpRateGBps({ ...wire, linkGbps: 100 })).toBe(5.125);
		expect(forms.tcpRateGBps({ ...wire, channels: 0 })).toBe(1.25);
		expect(forms.tcpRateGBps({ ...wire, maxBandwidthGBps: 0.134217728 })).toBe(0.134217728);
		expect(forms.linkShareGBps(40, 0.65)).toBe(3.25);
	});
});

describe('which conclusions survive the ranges, 3.9', () => {
	function set(overrides: Partial<CostTable>): CostTable {
		const outcome = withOverrides(overrides);
		if (!outcome.ok) throw new Error(outcome.detail);
		return outcome.value;
	}
	const rowOf = (table: CostTable, id: forms.HeadlineMethod) =>
		forms.headlineComparison(table, forms.HEADLINE_CASE).find((candidate) => candidate.id === id) as forms.HeadlineRow;
	it('transit with huge pages takes 6.1 to 22.9 s over the range of the migration rate', () => {
		near(rowOf(set({ migratePages2mGBps: 27.2 }), 'transit-thp-1').totalS, 6.13, 'fast');
		near(rowOf(set({ migratePages2mGBps: 6 }), 'transit-thp-1').totalS, 22.93, 'slow');
	});
	it('transit costs 0.27 to 5.99 s of work over the range of the stall fraction', () => {
		near(rowOf(set({ memStallFraction: 0.01 }), 'transit-thp-1').lostWorkS, 0.273, 'least');
		near(rowOf(set({ memStallFraction: 0.5 }), 'transit-thp-1').lostWorkS, 5.99, 'most');
	});
	it('post-copy loses 10.1 to 23.0 s over the range of the fault time', () => {
		near(rowOf(set({ postcopyFaultUs: 60 }), 'postcopy-tcp25').lostWorkS, 10.1, 'least');
		near(rowOf(set({ postcopyFaultUs: 13000 }), 'postcopy-tcp25').lostWorkS, 23.0, 'most');
	});
	it('pre-copy costs 0.35 to 5.88 s of work over the range of the log’s slowdown', () => {
		near(rowOf(set({ dirtyLogSlowdownPct: 1 }), 'precopy-tcp25').lostWorkS, 0.35, 'least');
		near(rowOf(set({ dirtyLogSlowdownPct: 20 }), 'precopy-tcp25').lostWorkS, 5.88, 'most');
	});
});
