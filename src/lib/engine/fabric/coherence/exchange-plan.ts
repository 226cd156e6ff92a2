import { ok, refused, type Outcome } from '../../../base/outcome.ts';
import {
	EXCHANGE_LINES,
	EXCHANGE_MODELS,
	EXCHANGE_OPERATIONS,
	EXCHANGE_OPTIONS,
	EXCHANGE_SLOTS,
	type ExchangeLine,
	type ExchangeModel,
	type ExchangeOperation,
	type ExchangeOption,
	type ExchangePlan,
	type ExchangeSlot
} from '../../contract/exchange.ts';

const MOST_PLACED = 24;
const one = <T extends string>(list: readonly T[], word: string | undefined): T | null =>
	list.find((candidate) => candidate === word) ?? null;

/** A plan as words (contract/exchange.ts says how they are written). */
export function readExchangePlan(text: string): Outcome<ExchangePlan, 'bad-command'> {
	const [head = '', ...parts] = text.split(';').map((part) => part.trim());
	const [first, ...words] = head.split(/\s+/);
	const model: ExchangeModel | null = one(EXCHANGE_MODELS, first);
	if (model === null) return refused('bad-command', `a plan begins with its model: ${EXCHANGE_MODELS.join(', ')}`);
	const options: ExchangeOption[] = [];
	for (const word of words) {
		if (!Object.hasOwn(EXCHANGE_OPTIONS, word))
			return refused('bad-command', `"${word.slice(0, 40)}" is none of ${Object.keys(EXCHANGE_OPTIONS).join(', ')}`);
		options.push(word as ExchangeOption);
	}
	const placed: ExchangePlan['placed'][number][] = [];
	for (const part of parts.filter((candidate) => candidate !== '')) {
		const [slotWord, operationWord, lineWord] = part.split(/\s+/);
		const slot: ExchangeSlot | null = one(EXCHANGE_SLOTS, slotWord);
		const operation: ExchangeOperation | null = one(EXCHANGE_OPERATIONS, operationWord);
		const line: ExchangeLine | null = one(EXCHANGE_LINES, lineWord);
		if (slot === null) return refused('bad-command', `"${part.slice(0, 40)}": a place is one of ${EXCHANGE_SLOTS.join(', ')}`);
		if (operation === null)
			return refused('bad-command', `"${part.slice(0, 40)}": an operation is one of ${EXCHANGE_OPERATIONS.join(', ')}`);
		if ((line === null) !== (operation === 'fence'))
			return refused('bad-command', `"${part.slice(0, 40)}": a flush or an invalidate names question or answer, a fence names nothing`);
		placed.push({ slot, operation, line });
	}
	if (placed.length > MOST_PLACED) return refused('bad-command', `at most ${MOST_PLACED} operations`);
	return ok({ model, options, placed });
}
