import { closeSync, existsSync, openSync, writeSync } from 'node:fs';
import type { Answer, RecordedCase } from './conformance/case.ts';
import { readCases } from './conformance/case.ts';
import { notRead } from './conformance/known.ts';
import { playDcd } from './conformance/play-dcd.ts';
import { playCxl } from './conformance/play-cxl.ts';
import { playIova } from './conformance/play-iova.ts';
import { playMigration } from './conformance/play-migration.ts';
import { playVirtio } from './conformance/play-virtio.ts';
import { playZones } from './conformance/play-zones.ts';

/**
 * Replays recorded cases of the real software through the engine: `npm run -s conformance -- DIR [--answers FILE]`. One line
 * per case with the first difference, then the sum. Exit 1 if any failed or was not answered.
 */
const HELP = 'usage: npm run -s conformance -- DIR [--answers FILE] [--only ID]';

const FAMILIES: Readonly<Record<string, (recorded: RecordedCase) => Answer>> = {
	'zones-hotplug': playZones,
	'virtio-mem': playVirtio,
	'cxl-topology': playCxl,
	'dcd-qmp': playDcd,
	'iova-tree': playIova,
	migration: playMigration
};

function fail(message: string): never {
	process.stderr.write(`${message}\n`);
	process.exit(2);
}

function play(recorded: RecordedCase): Answer | { readonly crash: string } {
	try {
		const answer = (FAMILIES[recorded.family] as (each: RecordedCase) => Answer)(recorded);
		const { inputs, beside } = notRead(recorded);
		return { ...answer, unanswered: [...inputs, ...answer.unanswered], unobserved: [...answer.unobserved, ...beside] };
	} catch (error) {
		return { crash: (error as Error).stack?.split('\n').slice(0, 3).join(' | ') ?? String(error) };
	}
}

let folder: string | null = null;
let answers: string | null = null;
let only: string | null = null;
const words = process.argv.slice(2);
for (let at = 0; at < words.length; at += 1) {
	const word = words[at] as string;
	if (word === '--help' || word === '-h') {
		process.stdout.write(`${HELP}\n`);
		process.exit(0);
	} else if (word === '--answers') answers = words[(at += 1)] ?? fail(HELP);
	else if (word === '--only') only = words[(at += 1)] ?? fail(HELP);
	else if (word.startsWith('-')) fail(`${word}: no such option\n${HELP}`);
	else if (folder === null) folder = word;
	else fail(`${word}: one folder at a time\n${HELP}`);
}
if (folder === null) fail(HELP);
if (!existsSync(folder)) fail(`${folder}: no such folder`);
const { cases, skipped } = readCases(folder);
for (const line of skipped) process.stderr.write(`skipped ${line}\n`);
if (cases.length === 0) fail(`${folder}: no recorded case below it`);

const out = answers === null ? null : openSync(answers, 'w');
let passed = 0;
let failed = 0;
let notAnswered = 0;
let looking = 0;
const unobserved = new Map<string, number>();

/** One line of the answers: what the engine says where it says something, null elsewhere. */
function writeAnswer(recorded: RecordedCase, answer: Answer | null): void {
	if (out === null) return;
	const silent = {
		results: recorded.steps.filter((step) => 'result' in step).map(() => null),
		steps: recorded.steps.map(() => null),
		outcome: null
	};
	const { results, steps, outcome } = answer ?? silent;
	writeSync(out, `${JSON.stringify({ id: recorded.id, results, steps, outcome })}\n`);
}

for (const recorded of cases) {
	if (only !== null && !recorded.id.includes(only)) continue;
	if (!(recorded.family in FAMILIES)) {
		notAnswered += 1;
		process.stdout.write(`NONE ${recorded.id}: the engine does not play the family ${recorded.family} yet\n`);
		writeAnswer(recorded, null);
		continue;
	}
	const answer = play(recorded);
	if ('crash' in answer) {
		failed += 1;
		process.stdout.write(`FAIL ${recorded.id}: the engine stopped: ${answer.crash}\n`);
		writeAnswer(recorded, null);
		continue;
	}
	for (const what of answer.unobserved) {
		looking += 1;
		unobserved.set(what, (unobserved.get(what) ?? 0) + 1);
	}
	writeAnswer(recorded, answer);
	if (answer.difference !== null) {
		failed += 1;
		process.stdout.write(`FAIL ${recorded.id}: ${answer.difference}\n`);
	} else if (answer.unanswered.length > 0) {
		notAnswered += 1;
		process.stdout.write(`NONE ${recorded.id}: not answered: ${answer.unanswered.join(', ')}\n`);
	} else {
		passed += 1;
		process.stdout.write(`ok   ${recorded.id}: ${recorded.title}\n`);
	}
}
if (out !== null) closeSync(out);
if (looking > 0)
	process.stdout.write(
		`${looking} steps that only look were not answered: ${[...unobserved].map(([what, count]) => `${what} (${count})`).join('; ')}\n`
	);
process.stdout.write(`${passed} passed, ${failed} failed, ${notAnswered} not answered\n`);
process.exit(failed > 0 || notAnswered > 0 ? 1 : 0);
