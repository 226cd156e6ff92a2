/**
 * The front page tells one run to somebody who touches nothing, stops when asked, and says the same to those who see no
 * motion, have a phone, have no pointer, no engine, or no script.
 */
import { expect, test, type Page } from '@playwright/test';

const story = (page: Page) => page.locator('.story');
const ready = (page: Page) => expect(story(page)).toHaveAttribute('data-ready', 'true', { timeout: 60_000 });
const idle = (page: Page) => expect(story(page)).toHaveAttribute('data-idle', 'true', { timeout: 60_000 });
const word = (page: Page) => page.getByRole('button', { name: /^Owner word of vm0/ });
/** Some pictures later: nothing that moves by itself can hide from that. */
const afterFrames = (page: Page, count: number) =>
	page.evaluate(
		(left) =>
			new Promise<void>((done) => {
				const next = (rest: number): void => void (rest === 0 ? done() : requestAnimationFrame(() => next(rest - 1)));
				next(left);
			}),
		count
	);

test('untouched it tells the story once and rests on the engine’s own numbers', async ({ page }) => {
	await page.goto('/');
	await ready(page);
	await expect(page.getByRole('button', { name: 'Play again' })).toBeVisible({ timeout: 60_000 });
	await idle(page);
	await expect(story(page)).toHaveAttribute('data-stop', '4');
	await expect(word(page)).toHaveAccessibleName(/: B, local, incarnation 1, token \d+$/);
	const figures = page.locator('.figures');
	await expect(figures.first()).toContainText(/0\sB/);
	await expect(figures.first()).toContainText('on the network');
	await expect(figures.first()).toContainText(/8\.59\sGB\s*over CXL so far/);
	await expect(figures.last()).toContainText(/5\.15\sms\s*guest stopped/);
	await expect(page.getByRole('link', { name: 'What the model leaves out' })).toBeVisible();
});

test('a pause is in sight from the first moment and holds the picture', async ({ page }) => {
	await page.goto('/');
	await ready(page);
	await page.getByRole('button', { name: 'Pause' }).click();
	await idle(page);
	const step = page.locator('.step');
	const words = await step.innerText();
	await afterFrames(page, 30);
	expect(await step.innerText()).toBe(words);
	await page.getByRole('button', { name: 'Play', exact: true }).click();
	await expect(page.getByRole('button', { name: 'Play again' })).toBeVisible({ timeout: 60_000 });
});

test('each stop shows its moment, forwards and backwards', async ({ page }) => {
	await page.emulateMedia({ reducedMotion: 'reduce' });
	await page.goto('/');
	await ready(page);
	const stops = [
		['Runs on A', /A, local/],
		['Pages cross to the pool', /A, staging/],
		['One word flips', /B, active/],
		['Pages go home', /B, unstaging/]
	] as const;
	for (const [title, owner] of [...stops, ...stops.toReversed()]) {
		await page.getByRole('button', { name: title }).click();
		await expect(word(page)).toHaveAccessibleName(owner);
		await idle(page);
	}
});

test('without motion nothing starts by itself, and one button walks through four stills', async ({ page }) => {
	await page.emulateMedia({ reducedMotion: 'reduce' });
	await page.goto('/');
	await ready(page);
	await idle(page);
	await afterFrames(page, 30);
	await expect(story(page)).toHaveAttribute('data-stop', '1');
	for (const stop of ['2', '3', '4']) {
		await page.getByRole('button', { name: 'Next still' }).click();
		await expect(story(page)).toHaveAttribute('data-stop', stop);
		await idle(page);
	}
	await expect(page.locator('.still').first()).toBeAttached();
});

test('a memory is entered and left with the keyboard, and says where one is', async ({ page }) => {
	await page.emulateMedia({ reducedMotion: 'reduce' });
	await page.goto('/');
	await ready(page);
	await idle(page);
	const map = page.getByRole('application', { name: /^Host A/ });
	await expect(map).toHaveAccessibleName(/8\sGiB: 50\s% host A/);
	await map.focus();
	await page.keyboard.press('ArrowRight');
	await page.keyboard.press('Enter');
	const opened = page.locator('.map').first();
	// The cursor comes in on the first cell, the one that stands for what was opened.
	await expect(opened).toHaveAccessibleName(/^memory0, 128\sMiB, 64 sub-blocks/);
	await page.keyboard.press('ArrowRight');
	await page.keyboard.press('Enter');
	await expect(opened).toHaveAccessibleName(/memory0, sub-block 1: .*of 512 pages used/);
	await page.keyboard.press('Escape');
	await page.keyboard.press('Escape');
	await expect(opened).toHaveAccessibleName(/^Host A/);
});

test('on a phone the words come first and nothing is wider than the page', async ({ page }) => {
	await page.setViewportSize({ width: 390, height: 844 });
	await page.emulateMedia({ reducedMotion: 'reduce' });
	await page.goto('/');
	await ready(page);
	await page.getByRole('button', { name: 'One word flips' }).click();
	await idle(page);
	await expect(page.getByText('3 of 4 · One word flips')).toBeVisible();
	await expect(page.getByRole('img', { name: /^Owner word: B, active/ })).toBeVisible();
	await expect(page.getByRole('img', { name: /^Hand-off: one word flips, no page moves/ })).toBeVisible();
	const widths = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
	expect(widths[0]).toBeLessThanOrEqual(widths[1] as number);
	const heights = await page
		.locator('.stops button, .press')
		.evaluateAll((buttons) => buttons.map((button) => button.getBoundingClientRect().height));
	for (const height of heights) expect(height).toBeGreaterThanOrEqual(44);
});

test('without an engine the story is still there in words', async ({ page }) => {
	await page.route(/worker/, (route) => route.abort());
	await page.goto('/');
	await expect(page.getByText(/The figure could not start here/)).toBeVisible({ timeout: 60_000 });
	for (const title of ['Runs on A', 'Pages cross to the pool', 'One word flips', 'Pages go home'])
		await expect(page.getByText(title, { exact: true })).toBeVisible();
});

test.describe('without script', () => {
	test.use({ javaScriptEnabled: false });
	test('headline, doors and the four steps are in the page', async ({ page }) => {
		await page.goto('/');
		await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
		await expect(page.getByRole('link', { name: /^Start/ })).toHaveAttribute('href', /\/learn\/three-migrations\/$/);
		await expect(page.getByRole('link', { name: /^Play Two hosts/ })).toBeVisible();
		await expect(page.getByText('One word flips', { exact: true })).toBeVisible();
	});
});
