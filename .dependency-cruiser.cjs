/**
 * The arrows: who may import whom. Layers are read from the top down; a folder may import those
 * above it, never one beside it and never one below.
 *
 * Not seen by this tool: `new URL('….worker.ts', import.meta.url)` (tests/tidy.test.ts looks after
 * the worker's path) and type-only imports inside .svelte files, which are gone once built.
 */
const engineLayers = [
	['contract'],
	['state'],
	['sim'],
	['costs'],
	['fabric'],
	['mm'],
	['hypervisor'],
	['vdpa', 'virtio-mem', 'cxl', 'superpage', 'movers'],
	['machine'],
	['migration'],
	['rack'],
	['orchestrator', 'workloads', 'faults'],
	['commands'],
	['scenario'],
	['whole'],
	['text'],
	['console'],
	['queries']
];

const base = '^src/lib/base/';
const contract = '^src/lib/engine/contract/';
const engine = '^src/lib/engine/';
const routes = '^src/routes/';
const lib = (name) => `^src/lib/${name}/`;
const engineFolder = (names) => `^src/lib/engine/(?:${names.join('|')})/`;

/** Each engine folder: everything beside it, everything below it, and index.ts are out of reach. */
const engineArrows = engineLayers.flatMap((layer, rank) =>
	layer.map((name) => {
		const forbidden = [
			...layer.filter((other) => other !== name),
			...engineLayers.slice(rank + 1).flat(),
			'worker',
			'explore'
		];
		return {
			name: `engine-${name}`,
			comment: `engine/${name} imports only what lies above it in engineLayers.`,
			severity: 'error',
			from: { path: engineFolder([name]) },
			to: { path: `${engineFolder(forbidden)}|^src/lib/engine/[^/]+$` }
		};
	})
);

/** Outside the engine: each part of src/lib reaches what is named and nothing else of the project. */
const partArrows = [
	{ part: 'base', may: [base] },
	{ part: 'engine', may: [engine, base] },
	{ part: 'ui', may: [lib('ui'), base] },
	{ part: 'client', may: [lib('client'), contract, base] },
	{ part: 'viz', may: [lib('viz'), contract, base] },
	{ part: 'lessons', may: [lib('lessons'), contract, base] }
].map(({ part, may }) => ({
	name: `lib-${part}`,
	comment: `src/lib/${part} may import only: ${may.join(' ')}`,
	severity: 'error',
	from: { path: lib(part) },
	to: {
		path: '^(?:src|tests|tools)/',
		pathNot: part === 'engine' || part === 'base' ? may : [...may, '^src/lib/engine/index\\.ts$']
	}
}));

/** Dated exceptions, each with its reason and what would end it. None today. */
const debts = [];

module.exports = {
	forbidden: [
		...engineArrows,
		...partArrows,
		{
			name: 'engine-explore',
			comment:
				'Futures of a simulation stand on the whole of it; of the engine only the port lies beyond.',
			severity: 'error',
			from: { path: engineFolder(['explore']) },
			to: { path: engineFolder(['worker']) }
		},
		{
			name: 'engine-index-types-only',
			comment: 'Outside the engine its index.ts may be imported for types, never at run time.',
			severity: 'error',
			from: { path: '^src/', pathNot: engine },
			to: { path: '^src/lib/engine/index\\.ts$', dependencyTypesNot: ['type-only'] }
		},
		{
			name: 'routes',
			comment: 'Pages join client, viz, lessons and ui; of the engine they see the contract.',
			severity: 'error',
			from: { path: routes },
			to: {
				path: '^(?:src|tests|tools)/',
				pathNot: [
					routes,
					lib('client'),
					lib('viz'),
					lib('lessons'),
					lib('ui'),
					contract,
					'^src/lib/engine/index\\.ts$',
					base,
					'^src/app\\.css$',
					'^src/[^/]+\\.json$'
				]
			}
		},
		{
			name: 'lib-not-to-routes',
			comment: 'Nothing imports a page.',
			severity: 'error',
			from: { path: '^src/lib/' },
			to: { path: routes }
		},
		{
			name: 'engine-needs-nothing',
			comment:
				'The engine runs anywhere: of packages it knows only the schema library; the worker also its port.',
			severity: 'error',
			from: { path: `${engine}|${base}`, pathNot: '^src/lib/engine/worker/' },
			to: {
				dependencyTypes: ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg', 'core'],
				pathNot: '(?:^|/)node_modules/valibot/'
			}
		},
		{
			name: 'no-cycles',
			comment: 'Two files that need each other are one idea, or hide a third.',
			severity: 'error',
			from: {},
			to: { circular: true }
		},
		{
			name: 'no-engine-orphans',
			comment: 'A file of the engine that nobody imports is dead, or was forgotten.',
			severity: 'error',
			from: { orphan: true, path: engine, pathNot: ['\\.json$'] },
			to: {}
		},
		{
			name: 'resolvable',
			comment: 'Every import leads to a file.',
			severity: 'error',
			from: {},
			to: { couldNotResolve: true, pathNot: ['^\\$(?:app|env|service-worker)', '^\\./\\$types'] }
		},
		{
			name: 'no-development-packages-in-the-site',
			comment: 'What the site ships is under "dependencies"; Svelte and SvelteKit are compiled in.',
			severity: 'error',
			from: { path: '^src/' },
			to: {
				dependencyTypes: ['npm-dev'],
				dependencyTypesNot: ['type-only'],
				pathNot: ['(?:^|/)node_modules/(?:svelte|@sveltejs/kit|@types/[^/]+|vite)/']
			}
		},
		...debts
	],
	options: {
		doNotFollow: { path: 'node_modules' },
		tsPreCompilationDeps: true,
		// Its own: the paths that SvelteKit writes are relative to a folder this tool does not see.
		tsConfig: { fileName: 'tsconfig.arrows.json' },
		enhancedResolveOptions: {
			extensions: ['.ts', '.svelte.ts', '.js', '.mjs', '.svelte', '.json'],
			conditionNames: ['svelte', 'import', 'types', 'default'],
			exportsFields: ['exports']
		},
		skipAnalysisNotInRules: false
	}
};
