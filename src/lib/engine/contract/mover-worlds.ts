import { BLOCK_BYTES, GB, GIB, KIB, MEMORY_BLOCK_BYTES, MIB, PAGE_BYTES } from '../../base/units.ts';
import {
	flushS,
	handOverDowntime,
	hybrid,
	pageMigrationRate,
	postcopy,
	postcopyFaultS,
	qemuLikeLoop,
	slowdown,
	transit as transitForm
} from './closed-forms/index.ts';
import type { MigrationParameters } from './commands.ts';
import type { CostTable } from './costs.ts';
import type { StrategyId } from './migration/strategies.ts';
import type { RunSummary } from './queries.ts';
import type { WaysScenario } from './scenario/ways-schema.ts';

/**
 * One guest, one order, every way to move it: the scenario of each way for the engine, and what the closed forms say of the
 * same guest (live-migration reference 10, its table of times).
 */
export interface MoverGuest {
	readonly gib: number;
	readonly vcpus: number;
	readonly dirtyGBps: number;
	readonly workingSetGB: number;
	/** Goodput of the network. */
	readonly wireGBps: number;
	readonly hardwareCoherent: boolean;
}

/** The guest of the reference's table, and one by the same rule that fits into a browser. */
export const TABLE_GUEST: MoverGuest = { gib: 64, vcpus: 8, dirtyGBps: 1, workingSetGB: 4, wireGBps: 3.125, hardwareCoherent: false };
export const SMALL_GUEST: MoverGuest = { ...TABLE_GUEST, gib: 4, workingSetGB: 0.25 };

export interface Mover {
	readonly title: string;
	readonly strategy: StrategyId;
	readonly pages: 'thp' | '4k';
	readonly parameters: MigrationParameters;
	/** Its memory lies on the pool from the start. */
	readonly ways?: WaysScenario;
	/** Where its figures come from, or that nobody has any. */
	readonly measured: string;
}

const COPY: MigrationParameters = { maxBandwidthBytesPerSecond: 0, multifdChannels: 64 };
const NOBODY = 'measured by nobody: no VM that moves over switched CXL has been published';

export const MOVERS = {
	precopy: {
		title: 'pre-copy',
		strategy: 'precopy',
		pages: 'thp',
		parameters: COPY,
		measured: 'the loop of QEMU, held against published runs on /model'
	},
	postcopy: {
		title: 'post-copy',
		strategy: 'postcopy',
		pages: 'thp',
		parameters: { ...COPY, preempt: true },
		measured: 'our own model; the time of a fault is an estimate'
	},
	hybrid: {
		title: 'post-copy after one round',
		strategy: 'postcopy',
		pages: 'thp',
		parameters: { ...COPY, preempt: true, precopyPasses: 1 },
		measured: 'our own model; the time of a fault is an estimate'
	},
	rdma: {
		title: 'RDMA, all pinned',
		strategy: 'rdma',
		pages: 'thp',
		parameters: COPY,
		measured: 'rate: QEMU docs/rdma.txt of 2013, 26 of 40 Gbit/s'
	},
	transit: { title: 'nil transit, huge pages', strategy: 'transit', pages: 'thp', parameters: {}, measured: NOBODY },
	'transit-4k': { title: 'nil transit, 4 KiB pages', strategy: 'transit', pages: '4k', parameters: {}, measured: NOBODY },
	resident: { title: 'nil resident', strategy: 'resident', pages: 'thp', parameters: {}, ways: { lives: 'pool' }, measured: NOBODY },
	'shared-file': {
		title: 'a file that both map',
		strategy: 'shared-file',
		pages: 'thp',
		parameters: {},
		ways: { lives: 'pool', backing: 'dax', memory: 'shared-file' },
		measured: NOBODY
	}
} as const satisfies Record<string, Mover>;
export type MoverId = keyof typeof MOVERS;
export const MOVER_IDS = Object.keys(MOVERS) as MoverId[];

const upToBlock = (bytes: number): number => Math.ceil(bytes / MEMORY_BLOCK_BYTES) * MEMORY_BLOCK_BYTES;

