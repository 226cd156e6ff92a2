/** The capstone in a browser: a design from a link, chosen faults, what they break, the same run from the link again. */
import { expect, test, type Page } from '@playwright/test';
import { expectClean } from './axe.ts';

const rests = (page: Page) => expect(page.locator('.rack-page')).toHaveAttribute('data-idle', 'true', { timeout: 60_000 });

test('a design is chosen, broken by two faults, and found again from its link', async ({ page }) => {
	await page.goto('/learn/run-the-rack/#rack=pool.multi-headed.yes.10ms.device.1s.tight.pool.even');
	await rests(page);
	await expect(page.getByText('of 45 points')).toContainText('45');
	await page.locator('[data-choice="fencing"]').getByRole('radio', { name: 'nobody' }).check({ force: true });
	await expect(page.getByText('of 45 points')).toContainText('41');
	await page.getByRole('button', { name: 'Undo' }).click();
	await expect(page).toHaveURL(/\.device\./);
	await page.getByRole('navigation', { name: 'Steps of the capstone' }).getByRole('button', { name: 'Break it' }).click();
	await page.getByRole('button', { name: 'Another fault' }).click();
	await page.getByLabel('Fault 2').selectOption('lose-pool');
	await page.locator('.stage').getByRole('button', { name: 'Break it' }).click();
	await expect(page.getByRole('heading', { name: 'It breaks' })).toBeVisible({ timeout: 60_000 });
	await rests(page);
	await expectClean(page);
	expect(page.url()).toContain('break=crash-A-4,lose-pool-pool-15');
	await page.reload();
	await rests(page);
	await expect(page.locator('.rack-page')).toHaveAttribute('data-step', 'break');
	await page.getByRole('button', { name: 'Take away' }).last().click();
	await page.locator('.stage').getByRole('button', { name: 'Break it' }).click();
	await expect(page.getByRole('heading', { name: 'It holds' })).toBeVisible({ timeout: 60_000 });
});
