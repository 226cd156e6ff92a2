import type { HandOverVerdict } from '../../engine/contract/hand-over.ts';
import type { Scenario } from '../../engine/contract/scenario/schema.ts';
import type { SuperpageStep } from '../../engine/contract/superpage-models.ts';
import type { Lab } from './load.ts';
import { planScenario, planTexts } from './run-lab.ts';
import type { LabPlan } from './schema.ts';
import { filled } from './template.ts';

/**
 * The shortest losing order of a laid hand-off as a run that one can scrub: every step of it is a word to its host, two thousandths
 * of a second after the one before, a death is a crash. Nothing else acts: recovery is a step of the order like any other, so
 * that the scenario's own heartbeats are left out.
 */
const FROM_NS = 500_000_000;
const STEP_NS = 2_000_000;

type Entry = Scenario['journal'][number];

export interface LaidRun {
	readonly scenario: Scenario;
	/** One step before the fault. */
	readonly positionNs: number;
}

export function handOverRun(lab: Lab, plan: LabPlan, seed: number, verdict: HandOverVerdict): LaidRun | null {
	if (verdict.path.length === 0) return null;
	const base = planScenario(lab, plan, seed);
	const words = String(filled(lab.steps.challenge.handOver ?? '', planTexts(lab, plan, seed)));
	const { ha: _, ...rack } = base.rack ?? {};
	const vm = base.vms[0]?.id ?? '';
	const memory = words.startsWith('hardware');
	const command = (step: SuperpageStep): Entry['command'] =>
		step.kind === 'crash'
			? { name: 'rack', execute: 'crash', host: base.hosts[step.host]?.id ?? '' }
			: { name: 'rack', execute: 'laid-step', vm, arguments: { plan: words, actor: step.actor, step: step.step } };
	const lastNs = FROM_NS + verdict.path.length * STEP_NS;
	return {
		scenario: {
			...base,
			rack,
			...(base.pool === null || base.pool === undefined ? {} : { pool: { ...base.pool, hardwareCoherent: memory } }),
			title: 'An order of the hand-off that loses',
			journal: verdict.path.map((step, at) => ({ atNs: FROM_NS + (at + 1) * STEP_NS, command: command(step) })),
			untilNs: lastNs + 10 * STEP_NS
		},
		positionNs: lastNs - STEP_NS / 2
	};
}
