import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

/** House rules that no other tool looks after. */
const root = fileURLToPath(new URL('..', import.meta.url));
const notOurs = new Set(['node_modules', '.git', '.svelte-kit', 'build', 'test-results']);

function walk(folder: string): { files: string[]; folders: string[] } {
	const files: string[] = [];
	const folders: string[] = [folder];
	for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
		if (notOurs.has(entry.name)) continue;
		const path = join(folder, entry.name);
		if (entry.isDirectory()) {
			const inner = walk(path);
			files.push(...inner.files);
			folders.push(...inner.folders);
		} else if (entry.isFile()) files.push(path);
	}
	return { files, folders };
}

const read = (path: string) => readFileSync(join(root, path), 'utf8');
const everything = walk('.').files;
const codeEndings = new Set(['.ts', '.js', '.mjs', '.cjs', '.svelte', '.css']);
const code = everything.filter((path) => codeEndings.has(extname(path)));
const tests = everything.filter((path) => /^tests\/.*\.(?:test|spec)\.ts$/.test(path));

describe('the tree', () => {
	it('has what the project is asked to have', () => {
		const required = [
			'package.json',
			'svelte.config.js',
			'README.md',
			'LICENSE',
			'src/routes',
			'src/lib/engine',
			'src/lib/viz',
			'static',
			'tests'
		];
		expect(required.filter((path) => !existsSync(join(root, path)))).toEqual([]);
	});

	it('explains every folder of src/lib, tests and tools that holds code', () => {
		const holdsCode = (folder: string) => readdirSync(join(root, folder)).some((name) => codeEndings.has(extname(name)));
		const folders = ['src/lib', 'tests', 'tools']
			.filter((folder) => existsSync(join(root, folder)))
			.flatMap((folder) => walk(folder).folders)
			// tests/unit mirrors src/lib path for path, and is explained there.
			.filter((folder) => !folder.startsWith('tests/unit/') && holdsCode(folder));
		expect(folders.length).toBeGreaterThan(5);
		const silent = folders.filter((folder) => {
			const readme = join(root, folder, 'README.md');
			return !existsSync(readme) || statSync(readme).size < 80;
		});
		expect(silent).toEqual([]);
	});

	it('has no file of code beyond 450 lines, tables apart', () => {
		const long = code
			.filter((path) => !/^\/\/ table\b/m.test(read(path).slice(0, 400)))
			.map((path) => `${path}: ${read(path).split('\n').length} lines`)
			.filter((line) => Number(/(\d+) lines$/.exec(line)?.[1]) > 450);
		expect(long).toEqual([]);
	});

	it('gives every folder of the engine a place in the arrows', () => {
		interface Config {
			forbidden: { name: string }[];
		}
		const config = createRequire(import.meta.url)(join(root, '.dependency-cruiser.cjs')) as Config;
		const known = new Set(config.forbidden.map((rule) => rule.name));
		const folders = readdirSync(join(root, 'src/lib/engine'), { withFileTypes: true })
			.filter((entry) => entry.isDirectory() && entry.name !== 'worker')
			.map((entry) => entry.name);
		expect(folders.filter((name) => !known.has(`engine-${name}`))).toEqual([]);
	});
});

describe('the sources', () => {
	it('start workers only from files that exist', () => {
		const started = code
			.filter((path) => path.startsWith('src/'))
			.flatMap((path) =>
				[...read(path).matchAll(/new URL\(\s*['"]([^'"]+\.worker\.ts)['"]/g)].map((match) =>
					relative(root, join(root, dirname(path), match[1] ?? ''))
				)
			);
		const existing = code.filter((path) => path.endsWith('.worker.ts'));
		expect(new Set(started)).toEqual(new Set(existing));
		expect(existing).toContain('src/lib/engine/worker/engine.worker.ts');
	});

	it('hold no note of unfinished work', () => {
		// Put together here, so that this file passes its own test.
		const banned = new RegExp(`\\b(?:${['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX'].join('|')})\\b`);
		const texts = everything.filter((path) => codeEndings.has(extname(path)) || /\.md$/.test(path));
		expect(texts.filter((path) => banned.test(read(path)))).toEqual([]);
	});

	it('name no place of the machine they were written on', () => {
		const banned = new RegExp(['/wo' + 'rk/', 'sha' + 'red/(?:design|reference|seeds)'].join('|'));
		const texts = everything.filter((path) => /\.(?:md|json|html|yml|svg)$/.test(path) || codeEndings.has(extname(path)));
		expect(texts.filter((path) => banned.test(read(path)))).toEqual([]);
	});
});

describe('the tests', () => {
	it('are all run', () => {
		const word = ['skip', 'only', 'todo', 'fixme', 'fails', 'skipIf', 'runIf'].join('|');
		const left = new RegExp(`\\b(?:it|test|describe|suite)\\.(?:\\w+\\.)*(?:${word})\\b|\\bx(?:it|describe)\\(`);
		expect(tests.length).toBeGreaterThan(0);
		expect(tests.filter((path) => left.test(read(path)))).toEqual([]);
	});

	it('lie where a runner looks', () => {
		const looked =
			/^tests\/(?:[^/]+\.test|(?:unit|exhaustive|property|model|sim|sync|golden|conformance|faults|comparison|lessons|permalinks)\/.*\.test|e2e\/.*\.spec)\.ts$/;
		expect(tests.filter((path) => !looked.test(path))).toEqual([]);
		expect(everything.filter((path) => /^src\/.*\.(?:test|spec)\.\w+$/.test(path))).toEqual([]);
	});

	it('never wait for a length of time in the browser', () => {
		expect(tests.filter((path) => /\bwaitForTimeout\(/.test(read(path)))).toEqual([]);
	});
});

describe('what is generated', () => {
	it('keeps docs/memory-layout.md in step with the layout table', () => {
		const before = read('docs/memory-layout.md');
		const result = spawnSync(process.execPath, ['tools/run-ts.mjs', 'tools/layout-doc.ts', '--check'], { cwd: root, encoding: 'utf8' });
		expect(result.status, `${result.stdout}${result.stderr}`).toBe(0);
		expect(read('docs/memory-layout.md')).toBe(before);
	});
});
