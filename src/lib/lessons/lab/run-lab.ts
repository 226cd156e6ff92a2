import type { Outcome } from '../../base/outcome.ts';
import type { ExchangeVerdict } from '../../engine/contract/exchange.ts';
import type { HandOverVerdict } from '../../engine/contract/hand-over.ts';
import type { MoverVerdict } from '../../engine/contract/movers.ts';
import type { CollisionAnswer } from '../../engine/contract/vdpa/collision.ts';
import type { EnginePort } from '../../engine/contract/port.ts';
import type { Expression } from '../../engine/contract/queries.ts';
import type { ReasonId } from '../../engine/contract/reasons.ts';
import type { Scenario } from '../../engine/contract/scenario/schema.ts';
import { runToEnd, type RunOrder } from '../run.ts';
import { journalOf } from './hands.ts';
import type { Lab } from './load.ts';
import type { LabExpression, LabFigure, LabPlan } from './schema.ts';
import { bound, draw, filled, filledScenario } from './template.ts';

/** Runs of a lab: the start, one option of Change, one plan of the challenge. Numbers come from the engine only. */

/** Texts that the start's placeholders have while nothing was changed: the first option of Change. */
export function startTexts(lab: Lab, option?: string): Readonly<Record<string, string>> {
	const chosen = lab.steps.change.options.find((each) => each.id === option) ?? lab.steps.change.options[0];
	return { ...lab.steps.texts, ...chosen?.put };
}

export const startOf = (lab: Lab, option?: string): Scenario =>
	filledScenario(lab.start, startTexts(lab, option), lab.steps.challenge.firstSeed);

/** The start before anything is moved by hand. */
export const byHandOf = (lab: Lab): Scenario =>
	filledScenario(lab.start, { ...startTexts(lab), ...lab.steps.change.hands?.put }, lab.steps.challenge.firstSeed);

/** The challenge's scenario for a seed and a plan; a slot without an option takes its first. */
export function planScenario(lab: Lab, plan: LabPlan, seed: number): Scenario {
	const { hands, untilNs } = lab.steps.challenge;
	const texts = planTexts(lab, plan, seed);
	const scenario = { ...filledScenario(lab.challenge, texts, seed), untilNs };
	return hands === undefined ? scenario : { ...scenario, journal: [...scenario.journal, ...journalOf(hands, plan, texts)] };
}

/** Texts of the challenge's placeholders: what the seed draws, what the plan puts. */
export function planTexts(lab: Lab, plan: LabPlan, seed: number): Record<string, string> {
	const { slots, drawn } = lab.steps.challenge;
	const texts: Record<string, string> = Object.fromEntries(Object.entries(draw(drawn, seed)).map(([name, value]) => [name, String(value)]));
	for (const slot of slots) {
		const option = slot.options.find((each) => each.id === plan[slot.id]) ?? slot.options[0];
		// An option may speak of what the seed drew.
		Object.assign(texts, filled(option?.put ?? {}, texts));
	}
	return texts;
}

const whole = (expressions: readonly LabExpression[], limits: Readonly<Record<string, string | number>>): Expression[] =>
	expressions.map((each) => bound(each, limits) as Expression);

export type Watched = Pick<RunOrder, 'memory' | 'onprogress' | 'wanted'>;

export interface RunValues {
	readonly values: readonly (number | boolean | null)[];
	/** Verdicts of the explorers that were asked. */
	readonly movers: MoverVerdict | null;
	readonly exchange: ExchangeVerdict | null;
	readonly handOver: HandOverVerdict | null;
	readonly collisions: CollisionAnswer | null;
}

