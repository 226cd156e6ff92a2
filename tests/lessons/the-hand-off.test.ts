/**
 * Goal: the losing order that the explorer shows is the order that a run takes, and it loses there for the same reason. Method:
 * every decoy on every seed, and more plans, as timed runs; looked at one step before the fault and behind it.
 */
import { describe, expect, it } from 'vitest';
import { Simulation } from '../../src/lib/engine/index.ts';
import { handOverRun } from '../../src/lib/lessons/lab/hand-over-run.ts';
import { runPlan, startOf } from '../../src/lib/lessons/lab/run-lab.ts';
import { draw } from '../../src/lib/lessons/lab/template.ts';
import type { LabPlan } from '../../src/lib/lessons/lab/schema.ts';
import { OwnerState, unpackOwner } from '../../src/lib/engine/contract/words.ts';
import { wordIndex } from '../../src/lib/engine/contract/superpage.ts';
import { superpageAnswer } from '../../src/lib/engine/queries/superpage.ts';
import { ownerOf } from '../../src/lib/engine/superpage/words.ts';
import { expectSound } from '../support/worlds.ts';
import { labPort, openLab } from './lab-in-node.ts';

const lab = openLab('the-hand-off');
const port = labPort();
const SLOTS = ['act-a', 'act-b', 'act-c', 'act-d', 'act-e'];
const laid = (words: string): LabPlan => {
	const acts = words.split(' ');
	return Object.fromEntries(SLOTS.map((slot, at) => [slot, acts[at] ?? 'nothing']));
};

async function lost(plan: LabPlan, seed: number) {
	const result = await runPlan(port, lab, plan, seed);
	if (!result?.handOver) throw new Error('the hand-off was not searched');
	const run = handOverRun(lab, plan, seed, result.handOver);
	if (!run) throw new Error('the plan has no losing order');
	const opened = Simulation.open({ scenario: run.scenario });
	if (!opened.ok) throw new Error(opened.detail);
	return { verdict: result.handOver, simulation: opened.value, run };
}

/** What is wrong in a world, in the words of the verdict; null while nothing is. */
function wrong({ world }: Simulation): string | null {
	const [vm] = world.r.vms;
	const marks = world.r.marks.join(' ');
	if (world.r.rack?.vms[0]?.zombie?.acts === true && vm?.vcpuState === 'running') return 'two hosts run the VM';
	if (marks.includes('not whole')) return 'the VM runs with a vCPU state that is not whole';
	if (marks.includes('reads old lines')) return 'the VM runs and reads old lines';
	return null;
}

const DECOYS = lab.steps.challenge.decoys.flatMap(({ id, plan }) => lab.steps.challenge.seeds.map((seed) => [id, seed, plan] as const));
/** Seeds whose memory is not coherent: there every one of these loses. */
const SOFTWARE = [1, 2, 3, 4, 5, 6].filter((seed) => draw(lab.steps.challenge.drawn, seed)['memory'] === 'software').slice(0, 1);
const MORE = ['stop save give flush take', 'stop save flush put', 'stop save give take', 'give stop save flush take'].flatMap((words) =>
	SOFTWARE.map((seed) => [words, seed, laid(words)] as const)
);

describe('the plug is pulled when the label says', () => {
	it.each([
		['after', 0, OwnerState.handoff],
		['before', 0, OwnerState.staged],
		['target', 0, OwnerState.handoff],
		['taken', 1, OwnerState.active]
	])('%s: the word names %i, state %i', (option, owner, state) => {
		const scenario = startOf(lab, option);
		const opened = Simulation.open({ scenario });
		if (!opened.ok) throw new Error(opened.detail);
		opened.value.advance((scenario.journal.at(-1)?.atNs ?? 0) - 1, Infinity);
		expect(ownerOf(opened.value.world, 0)).toMatchObject({ owner, state });
	});
});

describe('a losing order as a run', () => {
	it.each([...DECOYS, ...MORE])('%s, seed %i: the run ends as the explorer says, and not a step earlier', async (_, seed, plan) => {
		const { verdict, simulation, run } = await lost(plan, seed);
		simulation.advance(run.positionNs, Infinity);
		const before = wrong(simulation);
		simulation.advance(run.scenario.untilNs, Infinity);
		expect(simulation.world.trace.filter(({ kind, values }) => kind === 'command' && values['outcome'] !== 'accepted')).toEqual([]);
		expectSound(simulation, verdict.reason ?? '');
		if (verdict.reason?.startsWith('nobody runs')) {
			expect(simulation.world.r.vms[0]?.vcpuState).not.toBe('running');
			expect(wrong(simulation)).toBeNull();
			return;
		}
		expect([before, wrong(simulation)]).toEqual([null, verdict.reason]);
	});

	it('the words of the super-page are those of the path, step for step', async () => {
		const { verdict, simulation } = await lost(laid('stop save flush give put'), 1);
		const words = new Map<number, bigint>();
		for (const step of verdict.path) if (step.word) words.set(step.word.index, BigInt(`0x${step.word.after}`));
		simulation.advance(simulation.world.scenario.untilNs, Infinity);
		expect(words.size).toBeGreaterThan(2);
		for (const [index, value] of words) expect([index, simulation.world.c.superpageWord.get(index)]).toEqual([index, value]);
		expect(ownerOf(simulation.world, 0).state).toBe(OwnerState.active);
		expect(simulation.world.c.superpageWord.get(wordIndex('recovery'))).toBe(0n);
	});

	it('the picture of the world shows three values of the owner word, and whoever was too late', async () => {
		const { simulation } = await lost(laid('stop save flush give put'), 1);
		simulation.advance(simulation.world.scenario.untilNs, Infinity);
		const answer = superpageAnswer(simulation.world);
		const [[, values] = [0, []]] = answer.earlier;
		expect(values.map((value) => unpackOwner(BigInt(`0x${value}`)).token)).toEqual([8, 9]);
		expect(answer.taken.at(-1)).toMatchObject({ host: 1, access: null });
		expect(answer.taken.find(({ says }) => says.startsWith('B writes itself'))).toMatchObject({ host: 1, access: 'store' });
	});

	it('a step that an actor does not stand at is refused, and nothing moves', async () => {
		const { simulation, run } = await lost(laid('stop save flush put'), 1);
		const plan = String((run.scenario.journal[0]?.command as { arguments?: Record<string, unknown> }).arguments?.['plan']);
		const say = (actor: string, step: string) =>
			simulation.send({ name: 'rack', execute: 'laid-step', vm: 'guest', arguments: { plan, actor, step } });
		expect(say('A', 'act-1')).toMatchObject({ ok: false, reason: 'bad-command' });
		expect(say('D', 'act-0')).toMatchObject({ ok: false, reason: 'bad-command' });
		expect(say('A', 'act-0')).toMatchObject({ ok: true });
	});
});
