import { parseHex } from './colour.ts';

/** Relative luminance of sRGB (WCAG 2.2, "relative luminance"). */
export function luminance(hex: string): number {
	const { r, g, b } = parseHex(hex);
	const linear = (channel: number) => {
		const c = channel / 255;
		return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
	};
	return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
}

/** Contrast ratio, 1 … 21 (WCAG 2.2, SC 1.4.3 and 1.4.11). */
export function contrast(a: string, b: string): number {
	const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
	return (high + 0.05) / (low + 0.05);
}
