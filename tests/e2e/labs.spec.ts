/**
 * What is special about single labs, in a browser: the question from two lessons back, memory moved by hand, one block under
 * three brushes, a plug that is pulled, steps dragged into an order; and every step of every lab without a finding of axe on the steps where something is decided.
 */
import { expect, test, type Page } from '@playwright/test';
import { expectClean } from './axe.ts';

const rests = (page: Page, what = '.lab') => expect(page.locator(what)).toHaveAttribute('data-idle', 'true', { timeout: 60_000 });
const onwards = (page: Page, name: string) => page.locator('#lesson-text').getByRole('button', { name, exact: true }).click();
const tab = (page: Page, name: string | RegExp) =>
	page.getByRole('navigation', { name: 'Steps of the lesson' }).getByRole('button', { name }).click();

async function open(page: Page, lab: string): Promise<void> {
	await page.goto(`/learn/${lab}/#bet`);
	await rests(page);
}
/** Any bet will do: what is asked is whether the way goes on. */
async function bet(page: Page): Promise<void> {
	const bar = page.locator('.bet input[type=range]');
	if ((await bar.count()) > 0) {
		await bar.focus();
		await page.keyboard.press('ArrowRight');
	} else for (const row of await page.locator('.bet fieldset').all()) await row.locator('label').first().click();
	await page.getByRole('button', { name: 'Place bet' }).first().click();
	await rests(page);
}
async function run(page: Page): Promise<void> {
	await page.getByRole('button', { name: 'to the end', exact: true }).click();
	const look = page.locator('#lesson-text').getByRole('button', { name: 'Look closer' });
	const pull = page.getByRole('button', { name: 'Pull A’s plug' });
	await expect(look.or(pull).first()).toBeVisible({ timeout: 60_000 });
	if (await pull.isVisible()) await pull.click();
	await expect(look).toBeVisible({ timeout: 60_000 });
	await rests(page);
}

test('a lesson begins with a question from two lessons back: answered, said why, and compared', async ({ page }) => {
	await page.goto('/learn/type-is-not-distance/');
	await rests(page, '.recall');
	const answer = page.getByRole('button', { name: 'Answer' });
	await expect(answer).toHaveAttribute('aria-disabled', 'true');
	await page.locator('.bet input[type=range]').focus();
	await page.keyboard.press('ArrowRight');
	await page.getByLabel('Why? One sentence.').fill('far pages cost more than near ones');
	await page.keyboard.press('Enter');
	await expect(page.getByText('What decides.')).toBeVisible({ timeout: 60_000 });
	await expect(page.getByText('far pages cost more than near ones')).toBeVisible();
	await page.getByRole('button', { name: 'On to lesson 3' }).click();
	await rests(page);
	await expect(page.getByRole('heading', { name: 'Where will it survive?' })).toBeVisible();
});

test('lesson 1: memory is moved by key and by drag, the line follows, goals are live', async ({ page }) => {
	test.setTimeout(150_000);
	await open(page, 'numa-nodes');
	await bet(page);
	await run(page);
	await tab(page, 'Change');
	await rests(page);
	const line = page.getByRole('img', { name: /^mean read of hot memory/ });
	await expect(line).toHaveAttribute('aria-label', /110/);
	await page.locator('.piece.hot').first().focus();
	await page.keyboard.press('ArrowDown');
	await expect(line).toHaveAttribute('aria-label', /149/);
	await rests(page);
	const piece = await page.locator('[data-node="1"] .piece').first().boundingBox();
	const near = await page.locator('[data-node="0"] .rail').boundingBox();
	if (!piece || !near) throw new Error('nothing to drag');
	await page.mouse.move(piece.x + 8, piece.y + 8);
	await page.mouse.down();
	await page.mouse.move(near.x + near.width - 20, near.y + 12, { steps: 4 });
	await page.mouse.up();
	await expect(line).toHaveAttribute('aria-label', /110/);
	await rests(page);
	await tab(page, 'Challenge');
	await rests(page);
	await page.getByRole('button', { name: 'Show solution' }).click();
	await rests(page);
	const goals = page.getByRole('list', { name: 'Goals' });
	await expect(goals.getByText('reached so far')).toHaveCount(5);
	await page.getByRole('button', { name: 'Undo' }).click();
	await expect(goals.getByText('not reached so far').first()).toBeAttached();
	await rests(page);
	await page.getByRole('button', { name: 'Show solution' }).click();
	await rests(page);
	await page.getByRole('button', { name: 'Check', exact: true }).first().click();
	await expect(page.getByRole('heading', { name: 'All goals are reached' })).toBeVisible({ timeout: 60_000 });
});

