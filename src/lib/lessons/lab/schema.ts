import * as v from 'valibot';
import { QUANTITIES, type QuantityName } from '../../engine/contract/queries.ts';
import { FABRIC_QUANTITIES, type FabricQuantityName } from '../../engine/contract/fabric-quantities.ts';
import { MACHINE_QUANTITIES, type MachineQuantityName } from '../../engine/contract/machine-quantities.ts';
import { SUPERPAGE_QUANTITIES, type SuperpageQuantityName } from '../../engine/contract/superpage-quantities.ts';
import { RACK_QUANTITIES, type RackQuantityName } from '../../engine/contract/rack/quantities.ts';
import { REFERENCE_QUANTITIES, type ReferenceQuantityName } from '../../engine/contract/reference-quantities.ts';
import { VDPA_QUANTITIES, type VdpaQuantityName } from '../../engine/contract/vdpa/quantities.ts';

/**
 * Lessons on Linux machines ("labs"): what their files may say. A lab has one start, a bet that is a bar, a choice or a
 * table, a look closer, one thing to change, and a challenge whose answer is a plan: for each slot one option. Every
 * answer key is an expression that the engine evaluates after a run; none is stored.
 */
const id = v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]{0,31}$/, 'an id is lower case letters, digits, hyphens'));
const words = v.pipe(v.string(), v.minLength(1), v.maxLength(280));
const OPERATORS = ['+', '-', '*', '/', '<', '<=', '==', '>=', '>', 'and', 'or', 'not'] as const;

type NamedQuantity =
	MachineQuantityName | FabricQuantityName | VdpaQuantityName | ReferenceQuantityName | RackQuantityName | SuperpageQuantityName;

/** Quantities of one thing that is named: of a machine, of a fabric, or of a vDPA device. */
const NAMED = [
	...Object.keys(MACHINE_QUANTITIES),
	...Object.keys(FABRIC_QUANTITIES),
	...Object.keys(VDPA_QUANTITIES),
	...Object.keys(REFERENCE_QUANTITIES),
	...Object.keys(RACK_QUANTITIES),
	...Object.keys(SUPERPAGE_QUANTITIES)
] as [NamedQuantity, ...NamedQuantity[]];

/** An expression of the contract in which a drawn value of the seed may stand where a number stands. */
export type LabExpression =
	| number
	| boolean
	| { readonly q: QuantityName }
	| { readonly q: NamedQuantity; readonly of: string }
	| { readonly limit: string }
	| { readonly op: (typeof OPERATORS)[number]; readonly args: readonly LabExpression[] };

export const labExpression: v.GenericSchema<LabExpression> = v.union([
	v.number(),
	v.boolean(),
	v.strictObject({
		q: v.picklist(NAMED),
		of: v.pipe(v.string(), v.maxLength(160))
	}),
	v.strictObject({ q: v.picklist(Object.keys(QUANTITIES) as [QuantityName, ...QuantityName[]]) }),
	v.strictObject({ limit: id }),
	v.strictObject({
		op: v.picklist(OPERATORS),
		args: v.pipe(v.array(v.lazy(() => labExpression)), v.minLength(1), v.maxLength(12))
	})
]);

/** An amount on the screen: the engine's number divided by `divide`, with a unit behind it. */
const amount = v.strictObject({
	expression: labExpression,
	divide: v.optional(v.number(), 1),
	unit: v.string(),
	digits: v.optional(v.number(), 0),
	/** What stands there for a value below zero: it has not happened. */
	never: v.optional(v.string())
});

