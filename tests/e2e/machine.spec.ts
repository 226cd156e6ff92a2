/**
 * Goal: a world with a Linux machine is used from the picture and from the console alike, each showing the other. Method: the
 * built page, real keys and a real engine; waits are on what the page says, never on time.
 */
import { expect, test, type Page } from '@playwright/test';
import { expectClean, inBothThemes } from './axe.ts';
import { readFileSync } from 'node:fs';

const play = (page: Page) => page.locator('.play');
const idle = (page: Page) => expect(play(page)).toHaveAttribute('data-idle', 'true', { timeout: 60_000 });

async function open(page: Page, title: string): Promise<void> {
	await page.goto('/play/');
	await idle(page);
	await page.getByRole('button', { name: 'Scenario', exact: true }).click();
	await page.getByRole('button', { name: new RegExp(title) }).click();
	await expect(page.locator('[data-machine="guest"]')).toBeVisible();
	await idle(page);
}
async function type(page: Page, line: string): Promise<void> {
	const input = page.locator('.console input');
	await input.fill(line);
	await input.press('Enter');
	await idle(page);
}
const log = (page: Page) => page.locator('.console [role="log"]');

test('a wish from the console moves the picture, a wish from the picture stands in the console', async ({ page }) => {
	await open(page, 'virtio-mem grows and shrinks');
	const wish = page.getByRole('slider', { name: 'requested-size of vm0' });
	await expect(wish).toHaveAttribute('aria-valuenow', '0');
	await page.keyboard.press('~');
	await type(page, 'qom-set vm0 requested-size 256M');
	await expect(wish).toHaveAttribute('aria-valuenow', String(256 * 2 ** 20));
	await type(page, 'info memory-devices');
	await expect(log(page)).toContainText('requested-size: 268435456');

	await wish.focus();
	await page.keyboard.press('PageUp');
	await expect(wish).toHaveAttribute('aria-valuetext', /384.MiB, not asked yet/);
	await page.keyboard.press('Enter');
	await expect(log(page)).toContainText('qom-set vm0 requested-size 384M');
	await expect(wish).toHaveAttribute('aria-valuenow', String(384 * 2 ** 20));
});

test('a refusal is QEMU’s own, in the console and beside the wish', async ({ page }) => {
	await open(page, 'virtio-mem grows and shrinks');
	const wish = page.getByRole('slider', { name: 'requested-size of vm0' });
	await page.keyboard.press('~');
	await type(page, 'qom-set vm0 requested-size 9G');
	const words = "'requested-size' cannot exceed the memory backend size(0x200000000)";
	await expect(log(page)).toContainText(words);
	await expect(page.locator('.virtio [role="alert"]')).toContainText(words);
	await expect(wish).toHaveAttribute('aria-valuenow', '0');
});

test('the console completes, explains, remembers and says what a shell says', async ({ page }) => {
	await open(page, 'virtio-mem grows and shrinks');
	await page.keyboard.press('~');
	const input = page.locator('.console input');
	await input.pressSequentially('numac');
	await input.press('Tab');
	await expect(input).toHaveValue(/^numactl ?$/);
	await type(page, 'numactl -H');
	await expect(log(page)).toContainText('available: ');
	await type(page, 'cat /proc/nothing');
	await expect(log(page)).toContainText('No such file or directory');
	await input.press('ArrowUp');
	await input.press('ArrowUp');
	await expect(input).toHaveValue('numactl -H');
	await input.press('Escape');
	await expect(page.locator('.console')).toHaveCount(0);
});

test('a block is taken offline at the console, and the timeline shows who did it', async ({ page }) => {
	await open(page, 'virtio-mem grows and shrinks');
	await page.keyboard.press('~');
	await type(page, 'echo offline > /sys/devices/system/memory/memory8/state');
	await type(page, 'cat /sys/devices/system/memory/memory8/state');
	await expect(log(page)).toContainText(/(offline|going-offline)\s*$/);
	await expect(page.locator('.tracks .lane').filter({ hasText: 'shell' })).toBeAttached();
});

