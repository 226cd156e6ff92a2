/** Every future of a run: asked, walked through with keys, opened as a run of its own, and asked again from there. */
import { expect, test, type Page } from '@playwright/test';
import { expectClean } from './axe.ts';

const explored = (page: Page, kind: 'search' | 'futures') =>
	expect(page.locator('.explore[data-idle=true]')).toHaveAttribute('data-kind', kind, { timeout: 60_000 });

test('what could come of a run is found, said, and opened one step before its fault', async ({ page }) => {
	await page.goto('/explore/?lost=wrong-dma&futures=every&steps=1&at=phases&vary=faults');
	await page.getByRole('button', { name: /Where did the risk enter/ }).click();
	await explored(page, 'search');
	await expect(page.locator('.words')).toContainText('with “fail”');
	await expect(page.locator('.words')).toContainText('with “hot-plug”');
	await expectClean(page);

	// The tree begins where the risk entered; its first branch is the nearest loss.
	await page.locator('[role=treeitem][tabindex="0"]').focus();
	await page.keyboard.press('ArrowDown');
	await expect(page.getByRole('complementary', { name: 'State at the cursor' })).toContainText('lost here');
	await page.getByRole('button', { name: 'Keep it' }).click();
	await expect(page.locator('.run')).toHaveCount(2);
	await page.locator('[role=treeitem][data-verdict=lost]').first().focus();
	await page.keyboard.press('Enter');
	await expect(page.locator('.play')).toHaveAttribute('data-idle', 'true', { timeout: 60_000 });
	await expect(page.locator('.play')).toHaveAttribute('data-state', 'paused');

	await page.getByRole('button', { name: 'What could come of this moment?' }).click();
	await explored(page, 'search');
	await expect(page.locator('.words')).toContainText(/^Wrong DMA (is|becomes) certain/);

	// What was kept came along to the run and back; a branch is looked at further where it stands.
	await expect(page.locator('.run')).toHaveCount(2);
	const closed = page.locator('[role=treeitem][aria-level="2"][aria-expanded=false]').first();
	const key = await closed.getAttribute('data-key');
	await closed.focus();
	await page.keyboard.press('ArrowRight');
	await expect(page.locator(`[role=treeitem][data-key='${key}']`)).toHaveAttribute('aria-expanded', 'true', { timeout: 60_000 });
	await expect(page.locator('[role=treeitem][aria-level="3"]').first()).toBeVisible();
});