test('lesson 4: three brushes show three futures of one block', async ({ page }) => {
	await open(page, 'blocks-and-sub-blocks');
	const block = page.getByRole('img', { name: /^memory32/ });
	await expect(block).toHaveAttribute('aria-label', /0\u2009MiB taken away/);
	const before = await block.getAttribute('aria-label');
	await page
		.getByRole('radio', { name: /sub-blocks/ })
		.first()
		.click();
	expect(await block.getAttribute('aria-label')).toBe(before);
	await bet(page);
	await run(page);
	await expect(block).toHaveAttribute('aria-label', /122\u2009MiB taken away/);
	await page
		.getByRole('radio', { name: /^the block/ })
		.first()
		.click();
	await expect(block).toHaveAttribute('aria-label', /going offline/);
});

test('lesson 10: acts are laid in order, steps of three lanes change places, a lost order is shown', async ({ page }) => {
	await open(page, 'three-movers');
	await expect(page.getByRole('heading', { name: 'Against every order' })).toBeVisible();
	const acts = page.getByRole('group', { name: /^What the migrator can do/ });
	await acts.getByRole('button', { name: 'move the pages to CXL' }).click();
	await acts.getByRole('button', { name: 'lock them' }).click();
	const lanes = page.getByRole('group', { name: /^One order/ });
	await expect(lanes.getByRole('button', { name: /migrator: lock/ })).toBeVisible();
	// Locked, but not bound: promoted before the hand-off.
	await expect(lanes.getByText('This order is lost')).toBeVisible();
	const handOff = lanes.getByRole('button', { name: /migrator: hand-off/ });
	await handOff.focus();
	for (let steps = 0; steps < 6; steps += 1) {
		const label = await lanes.locator('[data-token]').first().getAttribute('aria-label');
		await page.keyboard.press('ArrowLeft');
		await expect(lanes.locator('[data-token]').first()).toHaveAttribute('aria-label', label ?? '');
	}
	await page.getByRole('button', { name: 'Check', exact: true }).first().click();
	await expect(page.getByText('Of all orders this is the shortest that is lost')).toBeVisible({ timeout: 60_000 });
	await expect(page.getByRole('link', { name: /Open it as a run/ })).toHaveAttribute('href', /play\/#/);
	await onwards(page, 'Bet on why');
	await expect(page.getByText('Take one of those acts alone.')).toBeVisible();
});

const LABS = ['numa-nodes', 'zones', 'type-is-not-distance', 'blocks-and-sub-blocks', 'virtio-mem-conversation', 'three-movers'];
for (const [index, lab] of LABS.entries())
	test(`axe finds nothing in ${lab}`, async ({ page }) => {
		test.setTimeout(180_000);
		await page.emulateMedia({ colorScheme: index % 2 === 0 ? 'light' : 'dark', reducedMotion: 'reduce' });
		const clean = (step: string): Promise<void> => expectClean(page, { where: step });
		await open(page, lab);
		if ((await page.locator('.bet').count()) === 0) {
			await clean('challenge first');
			await tab(page, /^Bet/);
			await rests(page);
		}
		await clean('bet');
		await bet(page);
		await run(page);
		await onwards(page, 'Look closer');
		await rests(page);
		await clean('look');
		await tab(page, 'Change');
		await rests(page);
		await clean('change');
		await tab(page, 'Challenge');
		await rests(page);
		await page.getByRole('button', { name: 'Show solution' }).click();
		await rests(page);
		await clean('challenge');
	});

test('on a phone nothing is wider than the screen, and stills are turned by a slider', async ({ page }) => {
	test.setTimeout(180_000);
	await page.setViewportSize({ width: 390, height: 844 });
	for (const lab of LABS) {
		await open(page, lab);
		const wide = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
		expect([lab, await wide()]).toEqual([lab, 0]);
		if ((await page.locator('.bet').count()) === 0) {
			await tab(page, /^Bet/);
			await rests(page);
		}
		await bet(page);
		const stills = page.getByRole('slider', { name: 'Still' });
		await expect(stills).toBeVisible();
		await stills.focus();
		await page.keyboard.press('End');
		const pull = page.locator('.phone-bar').getByRole('button', { name: 'Pull A’s plug' });
		const next = page.locator('.phone-bar').getByRole('button', { name: /^Next: Look/ });
		await expect(next.or(pull).first()).toBeVisible({ timeout: 60_000 });
		if (await pull.isVisible()) await pull.click();
		await expect(next).not.toHaveAttribute('aria-disabled', 'true', { timeout: 60_000 });
		await next.click();
		await rests(page);
		expect([lab, await wide()]).toEqual([lab, 0]);
		await tab(page, 'Challenge');
		await rests(page);
		expect([lab, await wide()]).toEqual([lab, 0]);
	}
});
