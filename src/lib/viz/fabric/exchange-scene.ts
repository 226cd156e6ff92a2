import {
	EXCHANGE_LINES,
	EXCHANGE_OPERATIONS,
	EXCHANGE_SLOTS,
	EXCHANGE_STEPS,
	type ExchangeLine,
	type ExchangeOperation,
	type ExchangeSlot,
	type ExchangeTaken
} from '../../engine/contract/exchange.ts';

/** One operation between two steps. A fence is not drawn: it belongs to what it waits for. */
export interface PlacedOperation {
	readonly slot: ExchangeSlot;
	readonly operation: ExchangeOperation;
	readonly line: ExchangeLine | null;
}

/** Columns of the figure: a place for operations, a step, a place, and so on; the first column is 1. */
export const stepColumn = (step: number): number => 2 * step;

/**
 * From where to where a host waits at a slot: it knows of the step with this number, and goes on with the next one that is its
 * own or that it is told of. `until` is the column after the last.
 */
export function slotColumns(slot: ExchangeSlot): { readonly from: number; readonly until: number } {
	const host = slot[0] as 'A' | 'B';
	const after = Number(slot.slice(1));
	const next = EXCHANGE_STEPS.findIndex(
		(step, at) => at + 1 > after && (step.host === host || step.says.endsWith(`tells ${host}`))
	);
	return {
		from: after === 0 ? 1 : stepColumn(after) + 1,
		until: next < 0 ? stepColumn(EXCHANGE_STEPS.length) + 2 : stepColumn(next + 1)
	};
}

const one = <T extends string>(list: readonly T[], word: string | undefined): T | null =>
	list.find((candidate) => candidate === word) ?? null;

/** The placed operations of a plan in words (contract/exchange.ts says how they are written), by slot and in their order. */
export function placedOperations(words: string): PlacedOperation[] {
	return words
		.split(';')
		.slice(1)
		.flatMap((part) => {
			const [slotWord, operationWord, lineWord] = part.trim().split(/\s+/);
			const slot = one(EXCHANGE_SLOTS, slotWord);
			const operation = one(EXCHANGE_OPERATIONS, operationWord);
			if (slot === null || operation === null) return [];
			return [{ slot, operation, line: one(EXCHANGE_LINES, lineWord) }];
		});
}

/** Steps that gave something old on this way, by number. */
export const staleSteps = (path: readonly ExchangeTaken[]): ReadonlySet<number> =>
	new Set(path.flatMap((taken) => (taken.stale && taken.step !== null ? [taken.step] : [])));

export const operationWords = ({ operation, line }: PlacedOperation): string =>
	operation === 'invalidate'
		? `drop the ${line ?? ''}`
		: operation === 'flush'
			? `flush the ${line ?? ''}`
			: 'fence';

/** The exchange in sentences, in the order of its steps. */
export function exchangeWords(
	placed: readonly PlacedOperation[],
	stale: ReadonlySet<number>
): string {
	const shown = placed.filter((each) => each.operation !== 'fence');
	const at = (after: number): string[] =>
		shown
			.filter(({ slot }) => Number(slot.slice(1)) === after)
			.map((each) => `${each.slot[0]}: ${operationWords(each)}.`);
	return [
		...at(0),
		...EXCHANGE_STEPS.flatMap((step, index) => [
			`${index + 1}: ${step.says}${stale.has(index + 1) ? ', something old in one order' : ''}.`,
			...at(index + 1)
		]),
		...(shown.length === 0 ? ['Nothing is placed between the steps.'] : [])
	].join(' ');
}
