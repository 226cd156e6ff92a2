import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { dirtyLog, events, freshWorld, seeking, sentPages, uniformMemory } from './bench/engine.ts';
import { translations, widePool } from './bench/addresses.ts';
import { inBrowser } from './bench/browser.ts';
import { capacity, largeFabrics } from './bench/capacity.ts';
import { growth } from './bench/growth.ts';
import { deviceAddresses } from './bench/iova.ts';
import { allocated, migrated, offlined, plugged } from './bench/linux.ts';
import { movedPages, relabelled, wholeRuns } from './bench/moves.ts';
import type { Row } from './bench/rows.ts';
import { exploredStates } from './bench/superpage.ts';
import { switches } from './bench/vdpa.ts';
import { assertions, pagesPerSecond } from './bench/ways.ts';

/**
 * `npm run bench [-- --write] [--quick] [--no-browser] [--only=TEXT]`: ratios with their floor in the same run, the goal beside
 * each. `--only` takes the parts whose name holds the text.
 */

const words = process.argv.slice(2);
const known = ['--write', '--quick', '--no-browser'];
const only = words.find((word) => word.startsWith('--only='))?.slice('--only='.length);
const refuse = (text: string): never => {
	process.stderr.write(`${text}\n`);
	process.exit(2);
};
const unknown = words.find((word) => !known.includes(word) && !word.startsWith('--only='));
if (unknown !== undefined) refuse(`${unknown}: no such option; there are ${known.join(', ')}, --only=TEXT`);
if (only !== undefined && words.includes('--write')) refuse('--write needs the whole table: not with --only');
const load = loadavg();
const rounds = words.includes('--quick') ? 3 : 7;
const say = (line: string): void => void process.stderr.write(`${line}\n`);

const rows: Row[] = [];
const part = (name: string, measure: () => Row[]): void => {
	if (only !== undefined && !name.includes(only)) return;
	say(`${name} …`);
	rows.push(...measure());
};
// First, before anything else has grown the process.
part('a fresh world', freshWorld);
part('uniform memory', () => [uniformMemory()]);
part('64 GiB taken over by reference', () => relabelled(rounds));
part('pages moved in batches', () => movedPages(rounds));
part('pages sent', () => sentPages(rounds));
part('events', () => events(rounds));
part('dirty log', () => dirtyLog(rounds));
part('seeking', seeking);
part('64 GiB in 4 KiB pages', wholeRuns);
part('ways: pages moved a second', () => pagesPerSecond(words.includes('--quick') ? [4] : [4, 64, 512]));
part('ways: cost of assertions', assertions);
part('super-page: states explored', () => exploredStates(rounds));
part('Linux: pages allocated and freed', () => allocated(rounds));
part('Linux: pages moved to another node', () => migrated(rounds));
part('Linux: a memory block goes offline', () => offlined(rounds));
part('Linux: 64 GiB by virtio-mem', () => plugged(rounds));
part('Linux: growth to 1 TiB', () => growth(words.includes('--quick')));
part('fabric: translations', () => translations(rounds));
part('fabric: 64 TiB and 64 hosts', widePool);
part('fabric: 100,000 extents', () => capacity(rounds));
part('fabric: status and commands of large ones', () => largeFabrics(rounds));
part('vDPA: maps of device addresses', () => deviceAddresses(rounds));
part('vDPA: a switch of 512 GiB', switches);
if (only !== undefined && rows.length === 0) refuse(`no part has "${only}" in its name`);
if (only === undefined && !words.includes('--no-browser')) {
	say('browser …');
	rows.push(...(await inBrowser(say)));
}

const verdict = (row: Row): string => (row.met === null ? '' : row.met ? 'met' : 'missed');
const table = [
	'| what | against | result | spread | goal | |',
	'|---|---|---|---|---|---|',
	...rows.map((row) => `| ${row.what} | ${row.floor} | ${row.value} | ${row.spread ?? ''} | ${row.goal} | ${verdict(row)} |`)
].join('\n');
process.stdout.write(`${table}\n`);

if (words.includes('--write')) {
	const machine = `${cpus()[0]?.model.trim() ?? 'unknown'}, ${cpus().length} CPUs, Node ${process.versions.node}; load before the run ${(load[0] ?? 0).toFixed(1)}, of which none was this program`;
	const text = `# Performance

Written by \`npm run bench -- --write\`; never by hand. Each ratio is taken in one run: the variants and their floor take turns in rotated order, two rounds are thrown away, the median over ${rounds} rounds counts. Absolute times depend on the machine, ratios hardly, unless other programs keep all its processors busy: then the spread says so.

Machine: ${machine}.

${table}

A goal that was missed says what to work on next, not that a figure is wrong. A take-over is what the move by reference is about, and is measured alone: no event, no record, no checkpoint. “With its events and records” means all that a run does: two visible moments for each 512 pages, a record of each with its sentence, checkpoints on the way. A copy of memory does none of that. What is left of it has no single large part in a profile: records and the garbage they leave come first, then planning, allocating, mapping and freeing; a mixed block adds the rows of its contents, which a fresh world touches for the first time.

Rows of Linux machines are whole runs too. Their floor is a copy of the 4 KiB pieces of state that the same work writes to: of huge pages and of runs a word per 2 MiB is written, so that the floor is small and the time is that of events and records. Scattered memory has only single pages free: each is found, taken, mapped and counted by itself.

Seeking goes to the nearest checkpoint, before or after the present, and runs on from there. Checkpoints lie by estimated cost, a sixteenth of the run’s at most, and stay when the world goes back: only another journal makes them void. An undo log was not needed for the goal.
`;
	writeFileSync(join(process.cwd(), 'docs', 'performance.md'), text);
	say('docs/performance.md is written.');
}
