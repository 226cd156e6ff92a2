import { formatRate, formatThree } from '../../base/format.ts';
import { defaultCosts } from '../../engine/contract/costs.ts';

/** Line rates of Ethernet that one can buy, Gbit/s (IEEE 802.3). */
const LINES_GBPS = [1, 2.5, 5, 10, 25, 40, 50, 100, 200, 400] as const;
const BYTES_PER_GBIT = 125_000_000;
const NEAR = 0.002;

export interface Wire {
	/** "25 GbE"; null when no line has this rate. */
	readonly line: string | null;
	/** What a migration gets of the line, in words. */
	readonly words: string;
}

/**
 * Which wire a rate belongs to: a scenario gives the goodput. That is the line rate less headers (cost model F4, the row
 * `netGoodputFraction`), or the whole line where a scenario leaves the headers out.
 */
export function wireOf(bytesPerSecond: number): Wire {
	const near = (gbps: number): number | undefined =>
		LINES_GBPS.find((line) => Math.abs(gbps / line - 1) < NEAR);
	const gbps = bytesPerSecond / BYTES_PER_GBIT;
	const rate = formatRate(bytesPerSecond);
	const net = near(gbps / defaultCosts().netGoodputFraction);
	if (net !== undefined)
		return {
			line: `${formatThree(net)} GbE`,
			words: `${formatThree(net)} GbE, ${rate} of goodput`
		};
	const whole = near(gbps);
	if (whole !== undefined)
		return {
			line: `${formatThree(whole)} GbE`,
			words: `${formatThree(whole)} GbE, all of its ${rate}`
		};
	return { line: null, words: `a wire of ${rate}` };
}
