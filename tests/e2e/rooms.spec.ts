/**
 * The rooms of a Linux machine in a real browser: the walk that never ends is seen and ended, keys go down to one page frame
 * and back, motion changes nothing that stays, axe finds nothing. The figure stands alone in the gallery.
 */
import { expect, test, type Page } from '@playwright/test';
import { expectClean, inBothThemes } from './axe.ts';

const view = (page: Page) => page.locator('.view');
const block = (page: Page) => page.locator('.view section.lens');

async function open(page: Page, query: string): Promise<void> {
	await page.goto(`/gallery/?${query}`);
	await expect(page.locator('section[data-idle="true"] .view .map')).toBeVisible({
		timeout: 60_000
	});
}

/** FNV-1a over the canvas of the rooms. */
const cells = (page: Page): Promise<string> =>
	page.evaluate(() => {
		const canvas = document.querySelector<HTMLCanvasElement>('.view canvas');
		const context = canvas?.getContext('2d');
		if (!canvas || !context) throw new Error('the figure has no canvas');
		const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
		let hash = 0x811c9dc5;
		let inked = 0;
		for (let index = 0; index < data.length; index += 1) {
			hash = Math.imul(hash ^ (data[index] as number), 0x01000193) >>> 0;
			if (index % 4 === 3 && (data[index] as number) > 0) inked += 1;
		}
		if (inked < 1000) throw new Error('the figure is empty');
		return hash.toString(16);
	});

test('an offline that does not end is seen to try, and a signal ends it', async ({ page }) => {
	await open(page, 'scenario=m6-held-page&ms=6000');
	await expect(view(page)).toHaveAttribute('data-block', '32');
	await expect(block(page)).toContainText('held by an extra reference');
	await expect(block(page)).toContainText('No error, does not end');
	await block(page).getByRole('button', { name: 'signal' }).click();
	await expect(block(page)).toContainText('EINTR');
	await expect(block(page)).toContainText('echo offline > /sys/devices/system/memory/memory32/state');
	await expect(block(page)).not.toContainText('does not end');
});

test('keys go from block to page frame and back', async ({ page }) => {
	await open(page, 'scenario=m6-held-page&ms=6000');
	await page.locator('.map').focus();
	await page.keyboard.press('Enter');
	await expect(view(page)).toHaveAttribute('data-level', 'block');
	for (let step = 0; step < 4; step += 1) await page.keyboard.press('ArrowRight');
	await expect(view(page)).toContainText('Sub-block 4 of memory32: of 512 pages 1 used, 511 free');
	await page.keyboard.press('Enter');
	await expect(view(page)).toHaveAttribute('data-level', 'frames');
	await expect(view(page)).toContainText('Page frame 0x100800: page 2,048 of holder, area a');
	await page.keyboard.press('Escape');
	await page.keyboard.press('Escape');
	await expect(view(page)).toHaveAttribute('data-level', 'rooms');
	await page.keyboard.press('ArrowRight');
	await expect(view(page)).toHaveAttribute('data-block', '33');
	await page.keyboard.press('Home');
	await expect(view(page)).toHaveAttribute('data-block', '0');
	await expect(block(page)).toContainText('spans two zones, valid_zones none');
	// An order of the free lists shows in the rooms where its chunks lie.
	const places = view(page).locator('path.shown');
	await expect(places).toHaveCount(0);
	await view(page).locator('.lists .rows').focus();
	await page.keyboard.press('ArrowDown');
	await expect(places).not.toHaveCount(0);
	await expect(view(page).locator('.lists')).toContainText(/Order 10: [\d,]+ chunks? of 4.MiB.* They lie in/);
	await page.keyboard.press('Escape');
	await expect(places).toHaveCount(0);
});

test('a block that is dragged out of its room goes offline', async ({ page }) => {
	await open(page, 'scenario=m6-held-page&ms=4500');
	await page.locator('.map').focus();
	await page.keyboard.press('End');
	await expect(view(page)).toHaveAttribute('data-block', '35');
	const ring = await page.locator('.ink-ring').boundingBox();
	if (!ring) throw new Error('no block is outlined');
	await page.mouse.move(ring.x + ring.width / 2, ring.y + ring.height / 2);
	await page.mouse.down();
	await page.mouse.move(ring.x + 20, ring.y + ring.height + 40, { steps: 5 });
	await page.mouse.move(ring.x - 4, ring.y + ring.height + 90, { steps: 5 });
	await expect(page.getByText('echo offline > /sys/devices/system/memory/memory35/state').last()).toBeVisible();
	await page.mouse.up();
	await expect(block(page)).not.toContainText(/^memory35 online/);
});

