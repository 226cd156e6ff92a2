/**
 * Two duties: the site works with no network, and pages are cross-origin isolated on hosts that
 * cannot send headers (a page may share memory with its worker only when it is isolated).
 *
 * Pages come from the network first, so that a new release is seen at once; built files carry
 * their hash in the name and come from the cache first. Registered by `src/lib/client/isolation.ts`.
 */
import { base, build, files, prerendered, version } from '$service-worker';

const worker = self as unknown as ServiceWorkerGlobalScope;
const cacheName = `switchyard-${version}`;

/** The fall-back page of the static adapter; not in `prerendered`, and wanted offline too. */
const notFoundPage = `${base}/404.html`;

/** Fonts for scripts that the site's own texts do not use are cached when first asked for. */
const rareFont = /-(?:cyrillic|greek|vietnamese|latin-ext|symbols|math)[^/]*\.woff2?$/;

const wanted = [...build, ...files, ...prerendered, notFoundPage].filter(
	(path) => !rareFont.test(path) && !path.endsWith('.woff')
);
const immutable = new Set(build);

/** Required for isolation: HTML standard, "cross-origin isolation" (COOP plus COEP). */
const isolationHeaders = {
	'Cross-Origin-Opener-Policy': 'same-origin',
	'Cross-Origin-Embedder-Policy': 'require-corp',
	'Cross-Origin-Resource-Policy': 'same-origin'
};

function isolated(response: Response): Response {
	// Opaque answers and redirects cannot be rebuilt, and need not be.
	if (response.type === 'opaque' || response.type === 'opaqueredirect' || response.status === 0) {
		return response;
	}
	const headers = new Headers(response.headers);
	for (const [name, value] of Object.entries(isolationHeaders)) headers.set(name, value);
	const bodiless = response.status === 204 || response.status === 304;
	return new Response(bodiless ? null : response.body, {
		status: response.status,
		statusText: response.statusText,
		headers
	});
}

/** One file that a host refuses to serve must not cost the reader isolation and all the others. */
async function precache(): Promise<void> {
	const cache = await caches.open(cacheName);
	await Promise.allSettled(
		wanted.map(async (path) => {
			const response = await fetch(path, { cache: immutable.has(path) ? 'default' : 'no-cache' });
			const isFallback = path === notFoundPage;
			if (response.ok || (isFallback && response.status === 404)) await cache.put(path, response);
		})
	);
}

async function fromCache(request: Request): Promise<Response | undefined> {
	const cache = await caches.open(cacheName);
	const url = new URL(request.url);
	const direct = await cache.match(url.pathname);
	if (direct || request.mode !== 'navigate') return direct;
	return (await cache.match(`${url.pathname}/`)) ?? cache.match(`${url.pathname}index.html`);
}

async function answer(request: Request): Promise<Response> {
	const path = new URL(request.url).pathname;
	if (immutable.has(path)) {
		const cached = await fromCache(request);
		if (cached) return isolated(cached);
	}
	try {
		const response = await fetch(request);
		if (response.ok && path.startsWith(`${base}/_app/immutable/`)) {
			const cache = await caches.open(cacheName);
			await cache.put(path, response.clone());
		}
		return isolated(response);
	} catch (error) {
		const cached = await fromCache(request);
		if (cached) return isolated(cached);
		if (request.mode === 'navigate') {
			const fallback = await caches.match(notFoundPage);
			if (fallback) return isolated(fallback);
		}
		throw error;
	}
}

worker.addEventListener('install', (event) => {
	event.waitUntil(precache().then(() => worker.skipWaiting()));
});

worker.addEventListener('activate', (event) => {
	event.waitUntil(
		(async () => {
			for (const name of await caches.keys()) {
				if (name.startsWith('switchyard-') && name !== cacheName) await caches.delete(name);
			}
			await worker.clients.claim();
		})()
	);
});

worker.addEventListener('fetch', (event) => {
	const { request } = event;
	const url = new URL(request.url);
	const own = url.origin === worker.location.origin && url.pathname.startsWith(`${base}/`);
	// `only-if-cached` outside same-origin mode throws (Fetch standard).
	const unanswerable = request.cache === 'only-if-cached' && request.mode !== 'same-origin';
	if (request.method === 'GET' && own && !unanswerable) event.respondWith(answer(request));
});
