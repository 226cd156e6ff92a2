/**
 * Codes of ways and granularity (CXL 4.0 8.2.4.20.7): ways 1, 2, 4, 8, 16 are codes 0 to 4; 3, 6, 12 are 8 to 10; a
 * granularity is 256 bytes doubled as often as its code says, up to 16 KiB. A GFD has its own: 2 to the code ways, up to 256
 * (CXL 4.0 7.7.2.1).
 */
const WAYS_OF_CODE: readonly number[] = [1, 2, 4, 8, 16, 0, 0, 0, 3, 6, 12];
export const MOST_GRANULARITY_CODE = 6;
export const MOST_GFD_WAYS_CODE = 8;
/** Most endpoint decoders of a device, most decoders of a switch or host bridge, most targets of one of those (Table 8-116). */
export const MOST_DEVICE_DECODERS = 10;
export const MOST_PORT_DECODERS = 32;
export const MOST_PORT_TARGETS = 8;

/** 2^exponent, exact: by doubling, since the language leaves the last bits of its own power open. */
const POWERS: readonly number[] = Array.from({ length: 53 }).reduce<number[]>((powers) => [...powers, (powers.at(-1) ?? 0.5) * 2], []);
export function powerOfTwo(exponent: number): number {
	return POWERS[exponent] as number;
}

/** 0 for a code that the standard does not define. */
export function waysOfCode(code: number): number {
	return WAYS_OF_CODE[code] ?? 0;
}

/** null for a number of ways that no decoder has. */
export function codeOfWays(ways: number): number | null {
	const code = ways > 0 ? WAYS_OF_CODE.indexOf(ways) : -1;
	return code < 0 ? null : code;
}

export function granularityBytes(code: number): number {
	return 256 * powerOfTwo(code);
}

/** null for a granularity that no decoder has. */
export function codeOfGranularity(bytes: number): number | null {
	for (let code = 0; code <= MOST_GRANULARITY_CODE; code++) if (granularityBytes(code) === bytes) return code;
	return null;
}

/** Whole power of two that a number is, or null. */
export function exponentOfTwo(value: number): number | null {
	for (let exponent = 0, power = 1; power <= value; exponent++, power *= 2) if (power === value) return exponent;
	return null;
}

/** Ways that a host bridge or switch can have: powers of two up to its targets, never 3, 6 or 12 (Table 8-116). */
export function portMayHaveWays(ways: number): boolean {
	return ways <= MOST_PORT_TARGETS && exponentOfTwo(ways) !== null;
}

/** Number of decoders that a capability code names (Table 8-116): 1, 2, 4 … 10 for devices, on to 32 for ports. */
export const DECODER_COUNTS: readonly number[] = [1, 2, 4, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32];