test('a block that is being emptied is put back: a signal', async ({ page }) => {
	await open(page, 'scenario=m6-held-page&ms=6000');
	await expect(view(page)).toHaveAttribute('data-block', '32');
	const ring = await page.locator('.ink-ring').boundingBox();
	if (!ring) throw new Error('no block is outlined');
	const [x, y] = [ring.x + ring.width / 2, ring.y + ring.height / 2];
	await page.mouse.move(x, y);
	await page.mouse.down();
	await page.mouse.move(x + 4, y + 30, { steps: 4 });
	await expect(page.getByText('^C 7').last()).toBeVisible();
	await page.mouse.up();
	await expect(block(page)).toContainText('EINTR');
});

test('the point key says what changed, by keys alone, and goes again', async ({ page }) => {
	await open(page, 'scenario=m6-held-page&ms=5021&from=4900');
	const changed = page.getByRole('region', { name: 'What changed' });
	await expect(changed).toHaveCount(0);
	await page.locator('.map').focus();
	await page.keyboard.press('.');
	await expect(changed).toContainText('16,383 folios × 4 KiB go from memory32 to memory1');
	await expect(changed).toContainText('memory32: online → going-offline in Movable');
	await page.keyboard.press('.');
	await expect(changed).toHaveCount(0);
});

test('the wheel looks closer, keys keep the chosen block in the window, and all of it comes back', async ({ page }) => {
	await open(page, 'scenario=m6-held-page&ms=4500');
	const whole = await cells(page);
	const map = await page.locator('.map').boundingBox();
	if (!map) throw new Error('no map');
	await page.mouse.move(map.x + 60, map.y + 120);
	await page.keyboard.down('Control');
	for (let turn = 0; turn < 6; turn += 1) await page.mouse.wheel(0, -240);
	await page.keyboard.up('Control');
	await expect(page.locator('.where')).toContainText('Node 0');
	expect(await cells(page)).not.toBe(whole);
	await page.locator('.map').focus();
	await page.keyboard.press('End');
	await expect(view(page)).toHaveAttribute('data-block', '35');
	const ring = await page.locator('.ink-ring').boundingBox();
	const after = await page.locator('.map').boundingBox();
	if (!ring || !after) throw new Error('no block is outlined');
	expect(ring.x).toBeGreaterThanOrEqual(after.x);
	expect(ring.x + ring.width).toBeLessThanOrEqual(after.x + after.width + 1);
	expect(ring.y + ring.height).toBeLessThanOrEqual(after.y + after.height + 1);
	await page.getByRole('button', { name: 'Show the whole machine' }).click();
	await expect(page.locator('.where')).toHaveCount(0);
	await page.getByRole('button', { name: 'Look closer' }).click();
	await expect(page.locator('.where')).toBeVisible();
});

test('a block is brought online from the picture in the zone that is asked for', async ({ page }) => {
	await open(page, 'scenario=v2-nobody-onlines&ms=60000');
	await expect(block(page)).toContainText('in no zone');
	await block(page).getByRole('button', { name: 'online_movable' }).click();
	await expect(block(page)).toContainText('zone Movable');
	await expect(page.locator('.lists')).toContainText('1 Movable');
});

test('without motion the same cells, and the walk as an arrow with its count', async ({ page }) => {
	await open(page, 'scenario=m6-held-page&ms=5021&from=4900');
	await expect(page.locator('section[data-idle="true"]')).toBeVisible();
	const moving = await cells(page);
	await open(page, 'scenario=m6-held-page&ms=5021&from=4900&motion=reduced');
	await expect(page.getByText('16,383 folios × 4 KiB', { exact: true })).toBeVisible();
	await expect(page.getByRole('region', { name: 'What changed' })).toContainText('go from memory32 to memory1');
	expect(await cells(page)).toBe(moving);
});

test('everything can be reached on a phone, and nothing is wider than it', async ({ page }) => {
	await page.setViewportSize({ width: 390, height: 844 });
	await open(page, 'scenario=m6-held-page&ms=6000&room=358x760');
	await page.getByText('Watermarks').scrollIntoViewIfNeeded();
	await expect(page.getByText('Watermarks')).toBeInViewport();
	const lens = await block(page).boundingBox();
	const lists = await page.locator('.lists').boundingBox();
	expect((lens?.y ?? 0) + (lens?.height ?? 0)).toBeLessThanOrEqual(lists?.y ?? 0);
	const overflow = await view(page).evaluate((element) => element.scrollWidth - element.clientWidth);
	expect(overflow).toBeLessThanOrEqual(0);
});

test('axe finds nothing in the rooms in light and in dark', async ({ page }) => {
	await page.emulateMedia({ reducedMotion: 'reduce' });
	await open(page, 'scenario=m5-partly-plugged&ms=15000');
	await inBothThemes(page, (scheme) => expectClean(page, { where: scheme, only: '.view' }));
});
