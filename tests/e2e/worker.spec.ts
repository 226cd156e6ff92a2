/**
 * The engine's worker may die or hang: the page says so in one sentence, starts another, and stands where it stood. The
 * proof is the address, which carries the fingerprint: after the same steps it is the same as in a run without trouble.
 */
import { expect, test, type Page } from '@playwright/test';

const play = (page: Page) => page.locator('.play[data-turn]');
const idle = (page: Page) => expect(play(page)).toHaveAttribute('data-idle', 'true', { timeout: 60_000 });
const fragment = (page: Page): string => new URL(page.url()).hash.slice(1);

async function phaseOn(page: Page): Promise<string> {
	const before = fragment(page);
	await page.keyboard.press('Shift+ArrowRight');
	await expect.poll(() => fragment(page), { timeout: 60_000 }).not.toBe(before);
	await idle(page);
	return fragment(page);
}

/** Addresses of a run without trouble: looked at once for all tests on the same memory. */
let known: string[] | null = null;
async function undisturbed(page: Page): Promise<string[]> {
	if (known !== null) return known;
	await page.goto('/play/');
	await idle(page);
	known = [await phaseOn(page), await phaseOn(page), await phaseOn(page)];
	await page.goto('about:blank');
	return known;
}

test('a worker that dies is started again, and the run stands where it stood @both', async ({ page }) => {
	const expected = await undisturbed(page);
	await page.goto('/play/');
	await idle(page);
	expect([await phaseOn(page), await phaseOn(page)]).toEqual(expected.slice(0, 2));
	const [worker] = page.workers();
	// An error that nobody catches: what a bug outside a call would look like.
	await worker?.evaluate(
		() =>
			void setTimeout(() => {
				throw new Error('killed by the test');
			})
	);
	expect(await phaseOn(page)).toBe(expected[2]);
	await expect(page.getByText(/The engine stopped working .*killed by the test.* was started again/)).toBeVisible();
	expect(page.workers()).toHaveLength(1);
});

test('a worker that hangs is given up, and the run stands where it stood', async ({ page }) => {
	const expected = await undisturbed(page);
	await page.goto('/play/');
	await idle(page);
	expect(await phaseOn(page)).toBe(expected[0]);
	const [worker] = page.workers();
	// Never answers, and is ended with its worker.
	worker
		?.evaluate(() => {
			for (;;);
		})
		.catch(() => undefined);
	expect(await phaseOn(page)).toBe(expected[1]);
	await expect(page.getByText(/The engine did not answer .* was started again/)).toBeVisible();
});

test('a broken rule of the engine stops the run: said, reported with a link, opened again', async ({ page, context }) => {
	await context.grantPermissions(['clipboard-read', 'clipboard-write']);
	await page.goto('/play/');
	await idle(page);
	await phaseOn(page);
	const [worker] = page.workers();
	// The next thing that the engine works out throws: what a rule that does not hold would do.
	await worker?.evaluate(() => {
		const floor = Math.floor;
		Math.floor = (value: number): number => {
			Math.floor = floor;
			throw new Error(`broken by the test at ${value}`);
		};
	});
	await page.keyboard.press('Shift+ArrowRight');
	const alert = page.getByRole('alert');
	await expect(alert).toContainText(/one of its own rules was broken \(broken by the test at .*\) and stopped/);
	// It covers nothing of the figure.
	const banner = await alert.boundingBox();
	const stage = await page.locator('#stage').boundingBox();
	expect(banner!.y + banner!.height).toBeLessThanOrEqual(stage!.y + 1);

	await alert.getByRole('button', { name: 'Copy a report with its link' }).click();
	await expect(page.locator('[data-notice]')).toContainText('was copied');
	const report = await page.evaluate(() => navigator.clipboard.readText());
	expect(report).toContain('broken by the test');
	expect(report).toMatch(/Link: http\S+\/play\/#\S+/);

	await alert.getByRole('button', { name: 'Open again' }).click();
	await idle(page);
	await expect(alert).toHaveCount(0);
	await phaseOn(page);
});
