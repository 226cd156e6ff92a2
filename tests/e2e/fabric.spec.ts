/**
 * Goal: a world with a fabric is used from its pictures, its panels and its console alike, each showing the others. Method: the
 * built page, real keys and a real engine; waits are on what the page says, never on time.
 */
import { expect, test, type Page } from '@playwright/test';
import { expectClean } from './axe.ts';

const play = (page: Page) => page.locator('.play');
const idle = (page: Page) => expect(play(page)).toHaveAttribute('data-idle', 'true', { timeout: 60_000 });

async function open(page: Page, title: string, atEnd = true): Promise<void> {
	await page.goto('/play/');
	await idle(page);
	await page.getByRole('button', { name: 'Scenario', exact: true }).click();
	await page.getByRole('button', { name: new RegExp(title) }).click();
	await expect(page.locator('[data-fabric]')).toBeVisible();
	await idle(page);
	if (!atEnd) return;
	await page.getByRole('slider', { name: 'Time' }).focus();
	await page.keyboard.press('End');
	await idle(page);
}
async function view(page: Page, name: string): Promise<void> {
	await page.getByRole('group', { name: 'What the stage shows' }).getByRole('button', { name, exact: true }).click();
	await idle(page);
}
async function type(page: Page, line: string): Promise<void> {
	const input = page.locator('.console input');
	await input.fill(line);
	await input.press('Enter');
	await idle(page);
}
const log = (page: Page) => page.locator('.console [role="log"]');

test('one byte has other names on two hosts, and every view follows it', async ({ page }) => {
	await open(page, 'share a tag');
	await view(page, 'Extents');
	const probe = page.getByRole('slider', { name: 'Followed byte of the line' });
	await page.getByRole('textbox', { name: 'offset' }).fill('0x12345000');
	await page.getByRole('textbox', { name: 'offset' }).press('Enter');
	await expect(probe).toHaveAttribute('aria-valuenow', String(0x1234_5000));
	const words = page.locator('.extents p.visually-hidden');
	await expect(words).toContainText('0x2_4234_5000 on Host A, its physical address 0x10_c234_5000');
	await expect(words).toContainText('0xa234_5000 on Host B, its physical address 0x48_6234_5000');
	await probe.focus();
	await page.keyboard.press('End');
	await expect(words).not.toContainText('0x2_4234_5000');
	await page.getByRole('textbox', { name: 'offset' }).fill('0x12345000');
	await page.getByRole('textbox', { name: 'offset' }).press('Enter');
	await view(page, 'Addresses');
	await expect(page.getByRole('textbox', { name: /Address that Host A loads/ })).toHaveValue('0x10_C234_5000');
	await expect(page.locator('.decoders p.visually-hidden')).toContainText('device address 0x2_4234_5000');
	// One device takes no second way: the reason stands where it was asked for.
	const shape = page.getByRole('button', { name: /^Interleave of the window of Host A: 1 way/ });
	await shape.focus();
	await page.keyboard.press('Enter');
	await page.getByRole('group', { name: 'ways' }).getByRole('button', { name: '1', exact: true }).focus();
	await page.keyboard.press('ArrowRight');
	await page.keyboard.press('Enter');
	await expect(page.locator('.set [role="status"]')).toContainText('ENXIO: 2 ways need as many devices');
	await page.keyboard.press('Escape');
	await expect(shape).toBeFocused();
});

test('on a phone panels are turned one by one, and how a host answers is set at its rail', async ({ page }) => {
	await page.setViewportSize({ width: 390, height: 844 });
	await page.emulateMedia({ reducedMotion: 'reduce' });
	await open(page, 'share a tag', false);
	await view(page, 'Extents');
	await page.getByRole('combobox', { name: 'How Host B answers offers' }).selectOption('by-hand');
	await idle(page);
	await expect(page.getByRole('combobox', { name: 'How Host B answers offers' })).toHaveValue('by-hand');
	await expect(page.getByRole('group', { name: 'Event log of Host B' })).toHaveCount(0);
	await page.getByRole('slider', { name: /Pieces and their line/ }).press('End');
	await expect(page.getByRole('group', { name: 'Event log of Host B' })).toBeVisible();
	await expect(page.getByRole('group', { name: 'Extents of Host B' })).toHaveCount(0);
	expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
});

