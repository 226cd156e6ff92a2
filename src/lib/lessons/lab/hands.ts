import type { Scenario } from '../../engine/contract/scenario/schema.ts';
import type { LabHands, LabPlan, LabSlot } from './schema.ts';
import { filled } from './template.ts';

/**
 * Memory moved by hand: a plan that is a list of moves, each an area and the node it goes to. Every move is a slot of the
 * plan, so that plans, attempts, witnesses and links know nothing of it.
 */
export type HandArea = LabHands['areas'][number];
export interface HandMove {
	readonly area: string;
	readonly node: number;
}
type Texts = Readonly<Record<string, string>>;

const NOTHING = 'nothing';
const slotId = (index: number): string => `move-${index + 1}`;
const optionId = (area: string, target: string): string => `${area}-to-${target}`;

/** One slot for each move that may be made; a slot that is left open is no move. */
export function slotsOf(hands: LabHands): LabSlot[] {
	const options = hands.areas.flatMap((area) =>
		Object.keys(area.to).map((target) => ({ id: optionId(area.id, target), label: `${area.label} to ${target}`, put: {} }))
	);
	return Array.from({ length: hands.most }, (_, index) => ({
		id: slotId(index),
		label: `Move ${index + 1}`,
		options: [{ id: NOTHING, label: 'no move', put: {} }, ...options],
		mayStayOpen: true
	}));
}

/** Nodes that an area may go to, by target, with what the seed drew. */
const nodesOf = (area: HandArea, texts: Texts): [target: string, node: number][] =>
	Object.entries(area.to).map(([target, node]) => [target, Number(filled(node, texts))]);

/** The moves of a plan, in order. */
export function movesOf(hands: LabHands, plan: LabPlan, texts: Texts): HandMove[] {
	const moves: HandMove[] = [];
	for (let index = 0; index < hands.most; index += 1)
		for (const area of hands.areas)
			for (const [target, node] of nodesOf(area, texts))
				if (plan[slotId(index)] === optionId(area.id, target)) moves.push({ area: area.id, node });
	return moves;
}

/** The plan with one move more; null when there is no such move, or none is left. */
export function planWith(hands: LabHands, plan: LabPlan, move: HandMove, texts: Texts): LabPlan | null {
	const count = movesOf(hands, plan, texts).length;
	const area = hands.areas.find((each) => each.id === move.area);
	const target = area && nodesOf(area, texts).find(([, node]) => node === move.node)?.[0];
	if (count >= hands.most || area === undefined || target === undefined) return null;
	return { ...plan, [slotId(count)]: optionId(area.id, target) };
}

/** Words of the process whose memory it is; a piece of an area is named by where it begins. */
export const wordsOf = (area: HandArea, node: number, range?: string): string => `move ${area.area} ${node}${range ? ` ${range}` : ''}`;

export const momentOf = (hands: LabHands, index: number): number => hands.fromNs + index * hands.everyNs;

/** The moves as orders of a scenario. */
export function journalOf(hands: LabHands, plan: LabPlan, texts: Texts): Scenario['journal'] {
	return movesOf(hands, plan, texts).map((move, index) => {
		const area = hands.areas.find((each) => each.id === move.area) as HandArea;
		return {
			atNs: momentOf(hands, index),
			command: { name: 'process', machine: hands.machine, process: area.process, words: wordsOf(area, move.node) }
		};
	});
}
