import * as v from 'valibot';
import { waysSchema } from '../engine/contract/scenario/ways-schema.ts';
import type { Expression, QuantityName } from '../engine/contract/queries.ts';
import { QUANTITIES } from '../engine/contract/queries.ts';
import { STRATEGY_IDS } from '../engine/contract/migration/strategies.ts';
import { parseQuantity, type Dimension } from '../base/quantity.ts';

/**
 * What a lesson's files may say. Content is data: three files in one folder of content/, read at build time, checked here
 * and once more in tests/lessons. Amounts carry their unit, as in scenario files.
 */

const quantity = (dimension: Dimension) =>
	v.pipe(
		v.union([v.number(), v.string()], 'expected a number or a text with a unit'),
		v.rawTransform<number | string, number>(({ dataset, addIssue, NEVER }) => {
			const parsed = parseQuantity(dataset.value, dimension);
			if (parsed.ok) return parsed.value;
			addIssue({ message: parsed.detail });
			return NEVER;
		})
	);

const bytes = quantity('bytes');
const rate = quantity('bytesPerSecond');
const duration = quantity('nanoseconds');
const id = v.pipe(
	v.string(),
	v.regex(/^[a-z][a-z0-9-]{0,31}$/, 'an id is lower case letters, digits, hyphens')
);
const words = v.pipe(v.string(), v.minLength(1), v.maxLength(240));

/** The fixed rhythm (PRIMM: predict, run, investigate, modify, make). */
export const STEP_IDS = ['bet', 'run', 'look', 'change', 'challenge', 'make'] as const;
export type StepId = (typeof STEP_IDS)[number];

export const OPERATORS = [
	'+',
	'-',
	'*',
	'/',
	'<',
	'<=',
	'==',
	'>=',
	'>',
	'and',
	'or',
	'not'
] as const;

/** An expression of contract/queries.ts in which a limit of the seed may stand where a number stands. */
export type CheckExpression =
	| number
	| boolean
	| { readonly q: QuantityName }
	| { readonly limit: string }
	| { readonly op: (typeof OPERATORS)[number]; readonly args: readonly CheckExpression[] };

const quantityNames = Object.keys(QUANTITIES) as [QuantityName, ...QuantityName[]];

export const expressionSchema: v.GenericSchema<CheckExpression> = v.union([
	v.number(),
	v.boolean(),
	v.strictObject({ q: v.picklist(quantityNames) }),
	v.strictObject({ limit: id }),
	v.strictObject({
		op: v.picklist(OPERATORS),
		args: v.pipe(v.array(v.lazy(() => expressionSchema)), v.minLength(1), v.maxLength(8))
	})
]);

const checkSchema = v.strictObject({ id, expression: expressionSchema });
export type Check = v.InferOutput<typeof checkSchema>;

const laneSchema = v.strictObject({
	id,
	strategy: v.picklist(STRATEGY_IDS),
	/** How its VM lives, where that differs from the others' (contract/scenario/ways-schema.ts). */
	ways: v.optional(waysSchema),
	name: words,
	summary: words
});
export type Lane = v.InferOutput<typeof laneSchema>;

const betSchema = v.strictObject({
	lane: id,
	question: words,
	axis: words,
	untilNs: duration,
	/** Distance of the points of which a drawn line is made. */
	stepNs: duration,
	topBytes: bytes,
	words: v.pipe(
		v.array(v.strictObject({ id: v.picklist(['falls', 'settles', 'grows']), label: words })),
		v.length(3)
	)
});
export type BetDefinition = v.InferOutput<typeof betSchema>;

/** "In round `later` the wire carried … than in round `earlier`": the key is computed from the run, never stored. */
const seenSchema = v.strictObject({
	lane: id,
	question: words,
	earlierRound: v.pipe(v.number(), v.integer(), v.minValue(1)),
	laterRound: v.pipe(v.number(), v.integer(), v.minValue(2)),
	options: v.pipe(
		v.array(v.strictObject({ id: v.picklist(['less', 'same', 'more']), label: words })),
		v.length(3)
	),
	right: words,
	wrong: words
});
export type SeenQuestion = v.InferOutput<typeof seenSchema>;

const changeSchema = v.strictObject({
	label: words,
	minBytesPerSecond: rate,
	maxBytesPerSecond: rate,
	stepBytesPerSecond: rate,
	/** The border must be pinned down to this distance. */
	borderBytesPerSecond: rate,
	home: checkSchema
});
export type ChangeDefinition = v.InferOutput<typeof changeSchema>;

/** A number that the seed draws: a list to choose from. */
const drawn = <T extends v.GenericSchema>(inner: T) => v.pipe(v.array(inner), v.minLength(1));

