/**
 * A lesson from the address alone: the bet locks Run, bet and result share their axes, the false world is marked and its
 * first difference is a place to go to, the slider runs both worlds again, a challenge is lost and won, everything opens
 * in Play, and nothing of it is out of reach of a keyboard or unnamed.
 */
import { expect, test, type Page } from '@playwright/test';
import { expectClean } from './axe.ts';

const LESSON = '/learn/three-migrations/';

const idle = (page: Page) => expect(page.locator('.lesson')).toHaveAttribute('data-idle', 'true', { timeout: 60_000 });
const step = (page: Page, name: string) => expect(page.locator('.lesson')).toHaveAttribute('data-step', name, { timeout: 120_000 });

async function betByWord(page: Page, word: string): Promise<void> {
	await page.goto(LESSON);
	await idle(page);
	await page.getByRole('radio', { name: word }).check();
	await page.getByRole('button', { name: 'Place bet' }).click();
	await step(page, 'run');
}

test('the bet locks Run and Step, by pointer, keys or word', async ({ page }) => {
	await page.goto(LESSON);
	await idle(page);
	const run = page.getByRole('group', { name: 'Run the lesson' }).getByRole('button', { name: 'Run', exact: true });
	await expect(run).toHaveAttribute('aria-disabled', 'true');
	await expect(page.getByText('a bet unlocks Run', { exact: true }).last()).toBeVisible();

	// By keys: a second at a time, an eighth of a GiB at a time.
	const sheet = page.getByRole('slider', { name: 'Left to send, drawn over time' });
	await sheet.focus();
	for (let second = 0; second < 6; second += 1) await sheet.press('ArrowRight');
	for (let press = 0; press < 12; press += 1) await sheet.press('Shift+ArrowDown');
	await expect(page.getByText(/you say: nothing left after 5\.9/)).toBeVisible();
	await expect(page.getByRole('radio', { name: 'falls to zero' })).toBeChecked();

	// A word against the line takes the line away.
	await page.getByRole('radio', { name: 'grows' }).check();
	await expect(page.getByText(/you say/)).toHaveCount(0);

	// By pointer.
	const box = await sheet.boundingBox();
	if (!box) throw new Error('nothing to draw on');
	await page.mouse.move(box.x + 60, box.y + box.height * 0.2);
	await page.mouse.down();
	await page.mouse.move(box.x + box.width - 40, box.y + box.height * 0.6, { steps: 12 });
	await page.mouse.up();
	await expect(page.getByText(/you say: .* never goes away/)).toBeVisible();

	await page.getByRole('button', { name: 'Place bet' }).click();
	await step(page, 'run');
	await expect(run).not.toHaveAttribute('aria-disabled', 'true');
});

