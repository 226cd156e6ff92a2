import { describe, expect, it } from 'vitest';
import { keepRun, readBranchFile, treeOf, type KeptRun } from '../../../src/lib/client/branch-tree.ts';
import type { JournalEntry } from '../../../src/lib/engine/contract/commands.ts';

const entry = (atNs: number, vm: string): JournalEntry => ({ atNs, command: { name: 'migrate-cancel', vm } });
const run = (name: string, ...journal: JournalEntry[]): KeptRun => ({
	name,
	by: 'machine',
	journal,
	verdict: 'open',
	pauseNs: 0,
	found: null
});

describe('runs that are kept', () => {
	const a = entry(1, 'a');
	const b = entry(2, 'b');
	const c = entry(3, 'c');

	it('are a tree in which each command stands once', () => {
		const tree = treeOf([run('one', a, b), run('two', a, b, c), run('three', a, c)]);
		expect(tree.entries).toEqual([a]);
		expect(tree.branches.map((branch) => branch.entries)).toEqual([[b], [c]]);
		expect(tree.branches[0]?.runs.map((one) => one.name)).toEqual(['one']);
		expect(tree.branches[0]?.branches[0]?.runs.map((one) => one.name)).toEqual(['two']);
	});
	it('are none, one, or the same twice', () => {
		expect(treeOf([])).toEqual({ entries: [], runs: [], branches: [] });
		expect(keepRun([run('one', a)], run('again', a)).map((one) => one.name)).toEqual(['again']);
		expect(treeOf([run('x'), run('y', a)]).runs.map((one) => one.name)).toEqual(['x']);
	});
	it('are read back from their file, and nothing else is', () => {
		const file = { switchyardBranches: 1, scenario: {}, belief: null, runs: [run('one', a)] };
		expect(readBranchFile(JSON.stringify(file))).toEqual(file);
		for (const bad of ['', '{', '{}', 'null', JSON.stringify({ ...file, runs: [{}] }), JSON.stringify({ ...file, switchyardBranches: 2 })])
			expect(readBranchFile(bad)).toBeNull();
	});
});