const barBet = v.strictObject({
	kind: v.literal('bar'),
	question: words,
	axis: words,
	unit: v.string(),
	min: v.number(),
	max: v.number(),
	step: v.number(),
	/** A bar within this distance of the result counts as right. */
	near: v.number(),
	actual: amount
});
const optionWithKey = v.strictObject({ id, label: words, when: labExpression });
const choiceBet = v.strictObject({
	kind: v.literal('choice'),
	question: words,
	options: v.pipe(v.array(optionWithKey), v.minLength(2), v.maxLength(5))
});
/** One answer for each row; `{row}` in an option's expression text stands for the row's own words. */
const tableBet = v.strictObject({
	kind: v.literal('table'),
	question: words,
	rows: v.pipe(v.array(v.strictObject({ id, label: words, of: v.record(id, v.string()) })), v.minLength(2), v.maxLength(6)),
	options: v.pipe(v.array(v.strictObject({ id, label: words, when: labExpression })), v.minLength(2), v.maxLength(5))
});

const figure = v.strictObject({ id, label: words, amount });
const check = v.strictObject({ id, label: words, expression: labExpression });

/** What a slot's option puts into the scenario: texts for the placeholders `${name}` of challenge.json. */
const option = v.strictObject({
	id,
	label: words,
	about: v.optional(words),
	put: v.record(id, v.string()),
	/** A wrong belief that the world of this option follows: one of the engine's, told as such. */
	belief: v.optional(v.string())
});
const slot = v.strictObject({
	id,
	label: words,
	options: v.pipe(v.array(option), v.minLength(2), v.maxLength(10)),
	/** A plan is whole without it; then its first option stands. */
	mayStayOpen: v.optional(v.boolean(), false)
});
export type LabSlot = v.InferOutput<typeof slot>;

/** Values that a seed draws: each is one of a list, by name; a record gives several values that belong together. Numbers may stand as limits. */
const drawn = v.record(
	id,
	v.pipe(v.array(v.union([v.string(), v.number(), v.record(id, v.union([v.string(), v.number()]))])), v.minLength(1))
);

/** Memory that is moved by hand from node to node; each move is a call of the process whose memory it is. */
const hands = v.strictObject({
	machine: id,
	/** Texts of the start before anything was moved by hand. */
	put: v.optional(v.record(id, v.string()), {}),
	nodes: v.pipe(v.array(v.strictObject({ node: v.number(), label: words })), v.minLength(2), v.maxLength(4)),
	areas: v.pipe(
		v.array(
			v.strictObject({
				id,
				label: words,
				process: id,
				area: id,
				/** Read and written all the time. */
				hot: v.boolean(),
				/** Moved in pieces of this size; whole when left out. */
				pieceMib: v.optional(v.number()),
				/** Where a plan may send it: a name for people, and the node, which the seed may have drawn. */
				to: v.optional(v.record(id, v.string()), {})
			})
		),
		v.minLength(1),
		v.maxLength(8)
	),
	/** Amounts that are drawn anew after each move. */
	strips: v.pipe(v.array(figure), v.minLength(1), v.maxLength(4)),
	most: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(24)),
	fromNs: v.number(),
	everyNs: v.number()
});
export type LabHands = v.InferOutput<typeof hands>;

const plan = v.record(id, id);
export type LabPlan = v.InferOutput<typeof plan>;

/** One memory block and several futures of it, each a machine under the same load: the learner chooses the size of the brush. */
const brush = v.strictObject({
	label: words,
	memoryBlock: v.number(),
	options: v.pipe(
		v.array(v.strictObject({ id, label: words, machine: id, pages: v.number(), giver: v.optional(id) })),
		v.minLength(2),
		v.maxLength(4)
	)
});

const bets = v.variant('kind', [barBet, choiceBet, tableBet]);

/** How a lesson is asked again two lessons later: other texts in its start, the same kind of bet, and what decides. */
const again = v.strictObject({
	drawn,
	put: v.optional(v.record(id, v.string()), {}),
	bet: bets,
	rule: words
});
export type LabAgain = v.InferOutput<typeof again>;

