import { ok, type Outcome } from '../../base/outcome.ts';
import { refused } from '../../base/outcome.ts';
import type { ActWords, LossFound, SearchProgress, SearchRequest } from '../contract/explore/request.ts';
import { MOST_DEPTH, MOST_STATES } from '../contract/explore/words.ts';
import type { ReasonId } from '../contract/reasons.ts';
import { GO_ON, idOf, type Act } from './act.ts';
import { actsOf, yourActs } from './acts.ts';
import { isQuiet } from './borders.ts';
import { factsOf } from './facts.ts';
import { TIME_IS_UP, type Edge, type Found } from './graph.ts';
import { keyOf } from './key.ts';
import { alarmOf, lossTest, type LossTest } from './loss-test.ts';
import { isRestless } from './rack.ts';
import { symmetryOf, type Symmetry } from './symmetry.ts';
import { Trunk } from './trunk.ts';
import { horizonOf, Walker, type Stop } from './walker.ts';

/**
 * Every future from the moments of a run, to a stated number of choices: breadth first, so that the first loss found is a
 * nearest one. Each state was really run; what is known already is not looked at again. The order of the work is fixed, so
 * that the answer is the same however it is sliced.
 */
export class Search {
	readonly request: SearchRequest;
	readonly walker: Walker;
	readonly test: LossTest;
	readonly symmetry: Symmetry;
	readonly horizonNs: number;
	readonly moments: Found[] = [];
	/** Lost states, in the order in which they were found. */
	readonly losses: Found[] = [];
	/** Losses with their event, by state. */
	readonly told = new Map<number, LossFound>();
	readonly #yours: readonly Act[];
	readonly #byKey = new Map<string, Found>();
	readonly #all: Found[] = [];
	/** States with a snapshot, oldest first; moments keep theirs. */
	readonly #kept: Found[] = [];
	readonly #words = new Map<string, ActWords>();
	/** How many choices ahead of a state were looked at beyond what was asked for, by where one wanted to see more. */
	readonly #further = new Map<number, number>();
	#work: Generator<void, void>;
	#done = false;
	#stopped: 'states' | null = null;
	#repeats = 0;
	#refused = 0;
	#ends = 0;
	#depthComplete = 0;

	private constructor(request: SearchRequest, walker: Walker) {
		this.request = request;
		this.walker = walker;
		this.test = lossTest(request.failure);
		const { world } = walker;
		walker.watch = () => alarmOf(world, this.test);
		this.#yours = yourActs(world.journal.slice(world.r.journalNext));
		this.symmetry = symmetryOf(
			world,
			world.journal.slice(world.r.journalNext).map((entry) => entry.command)
		);
		this.horizonNs = horizonOf(request, world);
		this.#work = this.#steps();
	}

	static open(request: SearchRequest): Outcome<Search, ReasonId> {
		const { depth, mostStates } = request;
		if (!Number.isInteger(depth) || depth < 0 || depth > MOST_DEPTH) return refused('bad-command', `depth: 0 to ${MOST_DEPTH}`);
		if (!Number.isInteger(mostStates) || mostStates < 1 || mostStates > MOST_STATES)
			return refused('bad-command', `mostStates: 1 to ${MOST_STATES}`);
		const walker = Walker.open(request);
		return walker.ok ? ok(new Search(request, walker.value)) : walker;
	}

