import { exponentOfTwo } from './encoding.ts';

/** Words about stripes and bits, for the ladder. */

const KIB = 1024;
export function sizeWords(bytes: number): string {
	const units: readonly [number, string][] = [
		[2 ** 40, 'TiB'],
		[2 ** 30, 'GiB'],
		[2 ** 20, 'MiB'],
		[KIB, 'KiB']
	];
	for (const [unit, name] of units) if (bytes >= unit && bytes % unit === 0) return `${bytes / unit} ${name}`;
	return `${bytes} B`;
}

/** "bits 9 to 8", "bit 8", "the remainder of the stripe number by 3". */
export function bitsWords(granularity: number, ways: number): string {
	const low = exponentOfTwo(granularity) ?? 0;
	const width = exponentOfTwo(ways);
	if (width === null) return `the remainder of the ${sizeWords(granularity)} stripe’s number by ${ways}`;
	return width === 1 ? `bit ${low}` : `bits ${low + width - 1} to ${low}`;
}

export const pidWords = (pid: number): string => `0x${pid.toString(16).toUpperCase().padStart(3, '0')}`;
