import { GIB } from '../../../base/units.ts';
import * as forms from '../closed-forms/index.ts';

/**
 * Published tables about moving VMs, whole, with our value in every cell that can be replayed (live-migration reference 7).
 * *predicted*: nothing in our value was chosen with the published one in view. *fitted*: a figure or a choice was taken from the
 * table, or the cell only does its own arithmetic again. *headline only*: too little is known. *ours*: nobody published it.
 */
export type MigrationCellKind = 'predicted' | 'fitted' | 'headline only' | 'ours';

export interface MigrationCell {
	readonly column: string;
	readonly unit: 's' | 'ms' | 'MB' | '%';
	/** Least and most; null: nobody published one. */
	readonly published: readonly [number, number] | null;
	readonly ours: number | null;
	readonly kind: MigrationCellKind;
}
export interface MigrationTable {
	readonly id: string;
	readonly title: string;
	readonly source: string;
	readonly parameters: string;
	readonly rows: readonly { readonly what: string; readonly note?: string; readonly cells: readonly MigrationCell[] }[];
}

/** Against the published figure, or the middle of its range, as a share; null where there is nothing to compare. */
export function migrationError(cell: MigrationCell): number | null {
	if (cell.published === null || cell.ours === null) return null;
	const middle = (cell.published[0] + cell.published[1]) / 2;
	return (cell.ours - middle) / middle;
}

const cell = (
	column: string,
	unit: MigrationCell['unit'],
	published: number | readonly [number, number] | null,
	ours: number | null,
	kind: MigrationCellKind
): MigrationCell => ({ column, unit, published: typeof published === 'number' ? [published, published] : published, ours, kind });
const headline = (column: string, unit: MigrationCell['unit'], published: number | readonly [number, number]): MigrationCell =>
	cell(column, unit, published, null, 'headline only');

/** The rate rule of the paper: first round at the least; each next at the rate of the writes before plus 50; never above the most. */
const RATES = { leastMbps: 100, mostMbps: 500, stepMbps: 50, finalMbps: 724, fixedS: 0.009 } as const;
const mbPerS = (mbps: number): number => mbps / 8;

/** SPECweb99 in 800 MB: what each round sent. */
export const SPECWEB_RUN: forms.ClarkRun = { ...RATES, volumesMB: [676.8, 126.7, 39, 28.4, 24.2, 16.7, 14.2, 15.3, 18.2] };
const QUAKE_RUN: forms.ClarkRun = { ...RATES, volumesMB: [56.3, 20.4, 4.6, 1.6, 1.2, 0.9, 1.2, 1.1, 0.8, 0.2, 0.1, 0.148] };
const specweb = forms.clarkReplay(SPECWEB_RUN);
const quake = forms.clarkReplay(QUAKE_RUN);
const firstRoundS = (run: forms.ClarkRun): number => (run.volumesMB[0] as number) / mbPerS(run.leastMbps);

/** A saturating writer in 6 GiB: what each iteration had to send, how fast it went, what stood around it. */
export const SATURATED_LOG: readonly forms.IterationLog[] = [
	{ toSendMiB: 6144, bandwidthMiBps: 1986.83, overheadS: 0 },
	{ toSendMiB: 5418, bandwidthMiBps: 1824.44, overheadS: 0.056 },
	{ toSendMiB: 5418, bandwidthMiBps: 1854.25, overheadS: 0.059 },
	{ toSendMiB: 5428, bandwidthMiBps: 1799.43, overheadS: 0.056 }
];
const LOGGED = [
	{ transferS: 3.09, expectedMs: 0, elapsedS: 3.11 },
	{ transferS: 2.97, expectedMs: 2726, elapsedS: 6.14 },
	{ transferS: 2.92, expectedMs: 2969, elapsedS: 9.12 },
	{ transferS: 3.02, expectedMs: 2926, elapsedS: 12.19 }
];
const saturated = forms.cloudHypervisorEstimates(SATURATED_LOG);

const sum = (...parts: readonly number[]): number => parts.reduce((total, part) => total + part, 0);

/** 64 GiB by reference: both ways over CXL, at the rates of pages of 2 MiB and of 4 KiB (cost model F8, F10). */
const nil = (rateGBps: number, downtimeS: number): ReturnType<typeof forms.transit> =>
	forms.transit({ memoryBytes: 64 * GIB, rateGBps, downtimeS, slowdown: 0 });

/** The sentence that stands beside every figure of a move by reference. */
export const NOBODY_MEASURED =
	'Nobody has published a measurement of a real VM that moves over switched CXL memory: these are figures of the model, and nothing stands beside them.';

