import { performance } from 'node:perf_hooks';

/**
 * Ratios, not milliseconds: the variants and their floor run interleaved, in rotated order, round by round; the first rounds
 * are thrown away; what counts is the median over rounds of "this variant / the floor of the same round".
 */
export interface Variant {
	readonly name: string;
	/** Not timed: makes what `run` works on. */
	readonly prepare?: () => void;
	readonly run: () => void;
	/** Units of work in one run; times are compared per unit. */
	readonly units: number;
}

export interface Measured {
	readonly name: string;
	/** Nanoseconds per unit, median. */
	readonly ns: number;
	/** Median, least and most of the ratio to the floor. */
	readonly ratio: number;
	readonly least: number;
	readonly most: number;
}

const DISCARDED = 2;

export function median(values: readonly number[]): number {
	return percentile(values, 0.5);
}

export function percentile(values: readonly number[], share: number): number {
	const sorted = [...values].sort((a, b) => a - b);
	return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

export function timeMs(run: () => void): number {
	const start = performance.now();
	run();
	return performance.now() - start;
}

/** The first variant is the floor. */
export function compare(variants: readonly Variant[], rounds: number): Measured[] {
	const times = variants.map(() => [] as number[]);
	for (let round = 0; round < rounds + DISCARDED; round += 1)
		for (let step = 0; step < variants.length; step += 1) {
			const at = (step + round) % variants.length;
			const variant = variants[at] as Variant;
			variant.prepare?.();
			const ns = (timeMs(variant.run) * 1e6) / variant.units;
			if (round >= DISCARDED) (times[at] as number[]).push(ns);
		}
	const floor = times[0] as number[];
	return variants.map((variant, at) => {
		const own = times[at] as number[];
		const ratios = own.map((ns, round) => ns / (floor[round] as number));
		return { name: variant.name, ns: median(own), ratio: median(ratios), least: Math.min(...ratios), most: Math.max(...ratios) };
	});
}

/** A copy of `bytes` inside memory, repeated until it lasts long enough to be timed. */
export function copyOf(name: string, bytes: number, units: number): Variant {
	const source = new Uint8Array(bytes).fill(7);
	const target = new Uint8Array(bytes);
	const repeats = Math.max(1, Math.ceil(8e6 / bytes));
	return {
		name,
		units: units * repeats,
		run: () => {
			for (let repeat = 0; repeat < repeats; repeat += 1) target.set(source);
			if (target[bytes - 1] !== 7) throw new Error('nothing was copied');
		}
	};
}