export const labSchema = v.strictObject({
	id,
	/** Where a sitting begins: with the bet, or with a challenge that the obvious move loses. */
	opens: v.optional(v.picklist(['bet', 'challenge']), 'bet'),
	/** Texts for placeholders of start.json that no option of Change fills. */
	texts: v.optional(v.record(id, v.string()), {}),
	again: v.optional(again),
	/** Which picture stands on the stage. */
	stage: v.picklist([
		'rooms',
		'virtio-mem',
		'brush',
		'extents',
		'fabric',
		'coherence',
		'doors',
		'gap',
		'rails',
		'addresses',
		'tagged',
		'rack'
	]),
	brush: v.optional(brush),
	/** What the marks of the picture mean, in one line below it. */
	caption: v.optional(words),
	/** A host whose plug is pulled at the end of the run: what its area leaves is asked only then. */
	plug: v.optional(v.strictObject({ machine: id, process: id, area: id, nodes: v.array(v.number()) })),
	belief: v.strictObject({ id, name: words, sentence: words }),
	terms: v.record(id, words),
	bet: bets,
	/** `fromNs`: where the stage stands before anything is pressed, when what leads there is no part of the story. */
	run: v.strictObject({
		fromNs: v.optional(v.number()),
		untilNs: v.number(),
		figures: v.array(figure),
		/** One amount drawn along the run, in both worlds. */ strip: v.optional(figure)
	}),
	/** "What did you see?": one observation, its key an expression per option. */
	seen: v.strictObject({
		question: words,
		options: v.pipe(v.array(optionWithKey), v.minLength(2), v.maxLength(4)),
		right: words,
		wrong: words
	}),
	/** One thing to change: each option puts other texts into start.json's placeholders. */
	change: v.strictObject({
		label: words,
		options: v.optional(v.pipe(v.array(option), v.maxLength(8)), []),
		/** Where a changed run ends; with the run itself when left out. */
		untilNs: v.optional(v.number()),
		/** In place of options: what is moved by hand. */
		hands: v.optional(hands),
		figures: v.pipe(v.array(figure), v.minLength(1)),
		found: v.optional(check)
	}),
	challenge: v.strictObject({
		firstSeed: v.number(),
		seeds: v.pipe(v.array(v.number()), v.minLength(2)),
		/** A plan must win on the learner's seed and on these many following ones (1 = its own only). */
		over: v.optional(v.number(), 1),
		fromNs: v.optional(v.number()),
		untilNs: v.number(),
		drawn: v.optional(drawn, {}),
		slots: v.optional(v.pipe(v.array(slot), v.maxLength(12)), []),
		/** In place of slots: a plan that is a list of moves. */
		hands: v.optional(hands),
		/** What one of several seeds is called: a rack, a workload. */
		each: v.optional(words, 'seed'),
		/** What the seed drew for one of them, in words. */
		eachSays: v.optional(words),
		figures: v.array(figure),
		checks: v.pipe(v.array(check), v.minLength(1)),
		hints: v.strictObject({ point: words, principle: words, 'first-move': words }),
		/** The slots are places of one order, their options acts: laid as tiles. */
		tiles: v.optional(v.boolean(), false),
		/** Words of a plan whose every order the explorer looks at, with placeholders; see engine/movers. */
		movers: v.optional(v.string()),
		/** The same for the exchange over shared memory; see contract/exchange.ts. */
		exchange: v.optional(v.string()),
		/** A hand-off laid act by act, of which every order and crash point is looked at; see contract/hand-over.ts. */
		handOver: v.optional(v.string()),
		/** A device of the scenario and a placement of its rings, of which the explorer looks at every sequence; see contract/vdpa/paper.ts. */
		collisions: v.optional(v.string()),
		attemptsBeforeSolution: v.number(),
		witness: plan,
		decoys: v.pipe(v.array(v.strictObject({ id, belief: words, plan })), v.minLength(2))
	})
});
export type LabSteps = v.InferOutput<typeof labSchema>;
export type LabBet = LabSteps['bet'];
export type LabOption = v.InferOutput<typeof option>;
export type LabFigure = v.InferOutput<typeof figure>;
export type LabCheck = v.InferOutput<typeof check>;