export const MIGRATION_TABLES: readonly MigrationTable[] = [
	{
		id: 'clark',
		title: 'Pre-copy under Xen',
		source: 'Clark et al., NSDI 2005',
		parameters:
			'Gigabit Ethernet; the first round at 100 Mbit/s, each next at the rate of the writes before plus 50, at most 500; the last transfer without a limit',
		rows: [
			{
				what: 'Web server, 800 MB, 100 clients',
				cells: [
					cell('first round of 776 MB', 's', 62, 776 / mbPerS(RATES.leastMbps), 'predicted'),
					headline('further rounds', 's', 9.8),
					headline('downtime', 'ms', 165)
				]
			},
			{
				what: 'SPECweb99, 800 MB, 350 clients',
				note: 'Volumes of the rounds from memory; their sum matches the paper. The rate of the last transfer is the published one.',
				cells: [
					cell('first round of 676.8 MB', 's', 54.1, firstRoundS(SPECWEB_RUN), 'predicted'),
					cell('whole', 's', 71, specweb.totalS, 'predicted'),
					cell('sent', 'MB', 960, specweb.sentMB, 'fitted'),
					cell('last transfer of 18.2 MB', 'ms', 201, specweb.lastTransferS * 1e3, 'fitted'),
					cell('downtime', 'ms', 210, specweb.downtimeS * 1e3, 'fitted')
				]
			},
			{
				what: 'Quake 3, 64 MB, 6 players',
				note: 'Rate of the last transfer and the 9 ms around it as with SPECweb: for 148 KB that misses, the round trips count there.',
				cells: [
					cell('first round of 56.3 MB', 's', 4.5, firstRoundS(QUAKE_RUN), 'predicted'),
					cell('sent', 'MB', 88, quake.sentMB, 'fitted'),
					cell('last transfer of 148 KB', 'ms', 20, quake.lastTransferS * 1e3, 'predicted'),
					cell('downtime', 'ms', 60, quake.downtimeS * 1e3, 'predicted')
				]
			},
			{
				what: 'A writer of 256 MB without pause, 512 MB',
				note: 'At the most that the rule allows; it ran at 508 Mbit/s.',
				cells: [cell('last transfer of 222.5 MB', 's', 3.5, 222.5 / mbPerS(RATES.mostMbps), 'predicted')]
			}
		]
	},
	{
		id: 'cloud-hypervisor-log',
		title: 'A saturating writer in cloud-hypervisor',
		source: 'cloud-hypervisor, pull request 7799, March 2026',
		parameters: '6 GiB over local TCP; what is expected is bytes now over the bandwidth of the iteration before',
		rows: saturated.map((ours, index) => {
			const logged = LOGGED[index] as (typeof LOGGED)[number];
			const each = [
				cell('transfer', 's', logged.transferS, ours.transferS, 'fitted'),
				cell('elapsed', 's', logged.elapsedS, ours.elapsedS, 'predicted')
			];
			if (index > 0) each.splice(1, 0, cell('expected downtime', 'ms', logged.expectedMs, ours.estimatedDowntimeS * 1e3, 'predicted'));
			return { what: `Iteration ${index}: ${(SATURATED_LOG[index] as forms.IterationLog).toSendMiB} MiB to send`, cells: each };
		})
	},
	{
		id: 'cloud-hypervisor-parts',
		title: 'The parts of a downtime in cloud-hypervisor',
		source: 'cloud-hypervisor, pull request 7979, April 2026',
		parameters: 'A goal of 300 ms; the parts as logged, added up',
		rows: [
			{
				what: 'Source: final iteration 269, state 7, sending it 19, completion 1 ms',
				cells: [cell('downtime', 'ms', 298, sum(269, 7, 19, 1), 'fitted')]
			},
			{ what: 'Target: snapshot 3, restore 10, resume 1 ms', cells: [cell('all of it', 'ms', 15, sum(3, 10, 1), 'fitted')] }
		]
	},
	{
		id: 'post-copy',
		title: 'Post-copy',
		source: 'Hines and Gopalan, VEE 2009; Xu et al., M3U, OSDI 2026',
		parameters: 'Faults by a background push that is even; push at line rate',
		rows: [
			{
				what: 'Most of the working set that faults over the network',
				note: 'We chose half a touch per page during the push.',
				cells: [cell('share', '%', 21, forms.postcopyFaultFraction(0.5) * 100, 'fitted')]
			},
			{
				what: 'Redis of 24 GB at 50 Gbit/s',
				cells: [
					cell('ideal time to full residency', 's', 3.84, 24e9 / (forms.linkShareGBps(50, 1) * 1e9), 'predicted'),
					headline('as measured with stock QEMU 8.2', 's', 24)
				]
			},
			{
				what: 'Random writes in 128 GB, 64 vCPUs',
				cells: [headline('share of the downtime spent on discarding', '%', [57, 66])]
			},
			...[0.25, 0.5, 1, 2, 5].map((touches) => ({
				what: `${touches} ${touches === 1 ? 'touch' : 'touches'} per page during the push`,
				cells: [
					cell('faults, requests beside the push', '%', null, forms.postcopyFaultFraction(touches) * 100, 'ours' as const),
					cell('faults, requests on the same wire', '%', null, forms.postcopyFaultFractionOneWire(touches) * 100, 'ours' as const)
				]
			}))
		]
	},
	{
		id: 'by-reference',
		title: 'By reference, over switched CXL',
		source: NOBODY_MEASURED,
		parameters: '64 GiB, 8 vCPUs, memory that is not coherent; page rates from DRAM to DRAM (S. Garg, March 2026)',
		rows: [
			{
				what: 'In transit, pages of 2 MiB at 10.88 GB/s',
				cells: [
					cell('until the source is free', 's', null, nil(10.88, 0).phaseS, 'ours'),
					cell('until the target is at full speed', 's', null, nil(10.88, 0).totalS, 'ours')
				]
			},
			{
				what: 'In transit, pages of 4 KiB at 3.55 GB/s',
				cells: [
					cell('until the source is free', 's', null, nil(3.55, 0).phaseS, 'ours'),
					cell('until the target is at full speed', 's', null, nil(3.55, 0).totalS, 'ours')
				]
			}
		]
	}
];
