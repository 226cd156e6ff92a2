import type { Outcome } from '../../../base/outcome.ts';
import type { ReasonId } from '../reasons.ts';
import type { Branch, BranchPath, BranchRun, ExploreAnswer, ExploreRequest, FuturesAnswer, SearchProgress } from './request.ts';

/**
 * The explorer's part of the worker: beside the worlds of a page, in a worker of its own, so that a long search keeps nothing
 * waiting. Work is done in slices; between two of them it may be stopped, and what was found so far is kept.
 */
export interface ExplorePort {
	beginExplore(request: ExploreRequest): Promise<Outcome<{ readonly exploration: number }, ReasonId>>;
	/** Goes on for at least so many events, in whole choices. */
	exploreOn(request: { readonly exploration: number; readonly eventBudget: number }): Promise<ExploreProgress>;
	/** What was found so far. */
	explored(request: { readonly exploration: number }): Promise<ExploreAnswer>;
	/** What branches off at a state, as far as it was looked at; null: it was not. */
	branchesAt(request: { readonly exploration: number; readonly state: number }): Promise<readonly Branch[] | null>;
	/** From a state so many choices further: the work that `exploreOn` does next. */
	lookFurther(request: { readonly exploration: number; readonly state: number; readonly steps: number }): Promise<void>;
	/** A branch as a run, on to its nearest loss where it has one; null where no such branch is known. */
	branchRun(request: { readonly exploration: number; readonly path: BranchPath }): Promise<BranchRun | null>;
	endExplore(request: { readonly exploration: number }): Promise<void>;
}

export type ExploreProgress =
	{ readonly kind: 'search'; readonly search: SearchProgress } | { readonly kind: 'futures'; readonly futures: FuturesAnswer };
