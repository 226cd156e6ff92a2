import type { Branch, BranchPath, BranchRun, LossFound, Moment, SearchAnswer, StateWords, Tally } from '../contract/explore/request.ts';
import { exactly, stepsOf } from '../contract/explore/interval.ts';
import { breakingEvent } from './breaking.ts';
import { factsOf } from './facts.ts';
import { Counts, verdictOf, wayToLoss, type Edge, type Found } from './graph.ts';
import type { Search } from './search.ts';

/** What a search has found, for a page: the moments of the run, what branches off, chances, the nearest loss. */
export function searchAnswer(search: Search): SearchAnswer {
	const { request } = search;
	const counts = new Counts();
	const moments = search.moments.map((found, index) => momentOf(search, counts, found, index));
	return {
		kind: 'search',
		...search.progress(),
		moments,
		steps: stepsOf(moments.map((moment) => moment.chance)),
		runs: search.moments[0] ? counts.tally(search.moments[0], request.depth) : { lost: 0, safe: 0, open: 0, nearest: null },
		loss: shortestLoss(search),
		depth: request.depth,
		symmetric: search.symmetry.groups,
		acts: search.words
	};
}

function momentOf(search: Search, counts: Counts, found: Found, index: number): Moment {
	const { depth } = search.request;
	const isLast = index === search.moments.length - 1;
	const own = isLast ? null : (found.edges?.[0] ?? null);
	return {
		...stateWords(found, counts.tally(found, depth)),
		index,
		next: own?.words ?? null,
		branches: (found.edges ?? []).filter((edge) => edge !== own).map((edge) => branchOf(search, counts, found, edge)),
		chance: exactly(counts.chance(found, depth))
	};
}

/**
 * Choices that are told ahead of a branch: those that were asked for, or as many as were looked at below the state that it leaves;
 * more where somebody wanted to see more of what was found here.
 */
function leftOf(search: Search, from: Found, { to }: Edge): number {
	const asked = from.moment === null ? search.aheadOf(from, search.request.depth - from.layer) : search.request.depth;
	const left = Math.max(0, asked - 1);
	return to.parent === from ? search.aheadOf(to, left) : left;
}

function branchOf(search: Search, counts: Counts, from: Found, edge: Edge): Branch {
	const { to } = edge;
	const tally = counts.tally(to, leftOf(search, from, edge));
	return { ...stateWords(to, tally), act: edge.words, back: to.moment, children: to.expanded && !to.lost ? (to.edges?.length ?? 0) : null };
}

const stateWords = (found: Found, tally: Tally): StateWords => ({
	state: found.id,
	atNs: found.atNs,
	verdict: verdictOf(tally),
	tally,
	end: found.lost ? null : found.end,
	facts: found.facts ?? []
});

/** What branches off at a state that is not a moment of the user's run; null: it was not looked at. */
export function branchesAt(search: Search, id: number): readonly Branch[] | null {
	const found = search.state(id);
	if (!found?.edges) return null;
	const counts = new Counts();
	return found.edges.map((edge) => {
		if (edge.to.facts === null) {
			search.goTo(edge.to);
			edge.to.facts = factsOf(search.walker.world);
		}
		return branchOf(search, counts, found, edge);
	});
}

/** The loss that takes fewest steps from the first moment. */
function shortestLoss(search: Search): LossFound | null {
	let best: { readonly at: Found; readonly steps: number } | null = null;
	for (const found of search.losses) {
		const steps = found.layer + (rootOf(found).moment ?? 0);
		if (best === null || steps < best.steps) best = { at: found, steps };
	}
	if (best === null) return null;
	// What has been found stays what it is while one looks further.
	const known = search.told.get(best.at.id);
	if (known) return known;
	const loss = lossOf(search, wayFrom(search, best.at), best.at);
	search.told.set(best.at.id, loss);
	return loss;
}

function rootOf(found: Found): Found {
	let at = found;
	while (at.parent) at = at.parent;
	return at;
}

