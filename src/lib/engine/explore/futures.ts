import { mix32 } from '../../base/hash.ts';
import { ok, refused, type Outcome } from '../../base/outcome.ts';
import { stepsOf, wilson } from '../contract/explore/interval.ts';
import type { FutureMoment, FuturesAnswer, FuturesRequest } from '../contract/explore/request.ts';
import { MOST_FUTURES } from '../contract/explore/words.ts';
import type { ReasonId } from '../contract/reasons.ts';
import type { Act } from './act.ts';
import { actsOf, yourActs } from './acts.ts';
import { isQuiet } from './borders.ts';
import { breakingEvent, lossHere } from './breaking.ts';
import { factsOf } from './facts.ts';
import { alarmOf, lossTest, type LossTest } from './loss-test.ts';
import { isRestless } from './rack.ts';
import type { Snapshot } from './snapshots.ts';
import { Trunk } from './trunk.ts';
import { horizonOf, lengthOf, Walker } from './walker.ts';

const MOST_DRAWS = 16;

interface Point {
	readonly index: number;
	readonly atNs: number;
	readonly facts: FutureMoment['facts'];
	readonly snapshot: Snapshot;
	next: FutureMoment['next'];
	/** The run itself is lost here: every future of it is. */
	readonly lost: boolean;
	tried: number;
	hits: number;
	failing: FutureMoment['failing'];
}

/** What is remembered of a future while it runs: numbers of events. */
interface Course {
	/** The last place at which it was looked and nothing was lost; −1 = it was lost from the beginning. */
	fineAtEvent: number;
	/** The first place after it at which something was; −1 = nothing is. */
	lostAtEvent: number;
}

/**
 * From moments along a run, many futures each: chance begins anew with a seed of its own (the command `reroll`), the scenario's
 * own hazards strike as they are drawn, and choices may be drawn at random times. How often it fails is a share with Wilson's
 * interval. Each future is a run with a journal; its seed follows from the request's, so that the answer is the same however
 * it is sliced.
 */
export class Futures {
	readonly #request: FuturesRequest;
	readonly #walker: Walker;
	readonly #test: LossTest;
	readonly #yours: readonly Act[];
	readonly #horizonNs: number;
	readonly #points: Point[] = [];
	readonly #work: Generator<void, void>;
	#done = false;

	private constructor(request: FuturesRequest, walker: Walker) {
		this.#request = request;
		this.#walker = walker;
		this.#test = lossTest(request.failure);
		const { world } = walker;
		walker.watch = () => alarmOf(world, this.#test);
		this.#yours = yourActs(world.journal.slice(world.r.journalNext));
		this.#horizonNs = horizonOf(request, world);
		this.#work = this.#steps();
	}

	static open(request: FuturesRequest): Outcome<Futures, ReasonId> {
		const { futures, draws } = request;
		if (!Number.isInteger(futures) || futures < 1 || futures > MOST_FUTURES) return refused('bad-command', `futures: 1 to ${MOST_FUTURES}`);
		if (!Number.isInteger(draws) || draws < 0 || draws > MOST_DRAWS) return refused('bad-command', `draws: 0 to ${MOST_DRAWS}`);
		const walker = Walker.open(request);
		return walker.ok ? ok(new Futures(request, walker.value)) : walker;
	}

	work(eventBudget: number): boolean {
		const from = this.#walker.events;
		while (!this.#done && this.#walker.events - from < eventBudget) if (this.#work.next().done) this.#done = true;
		return this.#done;
	}

	answer(): FuturesAnswer {
		const moments = this.#points.map((point): FutureMoment => {
			const { index, atNs, next, facts, failing } = point;
			return { index, atNs, next, facts, failing, chance: wilson(point.hits, point.tried) };
		});
		return {
			kind: 'futures',
			done: this.#done,
			tried: this.#points.reduce((sum, point) => sum + point.tried, 0),
			wanted: this.#points.length * this.#request.futures,
			events: this.#walker.events,
			moments,
			steps: stepsOf(moments.map((moment) => moment.chance))
		};
	}

	*#steps(): Generator<void, void> {
		yield* this.#follow();
		// Round by round, so that every moment has as many futures as the others whenever it is stopped.
		for (let round = 0; round < this.#request.futures; round += 1)
			for (const point of this.#points) {
				this.#tryFuture(point, round);
				yield;
			}
	}

	*#follow(): Generator<void, void> {
		const walker = this.#walker;
		const trunk = new Trunk(walker, this.#request.grain, this.#horizonNs);
		let last = this.#addPoint();
		yield;
		while (!last.lost) {
			const step = trunk.next();
			if (step === null) break;
			last.next = step.words;
			last = this.#addPoint();
			yield;
		}
	}

