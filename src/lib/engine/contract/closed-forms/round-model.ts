import { assert } from '../../../base/assert.ts';
import { exp, expm1 } from '../../../base/exact-math.ts';

const GB = 1e9;
/** A model that has not come to an end by then settles above the limit. */
const ROUND_LIMIT = 1000;

export interface RoundCase {
	readonly memoryBytes: number;
	readonly bandwidthGBps: number;
	/** Bytes of distinct pages per second while the working set is not exhausted. */
	readonly dirtyGBps: number;
	/** Infinity: no page is written twice within a round. */
	readonly workingSetBytes: number;
	readonly downtimeLimitS: number;
	readonly switchoverFixedS?: number;
	readonly autoConverge?: boolean;
}

export interface RoundResult {
	readonly converges: boolean;
	/** Passes with the guest running. */
	readonly rounds: number;
	/** What each pass sends; the last is sent with the guest stopped. */
	readonly volumesBytes: readonly number[];
	readonly totalS: number;
	readonly sentBytes: number;
	readonly downtimeS: number;
	readonly throttle: number;
}

/**
 * Rounds of pre-copy: V₀ = M, then V = D·t while pages are not rewritten, or W(1 − e^(−D·t/W)) in a working set W.
 * Stops when what is left fits the downtime limit. With auto-converge the guest is throttled after two rounds of at least
 * a second that dirtied more than half of what they sent: 20 %, then 10 % more each time, at most 99 %.
 * Source: live-migration reference 6; the rule of auto-converge from QEMU 10.2.2 migration/ram.c.
 */
export function roundModel(guest: RoundCase): RoundResult {
	const bandwidth = guest.bandwidthGBps * GB;
	const dirty = guest.dirtyGBps * GB;
	const limitBytes = bandwidth * guest.downtimeLimitS;
	const set = guest.workingSetBytes;
	assert(bandwidth > 0 && dirty >= 0 && set > 0, 'a round model of nothing');
	const volumesBytes = [guest.memoryBytes];
	let leftBytes = guest.memoryBytes;
	let sentBytes = 0;
	let throttle = 0;
	let strikes = 0;
	while (leftBytes > limitBytes && volumesBytes.length <= ROUND_LIMIT) {
		const writtenBytes = (dirty * (1 - throttle) * leftBytes) / bandwidth;
		const nextBytes = set === Infinity ? writtenBytes : -set * expm1(-writtenBytes / set);
		sentBytes += leftBytes;
		if (guest.autoConverge === true && leftBytes >= bandwidth && nextBytes > leftBytes / 2) {
			strikes += 1;
			if (strikes === 2) {
				strikes = 0;
				throttle = throttle === 0 ? 0.2 : Math.min(0.99, throttle + 0.1);
			}
		}
		leftBytes = nextBytes;
		volumesBytes.push(leftBytes);
	}
	return {
		converges: leftBytes <= limitBytes,
		rounds: volumesBytes.length - 1,
		volumesBytes,
		totalS: (sentBytes + leftBytes) / bandwidth + (guest.switchoverFixedS ?? 0),
		sentBytes: sentBytes + leftBytes,
		downtimeS: leftBytes / bandwidth + (guest.switchoverFixedS ?? 0),
		throttle
	};
}

/**
 * V* / W at which a round dirties as much as it sends, as a function of λ = D/B: the solution of x = 1 − e^(−λx),
 * 0 for λ ≤ 1. Source: live-migration reference 6.
 */
export function fixedPoint(lambda: number): number {
	if (lambda <= 1) return 0;
	// f(x) = x − 1 + e^(−λx) is below 0 before the solution and above it after; halve until nothing changes.
	let low = 0;
	let high = 1;
	for (let step = 0; step < 60; step += 1) {
		const middle = (low + high) / 2;
		const value = middle - 1 + exp(-lambda * middle);
		if (value < 0) low = middle;
		else high = middle;
	}
	return high;
}

/** Pre-copy converges iff λ < 1, or the working set fits the limit, or V* does. Source: live-migration reference 6. */
export function converges(guest: RoundCase): boolean {
	const lambda = guest.dirtyGBps / guest.bandwidthGBps;
	const limitBytes = guest.bandwidthGBps * GB * guest.downtimeLimitS;
	if (lambda < 1 || guest.memoryBytes <= limitBytes || guest.workingSetBytes <= limitBytes) return true;
	return fixedPoint(lambda) * guest.workingSetBytes <= limitBytes;
}
