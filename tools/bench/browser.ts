import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Page } from '@playwright/test';
import { median } from './measure.ts';
import type { Row } from './rows.ts';

/** The bundle of this file lies elsewhere, so places are told from where the command runs. */
const siteFolder = join(process.cwd(), 'build');
const browserFile = join(process.cwd(), 'node_modules', '.cache', 'switchyard', 'browser.json');

/** What only a browser can say; needs a built site and a Chromium that is already there. */
export async function inBrowser(say: (line: string) => void): Promise<Row[]> {
	if (!existsSync(join(siteFolder, 'index.html'))) {
		say('No build: the figures of the browser are left out (npm run build).');
		return [];
	}
	const rows: Row[] = [
		{ what: 'all JavaScript of the site, gzip', floor: '', value: `${(weight(siteFolder) / 1e3).toFixed(0)} kB`, goal: '', met: null }
	];
	if (!existsSync(browserFile)) {
		say('No browser was ever looked for: run npm test once, or npx playwright install chromium.');
		return rows;
	}
	const { executablePath } = JSON.parse(readFileSync(browserFile, 'utf8')) as { executablePath?: string };
	const { chromium } = await import('@playwright/test');
	const { createStaticServer, listen } = await import('../serve.mjs');
	const server = createStaticServer({ folder: siteFolder });
	const port = await listen(server, { port: 4700 });
	const browser = await chromium.launch(executablePath ? { executablePath } : {});
	try {
		const address = `http://127.0.0.1:${port}`;
		const starts: number[] = [];
		let scripts = 0;
		for (let round = 0; round < 5; round += 1) {
			const context = await browser.newContext();
			const page = await context.newPage();
			scripts = 0;
			page.on('response', (response) => {
				if (!response.url().endsWith('.js')) return;
				scripts += gzipSync(readFileSync(join(siteFolder, new URL(response.url()).pathname))).byteLength;
			});
			const start = performance.now();
			await page.goto(`${address}/play`, { waitUntil: 'load' });
			await page.locator('canvas').first().waitFor({ state: 'visible' });
			starts.push(performance.now() - start);
			await context.close();
		}
		rows.push({
			what: 'scripts loaded by the playground, gzip',
			floor: '',
			value: `${(scripts / 1e3).toFixed(0)} kB`,
			goal: 'at most 80 kB on the landing page',
			met: null
		});
		rows.push({ what: 'playground until its picture shows', floor: '', value: `${median(starts).toFixed(0)} ms`, goal: '', met: null });
		const page = await browser.newPage();
		await page.goto('about:blank');
		const rest = await frames(page);
		await page.goto(`${address}/play`);
		await page.locator('canvas').first().waitFor({ state: 'visible' });
		await page.keyboard.press('Space');
		const busy = await frames(page);
		rows.push({
			what: 'frames shown while the engine runs',
			floor: 'an empty page',
			value: `${(rest / busy).toFixed(2)}x`,
			spread: `${busy.toFixed(1)} ms a frame`,
			goal: 'at least 0.98x',
			met: rest / busy >= 0.98
		});
	} finally {
		await browser.close();
		server.close();
	}
	return rows;
}

/** Mean time between frames over about two seconds. */
async function frames(page: Page): Promise<number> {
	return page.evaluate(
		() =>
			new Promise<number>((resolve) => {
				const start = performance.now();
				let count = 0;
				const next = (): void => {
					count += 1;
					if (performance.now() - start > 2000) resolve((performance.now() - start) / count);
					else requestAnimationFrame(next);
				};
				requestAnimationFrame(next);
			})
	);
}

function weight(folder: string): number {
	let sum = 0;
	for (const entry of readdirSync(folder, { withFileTypes: true })) {
		const path = join(folder, entry.name);
		if (entry.isDirectory()) sum += weight(path);
		else if (entry.name.endsWith('.js')) sum += gzipSync(readFileSync(path)).byteLength;
	}
	return sum;
}