	/** Goes on for at least so many events, in whole choices; true when nothing is left to look at. */
	work(eventBudget: number): boolean {
		const from = this.walker.events;
		while (!this.#done && this.walker.events - from < eventBudget) if (this.#work.next().done) this.#done = true;
		return this.#done;
	}

	progress(): SearchProgress {
		let open = 0;
		for (const found of this.#all) if (!found.lost && found.edges === null && (found.end === null || found.end === TIME_IS_UP)) open += 1;
		return {
			done: this.#done,
			stopped: this.#stopped,
			states: this.#all.length,
			repeats: this.#repeats,
			refused: this.#refused,
			ends: this.#ends,
			open,
			losses: this.losses.length,
			depthComplete: this.#depthComplete,
			events: this.walker.events,
			bytes: this.walker.bytes
		};
	}

	get words(): readonly ActWords[] {
		return [...this.#words.values()];
	}

	state(id: number): Found | undefined {
		return this.#all[id];
	}

	/** From a state so many choices further. What was asked for first is finished before. */
	lookFurther(id: number, steps: number): void {
		const from = this.#all[id];
		if (!from || from.lost || from.end !== null) return;
		const before = this.#done ? null : this.#work;
		this.#done = false;
		this.#stopped = null;
		this.#work = this.#furtherSteps(before, from, steps);
	}

	/** Choices ahead of a state that were looked at: what was asked for, or more where somebody wanted to see more. */
	aheadOf(found: Found, asked: number): number {
		return Math.max(asked, this.#further.get(found.id) ?? 0);
	}

	*#furtherSteps(before: Generator<void, void> | null, from: Found, steps: number): Generator<void, void> {
		if (before) yield* before;
		if (this.#stopped !== null) return;
		const seen = new Set([from.id]);
		let layer: Found[] = [from];
		for (let depth = 1; depth <= steps; depth += 1) {
			const next: Found[] = [];
			for (const found of layer) {
				if (found.lost || found.end !== null) continue;
				if (!found.expanded) yield* this.#expand(found, []);
				if (this.#stopped !== null) return;
				for (const { to } of found.edges ?? []) {
					if (seen.has(to.id)) continue;
					seen.add(to.id);
					next.push(to);
				}
			}
			for (let at: Found | null = from, away = depth; at !== null; at = at.parent, away += 1)
				this.#further.set(at.id, Math.max(away, this.#further.get(at.id) ?? 0));
			layer = next;
		}
	}

	*#steps(): Generator<void, void> {
		yield* this.#follow();
		let layer: Found[] = [...this.moments];
		for (let depth = 0; depth < this.request.depth; depth += 1) {
			const next: Found[] = [];
			for (const found of layer) {
				if (found.lost || found.end !== null) continue;
				yield* this.#expand(found, next);
				if (this.#stopped !== null) return;
			}
			this.#depthComplete = depth + 1;
			layer = next;
		}
	}

	/** The user's own run, moment by moment, up to its loss or its end. */
	*#follow(): Generator<void, void> {
		const { walker } = this;
		const trunk = new Trunk(walker, this.request.grain, this.horizonNs);
		let used = 0;
		let last = this.#moment(null, used, 'border');
		// The question is what comes from here, also where a move has just ended.
		last.end = null;
		yield;
		while (!last.lost) {
			const step = trunk.next();
			if (step === null) break;
			if (step.given) used |= this.#yours.find((one) => one.words.id === idOf(step.given?.command as never))?.once ?? 0;
			const given = step.given ? { words: step.words, command: step.given.command, once: 0 } : null;
			const next = this.#moment(last, used, step.stop);
			last.edges = [{ act: given, words: step.words, to: next }];
			this.#words.set(step.words.id, step.words);
			last = next;
			yield;
		}
		// Your own run goes on at every moment but its last.
		if (last.lost || !this.#endsLost(last.end)) return;
		last.lost = true;
		this.losses.push(last);
	}

	#moment(before: Found | null, used: number, stop: Stop): Found {
		const found = this.#add({ parent: null, via: null, layer: 0, moment: this.moments.length, used, stop });
		// Your own run goes on: only its last moment may be an end.
		if (before) before.end = null;
		found.facts = factsOf(this.walker.world);
		found.snapshot = this.walker.keep();
		this.moments.push(found);
		return found;
	}

	*#expand(found: Found, next: Found[]): Generator<void, void> {
		const { walker, request } = this;
		const { world } = walker;
		this.goTo(found);
		const own = found.edges ?? [];
		const ownIds = own.map((edge) => (edge.act ? idOf(edge.act.command) : GO_ON.id));
		const edges: Edge[] = [...own];
		const menu = actsOf(world, request.vary, this.#yours).filter(
			(one) => (one.once & found.used) === 0 && !ownIds.includes(one.words.id) && !request.without?.includes(one.words.id)
		);
		const goesOn = !ownIds.includes(GO_ON.id) && (!isQuiet(world) || isRestless(world));
		for (const choice of goesOn ? [null, ...menu] : menu) {
			this.goTo(found);
			const reached = this.#choose(found, choice);
			if (reached) {
				edges.push({ act: choice, words: choice?.words ?? GO_ON, to: reached.found });
				if (choice) this.#words.set(choice.words.id, choice.words);
				if (reached.isNew) next.push(reached.found);
			} else this.#refused += 1;
			yield;
			if (this.#all.length >= request.mostStates) {
				this.#stopped = 'states';
				return;
			}
		}
		found.edges = edges;
		found.expanded = true;
		if (edges.length === 0) {
			found.end = 'nothing can be chosen';
			this.#ends += 1;
		}
	}

	#choose(from: Found, choice: Act | null): { readonly found: Found; readonly isNew: boolean } | null {
		const stop = this.take(choice);
		if (stop === null) return null;
		const { world } = this.walker;
		const used = from.used | (choice?.once ?? 0);
		const key = this.keyHere(used);
		const known = this.#byKey.get(key);
		if (known) {
			this.#repeats += 1;
			return { found: known, isNew: false };
		}
		const found = this.#add({ parent: from, via: choice, layer: from.layer + 1, moment: null, used, stop, key });
		if (from.moment !== null) found.facts = factsOf(world);
		return { found, isNew: true };
	}

	/** What tells the state that the world stands at from others. */
	keyHere(used: number): string {
		return keyOf(this.walker.world, this.request.alike, this.symmetry.orders, used);
	}

	/** The choice now, or time; null: it is refused here. */
	take(choice: Act | null): Stop | null {
		const { walker, request } = this;
		if (choice === null) return walker.goOn(request.grain, this.horizonNs);
		if (!walker.give(choice.command).ok) return null;
		walker.settle(request.grain, this.horizonNs);
		return 'border';
	}

	#add(where: Pick<Found, 'parent' | 'via' | 'layer' | 'moment' | 'used'> & { readonly stop: Stop; readonly key?: string }): Found {
		const { world } = this.walker;
		const key = where.key ?? this.keyHere(where.used);
		const ends = endOf(this.walker, where.stop);
		const lost = this.test.ever(world) || (where.moment === null && this.#endsLost(ends));
		const { parent, via, layer, moment, used } = where;
		const id = this.#all.length;
		const found: Found = {
			...{ id, key, parent, via, layer, moment, used, lost },
			atNs: world.r.nowNs,
			end: ends,
			edges: null,
			expanded: false,
			facts: null,
			snapshot: null
		};
		this.#all.push(found);
		if (!this.#byKey.has(key)) this.#byKey.set(key, found);
		if (lost) this.losses.push(found);
		else if (ends !== null) this.#ends += 1;
		return found;
	}

	/** What is asked of ends is asked where a run ends, and where nothing more happens unless somebody chooses it. */
	#endsLost(end: string | null): boolean {
		const { world } = this.walker;
		return this.test.when === 'end' && (end !== null || isQuiet(world)) && this.test.atEnd(world);
	}

	/** Puts the world into a state: from the nearest one that is kept, by the choices that led from it. */
	goTo(found: Found): void {
		const way: Found[] = [];
		let at = found;
		while (at.snapshot === null) {
			way.push(at);
			at = at.parent as Found;
		}
		this.walker.restore(at.snapshot);
		if (at.moment !== null) this.#forgetLater();
		for (const step of way.reverse()) this.take(step.via);
		if (way.length > 0) {
			found.snapshot = this.walker.keep();
			this.#kept.push(found);
			this.#makeRoom();
		}
	}

	/** From a moment on other things are chosen than your run's commands. */
	#forgetLater(): void {
		const { world } = this.walker;
		world.journal = world.journal.slice(0, world.r.journalNext);
	}

	#makeRoom(): void {
		while (this.walker.bytes > this.request.mostBytes && this.#kept.length > 1) {
			const oldest = this.#kept.shift() as Found;
			if (oldest.snapshot) this.walker.drop(oldest.snapshot);
			oldest.snapshot = null;
		}
	}
}

/** Nothing is under way and every VM that was to move has moved; or there is no time left. */
function endOf({ world }: Walker, stop: Stop): string | null {
	if (stop === 'time') return TIME_IS_UP;
	if (!isQuiet(world)) return null;
	const { r } = world;
	const lasts = r.vms.flatMap((_, index) => r.operations.filter((operation) => operation.vm === index).slice(-1));
	if (lasts.length === 0 || lasts.some((operation) => operation.state !== 'completed')) return null;
	return `ends on ${[...new Set(lasts.map((operation) => r.hosts[operation.target]?.id ?? ''))].join(', ')}`;
}
