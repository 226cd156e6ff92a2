import { GIB, KIB, MIB } from '../../../base/units.ts';
import type { CostTable } from '../costs.ts';
import { progress, slowdown } from './latency.ts';
import { flushS, handOverDowntime, pageMigrationRate, resident, residentBreakEvenS, transit } from './nil-migration.ts';
import { postcopy } from './postcopy.ts';
import { precopyConstantRate } from './precopy.ts';
import { linkShareGBps, tcpRateGBps } from './wire.ts';

/** The VM of the comparison; the cost model's own is 64 GiB, 8 vCPUs, 1 GB/s. */
export interface HeadlineCase {
	readonly memoryBytes: number;
	readonly vcpus: number;
	readonly dirtyGBps: number;
	readonly hardwareCoherent: boolean;
}

export type HeadlineMethod =
	| 'precopy-tcp25'
	| 'precopy-tcp100'
	| 'precopy-zc100'
	| 'postcopy-tcp25'
	| 'transit-thp-1'
	| 'transit-4k-1'
	| 'transit-thp-4'
	| 'resident-qemu'
	| 'resident-ideal';

export interface HeadlineRow {
	readonly id: HeadlineMethod;
	readonly method: string;
	readonly converges: boolean;
	/** B of the wire, or the rate at which pages move; null where nothing moves. */
	readonly rateGBps: number | null;
	readonly rounds: number | null;
	readonly totalS: number;
	readonly downtimeS: number;
	readonly networkBytes: number;
	readonly cxlBytes: number;
	/** How long the guest runs slower; Infinity for as long as it stays. */
	readonly degradedS: number;
	/** Mean loss of speed meanwhile, 0 to 1. */
	readonly meanLoss: number;
	/** Seconds at full speed lost in all; per second of staying for the resident rows. */
	readonly lostWorkS: number;
}

export const HEADLINE_CASE: HeadlineCase = {
	memoryBytes: 64 * GIB,
	vcpus: 8,
	dirtyGBps: 1,
	hardwareCoherent: false
};

/** A writer that never rewrites a page within a round, on a wire of `rateGBps` (F5). */
function precopyRow(id: HeadlineMethod, method: string, rateGBps: number, costs: CostTable, guest: HeadlineCase): HeadlineRow {
	const result = precopyConstantRate({
		memoryBytes: guest.memoryBytes,
		bandwidthGBps: rateGBps,
		dirtyGBps: guest.dirtyGBps,
		downtimeLimitS: costs.downtimeLimitMs / 1e3,
		switchoverFixedS: costs.switchoverFixedMs / 1e3
	});
	const meanLoss = 1 - 1 / (1 + costs.dirtyLogSlowdownPct / 100);
	const never = {
		rounds: null,
		totalS: Infinity,
		downtimeS: Infinity,
		networkBytes: Infinity,
		degradedS: Infinity,
		lostWorkS: Infinity
	};
	const common = { id, method, rateGBps, cxlBytes: 0, meanLoss };
	if (!result.converges) return { ...common, ...never, converges: false };
	return {
		...common,
		converges: true,
		rounds: result.rounds,
		totalS: result.totalS,
		downtimeS: result.downtimeS,
		networkBytes: result.networkBytes,
		degradedS: result.liveS,
		lostWorkS: result.liveS * meanLoss
	};
}

/** Latency of the pool as this comparison sees it: behind one switch, idle. */
function poolSlowdown(costs: CostTable): number {
	return slowdown({
		memStallFraction: costs.memStallFraction,
		latencyNs: costs.cxlSwitchedReadLatencyNs,
		localLatencyNs: costs.localDramReadLatencyNs
	});
}

function handOverS(kind: 'qemu' | 'ideal', costs: CostTable, guest: HeadlineCase): number {
	return handOverDowntime(kind, {
		vcpus: guest.vcpus,
		flushS: flushS({
			dirtyBytes: costs.dirtyLlcMiB * MIB,
			vcpus: guest.vcpus,
			perThreadGBps: costs.cacheFlushGBpsPerThread,
			hardwareCoherent: guest.hardwareCoherent
		}),
		switchoverFixedS: costs.switchoverFixedMs / 1e3,
		vcpuSaveRestoreS: costs.vcpuSaveRestoreUs / 1e6,
		doorbellS: costs.cxlDoorbellUs / 1e6
	});
}

