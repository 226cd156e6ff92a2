/**
 * The playground as a visitor uses it: from the first scenario to its end by playing, stepping, going back and jumping;
 * one page followed through five address spaces; the same VM moved both ways on one clock; commands, refusals, links.
 * Tests with @both also run where page and engine cannot share memory.
 */
import { expect, test } from '@playwright/test';
import { inBothThemes } from './axe.ts';
import { button, idle, moment, nowNs, open, play, time } from './play-page.ts';

test('plays from the start to the end and says what has become of the VM @both', async ({ page }, testInfo) => {
	// Playing follows the wall clock, and a machine that is busy shows fewer frames per second.
	test.setTimeout(240_000);
	const errors: string[] = [];
	page.on('pageerror', (error) => errors.push(error.message));
	await open(page);
	await expect(play(page)).toHaveAttribute('data-memory', testInfo.project.name === 'transferred' ? 'transferred' : 'shared');
	await expect(
		page.getByText(testInfo.project.name === 'transferred' ? 'shared memory: transferred' : 'shared memory: real')
	).toBeVisible();
	expect(await nowNs(page)).toBe(0);

	await page.getByRole('slider', { name: 'Speed' }).press('End');
	await button(page, 'Play').click();
	await expect(play(page)).toHaveAttribute('data-state', 'playing');
	await expect(play(page)).toHaveAttribute('data-state', 'paused', { timeout: 180_000 });
	await idle(page);
	await expect(moment(page)).toContainText(/vm0 runs on host B/);
	await expect(moment(page)).toContainText(/0\s?B/);
	await expect(page.getByText('migration completed')).toBeVisible();
	expect(errors).toEqual([]);
});

test('steps on and back by event, phase and commit, and rewinds @both', async ({ page }) => {
	await open(page);
	await button(page, 'Step').click();
	await idle(page);
	const first = await nowNs(page);
	await button(page, 'Step').click();
	await idle(page);
	expect(await nowNs(page)).toBeGreaterThanOrEqual(first);

	await page.getByRole('radio', { name: 'phase' }).click();
	await button(page, 'Step').click();
	await idle(page);
	const border = await nowNs(page);
	await button(page, 'Step').click();
	await idle(page);
	expect(await nowNs(page)).toBeGreaterThan(border);
	await button(page, 'Back').click();
	await idle(page);
	expect(await nowNs(page)).toBe(border);

	await page.getByRole('radio', { name: 'commit' }).click();
	await button(page, 'Step').click();
	await idle(page);
	await expect(moment(page)).toContainText('one word flips');
	const commit = await nowNs(page);

	await page.keyboard.press('Home');
	await idle(page);
	expect(await nowNs(page)).toBe(0);
	// The same step again arrives at the same nanosecond.
	await button(page, 'Step').click();
	await idle(page);
	expect(await nowNs(page)).toBe(commit);
});

test('the clock is dragged, zoomed and reset on the timeline', async ({ page }) => {
	await open(page);
	const track = time(page);
	const box = await track.boundingBox();
	if (!box) throw new Error('the timeline has no place');
	const middle = box.y + box.height / 2;
	await page.mouse.move(box.x + box.width * 0.1, middle);
	await page.mouse.down();
	await page.mouse.move(box.x + box.width * 0.3, middle, { steps: 6 });
	await page.mouse.up();
	await idle(page);
	const dragged = await nowNs(page);
	const until = Number(await track.getAttribute('aria-valuemax'));
	expect(dragged / until).toBeGreaterThan(0.28);
	expect(dragged / until).toBeLessThan(0.32);

	await page.mouse.wheel(0, -600);
	const all = page.getByRole('button', { name: 'Show the whole run' });
	await expect(all).toHaveAttribute('aria-disabled', 'false');
	await all.click();
	await expect(all).toHaveAttribute('aria-disabled', 'true');

	// A stretch drawn along the axis fills the track.
	await page.mouse.move(box.x + box.width * 0.4, box.y + box.height + 8);
	await page.mouse.down();
	await page.mouse.move(box.x + box.width * 0.5, box.y + box.height + 8, { steps: 5 });
	await page.mouse.up();
	await expect(all).toHaveAttribute('aria-disabled', 'false');
	await page.mouse.dblclick(box.x + box.width * 0.5, middle);
	await expect(all).toHaveAttribute('aria-disabled', 'true');
});

