import { connectExplorer, startWorker } from '$lib/client/connect.ts';
import { Explorer } from '$lib/client/explorer.ts';
import { encodeLink, type LinkWorld } from '$lib/client/permalink.ts';
import type { JournalEntry } from '$lib/engine/contract/commands.ts';
import { differing, type Differing } from '$lib/engine/contract/explore/differing.ts';
import type {
	Branch,
	BranchRun,
	ExploreRequest,
	FuturesAnswer,
	FutureMoment,
	Moment,
	SearchAnswer,
	SearchProgress
} from '$lib/engine/contract/explore/request.ts';
import {
	FAILURES,
	type Alike,
	type FailureId,
	type Grain,
	type Vary
} from '$lib/engine/contract/explore/words.ts';

export type Mode = 'every' | 'chance';

/** A search of the page: more states than this are not kept, and snapshots take no more than this. */
const MOST_STATES = 20_000;
const MOST_BYTES = 192e6;

/** What is asked, how far it is, what was found, and where the cursor is. */
export class ExplorePage {
	world: LinkWorld | null = $state.raw(null);
	untilNs: number = $state(0);
	// ——— the question ———
	fromNs: number = $state(0);
	mode: Mode = $state('every');
	depth: number = $state(2);
	grain: Grain = $state('phases');
	vary: readonly Vary[] = $state.raw(['yours', 'moves', 'faults']);
	alike: Alike = $state('protocol');
	failure: FailureId = $state('lost');
	limitMs: number = $state(300);
	futures: number = $state(20);
	draws: number = $state(1);
	later: 'kept' | 'drawn' = $state('kept');
	// ——— the answer ———
	running: boolean = $state(false);
	problem: string | null = $state(null);
	progress: SearchProgress | null = $state.raw(null);
	search: SearchAnswer | null = $state.raw(null);
	chances: FuturesAnswer | null = $state.raw(null);
	/** The failure that the answer is about. */
	asked: { readonly title: string; readonly depth: number; readonly seconds: number } | null =
		$state.raw(null);
	cursor: { readonly moment: number; readonly branch: Branch | null } = $state.raw({
		moment: 0,
		branch: null
	});

	readonly moments: readonly (Moment | FutureMoment)[] = $derived(
		this.search?.moments ?? this.chances?.moments ?? []
	);
	readonly here: Moment | FutureMoment | null = $derived(this.moments[this.cursor.moment] ?? null);
	/** What differs from where it came from: of a branch from its moment, of a moment from the one before. */
	readonly differs: readonly Differing[] = $derived.by(() => {
		const { here, cursor } = this;
		if (!here) return [];
		if (cursor.branch) return differing(here.facts, cursor.branch.facts);
		const before = this.moments[cursor.moment - 1];
		return before ? differing(before.facts, here.facts) : [];
	});

	#explorer: Explorer | null = null;
	#turn = 0;

	open(world: LinkWorld, positionNs: number, untilNs: number): void {
		this.world = world;
		this.untilNs = untilNs;
		this.fromNs = Math.min(positionNs, untilNs);
		this.forget();
	}

	forget(): void {
		this.search = null;
		this.chances = null;
		this.progress = null;
		this.problem = null;
		this.cursor = { moment: 0, branch: null };
	}

	#request(world: LinkWorld): ExploreRequest {
		const { limitNs } = FAILURES[this.failure] as { limitNs?: number };
		const common = {
			scenario: world.scenario,
			journal: world.journal,
			belief: world.belief,
			fromNs: Math.round(this.fromNs),
			grain: this.grain,
			vary: this.vary,
			failure: {
				id: this.failure,
				...(limitNs === undefined ? {} : { limitNs: this.limitMs * 1e6 })
			}
		};
		return this.mode === 'every'
			? {
					...common,
					kind: 'search',
					depth: this.depth,
					alike: this.alike,
					mostStates: MOST_STATES,
					mostBytes: MOST_BYTES
				}
			: {
					...common,
					kind: 'futures',
					futures: this.futures,
					later: this.later,
					draws: this.draws,
					seed: 1
				};
	}

	/** Nothing moves meanwhile but the counters; what was found settles at the end or when it is stopped. */
	async explore(): Promise<void> {
		const { world } = this;
		if (!world) return;
		this.stop();
		const turn = ++this.#turn;
		const explorer = (this.#explorer ??= new Explorer(connectExplorer(startWorker()), () =>
			performance.now()
		));
		this.forget();
		this.running = true;
		const request = this.#request(world);
		const startMs = performance.now();
		try {
			const outcome = await explorer.run(request, (progress) => {
				if (turn !== this.#turn) return;
				if (progress.kind === 'search') this.progress = progress.search;
				else this.chances = progress.futures;
			});
			if (turn !== this.#turn) return;
			if (!outcome.ok) this.problem = outcome.detail;
			else if (outcome.value.kind === 'search') this.search = outcome.value;
			else this.chances = outcome.value;
			this.asked = {
				title: FAILURES[this.failure].title,
				depth: this.depth,
				seconds: (performance.now() - startMs) / 1000
			};
			const moments = this.moments;
			const { largest, cliff } = this.search?.steps ??
				this.chances?.steps ?? { largest: null, cliff: null };
			// The untouched figure points at the moment that counts.
			this.cursor = {
				moment: Math.min(moments.length - 1, Math.max(0, largest ?? cliff ?? 0)),
				branch: null
			};
		} catch (error) {
			if (turn !== this.#turn) return;
			this.problem = error instanceof Error ? error.message : String(error);
			this.#explorer?.end();
			this.#explorer = null;
		} finally {
			if (turn === this.#turn) this.running = false;
		}
	}

	stop(): void {
		this.#explorer?.stop();
	}

	select(moment: number, branch: Branch | null): void {
		if (this.cursor.moment === moment && this.cursor.branch === branch) return;
		this.cursor = { moment, branch };
	}

	/** The branch as a run, on to its loss where it has one. */
	async runOf(moment: number, branch: Branch): Promise<BranchRun | null> {
		const state = this.search?.moments[moment]?.state;
		if (state === undefined || !this.#explorer) return null;
		return this.#explorer.branchRun(state, branch.state);
	}

	/** Fragment of a link to a run of this world. */
	async linkTo(journal: readonly JournalEntry[], positionNs: number): Promise<string | null> {
		const { world } = this;
		if (!world) return null;
		try {
			return await encodeLink({ worlds: [{ ...world, journal }], positionNs });
		} catch {
			return null;
		}
	}

	end(): void {
		this.#turn += 1;
		this.#explorer?.end();
		this.#explorer = null;
	}
}
