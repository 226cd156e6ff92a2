import adapter from '@sveltejs/adapter-static';
import { vitePreprocess } from '@sveltejs/vite-plugin-svelte';

/**
 * Where the site will live below its host, for example `/switchyard` on GitHub Pages.
 * Empty for the root. Must start with a slash and not end with one.
 */
const base = process.env.BASE_PATH ?? '';
if (base !== '' && !/^\/.*[^/]$/.test(base)) {
	throw new Error(`BASE_PATH must look like /name (a slash in front, none behind), got "${base}"`);
}

/** Where to write the site; the tests make a second one for a base path. */
const folder = process.env.SITE_FOLDER ?? 'build';

/** @type {import('@sveltejs/kit').Config} */
const config = {
	preprocess: vitePreprocess(),
	kit: {
		adapter: adapter({ pages: folder, assets: folder, fallback: '404.html', strict: true }),
		paths: { base: /** @type {'' | `/${string}`} */ (base) },
		// src/lib/client/isolation.ts registers it: only it knows when a reload is wanted.
		serviceWorker: { register: false },
		typescript: {
			config: (tsconfig) => {
				tsconfig.include.push('../tools/**/*.ts', '../tools/**/*.mjs', '../*.config.*');
			}
		}
	}
};

export default config;
