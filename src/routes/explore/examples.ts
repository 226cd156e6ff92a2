import type { FailureId, Vary } from '$lib/engine/contract/explore/words.ts';

/** A run of the catalogue with a question worth asking of it. */
export interface ExploreExample {
	readonly id: string;
	/** What kind of world it is. */
	readonly kind: string;
	readonly title: string;
	readonly question: string;
	readonly failure: FailureId;
	readonly depth: number;
	readonly vary: readonly Vary[];
	/** By chance: futures of each moment. */
	readonly futures?: number;
}

export const EXAMPLES: readonly ExploreExample[] = [
	{
		id: 'identity-hole-collision',
		kind: 'Network device',
		title: 'A DIMM where the shadow rings lie',
		question: 'The run is lost at the fallback. Where did the risk enter?',
		failure: 'wrong-dma',
		depth: 2,
		vary: ['yours', 'moves', 'faults']
	},
	{
		id: 'two-hosts',
		kind: 'By reference',
		title: 'A move through the pool',
		question: 'Pins, cancels, dead hosts at every phase: is anything ever lost?',
		failure: 'statements',
		depth: 2,
		vary: ['yours', 'faults', 'hosts', 'schedule']
	},
	{
		id: 'busy-guest',
		kind: 'By copy',
		title: 'A guest that writes faster than the network',
		question: 'From which moment on does the copy not come to an end?',
		failure: 'not-completed',
		depth: 1,
		vary: ['yours', 'faults', 'workload']
	},
	{
		id: 'stream-breaks',
		kind: 'Post-copy, QEMU',
		title: 'The stream breaks behind the switch',
		question: 'A host dies, or the stream breaks again: when is the guest gone?',
		failure: 'vm-lost',
		depth: 2,
		vary: ['yours', 'faults', 'hosts']
	},
	{
		id: 'host-dies',
		kind: 'Rack',
		title: 'A host dies under a guest on the pool',
		question: 'Which death costs lines or registers, and which costs nothing?',
		failure: 'lost',
		depth: 2,
		vary: ['yours', 'hosts', 'schedule']
	},
	{
		id: 'by-chance',
		kind: 'Rack, by chance',
		title: 'Hosts fail at the rates of the scenario',
		question: 'How likely is it that a VM is down when the half minute is over?',
		failure: 'vm-lost',
		depth: 1,
		vary: [],
		futures: 5
	},
	{
		id: 'recall-four-hosts',
		kind: 'Fabric',
		title: 'Capacity is recalled from four hosts',
		question: 'Hosts crash, reboot or fall silent meanwhile: does a statement break?',
		failure: 'statements',
		depth: 1,
		vary: ['yours', 'faults']
	},
	{
		id: 'm6-held-page',
		kind: 'Linux machine',
		title: 'A block that one held page keeps',
		question: 'Your commands in every other order: is a page ever lost?',
		failure: 'lost',
		depth: 2,
		vary: ['yours']
	}
];
