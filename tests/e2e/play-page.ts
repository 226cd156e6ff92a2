import { expect, type Page } from '@playwright/test';

/** The playground and its parts, as tests find them. */

export const play = (page: Page) => page.locator('.play');
export const idle = (page: Page) => expect(play(page)).toHaveAttribute('data-idle', 'true', { timeout: 60_000 });
export const nowNs = async (page: Page): Promise<number> => Number(await play(page).getAttribute('data-now-ns'));
export const time = (page: Page) => page.getByRole('slider', { name: 'Simulated time' });
export const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
export const moment = (page: Page) => page.locator('#stage .moment').first();

export async function open(page: Page, address = '/play/'): Promise<void> {
	await page.goto(address);
	await idle(page);
}
