/** The ways to move a VM between hosts, as everybody names them: engine, figures, lessons, console. */
export interface StrategyWords {
	/** As a heading. */
	readonly title: string;
	/** Behind "moves": by copy, by reference. */
	readonly way: string;
	readonly sentence: string;
	/** What crosses: values over the network, or the right to use memory that both hosts reach. */
	readonly passes: 'copy' | 'reference';
}

const words = (title: string, passes: StrategyWords['passes'], way: string, sentence: string): StrategyWords => ({
	title,
	way,
	sentence,
	passes
});

export const STRATEGY_WORDS = {
	precopy: words(
		'pre-copy',
		'copy',
		'by copy',
		'Copy the pages over the network while the guest runs, again and again, then stop it for the rest.'
	),
	transit: words(
		'nil-migration in transit',
		'reference',
		'by reference',
		'Move the pages to memory that both hosts reach, flip one word, move them home.'
	),
	'shared-file': words(
		'shared file',
		'reference',
		'by a file that both map',
		'Leave the memory out: both hosts map the same file on the pool, and only the device state is sent. Nothing is flushed or fenced.'
	),
	rdma: words(
		'RDMA',
		'copy',
		'by copy, without a CPU',
		'Register all memory on both hosts, then write from address to address while the guest runs, in rounds as pre-copy.'
	),
	postcopy: words(
		'post-copy',
		'copy',
		'by copy, guest first',
		'Move the guest first, then fetch each page when it is touched and push the others behind it.'
	),
	resident: words(
		'nil-migration of a resident',
		'reference',
		'by reference',
		'The VM lives on memory that both hosts reach: one word flips, no page moves.'
	)
} as const satisfies Record<string, StrategyWords>;

export type StrategyId = keyof typeof STRATEGY_WORDS;
export const STRATEGY_IDS = Object.keys(STRATEGY_WORDS) as [StrategyId, ...StrategyId[]];

/** Whether anything crosses the network: pages, or the device state beside memory that both hosts map. */
export const needsNetwork = (strategy: StrategyId): boolean => passesByCopy(strategy) || strategy === 'shared-file';

/** Whether pages cross the network. */
export const passesByCopy = (strategy: StrategyId): boolean => STRATEGY_WORDS[strategy].passes === 'copy';
