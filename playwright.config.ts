import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { defineConfig, devices } from '@playwright/test';
import { browserFile } from './tools/ensure-browser.mjs';
import { root } from './tools/paths.mjs';

// `npm test` has found a browser already; `npx playwright test` by itself finds one here.
if (!existsSync(browserFile)) {
	execFileSync(process.execPath, ['tools/ensure-browser.mjs'], { cwd: root, stdio: 'inherit' });
}
const browser = JSON.parse(readFileSync(browserFile, 'utf8')) as {
	executablePath?: string;
	env?: Record<string, string>;
};

/** The built site with isolation headers, and the same as a plain static host serves it. */
const port = Number(process.env.E2E_PORT ?? 4180);
const portPlain = Number(process.env.E2E_PORT_PLAIN ?? 4181);
const report = process.env.E2E_REPORT;
const ownRun = report !== undefined;

const server = (at: number, ...flags: string[]) => ({
	command: `node tools/serve.mjs --strict-port --port ${at} ${flags.join(' ')}`,
	url: `http://localhost:${at}/`,
	reuseExistingServer: !ownRun,
	timeout: 30_000
});

export default defineConfig({
	testDir: 'tests/e2e',
	testMatch: '**/*.spec.ts',
	outputDir: 'test-results',
	forbidOnly: true,
	workers: 2,
	fullyParallel: false,
	retries: 0,
	// For two slow cores that also run the engine; a test never sleeps, it waits for conditions.
	timeout: 90_000,
	expect: { timeout: 20_000 },
	globalTimeout: 640_000,
	reporter: ownRun ? [['list'], ['json', { outputFile: report }]] : [['list']],
	use: {
		...devices['Desktop Chrome'],
		browserName: 'chromium',
		viewport: { width: 1366, height: 768 },
		locale: 'en-GB',
		timezoneId: 'UTC',
		// Only tests/e2e/isolation.spec.ts is about the service worker; elsewhere it is one thing less.
		serviceWorkers: 'block',
		// A trace takes a picture of the page at every step, which is a fifth of the work: `npx playwright test --trace on` makes one.
		trace: 'off',
		screenshot: 'only-on-failure',
		launchOptions: {
			executablePath: browser.executablePath,
			env: { ...(process.env as Record<string, string>), ...browser.env }
		}
	},
	projects: [
		{
			name: 'shared',
			testIgnore: '**/isolation.spec.ts',
			use: { baseURL: `http://localhost:${port}` }
		},
		{
			// The same tests on a buffer that is handed to and fro: those with the tag @both in a title.
			name: 'transferred',
			testIgnore: '**/isolation.spec.ts',
			grep: /@both/,
			use: { baseURL: `http://localhost:${portPlain}` }
		},
		{ name: 'hosting', testMatch: '**/isolation.spec.ts', use: { serviceWorkers: 'allow' } }
	],
	webServer: [server(port), server(portPlain, '--no-isolation')]
});