test('one page is followed through every address space, and its content is proved', async ({ page }) => {
	await open(page);
	await page.getByRole('button', { name: 'Follow one page' }).click();
	const proof = page.locator('.inspector [data-proof]');
	await expect(proof).toHaveAttribute('data-proof', 'equal');
	const inspector = page.getByRole('region', { name: /of vm0/ }).first();
	await expect(inspector).toContainText('GVA');

	// At the hand-off it lies on the device, at one address for both hosts.
	await page.getByRole('radio', { name: 'commit' }).click();
	await button(page, 'Step').click();
	await idle(page);
	await expect(proof).toHaveAttribute('data-proof', 'equal');
	await expect(inspector).toContainText('same for both');

	await page.keyboard.press('End');
	await idle(page);
	await expect(proof).toHaveAttribute('data-proof', 'equal');

	await page.getByRole('button', { name: 'Why?' }).click();
	const chain = page.locator('.chain ol > li');
	await expect(chain.first()).toBeVisible();
	const before = await nowNs(page);
	await chain.first().getByRole('button').click();
	await idle(page);
	expect(await nowNs(page)).not.toBe(before);
});

test('two movers stand side by side on one clock, from one seed', async ({ page }) => {
	await open(page);
	await page.keyboard.press('c');
	await idle(page);
	await expect(page.getByRole('tab', { name: 'by reference' })).toBeVisible();
	await expect(page.getByRole('tab', { name: 'by copy' })).toBeVisible();
	await expect(page.locator('#stage canvas')).toHaveCount(2);
	await page.keyboard.press('End');
	await idle(page);
	const differences = page.locator('.differences');
	await expect(differences).toContainText('on the network');
	await expect(differences).toContainText('guest stopped');
	await page.keyboard.press('c');
	await expect(page.locator('#stage canvas')).toHaveCount(1);
});

test('three ways on one clock: a row each, held by time or by phase, and the link brings them back', async ({ page }) => {
	await open(page);
	await page.keyboard.press('c');
	await idle(page);
	await button(page, 'Compare').click();
	await page.getByLabel('Moved another way').selectOption('postcopy');
	await button(page, 'Add it this way').click();
	await idle(page);
	const rows = page.locator('#stage tbody tr');
	await expect(rows.locator('th button')).toHaveText(['nil transit', 'pre-copy', 'post-copy']);
	await expect(page.getByRole('status').filter({ hasText: 'not known yet' })).toHaveCount(0);
	await button(page, 'phase').click();
	await idle(page);
	// The first is about to stop: so are the others, each at a time of its own.
	for (let press = 0; press < 3; press += 1) {
		await page.keyboard.press('Shift+ArrowRight');
		await idle(page);
	}
	await expect(rows.first()).toContainText('hand-off');
	for (const row of [1, 2]) await expect(rows.nth(row)).toContainText('switch-over');
	const own = await rows.locator('.own').allInnerTexts();
	expect(new Set(own).size).toBe(3);
	const address = page.url();
	await page.goto('about:blank');
	await open(page, address);
	await expect(rows.locator('.own')).toHaveText(own, { timeout: 30_000 });
	await button(page, 'time').click();
	await idle(page);
	await expect(rows.locator('.own')).toHaveCount(0);
});

test('a wrong belief wears its band', async ({ page }) => {
	await open(page);
	await button(page, 'Compare').click();
	await page.getByRole('button', { name: 'Add this world' }).first().click();
	await idle(page);
	await expect(page.locator('.band')).toContainText('Not how it works');
});

test('commands are taken, refused with a reason and a source, undone and redone', async ({ page }) => {
	await open(page);
	await page.keyboard.press('Shift+ArrowRight');
	await idle(page);
	await button(page, 'Migrate').click();
	await button(page, 'Order it now').click();
	const alert = page.getByRole('alert');
	await expect(alert).toContainText('A migration of this VM is already running.');
	await expect(alert).toContainText('QEMU');
	await page.keyboard.press('Escape');
	await expect(page.getByRole('button', { name: 'Order it now' })).toHaveCount(0);

	await button(page, 'Cancel').click();
	await idle(page);
	await expect(page.getByRole('button', { name: 'Undo the last command' })).not.toHaveAttribute('aria-disabled', 'true');
	await page.keyboard.press('End');
	await idle(page);
	await expect(moment(page)).toContainText(/Cancelled/);
	await page.getByRole('button', { name: 'Undo the last command' }).click();
	await idle(page);
	await page.keyboard.press('End');
	await idle(page);
	await expect(moment(page)).toContainText(/runs on host B/);
	await page.getByRole('button', { name: 'Redo' }).click();
	await idle(page);
	await page.keyboard.press('End');
	await idle(page);
	await expect(moment(page)).toContainText(/Cancelled/);
});

