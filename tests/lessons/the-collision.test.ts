/**
 * Goal: the sequence that the explorer shows is a run that goes wrong. Method: the losing placement of each decoy, played on a
 * guest with real pages; the winning one is played over the learner's own acts.
 */
import { describe, expect, it } from 'vitest';
import { Simulation } from '../../src/lib/engine/index.ts';
import { collisionRun } from '../../src/lib/lessons/lab/collision-run.ts';
import { runPlan } from '../../src/lib/lessons/lab/run-lab.ts';
import { labPort, openLab } from './lab-in-node.ts';

const lab = openLab('the-collision');
const port = labPort();
const { witness, decoys, firstSeed } = lab.steps.challenge;
/** Placements: two that lose, and the one that wins. */
const plans = [
	...decoys.filter(({ id }) => id === 'next-hole' || id === 'sooner').map(({ id, plan }) => [id, plan] as const),
	['witness', witness] as const
];

describe('a sequence of the explorer as a run', () => {
	it.each(plans)('%s', { timeout: 60_000 }, async (_, plan) => {
		const result = await runPlan(port, lab, plan, firstSeed);
		if (!result?.collisions) throw new Error('nothing was explored');
		const { path } = result.collisions;
		// The goal "prevent it" is the second: it holds exactly where the explorer found nothing.
		expect(result.passed[1]).toBe(path === null);
		if (path === null) return;
		const scenario = collisionRun(lab, plan, firstSeed, result.collisions);
		const opened = Simulation.open({ scenario });
		if (!opened.ok) throw new Error(opened.detail);
		opened.value.advance(opened.value.world.scenario.untilNs, Infinity);
		const [nic] = opened.value.status().vdpa?.nics ?? [];
		expect(opened.value.world.trace.filter((record) => record.values['outcome'] === 'refused')).toEqual([]);
		expect(nic?.wrongMaps.length).toBeGreaterThan(0);
		expect((nic?.wrongCount ?? 0) + (nic?.faultCount ?? 0)).toBeGreaterThan(0);
	});
});
