import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cacheFolder } from '../tools/paths.mjs';
import { withLocalImports } from '../tools/local-imports.mjs';
import { createStaticServer, listen } from '../tools/serve.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

interface Answer {
	status: number | undefined;
	headers: IncomingMessage['headers'];
	text: string;
}

/** Sends the path as it is written; a URL would tidy `..` away before the server sees it. */
function ask(port: number, path: string, options: { method?: string; tag?: string } = {}) {
	return new Promise<Answer>((resolve, reject) => {
		const headers = options.tag === undefined ? {} : { 'If-None-Match': options.tag };
		request({ port, path, method: options.method ?? 'GET', headers }, (response) => {
			let text = '';
			response.on('data', (part) => (text += String(part)));
			response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, text }));
		})
			.on('error', reject)
			.end();
	});
}

describe('the static server', () => {
	let folder = '';
	const servers: Server[] = [];
	let plain = 0;
	let isolating = 0;

	beforeAll(async () => {
		folder = mkdtempSync(join(tmpdir(), 'switchyard-serve-'));
		mkdirSync(join(folder, 'site', 'play'), { recursive: true });
		mkdirSync(join(folder, 'site', '_app', 'immutable'), { recursive: true });
		writeFileSync(join(folder, 'secret.txt'), 'secret');
		writeFileSync(join(folder, 'site', 'index.html'), 'home');
		writeFileSync(join(folder, 'site', '404.html'), 'nothing here');
		writeFileSync(join(folder, 'site', 'play', 'index.html'), 'play');
		writeFileSync(join(folder, 'site', '_app', 'immutable', 'a.js'), 'export {}');
		const site = join(folder, 'site');
		servers.push(createStaticServer({ folder: site, base: '/name', isolation: false }));
		servers.push(createStaticServer({ folder: site }));
		[plain, isolating] = (await Promise.all(servers.map((server) => listen(server, { port: 0 })))) as [number, number];
	});

	afterAll(() => {
		for (const server of servers) server.close();
		rmSync(folder, { recursive: true, force: true });
	});

	it.each([
		['/', 200, 'home'],
		['/play/', 200, 'play'],
		['/play/?x=1', 200, 'play'],
		['/_app/immutable/a.js', 200, 'export {}'],
		['/nowhere', 404, 'nothing here'],
		['/play/index.html/', 404, 'nothing here'],
		['/../secret.txt', 404, 'nothing here'],
		['/%2e%2e/secret.txt', 404, 'nothing here'],
		['/..%2fsecret.txt', 404, 'nothing here'],
		['/play/../../secret.txt', 404, 'nothing here'],
		['/%00', 404, 'nothing here'],
		['/%zz', 400, 'The address cannot be decoded']
	])('answers %s with %i', async (path, status, text) => {
		const answer = await ask(isolating, path);
		expect([answer.status, answer.text]).toEqual([status, text]);
	});

	it('adds the slash of a folder, and keeps the question', async () => {
		const answer = await ask(isolating, '/play?x=1');
		expect([answer.status, answer.headers.location]).toEqual([308, '/play/?x=1']);
		const outward = await ask(isolating, '//play');
		expect(outward.headers.location ?? '/').not.toMatch(/^\/\//);
	});

	it('sends the isolation headers with every answer, or with none', async () => {
		const names = ['opener-policy', 'embedder-policy', 'resource-policy'];
		for (const path of ['/', '/nowhere', '/_app/immutable/a.js', '/play', '/%zz']) {
			const { headers } = await ask(isolating, path);
			expect(names.map((name) => headers[`cross-origin-${name}`])).toEqual(['same-origin', 'require-corp', 'same-origin']);
			const bare = await ask(plain, `/name${path}`);
			expect(names.map((name) => bare.headers[`cross-origin-${name}`])).toEqual([undefined, undefined, undefined]);
		}
	});

	it('keeps to its base path', async () => {
		expect((await ask(plain, '/name/')).text).toBe('home');
		expect((await ask(plain, '/name')).headers.location).toBe('/name/');
		expect((await ask(plain, '/name/play')).headers.location).toBe('/name/play/');
		expect((await ask(plain, '/')).status).toBe(404);
	});

	it('lets hashed files be kept for ever and has the others asked for', async () => {
		const hashed = await ask(isolating, '/_app/immutable/a.js');
		expect(hashed.headers['cache-control']).toContain('immutable');
		expect(hashed.headers['content-type']).toContain('text/javascript');
		const page = await ask(isolating, '/');
		expect(page.headers['cache-control']).toBe('no-cache');
		const again = await ask(isolating, '/', { tag: page.headers.etag });
		expect([again.status, again.text]).toEqual([304, '']);
	});

	it('only reads', async () => {
		expect((await ask(isolating, '/', { method: 'POST' })).status).toBe(405);
		const head = await ask(isolating, '/', { method: 'HEAD' });
		expect([head.status, head.text, head.headers['content-length']]).toEqual([200, '', '4']);
	});

	it('takes the next port when one is taken, unless told not to', async () => {
		const next = createStaticServer({ folder });
		const port = await listen(next, { port: plain });
		next.close();
		expect(port).toBeGreaterThan(plain);
		const strict = listen(createStaticServer({ folder }), { port: plain, strict: true });
		await expect(strict).rejects.toThrow('EADDRINUSE');
	});
});

describe('the check before every command', () => {
	const complaint = (version: string) =>
		spawnSync(
			process.execPath,
			[
				'--input-type=module',
				'--eval',
				`import { nodeComplaint } from './tools/ensure-install.mjs';
				process.stdout.write(nodeComplaint('${version}') ?? 'fits');`
			],
			{ cwd: root, encoding: 'utf8' }
		).stdout;

	it.each(['20.19.0', '20.20.2', '22.12.0', '26.0.0'])('accepts Node %s', (version) => {
		expect(complaint(version)).toBe('fits');
	});

	it.each(['18.20.0', '20.18.9', '16.0.0'])('says in one sentence what is wrong with %s', (version) => {
		expect(complaint(version)).toMatch(/needs Node\.js 20\.19 or newer; this is \d+\.\d+\.\d+\./);
	});
});

describe('the runner of TypeScript tools', () => {
	const run = (...args: string[]) => spawnSync(process.execPath, ['tools/run-ts.mjs', ...args], { cwd: root, encoding: 'utf8' });

	it('passes arguments on, resolves $lib, and prints nothing of its own', () => {
		mkdirSync(cacheFolder, { recursive: true });
		const folder = mkdtempSync(join(cacheFolder, 'entry-'));
		const entry = join(folder, 'entry.ts');
		const write = (extra: string) =>
			writeFileSync(
				entry,
				`import { assert } from '$lib/base/assert.ts';
				const words: string[] = process.argv.slice(2);
				console.log(typeof assert, words.join('+')${extra});`
			);
		try {
			write('');
			expect(run(entry, 'a', '--until', '30s').stdout).toBe('function a+--until+30s\n');
			write(`, 'changed'`);
			expect(run(entry, 'a').stdout).toBe('function a changed\n');
		} finally {
			rmSync(folder, { recursive: true, force: true });
		}
	});

	it('says so when there is no such tool', () => {
		const result = run('tools/nothing.ts');
		expect([result.status, result.stdout]).toEqual([2, '']);
		expect(result.stderr).toContain('There is no tools/nothing.ts');
	});
});

describe('imports as constants', () => {
	it('names what is imported once, and leaves every other line in its place', () => {
		const code =
			"import one, {\n\ttwo as second,\n\tthree\n} from './a.ts';\nimport * as all from './b.ts';\nimport './c.ts';\nexport const four = second;\n";
		expect(withLocalImports(code)).toBe(
			"import * as __module_0 from './a.ts'; const one = __module_0.default, second = __module_0.two, three = __module_0.three;\n\n\n\n" +
				"import * as all from './b.ts';\nimport './c.ts';\nexport const four = second;\n"
		);
	});

	it('refuses an export that could change after it was read', () => {
		expect(() => withLocalImports('export let count = 0;')).toThrow('an export that can be assigned to: export let count = 0;');
	});
});