/** The scenario of one way; the order is given at the start. `untilNs` only ends the picture. */
export function moverScenario(guest: MoverGuest, id: MoverId, untilNs: number): unknown {
	const mover: Mover = MOVERS[id];
	const bytes = guest.gib * GIB;
	const host = (name: string, windowBaseHpa: string) => ({
		id: name,
		cpus: Math.max(16, guest.vcpus),
		dramBytes: upToBlock(bytes) + 16 * MEMORY_BLOCK_BYTES,
		normalBytes: 4 * MEMORY_BLOCK_BYTES,
		kernelBytes: MEMORY_BLOCK_BYTES,
		otherBytes: 0,
		windowBaseHpa
	});
	return {
		switchyard: 1,
		id: `mover-${id}`,
		title: mover.title,
		seed: 10,
		hosts: [host('A', '0x10_0000_0000_0'), host('B', '0x20_0000_0000_0')],
		pool: { bytes: upToBlock(bytes) + 8 * MEMORY_BLOCK_BYTES, hardwareCoherent: guest.hardwareCoherent },
		networkBytesPerSecond: Math.round(guest.wireGBps * GB),
		vms: [
			{
				id: 'vm0',
				host: 'A',
				bytes,
				vcpus: guest.vcpus,
				pages: mover.pages,
				workload: {
					kind: 'memory-muncher',
					rateBytesPerSecond: Math.round(guest.dirtyGBps * GB),
					workingSetBytes: Math.round(Math.min(guest.workingSetGB * GB, bytes))
				},
				...(mover.ways ? { ways: mover.ways } : {})
			}
		],
		untilNs: Math.round(untilNs),
		journal: [{ atNs: 0, command: { name: 'migrate', vm: 'vm0', target: 'B', strategy: mover.strategy, parameters: mover.parameters } }]
	};
}

/** The columns of the table: seconds and bytes; Infinity for never. */
export interface MoverFigures {
	readonly goneS: number;
	readonly sourceFreeS: number;
	readonly fullSpeedS: number;
	readonly networkBytes: number;
	readonly cxlBytes: number;
	/** Work that the guest lost until then, at full speed; null where no formula says. */
	readonly lostWorkS: number | null;
}

const NEVER: MoverFigures = {
	goneS: Infinity,
	sourceFreeS: Infinity,
	fullSpeedS: Infinity,
	networkBytes: Infinity,
	cxlBytes: 0,
	lostWorkS: null
};

function loopFigures(guest: MoverGuest, wireGBps: number, fixedS: number, setupS: number): MoverFigures {
	const loop = qemuLikeLoop({
		memoryBytes: guest.gib * GIB,
		bandwidthGBps: wireGBps,
		dirtyGBps: guest.dirtyGBps,
		workingSetBytes: guest.workingSetGB * GB,
		downtimeLimitS: 0.3
	});
	if (!loop.converges) return NEVER;
	const totalS = setupS + loop.totalS + fixedS;
	return {
		goneS: loop.downtimeS + fixedS,
		sourceFreeS: totalS,
		fullSpeedS: totalS,
		networkBytes: loop.sentBytes,
		cxlBytes: 0,
		lostWorkS: null
	};
}

/** Capacity is offered and accepted on both hosts, before the first page moves. */
const offerS = (costs: CostTable): number => (costs.orchestratorAllocMs + 3 * costs.cxlMailboxCommandMs + costs.dcdEventIrqUs / 1e3) / 1e3;

/** The target builds its second stage before the stop: one entry per folio, without an exit (live-migration reference 10, step 6). */
const mapS = (guest: MoverGuest, id: MoverId, costs: CostTable): number =>
	(guest.gib * GIB * (MOVERS[id].pages === '4k' ? costs.iommuMap4kNs / PAGE_BYTES : costs.iommuMap2mNs / BLOCK_BYTES)) / 1e9;

