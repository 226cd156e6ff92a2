import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

/** Rules that every page is held to: WCAG 2.2 A and AA, and what axe calls best practice. */
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/**
 * axe finds nothing on the page, or in the part of it that is named. Our pages have no frames, so one call inside the page
 * does (axe's "legacy mode"; otherwise each look opens a second page to add up frames), and nothing is told of what passes.
 */
export async function expectClean(
	page: Page,
	{ where = '', only }: { readonly where?: string; readonly only?: string } = {}
): Promise<void> {
	const axe = new AxeBuilder({ page })
		.options({ resultTypes: ['violations'] })
		.withTags(TAGS)
		.setLegacyMode(true);
	const { violations } = await (only === undefined ? axe : axe.include(only)).analyze();
	expect(violations.map((one) => `${where} ${one.id}: ${one.nodes.map((node) => node.html.slice(0, 160)).join(' | ')}`)).toEqual([]);
}

const GROUND = { light: 'rgb(255, 255, 255)', dark: 'rgb(16, 21, 28)' } as const;

/** The page that is open in one theme and in the other: styles change at once, figures with the next picture. */
export async function inBothThemes(page: Page, look: (scheme: 'light' | 'dark') => Promise<void>): Promise<void> {
	for (const scheme of ['light', 'dark'] as const) {
		await page.emulateMedia({ colorScheme: scheme });
		await expect(page.locator('body')).toHaveCSS('background-color', GROUND[scheme]);
		await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
		await look(scheme);
	}
}
