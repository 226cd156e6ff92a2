import { readFileSync } from 'node:fs';
import { parseQuantity } from '../src/lib/base/quantity.ts';
import { CATALOGUE, catalogueScenario } from '../src/lib/engine/contract/scenario/catalogue/index.ts';
import { readScenarioText } from '../src/lib/engine/contract/scenario/read.ts';
import { Simulation } from '../src/lib/engine/index.ts';
import { REASONS, type ReasonId } from '../src/lib/engine/contract/reasons.ts';

/** Headless runs: `npm run -s sim -- FILE.json [--until 30s] [--format json|csv|trace]`. The same engine as the page's. */

const HELP = `usage: npm run -s sim -- FILE.json|catalogue-id [--until 30s] [--format json|csv|trace]
catalogue: ${CATALOGUE.map((entry) => entry.id).join(', ')}`;

function fail(message: string): never {
	process.stderr.write(`${message}\n`);
	process.exit(2);
}

interface Request {
	readonly file: string;
	readonly untilNs: number | null;
	readonly format: 'json' | 'csv' | 'trace';
}

function readArguments(words: readonly string[]): Request {
	let file: string | null = null;
	let untilNs: number | null = null;
	let format: Request['format'] = 'json';
	for (let at = 0; at < words.length; at += 1) {
		const word = words[at] as string;
		if (word === '--help' || word === '-h') {
			process.stdout.write(`${HELP}\n`);
			process.exit(0);
		} else if (word === '--until') {
			at += 1;
			const time = parseQuantity(words[at], 'nanoseconds');
			if (!time.ok) fail(`--until: ${time.detail}`);
			untilNs = time.value;
		} else if (word === '--format') {
			at += 1;
			const name = words[at];
			if (name !== 'json' && name !== 'csv' && name !== 'trace') fail(`--format: "${String(name)}" is none of json, csv, trace`);
			format = name;
		} else if (word.startsWith('-')) fail(`${word}: no such option\n${HELP}`);
		else if (file !== null) fail(`${word}: one scenario at a time\n${HELP}`);
		else file = word;
	}
	if (file === null) fail(HELP);
	return { file, untilNs, format };
}

function readScenarioFile(file: string): unknown {
	const known = catalogueScenario(file);
	if (known !== null) return known;
	let text: string;
	try {
		text = readFileSync(file, 'utf8');
	} catch (error) {
		fail(`${file}: ${(error as Error).message}`);
	}
	const scenario = readScenarioText(text);
	if (!scenario.ok) fail(`${file}: ${REASONS[scenario.reason].sentence} ${scenario.detail}`);
	return scenario.value;
}

const request = readArguments(process.argv.slice(2));
const opened = Simulation.open({ scenario: readScenarioFile(request.file), limitBytes: 8 * 1024 ** 3 });
if (!opened.ok) fail(`${request.file}: ${REASONS[opened.reason as ReasonId].sentence} ${opened.detail}`);
const simulation = opened.value;
const untilNs = request.untilNs ?? simulation.world.scenario.untilNs;
simulation.advance(untilNs);

const write = (text: string): void => void process.stdout.write(text);
if (request.format === 'trace') {
	for (const record of simulation.world.trace)
		write(
			`${(record.atNs / 1e6).toFixed(6).padStart(14)} ms  #${record.seq}${record.cause === null ? '' : ` <- #${record.cause}`}  [${record.rule}]  ${record.text}\n`
		);
} else if (request.format === 'csv') {
	const { vms } = simulation.ask({ kind: 'summary' });
	write('atNs,vm,speedPpm,host,leftBytes,bandwidthBytesPerSecond,poolPages\n');
	for (const vm of vms)
		vm.atNs.forEach((at, index) =>
			write(
				`${at},${vm.id},${vm.speedPpm[index]},${vm.host[index]},${vm.leftBytes[index]},${Math.round(vm.bandwidthBytesPerSecond[index] ?? 0)},${vm.poolPages[index]}\n`
			)
		);
} else {
	const check = simulation.check();
	const status = simulation.status();
	write(
		`${JSON.stringify(
			{
				scenario: status.scenarioId,
				nowNs: status.nowNs,
				events: status.eventCount,
				fingerprint: simulation.fingerprint(),
				vms: status.vms,
				operations: status.operations,
				links: status.links,
				extents: status.extents,
				marks: status.marks,
				pagesProved: check.pagesProved,
				checks: check.checks
			},
			null,
			2
		)}\n`
	);
	if (check.checks.some((entry) => !entry.holds)) process.exitCode = 1;
}
