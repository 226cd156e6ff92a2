import { describe, expect, it } from 'vitest';
import { Explorer } from '../../../src/lib/client/explorer.ts';
import type { ExplorePort, ExploreProgress } from '../../../src/lib/engine/contract/explore/port.ts';
import type { Branch, BranchPath, SearchRequest } from '../../../src/lib/engine/contract/explore/request.ts';
import { makeExplorePort } from '../../../src/lib/engine/worker/explore-port.ts';
import { migrate, tinyWorld } from '../../support/worlds.ts';

const request: SearchRequest = {
	kind: 'search',
	scenario: tinyWorld({ journal: [{ atNs: 1_000_000, command: migrate('transit') }] }),
	fromNs: 0,
	depth: 1,
	grain: 'phases',
	vary: ['faults'],
	alike: 'protocol',
	failure: { id: 'lost' },
	mostStates: 500,
	mostBytes: 32e6
};

function explorerOn(port: ExplorePort): Explorer {
	let clockMs = 0;
	return new Explorer({ call: (ask) => ask(port), end: () => undefined }, () => (clockMs += 200));
}

describe('an explorer in slices', () => {
	it('counts up, answers, and opens a branch', async () => {
		const explorer = explorerOn(makeExplorePort());
		const seen: ExploreProgress[] = [];
		const outcome = await explorer.run(request, (progress) => seen.push(progress));
		expect(outcome.ok && outcome.value.kind === 'search' && outcome.value.done).toBe(true);
		expect(seen.length).toBeGreaterThan(2);
		if (!outcome.ok || outcome.value.kind !== 'search') return;
		const isOpen = (one: Branch): boolean => one.children === null && one.end === null && one.back === null;
		const moment = outcome.value.moments.find((one) => one.index > 0 && one.branches.some(isOpen));
		const branch = moment?.branches.find(isOpen);
		const path: BranchPath = { moment: moment?.index ?? -1, steps: branch ? [{ state: branch.state, act: branch.act.id }] : [] };
		expect((await explorer.branchRun(path))?.journal.length).toBeGreaterThan(0);
		expect((await explorer.branchesAt(moment?.state ?? 0))?.length).toBe((moment?.branches.length ?? 0) + 1);
		expect(await explorer.branchesAt(branch?.state ?? 0)).toBeNull();
		const before = seen.length;
		const further = await explorer.lookFurther(branch?.state ?? 0, 1, (progress) => seen.push(progress));
		expect(further?.kind === 'search' && further.states).toBeGreaterThan(outcome.value.states);
		expect(seen.length).toBeGreaterThan(before);
		expect((await explorer.branchesAt(branch?.state ?? 0))?.length).toBeGreaterThan(0);
		await explorer.forget();
		expect(await explorer.branchRun(path)).toBeNull();
		expect(await explorer.lookFurther(0, 1, () => undefined)).toBeNull();
	});
	it('keeps what it has when it is stopped', async () => {
		const explorer = explorerOn(makeExplorePort());
		const outcome = await explorer.run({ ...request, depth: 6 }, () => explorer.stop());
		expect(outcome.ok && outcome.value.kind === 'search' && outcome.value).toMatchObject({ done: false });
		expect(outcome.ok && outcome.value.moments.length).toBeGreaterThan(0);
	});
	it('is told why it cannot begin', async () => {
		const outcome = await explorerOn(makeExplorePort()).run({ ...request, depth: 99 }, () => undefined);
		expect(outcome).toMatchObject({ ok: false, reason: 'bad-command' });
	});
});
