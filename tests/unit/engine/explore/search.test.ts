import { describe, expect, it } from 'vitest';
import type { Act } from '../../../../src/lib/engine/explore/act.ts';
import { actsOf, yourActs } from '../../../../src/lib/engine/explore/acts.ts';
import { branchesAt, branchRun, searchAnswer } from '../../../../src/lib/engine/explore/answers.ts';
import { inTransition, isQuiet, signatureOf } from '../../../../src/lib/engine/explore/borders.ts';
import { Search } from '../../../../src/lib/engine/explore/search.ts';
import { failureOf, type FailureChoice } from '../../../../src/lib/engine/contract/explore/words.ts';
import type { Branch, BranchPath, SearchAnswer, SearchRequest } from '../../../../src/lib/engine/contract/explore/request.ts';
import type { JournalEntry } from '../../../../src/lib/engine/contract/commands.ts';
import { evaluate } from '../../../../src/lib/engine/queries/evaluate.ts';
import { fingerprintOf } from '../../../../src/lib/engine/whole/fingerprint.ts';
import { host, migrate, open, tinyWorld } from '../../../support/worlds.ts';

const request = (scenario: unknown, more: Partial<SearchRequest> = {}): SearchRequest => ({
	kind: 'search',
	scenario,
	fromNs: 0,
	depth: 3,
	grain: 'phases',
	vary: ['moves', 'faults'],
	alike: 'protocol',
	failure: { id: 'lost' },
	mostStates: 5000,
	mostBytes: 32e6,
	horizonNs: 600_000_000,
	...more
});

function searched(asked: SearchRequest, slice = Infinity): { search: Search; answer: SearchAnswer } {
	const opened = Search.open(asked);
	if (!opened.ok) throw new Error(opened.detail);
	while (!opened.value.work(slice));
	return { search: opened.value, answer: searchAnswer(opened.value) };
}

const stepTo = (branch: Branch): BranchPath['steps'][number] => ({ state: branch.state, act: branch.act.id });

const isLoss = (simulation: ReturnType<typeof open>, failure: FailureChoice): boolean =>
	Boolean(evaluate(simulation.world, failureOf(failure).expression));

interface Brute {
	runs: number;
	lost: number;
	states: Set<string>;
}

/** Every sequence of choices as a run from the start, nothing pruned, nothing shared. */
function bruteForce(scenario: unknown, asked: SearchRequest): Brute {
	const found: Brute = { runs: 0, lost: 0, states: new Set() };
	const horizonNs = asked.horizonNs ?? 0;
	const at = (journal: readonly JournalEntry[], nowNs: number, events: number): ReturnType<typeof open> => {
		const simulation = open(scenario, { journal });
		simulation.advance(nowNs, Infinity, (world) => world.r.eventCount === events && world.r.journalNext === journal.length);
		simulation.advance(nowNs);
		return simulation;
	};
	const visit = (journal: readonly JournalEntry[], nowNs: number, events: number, left: number, isFirst: boolean): void => {
		const here = at(journal, nowNs, events);
		found.states.add(fingerprintOf(here.world));
		const last = here.world.r.operations.at(-1);
		const ended = !isFirst && isQuiet(here.world) && last?.state === 'completed';
		if (isLoss(here, asked.failure)) {
			found.runs += 1;
			found.lost += 1;
			return;
		}
		if (left === 0 || ended || (!isFirst && here.nowNs >= horizonNs)) {
			found.runs += 1;
			return;
		}
		const choices: (Act | null)[] = [...(isQuiet(here.world) ? [] : [null]), ...actsOf(here.world, asked.vary, yourActs([]))];
		for (const choice of choices) {
			const run = at(journal, nowNs, events);
			if (choice) {
				if (!run.send(choice.command).ok) continue;
			} else {
				const before = signatureOf(run.world, asked.grain);
				run.advance(horizonNs, Infinity, (world) => !inTransition(world) && signatureOf(world, asked.grain) !== before);
				run.advance(run.nowNs);
			}
			visit([...run.world.journal], run.nowNs, run.world.r.eventCount, left - 1, false);
		}
	};
	visit([], 0, 0, asked.depth, true);
	return found;
}

