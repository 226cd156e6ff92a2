import { existsSync, readdirSync } from 'node:fs';
import type { Server } from 'node:http';
import { sep } from 'node:path';
import { expect, test, type Page } from '@playwright/test';
import { siteFolder, siteUnderBase } from '../../tools/paths.mjs';
import { createStaticServer, listen } from '../../tools/serve.mjs';

/** How the site comes to shared memory, and how it does without; each test starts its own host. */
interface Site {
	url: string;
	end: () => Promise<void>;
}

const open: Server[] = [];

async function host(options: { folder?: string; base?: string; isolation: boolean }): Promise<Site> {
	const server = createStaticServer(options);
	open.push(server);
	const port = await listen(server, { port: 0 });
	const end = () =>
		new Promise<void>((resolve) => {
			server.close(() => resolve());
			server.closeAllConnections();
		});
	return { url: `http://localhost:${port}${options.base ?? ''}/`, end };
}

test.afterEach(async () => {
	for (const server of open.splice(0)) {
		server.closeAllConnections();
		await new Promise((resolve) => server.close(resolve));
	}
});

const isIsolated = (page: Page) => page.evaluate(() => globalThis.crossOriginIsolated && typeof SharedArrayBuffer === 'function');

/** Counts documents loaded in the main frame; the answer grows while the page lives. */
function countLoads(page: Page): () => number {
	let loads = 0;
	page.on('domcontentloaded', () => (loads += 1));
	return () => loads;
}

/** The page's own claim, made by the layout from what `ensureIsolation` answered. */
const backEndOf = (page: Page) => page.locator('html').getAttribute('data-back-end');

async function expectBackEnd(page: Page, backEnd: 'shared' | 'transferred') {
	await expect.poll(() => backEndOf(page).catch(() => null)).toBe(backEnd);
}

test('a host that sends the headers: isolated at the first load', async ({ page }) => {
	const site = await host({ isolation: true });
	const loads = countLoads(page);
	await page.goto(site.url);
	await expectBackEnd(page, 'shared');
	expect(await isIsolated(page)).toBe(true);
	expect(loads()).toBe(1);
});

test.describe('with service workers blocked', () => {
	test.use({ serviceWorkers: 'block' });

	test('no headers: not isolated, no reload, and the page says so', async ({ page }) => {
		const site = await host({ isolation: false });
		const loads = countLoads(page);
		await page.goto(site.url);
		await expectBackEnd(page, 'transferred');
		expect(await isIsolated(page)).toBe(false);
		expect(loads()).toBe(1);
	});
});

test.describe('under a base path, on a host that sends no headers', () => {
	const { base, folder } = siteUnderBase;

	test.beforeAll(() => {
		expect(existsSync(folder), `npm test builds the site for ${base} first`).toBe(true);
	});

	test('isolated after one reload by itself, and never a second one', async ({ page }) => {
		const site = await host({ folder, base, isolation: false });
		const loads = countLoads(page);
		await page.goto(`${site.url}#kept`);
		await expectBackEnd(page, 'shared');
		expect(await isIsolated(page)).toBe(true);
		expect(loads()).toBe(2);
		expect(new URL(page.url()).hash).toBe('#kept');

		await page.reload();
		await expectBackEnd(page, 'shared');
		expect(loads()).toBe(3);
		// The mark of the one reload is gone: a later loss of isolation may be mended again.
		const mark = () => sessionStorage.getItem('switchyard-reloaded-for-isolation');
		expect(await page.evaluate(mark)).toBeNull();
	});

	test('works after the host is gone: reload, and a page never visited', async ({ page }) => {
		const site = await host({ folder, base, isolation: false });
		await page.goto(site.url);
		await expectBackEnd(page, 'shared');
		// All code and styles, the engine's worker among them, although this page asked for few.
		const names = await page.evaluate(async () => {
			const [name] = await caches.keys();
			const requests = await (await caches.open(name ?? '')).keys();
			return requests.map((request) => new URL(request.url).pathname);
		});
		const needed = readdirSync(folder, { recursive: true, encoding: 'utf8' })
			.filter((path) => /^_app.immutable.*\.(?:js|css)$/.test(path))
			.map((path) => `${base}/${path.split(sep).join('/')}`);
		expect(needed.length).toBeGreaterThan(5);
		expect(needed.filter((path) => !names.includes(path))).toEqual([]);
		await site.end();

		await page.reload();
		await expectBackEnd(page, 'shared');
		await expect(page.locator('h1').first()).toBeVisible();

		await page.goto(`${site.url}model/?x=1#y`);
		await expectBackEnd(page, 'shared');
		await expect(page.locator('h1').first()).toBeVisible();
	});

	test('an address that does not exist shows a page of ours', async ({ page }) => {
		const site = await host({ folder, base, isolation: false });
		const answer = await page.goto(`${site.url}no/such/page`);
		expect(answer?.status()).toBe(404);
		await expect(page.locator('h1').first()).toBeVisible();
	});

	test('inside a foreign frame: never reloads, runs without shared memory', async ({ page }) => {
		const site = await host({ folder, base, isolation: false });
		// Another port is another origin.
		const course = await host({ folder: siteFolder, isolation: false });
		await page.goto(`${course.url}robots.txt`);
		let frameLoads = 0;
		page.on('request', (request) => {
			const inFrame = request.isNavigationRequest() && request.frame() !== page.mainFrame();
			if (inFrame) frameLoads += 1;
		});
		await page.evaluate((address) => {
			const frame = document.createElement('iframe');
			frame.src = address;
			document.body.append(frame);
		}, site.url);
		const inner = page.frameLocator('iframe').locator('html');
		await expect(inner).toHaveAttribute('data-back-end', 'transferred');
		expect(frameLoads).toBe(1);
	});
});

test('a reader who has begun is not interrupted; the next load is isolated', async ({ page }) => {
	const site = await host({ isolation: false });
	const loads = countLoads(page);
	await page.addInitScript(() => {
		if (sessionStorage.getItem('test-first-load') !== null) return;
		sessionStorage.setItem('test-first-load', 'seen');
		// As soon as the page listens, and before a service worker can have started.
		const listen = window.addEventListener.bind(window);
		window.addEventListener = (kind: string, ...rest: unknown[]) => {
			(listen as (...all: unknown[]) => void)(kind, ...rest);
			if (kind === 'keydown') window.dispatchEvent(new KeyboardEvent('keydown', { key: 'Tab' }));
		};
	});
	await page.goto(site.url);
	await expectBackEnd(page, 'transferred');
	await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
	expect(loads()).toBe(1);
	await page.reload();
	await expectBackEnd(page, 'shared');
	expect(loads()).toBe(2);
});

test('an engine without shared memory: isolated, still transferred, no reload', async ({ page }) => {
	// As WebKitGTK 2.50 is.
	await page.addInitScript(() => Reflect.deleteProperty(globalThis, 'SharedArrayBuffer'));
	const site = await host({ isolation: true });
	const loads = countLoads(page);
	await page.goto(site.url);
	await expectBackEnd(page, 'transferred');
	expect(loads()).toBe(1);
});
