/**
 * One program on two kinds of memory: a buffer that page and engine both hold, and one that is handed to and fro. The same
 * steps and commands come to the same address, which carries scenario, journal, moment and fingerprint.
 */
import { expect, test, type Page } from '@playwright/test';

const play = (page: Page) => page.locator('.play[data-turn]');
const idle = (page: Page) => expect(play(page)).toHaveAttribute('data-idle', 'true', { timeout: 60_000 });
const fragment = (page: Page): string => new URL(page.url()).hash.slice(1);

async function moved(page: Page, act: () => Promise<void>): Promise<string> {
	const before = fragment(page);
	await act();
	await expect.poll(() => fragment(page), { timeout: 60_000 }).not.toBe(before);
	await idle(page);
	return fragment(page);
}

/** Steps, a jump to the end, back to the start, a phase: every kind of turn with the engine. */
async function flow(page: Page, address: string, memory: 'shared' | 'transferred'): Promise<string[]> {
	await page.goto(address);
	await idle(page);
	await expect(play(page)).toHaveAttribute('data-memory', memory);
	const press = (key: string) => moved(page, () => page.keyboard.press(key));
	return [
		await press('Shift+ArrowRight'),
		await press('ArrowRight'),
		await press('End'),
		await press('Shift+ArrowLeft'),
		await press('Home'),
		await press('Shift+ArrowRight')
	];
}

test('the same flow on shared and on transferred memory comes to the same states', async ({ page, context }) => {
	const shared = await flow(page, '/play/', 'shared');
	const other = await context.newPage();
	const transferred = await flow(other, '/play/?memory=transferred', 'transferred');
	expect(transferred).toEqual(shared);
	expect(new Set(shared).size).toBe(5);
});

test('playing to the end comes to the same state as jumping there @both', async ({ page }, testInfo) => {
	await page.goto('/play/');
	await idle(page);
	const isPlain = testInfo.project.name === 'transferred';
	await expect(play(page)).toHaveAttribute('data-memory', isPlain ? 'transferred' : 'shared');
	// The speed is part of the address: it is set once, first.
	await page.getByRole('slider', { name: 'Speed' }).press('End');
	await page.locator('#stage').click({ position: { x: 4, y: 4 } });
	const jumped = await moved(page, () => page.keyboard.press('End'));
	await moved(page, () => page.keyboard.press('Home'));
	await page.getByRole('button', { name: 'Play', exact: true }).click();
	await expect.poll(() => fragment(page), { timeout: 60_000 }).toBe(jumped);
	await idle(page);
});