test('the world is searched and checked', async ({ page }) => {
	await open(page);
	await page.keyboard.press('Shift+ArrowRight');
	await idle(page);
	await page.keyboard.press('f');
	await page.getByLabel('Address, page, VM or event').fill('vm0');
	await page.keyboard.press('Enter');
	const dialog = page.getByRole('dialog', { name: 'Find' });
	await dialog.locator('li button').first().click();
	await expect(page.locator('#inspector-title')).toContainText('vm0');

	await button(page, 'Check').click();
	await expect(page.locator('.panel .sum')).toContainText(/(\d+) of \1 hold/);
});

test('a link reopens the moment, and the browser goes back through positions', async ({ page }) => {
	await open(page);
	await page.getByRole('radio', { name: 'phase' }).click();
	await button(page, 'Step').click();
	await idle(page);
	const one = await nowNs(page);
	await expect.poll(() => new URL(page.url()).hash.length).toBeGreaterThan(4);
	const address = page.url();
	await button(page, 'Step').click();
	await idle(page);
	const two = await nowNs(page);
	expect(two).toBeGreaterThan(one);
	await expect.poll(() => page.url()).not.toBe(address);
	await page.goBack();
	await expect.poll(() => nowNs(page)).toBe(one);
	await idle(page);
	await page.goForward();
	await expect.poll(() => nowNs(page)).toBe(two);

	const other = await page.context().newPage();
	await open(other, address);
	expect(await nowNs(other)).toBe(one);
	await other.close();
});

test('a page that is loaded again at the very start finds the state that it left', async ({ page }) => {
	await open(page);
	await expect.poll(() => new URL(page.url()).hash.length).toBeGreaterThan(4);
	for (const prepare of [() => page.reload(), () => page.keyboard.press('End')]) {
		await prepare();
		await idle(page);
		await page.keyboard.press('Home');
		await idle(page);
		await page.reload();
		await idle(page);
		expect(await nowNs(page)).toBe(0);
		await expect(page.locator('.banner')).toHaveCount(0);
	}
});

test('Share copies the link of this moment and says so', async ({ page, context }) => {
	await context.grantPermissions(['clipboard-read', 'clipboard-write']);
	await open(page);
	await page.keyboard.press('Shift+ArrowRight');
	await idle(page);
	const here = await nowNs(page);
	await button(page, 'Share').click();
	const notice = page.locator('[data-notice]');
	await expect(notice).toContainText(/Link copied, \d+ characters/);
	// It takes no focus, and leaves: with Esc, with the next action, or by itself.
	await expect(button(page, 'Share')).toBeFocused();
	await page.keyboard.press('Escape');
	await expect(notice).toHaveCount(0);
	await button(page, 'Share').click();
	await expect(notice).toBeVisible();
	await page.mouse.move(2, 700);
	await expect(notice).toHaveCount(0);
	const copied = await page.evaluate(() => navigator.clipboard.readText());
	expect(copied).toContain('/play/#');
	expect(copied.length).toBeLessThan(2000);
	await page.goto('about:blank');
	await open(page, copied);
	expect(await nowNs(page)).toBe(here);
});

test('a run that cannot be opened leaves the last one as it was', async ({ page }) => {
	await open(page);
	await page.keyboard.press('Shift+ArrowRight');
	await idle(page);
	const here = await nowNs(page);
	await button(page, 'Open').click();
	await page.getByLabel('Link, the text of a scenario, or a QEMU command line').fill('{"switchyard": 1, "id": "half"}');
	await page.locator('.panel form').getByRole('button', { name: 'Open', exact: true }).click();
	await expect(page.getByRole('alert')).toContainText('The scenario cannot be read as it stands.');
	await expect(page.getByRole('alert')).toContainText('title');
	expect(await nowNs(page)).toBe(here);
	await expect(moment(page)).toBeVisible();
});

test('without an engine the page says so instead of staying blank', async ({ page }) => {
	await page.route(/worker/, (route) => route.abort());
	await page.goto('/play/');
	await expect(page.getByRole('alert')).toContainText('The engine could not be started', {
		timeout: 60_000
	});
});

test('a damaged link goes to the page that explains it', async ({ page }) => {
	await page.goto('/play/#1notalink');
	await expect(page).toHaveURL(/\/link\/#1notalink$/);
});

test('wears either theme, and no control wears a colour of a host', async ({ page }) => {
	await open(page);
	await inBothThemes(page, async () => {
		const hues = await page.evaluate(() => {
			const probe = document.createElement('i');
			document.body.append(probe);
			const hue = ['--host-a', '--host-b', '--pool'].map((name) => {
				probe.style.color = `var(${name})`;
				return getComputedStyle(probe).color;
			});
			probe.remove();
			return [...document.querySelectorAll('button, [role=tab], [role=radio], input, select')].filter((element) => {
				const style = getComputedStyle(element);
				return [style.color, style.backgroundColor].some((colour) => hue.includes(colour));
			}).length;
		});
		expect(hues).toBe(0);
	});
});
