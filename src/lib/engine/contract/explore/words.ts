import type { Expression } from '../queries.ts';

/** Words of the world explorer: what may vary, where it stops to choose, when two states count as one, what counts as a loss. */

/** Where the explorer stops and chooses. */
export const GRAINS = {
	phases: 'at each new phase of a move, each change of a device, each host that goes or comes',
	steps: 'at each step of a protocol',
	rests: 'when nothing is under way'
} as const;
export type Grain = keyof typeof GRAINS;

/** Which choices may vary. */
export const VARIES = {
	yours: 'the later commands of your run, at any moment',
	moves: 'a migration begins',
	faults: 'what breaks, is cancelled, plugged or pinned',
	hosts: 'a host dies, boots or loses its link; the pool fails',
	schedule: 'a host stands still for a moment',
	workload: 'what the guest does'
} as const;
export type Vary = keyof typeof VARIES;

/** When two states are looked at once. */
export const ALIKE = {
	protocol:
		'hosts, owner words, phases, maps and what is pending are the same; which page lies where, and when it is, may differ (our simplification)',
	everything: 'every page, every word and the moment are the same'
} as const;
export type Alike = keyof typeof ALIKE;

/** ever: at any state on the way. end: where the run ends. */
export type FailureWhen = 'ever' | 'end';

export interface Failure {
	readonly title: string;
	readonly sentence: string;
	readonly when: FailureWhen;
	/** True = lost. `limit` stands for the number that the user sets, where there is one. */
	readonly expression: (limit: number) => Expression;
	/** Of an end: what to look back for, the event from which on this held; without it, or where it does not hold, the end itself. */
	readonly since?: Expression;
	/** A limit in nanoseconds, where the failure has one. */
	readonly limitNs?: number;
}

const holds = (q: 'invariantsHold' | 'proofHolds'): Expression => ({ op: 'not', args: [{ op: '==', args: [{ q }, 1] }] });
const above = (q: 'losses' | 'wrongDma' | 'vmsLost' | 'failed' | 'cancelled', limit: number): Expression => ({
	op: '>',
	args: [{ q }, limit]
});
/** A migration has begun. */
const moved: Expression = { op: '>', args: [{ op: '+', args: [{ q: 'networkBytes' }, { q: 'cxlBytes' }] }, 0] };

/** What may be asked of every future. */
export const FAILURES = {
	lost: {
		title: 'anything lost',
		sentence: 'pages, lines or registers of a guest, a VM or a packet’s place; or a page does not hold what the guest last wrote',
		when: 'ever',
		expression: () => ({ op: 'or', args: [above('losses', 0), above('wrongDma', 0), above('vmsLost', 0), holds('proofHolds')] })
	},
	'wrong-dma': {
		title: 'wrong DMA',
		sentence: 'the maps of a device lead to memory that the guest did not mean',
		when: 'ever',
		expression: () => above('wrongDma', 0)
	},
	statements: {
		title: 'a statement broken',
		sentence: 'one of the statements about the whole world does not hold: two runners, a page that is stale, a frame with two owners',
		when: 'ever',
		expression: () => holds('invariantsHold')
	},
	'vm-lost': {
		title: 'a VM lost',
		sentence: 'nobody runs a VM, and nobody is about to',
		when: 'end',
		expression: () => above('vmsLost', 0),
		since: above('vmsLost', 0)
	},
	'not-completed': {
		title: 'not completed',
		sentence: 'the last migration was given up, or did not come to its end in the time looked at',
		when: 'end',
		since: { op: 'or', args: [above('failed', 0), above('cancelled', 0)] },
		expression: () => ({
			op: 'or',
			args: [above('failed', 0), above('cancelled', 0), { op: 'and', args: [{ op: '<', args: [{ q: 'completed' }, 1] }, moved] }]
		})
	},
	blackout: {
		title: 'black-out too long',
		sentence: 'the guest stood still longer than the limit',
		when: 'ever',
		limitNs: 300_000_000,
		expression: (limit) => ({ op: '>', args: [{ q: 'downtimeNs' }, limit] })
	}
} as const satisfies Record<string, Failure>;
export type FailureId = keyof typeof FAILURES;
export const FAILURE_IDS = Object.keys(FAILURES) as FailureId[];

/** A named failure with its limit, or an expression of one's own. */
export type FailureChoice =
	{ readonly id: FailureId; readonly limitNs?: number } | { readonly expression: Expression; readonly when: FailureWhen };

export function failureOf(
	choice: FailureChoice
): Pick<Failure, 'when' | 'title'> & { readonly expression: Expression; readonly since: Expression | null } {
	if ('expression' in choice) return { ...choice, title: 'what you asked for', since: null };
	const failure: Failure = FAILURES[choice.id];
	const { when, title, since = null } = failure;
	return { expression: failure.expression(choice.limitNs ?? failure.limitNs ?? 0), when, title, since };
}

/** Most steps ahead, states and futures that may be asked for. */
export const MOST_DEPTH = 12;
export const MOST_STATES = 200_000;
export const MOST_FUTURES = 2000;
