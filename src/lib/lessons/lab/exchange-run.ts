import { exchangeCommands, type ExchangeVerdict } from '../../engine/contract/exchange.ts';
import type { Scenario } from '../../engine/contract/scenario/schema.ts';
import type { Lab } from './load.ts';
import { planScenario } from './run-lab.ts';
import type { LabPlan } from './schema.ts';

/**
 * An order of the exchange as a run that one can scrub: every access and every whim of a cache is a command of its host, a
 * tenth of a millisecond after the one before. What comes first in the challenge's journal shares the area.
 */
const STEP_NS = 100_000;

export function exchangeRun(lab: Lab, plan: LabPlan, seed: number, verdict: ExchangeVerdict): Scenario {
	const base = planScenario(lab, plan, seed);
	const [first, second] = base.fabric?.hosts ?? [];
	const tag = base.journal.find(({ command }) => command.name === 'fabric' && typeof command.arguments?.['tag'] === 'string')?.command;
	const startNs = lab.steps.challenge.fromNs ?? 0;
	const commands = exchangeCommands(
		verdict.path,
		{ A: first?.id ?? '', B: second?.id ?? '' },
		tag?.name === 'fabric' ? String(tag.arguments?.['tag']) : '',
		verdict.plan.options
	);
	return {
		...base,
		title: verdict.wins ? 'One order of the exchange' : 'An order that reads something old',
		journal: [...base.journal, ...commands.map((command, index) => ({ atNs: startNs + (index + 1) * STEP_NS, command }))],
		untilNs: startNs + (commands.length + 5) * STEP_NS
	};
}
