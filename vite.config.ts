import { sveltekit } from '@sveltejs/kit/vite';
import type { Connect, Plugin } from 'vite';
import { defineConfig } from 'vitest/config';
import { localImports } from './tools/local-imports.mjs';

// Tests must not see the time zone of the machine that runs them.
process.env.TZ = 'UTC';

/**
 * Cross-origin isolation for `vite dev` and `vite preview`. The options `server.headers` and
 * `preview.headers` are not enough: SvelteKit answers pages itself and does not send them.
 */
function isolationHeaders(): Plugin {
	const middleware: Connect.NextHandleFunction = (_request, response, next) => {
		response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
		response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
		response.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
		next();
	};
	return {
		name: 'switchyard-isolation-headers',
		configureServer: (server) => void server.middlewares.use(middleware),
		configurePreviewServer: (server) => void server.middlewares.use(middleware)
	};
}

export default defineConfig({
	plugins: [isolationHeaders(), sveltekit()],
	// One file: SvelteKit tells the service worker of a worker's first file only, not of its parts.
	worker: { format: 'es', rolldownOptions: { output: { codeSplitting: false } } },
	test: {
		// Whole-world checks on two cores that other work shares.
		testTimeout: 60_000,
		hookTimeout: 60_000,
		allowOnly: false,
		maxWorkers: 2,
		// Tests keep nothing in modules: each worker loads the engine once, not once per file.
		isolate: false,
		// One project for all that loads the engine: a worker goes on to a file of its own project only.
		projects: [
			{
				extends: true,
				plugins: [localImports()],
				test: { name: 'node', environment: 'node', include: ['tests/*/**/*.test.ts'] }
			},
			{
				extends: true,
				test: {
					name: 'tidy',
					environment: 'node',
					include: ['tests/*.test.ts'],
					sequence: { groupOrder: 1 }
				}
			}
		]
	}
});