const parametersSchema = v.strictObject({
	downtimeLimitNs: v.optional(duration),
	maxBandwidthBytesPerSecond: v.optional(rate),
	multifdChannels: v.optional(v.number()),
	autoConverge: v.optional(v.boolean()),
	stayOnPool: v.optional(v.boolean()),
	precopyPasses: v.optional(v.number()),
	preempt: v.optional(v.boolean()),
	handOver: v.optional(v.picklist(['ideal', 'qemu']))
});

const guestSchema = v.strictObject({
	id,
	name: words,
	about: words,
	bytes: drawn(bytes),
	kind: v.picklist(['idle', 'web', 'database', 'memory-muncher', 'sequential', 'two-class']),
	rateBytesPerSecond: drawn(rate),
	workingSetBytes: drawn(bytes),
	pages: v.picklist(['thp', '4k']),
	/** A page that a device holds for as long as the guest lives, as a share of its memory in percent; null = none. */
	heldAtPercent: v.nullable(drawn(v.number())),
	lostWorkNs: drawn(duration)
});
export type GuestFamily = v.InferOutput<typeof guestSchema>;

/** One setting of one mover: a row of choices, the first is what an untouched system does. */
const settingSchema = v.strictObject({
	id,
	lane: id,
	label: words,
	options: v.pipe(
		v.array(v.strictObject({ id, label: words, parameters: parametersSchema })),
		v.minLength(2)
	)
});
export type Setting = v.InferOutput<typeof settingSchema>;

const choiceSchema = v.strictObject({ lane: id, settings: v.record(id, id) });
export type Choice = v.InferOutput<typeof choiceSchema>;

const challengeSchema = v.strictObject({
	wireBytesPerSecond: drawn(rate),
	untilNs: duration,
	downtimeNs: duration,
	firstSeed: v.pipe(v.number(), v.integer()),
	seeds: v.array(v.pipe(v.number(), v.integer())),
	guests: v.pipe(v.array(guestSchema), v.length(3)),
	settings: v.array(settingSchema),
	checks: v.pipe(v.array(checkSchema), v.minLength(1)),
	/** Point, principle, first move. */
	hints: v.strictObject({ point: words, principle: words, 'first-move': words }),
	attemptsBeforeSolution: v.pipe(v.number(), v.integer(), v.minValue(1)),
	/** By id of the guest's family. */
	witness: v.record(id, choiceSchema),
	/** Solutions that look right and must lose, on every seed tested. */
	decoys: v.pipe(
		v.array(v.strictObject({ id, belief: words, choices: v.record(id, choiceSchema) })),
		v.minLength(2)
	)
});
export type ChallengeDefinition = v.InferOutput<typeof challengeSchema>;
export const HINT_IDS = ['point', 'principle', 'first-move'] as const;

const makeSchema = v.array(
	v.strictObject({
		id,
		title: words,
		about: words,
		lanes: v.array(id),
		change: v.record(v.string(), v.unknown())
	})
);

export const stepsSchema = v.strictObject({
	id,
	steps: v.pipe(
		v.array(v.strictObject({ id: v.picklist(STEP_IDS), label: words })),
		v.length(STEP_IDS.length)
	),
	lanes: v.pipe(v.array(laneSchema), v.minLength(1)),
	/** Movers that the lesson names and does not yet show. */
	later: v.array(v.strictObject({ id, name: words, summary: words })),
	belief: v.strictObject({ id, lane: id, name: words, sentence: words }),
	terms: v.record(id, words),
	/** The same lane with another switch-over: its stop stands beside the lane's own. */
	switchOver: v.strictObject({ lane: id, parameters: parametersSchema }),
	bet: betSchema,
	seen: seenSchema,
	change: changeSchema,
	challenge: challengeSchema,
	make: makeSchema
});
export type Steps = v.InferOutput<typeof stepsSchema>;

/** Where the lesson begins: a scenario of the catalogue and what this lesson sets otherwise in it. */
export const startSchema = v.strictObject({
	catalogue: v.string(),
	title: words,
	overrides: v.record(v.string(), v.unknown()),
	/** At which rate every guest writes, where the lesson's own differs from the scenario's. */
	rateBytesPerSecond: v.optional(rate),
	/** Parameters of each lane's order. */
	parameters: v.record(id, parametersSchema)
});
export type Start = v.InferOutput<typeof startSchema>;

/** Replaces the limits by the numbers of a seed: what is left is an expression of the contract. */
export function bindLimits(
	expression: CheckExpression,
	limits: Readonly<Record<string, number>>
): Expression {
	if (typeof expression === 'number' || typeof expression === 'boolean') return expression;
	if ('q' in expression) return expression;
	if ('limit' in expression) {
		const value = limits[expression.limit];
		if (value === undefined) throw new Error(`no limit is called "${expression.limit}"`);
		return value;
	}
	return { op: expression.op, args: expression.args.map((inner) => bindLimits(inner, limits)) };
}
