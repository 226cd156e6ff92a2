/** A lab in a browser from bet to challenge: what each step unlocks, and that a plan is judged by the engine. */
import { expect, test, type Page } from '@playwright/test';

const LAB = 'virtio-mem-conversation';
const rests = (page: Page) => expect(page.locator('.lab')).toHaveAttribute('data-idle', 'true', { timeout: 60_000 });

test('a lab: bet, run, look, change, challenge', async ({ page }) => {
	test.setTimeout(180_000);
	// Whoever comes with an address that leads further in is not asked about an earlier lesson.
	await page.goto(`/learn/${LAB}/#bet`);
	await rests(page);
	// Run is locked until a bet stands.
	await expect(page.getByRole('button', { name: 'Run', exact: true })).toHaveAttribute('aria-disabled', 'true');
	await page.locator('.bet input[type=range]').focus();
	await page.keyboard.press('ArrowRight');
	await page.getByRole('button', { name: 'Place bet' }).first().click();
	await page.getByRole('button', { name: 'to the end', exact: true }).click();
	await page.locator('#lesson-text').getByRole('button', { name: 'Look closer' }).click();
	await rests(page);
	await expect(page.getByText('First difference')).toBeVisible();
	await expect(page.getByRole('button', { name: 'Change one thing' })).toHaveAttribute('aria-disabled', 'true');
	await page.locator('.ask label').nth(1).click();
	await page.getByRole('button', { name: 'Change one thing' }).click();
	await rests(page);
	await page.getByRole('button', { name: 'Challenge' }).last().click();
	await rests(page);
	await page.getByRole('button', { name: 'Show solution' }).click();
	await page.getByRole('button', { name: 'Check', exact: true }).first().click();
	await expect(page.getByRole('heading', { name: 'All goals are reached' })).toBeVisible({ timeout: 60_000 });
	await expect(page.getByRole('link', { name: /attempt 1 in Play/ })).toHaveAttribute('href', /play\/#/);
});
