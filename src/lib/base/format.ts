import { GB, GIB, KIB, MB, MIB, NS_PER_MS, NS_PER_S, NS_PER_US, TIB } from './units.ts';

/** Thin space: between a number and its unit. */
export const THIN = '\u2009';

/** Groups thousands with a comma and keeps at most `digits` decimals: 1086 → "1,086". */
export function formatNumber(value: number, digits = 0): string {
	const fixed = Math.abs(value).toFixed(digits);
	const [whole = '0', part] = fixed.split('.');
	let grouped = '';
	for (let index = 0; index < whole.length; index += 1) {
		if (index > 0 && (whole.length - index) % 3 === 0) grouped += ',';
		grouped += whole[index];
	}
	const sign = value < 0 && Number(fixed) !== 0 ? '−' : '';
	return sign + grouped + (part === undefined ? '' : `.${part}`);
}

/** Three significant digits without exponent: 0.4, 5.15, 58.8, 396, 1,086. */
export function formatThree(value: number): string {
	const size = Math.abs(value);
	const digits = size >= 100 || size === 0 ? 0 : size >= 10 ? 1 : 2;
	const text = formatNumber(value, digits);
	return digits === 0 ? text : text.replace(/\.?0+$/, '');
}

/** A duration with the unit that fits: "1 µs", "5.15 ms", "3.44 s". */
export function formatNs(ns: number): string {
	const size = Math.abs(ns);
	if (size >= NS_PER_S) return `${formatThree(ns / NS_PER_S)}${THIN}s`;
	if (size >= NS_PER_MS) return `${formatThree(ns / NS_PER_MS)}${THIN}ms`;
	if (size >= NS_PER_US) return `${formatThree(ns / NS_PER_US)}${THIN}µs`;
	return `${formatNumber(ns)}${THIN}ns`;
}

/** Memory sizes, binary: "4 GiB", "2 MiB". */
export function formatBytesBinary(bytes: number): string {
	for (const [unit, name] of [
		[TIB, 'TiB'],
		[GIB, 'GiB'],
		[MIB, 'MiB'],
		[KIB, 'KiB']
	] as const)
		if (Math.abs(bytes) >= unit) return `${formatThree(bytes / unit)}${THIN}${name}`;
	return `${formatNumber(bytes)}${THIN}B`;
}

/** Amounts moved, decimal: "5.6 GB", "0 B". */
export function formatBytesDecimal(bytes: number): string {
	if (Math.abs(bytes) >= GB) return `${formatThree(bytes / GB)}${THIN}GB`;
	if (Math.abs(bytes) >= MB) return `${formatThree(bytes / MB)}${THIN}MB`;
	if (Math.abs(bytes) >= 1000) return `${formatThree(bytes / 1000)}${THIN}kB`;
	return `${formatNumber(bytes)}${THIN}B`;
}

/** Rates, decimal: "10.9 GB/s". */
export function formatRate(bytesPerSecond: number): string {
	return `${formatBytesDecimal(bytesPerSecond)}/s`;
}

/** Parts per million as a whole percentage: 801234 → "80 %". */
export function formatPpm(ppm: number): string {
	return `${formatNumber(Math.round(ppm / 10_000))}${THIN}%`;
}
