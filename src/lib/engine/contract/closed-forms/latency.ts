import { assert } from '../../../base/assert.ts';
import { ln1p } from '../../../base/exact-math.ts';

/**
 * F1: latency of a device at a given load, L0 + q·u/(2(1−u)), at most the saturated latency.
 * Source: cost model F1, an M/D/1 queue fitted to Melody (ASPLOS 2025): 60 ns more at 70 % load.
 */
export function loadedLatencyNs(device: {
	readonly idleLatencyNs: number;
	readonly queueServiceNs: number;
	readonly saturatedLatencyNs: number;
	/** Bandwidth in use over bandwidth available, of the narrowest device on the way. */
	readonly utilisation: number;
}): number {
	const { idleLatencyNs, queueServiceNs, saturatedLatencyNs, utilisation } = device;
	assert(utilisation >= 0, `a utilisation of ${utilisation}`);
	if (utilisation >= 1) return saturatedLatencyNs;
	const latencyNs = idleLatencyNs + (queueServiceNs * utilisation) / (2 * (1 - utilisation));
	return latencyNs < saturatedLatencyNs ? latencyNs : saturatedLatencyNs;
}

/**
 * F2: slowdown s of a guest whose memory answers after `latencyNs`; progress is 1/(1+s).
 * Source: cost model F2; the stall fraction is fitted to Melody at 214 ns and linear beyond, which is an extrapolation.
 */
export function slowdown(guest: {
	readonly memStallFraction: number;
	readonly latencyNs: number;
	readonly localLatencyNs: number;
}): number {
	return guest.memStallFraction * (guest.latencyNs / guest.localLatencyNs - 1);
}

/** Work done per unit of time at slowdown s, 1 at full speed. */
export function progress(slowdownRatio: number): number {
	return 1 / (1 + slowdownRatio);
}

/**
 * F3: work lost, in seconds at full speed, while memory moves evenly from one tier to the other over `durationS`:
 * the mean of 1/(1 + s·x) over x from 0 to 1 is ln(1+s)/s. Source: cost model F3.
 */
export function lostWorkS(durationS: number, slowdownRatio: number): number {
	if (slowdownRatio === 0) return 0;
	return durationS * (1 - ln1p(slowdownRatio) / slowdownRatio);
}
