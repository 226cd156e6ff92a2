/** What a cost is counted in. GB is decimal, GiB binary. */
export type CostUnit =
	| 'ns'
	| 'us'
	| 'ms'
	| 's'
	| 'GB/s'
	| 'GiB/s'
	| 'MB/s'
	| 'MiB/s'
	| 'Gbit/s'
	| 'GT/s'
	| 'Mpps'
	| 'ms/GiB'
	| 'MiB'
	| 'MB'
	| 'KiB'
	| 'B'
	| 'fraction'
	| '%'
	| 'x'
	| 'count';

/** How far a figure may be trusted. A documented constant, such as a default in a source file, counts as measured. */
export type Confidence = 'measured-published' | 'vendor-claim' | 'estimate' | 'from memory';

export const MEASURED = 'measured-published';
export const VENDOR = 'vendor-claim';
export const ESTIMATE = 'estimate';
export const MEMORY = 'from memory';

export interface CostRow<U extends CostUnit = CostUnit> {
	readonly unit: U;
	readonly default: number;
	readonly min: number;
	readonly max: number;
	readonly confidence: Confidence;
	/** What is counted, in words. */
	readonly what: string;
	/** Where the figure comes from, in short; "worked out" is arithmetic on what is named. */
	readonly source: string;
}

export function row<U extends CostUnit>(
	unit: U,
	standard: number,
	min: number,
	max: number,
	confidence: Confidence,
	what: string,
	source: string
): CostRow<U> {
	return { unit, default: standard, min, max, confidence, what, source };
}