/** What the closed forms say of this guest. */
export function moverFormula(guest: MoverGuest, id: MoverId, costs: CostTable): MoverFigures {
	const bytes = guest.gib * GIB;
	const fixedS = costs.switchoverFixedMs / 1e3;
	const setupS = (guest.gib * costs.dirtyLogEnableMsPerGiB) / 1e3;
	const packageBytes = costs.deviceStateMiB * MIB + guest.vcpus * costs.vcpuStateKiB * KIB;
	const packageS = packageBytes / (guest.wireGBps * GB);
	const goneS = fixedS + packageS;
	const faultS = postcopyFaultS({
		roundTripS: 0,
		pageBytes: 0,
		bandwidthGBps: guest.wireGBps,
		handlingS: costs.postcopyFaultUs / 1e6,
		backlogBytes: 0
	});
	const handS = handOverDowntime('ideal', {
		vcpus: guest.vcpus,
		flushS: flushS({
			dirtyBytes: costs.dirtyLlcMiB * MIB,
			vcpus: guest.vcpus,
			perThreadGBps: costs.cacheFlushGBpsPerThread,
			hardwareCoherent: guest.hardwareCoherent
		}),
		switchoverFixedS: fixedS,
		vcpuSaveRestoreS: costs.vcpuSaveRestoreUs / 1e6,
		doorbellS: costs.cxlDoorbellUs / 1e6
	});
	const far = slowdown({
		memStallFraction: costs.memStallFraction,
		latencyNs: costs.cxlSwitchedReadLatencyNs,
		localLatencyNs: costs.localDramReadLatencyNs
	});
	switch (id) {
		case 'precopy':
			return loopFigures(guest, guest.wireGBps, fixedS, setupS);
		case 'rdma': {
			const wireGBps = (guest.wireGBps / costs.netGoodputFraction) * costs.rdmaLinkFraction;
			return loopFigures(guest, wireGBps, fixedS, setupS + (guest.gib * costs.pinMapThpMsPerGiB) / 1e3);
		}
		case 'postcopy': {
			const pushed = postcopy({
				memoryBytes: bytes,
				bandwidthGBps: guest.wireGBps,
				touchedGBps: guest.dirtyGBps,
				vcpus: guest.vcpus,
				faultS,
				downtimeS: goneS
			});
			const totalS = setupS + pushed.totalS;
			return {
				goneS,
				sourceFreeS: totalS,
				fullSpeedS: totalS,
				networkBytes: pushed.networkBytes + packageBytes,
				cxlBytes: 0,
				lostWorkS: pushed.lostWorkS + goneS
			};
		}
		case 'hybrid': {
			const both = hybrid({
				memoryBytes: bytes,
				bandwidthGBps: guest.wireGBps,
				dirtyGBps: guest.dirtyGBps,
				workingSetBytes: guest.workingSetGB * GB
			});
			const totalS = setupS + both.totalS + goneS;
			return {
				goneS,
				sourceFreeS: totalS,
				fullSpeedS: totalS,
				networkBytes: both.networkBytes + packageBytes,
				cxlBytes: 0,
				lostWorkS: null
			};
		}
		case 'transit':
		case 'transit-4k': {
			const rateGBps = pageMigrationRate({
				threads: Math.floor(costs.migrateThreads),
				perThreadGBps: id === 'transit' ? costs.migratePages2mGBps : costs.migratePages4kGBps,
				deviceGBps: costs.cxlDeviceBandwidthGBps,
				hostLinkGBps: Math.min(costs.cxlHostLinkReadGBps, costs.cxlHostLinkWriteGBps)
			});
			const moved = transitForm({ memoryBytes: bytes, rateGBps, downtimeS: handS, slowdown: far });
			const beforeS = offerS(costs) + ((bytes / MEMORY_BLOCK_BYTES) * costs.blockOnlineMs) / 1e3 + mapS(guest, id, costs);
			return {
				goneS: handS,
				sourceFreeS: beforeS + bytes / (rateGBps * GB) + handS,
				fullSpeedS: beforeS + moved.totalS,
				networkBytes: 0,
				cxlBytes: moved.cxlBytes,
				lostWorkS: moved.lostWorkS + handS
			};
		}
		case 'resident': {
			const beforeS = (costs.cxlMailboxCommandMs + costs.dcdEventIrqUs / 1e3) / 1e3 + mapS(guest, id, costs);
			return { goneS: handS, sourceFreeS: beforeS + handS, fullSpeedS: Infinity, networkBytes: 0, cxlBytes: 0, lostWorkS: null };
		}
		case 'shared-file':
			return { goneS, sourceFreeS: goneS, fullSpeedS: Infinity, networkBytes: packageBytes, cxlBytes: 0, lostWorkS: null };
	}
}

/** The same columns of a run that is over; null while it is not. */
export function moverRun(id: MoverId, summary: RunSummary, lostWorkNs: number): MoverFigures | null {
	const [operation] = summary.operations;
	if (!operation || operation.endNs === null || operation.downtimeNs === null) return null;
	const seconds = (ns: number): number => (ns - operation.startNs) / 1e9;
	const totalS = seconds(operation.endNs);
	const stays = MOVERS[id].strategy === 'resident' || MOVERS[id].strategy === 'shared-file';
	// By reference the source is free from the moment that the guest runs elsewhere.
	const home = operation.phases.find((phase) => phase.id === 'unstaging');
	const gap = operation.downtime.at(-1)?.endNs ?? operation.endNs;
	return {
		goneS: operation.downtimeNs / 1e9,
		sourceFreeS: home ? seconds(home.startNs) : stays ? seconds(gap) : totalS,
		fullSpeedS: stays ? Infinity : home?.endNs ? seconds(home.endNs) : totalS,
		networkBytes: operation.networkBytes,
		cxlBytes: operation.cxlBytes,
		lostWorkS: lostWorkNs / 1e9
	};
}
