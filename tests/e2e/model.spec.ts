/** The page of the model runs the engine where the reader asks for it: progress first, then figures in every column. */
import { expect, test } from '@playwright/test';

test('the smaller cases run in the browser and fill their columns', async ({ page }) => {
	test.setTimeout(240_000);
	await page.goto('/model/');
	const loop = page.getByRole('region', { name: 'QEMU’s loop as a fluid' });
	await expect(loop.getByText(/cleared at each sync/)).toBeVisible();
	await expect(loop.getByText(/no hand-off through shared memory/)).toBeVisible();
	await loop.getByRole('button', { name: 'Run the smaller cases here' }).click();
	await expect(loop.getByRole('columnheader', { name: 'the engine, in this browser' })).toBeVisible();
	await expect(loop.getByText(/runs now, \d+/)).toBeVisible();
	const first = loop.getByRole('row', { name: /^8 GiB at 1\.25/ });
	await expect(first.getByRole('cell')).toHaveCount(10, { timeout: 180_000 });
	await expect(first.getByRole('cell').nth(6)).toHaveText(/^7\.\d+\ss\s+[+−]?[\d.]+\s%$/);
	await loop.getByRole('button', { name: 'Stop' }).click();
	await expect(loop.getByRole('button', { name: 'Run the smaller cases here' })).toBeVisible({
		timeout: 60_000
	});
});
