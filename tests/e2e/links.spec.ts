/**
 * A run travels in its address: copied to another tab it stands at the same moment in the same state; back and forward go
 * through positions; a link that is damaged, newer or malicious gets a page that says so, and nothing of it is run.
 */
import { readFileSync } from 'node:fs';
import { expect, test, type Page } from '@playwright/test';

const frozen = JSON.parse(readFileSync('tests/permalinks/frozen-v1.json', 'utf8')) as {
	what: string;
	fragment: string;
	titles: string[];
	positionNs: number;
}[];
const linkTo = (what: string) => {
	const found = frozen.find((link) => link.what === what);
	if (!found) throw new Error(`there is no frozen link "${what}"`);
	return found;
};

const play = (page: Page) => page.locator('.play[data-turn]');
const idle = (page: Page) => expect(play(page)).toHaveAttribute('data-idle', 'true', { timeout: 60_000 });
const nowNs = async (page: Page): Promise<number> => Number(await play(page).getAttribute('data-now-ns'));
const fragment = (page: Page): string => new URL(page.url()).hash.slice(1);

/** One phase on; the address then holds the moment reached. */
async function phaseOn(page: Page): Promise<void> {
	const before = fragment(page);
	await page.keyboard.press('Shift+ArrowRight');
	await expect.poll(() => fragment(page)).not.toBe(before);
	await idle(page);
}

test('a copied address opens at the same moment, in the same state @both', async ({ page, context }) => {
	await page.goto('/play/');
	await idle(page);
	for (let times = 0; times < 3; times += 1) await phaseOn(page);
	const other = await context.newPage();
	await other.goto(page.url());
	await idle(other);
	expect(await nowNs(other)).toBe(await nowNs(page));
	// A state other than the one shared would be said in a banner.
	await expect(other.getByText('is not the state that was shared')).toHaveCount(0);
	// The fingerprint is part of the address: the same step from both gives the same one.
	await phaseOn(page);
	await phaseOn(other);
	expect(fragment(other)).toBe(fragment(page));
});

test('back and forward go through positions', async ({ page }) => {
	await page.goto('/play/');
	await idle(page);
	await phaseOn(page);
	const first = await nowNs(page);
	await phaseOn(page);
	const second = await nowNs(page);
	expect(second).toBeGreaterThan(first);
	await page.goBack();
	await expect(play(page)).toHaveAttribute('data-now-ns', String(first));
	await page.goForward();
	await expect(play(page)).toHaveAttribute('data-now-ns', String(second));
	await idle(page);
});

test('two worlds travel together', async ({ page }) => {
	const link = linkTo('two movers side by side, the second with a wrong belief');
	await page.goto(`/play/#${link.fragment}`);
	await idle(page);
	expect(await nowNs(page)).toBe(link.positionNs);
	await expect(page.getByText('Not how it works').first()).toBeVisible();
});

test('a state that is not the one shared is said', async ({ page }) => {
	// This link carries a made-up fingerprint.
	await page.goto(`/play/#${linkTo('two movers side by side, the second with a wrong belief').fragment}`);
	await idle(page);
	await expect(page.getByText('The state reached is not the state that was shared.').first()).toBeVisible();
});

test('a damaged link leads to a page that says what could be read and why not more', async ({ page }) => {
	const whole = linkTo('an own scenario with 3 VMs and 40 actions').fragment;
	await page.goto(`/play/#${whole.slice(0, 290)}`);
	await expect(page).toHaveURL(/\/link\/#/);
	await expect(page.getByRole('heading', { name: 'This link cannot be opened' })).toBeVisible();
	await expect(page.getByText('The link ends too early')).toBeVisible();
	await expect(page.getByText('Three guests, two hosts, one evening')).toBeVisible();
	await expect(page.getByText('vm2, 4\u2009GiB on B')).toBeVisible();
});

for (const [what, address, sentence] of [
	['newer', '3AAAAAAAA', 'made by a newer version'],
	['foreign', 'introduction', 'is no version of our links'],
	['mistyped', '1AQjNHyqspngphMi', 'does not match its own checksum|ends too early']
] as const)
	test(`a ${what} fragment is explained`, async ({ page }) => {
		await page.goto(`/play/#${address}`);
		await expect(page.getByText(new RegExp(sentence))).toBeVisible();
	});

test('the inspector reads what is pasted and opens it', async ({ page }) => {
	const link = linkTo('a built-in scenario with another seed and title');
	await page.goto('/link/');
	await page.getByLabel('Link', { exact: true }).fill(`https://example.org/play/#${link.fragment}`);
	await expect(page.getByRole('heading', { name: 'This link opens' })).toBeVisible();
	await expect(page.getByText('Seed 99')).toBeVisible();
	await page.getByRole('link', { name: 'Open in the playground' }).click();
	await idle(page);
	expect(await nowNs(page)).toBe(link.positionNs);
});

test('markup in a link is shown as text and never run', async ({ page }) => {
	const { fragment: bad, titles } = linkTo('markup in the title');
	for (const address of [`/link/#${bad}`, `/play/#${bad}`]) {
		await page.goto(address);
		if (address.startsWith('/play')) await idle(page);
		await expect(page.getByText(titles[0] as string).first()).toBeVisible();
		expect(await page.locator('img[src="x"]').count()).toBe(0);
		expect(await page.title()).not.toBe('run');
	}
});
