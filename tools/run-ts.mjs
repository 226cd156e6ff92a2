// Runs a TypeScript entry under Node 20, which cannot read TypeScript itself:
//
//   node tools/run-ts.mjs tools/sim.ts scenario.json --until 30s
//
// The entry is bundled by Vite (with $lib, JSON and import.meta.glob) and kept under node_modules/.cache
// until one of its files changes. Nothing here is written to standard output: that belongs to the entry.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { cacheFolder, root } from './paths.mjs';

/** @param {string} path size and time of a file, time of a folder, or its absence */
function trace(path) {
	const found = statSync(path, { throwIfNoEntry: false });
	return found ? `${path} ${found.isFile() ? found.size : ''} ${found.mtimeMs}` : `${path} absent`;
}

/** @param {string[]} paths */
function stamp(paths) {
	return createHash('sha256').update(paths.map(trace).join('\n')).digest('hex').slice(0, 16);
}

/** Files whose change makes every bundle stale. */
const common = ['package-lock.json', 'tools/run-ts.mjs'].map((name) => join(root, name));

/**
 * @param {string} entry absolute path of a .ts file
 * @returns {Promise<string>} absolute path of its bundle
 */
export async function bundle(entry) {
	const folder = join(cacheFolder, 'run');
	const name = `${basename(entry, '.ts')}-${createHash('sha256').update(entry).digest('hex').slice(0, 8)}`;
	const recordFile = join(folder, `${name}.json`);
	if (existsSync(recordFile)) {
		const record = JSON.parse(readFileSync(recordFile, 'utf8'));
		if (existsSync(record.output) && stamp(record.inputs) === record.stamp) return record.output;
	}

	const { build } = await import('vite');
	const result = await build({
		configFile: false,
		root,
		logLevel: 'silent',
		resolve: { alias: { $lib: join(root, 'src', 'lib') } },
		build: {
			ssr: entry,
			outDir: folder, // Nothing is written there by Vite; source maps are relative to it.
			write: false,
			target: 'node20',
			sourcemap: 'inline',
			minify: false,
			rolldownOptions: { output: { format: 'es', codeSplitting: false } }
		}
	});
	const { output } = /** @type {import('vite').Rolldown.RolldownOutput} */ (result);
	const [chunk] = output;
	const files = chunk.moduleIds
		.map((id) => id.replace(/[?#].*$/, ''))
		.filter((id) => id.startsWith(root));
	// A folder's time changes when a file comes or goes, which matters to import.meta.glob.
	const inputs = [...new Set([...common, ...files, ...files.map((file) => dirname(file))])].sort();
	const bundleFile = join(
		folder,
		`${name}-${createHash('sha256').update(chunk.code).digest('hex').slice(0, 12)}.mjs`
	);
	mkdirSync(folder, { recursive: true });
	replaceFile(bundleFile, chunk.code);
	replaceFile(recordFile, JSON.stringify({ output: bundleFile, inputs, stamp: stamp(inputs) }));
	return bundleFile;
}

/** Two starts at once must never read half a file. @param {string} file @param {string} text */
function replaceFile(file, text) {
	const draft = `${file}.${process.pid}`;
	writeFileSync(draft, text);
	renameSync(draft, file);
}

const [given, ...rest] = process.argv.slice(2);
if (!given) {
	console.error('Usage: node tools/run-ts.mjs ENTRY.ts [arguments …]');
	process.exit(2);
}
const entry = resolve(root, given);
if (!existsSync(entry)) {
	console.error(`There is no ${given} in this version of the project.`);
	process.exit(2);
}
const output = await bundle(entry).catch((error) => {
	console.error(`${given} could not be bundled: ${error.message}`);
	process.exit(1);
});
process.env.TZ ??= 'UTC';
process.argv = [process.argv[0], entry, ...rest];
process.setSourceMapsEnabled(true);
await import(pathToFileURL(output).href);
