/**
 * Goal: a world with vDPA devices is watched and changed with the keyboard alone, a wrong map is seen and said, and strategies are
 * compared by formula and by the engine. Method: the built page, real keys, a real engine; waits are on what the page says.
 */
import { expect, test, type Page } from '@playwright/test';
import { expectClean } from './axe.ts';
import { button, idle, moment, open } from './play-page.ts';

const view = async (page: Page, name: string): Promise<void> => {
	await page.getByRole('group', { name: 'What the stage shows' }).getByRole('button', { name, exact: true }).press('Enter');
	await idle(page);
};

test('a DIMM lands where the rings lay: the wrong map is seen, said, and undone from the keyboard', async ({ page }) => {
	await page.emulateMedia({ reducedMotion: 'reduce' });
	await open(page);
	await button(page, 'Scenario').press('Enter');
	await page.getByRole('button', { name: /A DIMM where the shadow rings lie/ }).press('Enter');
	await expect(page.locator('[data-nic="rails"]')).toBeVisible();
	await idle(page);
	await page.getByRole('slider', { name: 'Time', exact: true }).press('End');
	await idle(page);
	await expect(moment(page)).toContainText('A wrong map: dimm0 belongs at');
	const band = page.getByRole('button', {
		name: /^1\sGiB of a DIMM at device address 0x1_8001_0000.*Wrong: the device would reach other bytes/
	});
	await band.press('Enter');
	await expect(page.locator('#inspector-title')).toContainText('Map at 0x1_8001_0000');
	for (const name of ['Rings', 'Addresses']) {
		await view(page, name);
		await expectClean(page, { where: name, only: '#stage' });
	}
	await button(page, 'Do').press('Enter');
	await button(page, 'Take it out').press('Enter');
	await idle(page);
	await expect(band).toHaveCount(0);
	await page.locator('.play').press('~');
	const log = page.locator('.console [role="log"]');
	await expect(log).toContainText('device_add pc-dimm,size=1G');
	await expect(log).toContainText('device_del');
	await page.locator('.console input').fill('strategy own-asid');
	await page.locator('.console input').press('Enter');
	await idle(page);
	await expect(log).toContainText('net0: own address space');
	// A phone turns the same page: nothing runs out of it, and no figure grows with what it holds.
	await page.setViewportSize({ width: 390, height: 844 });
	await view(page, 'Packets');
	expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
	expect((await page.locator('.packets').boundingBox())?.height).toBeLessThan(600);
});

test('strategies stand side by side by formula at once, and by the engine when it is asked', async ({ page }) => {
	await page.goto('/model/');
	await page.getByRole('link', { name: 'Shadow queues, side by side' }).click();
	const bars = page.getByRole('region', { name: 'shadow queues on' }).getByRole('listitem');
	const today = bars.filter({ hasText: 'full unmap, full remap' });
	await expect(today).toContainText(/4\.62\ss/);
	await expect(today).toContainText('4 to 5 s published');
	await page.getByRole('combobox', { name: /^Guest/ }).selectOption('2');
	await expect(today).toContainText(/36[0-9]\sms/);
	await expect(today).not.toContainText('published');
	const boxes = page.getByRole('group', { name: 'Strategies' }).getByRole('checkbox');
	for (let index = 2; index < (await boxes.count()); index += 1)
		if (await boxes.nth(index).isChecked()) await boxes.nth(index).press('Space');
	await expect(bars.filter({ has: page.locator('.bar') })).toHaveCount(2);
	await page.getByRole('button', { name: 'Run them here' }).press('Enter');
	await expect(bars.filter({ hasText: 'simulated' })).toHaveCount(2, { timeout: 60_000 });
	await expect(today).toContainText(/formula 36[0-9]\sms/);
});
