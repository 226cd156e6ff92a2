// `npm test`: every kind of test, in the order in which a fault is cheapest to find. The last line
// is always `N passed, N failed`: tests one each, and each static check and build as one.
//
//   npm test -- vitest e2e      only these stages
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { bold, red, seconds, stopwatch } from './console.mjs';
import { cacheFolder, root, siteUnderBase } from './paths.mjs';
import { runNode, runStages, sayStage, staticStages, syncStage } from './stages.mjs';

const onlyStages = process.argv.slice(2);
const wanted = (/** @type {string} */ name) => onlyStages.length === 0 || onlyStages.includes(name);

const elapsed = stopwatch();
let passedCount = 0;
let failedCount = 0;
/** @type {string[]} */
const failures = [];

/** @param {string} name @param {boolean} passed */
function countOne(name, passed) {
	if (passed) passedCount += 1;
	else {
		failedCount += 1;
		failures.push(name);
	}
}

/**
 * Adds a test runner's own numbers; a runner that fails without naming a test counts as one.
 * @param {string} name @param {number} passed @param {number} failed @param {boolean} runnerPassed
 */
function countMany(name, passed, failed, runnerPassed) {
	const unexplained = failed === 0 && (!runnerPassed || passed === 0) ? 1 : 0;
	passedCount += passed;
	failedCount += failed + unexplained;
	if (failed + unexplained > 0) failures.push(name);
}

/** @param {string} file @returns {any} */
function readReport(file) {
	return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

/** @param {string} title */
function head(title) {
	console.log(`\n${bold(`== ${title}`)}`);
}

async function staticChecks() {
	head('static checks');
	for (const result of await runStages([syncStage])) countOne(result.name, result.passed);
	for (const result of await runStages(staticStages)) countOne(result.name, result.passed);
}

async function vitest() {
	head('vitest');
	const watch = stopwatch();
	const report = join(cacheFolder, 'vitest-report.json');
	rmSync(report, { force: true });
	const { passed } = await runNode(
		join(root, 'node_modules', 'vitest', 'vitest.mjs'),
		['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
		{ limitMs: 540_000 }
	);
	const numbers = readReport(report) ?? { numPassedTests: 0, numFailedTests: 0 };
	countMany('vitest', numbers.numPassedTests, numbers.numFailedTests, passed);
	sayStage('vitest', passed, watch());
}

async function build() {
	head('build');
	const { buildSite } = await import('./site.mjs');
	let allBuilt = true;
	for (const [name, options] of /** @type {const} */ ([
		['build', { base: '' }],
		[`build ${siteUnderBase.base}`, siteUnderBase]
	])) {
		const watch = stopwatch();
		const built = await buildSite(options);
		sayStage(name, built, watch());
		countOne(name, built);
		allBuilt &&= built;
	}
	return allBuilt;
}

/** @returns {Promise<number>} a port that is free now */
function freePort() {
	return new Promise((resolve, reject) => {
		const probe = createServer().once('error', reject);
		probe.listen(0, () => {
			const { port } = /** @type {import('node:net').AddressInfo} */ (probe.address());
			probe.close(() => resolve(port));
		});
	});
}

async function endToEnd() {
	head('end to end');
	const watch = stopwatch();
	const { ensureBrowser } = await import('./ensure-browser.mjs');
	try {
		const { how, version } = await ensureBrowser(console.log);
		console.log(`Chromium ${version} (${how})`);
	} catch (error) {
		console.error(red(error instanceof Error ? error.message : String(error)));
		countOne('a browser', false);
		return;
	}
	const report = join(cacheFolder, 'e2e-report.json');
	rmSync(report, { force: true });
	const { passed } = await runNode(
		join(root, 'node_modules', '@playwright', 'test', 'cli.js'),
		['test'],
		{
			limitMs: 660_000,
			env: {
				E2E_REPORT: report,
				E2E_PORT: String(await freePort()),
				E2E_PORT_PLAIN: String(await freePort())
			}
		}
	);
	const { stats } = readReport(report) ?? { stats: { expected: 0, unexpected: 0, flaky: 0 } };
	// A test that passes only when repeated is a failing test.
	countMany('end to end', stats.expected, stats.unexpected + stats.flaky, passed);
	sayStage('end to end', passed, watch());
}

mkdirSync(cacheFolder, { recursive: true });
if (wanted('static')) await staticChecks();
if (wanted('vitest')) await vitest();
const built = wanted('build') ? await build() : true;
if (wanted('e2e')) {
	if (built) await endToEnd();
	else {
		console.error(red('End to end: not run, because the site could not be built.'));
		countOne('end to end', false);
	}
}

console.log(`\nAll stages took ${seconds(elapsed())}.`);
if (failures.length > 0) console.log(`Failed in: ${failures.join(', ')}`);
console.log(`${passedCount} passed, ${failedCount} failed`);
process.exitCode = failedCount === 0 ? 0 : 1;
