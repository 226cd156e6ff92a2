// The static server of `npm start` and of the browser tests. Node built-ins only.
//
//   node tools/serve.mjs [--dir build] [--port 4173] [--strict-port] [--base /name] [--no-isolation]
//
// --no-isolation plays a plain static host: no isolation headers at all.
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { siteFolder } from './paths.mjs';

/** @type {Record<string, string>} */
const types = {
	'.css': 'text/css; charset=utf-8',
	'.csv': 'text/csv; charset=utf-8',
	'.html': 'text/html; charset=utf-8',
	'.ico': 'image/x-icon',
	'.jpg': 'image/jpeg',
	'.js': 'text/javascript; charset=utf-8',
	'.json': 'application/json; charset=utf-8',
	'.map': 'application/json; charset=utf-8',
	'.md': 'text/markdown; charset=utf-8',
	'.mjs': 'text/javascript; charset=utf-8',
	'.png': 'image/png',
	'.svg': 'image/svg+xml; charset=utf-8',
	'.txt': 'text/plain; charset=utf-8',
	'.wasm': 'application/wasm',
	'.webmanifest': 'application/manifest+json; charset=utf-8',
	'.webp': 'image/webp',
	'.woff': 'font/woff',
	'.woff2': 'font/woff2',
	'.xml': 'application/xml; charset=utf-8'
};

const isolationHeaders = {
	'Cross-Origin-Opener-Policy': 'same-origin',
	'Cross-Origin-Embedder-Policy': 'require-corp',
	'Cross-Origin-Resource-Policy': 'same-origin'
};

/**
 * The file for a request path, never outside the folder.
 * @param {string} folder absolute
 * @param {string} path decoded, begins with a slash
 * @returns {{ file: string } | { redirect: string } | undefined}
 */
export function findFile(folder, path) {
	if (path.includes('\0')) return undefined;
	const file = resolve(join(folder, normalize(path)));
	if (file !== folder && !file.startsWith(folder + sep)) return undefined;
	const found = statSync(file, { throwIfNoEntry: false });
	if (found?.isFile()) return path.endsWith('/') ? undefined : { file };
	if (found?.isDirectory()) {
		const index = join(file, 'index.html');
		if (!existsSync(index)) return undefined;
		return path.endsWith('/') ? { file: index } : { redirect: `${path}/` };
	}
	const page = `${file}.html`;
	return existsSync(page) && !path.endsWith('/') ? { file: page } : undefined;
}

/**
 * @param {{ folder?: string, base?: string, isolation?: boolean }} [options]
 * base: '' or '/name', the site's place below the host's root
 */
export function createStaticServer({ folder = siteFolder, base = '', isolation = true } = {}) {
	const home = resolve(folder);
	return createServer((request, response) => {
		if (isolation) {
			for (const [name, value] of Object.entries(isolationHeaders)) response.setHeader(name, value);
		}
		response.setHeader('X-Content-Type-Options', 'nosniff');
		if (request.method !== 'GET' && request.method !== 'HEAD') {
			response.writeHead(405, { Allow: 'GET, HEAD' }).end();
			return;
		}
		const [rawPath, query] = (request.url ?? '/').split('?', 2);
		let path;
		try {
			path = decodeURIComponent(rawPath);
		} catch {
			response.writeHead(400).end('The address cannot be decoded');
			return;
		}
		if (base && path === base) {
			response.writeHead(308, { Location: `${base}/` }).end();
			return;
		}
		const inside = !base || path.startsWith(`${base}/`);
		const found = inside ? findFile(home, path.slice(base.length)) : undefined;
		if (found && 'redirect' in found) {
			// Made of one slash and encoded parts: `//host` would leave the site.
			const target = found.redirect.split('/').filter(Boolean).map(encodeURIComponent).join('/');
			const suffix = query === undefined ? '' : `?${query}`;
			response.writeHead(308, { Location: `${base}/${target}/${suffix}` }).end();
			return;
		}
		if (found) send(request, response, found.file, 200);
		else {
			const fallback = join(home, '404.html');
			if (existsSync(fallback)) send(request, response, fallback, 404);
			else response.writeHead(404, { 'Content-Type': 'text/plain' }).end('Not found');
		}
	});
}

/**
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:http').ServerResponse} response
 * @param {string} file
 * @param {number} status
 */
function send(request, response, file, status) {
	const { size, mtimeMs } = statSync(file);
	const tag = `"${size.toString(36)}-${Math.floor(mtimeMs).toString(36)}"`;
	const hashed = file.includes(`${sep}_app${sep}immutable${sep}`);
	const headers = {
		'Content-Type': types[extname(file)] ?? 'application/octet-stream',
		'Cache-Control': hashed ? 'public, max-age=31536000, immutable' : 'no-cache',
		ETag: tag
	};
	if (status === 200 && request.headers['if-none-match'] === tag) {
		response.writeHead(304, headers).end();
		return;
	}
	response.writeHead(status, { ...headers, 'Content-Length': size });
	if (request.method === 'HEAD') response.end();
	else {
		createReadStream(file)
			.on('error', () => response.destroy())
			.pipe(response);
	}
}

/**
 * Listens on the wanted port or, unless it must be that one, on the next free one.
 * @param {import('node:http').Server} server
 * @param {{ port: number, strict?: boolean, host?: string }} options
 * @returns {Promise<number>} the port
 */
export function listen(server, { port, strict = false, host }) {
	return new Promise((resolvePort, reject) => {
		const attempt = (/** @type {number} */ candidate) => {
			server.once('error', (/** @type {NodeJS.ErrnoException} */ error) => {
				const taken = error.code === 'EADDRINUSE' || error.code === 'EACCES';
				if (taken && !strict && candidate - port < 100) attempt(candidate + 1);
				else reject(error);
			});
			server.listen({ port: candidate, host }, () => {
				server.removeAllListeners('error');
				resolvePort(/** @type {import('node:net').AddressInfo} */ (server.address()).port);
			});
		};
		attempt(port);
	});
}

/** @param {string[]} args */
function readArguments(args) {
	const options = {
		folder: siteFolder,
		port: Number(process.env.PORT ?? 4173),
		strict: false,
		base: '',
		isolation: true
	};
	for (let index = 0; index < args.length; index += 1) {
		const name = args[index];
		if (name === '--dir') options.folder = resolve(args[(index += 1)]);
		else if (name === '--port') options.port = Number(args[(index += 1)]);
		else if (name === '--strict-port') options.strict = true;
		else if (name === '--base') options.base = args[(index += 1)];
		else if (name === '--no-isolation') options.isolation = false;
		else throw new Error(`Unknown option ${name}`);
	}
	if (!Number.isInteger(options.port) || options.port < 0 || options.port > 65_535) {
		throw new Error(`PORT must be a number from 0 to 65535`);
	}
	return options;
}

/** @param {string[]} args */
export async function serve(args) {
	const options = readArguments(args);
	if (!existsSync(join(options.folder, 'index.html'))) {
		throw new Error(`There is no built site in ${options.folder}. Run "npm run build" first.`);
	}
	const server = createStaticServer(options);
	const port = await listen(server, { ...options, host: process.env.HOST });
	console.log(`Switchyard is at http://localhost:${port}${options.base}/ (Ctrl+C ends it)`);
	for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
		process.once(signal, () => {
			server.close();
			server.closeAllConnections();
		});
	}
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
	serve(process.argv.slice(2)).catch((error) => {
		console.error(error.message);
		process.exitCode = 1;
	});
}
