import { assert } from '../../../base/assert.ts';

/**
 * Clark et al. 2005, rate rule: the first round at the least rate; the next at the dirtying rate of the one before plus
 * 50 Mbit/s, within the least and the most; the last transfer as fast as it goes, with the VM stopped.
 */
export interface ClarkRun {
	/** What each round sent, the stop-and-copy last. */
	readonly volumesMB: readonly number[];
	readonly leastMbps: number;
	readonly mostMbps: number;
	readonly stepMbps: number;
	/** Rate of the stop-and-copy. */
	readonly finalMbps: number;
	/** Downtime besides the last transfer. */
	readonly fixedS: number;
}

export interface ClarkResult {
	/** Rate of each round with the VM running. */
	readonly ratesMbps: readonly number[];
	readonly liveS: number;
	readonly lastTransferS: number;
	readonly downtimeS: number;
	readonly totalS: number;
	readonly sentMB: number;
}

/** Source: Clark et al., NSDI 2005, section 5.3 and 6; volumes of the two runs from memory, their sums match the paper. */
export function clarkReplay(run: ClarkRun): ClarkResult {
	const volumes = run.volumesMB;
	assert(volumes.length >= 2, 'a replay needs a round and a last transfer');
	const ratesMbps: number[] = [];
	let rateMbps = run.leastMbps;
	let liveS = 0;
	let sentMB = volumes[volumes.length - 1] as number;
	for (let round = 0; round + 1 < volumes.length; round += 1) {
		const volumeMB = volumes[round] as number;
		const roundS = (volumeMB * 8) / rateMbps;
		ratesMbps.push(rateMbps);
		liveS += roundS;
		sentMB += volumeMB;
		const dirtiedMbps = ((volumes[round + 1] as number) * 8) / roundS;
		rateMbps = Math.min(run.mostMbps, Math.max(run.leastMbps, dirtiedMbps + run.stepMbps));
	}
	const lastTransferS = ((volumes[volumes.length - 1] as number) * 8) / run.finalMbps;
	const downtimeS = lastTransferS + run.fixedS;
	return { ratesMbps, liveS, lastTransferS, downtimeS, totalS: liveS + downtimeS, sentMB };
}

/** One line of cloud-hypervisor's log of a migration (pull request 7799, March 2026). */
export interface IterationLog {
	readonly toSendMiB: number;
	readonly bandwidthMiBps: number;
	readonly overheadS: number;
}

/**
 * What cloud-hypervisor expects the downtime to be: bytes now over the bandwidth of the iteration before; and how long
 * each iteration transfers and when it ends. Source: cloud-hypervisor pull request 7799.
 */
export function cloudHypervisorEstimates(iterations: readonly IterationLog[]): {
	readonly transferS: number;
	readonly estimatedDowntimeS: number;
	readonly elapsedS: number;
}[] {
	let elapsedS = 0;
	return iterations.map((iteration, index) => {
		const transferS = iteration.toSendMiB / iteration.bandwidthMiBps;
		const before = iterations[index - 1];
		elapsedS += transferS + iteration.overheadS;
		return {
			transferS,
			estimatedDowntimeS: before === undefined ? 0 : iteration.toSendMiB / before.bandwidthMiBps,
			elapsedS
		};
	});
}
