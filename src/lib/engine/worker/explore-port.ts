import { ok } from '../../base/outcome.ts';
import type { ExplorePort, ExploreProgress } from '../contract/explore/port.ts';
import { branchesAt, branchRun, searchAnswer } from '../explore/answers.ts';
import { Futures } from '../explore/futures.ts';
import { Search } from '../explore/search.ts';

/** The explorer over searches and futures, by number. Runs in the worker, and the same in Node for tests. */
export function makeExplorePort(): ExplorePort {
	const open = new Map<number, Search | Futures>();
	let next = 1;

	const known = (id: number): Search | Futures => {
		const found = open.get(id);
		if (!found) throw new Error(`no exploration ${id} is open`);
		return found;
	};
	const searchOf = (id: number): Search => {
		const found = known(id);
		if (found instanceof Futures) throw new Error(`exploration ${id} has no branches`);
		return found;
	};
	const progressOf = (found: Search | Futures): ExploreProgress =>
		found instanceof Futures ? { kind: 'futures', futures: found.answer() } : { kind: 'search', search: found.progress() };

	return {
		beginExplore: (request) => {
			const opened = request.kind === 'search' ? Search.open(request) : Futures.open(request);
			if (!opened.ok) return Promise.resolve(opened);
			const exploration = next;
			next += 1;
			open.set(exploration, opened.value);
			return Promise.resolve(ok({ exploration }));
		},
		exploreOn: ({ exploration, eventBudget }) => {
			const found = known(exploration);
			found.work(eventBudget);
			return Promise.resolve(progressOf(found));
		},
		explored: ({ exploration }) => {
			const found = known(exploration);
			return Promise.resolve(found instanceof Futures ? found.answer() : searchAnswer(found));
		},
		branchesAt: ({ exploration, state }) => Promise.resolve(branchesAt(searchOf(exploration), state)),
		lookFurther: ({ exploration, state, steps }) => {
			searchOf(exploration).lookFurther(state, steps);
			return Promise.resolve();
		},
		branchRun: ({ exploration, path }) => Promise.resolve(branchRun(searchOf(exploration), path)),
		endExplore: ({ exploration }) => {
			open.delete(exploration);
			return Promise.resolve();
		}
	};
}