describe('the search against every run one by one', () => {
	it.each([
		['two hosts and a pool', tinyWorld(), 3],
		['three hosts', tinyWorld({ hosts: [host('A', 256), host('B', 256), host('C', 256)] }), 2]
	])('%s: as many runs, as many losses', (_, scenario, depth) => {
		const asked = request(scenario, { depth, alike: 'everything' });
		const { answer } = searched(asked);
		const brute = bruteForce(scenario, asked);
		const { lost, safe, open: stillOpen } = answer.runs;
		expect({ runs: lost + safe + stillOpen, lost }).toEqual({ runs: brute.runs, lost: brute.lost });
		// States that only what happened tells apart are one for the search.
		expect(answer.states).toBeLessThanOrEqual(brute.states.size);
		expect(answer.states).toBeGreaterThan(5);
		expect(answer.depthComplete).toBe(depth);
		expect(answer.loss).toBeNull();
	});
	it('coarser sameness and interchangeable hosts prune, and lose no loss', () => {
		const scenario = tinyWorld({ hosts: [host('A', 256), host('B', 256), host('C', 256)], vms: tinyWorld().vms });
		const fine = searched(request(scenario, { alike: 'everything' })).answer;
		const coarse = searched(request(scenario)).answer;
		expect(coarse.states).toBeLessThan(fine.states);
		expect(coarse.repeats).toBeGreaterThan(0);
		expect(coarse.symmetric).toEqual([['A', 'B', 'C']]);
		expect([coarse.loss, fine.loss]).toEqual([null, null]);
	});
	it('hosts that a command names are not interchangeable', () => {
		const scenario = tinyWorld({
			hosts: [host('A', 256), host('B', 256), host('C', 256)],
			journal: [{ atNs: 1_000_000, command: migrate('transit') }]
		});
		expect(searched(request(scenario, { depth: 0 })).answer.symmetric).toEqual([['A', 'C']]);
	});
});

describe('a rule that is broken on purpose', () => {
	const FAULTS = [
		['skip-flush', 'lost'],
		['two-frames-swapped', 'lost'],
		['stop', 'statements']
	] as const;
	it.each(FAULTS)('%s is found, with a run that shows it', (fault, id) => {
		const scenario = tinyWorld({ journal: [{ atNs: 0, command: { name: 'plant', fault } }] });
		const asked = request(scenario, { fromNs: 1000, depth: 9, vary: ['moves'], failure: { id } });
		const first = migrate('transit');
		const { answer } = searched({ ...asked, journal: [...scenario.journal, { atNs: 2000, command: first }], depth: 1 });
		const loss = answer.loss;
		expect(loss).not.toBeNull();
		if (!loss) return;
		const again = open(scenario, { journal: loss.journal });
		again.advance(loss.pauseNs);
		expect(isLoss(again, asked.failure)).toBe(false);
		again.advance(loss.atNs, Infinity, (world) => world.r.eventCount === loss.eventCount);
		expect(isLoss(again, asked.failure)).toBe(true);
		expect(loss.event).not.toBe('');
		expect(answer.moments.at(-1)?.chance.share).toBe(1);
		expect(answer.steps.cliff).not.toBeNull();
	});
	it('from a world at rest by a shortest run: one command, and time', () => {
		const scenario = tinyWorld({ journal: [{ atNs: 0, command: { name: 'plant', fault: 'skip-flush' } }] });
		const { answer, search } = searched(request(scenario, { fromNs: 1000, depth: 7, vary: ['moves'] }));
		const { loss } = answer;
		expect(loss?.path.map((step) => step.kind)).toEqual(['moves', ...Array.from({ length: (loss?.path.length ?? 0) - 1 }, () => 'on')]);
		expect(loss?.journal).toHaveLength(2);
		expect(answer.moments[0]?.tally.nearest).toBe(loss?.path.length);
		const shallower = searched(request(scenario, { fromNs: 1000, depth: (loss?.path.length ?? 1) - 1, vary: ['moves'] })).answer;
		expect(shallower.loss).toBeNull();
		expect(branchRun(search, { moment: 0, steps: [{ state: 10_000, act: 'on' }] })).toBeNull();
		const [branch] = answer.moments[0]?.branches ?? [];
		expect(branchRun(search, { moment: 0, steps: branch ? [stepTo(branch)] : [] })?.loss?.eventCount).toBe(loss?.eventCount);
	});
});

describe('the same answer', () => {
	it('whatever the slice', () => {
		const asked = request(tinyWorld({ journal: [{ atNs: 1_000_000, command: migrate('transit') }] }), { depth: 2 });
		const whole = JSON.stringify(searched(asked).answer);
		for (const slice of [1, 1000]) expect(JSON.stringify(searched(asked, slice).answer)).toBe(whole);
	});
	it('whatever room there is for states', () => {
		const asked = request(tinyWorld({ journal: [{ atNs: 1_000_000, command: migrate('transit') }] }), { depth: 2 });
		const without = (answer: SearchAnswer): string => JSON.stringify({ ...answer, bytes: 0, events: 0 });
		expect(without(searched({ ...asked, mostBytes: 1 }).answer)).toBe(without(searched(asked).answer));
	});
	it('stops at the most states that are wanted and says how far it got', () => {
		const { answer } = searched(request(tinyWorld(), { depth: 6, mostStates: 12 }));
		expect(answer).toMatchObject({ done: true, stopped: 'states', states: 12 });
		expect(answer.depthComplete).toBeLessThan(6);
	});
});

describe('a branch', () => {
	it('opens as a run of its own', () => {
		const scenario = tinyWorld({ journal: [{ atNs: 1_000_000, command: migrate('transit') }] });
		const { search, answer } = searched(request(scenario, { depth: 2 }));
		let opened = 0;
		for (const moment of answer.moments)
			for (const branch of moment.branches) {
				const run = branchRun(search, { moment: moment.index, steps: [stepTo(branch)] });
				expect(run?.loss).toBeNull();
				const again = open(scenario, { journal: run?.journal });
				again.advance(run?.pauseNs ?? 0);
				expect(again.world.r.journalNext).toBe(run?.journal.length);
				opened += 1;
			}
		expect(opened).toBeGreaterThan(5);
	});
});

