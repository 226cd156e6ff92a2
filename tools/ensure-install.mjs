// Runs before `npm start`, `npm test` and the like: nothing here may import an installed package.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, root } from './paths.mjs';

const needed = [20, 19];

/** A sentence when this Node cannot run the project, else undefined. */
export function nodeComplaint(version = process.versions.node) {
	const [major, minor] = version.split('.').map(Number);
	const fits = major > needed[0] || (major === needed[0] && minor >= needed[1]);
	return fits
		? undefined
		: `Switchyard needs Node.js ${needed.join('.')} or newer; this is ${version}. ` +
				'Get a newer one from https://nodejs.org, then run the command again.';
}

const lockFile = join(root, 'package-lock.json');
const installedFile = join(root, 'node_modules', '.package-lock.json');
const stampFile = join(cacheFolder, 'installed-lock.txt');

function lockHash() {
	return createHash('sha256').update(readFileSync(lockFile)).digest('hex');
}

function writeStamp() {
	mkdirSync(cacheFolder, { recursive: true });
	writeFileSync(stampFile, lockHash());
}

function isInstalled() {
	if (!existsSync(installedFile)) return false;
	if (existsSync(stampFile)) return readFileSync(stampFile, 'utf8') === lockHash();
	// Installed by hand: npm wrote its own record after reading the lock.
	const installedByHand = statSync(installedFile).mtimeMs >= statSync(lockFile).mtimeMs;
	if (installedByHand) writeStamp();
	return installedByHand;
}

function install() {
	// Standard output stays clean: `npm run -s sim` is read by programs.
	console.error('Installing the packages of package-lock.json (npm ci) …');
	const npm = process.env.npm_execpath;
	const args = ['ci', '--include=dev', '--no-audit', '--no-fund'];
	const [command, commandArgs] = npm
		? [process.execPath, [npm, ...args]]
		: [process.platform === 'win32' ? 'npm.cmd' : 'npm', args];
	const result = spawnSync(command, commandArgs, {
		cwd: root,
		stdio: ['ignore', 2, 2],
		shell: !npm && process.platform === 'win32'
	});
	if (result.status !== 0) {
		console.error(
			'npm ci did not succeed. It needs the npm registry (network) and a writable folder; ' +
				'the lines above say what went wrong.'
		);
		process.exit(result.status ?? 1);
	}
	writeStamp();
}

const complaint = nodeComplaint();
if (complaint) {
	console.error(complaint);
	process.exit(1);
}
if (!isInstalled()) install();
