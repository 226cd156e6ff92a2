// Builds the static site, and knows when a build is still fresh. Node built-ins only.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { seconds, stopwatch } from './console.mjs';
import { cacheFolder, root, siteFolder } from './paths.mjs';

const sources = [
	'src',
	'static',
	'docs',
	'package-lock.json',
	'svelte.config.js',
	'vite.config.ts',
	'tsconfig.json'
];
const stampFile = join(cacheFolder, 'built.txt');

/** @param {string} path @param {string[]} lines */
function collect(path, lines) {
	const found = statSync(path, { throwIfNoEntry: false });
	if (!found) return;
	if (found.isDirectory()) {
		for (const name of readdirSync(path).sort()) collect(join(path, name), lines);
	} else lines.push(`${path} ${found.size} ${found.mtimeMs}`);
}

/** One word for names, sizes and times of all sources, and for the base path of a build. */
function sourcesStamp(base = process.env.BASE_PATH ?? '') {
	/** @type {string[]} */
	const lines = [`base ${base}`, `node ${process.versions.node}`];
	for (const name of sources) collect(join(root, name), lines);
	return createHash('sha256').update(lines.join('\n')).digest('hex');
}

function siteStamp() {
	const page = statSync(join(siteFolder, '404.html'), { throwIfNoEntry: false });
	return page ? String(page.mtimeMs) : 'none';
}

export function siteIsFresh() {
	if (!existsSync(stampFile) || siteStamp() === 'none') return false;
	return readFileSync(stampFile, 'utf8') === `${sourcesStamp()} ${siteStamp()}`;
}

/**
 * @param {{ base?: string, folder?: string }} [options] where it will live; where to write it
 * @returns {Promise<boolean>} whether it was built
 */
export async function buildSite({ base, folder } = {}) {
	const before = sourcesStamp(base);
	const environment = { ...process.env };
	if (base !== undefined) environment.BASE_PATH = base;
	if (folder !== undefined) environment.SITE_FOLDER = folder;
	const elapsed = stopwatch();
	const progress = setInterval(() => console.log(`  still building, ${seconds(elapsed())}`), 5_000);
	const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
	const built = await new Promise((resolve) => {
		spawn(process.execPath, [vite, 'build', '--logLevel', 'warn'], {
			cwd: root,
			env: environment,
			stdio: ['ignore', 'inherit', 'inherit']
		}).on('close', (code) => resolve(code === 0));
	});
	clearInterval(progress);
	if (built && folder === undefined) {
		mkdirSync(cacheFolder, { recursive: true });
		writeFileSync(stampFile, `${before} ${siteStamp()}`);
	}
	return built;
}