	#addPoint(): Point {
		const { world } = this.#walker;
		const point: Point = {
			index: this.#points.length,
			atNs: world.r.nowNs,
			facts: factsOf(world),
			snapshot: this.#walker.keep(),
			next: null,
			lost: this.#test.ever(world),
			tried: 0,
			hits: 0,
			failing: null
		};
		this.#points.push(point);
		return point;
	}

	#tryFuture(point: Point, round: number): void {
		const walker = this.#walker;
		const { world } = walker;
		walker.restore(point.snapshot);
		const seed = mix32(this.#request.seed, point.index + 1, round + 1);
		point.tried += 1;
		if (point.lost) {
			point.hits += 1;
			point.failing ??= this.#failing(point.snapshot, { fineAtEvent: -1, lostAtEvent: -1 });
			return;
		}
		const keep = this.#request.later === 'kept';
		if (!keep) world.journal = world.journal.slice(0, world.r.journalNext);
		walker.give({ name: 'rack', execute: 'reroll', arguments: { seed } }, keep);
		const course: Course = { fineAtEvent: -1, lostAtEvent: -1 };
		this.#note(course);
		if (!this.#runOut(seed, course)) return;
		point.hits += 1;
		point.failing ??= this.#failing(point.snapshot, course);
	}

	/** A future that failed, as a run: its event is looked for from the last place at which all was well. */
	#failing(from: Snapshot, { fineAtEvent, lostAtEvent }: Course): FutureMoment['failing'] {
		const walker = this.#walker;
		const { world } = walker;
		const test = this.#test;
		const journal = [...world.journal];
		// It was lost before the moment: nothing of the future is to blame.
		const wasLost = fineAtEvent < 0 && lostAtEvent >= 0;
		if (wasLost) walker.restore(from);
		const { pauseNs, found } =
			lostAtEvent >= 0 && !wasLost
				? breakingEvent(walker, from, journal, { fineAtEvent, lostAtEvent, isLost: () => this.#isLost() }, test)
				: lossHere(world, Math.max(0, world.trace.length - 1));
		return { journal, pauseNs, found };
	}

	/** The loss is there, or that from which on the end is one. */
	#isLost(): boolean {
		const { world } = this.#walker;
		return this.#test.ever(world) || (this.#test.since?.(world) ?? false);
	}

	/** Where a run stops on its way: remembers the last place at which all was well, and the first after it at which it is not. */
	#note(course: Course): boolean {
		const { world } = this.#walker;
		if (!this.#isLost()) {
			course.fineAtEvent = world.r.eventCount;
			course.lostAtEvent = -1;
			return false;
		}
		if (course.lostAtEvent < 0) course.lostAtEvent = world.r.eventCount;
		return this.#test.when === 'ever';
	}

	/** To the end of the time, with what was drawn; true at the first loss. */
	#runOut(seed: number, course: Course): boolean {
		const walker = this.#walker;
		const { world } = walker;
		for (const atNs of this.#drawTimes(seed)) {
			if (this.#runTo(atNs, course)) return true;
			this.#giveOne(mix32(seed, Math.floor(atNs / 1000) >>> 0, 0xac7));
			if (this.#note(course)) return true;
		}
		if (this.#runTo(this.#horizonNs, course)) return true;
		return this.#test.when === 'end' && this.#test.atEnd(world);
	}

	/** Times of the choices of a future, rising, within one length of the scenario: what they begin has time to end. */
	#drawTimes(seed: number): number[] {
		const fromNs = this.#walker.nowNs;
		const spanNs = Math.max(0, Math.min(this.#horizonNs - fromNs, lengthOf(this.#walker.world)));
		return Array.from(
			{ length: this.#request.draws },
			(_, at) => fromNs + Math.floor((mix32(seed, at + 1, 0x7133) / 2 ** 32) * spanNs)
		).sort((a, b) => a - b);
	}

	/** One of the choices that can happen now, each as likely as the others. */
	#giveOne(seed: number): void {
		const walker = this.#walker;
		const { world } = walker;
		const menu = actsOf(world, this.#request.vary, this.#request.later === 'drawn' ? this.#yours : []).filter(
			(one) => !this.#request.without?.includes(one.words.id)
		);
		const before = walker.keep();
		// A draw that is refused is drawn again among the rest: the same as a draw among those that are not.
		for (let round = 0; menu.length > 0; round += 1) {
			const at = Math.floor((mix32(seed, round + 1, 0xd4a3) / 2 ** 32) * menu.length);
			const [choice] = menu.splice(at, 1) as [Act];
			if (walker.give(choice.command, this.#request.later === 'kept').ok) break;
			walker.restore(before);
		}
		walker.drop(before);
	}

	/** To a time, border by border; true when a state on the way is lost. */
	#runTo(untilNs: number, course: Course): boolean {
		const walker = this.#walker;
		const { world } = walker;
		while (walker.nowNs < untilNs) {
			if (isQuiet(world) && walker.due === null && untilNs === this.#horizonNs && !isRestless(world)) break;
			const stop = walker.goOn('phases', untilNs);
			if (stop === 'border' && this.#note(course)) return true;
			if (stop === 'command') walker.takeDue(untilNs);
			if (stop === 'time') break;
		}
		return this.#note(course);
	}
}