/** Values of expressions at the end of a scenario. null when the run was no longer wanted. */
export async function runFor(
	port: EnginePort,
	scenario: Scenario,
	untilNs: number,
	expressions: readonly LabExpression[],
	watched: Watched & {
		readonly belief?: string | null;
		readonly limits?: Readonly<Record<string, string | number>>;
		readonly movers?: string;
		readonly exchange?: string;
		readonly handOver?: string;
		readonly collisions?: string;
	} = {}
): Promise<Outcome<RunValues | null, ReasonId>> {
	const { limits = {}, belief = null, ...rest } = watched;
	const run = await runToEnd(port, { scenario, untilNs, belief, expressions: whole(expressions, limits), ...rest });
	if (!run.ok) return run;
	if (run.value === null) return { ok: true, value: null };
	const { values, movers, exchange, handOver, collisions } = run.value;
	return { ok: true, value: { values, movers, exchange, handOver, collisions } };
}

export interface PlanResult {
	readonly passed: readonly boolean[];
	readonly figures: readonly (number | null)[];
	readonly note: string | null;
	/** Each seed that the plan met, in order. */
	readonly seeds: readonly { readonly seed: number; readonly passed: readonly boolean[] }[];
	/** The explorer's verdict where the lab asks for one: its path is the counterexample. */
	readonly movers: MoverVerdict | null;
	readonly exchange: ExchangeVerdict | null;
	readonly handOver: HandOverVerdict | null;
	readonly collisions: CollisionAnswer | null;
}

const NOTHING = { seeds: [], movers: null, exchange: null, handOver: null, collisions: null } as const;

/** A plan on its seed and on the following ones that the lab demands: a check passes when it passes on all of them. */
export async function runPlan(port: EnginePort, lab: Lab, plan: LabPlan, seed: number, watched: Watched = {}): Promise<PlanResult | null> {
	const { checks, figures, over, untilNs, drawn, movers, exchange, handOver, collisions } = lab.steps.challenge;
	let passed = checks.map(() => true);
	let first: PlanResult | null = null;
	const seeds: { seed: number; passed: readonly boolean[] }[] = [];
	for (let at = 0; at < over; at += 1) {
		const limits = draw(drawn, seed + at);
		const texts = planTexts(lab, plan, seed + at);
		const expressions = [...checks.map((each) => each.expression), ...figures.map((each) => each.amount.expression)].map(
			(each) => filled(each, texts) as LabExpression
		);
		const run = await runFor(port, planScenario(lab, plan, seed + at), untilNs, expressions, {
			...watched,
			limits,
			...(movers === undefined ? {} : { movers: String(filled(movers, texts)) }),
			...(exchange === undefined ? {} : { exchange: String(filled(exchange, texts)) }),
			...(handOver === undefined ? {} : { handOver: String(filled(handOver, texts)) }),
			...(collisions === undefined ? {} : { collisions: String(filled(collisions, texts)) }),
			onprogress: (fraction) => watched.onprogress?.((at + fraction) / over)
		});
		if (!run.ok) return { ...NOTHING, passed: checks.map(() => false), figures: figures.map(() => null), note: run.detail };
		if (run.value === null) return null;
		const { values } = run.value;
		const here = checks.map((_, index) => values[index] === true);
		seeds.push({ seed: seed + at, passed: here });
		passed = passed.map((before, index) => before && (here[index] as boolean));
		first ??= {
			passed: here,
			figures: figures.map((each, index) => scaled(values[checks.length + index], each)),
			note: null,
			seeds,
			movers: run.value.movers,
			exchange: run.value.exchange,
			handOver: run.value.handOver,
			collisions: run.value.collisions
		};
	}
	const lostAt =
		first && over > 1 && first.passed.every(Boolean) && !passed.every(Boolean) ? 'won on this seed, lost on a later one' : null;
	return first === null
		? null
		: {
				passed,
				figures: first.figures,
				note: lostAt,
				seeds,
				movers: first.movers,
				exchange: first.exchange,
				handOver: first.handOver,
				collisions: first.collisions
			};
}

/** The engine's number in the figure's unit. */
export function scaled(value: number | boolean | null | undefined, figure: Pick<LabFigure, 'amount'>): number | null {
	return typeof value === 'number' ? value / figure.amount.divide : null;
}