function transitRow(
	id: HeadlineMethod,
	method: string,
	threads: number,
	perThreadGBps: number,
	costs: CostTable,
	guest: HeadlineCase
): HeadlineRow {
	const rateGBps = pageMigrationRate({
		threads,
		perThreadGBps,
		deviceGBps: costs.cxlDeviceBandwidthGBps,
		hostLinkGBps: Math.min(costs.cxlHostLinkReadGBps, costs.cxlHostLinkWriteGBps)
	});
	const downtimeS = handOverS('qemu', costs, guest);
	const result = transit({
		memoryBytes: guest.memoryBytes,
		rateGBps,
		downtimeS,
		slowdown: poolSlowdown(costs)
	});
	return {
		id,
		method,
		converges: true,
		rateGBps,
		rounds: null,
		totalS: result.totalS,
		downtimeS,
		networkBytes: 0,
		cxlBytes: result.cxlBytes,
		degradedS: result.degradedS,
		meanLoss: result.lostWorkS / result.degradedS,
		lostWorkS: result.lostWorkS
	};
}

function residentRow(id: HeadlineMethod, method: string, kind: 'qemu' | 'ideal', costs: CostTable, guest: HeadlineCase): HeadlineRow {
	const downtimeS = handOverS(kind, costs, guest);
	const result = resident({ downtimeS, slowdown: poolSlowdown(costs) });
	return {
		id,
		method,
		converges: true,
		rateGBps: null,
		rounds: null,
		totalS: result.totalS,
		downtimeS,
		networkBytes: 0,
		cxlBytes: guest.vcpus * costs.vcpuStateKiB * KIB + costs.deviceStateMiB * MIB,
		degradedS: Infinity,
		meanLoss: result.lostWorkPerS,
		lostWorkS: result.lostWorkPerS
	};
}

/** Goodput of the wire of the pre-copy rows, GB/s. QEMU's max-bandwidth is taken as lifted. */
export function headlineWireGBps(costs: CostTable, linkGbps = costs.netLinkGbps): number {
	return tcpRateGBps({
		linkGbps,
		goodputFraction: costs.netGoodputFraction,
		channels: costs.multifdChannels,
		perChannelGbps: costs.multifdPerChannelGbps,
		singleThreadGbps: costs.singleThreadTcpGbps,
		maxBandwidthGBps: Infinity
	});
}

/**
 * The comparison of cost model 3.1: one VM moved in nine ways, with any costs and any guest. The first wire is the
 * scenario's link, the other two stay at 100 Gbit/s. Source: cost model F1 to F11.
 */
export function headlineComparison(costs: CostTable, guest: HeadlineCase): readonly HeadlineRow[] {
	const wireGBps = headlineWireGBps(costs);
	const link = `${costs.netLinkGbps} GbE`;
	const pushed = postcopy({
		memoryBytes: guest.memoryBytes,
		bandwidthGBps: wireGBps,
		touchedGBps: guest.dirtyGBps,
		vcpus: guest.vcpus,
		faultS: costs.postcopyFaultUs / 1e6,
		downtimeS: costs.switchoverFixedMs / 1e3
	});
	return [
		precopyRow('precopy-tcp25', `Pre-copy, ${link}`, wireGBps, costs, guest),
		precopyRow('precopy-tcp100', 'Pre-copy, 100 GbE, multifd', headlineWireGBps(costs, 100), costs, guest),
		precopyRow('precopy-zc100', 'Pre-copy, 100 GbE, zero-copy', linkShareGBps(100, costs.netGoodputFraction), costs, guest),
		{
			id: 'postcopy-tcp25',
			method: `Post-copy, ${link}`,
			converges: true,
			rateGBps: wireGBps,
			rounds: null,
			totalS: pushed.totalS,
			downtimeS: costs.switchoverFixedMs / 1e3,
			networkBytes: pushed.networkBytes,
			cxlBytes: 0,
			degradedS: pushed.pushS,
			meanLoss: 1 - pushed.meanProgress,
			lostWorkS: pushed.lostWorkS
		},
		transitRow('transit-thp-1', 'Nil transit, huge pages', costs.migrateThreads, costs.migratePages2mGBps, costs, guest),
		transitRow('transit-4k-1', 'Nil transit, 4 KiB pages', costs.migrateThreads, costs.migratePages4kGBps, costs, guest),
		transitRow('transit-thp-4', 'Nil transit, huge pages, 4 threads', 4, costs.migratePages2mGBps, costs, guest),
		residentRow('resident-qemu', 'Nil resident, QEMU-like devices', 'qemu', costs, guest),
		residentRow('resident-ideal', 'Nil resident, ideal hand-over', 'ideal', costs, guest)
	];
}

/** How often a VM must move before staying on the pool costs less work than transit, in seconds between moves. */
export function headlineBreakEvenS(rows: readonly HeadlineRow[], costs: CostTable): number {
	const moved = rows.find((row) => row.id === 'transit-thp-1')?.lostWorkS ?? 0;
	return residentBreakEvenS(moved, 1 - progress(poolSlowdown(costs)));
}
