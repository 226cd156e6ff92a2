// Runs a command as one named stage of `npm run check` or `npm test`, and times it.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { bold, red, seconds, stopwatch } from './console.mjs';
import { cacheFolder, root } from './paths.mjs';

/**
 * @typedef {object} Stage
 * @property {string} name
 * @property {[script: string, ...args: string[]][]} commands scripts for this Node, one after the other
 *
 * @typedef {object} StageResult
 * @property {string} name
 * @property {boolean} passed
 * @property {number} milliseconds
 */

/** @param {string} name of an installed package @param {string} path inside it */
const installed = (name, path) => join(root, 'node_modules', name, path);

/** What can be said about the sources without running them, longest first: two run at a time. @type {Stage[]} */
export const staticStages = [
	{
		name: 'svelte-check',
		commands: [
			[
				installed('svelte-check', 'bin/svelte-check'),
				'--tsconfig',
				'tsconfig.json',
				'--fail-on-warnings',
				'--output',
				'human'
			]
		]
	},
	{
		name: 'lint',
		commands: [
			[
				installed('eslint', 'bin/eslint.js'),
				'--max-warnings=0',
				'--cache',
				'--cache-strategy=content',
				`--cache-location=${join(cacheFolder, 'eslint.json')}`,
				'.'
			]
		]
	},
	{
		name: 'arrows',
		commands: [
			[
				installed('dependency-cruiser', 'bin/dependency-cruise.mjs'),
				'--config',
				'.dependency-cruiser.cjs',
				'src'
			]
		]
	},
	{
		// The program of tsconfig.json, scripts and tests included, is what svelte-check compiles as well: once is enough. The
		// service worker has a world of its own.
		name: 'types',
		commands: [[installed('typescript', 'bin/tsc'), '-p', join(root, 'src', 'service-worker')]]
	}
];

/** @type {Stage} */
export const formatStage = {
	name: 'format',
	commands: [[installed('prettier', 'bin/prettier.cjs'), '--check', '--log-level=warn', '.']]
};

/** @type {Stage} */
export const tidyStage = {
	name: 'tidy',
	commands: [[installed('vitest', 'vitest.mjs'), 'run', '--project', 'tidy']]
};

/** SvelteKit writes the types that tsconfig.json extends; nothing else works before it. @type {Stage} */
export const syncStage = {
	name: 'sync',
	commands: [[installed('@sveltejs/kit', 'svelte-kit.js'), 'sync']]
};

/**
 * @param {string} script @param {string[]} args
 * @param {{ env?: Record<string, string>, limitMs?: number, shown?: boolean }} [options]
 * @returns {Promise<{ passed: boolean, text: string }>}
 */
export function runNode(script, args, { env = {}, limitMs = 600_000, shown = true } = {}) {
	return new Promise((resolve) => {
		const output = shown ? 'inherit' : 'pipe';
		const child = spawn(process.execPath, [script, ...args], {
			cwd: root,
			env: { ...process.env, ...env },
			stdio: ['ignore', output, output]
		});
		let text = '';
		child.stdout?.on('data', (part) => (text += part));
		child.stderr?.on('data', (part) => (text += part));
		const limit = setTimeout(() => {
			console.error(red(`Ended after ${seconds(limitMs)}: too slow or stuck.`));
			child.kill();
		}, limitMs);
		child.on('close', (code) => {
			clearTimeout(limit);
			resolve({ passed: code === 0, text });
		});
	});
}

/** @param {string} name @param {boolean} passed @param {number} milliseconds */
export function sayStage(name, passed, milliseconds) {
	const verdict = passed ? 'ok' : red('FAILED');
	console.log(`${bold(name.padEnd(14))} ${verdict}  ${seconds(milliseconds)}`);
}

/** Quiet unless it fails. @param {Stage} stage @returns {Promise<StageResult>} */
async function runStage({ name, commands }) {
	const elapsed = stopwatch();
	let passed = true;
	for (const [script, ...args] of commands) {
		const result = await runNode(script, args, { shown: false });
		if (!result.passed) {
			passed = false;
			console.log(`\n${red(name)}\n${result.text.trimEnd()}\n`);
		}
	}
	sayStage(name, passed, elapsed());
	return { name, passed, milliseconds: elapsed() };
}

/** Two at a time, for two cores. @param {Stage[]} stages @returns {Promise<StageResult[]>} */
export async function runStages(stages) {
	/** @type {StageResult[]} */
	const results = [];
	const waiting = [...stages];
	const worker = async () => {
		for (let stage = waiting.shift(); stage; stage = waiting.shift()) {
			results.push(await runStage(stage));
		}
	};
	await Promise.all([worker(), worker()]);
	return results;
}
