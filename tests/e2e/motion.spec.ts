/**
 * Motion shows the way, never the result: whoever switches it off, by the system or here, sees the very same picture at
 * every settled state. Compared by the pixels of the cells.
 */
import { expect, test, type Page } from '@playwright/test';

const play = (page: Page) => page.locator('.play');
const idle = (page: Page) => expect(play(page)).toHaveAttribute('data-idle', 'true', { timeout: 60_000 });

/** FNV-1a over the canvas of the stage. */
const picture = (page: Page): Promise<string> =>
	page.evaluate(() => {
		const canvas = document.querySelector<HTMLCanvasElement>('#stage canvas');
		const context = canvas?.getContext('2d');
		if (!canvas || !context) throw new Error('the stage has no canvas');
		const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
		let hash = 0x811c9dc5;
		let inked = 0;
		for (let index = 0; index < data.length; index += 1) {
			hash = Math.imul(hash ^ (data[index] as number), 0x01000193) >>> 0;
			if (index % 4 === 3 && (data[index] as number) > 0) inked += 1;
		}
		if (inked < 1000) throw new Error('the stage is empty');
		return hash.toString(16);
	});

/** The same way through the run, and the picture at each stop. */
async function walk(page: Page): Promise<string[]> {
	await page.goto('/play/');
	await idle(page);
	const pictures: string[] = [];
	const stop = async (): Promise<void> => {
		await idle(page);
		await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
		pictures.push(await picture(page));
	};
	await stop();
	await page.keyboard.press('Shift+ArrowRight');
	await stop();
	for (let press = 0; press < 4; press += 1) await page.keyboard.press('ArrowRight');
	await stop();
	await page.keyboard.press('Shift+ArrowRight');
	await stop();
	await page.keyboard.press('Shift+ArrowLeft');
	await stop();
	await page.keyboard.press('End');
	await stop();
	return pictures;
}

test('with and without motion every settled picture is the same', async ({ browser }) => {
	const pictures = async (options: { reducedMotion: 'reduce' | 'no-preference' }): Promise<string[]> => {
		const context = await browser.newContext({
			...options,
			viewport: { width: 1366, height: 768 }
		});
		const page = await context.newPage();
		const found = await walk(page);
		await context.close();
		return found;
	};
	const moving = await pictures({ reducedMotion: 'no-preference' });
	const still = await pictures({ reducedMotion: 'reduce' });
	expect(still).toEqual(moving);
	expect(new Set(moving).size).toBeGreaterThanOrEqual(4);
});

test('the own switch does what the setting of the system does, and is kept', async ({ page }) => {
	await page.emulateMedia({ reducedMotion: 'no-preference' });
	await page.goto('/play/');
	await idle(page);
	const motion = page.getByRole('button', { name: 'Motion', exact: true });
	await expect(motion).toHaveAttribute('aria-pressed', 'true');
	await motion.click();
	await expect(motion).toHaveAttribute('aria-pressed', 'false');
	await expect(page.locator('html')).toHaveAttribute('data-motion', 'reduced');
	await page.reload();
	await idle(page);
	await expect(page.locator('html')).toHaveAttribute('data-motion', 'reduced');
	// A step settles at once: nothing is in between.
	await page.keyboard.press('Shift+ArrowRight');
	await idle(page);
	const settled = await picture(page);
	await page.keyboard.press('Escape');
	expect(await picture(page)).toBe(settled);
});

test('nothing moves on the page while it plays but what is meant to', async ({ page }) => {
	test.setTimeout(240_000);
	await page.goto('/play/');
	await idle(page);
	await page.evaluate(() => {
		const shifts: number[] = [];
		(globalThis as unknown as { shifts: number[] }).shifts = shifts;
		new PerformanceObserver((list) => {
			for (const entry of list.getEntries()) shifts.push((entry as unknown as { value: number }).value);
		}).observe({ type: 'layout-shift', buffered: false });
	});
	await page.getByRole('slider', { name: 'Speed' }).press('End');
	await page.keyboard.press('Escape');
	await page.getByRole('button', { name: 'Play', exact: true }).click();
	await expect(play(page)).toHaveAttribute('data-state', 'paused', { timeout: 180_000 });
	const total = await page.evaluate(() => (globalThis as unknown as { shifts: number[] }).shifts.reduce((sum, one) => sum + one, 0));
	expect(total).toBeLessThan(0.02);
});