test('one bet to the end: result on the same axes, the false world marked, the slider, and all of it in Play', async ({ page }) => {
	test.setTimeout(240_000);
	await betByWord(page, 'falls to zero');
	await page.getByRole('button', { name: 'to the end', exact: true }).click();
	await step(page, 'look');
	await idle(page);

	await expect(page.getByText('You bet on a fall to zero.')).toBeVisible();
	await expect(page.getByRole('img', { name: /Your bet: a fall to zero\..*Round 1 ends at/ })).toBeVisible();
	await expect(page.getByText('not how it works')).toBeVisible();
	await expect(page.getByRole('heading', { name: /^First difference, / })).toBeVisible();
	await expectClean(page);
	await page.getByRole('button', { name: 'Go there' }).click();
	await expect(page.locator('.clock b')).not.toHaveText(/^12/);
	await idle(page);

	// Which hand-off it was, beside the engine's own run with QEMU's fixed costs: both figures, the second larger.
	const stops = page.getByText(/Nil-migration stops for [\d.]+\sms, ideal; with QEMU’s costs: [\d.]+\sms\./);
	await expect(stops).toBeVisible();
	const [own, other] = [...(await stops.innerText()).matchAll(/([\d.]+)\sms/g)].map((match) => Number(match[1]));
	expect(other).toBeGreaterThan((own ?? NaN) + 10);

	// Why, as in the sandbox: about the word that changed hands, back to the order.
	await page.getByRole('button', { name: 'Why? Nil-migration' }).click();
	const why = page.getByRole('dialog', { name: 'Why? Nil-migration' });
	await why.getByRole('radio', { name: 'owner word' }).click();
	await expect(why.getByRole('listitem').last()).toContainText('migrate vm0 to B');
	await expectClean(page);
	await page.keyboard.press('Escape');
	await expect(why).toHaveCount(0);

	await page.getByRole('radio', { name: 'less than in round 2' }).check();
	await expect(page.getByText(/^Yes\. A shorter round/)).toBeVisible();
	await page.getByRole('button', { name: 'Change one thing' }).click();
	await step(page, 'change');
	await page.getByRole('slider', { name: 'Guest writes' }).fill('1300000000');
	await expect(page.getByText(/All worlds run again at 1\.3/)).toBeVisible();
	await page.locator('.rerun progress:not([value="0"])').waitFor();
	await page.getByRole('slider', { name: 'Guest writes' }).fill('1000000000');
	await expect(page.getByText(/The run at 1\.3.GB\/s was broken off at .*does not count/)).toBeVisible();
	await expect(page.getByText(/a rate at which it converges: 1.GB\/s/)).toBeVisible({
		timeout: 60_000
	});
	await expect(page.getByText(/a rate at which it does not: 2.GB\/s/)).toBeVisible();
	await expectClean(page);

	await page.getByRole('button', { name: 'Open in Play' }).click();
	await expect(page).toHaveURL(/\/play\/#.+/);
});

test('a challenge from its address: lost by the obvious, won by the solution, other guests by another seed', async ({ page }) => {
	test.setTimeout(240_000);
	await page.goto(`${LESSON}#seed=7`);
	await step(page, 'challenge');
	await expect(page.getByText('seed 7')).toBeVisible();
	for (const guest of await page.locator('.guests article').all()) await guest.getByRole('radio', { name: 'Pre-copy' }).check();
	await page.getByRole('button', { name: 'Check', exact: true }).click();
	await expect(page.getByText(/\d+ of 12 goals reached\./)).toBeVisible({ timeout: 90_000 });
	await expect(page.getByText('12 of 12 goals reached')).toHaveCount(0);
	await expect(page.getByRole('link', { name: /attempt 1 in Play/ })).toHaveAttribute('href', /play\/#/);

	await page.getByRole('button', { name: 'A hint (1 of 3)' }).click();
	await expect(page.getByText('Where to look.')).toBeVisible();

	await page.getByRole('button', { name: 'Show solution' }).click();
	await page.getByRole('button', { name: 'Check', exact: true }).click();
	await expect(page.getByText(/12 of 12 goals reached.*with the solution shown/)).toBeVisible({
		timeout: 90_000
	});
	await page.getByRole('button', { name: 'New seed' }).click();
	await expect(page).toHaveURL(/#seed=\d+$/);
	await expect(page.getByText('seed 7', { exact: true })).toHaveCount(0);
});

test('progress is kept, exported and imported as text', async ({ page }) => {
	await betByWord(page, 'falls to zero');
	await page.goto('/learn/');
	await expect(page.getByText('1 of 5 steps done')).toBeVisible();
	await page.getByRole('button', { name: 'Export' }).click();
	const box = page.getByLabel('Progress as text');
	await expect(box).toHaveValue(/"bet": "falls"/);
	await box.fill('{"switchyardProgress":99}');
	await page.getByRole('button', { name: 'Import' }).click();
	await expect(page.getByText('newer version (99)')).toBeVisible();
});

test('axe finds nothing before the run, in the challenge and in Make', async ({ page }) => {
	await page.goto(LESSON);
	await idle(page);
	await expectClean(page);
	for (const name of ['Challenge', 'Make']) {
		await page.getByRole('navigation', { name: 'Steps of the lesson' }).getByRole('button', { name }).click();
		await expectClean(page);
	}
});

test('one column on a phone: text, a still, two buttons', async ({ page }) => {
	test.setTimeout(240_000);
	await page.setViewportSize({ width: 390, height: 844 });
	await page.goto(LESSON);
	await idle(page);
	await page.getByRole('radio', { name: 'falls to zero' }).check();
	await page.locator('.phone-bar').getByRole('button', { name: 'Place bet' }).click();
	await page.locator('.phone-bar').getByRole('button', { name: 'Run' }).click();
	await page.locator('.phone-bar').getByRole('button', { name: 'To the end' }).click();
	await step(page, 'look');
	await idle(page);
	const stills = page.getByRole('slider', { name: 'Still' });
	await stills.fill('1');
	await idle(page);
	await expect(page.getByText(/^2 of \d/)).toBeVisible();
	const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
	expect(overflow).toBeLessThanOrEqual(0);
	for (const button of await page.locator('.phone-bar button').all())
		expect((await button.boundingBox())?.height).toBeGreaterThanOrEqual(48);
});
