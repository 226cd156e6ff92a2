import { assert } from '../../../base/assert.ts';
import { ln, pow } from '../../../base/exact-math.ts';

const GB = 1e9;

export interface NeverConverges {
	readonly converges: false;
}

export interface PrecopyResult {
	readonly converges: true;
	/** Passes with the guest running. */
	readonly rounds: number;
	readonly liveS: number;
	/** What is sent with the guest stopped. */
	readonly remainderBytes: number;
	readonly downtimeS: number;
	readonly totalS: number;
	readonly networkBytes: number;
}

/**
 * F5: pre-copy of a guest that dirties at a constant rate and never rewrites a page within a round. With r = D/B:
 * n = ⌈ln(B·limit/V)/ln r⌉ rounds, V·rⁿ left, V(1−rⁿ⁺¹)/(1−r) bytes; r ≥ 1 never converges.
 * Source: cost model F5; the geometric series of Clark et al. 2005 and later models.
 */
export function precopyConstantRate(guest: {
	readonly memoryBytes: number;
	readonly bandwidthGBps: number;
	readonly dirtyGBps: number;
	readonly downtimeLimitS: number;
	readonly switchoverFixedS: number;
}): PrecopyResult | NeverConverges {
	const { memoryBytes, downtimeLimitS, switchoverFixedS } = guest;
	const bandwidth = guest.bandwidthGBps * GB;
	assert(memoryBytes > 0 && bandwidth > 0 && downtimeLimitS > 0, 'pre-copy of nothing');
	const ratio = guest.dirtyGBps / guest.bandwidthGBps;
	const fits = (bandwidth * downtimeLimitS) / memoryBytes;
	if (ratio >= 1 && fits < 1) return { converges: false };
	const rounds = fits >= 1 ? 0 : ratio === 0 ? 1 : Math.ceil(ln(fits) / ln(ratio));
	// The series Σ rⁱ; its closed form divides by 1 − r, which is 0 only where no round runs.
	const series = (terms: number) => (terms <= 1 ? terms : (1 - pow(ratio, terms)) / (1 - ratio));
	const liveS = (memoryBytes * series(rounds)) / bandwidth;
	const remainderBytes = memoryBytes * pow(ratio, rounds);
	const downtimeS = remainderBytes / bandwidth + switchoverFixedS;
	return {
		converges: true,
		rounds,
		liveS,
		remainderBytes,
		downtimeS,
		totalS: liveS + downtimeS,
		networkBytes: memoryBytes * series(rounds + 1)
	};
}

/** Distinct pages dirtied within a window, measured at growing window lengths. */
export interface DirtyCurve {
	readonly windowS: readonly number[];
	readonly pages: readonly number[];
}

/** The curve at any window: straight lines from (0, 0) through the samples, the last held beyond. */
export function dirtyPagesIn(curve: DirtyCurve, windowS: number): number {
	let fromS = 0;
	let fromPages = 0;
	for (let index = 0; index < curve.windowS.length; index += 1) {
		const toS = curve.windowS[index] as number;
		const toPages = curve.pages[index] as number;
		if (windowS <= toS) return fromPages + ((toPages - fromPages) * (windowS - fromS)) / (toS - fromS);
		fromS = toS;
		fromPages = toPages;
	}
	return fromPages;
}

/**
 * F6: pre-copy of a guest with a measured dirty curve. The first pass sends everything, each next pass what was dirtied
 * during the one before; the pass that fits the downtime limit is the downtime; a pass that is not shorter than the one
 * before means that it never converges.
 * Source: cost model F6, A. Gudkov's predictor (mail of 27 April 2023): 8 bytes of header per page and per zero page.
 */
export function precopyMeasuredCurve(guest: {
	readonly pages: number;
	readonly zeroPages: number;
	readonly pageBytes: number;
	readonly headerBytes: number;
	readonly zeroPageBytes: number;
	readonly curve: DirtyCurve;
	readonly bytesPerSecond: number;
	/** Infinity: any downtime will do. */
	readonly downtimeLimitS: number;
}):
	| {
			readonly converges: true;
			readonly passes: number;
			readonly downtimeS: number;
			readonly totalS: number;
	  }
	| NeverConverges {
	const pageOnWire = guest.pageBytes + guest.headerBytes;
	let passS = ((guest.pages - guest.zeroPages) * pageOnWire + guest.zeroPages * guest.zeroPageBytes) / guest.bytesPerSecond;
	let totalS = passS;
	let passes = 1;
	while (passS > guest.downtimeLimitS) {
		const nextS = (dirtyPagesIn(guest.curve, passS) * pageOnWire) / guest.bytesPerSecond;
		if (nextS >= passS) return { converges: false };
		passS = nextS;
		totalS += passS;
		passes += 1;
	}
	return { converges: true, passes, downtimeS: passS, totalS };
}
