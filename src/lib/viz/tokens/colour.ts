import palette from './colour.json' with { type: 'json' };

/** Colours by meaning. The values are data (colour.json); src/lib/ui/theme.css is tested to be equal to them. */
export type ThemeName = keyof typeof palette;
export type ColourName = keyof (typeof palette)['light'];
export type Theme = Readonly<Record<ColourName, string>>;

export const THEMES: Readonly<Record<ThemeName, Theme>> = palette;
export const COLOUR_NAMES = Object.keys(palette.light) as ColourName[];

export interface Rgb {
	readonly r: number;
	readonly g: number;
	readonly b: number;
}

export function parseHex(hex: string): Rgb {
	const value = Number.parseInt(hex.slice(1), 16);
	return { r: value >> 16, g: (value >> 8) & 255, b: value & 255 };
}

export function toHex({ r, g, b }: Rgb): string {
	return `#${[r, g, b].map((part) => Math.round(part).toString(16).padStart(2, '0')).join('')}`;
}

/** `share` of `over` on `under`, per channel in sRGB: what a translucent fill looks like. */
export function mix(over: string, under: string, share: number): string {
	const a = parseHex(over);
	const b = parseHex(under);
	const part = (x: number, y: number) => x * share + y * (1 - share);
	return toHex({ r: part(a.r, b.r), g: part(a.g, b.g), b: part(a.b, b.b) });
}

/** One hue with an alpha, for canvas and SVG. */
export function withAlpha(hex: string, alpha: number): string {
	const { r, g, b } = parseHex(hex);
	return `rgb(${r} ${g} ${b} / ${alpha})`;
}

/** The fill that stands for a host by its place in the scenario: the first two have hues, others are neutral with a letter. */
export function hostColour(index: number): ColourName {
	return index === 0 ? 'host-a' : index === 1 ? 'host-b' : 'peer';
}

/** The colour of text on a fill. */
export function labelOn(fill: ColourName): ColourName {
	switch (fill) {
		case 'host-a':
			return 'on-host-a';
		case 'host-b':
			return 'on-host-b';
		case 'pool':
			return 'on-pool';
		case 'shared':
			return 'on-shared';
		case 'kernel':
			return 'on-kernel';
		case 'peer':
			return 'on-peer';
		default:
			return 'ink';
	}
}