/** How a state was met: the moments up to where it left the run, then its choices. */
function wayFrom(search: Search, found: Found): Edge['words'][] {
	const choices: Edge['words'][] = [];
	let at = found;
	while (at.parent) {
		const from: Found = at.parent;
		const here: Found = at;
		const edge = from.edges?.find((one) => one.to === here);
		choices.unshift(edge?.words ?? here.via?.words ?? ON);
		at = from;
	}
	const own = search.moments.slice(0, at.moment ?? 0).flatMap((moment) => moment.edges?.[0]?.words ?? []);
	return [...own, ...choices];
}
const ON = { id: 'on', short: 'go on', sentence: 'time goes on', kind: 'on' } as const;

/** A loss with its event: between the state before it and it. */
function lossOf(search: Search, path: LossFound['path'], lost: Found): LossFound {
	const { walker, test } = search;
	const { world } = walker;
	if (lost.moment !== null && lost.snapshot) walker.restore(lost.snapshot);
	else search.goTo(lost);
	const journal = world.journal.slice(0, world.r.journalNext);
	const lostAtEvent = world.r.eventCount;
	const before = lost.parent ?? (lost.moment ? search.moments[lost.moment - 1] : undefined) ?? lost;
	if (before.snapshot === null) search.goTo(before);
	if (!before.snapshot) throw new Error('a state that the world stands at is kept');
	return { failure: test.title, journal, path, ...breakingEvent(walker, before.snapshot, journal, { lostAtEvent }, test) };
}

/** The choices of a path, in order; null where one of them is not known. */
function edgesOf(search: Search, path: BranchPath): { readonly start: Found; readonly way: readonly Edge[] } | null {
	const start = search.moments[path.moment];
	if (!start) return null;
	let at = start;
	const way: Edge[] = [];
	for (const step of path.steps) {
		const edge = at.edges?.find((one) => one.to.id === step.state && one.words.id === step.act);
		if (!edge) return null;
		way.push(edge);
		at = edge.to;
	}
	return way.length > 0 ? { start, way } : null;
}

/** A branch as a run: on to its nearest loss, where it has one, else to its state. */
export function branchRun(search: Search, path: BranchPath): BranchRun | null {
	const asked = edgesOf(search, path);
	if (!asked) return null;
	const { start, way } = asked;
	const last = way.at(-1) as Edge;
	const onward = wayToLoss(last.to, leftOf(search, way.at(-2)?.to ?? start, last)) ?? [];
	const own = search.moments.slice(0, path.moment).flatMap((moment) => moment.edges?.[0]?.words ?? []);
	const words = [...own, ...[...way, ...onward].map((edge) => edge.words)];
	return taken(search, start, [...way, ...onward], words) ?? asFound(search, last, onward);
}

/** States that count as one may differ in what is left out: the way as it was found first, where the one asked for leads elsewhere. */
function asFound(search: Search, last: Edge, onward: readonly Edge[]): BranchRun | null {
	const { to } = last;
	const words = [...wayFrom(search, to), ...onward.map((one) => one.words)];
	// A state of your own run is where that stands.
	if (to.parent === null) return taken(search, to, onward, words, false);
	return taken(search, to.parent, [{ act: to.via, words: last.words, to }, ...onward], words, false);
}

/** A way is run again, and only what it really shows is told; null where a choice is refused on it, or leads elsewhere. */
function taken(search: Search, start: Found, way: readonly Edge[], path: BranchRun['path'], strict = true): BranchRun | null {
	const { walker, test } = search;
	const { world } = walker;
	search.goTo(start);
	let before = walker.keep();
	for (const edge of way) {
		walker.drop(before);
		before = walker.keep();
		const refused = search.take(edge.act) === null;
		if (strict && (refused || search.keyHere(edge.to.used) !== edge.to.key)) {
			walker.drop(before);
			return null;
		}
		if (refused) break;
	}
	const journal = world.journal.slice(0, world.r.journalNext);
	const end = way.at(-1)?.to ?? start;
	const isLost = test.ever(world) || (end.lost && test.atEnd(world));
	if (!isLost) {
		walker.drop(before);
		return { journal, pauseNs: world.r.nowNs, path, loss: null };
	}
	const event = breakingEvent(walker, before, journal, { lostAtEvent: world.r.eventCount }, test);
	walker.drop(before);
	return { journal, pauseNs: event.pauseNs, path, loss: { failure: test.title, journal, path, ...event } };
}
