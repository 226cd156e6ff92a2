// Finds or gets a Chromium that Playwright can drive, without asking anything of the machine:
//
//   1. CHROMIUM_PATH, then a browser on PATH or at its usual place
//   2. Playwright's own browser, fetched when it can be
//   3. Linux x64: the npm package @sparticuz/chromium, which carries its libraries
//   4. as root with apt: Debian's chromium
//
// Each candidate must really open a page before it is taken. The answer is written to a file that
// playwright.config.ts reads.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { cacheFolder, root } from './paths.mjs';

export const browserFile = join(cacheFolder, 'browser.json');
const packagedFolder = join(cacheFolder, 'packaged-chromium');
const packagedVersion = '@sparticuz/chromium@153.0.0';

/**
 * @typedef {object} Browser
 * @property {string} how in words, for the report
 * @property {string} [executablePath] absent: Playwright's own
 * @property {Record<string, string>} [env] to be added to the browser's environment
 */

function* installedBrowsers() {
	const named = process.env.CHROMIUM_PATH;
	if (named) yield { how: 'CHROMIUM_PATH', executablePath: named };
	const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
	const suffix = process.platform === 'win32' ? '.exe' : '';
	for (const name of names) {
		for (const folder of (process.env.PATH ?? '').split(delimiter).filter(Boolean)) {
			const executablePath = join(folder, name + suffix);
			if (existsSync(executablePath)) yield { how: 'found on PATH', executablePath };
		}
	}
	const windowsRoots = ['PROGRAMFILES', 'PROGRAMFILES(X86)', 'LOCALAPPDATA'];
	const usual = [
		'/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
		'/Applications/Chromium.app/Contents/MacOS/Chromium',
		...windowsRoots.map((name) =>
			join(process.env[name] ?? '/', 'Google', 'Chrome', 'Application', 'chrome.exe')
		)
	];
	for (const executablePath of usual) {
		if (existsSync(executablePath)) yield { how: 'found at its usual place', executablePath };
	}
}

/** @param {Browser} browser @returns {Promise<string>} its version; throws when it does not work */
async function tryOut(browser) {
	const { chromium } = await import('@playwright/test');
	const running = await chromium.launch({
		executablePath: browser.executablePath,
		env: { ...process.env, ...browser.env },
		timeout: 60_000
	});
	try {
		const page = await running.newPage();
		await page.goto('data:text/html,<title>works</title><h1>text</h1>');
		if ((await page.title()) !== 'works') throw new Error('it opened a page and did not show it');
		// Without a single font a heading has no size, and nothing on a page counts as visible.
		if (!(await page.locator('h1').isVisible())) throw new Error('it has no font to show text in');
		return running.version();
	} finally {
		await running.close();
	}
}

/** @param {string} command @param {string[]} args @param {object} [options] */
function run(command, args, options = {}) {
	const result = spawnSync(command, args, {
		cwd: root,
		encoding: 'utf8',
		stdio: ['ignore', 'pipe', 'pipe'],
		timeout: 600_000,
		...options
	});
	const text = `${result.stdout ?? ''}${result.stderr ?? ''}`.trim();
	if (result.status !== 0) {
		const reason = result.error?.message ?? text.split('\n').slice(-3).join(' ');
		throw new Error(reason || `exit status ${result.status}`);
	}
	return result.stdout;
}

function fetchPlaywrightBrowser() {
	const cli = join(root, 'node_modules', '@playwright', 'test', 'cli.js');
	run(process.execPath, [cli, 'install', 'chromium']);
	return { how: "Playwright's own" };
}

