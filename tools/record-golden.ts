import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { smallCatalogue } from '../tests/support/small-catalogue.ts';
import { goldenText } from '../tests/support/trace-text.ts';

/** Records the golden traces anew: `npm run golden`. Prints which changed; the diff is for people to read. */

const folder = join(process.cwd(), 'tests', 'golden');
const wanted = new Set<string>();
for (const { id, scenario } of smallCatalogue()) {
	const file = join(folder, `${id}.txt`);
	wanted.add(`${id}.txt`);
	const text = goldenText(scenario);
	const before = existsSync(file) ? readFileSync(file, 'utf8') : null;
	if (before !== text) writeFileSync(file, text);
	process.stdout.write(`${id}: ${before === null ? 'new' : before === text ? 'unchanged' : 'changed'}\n`);
}
for (const name of readdirSync(folder).filter((entry) => entry.endsWith('.txt') && !wanted.has(entry))) {
	rmSync(join(folder, name));
	process.stdout.write(`${name}: gone\n`);
}
