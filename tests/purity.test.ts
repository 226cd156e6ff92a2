import { ESLint } from 'eslint';
import { describe, expect, it } from 'vitest';

/** The purity block of `eslint.config.js`, tried on one planted line each. */
const eslint = new ESLint({ overrideConfig: [] });

async function rulesBroken(code: string, filePath: string): Promise<string[]> {
	const [result] = await eslint.lintText(`${code}\n`, { filePath });
	return result?.messages.map((message) => message.ruleId ?? message.message) ?? [];
}

const impure: [code: string, rule: string][] = [
	['export const now = () => Date.now();', 'no-restricted-globals'],
	['export const now = () => performance.now();', 'no-restricted-globals'],
	['export const later = () => setTimeout(() => {}, 1);', 'no-restricted-globals'],
	['export const later = () => queueMicrotask(() => {});', 'no-restricted-globals'],
	['export const title = () => document.title;', 'no-restricted-globals'],
	['export const cores = () => navigator.hardwareConcurrency;', 'no-restricted-globals'],
	['export const say = () => console.log(1);', 'no-restricted-globals'],
	['export const noise = () => crypto.randomUUID();', 'no-restricted-globals'],
	['export const noise = () => Math.random();', 'no-restricted-properties'],
	['export const wave = (x: number) => Math.sin(x);', 'no-restricted-properties'],
	['export const root = (x: number) => Math.cbrt(x);', 'no-restricted-properties'],
	['export const power = (x: number) => Math.pow(x, 2);', 'no-restricted-properties'],
	['export const text = (x: number) => x.toLocaleString();', 'no-restricted-properties'],
	['export const power = (x: number) => x ** 2;', 'no-restricted-syntax'],
	['export const power = (x: number) => 2 ** x;', 'no-restricted-syntax']
];

const pure = [
	'export const root = (x: number) => Math.sqrt(x);',
	'export const whole = (x: number) => Math.floor(x / 3);',
	'export const limit = 2 ** 52;',
	'export const top = 2n ** 64n;'
];

describe('engine purity', () => {
	it.each(impure)('refuses %s', async (code, rule) => {
		expect(await rulesBroken(code, 'src/lib/engine/mm/planted.ts')).toEqual([rule]);
		expect(await rulesBroken(code, 'src/lib/base/planted.ts')).toEqual([rule]);
	});

	it.each(pure)('allows %s', async (code) => {
		expect(await rulesBroken(code, 'src/lib/engine/mm/planted.ts')).toEqual([]);
	});

	it('leaves the worker folder and the page alone', async () => {
		const code = 'export const now = () => performance.now();';
		expect(await rulesBroken(code, 'src/lib/engine/worker/planted.ts')).toEqual([]);
		expect(await rulesBroken(code, 'src/lib/client/planted.ts')).toEqual([]);
	});
});

describe('imports', () => {
	it.each(["'./pages'", "'$lib/base/outcome'", "'../mm/buddy'"])('need an extension: %s', async (from) => {
		const code = `import { x } from ${from};\nexport const y = x;`;
		expect(await rulesBroken(code, 'src/lib/client/planted.ts')).toEqual(['no-restricted-imports']);
	});

	it.each(["'./pages.ts'", "'$lib/ui/Panel.svelte'", "'./$types'", "'valibot'", "'./logo.svg?raw'"])('may be written %s', async (from) => {
		const code = `import { x } from ${from};\nexport const y = x;`;
		expect(await rulesBroken(code, 'src/lib/client/planted.ts')).toEqual([]);
	});
});
