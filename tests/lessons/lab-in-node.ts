import type { EnginePort } from '../../src/lib/engine/contract/port.ts';
import { makePort } from '../../src/lib/engine/worker/port.ts';
import { labById, type Lab } from '../../src/lib/lessons/lab/load.ts';
import { runFor, startOf } from '../../src/lib/lessons/lab/run-lab.ts';
import type { LabExpression } from '../../src/lib/lessons/lab/schema.ts';
import { bound } from '../../src/lib/lessons/lab/template.ts';
import { wordCount, type Paragraph } from '../../src/lib/lessons/prose.ts';
import { STEP_IDS } from '../../src/lib/lessons/schema.ts';

/** A lab driven in Node, for tests of what its lesson says. */
export const labPort = (): EnginePort => makePort((answer) => answer) as unknown as EnginePort;

export function openLab(id: string): Lab {
	const lab = labById(id);
	if (!lab) throw new Error(`no lab ${id}`);
	return lab;
}

export interface StartRun {
	readonly belief?: string | null;
	/** Option of Change. */
	readonly option?: string;
	readonly untilNs?: number;
}

/** Values at the end of the lab's start. */
export async function startValues(
	port: EnginePort,
	lab: Lab,
	expressions: readonly LabExpression[],
	{ belief = null, option, untilNs = lab.steps.run.untilNs }: StartRun = {}
) {
	const followed = lab.steps.change.options.find((each) => each.id === option)?.belief;
	const run = await runFor(port, startOf(lab, option), untilNs, expressions, { belief: belief ?? followed ?? null });
	if (!run.ok) throw new Error(run.detail);
	return run.value?.values ?? [];
}

/** Ids of the bet's options that hold, for each row of a table. */
export async function tableKeys(port: EnginePort, lab: Lab, how: StartRun = {}): Promise<Record<string, string[]>> {
	const { bet } = lab.steps;
	if (bet.kind !== 'table') throw new Error(`the bet of ${lab.id} is no table`);
	const expressions = bet.rows.flatMap((row) => bet.options.map((option) => bound(option.when, {}, row.of)));
	const values = await startValues(port, lab, expressions, how);
	return Object.fromEntries(
		bet.rows.map((row, at) => [
			row.id,
			bet.options.filter((_, index) => values[at * bet.options.length + index] === true).map((option) => option.id)
		])
	);
}

/** One of the bet's two ends holds; everything else that prose may wait for may hold beside it. */
const ENDS = ['betright', 'betwrong'];
const CONDITIONS = [...ENDS, 'lost'];

/** What is wrong with a lab's prose, in words: nothing, one hopes. */
export function proseFaults(lab: Lab, mostWords: number): string[] {
	const faults: string[] = [];
	const used = new Set<string>();
	if (lab.prose.steps.map((step) => step.id).join() !== STEP_IDS.join()) faults.push('steps are missing or in another order');
	for (const step of lab.prose.steps) {
		for (const condition of ENDS) {
			const words = wordCount(step, (when) => when === condition || when === 'lost');
			if (words > mostWords) faults.push(`${step.id} has ${words} words when ${condition}`);
			if (!step.paragraphs.some((each) => each.now && (each.when === null || each.when === condition)))
				faults.push(`${step.id} says nothing to read now when ${condition}`);
		}
		for (const paragraph of step.paragraphs) {
			if (paragraph.when !== null && !CONDITIONS.includes(paragraph.when)) faults.push(`${step.id} waits for "${paragraph.when}"`);
			for (const inline of paragraph.inlines) if (inline.kind === 'term') used.add(inline.term);
			faults.push(...saidTwice(lab, paragraph).map((said) => `${step.id} says ${said} twice`));
		}
	}
	const terms = Object.keys(lab.steps.terms);
	for (const term of used) if (!terms.includes(term)) faults.push(`no term "${term}"`);
	for (const term of terms) if (!used.has(term)) faults.push(`nobody uses the term "${term}"`);
	return faults;
}

/** Units that stand behind a figure which brings its own. */
function saidTwice(lab: Lab, { inlines }: Paragraph): string[] {
	return inlines.flatMap((inline, at) => {
		const next = inlines[at + 1];
		if (inline.kind !== 'figure' || next?.kind !== 'text') return [];
		const unit = lab.steps.run.figures.find((each) => each.id === inline.name)?.amount.unit;
		return unit && next.text.trimStart().split(/[ .,;:]/)[0] === unit ? [unit] : [];
	});
}

/** Plans that name a slot or an option that is not there, or leave a slot open. */
export function planFaults(lab: Lab): string[] {
	const { slots, witness, decoys } = lab.steps.challenge;
	const faults: string[] = [];
	for (const [name, plan] of [['witness', witness] as const, ...decoys.map((each) => [each.id, each.plan] as const)]) {
		for (const slot of slots)
			if (!(slot.mayStayOpen && plan[slot.id] === undefined) && !slot.options.some((option) => option.id === plan[slot.id]))
				faults.push(`${name}: nothing that exists is chosen for ${slot.id}`);
		for (const id of Object.keys(plan)) if (!slots.some((slot) => slot.id === id)) faults.push(`${name}: there is no slot ${id}`);
	}
	return faults;
}