/** @returns {Browser} */
function fetchPackagedBrowser() {
	if (process.platform !== 'linux' || process.arch !== 'x64') {
		throw new Error('only made for Linux on x64');
	}
	mkdirSync(packagedFolder, { recursive: true });
	writeFileSync(join(packagedFolder, 'package.json'), '{ "private": true, "type": "module" }\n');
	const npm = process.env.npm_execpath;
	const args = [
		'install',
		'--no-save',
		'--no-audit',
		'--no-fund',
		'--loglevel=error',
		packagedVersion
	];
	if (npm) run(process.execPath, [npm, ...args], { cwd: packagedFolder });
	else run('npm', args, { cwd: packagedFolder });
	// Without this variable the package leaves out the libraries it carries. Its list of arguments
	// is not used: it switches protections off and would fake cross-origin isolation.
	const unpack = `
    import chromium from '@sparticuz/chromium';
    const executablePath = await chromium.executablePath();
    const { LD_LIBRARY_PATH, FONTCONFIG_PATH } = process.env;
    console.log(JSON.stringify({ executablePath, env: { LD_LIBRARY_PATH, FONTCONFIG_PATH } }));`;
	const printed = run(process.execPath, ['--input-type=module', '--eval', unpack], {
		cwd: packagedFolder,
		env: { ...process.env, AWS_LAMBDA_JS_RUNTIME: 'nodejs22.x', TMPDIR: packagedFolder }
	});
	const { executablePath, env } = JSON.parse(printed.trim().split('\n').at(-1) ?? '');
	// The package's own list of font folders is fixed to /tmp.
	const fonts = join(packagedFolder, 'fonts');
	writeFileSync(
		join(fonts, 'fonts.conf'),
		`<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "fonts.dtd">\n` +
			`<fontconfig><dir>${fonts}</dir><cachedir>${join(packagedFolder, 'fonts-cache')}</cachedir></fontconfig>\n`
	);
	return { how: `npm package ${packagedVersion}`, executablePath, env };
}

/** @returns {Browser} */
function installDebianBrowser() {
	if (process.platform !== 'linux' || process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
		throw new Error('needs apt-get and the rights to use it');
	}
	const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
	run('apt-get', ['update'], { env });
	run('apt-get', ['install', '-y', '--no-install-recommends', 'chromium'], { env });
	return { how: "Debian's package chromium", executablePath: '/usr/bin/chromium' };
}

/**
 * @param {(line: string) => void} [say]
 * @returns {Promise<Browser & { version: string }>}
 */
export async function ensureBrowser(say = console.error) {
	/** @type {string[]} */
	const refusals = [];
	/** @param {string} name @param {() => Browser} get */
	const attempt = async (name, get) => {
		try {
			const browser = get();
			return { ...browser, version: await tryOut(browser) };
		} catch (error) {
			const reason = String(error instanceof Error ? error.message : error).split('\n')[0];
			refusals.push(`${name}: ${reason}`);
			return undefined;
		}
	};
	const keep = (/** @type {Browser & { version: string }} */ browser) => {
		mkdirSync(cacheFolder, { recursive: true });
		writeFileSync(browserFile, JSON.stringify(browser, null, 2));
		return browser;
	};

	for (const candidate of installedBrowsers()) {
		const found = await attempt(candidate.executablePath, () => candidate);
		if (found) return keep(found);
	}
	if (existsSync(browserFile)) {
		const last = JSON.parse(readFileSync(browserFile, 'utf8'));
		const found = await attempt('the browser of the last run', () => last);
		if (found) return keep(found);
	}
	/** @type {[string, () => Browser][]} */
	const ways = [
		["Playwright's own browser, if it is there", () => ({ how: "Playwright's own" })],
		["fetching Playwright's own browser", fetchPlaywrightBrowser],
		[`fetching ${packagedVersion} from the npm registry`, fetchPackagedBrowser],
		["installing Debian's chromium", installDebianBrowser]
	];
	for (const [name, get] of ways) {
		say(`No browser yet; trying ${name} …`);
		const found = await attempt(name, get);
		if (found) return keep(found);
	}
	throw new Error(
		`No browser was found and none could be fetched. Set CHROMIUM_PATH to a Chromium or Chrome.\n` +
			refusals.map((line) => `  ${line}`).join('\n')
	);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
	try {
		const { how, version, executablePath } = await ensureBrowser();
		console.log(`Chromium ${version} (${how}${executablePath ? `, ${executablePath}` : ''})`);
	} catch (error) {
		console.error(error instanceof Error ? error.message : error);
		process.exitCode = 1;
	}
}
