import type { Scenario } from '$lib/engine/contract/scenario/schema.ts';
import { playHref } from '../links.ts';
import type { LabWhole } from './lab-whole.ts';
import type { Standing } from './lab-player.svelte.ts';

/** A lab's worlds as addresses in the playground. */
export interface MakeIdea {
	readonly id: string;
	readonly title: string;
	readonly about: string;
	readonly href: string | null;
}

/** What was moved by hand is in the session's journal, or in the plan, not in the scenario that stands. */
function scenarioOf(page: LabWhole, standing: Standing): Scenario {
	if (standing.kind === 'plan')
		return page.player.scenarioOf({ ...standing, plan: page.learner.plan });
	const scenario = page.player.scenarioOf(standing);
	const { journal } = page.hands;
	return standing.kind === 'hands' && journal !== null
		? { ...scenario, journal: [...journal] }
		: scenario;
}

/** What one can make of the lab: its run, what was changed, the plan. */
export async function makeIdeas(page: LabWhole): Promise<readonly MakeIdea[]> {
	const { plan, seed } = page.learner;
	const { change } = page.steps;
	const changed: Standing =
		change.hands === undefined
			? { kind: 'option', option: page.option ?? (change.options.at(-1)?.id as string) }
			: { kind: 'hands' };
	const made: readonly [id: string, title: string, about: string, standing: Standing][] = [
		['start', page.lab.title, 'The run of this lesson, with every control.', { kind: 'start' }],
		['changed', 'Your change', 'The same run with what you changed last.', changed],
		[
			'plan',
			'Your plan',
			`The challenge on seed ${seed}, as you have left it.`,
			{ kind: 'plan', plan, seed }
		]
	];
	return Promise.all(
		made.map(async ([id, title, about, standing]) => ({
			id,
			title,
			about,
			href: await playHref(page.root, [{ scenario: scenarioOf(page, standing) }])
		}))
	);
}

/** The worlds on the stage, at their moment. */
export async function stageHref(page: LabWhole): Promise<string> {
	const standing: Standing = page.player.standing ?? { kind: 'start' };
	const specs = page.player.specsOf(standing);
	const worlds = page.step === 'look' ? specs : specs.slice(0, 1);
	return playHref(
		page.root,
		worlds.map((each) => ({ ...each, scenario: scenarioOf(page, standing) })),
		page.locked === null ? page.nowNs : 0
	);
}
