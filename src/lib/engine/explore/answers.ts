import type { Branch, BranchRun, LossFound, Moment, SearchAnswer, StateWords, Tally } from '../contract/explore/request.ts';
import { exactly, stepsOf } from '../contract/explore/interval.ts';
import { breakingEvent } from './breaking.ts';
import { factsOf } from './facts.ts';
import { Counts, verdictOf, wayToLoss, type Edge, type Found } from './graph.ts';
import type { Search } from './search.ts';

/** What a search has found, for a page: the moments of the run, what branches off, chances, the nearest loss. */
export function searchAnswer(search: Search): SearchAnswer {
	const { request } = search;
	const counts = new Counts(request.depth);
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
		branches: (found.edges ?? []).filter((edge) => edge !== own).map((edge) => branchOf(counts, edge, depth - 1)),
		chance: exactly(counts.chance(found, depth))
	};
}

function branchOf(counts: Counts, edge: Edge, left: number): Branch {
	return { ...stateWords(edge.to, counts.tally(edge.to, Math.max(0, left))), act: edge.words, back: edge.to.moment };
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
	const counts = new Counts(search.request.depth);
	const left = Math.max(0, search.request.depth - found.layer - 1);
	return found.edges.map((edge) => {
		if (edge.to.facts === null) {
			search.goTo(edge.to);
			edge.to.facts = factsOf(search.walker.world);
		}
		return branchOf(counts, edge, left);
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
	const way = wayFrom(search, best.at);
	return lossOf(search, way.words, best.at, null);
}

function rootOf(found: Found): Found {
	let at = found;
	while (at.parent) at = at.parent;
	return at;
}

/** How a state was met: the moments up to where it left the run, then its choices. */
function wayFrom(search: Search, found: Found): { readonly words: Edge['words'][] } {
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
	return { words: [...own, ...choices] };
}
const ON = { id: 'on', short: 'go on', sentence: 'time goes on', kind: 'on' } as const;

/** A loss with its event: between the state before it and it. `replayed`: the way was run again just now and stands at the loss. */
function lossOf(search: Search, path: LossFound['path'], lost: Found, replayed: { readonly from: Found } | null): LossFound {
	const { walker, test } = search;
	const { world } = walker;
	if (replayed === null) {
		if (lost.moment !== null && lost.snapshot) walker.restore(lost.snapshot);
		else search.goTo(lost);
	}
	const journal = world.journal.slice(0, world.r.journalNext);
	const lostAtEvent = world.r.eventCount;
	const before = replayed?.from ?? lost.parent ?? (lost.moment ? search.moments[lost.moment - 1] : undefined) ?? lost;
	if (before.snapshot === null) search.goTo(before);
	if (!before.snapshot) throw new Error('a state that the world stands at is kept');
	return { failure: test.title, journal, path, ...breakingEvent(walker, before.snapshot, journal, { lostAtEvent }, test) };
}

/** A branch as a run: on to its nearest loss, where it has one, else to its state. */
export function branchRun(search: Search, from: number, to: number): BranchRun | null {
	const start = search.state(from);
	const first = start?.edges?.find((edge) => edge.to.id === to);
	if (!start || !first) return null;
	const left = Math.max(0, search.request.depth - start.layer - 1);
	const way = [first, ...(wayToLoss(first.to, left) ?? [])];
	const { walker, test } = search;
	const { world } = walker;
	const path = [...wayFrom(search, start).words, ...way.map((edge) => edge.words)];
	search.goTo(start);
	let before = walker.keep();
	// States that count as one may differ in what is left out: the way is run again, and only what it really shows is told.
	for (const edge of way) {
		walker.drop(before);
		before = walker.keep();
		if (search.take(edge.act) === null) break;
	}
	const journal = world.journal.slice(0, world.r.journalNext);
	const isLost = test.ever(world) || (way.at(-1)?.to.lost === true && test.atEnd(world));
	if (!isLost) {
		walker.drop(before);
		return { journal, pauseNs: world.r.nowNs, path, loss: null };
	}
	const event = breakingEvent(walker, before, journal, { lostAtEvent: world.r.eventCount }, test);
	walker.drop(before);
	return { journal, pauseNs: event.pauseNs, path, loss: { failure: test.title, journal, path, ...event } };
}
