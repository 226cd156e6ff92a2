import type { RunSummary } from '../lib/engine/contract/queries.ts';

/** The front page tells one run in four stops. Times come from the run itself; only the words and the pace are ours. */
export interface StoryStop {
	readonly title: string;
	readonly words: string;
	/** Where its dot is passed; the moment that is shown when it is chosen, and where the change that it shows began. */
	readonly atNs: number;
	readonly fromNs: number;
	readonly stillNs: number;
}

export interface Story {
	readonly stops: readonly StoryStop[];
	readonly endNs: number;
	/** Simulated time at wall time: the run is told in 5 s, the standstill of some milliseconds in more than one of them. */
	readonly pace: readonly { readonly wallMs: number; readonly ns: number }[];
}

export const STORY_MS = 5000;

export function tellStory(run: RunSummary): Story | null {
	const operation = run.operations[0];
	if (operation === undefined) return null;
	const staging = operation.phases.find((phase) => phase.id === 'staging');
	const unstaging = operation.phases.find((phase) => phase.id === 'unstaging');
	const commit = operation.downtime.find((part) => part.id === 'commit');
	const first = operation.downtime[0];
	if (
		!staging ||
		!unstaging ||
		!commit ||
		!first ||
		operation.endNs === null ||
		staging.endNs === null ||
		unstaging.endNs === null ||
		commit.endNs === null
	)
		return null;
	const within = (from: number, to: number, share: number) =>
		Math.round(from + (to - from) * share);
	return {
		endNs: operation.endNs,
		stops: [
			{
				title: 'Runs on A',
				words: 'all its memory in A’s own DRAM',
				atNs: 0,
				fromNs: 0,
				stillNs: 0
			},
			{
				title: 'Pages cross to the pool',
				words: 'the guest keeps running',
				atNs: staging.startNs,
				fromNs: staging.startNs,
				stillNs: within(staging.startNs, staging.endNs, 0.55)
			},
			{
				title: 'One word flips',
				words: 'no page moves, B owns them all',
				atNs: commit.endNs,
				fromNs: first.startNs,
				stillNs: commit.endNs
			},
			{
				title: 'Pages go home',
				words: 'B pulls them behind the running guest',
				atNs: unstaging.startNs,
				fromNs: unstaging.startNs,
				stillNs: within(unstaging.startNs, unstaging.endNs, 0.4)
			}
		],
		pace: [
			{ wallMs: 0, ns: 0 },
			{ wallMs: 500, ns: staging.startNs },
			{ wallMs: 2100, ns: first.startNs },
			{ wallMs: 2700, ns: commit.endNs },
			{ wallMs: 3300, ns: unstaging.startNs },
			{ wallMs: 4850, ns: unstaging.endNs },
			{ wallMs: STORY_MS, ns: operation.endNs }
		]
	};
}

/** Piecewise linear through growing points. */
function through(points: readonly (readonly [number, number])[], x: number): number {
	const [first] = points;
	if (first === undefined || x <= first[0]) return first?.[1] ?? 0;
	for (let index = 1; index < points.length; index += 1) {
		const [x0, y0] = points[index - 1] as readonly [number, number];
		const [x1, y1] = points[index] as readonly [number, number];
		if (x <= x1) return x1 === x0 ? y1 : y0 + ((x - x0) / (x1 - x0)) * (y1 - y0);
	}
	return (points.at(-1) as readonly [number, number])[1];
}

export const nsAtWall = (story: Story, wallMs: number): number =>
	Math.round(
		through(
			story.pace.map(({ wallMs, ns }) => [wallMs, ns] as const),
			wallMs
		)
	);
export const wallAtNs = (story: Story, ns: number): number =>
	through(
		story.pace.map(({ wallMs, ns }) => [ns, wallMs] as const),
		ns
	);

/** Place on the line of stops, 0 … 1: the dots are evenly spaced, the end of the run is the end of the line. */
export const placeAtNs = (story: Story, ns: number): number =>
	through(
		[
			...story.stops.map((stop, index) => [stop.atNs, index / story.stops.length] as const),
			[story.endNs, 1] as const
		],
		ns
	);

/** The last stop whose dot was passed. */
export function stopAtNs(story: Story, ns: number): number {
	let current = 0;
	story.stops.forEach((stop, index) => {
		if (ns >= stop.atNs) current = index;
	});
	return current;
}

/** Simulated nanoseconds per wall second at a moment of the telling. */
export function paceAtNs(story: Story, ns: number): number {
	const next = story.pace.findIndex((point) => point.ns > ns);
	const to = story.pace[next];
	const from = story.pace[next - 1];
	return to === undefined || from === undefined
		? 0
		: ((to.ns - from.ns) / (to.wallMs - from.wallMs)) * 1000;
}
