/**
 * The lessons about the fabric in a browser, each along its way: what its picture says on the steps where it has to say it, the
 * challenge lost with a belief and won with the plan, and no finding of axe where something is decided.
 */
import { expect, test, type Page } from '@playwright/test';
import { expectClean } from './axe.ts';

const rests = (page: Page) => expect(page.locator('.lab')).toHaveAttribute('data-idle', 'true', { timeout: 60_000 });
const tab = async (page: Page, name: string | RegExp) => {
	await page.getByRole('navigation', { name: 'Steps of the lesson' }).getByRole('button', { name }).click();
	await rests(page);
};

/** From the bet, whatever it is, to the step Look with the false engine beside. */
async function untilLook(page: Page, lab: string): Promise<void> {
	await page.emulateMedia({ reducedMotion: 'reduce' });
	await page.goto(`/learn/${lab}/#bet`);
	await rests(page);
	await expectClean(page, { where: 'bet' });
	for (const row of await page.locator('.bet fieldset').all()) await row.locator('label').first().click();
	await page.getByRole('button', { name: 'Place bet' }).first().click();
	await rests(page);
	await page.getByRole('button', { name: 'to the end', exact: true }).click();
	const look = page.locator('#lesson-text').getByRole('button', { name: 'Look closer' });
	await expect(look).toBeVisible({ timeout: 60_000 });
	await rests(page);
	await look.click();
	await rests(page);
	await expectClean(page, { where: 'look' });
}

async function solve(page: Page): Promise<void> {
	await page.getByRole('button', { name: 'Show solution' }).click();
	await rests(page);
	await page.getByRole('button', { name: 'Check', exact: true }).first().click();
	await expect(page.getByRole('heading', { name: 'All goals are reached' })).toBeVisible({ timeout: 60_000 });
	await rests(page);
	await expectClean(page, { where: 'challenge' });
}

const worlds = (page: Page) => [page.locator('.world').first(), page.locator('.world.false')] as const;

test('lesson 6: what the false engine accepts is system RAM in its picture, and the acts of the challenge are its own', async ({
	page
}) => {
	test.setTimeout(180_000);
	await untilLook(page, 'offer-accept-use-release');
	const [mine, other] = worlds(page);
	await expect(mine.getByRole('button', { name: /^Host W, .* accepted, tag/ })).toHaveCount(3);
	await expect(other.getByRole('button', { name: /^Host W, .* system RAM of its kernel/ })).toHaveCount(3);
	await tab(page, 'Challenge');
	await expect(page.getByText('pull home')).toHaveCount(0);
	await solve(page);
});

test('lesson 7: each host says what it made of its capacity; forced, somebody dies of it', async ({ page }) => {
	test.setTimeout(180_000);
	await untilLook(page, 'polite-and-force');
	const [mine, other] = worlds(page);
	await expect(mine.getByText('W4, dax0.0: ZONE_NORMAL', { exact: false })).toContainText('cannot move');
	await expect(mine.getByText('nothing of the pool')).toHaveCount(3);
	await expect(other.getByText('nothing of the pool')).toHaveCount(4);
	await tab(page, 'Challenge');
	await page.getByRole('radio', { name: /^ZONE_MOVABLE/ }).check();
	await page.getByRole('radio', { name: /^huge pages/ }).check();
	await page.getByRole('radio', { name: /^in the host/ }).check();
	await page.getByRole('radio', { name: /^forces it at once/ }).check();
	await page.getByRole('button', { name: 'Check', exact: true }).first().click();
	await expect(page.getByRole('list', { name: 'Goals' }).getByText('nobody crashed')).toContainText('not reached', { timeout: 60_000 });
	await rests(page);
	await solve(page);
});

test('lesson 8: two doors lose the tag, and the false engine none; four customers are served', async ({ page }) => {
	test.setTimeout(180_000);
	await untilLook(page, 'three-doors');
	const [mine, other] = worlds(page);
	await expect(mine.getByText('stays outside')).toHaveCount(2);
	await expect(other.getByText('stays outside')).toHaveCount(0);
	await tab(page, 'Challenge');
	await solve(page);
	await expect(page.locator('.world').getByText('has what it asks for')).toHaveCount(4);
});

test('lesson 9: a ghost beside the false engine’s fresh copy; the exchange shows what is placed and where it reads something old', async ({
	page
}) => {
	test.setTimeout(180_000);
	await untilLook(page, 'shared-is-not-coherent');
	const [mine, other] = worlds(page);
	await expect(mine.getByRole('button', { name: /^Host B: .*stale/ })).toBeVisible();
	await expect(other.getByRole('button', { name: /^Host B: .*stale/ })).toHaveCount(0);
	await expect(mine.getByRole('list', { name: 'What the hosts did' })).toContainText('which is old');
	await expect(other.getByRole('list', { name: 'What the hosts did' })).not.toContainText('which is old');
	await tab(page, 'Challenge');
	const exchange = page.getByRole('img', { name: 'The exchange' });
	await expect(exchange.getByText('flush the question')).toHaveCount(0);
	await page
		.getByRole('group', { name: /^A, after 1/ })
		.getByRole('radio', { name: /^flush the question/ })
		.check();
	await expect(exchange.getByText('flush the question')).toBeVisible();
	await page.getByRole('button', { name: 'Check', exact: true }).first().click();
	await expect(exchange.getByText('old, in one order').first()).toBeVisible({ timeout: 60_000 });
	await rests(page);
	await solve(page);
	await expect(exchange.getByText('old, in one order')).toHaveCount(0);
});