describe('looking further from a branch', () => {
	const scenario = tinyWorld({ journal: [{ atNs: 1_000_000, command: migrate('transit') }] });
	const settled = (search: Search): void => {
		while (!search.work(Infinity));
	};

	it('finds what a deeper search from the beginning finds, level by level', () => {
		const { answer } = searched(request(scenario, { depth: 1, vary: ['faults'] }));
		const deep = searched(request(scenario, { depth: 3, vary: ['faults'] }));
		let compared = 0;
		for (const moment of answer.moments.slice(0, 3))
			for (const branch of moment.branches) {
				const shallow = searched(request(scenario, { depth: 1, vary: ['faults'] }));
				shallow.search.lookFurther(branch.state, 2);
				settled(shallow.search);
				const here = searchAnswer(shallow.search).moments[moment.index]?.branches.find((one) => one.act.id === branch.act.id);
				const there = deep.answer.moments[moment.index]?.branches.find((one) => one.act.id === branch.act.id);
				expect({ ...here?.tally }).toEqual({ ...there?.tally });
				const below = (search: Search, id: number | undefined) =>
					branchesAt(search, id ?? -1)?.map((one) => [one.act.id, one.tally, one.end]);
				expect(below(shallow.search, here?.state)).toEqual(below(deep.search, there?.state));
				compared += 1;
			}
		expect(compared).toBeGreaterThan(4);
	});
	it('leaves the moments and their chances as they were asked for', () => {
		const { search, answer } = searched(request(scenario, { depth: 1 }));
		const branch = answer.moments[1]?.branches.find((one) => one.children === null && one.end === null && one.back === null);
		search.lookFurther(branch?.state ?? -1, 2);
		settled(search);
		const after = searchAnswer(search);
		expect(after.states).toBeGreaterThan(answer.states);
		expect(after.moments.map((moment) => [moment.chance, moment.tally])).toEqual(
			answer.moments.map((moment) => [moment.chance, moment.tally])
		);
	});
	it('opens deeper branches as runs too: each path by its own choices', () => {
		const { search, answer } = searched(request(scenario, { depth: 2, vary: ['faults'] }));
		let opened = 0;
		for (const moment of answer.moments.slice(0, 3))
			for (const branch of moment.branches)
				for (const next of branchesAt(search, branch.state) ?? []) {
					const steps = [stepTo(branch), stepTo(next)];
					const run = branchRun(search, { moment: moment.index, steps });
					const chosen = [branch, next].filter((one) => one.act.kind !== 'on').map((one) => one.act.id);
					expect(run?.journal.slice(-chosen.length || Infinity).map((entry) => JSON.stringify(entry.command))).toEqual(chosen);
					opened += 1;
				}
		expect(opened).toBeGreaterThan(5);
	});
	it('opens to a loss exactly those branches of which it says that they lose', () => {
		const broken = tinyWorld({
			journal: [
				{ atNs: 0, command: { name: 'plant', fault: 'skip-flush' } },
				{ atNs: 2_000_000, command: migrate('transit') }
			]
		});
		const { search, answer } = searched(request(broken, { fromNs: 1_000_000, depth: 2, vary: ['yours', 'faults'] }));
		const told = { lost: 0, other: 0 };
		for (const moment of answer.moments)
			for (const branch of moment.branches) {
				const paths = [[branch], ...(branchesAt(search, branch.state) ?? []).map((next) => [branch, next])];
				for (const path of paths) {
					const loses = path.at(-1)?.tally.nearest !== null;
					const run = branchRun(search, { moment: moment.index, steps: path.map(stepTo) });
					expect({ path: path.map((one) => one.act.short), loses: run !== null && run.loss !== null }).toEqual({
						path: path.map((one) => one.act.short),
						loses
					});
					told[loses ? 'lost' : 'other'] += 1;
				}
			}
		expect(told.lost).toBeGreaterThan(1);
		expect(told.other).toBeGreaterThan(3);
	});
	it('finds a loss that lay beyond what was asked for, and says how many steps away', () => {
		const broken = tinyWorld({ journal: [{ atNs: 0, command: { name: 'plant', fault: 'skip-flush' } }] });
		const asked = request(broken, { fromNs: 1000, depth: 1, vary: ['moves'] });
		const { search, answer } = searched(asked);
		expect(answer.loss).toBeNull();
		const branch = answer.moments[0]?.branches[0];
		search.lookFurther(branch?.state ?? -1, 8);
		settled(search);
		const after = searchAnswer(search);
		expect(after.loss).not.toBeNull();
		expect(after.moments[0]?.branches[0]?.tally.nearest).toBe((after.loss?.path.length ?? 0) - 1);
		expect(after.moments[0]?.branches[0]?.verdict).toBe('lost');
	});
});
