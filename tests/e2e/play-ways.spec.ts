/**
 * The playground on every kind of screen and by every way in: stills on a phone, opening by key, Find, the projector mode;
 * and that it says one thing once.
 */
import { expect, test } from '@playwright/test';
import { button, idle, nowNs, open, time } from './play-page.ts';

test('a phone gets stills in order, one at a time', async ({ page }) => {
	await page.setViewportSize({ width: 390, height: 844 });
	await open(page);
	const next = page.getByRole('button', { name: 'Next', exact: true });
	const caption = page.locator('figcaption').first();
	await expect(caption).toContainText('Still 1 of');
	let last = await nowNs(page);
	for (let press = 0; press < 3; press += 1) {
		await next.click();
		await idle(page);
		const now = await nowNs(page);
		expect(now).toBeGreaterThan(last);
		last = now;
	}
	await expect(caption).toContainText('Still 4 of');
	expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
});

test('Enter opens the cell that was chosen, level by level, and Esc comes back to it', async ({ page }) => {
	await open(page);
	const map = page.getByRole('application', { name: /Host A/ });
	const box = (await map.boundingBox())!;
	// Fourth tile of the fifth row, a cell in its middle.
	await map.click({ position: { x: box.width * (3.6 / 8), y: box.height * (4.6 / 8) } });
	await idle(page);
	const place = page.locator('nav.path');
	await page.keyboard.press('Enter');
	await expect(place).toContainText('memory35');
	await page.keyboard.press('Enter');
	await expect(place).toContainText(/sub-block \d+/);
	await expect(place).not.toContainText('sub-block 0');
	const opened = await place.innerText();
	await page.keyboard.press('Escape');
	await page.keyboard.press('Enter');
	expect(await place.innerText()).toBe(opened);
	await page.keyboard.press('Escape');
	await page.keyboard.press('Escape');
	await expect(place).toHaveCount(0);
});

test('says one speed and one gap, wherever it says them', async ({ page }) => {
	await open(page);
	await page.keyboard.press('c');
	await idle(page);
	for (let press = 0; press < 4; press += 1) {
		await page.keyboard.press('Shift+ArrowRight');
		await idle(page);
	}
	const cell = (row: RegExp, column: number) => page.locator('.differences > div').filter({ hasText: row }).locator('dd').nth(column);
	// Above each stage and in the table between them.
	const said = await page.locator('.pair .half .moment p').last().innerText();
	expect(said.replace(/\s/g, '')).toContain(`${(await cell(/guest speed/, 1).innerText()).replace(/\s/g, '')}guestspeed`);
	await page.keyboard.press('c');
	await idle(page);
	await page.getByRole('radio', { name: 'commit' }).click();
	await button(page, 'Step').click();
	await idle(page);
	const stopped = page.locator('.moment dl div', { hasText: 'guest stopped' }).locator('dd');
	await expect(page.locator('.budget figcaption b').first()).toContainText(await stopped.innerText());
	await expect(page.locator('.budget').first()).toContainText(/QEMU’s fixed costs, \d/);
});

test('Find offers only what this world has now', async ({ page }) => {
	await open(page);
	await page.keyboard.press('f');
	const dialog = page.getByRole('dialog', { name: 'Find' });
	const examples = dialog.locator('.examples button');
	await expect(examples.first()).toBeVisible();
	for (const name of await examples.allInnerTexts()) {
		await dialog.getByRole('button', { name, exact: true }).click();
		await expect(dialog.locator('li').first()).toBeVisible();
	}
});

test('a phone reaches every tool', async ({ page }) => {
	await page.setViewportSize({ width: 390, height: 844 });
	await open(page);
	for (const name of ['Scenario', 'Migrate', 'Compare', 'Check', 'Find']) await expect(button(page, name)).toBeInViewport({ ratio: 1 });
	await button(page, 'Compare').click();
	await idle(page);
	await page.getByRole('button', { name: /^Add the same/ }).click();
	await idle(page);
	await expect(page.locator('.phone .one > h2')).toHaveText(['by reference', 'by copy']);
	expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
});

test('the projector mode enlarges everything, is remembered, and time is still dragged truly', async ({ page }) => {
	await open(page);
	const title = page.locator('.moment p').first();
	const small = (await title.boundingBox())!.height;
	await page.keyboard.press('p');
	await expect(page.getByRole('button', { name: 'Large type for a projector' })).toHaveAttribute('aria-pressed', 'true');
	await expect.poll(async () => (await title.boundingBox())!.height).toBeGreaterThan(small * 1.15);
	await page.reload();
	await idle(page);
	await expect.poll(async () => (await title.boundingBox())!.height).toBeGreaterThan(small * 1.15);
	const track = (await time(page).boundingBox())!;
	await page.mouse.move(track.x + track.width * 0.2, track.y + track.height / 2);
	await page.mouse.down();
	await page.mouse.move(track.x + track.width * 0.5, track.y + track.height / 2, { steps: 4 });
	await page.mouse.up();
	await idle(page);
	const until = Number(await time(page).getAttribute('aria-valuemax'));
	expect((await nowNs(page)) / until).toBeCloseTo(0.5, 1);
	await page.keyboard.press('p');
	await expect.poll(async () => (await title.boundingBox())!.height).toBeLessThan(small * 1.1);
});