test('what is done at an extent stands in the console as its line, and a typed line moves the picture', async ({ page }) => {
	await open(page, 'share a tag');
	await view(page, 'Extents');
	const pieces = page.getByRole('group', { name: 'Extents of Host B' }).getByRole('button');
	await pieces.first().focus();
	await page.keyboard.press('Enter');
	await expect(page.locator('#inspector-title')).toContainText('Extent at');
	await page.getByRole('group', { name: 'What the fabric manager can do here' }).getByRole('button', { name: 'Force' }).click();
	await idle(page);
	await expect(pieces.first()).toHaveAccessibleName(/taken by force/);
	await page.locator('.play').press('~');
	await expect(log(page)).toContainText('initiate-dynamic-capacity-release host=B policy=tag-based');
	await expect(log(page)).toContainText('forced=true');

	await page.getByRole('combobox', { name: 'Whose console' }).selectOption('A');
	await type(page, 'cxl list -RN -u');
	await expect(log(page)).toContainText('"uuid"');
	await type(page, 'nonsense');
	await expect(log(page)).toContainText('host knows no "nonsense"');
	await type(page, 'fm');
	await expect(log(page)).toContainText('a command is');
	await type(page, 'fault A crash-host');
	await expect(page.locator('.extents')).toContainText('crashed');
	await type(page, 'help');
	await expect(log(page)).toContainText('fabric manager');
});

test('a device is plugged in, offered from and pulled out by hand; a refusal says why', async ({ page }) => {
	await open(page, 'share a tag');
	await view(page, 'Map');
	await page.getByRole('button', { name: 'Build', exact: true }).click();
	const panel = page.getByRole('region', { name: 'Build by hand' }).or(page.locator('section.panel'));
	await panel.getByLabel('Kind').selectOption('sld');
	await panel.getByRole('button', { name: /Plug in mem0/ }).click();
	await idle(page);
	await expect(page.getByRole('button', { name: /^Device mem0: SLD/ })).toBeVisible();
	await page.getByRole('button', { name: 'Offer', exact: true }).first().click();
	await panel.getByLabel('Device', { exact: true }).selectOption('mem0');
	await panel.getByLabel('Size').fill('900 GiB');
	await panel.getByRole('button', { name: 'Offer', exact: true }).click();
	await idle(page);
	await expect(panel.getByRole('alert')).toContainText(/resources exhausted/i);
	await panel.getByLabel('Size').fill('256 MiB');
	await panel.getByRole('button', { name: 'Offer', exact: true }).click();
	await idle(page);
	await expect(panel.getByRole('alert')).toHaveCount(0);
	await page.keyboard.press('Escape');
	await page.getByRole('button', { name: /^Device mem0: SLD/ }).click();
	await page.locator('#inspector').getByRole('button', { name: 'Pull the plug' }).click();
	await idle(page);
	await expect(page.getByRole('button', { name: /^Device mem0: SLD, one host, pulled out/ })).toBeVisible();
});

test('a ghost in a cache is named and goes with an invalidate', async ({ page }) => {
	await open(page, 'share a tag');
	await view(page, 'Caches');
	const form = page.locator('.coherence form');
	const press = async (word: string) => {
		await form.getByRole('button', { name: word, exact: true }).click();
		await idle(page);
	};
	await form.getByLabel('host').selectOption('B');
	await press('load');
	await form.getByLabel('host').selectOption('A');
	await press('store');
	await press('flush');
	const ghost = page.locator('.coherence button.ghost');
	await expect(ghost).toHaveAccessibleName(/Host B: .*stale: the newest store is store \d+ of A/);
	await form.getByLabel('host').selectOption('B');
	await press('invalidate');
	await expect(ghost).toHaveCount(0);
});

test('all views pass axe, also on a phone with motion reduced, and nothing runs out of the page', async ({ page }) => {
	await open(page, 'More offers than the log');
	for (const [width, height, colorScheme] of [
		[1366, 768, 'light'],
		[390, 844, 'dark']
	] as const) {
		await page.setViewportSize({ width, height });
		await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
		for (const name of ['Map', 'Extents', 'Addresses', 'Caches']) {
			await view(page, name);
			await expectClean(page, { where: `${name} ${width}`, only: '.play' });
			expect(await page.evaluate(() => document.documentElement.scrollWidth), name).toBeLessThanOrEqual(width);
		}
	}
});

test('the differences between standard, QEMU and Linux are a page with a run behind it', async ({ page }) => {
	await page.goto('/model/profiles/');
	await expect(page.getByRole('row', { name: /^Forced release/ })).toContainText('access is cut at once');
	const link = page.getByRole('link', { name: 'What the standard says, what a lab shows' });
	await expect(link).toHaveAttribute('href', /play\/#/);
	await link.click();
	await expect(page.locator('[data-fabric]')).toBeVisible({ timeout: 60_000 });
});
