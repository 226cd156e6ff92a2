/**
 * Every page for everybody: axe finds nothing in either theme, the playground is used without a pointer, focus is seen, and
 * nothing is too small to hit.
 */
import { expect, test, type Page } from '@playwright/test';
import { expectClean, inBothThemes } from './axe.ts';

const PAGES = [
	'/',
	'/play/',
	'/model/',
	'/model/profiles/',
	'/model/switching/',
	'/model/movers/',
	'/model/race/',
	'/model/objections/',
	'/learn/',
	'/learn/living-in-cxl/',
	'/link/',
	'/explore/'
] as const;
const play = (page: Page) => page.locator('.play');
const idle = (page: Page) => expect(play(page)).toHaveAttribute('data-idle', 'true', { timeout: 60_000 });

for (const address of PAGES)
	test(`axe finds nothing on ${address} in light and in dark`, async ({ page }) => {
		await page.emulateMedia({ reducedMotion: 'reduce' });
		await page.goto(address);
		await expect(page.locator('h1').first()).toBeAttached();
		if (address === '/play/') await idle(page);
		await inBothThemes(page, (scheme) => expectClean(page, { where: scheme }));
	});

test('axe finds nothing in the panels and dialogs of the playground', async ({ page }) => {
	await page.goto('/play/');
	await idle(page);
	for (const tool of ['Scenario', 'Open', 'Migrate', 'Load', 'Pin', 'Compare', 'Check']) {
		await page.getByRole('button', { name: tool, exact: true }).click();
		await expect(page.locator('.panel')).toBeVisible();
		await idle(page);
		// It fades in: colours count when it stands.
		await page.locator('.panel').evaluate((panel) => Promise.all(panel.getAnimations().map((one) => one.finished)));
		await expectClean(page, { where: tool, only: '.panel' });
		await page.keyboard.press('Escape');
		await expect(page.locator('.panel')).toHaveCount(0);
	}
	for (const key of ['f', '?']) {
		await page.keyboard.press(key);
		await expect(page.getByRole('dialog')).toBeVisible();
		await expectClean(page, { where: key, only: 'dialog[open]' });
		await page.keyboard.press('Escape');
		await expect(page.getByRole('dialog')).toHaveCount(0);
	}
});

test('a migration is watched, searched and explained with the keyboard alone', async ({ page }) => {
	await page.goto('/play/');
	await idle(page);
	// The first stop of Tab leads past the bar.
	await page.keyboard.press('Tab');
	await expect(page.getByRole('link', { name: 'Skip to the content' })).toBeFocused();
	await page.keyboard.press('Enter');
	await expect(page.locator('#main')).toBeFocused();

	await page.keyboard.press('Shift+ArrowRight');
	await idle(page);
	const first = Number(await play(page).getAttribute('data-now-ns'));
	expect(first).toBeGreaterThan(0);
	await page.keyboard.press('ArrowRight');
	await idle(page);
	await page.keyboard.press('Shift+ArrowLeft');
	await idle(page);
	expect(Number(await play(page).getAttribute('data-now-ns'))).toBeLessThanOrEqual(first);

	const speed = page.getByRole('slider', { name: 'Speed' });
	const before = await speed.inputValue();
	await page.keyboard.press('+');
	await expect(speed).toHaveValue(String(Number(before) + 1));
	await page.keyboard.press('Space');
	await expect(play(page)).toHaveAttribute('data-state', 'playing');
	await page.keyboard.press('Space');
	await expect(play(page)).toHaveAttribute('data-state', 'paused');
	await idle(page);

	await page.keyboard.press('f');
	await page.keyboard.type('vm0');
	await page.keyboard.press('Enter');
	await expect(page.getByRole('dialog').locator('li button').first()).toBeVisible();
	await page.keyboard.press('Tab');
	await page.keyboard.press('Tab');
	await page.keyboard.press('Enter');
	await expect(page.locator('#inspector-title')).toContainText('vm0');
	await page.keyboard.press('i');
	await expect(page.locator('#inspector')).toBeFocused();
	await page.keyboard.press('?');
	await expect(page.getByRole('dialog', { name: 'Keys' })).toBeVisible();
	await page.keyboard.press('Escape');
	await expect(page.getByRole('dialog')).toHaveCount(0);
});

test('what has the focus is seen, and every target can be hit', async ({ page }) => {
	await page.goto('/play/');
	await idle(page);
	const missing: string[] = [];
	const names = new Set<string>();
	for (let press = 0; press < 60; press += 1) {
		await page.keyboard.press('Tab');
		const focused = await page.evaluateHandle(() => document.activeElement as HTMLElement);
		const place = await focused.evaluate((element) => {
			const box = element.getBoundingClientRect();
			return {
				html: element.outerHTML.slice(0, 140),
				body: element === document.body,
				x: box.x,
				y: box.y,
				width: box.width,
				height: box.height
			};
		});
		if (place.body || names.has(place.html)) continue;
		names.add(place.html);
		const x = Math.max(0, place.x - 5);
		const y = Math.max(0, place.y - 5);
		const clip = {
			x,
			y,
			width: Math.min(1366 - x, place.width + 10),
			height: Math.min(768 - y, place.height + 10)
		};
		if (clip.width <= 0 || clip.height <= 0) {
			missing.push(`outside the window: ${place.html}`);
			continue;
		}
		// Seen = the pixels around it are others with the focus than without.
		const on = await page.screenshot({ clip, animations: 'disabled', caret: 'initial' });
		await focused.evaluate((element) => element.blur());
		const off = await page.screenshot({ clip, animations: 'disabled', caret: 'initial' });
		await focused.evaluate((element) => element.focus());
		if (on.equals(off)) missing.push(place.html);
	}
	expect(missing).toEqual([]);
	expect(names.size).toBeGreaterThan(30);
	const small = await page.evaluate(() =>
		[...document.querySelectorAll('button, a, input, select, summary, [role=slider], [role=tab]')]
			.filter((element) => {
				const box = element.getBoundingClientRect();
				if (box.width === 0 || box.height === 0 || element.closest('p')) return false;
				const style = getComputedStyle(element);
				return style.visibility !== 'hidden' && (box.width < 24 || box.height < 24);
			})
			.map(
				(element) =>
					`${element.outerHTML.slice(0, 120)} ${Math.round(element.getBoundingClientRect().width)}x${Math.round(element.getBoundingClientRect().height)}`
			)
	);
	expect(small).toEqual([]);
});

test('the state is told in words once it stands still', async ({ page }) => {
	await page.goto('/play/');
	await idle(page);
	const spoken = page.locator('[data-spoken]');
	await expect(spoken).toContainText(/\. .+\./);
	const before = await spoken.textContent();
	await page.keyboard.press('End');
	await idle(page);
	await expect(spoken).not.toHaveText(before ?? '');
	await expect(page.getByRole('slider', { name: 'Simulated time' })).toHaveAttribute('aria-valuetext', /(ms|s)/);
	await page.getByRole('button', { name: 'Table', exact: true }).click();
	await expect(page.getByRole('dialog').getByRole('row')).not.toHaveCount(0);
});
