// table
import { GIB } from '../../base/units.ts';
import * as forms from './closed-forms/index.ts';
import type { CostTable } from './costs.ts';
import { gudkovSeconds } from './gudkov.ts';
import { SATURATED_LOG, SPECWEB_RUN } from './migration/tables.ts';

/**
 * What others measured, logged or computed, beside what our closed forms say.
 *
 * `predicted`: nothing in our value was chosen with the published one in view. `fitted`: a figure of the cost model, or
 * a choice in the method, was taken from it, so that the agreement proves little. `headline only`: published, but too
 * little is known of the set-up to compute it. No measurement of a real VM that moves over switched CXL memory exists.
 */
export type PublishedKind = 'predicted' | 'fitted' | 'headline only';

export type PublishedSubject = 'pre-copy' | 'post-copy' | 'memory management' | 'latency' | 'devices' | 'shared memory';

export interface PublishedFigure {
	readonly id: string;
	readonly subject: PublishedSubject;
	/** What was measured, on what. */
	readonly what: string;
	readonly value: number;
	readonly unit: 's' | 'ms' | 'GB' | 'MB' | '%' | 'Mbit/s' | 'ns' | 'x' | 'GB/s';
	readonly source: string;
	readonly kind: PublishedKind;
	/** Which closed form says something about it. */
	readonly comparedWith: string;
	readonly note?: string;
	/** Our value with these costs; null for a headline. */
	readonly ours: ((costs: CostTable) => number) | null;
}

const CLARK = 'Clark et al., NSDI 2005';
const GUDKOV = 'A. Gudkov, April 2023';
const HYPERVISOR = 'cloud-hypervisor, pull request 7799, March 2026';
const SIWEI = 'Si-Wei Liu, December 2023';
const HYPERALLOC = 'HyperAlloc data, EuroSys 2025';
const HOTPLUG = 'Y. Liu, March 2026';
const PREALLOC = 'QEMU commit 1e356fc14bea, 2 MiB pages';
const M3U = 'Xu et al., M3U, OSDI 2026';

const SPECWEB = forms.clarkReplay(SPECWEB_RUN);
const SATURATED = forms.cloudHypervisorEstimates(SATURATED_LOG);

const switchOverS = (guestBytes: number, cycleMsPerGiB: number, setupMs: number) =>
	forms.vdpaMapChange({ guestBytes, cycleMsPerGiB, setupS: setupMs / 1e3 });

const lossPercent = (costs: CostTable, memStallFraction: number, latencyNs: number) =>
	100 *
	(1 -
		forms.progress(
			forms.slowdown({
				memStallFraction,
				latencyNs,
				localLatencyNs: costs.localDramReadLatencyNs
			})
		));

