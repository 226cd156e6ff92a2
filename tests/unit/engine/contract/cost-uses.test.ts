/**
 * Goal: "in use" on the page of the model is what the code says.
 * Method: the engine's sources are read and searched for the name of every cost; the list found is the content of
 * contract/cost-uses.ts. After a change of the engine, run this test with -u.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, it } from 'vitest';
import { COST_NAMES } from '$lib/engine/contract/cost-table.ts';

const ENGINE = join(import.meta.dirname, '../../../../src/lib/engine');

function sources(folder: string): string[] {
	return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
		const path = join(folder, entry.name);
		if (entry.isDirectory()) return sources(path);
		return entry.name.endsWith('.ts') ? [path] : [];
	});
}

/** The folder of the engine by which a use is named, or null for the table itself and for texts about it. */
function user(path: string): string | null {
	const parts = relative(ENGINE, path).split(/[\\/]/);
	if (parts[0] === 'costs') return null;
	if (parts[0] !== 'contract') return parts.length === 1 ? 'engine' : (parts[0] as string);
	return parts[1] === 'closed-forms' ? 'closed forms' : null;
}

it('lists for each cost the folders that read it', async () => {
	const uses = new Map<string, Set<string>>();
	for (const path of sources(ENGINE)) {
		const folder = user(path);
		if (folder === null) continue;
		const words = new Set(readFileSync(path, 'utf8').match(/\b[a-z][A-Za-z0-9]+\b/g) ?? []);
		for (const name of COST_NAMES) if (words.has(name)) uses.set(name, (uses.get(name) ?? new Set()).add(folder));
	}
	expect(uses.size).toBeGreaterThan(20);
	const lines = COST_NAMES.filter((name) => uses.has(name)).map(
		(name) => `\t${name}: '${[...(uses.get(name) as Set<string>)].sort().join(', ')}'`
	);
	const text = `import type { CostName } from './cost-table.ts';

/** Written by tests/unit/engine/contract/cost-uses.test.ts (run it with -u): which folders of the engine read a cost. */
export const COST_USES: { readonly [N in CostName]?: string } = {
${lines.join(',\n')}
};
`;
	await expect(text).toMatchFileSnapshot(join(ENGINE, 'contract/cost-uses.ts'));
});
