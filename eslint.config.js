import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';

/**
 * The engine gives the same bits for the same scenario on every machine and at every hour, so it
 * may not ask the machine or the hour. docs/determinism.md says more.
 */
const impureGlobals = [
	['Date', 'virtual time is `nowNs`'],
	['performance', 'virtual time is `nowNs`'],
	['setTimeout', 'what happens later is an event'],
	['setInterval', 'what happens later is an event'],
	['setImmediate', 'what happens later is an event'],
	['queueMicrotask', 'what happens later is an event'],
	['requestAnimationFrame', 'the page draws, not the engine'],
	['document', 'the engine runs with no browser'],
	['window', 'the engine runs with no browser'],
	['self', 'the engine runs with no browser'],
	['globalThis', 'it leads to everything that is banned here'],
	['navigator', 'the engine runs with no browser'],
	['localStorage', 'the engine runs with no browser'],
	['sessionStorage', 'the engine runs with no browser'],
	['postMessage', 'only the worker folder talks to the page'],
	['process', 'the engine runs with no Node'],
	['Intl', 'locales differ between machines; numbers for people are made by base/format.ts'],
	['fetch', 'everything a run needs is in its scenario'],
	['crypto', 'chance comes from the streams of sim/'],
	['console', 'what happened is a trace record']
].map(([name, message]) => ({ name, message: `Engine purity: ${message}.` }));

const latitude =
	'Engine purity: the language leaves the last bits of this function open, and browsers differ; use base/exact-math.ts.';

/** ECMA-262, Math: "implementation-approximated"; + - * / and Math.sqrt are exact. */
const inexactMath = [
	...['acos', 'acosh', 'asin', 'asinh', 'atan', 'atan2', 'atanh', 'cbrt', 'cos', 'cosh', 'exp'],
	...['expm1', 'hypot', 'log', 'log10', 'log1p', 'log2', 'pow', 'sin', 'sinh', 'tan', 'tanh']
].map((property) => ({ object: 'Math', property, message: latitude }));

const impureProperties = [
	...inexactMath,
	{
		object: 'Math',
		property: 'random',
		message: 'Engine purity: chance comes from the streams of sim/.'
	},
	...[
		'toLocaleString',
		'toLocaleDateString',
		'toLocaleTimeString',
		'toLocaleUpperCase',
		'toLocaleLowerCase',
		'localeCompare'
	].map((property) => ({
		property,
		message: 'Engine purity: locales differ between machines.'
	}))
];

/** Left alone, being exact everywhere: powers of BigInts, and written-out powers of a power of two. */
const inexactPower = {
	selector: [
		"BinaryExpression[operator='**']",
		':not([right.bigint])',
		':not([left.value=2][right.type=Literal])',
		':not([left.value=1024][right.type=Literal])'
	].join(''),
	message: `${latitude} For whole numbers multiply.`
};
const powerAssignment = { ...inexactPower, selector: "AssignmentExpression[operator='**=']" };

export default ts.config(
	{
		ignores: [
			'.svelte-kit/',
			'build/',
			'node_modules/',
			'test-results/',
			'playwright-report/',
			'**/fixtures/arrows/'
		]
	},
	js.configs.recommended,
	ts.configs.strict,
	svelte.configs.recommended,
	svelte.configs.prettier,
	{
		languageOptions: { globals: { ...globals.browser, ...globals.node } },
		rules: {
			// TypeScript knows names better (typescript-eslint's own advice).
			'no-undef': 'off',
			'@typescript-eslint/no-dynamic-delete': 'off',
			'no-unexpected-multiline': 'off', // Prettier writes no such thing.
			// Typed columns are read at an index that an assertion or a loop has bounded.
			'@typescript-eslint/no-non-null-assertion': 'off',
			'@typescript-eslint/no-unused-vars': [
				'error',
				{ argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrorsIgnorePattern: '^_' }
			],
			'@typescript-eslint/consistent-type-imports': 'error',
			'@typescript-eslint/no-import-type-side-effects': 'error',
			eqeqeq: ['error', 'always', { null: 'ignore' }],
			'no-restricted-imports': [
				'error',
				{
					patterns: [
						{
							regex:
								'^(?!(?:\\.{1,2}/)+\\$types$)(?:\\.{1,2}/|\\$lib/)(?!.*\\.(?:ts|svelte|json|js|mjs|css|md|svg|png|woff2)(?:\\?\\w+)?$)',
							message: 'Imports carry the file extension: ./pages.ts, $lib/base/outcome.ts.'
						}
					]
				}
			],
			// Maps and sets here are plain values in $state.raw, replaced whole; few things are reactive.
			'svelte/prefer-svelte-reactivity': 'off',
			// svelte-check says which warnings there are; this rule does not see all of them.
			'svelte/no-unused-svelte-ignore': 'off',
			// Links are made with the base path and checked by prerendering every page.
			'svelte/no-navigation-without-resolve': 'off'
		}
	},
	{
		files: ['**/*.svelte', '**/*.svelte.ts'],
		languageOptions: {
			parserOptions: { extraFileExtensions: ['.svelte'], parser: ts.parser }
		}
	},
	{
		files: ['src/lib/engine/**/*.ts', 'src/lib/base/**/*.ts'],
		ignores: ['src/lib/engine/worker/**'],
		rules: {
			'no-restricted-globals': ['error', ...impureGlobals],
			'no-restricted-properties': ['error', ...impureProperties],
			'no-restricted-syntax': ['error', inexactPower, powerAssignment]
		}
	},
	{
		// Plain scripts have no types of their own; JSDoc describes them.
		files: ['**/*.{js,mjs,cjs}'],
		rules: { '@typescript-eslint/no-require-imports': 'off' }
	}
);
