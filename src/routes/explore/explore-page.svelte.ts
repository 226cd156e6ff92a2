import { connectExplorer, startWorker } from '$lib/client/connect.ts';
import { Explorer } from '$lib/client/explorer.ts';
import { encodeLink, type LinkWorld } from '$lib/client/permalink.ts';
import type { JournalEntry } from '$lib/engine/contract/commands.ts';
import { differing, type Differing } from '$lib/engine/contract/explore/differing.ts';
import type {
	Branch,
	BranchPath,
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
import type { ExploreProgress } from '$lib/engine/contract/explore/port.ts';
import { branchAt, keyOfPath, type Opened } from '$lib/viz/branches/branch-layout.ts';

export type Mode = 'every' | 'chance';

/** Snapshots of a search take no more than this. */
const MOST_BYTES = 192e6;
const START: BranchPath = { moment: 0, steps: [] };

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
	/** A search keeps no more states than this. */
	mostStates: number = $state(20_000);
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
	cursor: BranchPath = $state.raw(START);
	/** Branches that were looked at further, by their key. */
	opened: Opened = $state.raw(new Map());
	/** Key of the branch that is being looked at further. */
	busy: string | null = $state(null);
	/** The branch at the cursor as a run. */
	run: BranchRun | null = $state.raw(null);

	readonly moments: readonly (Moment | FutureMoment)[] = $derived(
		this.search?.moments ?? this.chances?.moments ?? []
	);
	readonly here: Moment | FutureMoment | null = $derived(this.moments[this.cursor.moment] ?? null);
	readonly #found = $derived(
		this.search ? branchAt(this.search.moments, this.opened, this.cursor) : null
	);
	readonly branch: Branch | null = $derived(this.#found?.branch ?? null);
	/** The branch that the one at the cursor goes on from; null where it leaves the run itself. */
	readonly parent: Branch | null = $derived(this.#found?.parent ?? null);
	/** What differs from where it came from: of a branch from what it leaves, of a moment from the one before. */
	readonly differs: readonly Differing[] = $derived.by(() => {
		const { here, branch, parent, cursor } = this;
		if (!here) return [];
		if (branch) return differing((parent ?? here).facts, branch.facts);
		const before = this.moments[cursor.moment - 1];
		return before ? differing(before.facts, here.facts) : [];
	});

	#places = new Map<string, BranchPath>();
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
		this.cursor = START;
		this.opened = new Map();
		this.#places = new Map();
		this.run = null;
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
					mostStates: this.mostStates,
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
			const outcome = await explorer.run(request, (progress) => this.#count(turn, progress));
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
				steps: []
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

	/** Puts the cursor somewhere; a branch is loaded as a run. */
	select(path: BranchPath): void {
		if (keyOfPath(this.cursor) === keyOfPath(path)) return;
		this.cursor = path;
		this.run = null;
		if (path.steps.length > 0) void this.#load(path);
	}

	async #load(path: BranchPath): Promise<void> {
		const run = await this.runOf(path);
		if (this.cursor === path) this.run = run;
	}

	/** Looks further from a branch, as many steps as were asked for; or closes it. */
	async lookFurther(path: BranchPath, open: boolean): Promise<void> {
		const key = keyOfPath(path);
		const last = path.steps.at(-1);
		if (!open) {
			const opened = [...this.opened].filter(([one]) => one !== key && !one.startsWith(`${key}/`));
			this.opened = new Map(opened);
			if (keyOfPath(this.cursor).startsWith(`${key}/`)) this.select(path);
			return;
		}
		if (this.running || !this.#explorer || !last) return;
		const turn = this.#turn;
		const explorer = this.#explorer;
		this.running = true;
		this.busy = key;
		try {
			const answer = await explorer.lookFurther(
				last.state,
				this.asked?.depth ?? this.depth,
				(one) => this.#count(turn, one)
			);
			if (turn !== this.#turn || answer?.kind !== 'search') return;
			this.#places.set(key, path);
			const opened = new Map<string, readonly Branch[]>();
			for (const [place, way] of this.#places) {
				if (place !== key && !this.opened.has(place)) continue;
				const branches = await explorer.branchesAt(way.steps.at(-1)?.state ?? -1);
				if (branches) opened.set(place, branches);
			}
			if (turn !== this.#turn) return;
			this.opened = opened;
			this.search = answer;
			this.progress = answer;
		} catch (error) {
			if (turn === this.#turn)
				this.problem = error instanceof Error ? error.message : String(error);
		} finally {
			if (turn === this.#turn) {
				this.running = false;
				this.busy = null;
			}
		}
	}

	#count(turn: number, progress: ExploreProgress): void {
		if (turn !== this.#turn) return;
		if (progress.kind === 'search') this.progress = progress.search;
		else this.chances = progress.futures;
	}

	/** A branch as a run, on to its loss where it has one. */
	async runOf(path: BranchPath): Promise<BranchRun | null> {
		return path.steps.length > 0 ? ((await this.#explorer?.branchRun(path)) ?? null) : null;
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
