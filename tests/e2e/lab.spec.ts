/**
 * A lab in a browser from bet to challenge, by keys alone: what each step unlocks, that everything is reached by Tab, that the
 * focus is seen and never lost, and that a plan is judged by the engine.
 */
import { expect, test, type Page } from '@playwright/test';

const LAB = 'virtio-mem-conversation';
/** More stops than any step of a lesson has. */
const MOST_STOPS = 90;
const rests = (page: Page) => expect(page.locator('.lab')).toHaveAttribute('data-idle', 'true', { timeout: 60_000 });

/** What has the focus: its name, the question that it answers, and whether it is seen with a ring around it. */
const focused = (page: Page) =>
	page.evaluate(() => {
		const had = document.activeElement as HTMLInputElement;
		const edge = had.getBoundingClientRect();
		const ringed = [had, had.closest('label'), had.parentElement].some((one) => {
			const style = one && getComputedStyle(one);
			return style && ((style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1.5) || style.boxShadow !== 'none');
		});
		const name = had === document.body ? '' : had.getAttribute('aria-label') || had.labels?.[0]?.innerText || had.innerText;
		return {
			name: name.trim().replace(/\s+/g, ' '),
			question: had.closest('fieldset')?.querySelector('legend')?.innerText ?? '',
			kind: had.type ?? had.tagName.toLowerCase(),
			seen: ringed && edge.bottom > 0 && edge.top < innerHeight && edge.right > 0 && edge.left < innerWidth
		};
	});
type Focused = Awaited<ReturnType<typeof focused>>;

/** Tab until it is reached; every stop on the way is seen. */
async function reach(page: Page, what: (stop: Focused) => boolean, words: string): Promise<void> {
	for (let stops = 0; stops < MOST_STOPS; stops += 1) {
		await page.keyboard.press('Tab');
		const stop = await focused(page);
		// Between the last stop and the first the browser itself has the focus.
		if (stop.name === '') continue;
		expect.soft(stop.seen, `the focus on “${stop.name}” is seen`).toBe(true);
		if (what(stop)) return;
	}
	throw new Error(`${words} cannot be reached by Tab`);
}
async function press(page: Page, name: RegExp): Promise<void> {
	await reach(page, (stop) => name.test(stop.name), String(name));
	await page.keyboard.press('Enter');
}
const has = (page: Page, name: RegExp | string) => expect(page.locator(':focus')).toContainText(name, { timeout: 60_000 });

test('a lab by keys alone: bet, run, look, change, challenge', async ({ page }) => {
	test.setTimeout(180_000);
	// Whoever comes with an address that leads further in is not asked about an earlier lesson.
	await page.goto(`/learn/${LAB}/#bet`);
	await rests(page);
	// Run is locked until a bet stands.
	await expect(page.getByRole('button', { name: 'Run', exact: true })).toHaveAttribute('aria-disabled', 'true');
	await reach(page, (stop) => stop.kind === 'range', 'the bet');
	await page.keyboard.press('ArrowRight');
	await press(page, /^Place bet$/);
	await has(page, 'Run');
	await press(page, /^to the end$/);
	await has(page, 'Look closer');
	await page.keyboard.press('Enter');
	await has(page, 'What stayed');
	await rests(page);
	await expect(page.getByText('First difference')).toBeVisible();
	await expect(page.getByRole('button', { name: 'Change one thing' })).toHaveAttribute('aria-disabled', 'true');
	await reach(page, (stop) => stop.kind === 'radio', 'the question');
	await page.keyboard.press('ArrowDown');
	await press(page, /^Change one thing$/);
	await has(page, 'Another zone');
	await rests(page);
	await press(page, /^Challenge$/);
	await rests(page);
	// Hints go away when there are no more: the focus stays where they are.
	await press(page, /^A hint/);
	for (let more = 0; more < 2; more += 1) await page.keyboard.press('Enter');
	await has(page, 'Nearly there.');
	await press(page, /^Show solution$/);
	await press(page, /^Check$/);
	await expect(page.getByRole('heading', { name: 'All goals are reached' })).toBeVisible({ timeout: 60_000 });
	await has(page, 'Check');
	await expect(page.getByRole('link', { name: /attempt 1 in Play/ })).toHaveAttribute('href', /play\/#/);
});
