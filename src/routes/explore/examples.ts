import type { FailureId, Vary } from '$lib/engine/contract/explore/words.ts';

/** A run of the catalogue with a question worth asking of it. */
export interface ExploreExample {
	readonly id: string;
	readonly title: string;
	readonly question: string;
	readonly failure: FailureId;
	readonly depth: number;
	readonly vary: readonly Vary[];
}

export const EXAMPLES: readonly ExploreExample[] = [
	{
		id: 'identity-hole-collision',
		title: 'A DIMM where the shadow rings lie',
		question: 'The run is lost at the fallback. Where did the risk enter?',
		failure: 'wrong-dma',
		depth: 2,
		vary: ['yours', 'moves', 'faults']
	},
	{
		id: 'two-hosts',
		title: 'A move through the pool',
		question: 'Pins, cancels, dead hosts at every phase: is anything ever lost?',
		failure: 'statements',
		depth: 2,
		vary: ['yours', 'faults', 'hosts', 'schedule']
	},
	{
		id: 'busy-guest',
		title: 'A guest that writes faster than the network',
		question: 'From which moment on does the copy not come to an end?',
		failure: 'not-completed',
		depth: 2,
		vary: ['yours', 'faults', 'workload']
	}
];