test('a link brings the machine, its commands and its console along', async ({ page, context }) => {
	await open(page, 'virtio-mem grows and shrinks');
	await page.keyboard.press('~');
	await type(page, 'qom-set vm0 requested-size 256M');
	await expect(page).toHaveURL(/#/);
	const address = page.url();
	const other = await context.newPage();
	await other.goto(address);
	await idle(other);
	await expect(other.locator('[data-machine="guest"]')).toBeVisible();
	await other.keyboard.press('~');
	await expect(log(other)).toContainText('qom-set vm0 requested-size 256M');
});

test('axe finds nothing on a machine in light and in dark: zones, device and console', async ({ page }) => {
	await page.emulateMedia({ reducedMotion: 'reduce' });
	await open(page, 'Fifty pinned pages');
	for (const view of ['Zones', 'virtio-mem']) {
		await page.getByRole('button', { name: view, exact: true }).click();
		if (view === 'virtio-mem') {
			await page.keyboard.press('~');
			await type(page, 'numactl -H');
		}
		await inBothThemes(page, (scheme) => expectClean(page, { where: `${view} ${scheme}` }));
	}
});

test('an outcome arrives while the run plays, and the line leads to the thing in the picture', async ({ page }) => {
	await open(page, 'One held page');
	await page.keyboard.press('~');
	await page.locator('.console input').press('Escape');
	await page.keyboard.press('~');
	await page.getByRole('button', { name: 'Play', exact: true }).click();
	const did = log(page).getByRole('button', { name: /memory32 is being emptied/ });
	await expect(did).toContainText('16,383 of 16,384 pages moved', { timeout: 60_000 });
	await expect(play(page)).toHaveAttribute('data-state', 'playing');
	// The plug at 1 s was answered long ago: its answer is there although nothing has paused.
	await expect(log(page).getByRole('button', { name: /vm0 has 512.MiB, as requested/ })).toBeVisible();
	await page.getByRole('button', { name: 'Pause', exact: true }).click();
	await idle(page);
	await did.click();
	await expect(page.locator('#inspector h2')).toHaveText('memory32');
	await expect(log(page).locator('.about')).toContainText('echo offline > /sys/devices/system/memory/memory32/state');
	await expect(log(page).locator('.about')).toContainText('in the run');
});

test('two worlds of a machine on one clock: without a line, and with a wrong belief', async ({ page }) => {
	await open(page, 'One held page');
	await page.keyboard.press('c');
	const panel = page.getByRole('region', { name: 'Side by side' });
	const line = panel.getByLabel('The line');
	await line.selectOption({ label: await line.locator('option', { hasText: 'vmsplice' }).innerText() });
	// What only asks changes nothing, and is refused with a sentence.
	await panel.getByLabel('Typed instead').fill('numactl -H');
	await panel.getByRole('button', { name: 'Add with this line' }).click();
	await expect(panel).toContainText('this line only asks');
	await panel.getByRole('button', { name: 'Without it' }).click();
	const halves = page.locator('.halves .half');
	await expect(halves).toHaveCount(2);
	await idle(page);
	const time = page.locator('.tracks').getByRole('slider', { name: 'Time' });
	await time.focus();
	for (let step = 0; step < 3; step += 1) await time.press('PageDown');
	await idle(page);
	await expect(page.locator('.differences')).toContainText('going offline');
	await expect(halves.first()).toContainText('memory32 keeps trying');
	await expect(halves.last()).toContainText('in no zone');

	await page.getByRole('button', { name: 'Compare', exact: true }).click();
	await panel.getByRole('listitem').filter({ hasText: 'Everything can be carried out' }).getByRole('button').click();
	await expect(page.locator('.half.false')).toContainText('Not how it works: Everything can be carried out');
	await idle(page);
	await expect(page.locator('.half.false')).toContainText('First difference at');
	await expectClean(page);
});

test('a world that has VMs and a Linux machine shows either, and the console belongs to the machine', async ({ page }) => {
	const file = new URL('../../src/lib/engine/contract/scenario/catalogue/small-pages.json', import.meta.url);
	const machines = [{ id: 'guest', qemuArgs: ['-machine', 'q35', '-smp', '2', '-m', '1G'] }];
	const both = { ...JSON.parse(readFileSync(file, 'utf8')), id: 'both', title: 'Both', machines };
	await page.goto('/play/');
	await idle(page);
	await page.getByRole('button', { name: 'Open', exact: true }).click();
	await page
		.locator('input[type=file]')
		.setInputFiles({ name: 'both.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(both)) });
	const part = page.getByRole('group', { name: 'Part of this world on the stage' });
	await expect(part.getByRole('button', { name: 'VMs that move' })).toHaveAttribute('aria-pressed', 'true');
	await expect(page.locator('#stage .card').first()).toBeVisible();
	await part.getByRole('button', { name: 'Linux machines' }).click();
	await expect(page.locator('[data-machine="guest"]')).toBeVisible();
	await idle(page);
	await page.keyboard.press('~');
	await type(page, 'numactl -H');
	await expect(log(page)).toContainText('available: 1 nodes');
	await part.getByRole('button', { name: 'VMs that move' }).click();
	await expect(page.locator('[data-machine]')).toHaveCount(0);
	await expect(page.getByRole('button', { name: 'Migrate', exact: true })).toBeVisible();
});