// One figure per entry; the order is that of the page.
export const PUBLISHED: readonly PublishedFigure[] = [
	{
		id: 'clark-web-first',
		subject: 'pre-copy',
		what: 'Web server of 800 MB: first round of 776 MB',
		value: 62,
		unit: 's',
		source: CLARK,
		kind: 'predicted',
		comparedWith: 'rate rule, 100 Mbit/s',
		ours: () => (776 * 8) / 100
	},
	{
		id: 'clark-specweb-total',
		subject: 'pre-copy',
		what: 'SPECweb99: whole migration',
		value: 71,
		unit: 's',
		source: CLARK,
		kind: 'predicted',
		comparedWith: 'rate rule over the volumes of its rounds',
		note: 'Volumes of the rounds from memory; their sum matches the paper.',
		ours: () => SPECWEB.totalS
	},
	{
		id: 'clark-specweb-downtime',
		subject: 'pre-copy',
		what: 'SPECweb99: downtime',
		value: 210,
		unit: 'ms',
		source: CLARK,
		kind: 'fitted',
		comparedWith: 'rate rule, last transfer and 9 ms',
		note: 'The rate of the last transfer is the published one.',
		ours: () => SPECWEB.downtimeS * 1e3
	},
	{
		id: 'clark-muncher',
		subject: 'pre-copy',
		what: 'Writer of 256 MB: last transfer of 222.5 MB',
		value: 3.5,
		unit: 's',
		source: CLARK,
		kind: 'predicted',
		comparedWith: 'rate rule at its most, 500 Mbit/s',
		note: 'The last transfer knows no limit; it ran at 508 Mbit/s.',
		ours: () => (222.5 * 8) / 500
	},
	{
		id: 'gudkov-5g-125',
		subject: 'pre-copy',
		what: 'memcached in 32 GiB, 5 Gbit/s, downtime of 125 ms',
		value: 48,
		unit: 's',
		source: GUDKOV,
		kind: 'fitted',
		comparedWith: 'F6, measured dirty curve',
		note: 'His own model’s answer. Four choices (binary units, rounding up, last sample held, when to give up) were made to match it.',
		ours: (costs) => gudkovSeconds(5, 0.125, costs)
	},
	{
		id: 'gudkov-10g-500',
		subject: 'pre-copy',
		what: 'The same, 10 Gbit/s, downtime of 500 ms',
		value: 12,
		unit: 's',
		source: GUDKOV,
		kind: 'fitted',
		comparedWith: 'F6, measured dirty curve',
		ours: (costs) => gudkovSeconds(10, 0.5, costs)
	},
	{
		id: 'gudkov-1g-any',
		subject: 'pre-copy',
		what: 'The same, 1 Gbit/s, any downtime',
		value: 100,
		unit: 's',
		source: GUDKOV,
		kind: 'fitted',
		comparedWith: 'F6, measured dirty curve',
		ours: (costs) => gudkovSeconds(1, Infinity, costs)
	},
	{
		id: 'ch-estimate-1',
		subject: 'pre-copy',
		what: 'Saturating writer in 6 GiB: expected downtime after round 1',
		value: 2726,
		unit: 'ms',
		source: HYPERVISOR,
		kind: 'predicted',
		comparedWith: 'bytes now over the bandwidth before',
		ours: () => (SATURATED[1]?.estimatedDowntimeS ?? 0) * 1e3
	},
	{
		id: 'ch-estimate-2',
		subject: 'pre-copy',
		what: 'The same after round 2',
		value: 2969,
		unit: 'ms',
		source: HYPERVISOR,
		kind: 'predicted',
		comparedWith: 'bytes now over the bandwidth before',
		ours: () => (SATURATED[2]?.estimatedDowntimeS ?? 0) * 1e3
	},
	{
		id: 'ch-elapsed',
		subject: 'pre-copy',
		what: 'The same: four rounds',
		value: 12.19,
		unit: 's',
		source: HYPERVISOR,
		kind: 'predicted',
		comparedWith: 'transfers and the fetching of the bitmap',
		ours: () => SATURATED[3]?.elapsedS ?? 0
	},
	{
		id: 'ch-downtime',
		subject: 'pre-copy',
		what: 'Downtime with a goal of 300 ms',
		value: 298,
		unit: 'ms',
		source: 'cloud-hypervisor, pull request 7979, April 2026',
		kind: 'headline only',
		comparedWith: 'shape only: our loop, too, ends just under its goal',
		ours: null
	},
	{
		id: 'idle-switch-over',
		subject: 'pre-copy',
		what: 'Downtime of an idle VM with nothing left to send',
		value: 20,
		unit: 'ms',
		source: 'Hao Xiang, October 2023',
		kind: 'fitted',
		comparedWith: 'switchoverFixedMs',
		ours: (costs) => costs.switchoverFixedMs
	},
	{
		id: 'fleet-blackout',
		subject: 'pre-copy',
		what: 'Median blackout in a large fleet; 300 ms at the 99th percentile',
		value: 50,
		unit: 'ms',
		source: 'Ruprecht et al., VEE 2018',
		kind: 'headline only',
		comparedWith: 'nothing: guests and wires unknown',
		ours: null
	},
	{
		id: 'hines-faults',
		subject: 'post-copy',
		what: 'Most of the working set that faults over the network',
		value: 21,
		unit: '%',
		source: 'Hines and Gopalan, VEE 2009, abstract',
		kind: 'fitted',
		comparedWith: 'fault fraction with one touch for every second page',
		note: 'We chose x = 0.5; their pages are fetched ahead by pattern.',
		ours: () => forms.postcopyFaultFraction(0.5) * 100
	},
	{
		id: 'm3u-ideal',
		subject: 'post-copy',
		what: 'Redis of 24 GB at 50 Gbit/s: ideal time to full residency',
		value: 3.84,
		unit: 's',
		source: M3U,
		kind: 'predicted',
		comparedWith: 'F7, push at line rate',
		ours: () =>
			forms.postcopy({
				memoryBytes: 24e9,
				bandwidthGBps: forms.linkShareGBps(50, 1),
				touchedGBps: 0,
				vcpus: 64,
				faultS: 0,
				downtimeS: 0
			}).pushS
	},
	{
		id: 'm3u-real',
		subject: 'post-copy',
		what: 'The same as measured with stock QEMU 8.2',
		value: 24,
		unit: 's',
		source: M3U,
		kind: 'headline only',
		comparedWith: 'nothing: fault handling in the kernel is not in our model',
		ours: null
	},
	{
		id: 'zone-plug',
		subject: 'memory management',
		what: 'virtio-mem plugs 256 GiB',
		value: 3,
		unit: 's',
		source: HOTPLUG,
		kind: 'predicted',
		comparedWith: 'virtioMemPlugGiBps, measured by others',
		ours: (costs) => 256 / costs.virtioMemPlugGiBps
	},
	{
		id: 'zone-unplug',
		subject: 'memory management',
		what: 'virtio-mem unplugs 256 GiB, free',
		value: 4,
		unit: 's',
		source: HOTPLUG,
		kind: 'predicted',
		comparedWith: 'virtioMemUnplugGiBps, measured by others',
		note: `Two sources that differ by two: ${HYPERALLOC} had touched the memory before.`,
		ours: (costs) => 256 / costs.virtioMemUnplugGiBps
	},
	{
		id: 'zone-online',
		subject: 'memory management',
		what: 'The same 256 GiB, block by block',
		value: 3,
		unit: 's',
		source: HOTPLUG,
		kind: 'fitted',
		comparedWith: 'F13 with blockOnlineMs',
		ours: (costs) => forms.blockOnline(256 * GIB, costs.blockOnlineMs / 1e3)
	},
	{
		id: 'prealloc-1t',
		subject: 'memory management',
		what: 'Touching 1 TB in advance, one thread',
		value: 537,
		unit: 's',
		source: PREALLOC,
		kind: 'predicted',
		comparedWith: 'preallocGBpsPerThread, from 256 GB',
		ours: (costs) => (1024 * GIB) / (costs.preallocGBpsPerThread * 1e9)
	},
	{
		id: 'prealloc-4t',
		subject: 'memory management',
		what: 'The same with 4 TB',
		value: 3252,
		unit: 's',
		source: PREALLOC,
		kind: 'predicted',
		comparedWith: 'preallocGBpsPerThread, from 256 GB',
		note: 'Not linear in reality; the model does not know why.',
		ours: (costs) => (4096 * GIB) / (costs.preallocGBpsPerThread * 1e9)
	},
	{
		id: 'garg-thp',
		subject: 'memory management',
		what: 'Moving huge pages between nodes, one thread',
		value: 10.88,
		unit: 'GB/s',
		source: 'S. Garg, March 2026',
		kind: 'fitted',
		comparedWith: 'F8',
		note: 'Measured from DRAM to DRAM; nothing published to CXL.',
		ours: (costs) =>
			forms.pageMigrationRate({
				threads: 1,
				perThreadGBps: costs.migratePages2mGBps,
				deviceGBps: costs.cxlDeviceBandwidthGBps,
				hostLinkGBps: costs.cxlHostLinkWriteGBps
			})
	},
	{
		id: 'melody-load',
		subject: 'latency',
		what: 'Extra latency of a CXL device at 70 % load',
		value: 60,
		unit: 'ns',
		source: 'Liu et al., Melody, ASPLOS 2025',
		kind: 'fitted',
		comparedWith: 'F1',
		ours: (costs) =>
			forms.loadedLatencyNs({
				idleLatencyNs: costs.cxlDirectReadLatencyNs,
				queueServiceNs: costs.cxlQueueServiceNs,
				saturatedLatencyNs: costs.cxlSaturatedLatencyNs,
				utilisation: 0.7
			}) - costs.cxlDirectReadLatencyNs
	},
	{
		id: 'redis-loss',
		subject: 'latency',
		what: 'What Redis loses with all memory on direct CXL',
		value: 30,
		unit: '%',
		source: 'Sun et al., MICRO 2023',
		kind: 'predicted',
		comparedWith: 'F2 with the default f',
		note: 'Redis is more sensitive than the median workload; f = 0.30 fits it.',
		ours: (costs) => lossPercent(costs, costs.memStallFraction, costs.cxlDirectReadLatencyNs)
	},
	{
		id: 'melody-median',
		subject: 'latency',
		what: 'Loss of about half of 265 workloads at 214 ns, at most',
		value: 10,
		unit: '%',
		source: 'Liu et al., Melody, ASPLOS 2025',
		kind: 'fitted',
		comparedWith: 'F2',
		ours: (costs) => lossPercent(costs, costs.memStallFraction, 214)
	},
	{
		id: 'vdpa-baseline',
		subject: 'devices',
		what: 'mlx5 vDPA, 128 GB: switch to shadow queues (20 to 30 s)',
		value: 25,
		unit: 's',
		source: SIWEI,
		kind: 'fitted',
		comparedWith: 'F12',
		ours: (costs) => switchOverS(128 * GIB, costs.vdpaMlx5RemapCycleMsPerGiB, costs.vdpaMlx5SetupMs)
	},
	{
		id: 'vdpa-asid',
		subject: 'devices',
		what: 'The same with an address space for the descriptors',
		value: 2,
		unit: 's',
		source: SIWEI,
		kind: 'fitted',
		comparedWith: 'F12, guest mappings kept',
		ours: (costs) => switchOverS(128 * GIB, 0, costs.vdpaMlx5SetupMs)
	},
	{
		id: 'vdpa-platform',
		subject: 'devices',
		what: 'vDPA behind the platform’s IOMMU: "4 to 5 s", size not stated',
		value: 4.5,
		unit: 's',
		source: 'seed S2 of the project',
		kind: 'predicted',
		comparedWith: 'F12 for 128 GiB of 4 KiB pages',
		note: 'The 128 GiB are our choice: plausible, not confirmed.',
		ours: (costs) => switchOverS(128 * GIB, costs.vdpaRemapCycleMsPerGiB, costs.vdpaSetupMs)
	},
	{
		id: 'vfio-map',
		subject: 'devices',
		what: 'Pinning and mapping 16 GiB of 4 KiB pages',
		value: 0.28,
		unit: 's',
		source: 'Li Zhe, 2025',
		kind: 'fitted',
		comparedWith: 'pinMap4kMsPerGiB',
		ours: (costs) => forms.perGiBS(16 * GIB, costs.pinMap4kMsPerGiB)
	},
	{
		id: 'anemoi-time',
		subject: 'shared memory',
		what: 'Migration time saved with disaggregated memory',
		value: 83,
		unit: '%',
		source: 'Anemoi, IEEE TPDS 2025',
		kind: 'headline only',
		comparedWith: 'nothing: another machine',
		ours: null
	},
	{
		id: 'anemoi-network',
		subject: 'shared memory',
		what: 'Network traffic saved with disaggregated memory',
		value: 69,
		unit: '%',
		source: 'Anemoi, IEEE TPDS 2025',
		kind: 'headline only',
		comparedWith: 'nothing: another machine',
		ours: null
	},
	{
		id: 'cxlfork',
		subject: 'shared memory',
		what: 'Remote fork over CXL against checkpointing over CXL',
		value: 2.26,
		unit: 'x',
		source: 'CXLfork, ASPLOS 2025',
		kind: 'headline only',
		comparedWith: 'nothing: processes, not VMs',
		ours: null
	}
];

/** (ours − published) / published, or null for a headline. */
export function publishedError(figure: PublishedFigure, costs: CostTable): number | null {
	return figure.ours === null ? null : (figure.ours(costs) - figure.value) / figure.value;
}
