import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { THEMES, type ColourName } from '../../../../src/lib/viz/tokens/colour.ts';
import { contrast } from '../../../../src/lib/viz/tokens/contrast.ts';
import { themeCss } from '../../../../src/lib/viz/tokens/theme-css.ts';

/**
 * Goal: no colour of the interface falls below WCAG 2.2. Method: every pair that the product uses is measured, and the
 * pairs of the palette are compared with the numbers that were measured when it was chosen.
 */

const measured: [theme: 'light' | 'dark', over: ColourName, under: ColourName, ratio: number][] = [
	['light', 'host-a', 'ground', 4.54],
	['light', 'host-a', 'panel', 4.16],
	['light', 'on-host-a', 'host-a', 4.54],
	['light', 'host-b', 'ground', 3.49],
	['light', 'host-b', 'panel', 3.2],
	['light', 'on-host-b', 'host-b', 5.1],
	['light', 'pool', 'ground', 8.66],
	['light', 'pool', 'panel', 7.93],
	['light', 'on-pool', 'pool', 8.66],
	['light', 'shared', 'ground', 10.74],
	['light', 'shared', 'panel', 9.83],
	['light', 'on-shared', 'shared', 10.74],
	['light', 'ink', 'ground', 17.79],
	['light', 'muted', 'ground', 6.18],
	['light', 'muted', 'panel', 5.66],
	['light', 'border', 'ground', 4.74],
	['light', 'hatch', 'ground', 3.88],
	['light', 'link', 'ground', 6.67],
	['light', 'error', 'ground', 8.01],
	['light', 'success', 'ground', 6.55],
	['light', 'amber', 'ground', 1.62],
	['light', 'amber-edge', 'amber', 10.99],
	['dark', 'host-a', 'ground', 7.54],
	['dark', 'host-a', 'panel', 6.67],
	['dark', 'on-host-a', 'host-a', 7.32],
	['dark', 'host-b', 'ground', 5.3],
	['dark', 'host-b', 'panel', 4.68],
	['dark', 'on-host-b', 'host-b', 5.15],
	['dark', 'pool', 'ground', 3.43],
	['dark', 'pool', 'panel', 3.04],
	['dark', 'on-pool', 'pool', 5.34],
	['dark', 'shared', 'ground', 14.17],
	['dark', 'shared', 'panel', 12.53],
	['dark', 'on-shared', 'shared', 13.76],
	['dark', 'ink', 'ground', 16.76],
	['dark', 'muted', 'ground', 8.72],
	['dark', 'border', 'ground', 6.2],
	['dark', 'link', 'ground', 9.68],
	['dark', 'error', 'ground', 9.09],
	['dark', 'success', 'ground', 11.37]
];

const text: [over: ColourName, under: ColourName][] = [
	...(['ink', 'muted', 'link', 'error', 'success'] as const).flatMap((over) => [
		[over, 'ground'] as [ColourName, ColourName],
		[over, 'panel'] as [ColourName, ColourName]
	]),
	['shared', 'panel'],
	['shared', 'ground'],
	['paper', 'ink'],
	['on-host-a', 'host-a'],
	['on-host-b', 'host-b'],
	['on-pool', 'pool'],
	['on-shared', 'shared'],
	['on-kernel', 'kernel'],
	['on-peer', 'peer']
];

const shapes: [over: ColourName, under: ColourName][] = (
	['host-a', 'host-b', 'pool', 'shared', 'border', 'hatch', 'kernel', 'other', 'peer'] as const
).flatMap((over) => [[over, 'ground'] as [ColourName, ColourName], [over, 'panel'] as [ColourName, ColourName]]);

describe.each(['light', 'dark'] as const)('the %s palette', (name) => {
	const theme = THEMES[name];

	it.each(measured.filter(([theme]) => theme === name))('%s: %s on %s is %f', (_, over, under, ratio) => {
		expect(contrast(theme[over], theme[under])).toBeCloseTo(ratio, 1);
	});

	it.each(text)('text %s on %s reaches 4.5', (over, under) => {
		expect(contrast(theme[over], theme[under])).toBeGreaterThanOrEqual(4.5);
	});

	it.each(shapes)('the shape %s on %s reaches 3', (over, under) => {
		expect(contrast(theme[over], theme[under])).toBeGreaterThanOrEqual(3);
	});

	it('never shows amber without an edge that reaches 3', () => {
		expect(contrast(theme.amber, theme['amber-edge'])).toBeGreaterThanOrEqual(3);
	});
});

it('theme.css says exactly what colour.json says', () => {
	const file = readFileSync(new URL('../../../../src/lib/ui/theme.css', import.meta.url), 'utf8');
	expect(file).toContain(themeCss());
});
