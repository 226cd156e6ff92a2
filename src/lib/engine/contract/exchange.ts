/**
 * Two hosts exchange a question and an answer through shared memory (lesson 9). The plan says what keeps the lines fresh:
 * the model and operations placed between the six steps. Its words, for the query `exchange` and the quantities:
 *
 *     software; A1 flush question; B2 invalidate question; B4 flush answer; A5 invalidate answer
 *
 * The first part names the model and options, each further part a slot, an operation and its line. A slot is a host and the
 * last of the six steps that this host knows to be done.
 */
export const EXCHANGE_MODELS = ['software', 'hardware', 'read-only'] as const;
export type ExchangeModel = (typeof EXCHANGE_MODELS)[number];

export const EXCHANGE_OPTIONS = {
	weak: 'flush and invalidate begin and end later; only a fence waits for them',
	'one-line': 'question and answer lie in one line of the caches',
	'clean-writebacks-A': 'A may write lines back that it never changed',
	'clean-writebacks-B': 'B may write lines back that it never changed',
	crash: 'A may crash once it has told B'
} as const;
export type ExchangeOption = keyof typeof EXCHANGE_OPTIONS;

/** The six steps, in the order in which they are numbered. */
export const EXCHANGE_STEPS = [
	{ host: 'A', says: 'A stores the question' },
	{ host: 'A', says: 'A tells B' },
	{ host: 'B', says: 'B loads the question' },
	{ host: 'B', says: 'B stores the answer' },
	{ host: 'B', says: 'B tells A' },
	{ host: 'A', says: 'A loads the answer' }
] as const;

/** Where operations may be placed: the host acts there after the step with this number, 0 = at the very start. */
export const EXCHANGE_SLOTS = ['A0', 'A1', 'A2', 'A5', 'A6', 'B0', 'B2', 'B3', 'B4', 'B5'] as const;
export type ExchangeSlot = (typeof EXCHANGE_SLOTS)[number];

export const EXCHANGE_OPERATIONS = ['flush', 'invalidate', 'fence'] as const;
export type ExchangeOperation = (typeof EXCHANGE_OPERATIONS)[number];
export const EXCHANGE_LINES = ['question', 'answer'] as const;
export type ExchangeLine = (typeof EXCHANGE_LINES)[number];

export interface ExchangePlan {
	readonly model: ExchangeModel;
	readonly options: readonly ExchangeOption[];
	readonly placed: readonly { readonly slot: ExchangeSlot; readonly operation: ExchangeOperation; readonly line: ExchangeLine | null }[];
}

export interface ExchangeTaken {
	/** Who: a host, its cache on its own, a message of hardware coherence that arrives, or the crash. */
	readonly actor: 'A' | 'B' | 'cache of A' | 'cache of B' | 'coherence' | 'crash';
	/** Number of the step of the exchange, 1 to 6; null for what lies between. */
	readonly step: number | null;
	readonly says: string;
	/** What a run has to do for it: a word of the host (commands of the fabric); null for telling, hearing and the crash. */
	readonly does: ExchangeDeed | null;
	/** What was read, when it was not the newest. */
	readonly stale: boolean;
}

export interface ExchangeDeed {
	readonly execute: 'load' | 'store' | 'flush' | 'invalidate' | 'fence' | 'evict' | 'prefetch' | 'write-back-clean' | 'settle';
	readonly host: 'A' | 'B';
	readonly line: ExchangeLine | null;
}

/** What every order of the exchange came to. */
export interface ExchangeVerdict {
	/** No order reads anything old. */
	readonly wins: boolean;
	readonly plan: ExchangePlan;
	/** Flushes and invalidates that were placed; fences are counted apart. */
	readonly operations: number;
	readonly fences: number;
	/** Most stale reads in any one order. */
	readonly staleReads: number;
	readonly states: number;
	/** States in which nobody has anything left to do. */
	readonly ends: number;
	/** Those of them that read nothing old on the way. */
	readonly freshEnds: number;
	/** Every order was looked at. */
	readonly whole: boolean;
	/** Shortest order that reads something old, or the shortest whole one. */
	readonly path: readonly ExchangeTaken[];
	readonly reason: string | null;
}

/** Bytes from the begin of the shared area at which each line lies in a run. */
export const EXCHANGE_OFFSETS: Readonly<Record<ExchangeLine, number>> = { question: 0, answer: 64 };

export interface ExchangeCommand {
	readonly name: 'fabric';
	readonly actor: 'host';
	readonly at: string;
	readonly execute: string;
	readonly arguments: { readonly tag: string; readonly offset: number; readonly weak?: true };
}

/**
 * The commands of a run that takes the same order on real hosts. Telling is not memory and has no command. With the option
 * weak, flushes and invalidates only begin; with one-line, question and answer are two words of the first line.
 */
export function exchangeCommands(
	path: readonly ExchangeTaken[],
	hosts: { readonly A: string; readonly B: string },
	tag: string,
	options: readonly ExchangeOption[] = []
): ExchangeCommand[] {
	const offsetOf = (line: ExchangeLine | null): number => (line === null || options.includes('one-line') ? 0 : EXCHANGE_OFFSETS[line]);
	return path.flatMap(({ does }) => {
		if (does === null) return [];
		const begins = options.includes('weak') && (does.execute === 'flush' || does.execute === 'invalidate');
		return [
			{
				name: 'fabric' as const,
				actor: 'host' as const,
				at: hosts[does.host],
				execute: does.execute,
				arguments: { tag, offset: offsetOf(does.line), ...(begins ? { weak: true as const } : {}) }
			}
		];
	});
}
