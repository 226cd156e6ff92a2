import { describe, expect, it } from 'vitest';
import { readTree, splitTree, withTree, writeTree } from '../../../src/lib/client/branch-link.ts';
import { treeOf, type KeptRun } from '../../../src/lib/client/branch-tree.ts';
import { decodeLink, encodeLink } from '../../../src/lib/client/permalink.ts';
import { readScenario } from '../../../src/lib/engine/contract/scenario/read.ts';
import { catalogueScenario } from '../../../src/lib/engine/contract/scenario/catalogue/index.ts';
import type { JournalEntry } from '../../../src/lib/engine/contract/commands.ts';

function scenarioOf(id: string) {
	const read = readScenario(catalogueScenario(id));
	if (!read.ok) throw new Error(read.detail);
	return read.value;
}

const scenario = scenarioOf('two-hosts');
const world = { scenario, belief: null };
const own = scenario.journal as readonly JournalEntry[];
const crash: JournalEntry = { atNs: 4_000_000_000, command: { name: 'rack', execute: 'crash', host: 'B' } };
const run = (name: string, journal: readonly JournalEntry[], more: Partial<KeptRun> = {}): KeptRun => ({
	...{ name, by: 'machine', journal, verdict: 'lost', pauseNs: 3_999_999_999, found: 'vm0 does not run' },
	...more
});
const RUNS: readonly KeptRun[] = [
	run('your run', own, { by: 'you', verdict: 'open', found: null, pauseNs: 0 }),
	run('4: crash B, “go on”', [...own, crash]),
	run('наша ветвь ✕', [...own, crash, { ...crash, atNs: 5_000_000_000, command: { name: 'rack', execute: 'boot', host: 'B' } }], {
		verdict: 'safe'
	})
];

describe('kept runs behind a link', () => {
	it('come back as they were: names, verdicts, moments, journals, and the tree that they make', async () => {
		const link = await encodeLink({ worlds: [{ ...world, journal: own }], positionNs: 7 });
		const fragment = withTree(link, await writeTree(world, RUNS));
		const { link: front, tree } = splitTree(fragment);
		expect(front).toBe(link);
		const back = await readTree(tree);
		expect(back).toEqual({ runs: RUNS, damaged: 0 });
		expect(treeOf(back.runs).branches).toHaveLength(1);
	});
	it('leave the link in front of them what it was, also for who knows nothing of them', async () => {
		const link = await encodeLink({ worlds: [{ ...world, journal: own }], positionNs: 7 });
		const opened = await decodeLink(withTree(link, await writeTree(world, RUNS)));
		expect(opened).toEqual(await decodeLink(link));
		expect(withTree(link, '')).toBe(link);
		expect(splitTree(link)).toEqual({ link, tree: '' });
	});
	it('that are damaged are left out and counted, the others stay', async () => {
		const texts = (await writeTree(world, RUNS)).split('~');
		const cut = (texts[1] as string).slice(0, -6);
		expect(await readTree([texts[0], cut, texts[2]].join('~'))).toEqual({ runs: [RUNS[0], RUNS[2]], damaged: 1 });
		for (const text of ['x', '.', 'bm8.1', `${btoa('["a"]')}.${texts[0]?.split('.')[1] ?? ''}`])
			expect((await readTree(text)).runs).toEqual([]);
		expect(await readTree('')).toEqual({ runs: [], damaged: 0 });
	});
	it('are short: each costs less than two hundred characters where the world is one of the catalogue', async () => {
		expect((await writeTree(world, RUNS)).length).toBeLessThan(RUNS.length * 200);
	});
});
