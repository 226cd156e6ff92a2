import { ok, refused, type Outcome } from '../base/outcome.ts';
import { formatNs } from '../base/format.ts';
import type { Command } from '../engine/contract/commands.ts';
import type { WorldId } from '../engine/contract/ids.ts';
import {
	MODEL_VERSION,
	type AdvanceAnswer,
	type CrashReport,
	type StepRequest
} from '../engine/contract/port.ts';
import type { AnswerTo, Query, RunSummary } from '../engine/contract/queries.ts';
import type { ReasonId } from '../engine/contract/reasons.ts';
import { readScenario } from '../engine/contract/scenario/read.ts';
import type { WorldStatus } from '../engine/contract/status.ts';
import {
	connect,
	startWorker,
	wishedMemory,
	WorkerLost,
	type Connection,
	type MemoryWish
} from './connect.ts';
import { crashedRun } from './crash-report.ts';
import { Forecaster } from './forecast.ts';
import { Intents } from './intents.ts';
import type { BackEnd } from './isolation.ts';
import {
	borders,
	isOneLess,
	pastOf,
	untilNsOfWorld,
	type LiveWorld,
	type OpenWorld,
	type WorldSpec
} from './live-world.ts';
import { advancePace, onGrid, SliceBudget, SPEEDS, slowSpans, type SlowSpan } from './pace.ts';
import { compareFingerprints, type LinkNote, type LinkState, type LinkView } from './permalink.ts';
import { Turns } from './turns.ts';

export { SPEEDS } from './pace.ts';
export type { OpenWorld, WorldSpec } from './live-world.ts';

export type StepUnit = StepRequest['unit'];
export type SessionState = 'paused' | 'playing' | 'busy' | 'crashed' | 'closed';
/** Why a command was not taken: the engine's reason, or there is no engine to take it. */
export type SendOutcome = Outcome<{ readonly operation: number | null }, ReasonId | 'no-engine'>;

export interface SessionOptions {
	readonly memory?: MemoryWish;
	readonly worker?: () => Worker;
	/** Instead of a worker: tests run the session over an engine in the same thread. */
	readonly connect?: () => Connection;
	/** No dashed future: for pages that show none. */
	readonly withoutForecast?: boolean;
}

/** Presentation time in which a step or a jump settles (decision D10). */
const SETTLE_MS = 240;
/** A frame that came late (a tab in the background) does not make the run leap. */
const LONGEST_FRAME_MS = 100;
/** How often the course is asked for while playing. */
const COURSE_EVERY_MS = 100;
/** A seek that takes longer shows its progress. */
const PROGRESS_AFTER_MS = 150;
/** Slices of a seek are longer than those of play: nothing is drawn between them. */
const SEEK_FACTOR = 3;
const DEFAULT_SPEED_INDEX = 5;

const EMPTY_COURSE: RunSummary = { nowNs: 0, operations: [], vms: [] };

/** Worlds on one clock and everything that can be done with them; the only place in the page that talks to the engine. */
export class Session {
	state: SessionState = $state('paused');
	worlds: readonly OpenWorld[] = $state.raw([]);
	nowNs: number = $state(0);
	untilNs: number = $state(0);
	speedIndex: number = $state(DEFAULT_SPEED_INDEX);
	slowAtBorders: boolean = $state(true);
	/** Grows by one with every picture there is to draw. */
	turn: number = $state(0);
	progress: { label: string; fraction: number } | null = $state.raw(null);
	crash: CrashReport | null = $state.raw(null);
	/** Which world it was that stopped the engine. */
	crashIndex = 0;
	message: string | null = $state(null);
	/** What a link said that the run does not do. */
	notes: readonly LinkNote[] = $state.raw([]);
	settlePhase: number = $state(1);
	before: {
		readonly statuses: ReadonlyMap<WorldId, WorldStatus>;
		readonly blockWords: ReadonlyMap<WorldId, Uint32Array>;
	} | null = $state.raw(null);
	/** Set by the page: steps and jumps are then shown settled at once. */
	reducedMotion = false;

	#outstanding: boolean = $state(false);
	#live: LiveWorld[] = [];
	#turns: Turns;
	#forecaster: Forecaster;
	#intents: Intents;
	#start: () => Connection;
	#budget = new SliceBudget();
	#withForecast: boolean;
	/** Where play has got to, with fractions of a nanosecond. */
	#targetNs = 0;
	#isBehind = false;
	#spans: readonly SlowSpan[] = [];
	#lastTickMs: number | null = null;
	#lastCourseMs = 0;
	/** Which worlds got commands, newest last: what Undo without an index means. */
	#sentTo: number[] = [];
	/** Moments that single steps came through, ascending to now. */
	#trail: number[] = [];
	/** The last moment shown before the engine stopped on a broken promise. */
	#lastGoodNs: number | null = null;

	private constructor(turns: Turns, start: () => Connection, withForecast: boolean) {
		this.#turns = turns;
		this.#start = start;
		this.#forecaster = new Forecaster(turns);
		this.#withForecast = withForecast;
		this.#intents = new Intents(
			(work) => this.#guard(work),
			() => this.#background(),
			() => (this.#outstanding = !this.#intents.isIdle)
		);
	}

	/** Starts an engine and opens the worlds on one clock; refuses with the engine's reason. */
	static async open(
		specs: readonly WorldSpec[],
		options: SessionOptions = {}
	): Promise<Outcome<Session, ReasonId | 'no-engine'>> {
		const start = options.connect ?? (() => connect((options.worker ?? startWorker)()));
		let lastLoss = '';
		for (let attempt = 0; attempt < 2; attempt += 1) {
			let turns: Turns | null = null;
			try {
				turns = await begin(start, options.memory ?? 'auto');
				const session = new Session(turns, start, options.withoutForecast !== true);
				const outcome = await session.#openAll(specs);
				if (!outcome.ok) {
					turns.end();
					return outcome;
				}
				return ok(session);
			} catch (error) {
				turns?.end();
				if (!(error instanceof WorkerLost)) throw error;
				lastLoss = error.message;
			}
		}
		return refused('no-engine', `The engine could not be started: ${lastLoss}.`);
	}

	/** Opens what a link holds and goes to its moment. */
	static async openLink(
		link: LinkState,
		options: SessionOptions = {}
	): Promise<Outcome<Session, ReasonId | 'no-engine'>> {
		const outcome = await Session.open(link.worlds, options);
		if (!outcome.ok) return outcome;
		const session = outcome.value;
		if (link.view.speedIndex !== null) session.speedIndex = link.view.speedIndex;
		session.slowAtBorders = link.view.slowAtBorders;
		await session.seek(link.positionNs, { scrubbing: true });
		session.notes = compareFingerprints(link, await session.fingerprints());
		return outcome;
	}

	get memory(): BackEnd {
		return this.#turns.memory;
	}

	/** Nothing outstanding, nothing moving: tests wait for it. */
	get idle(): boolean {
		return !this.#outstanding && this.settlePhase === 1 && this.state !== 'playing';
	}

	/** Between turns: `views` may be read. */
	get readable(): boolean {
		return this.state !== 'closed' && this.#live.every((live) => !this.#turns.isAway(live.world));
	}

	play(): void {
		if (this.state !== 'paused' || this.nowNs >= this.untilNs) return;
		this.#settled();
		this.before = null;
		this.#targetNs = this.nowNs;
		this.#isBehind = false;
		this.state = 'playing';
	}

	pause(): void {
		if (this.state !== 'playing') return;
		this.state = 'paused';
		void this.#want('course', async () => {
			await this.#askCourses();
			this.#publish();
		});
	}

	/** Once per animation frame. */
	tick(wallMs: number): void {
		const passedMs = Math.min(LONGEST_FRAME_MS, Math.max(0, wallMs - (this.#lastTickMs ?? wallMs)));
		this.#lastTickMs = wallMs;
		if (this.settlePhase < 1)
			this.settlePhase = this.reducedMotion
				? 1
				: Math.min(1, this.settlePhase + passedMs / SETTLE_MS);
		if (this.state !== 'playing') return;
		const speed = SPEEDS[this.speedIndex] ?? 1e9;
		// An engine that cannot keep up makes the run slower, never coarser.
		if (!this.#isBehind)
			this.#targetNs = Math.min(
				this.untilNs,
				advancePace(this.#targetNs, passedMs, speed, this.slowAtBorders ? this.#spans : [])
			);
		const untilNs =
			this.#targetNs >= this.untilNs
				? this.untilNs
				: onGrid(this.#targetNs, this.#rate(passedMs, speed));
		if ((untilNs > this.nowNs || this.#isBehind) && !this.#intents.has('slice'))
			void this.#want('slice', () => this.#slice(untilNs));
	}

	async step(unit: StepUnit): Promise<void> {
		this.pause();
		await this.#want('step', () => this.#stepForward(unit));
	}

	async stepBack(unit: StepUnit): Promise<void> {
		this.pause();
		await this.#want('step', async () => {
			const target = await this.#timeBefore(unit);
			await this.#jump(target, 'Going back');
		});
	}

	rewind(): Promise<void> {
		return this.seek(0);
	}

	/** `scrubbing`: the moment is being dragged; it is shown settled, with no way in between. */
	async seek(ns: number, options: { readonly scrubbing?: boolean } = {}): Promise<void> {
		this.pause();
		const targetNs = Math.max(0, Math.min(Math.round(ns), this.#lastGoodNs ?? this.untilNs));
		if (!Number.isSafeInteger(targetNs)) return;
		await this.#want('seek', async () => {
			this.#trail = [];
			await this.#jump(targetNs, `Going to ${formatNs(targetNs)}`, options.scrubbing === true);
		});
	}

	/** Puts a command into the journal of one world at the present moment. */
	async send(worldIndex: number, command: Command): Promise<SendOutcome> {
		if (this.state === 'crashed' || this.state === 'closed') return noEngine(this.state);
		const outcome = await this.#want('send', async () => {
			const live = this.#at(worldIndex);
			const past = live.journal;
			const answer = await this.#send(live, command);
			if (answer.ok) {
				live.past.push(past);
				live.undone = [];
				this.#sentTo.push(worldIndex);
			}
			return answer;
		});
		return outcome ?? noEngine(this.state);
	}

	canUndo(worldIndex?: number): boolean {
		const index = worldIndex ?? this.#sentTo.at(-1);
		return index !== undefined && (this.#live[index]?.past.length ?? 0) > 0;
	}

	canRedo(worldIndex?: number): boolean {
		const index = worldIndex ?? this.#live.findIndex((live) => live.undone.length > 0);
		return (this.#live[index]?.undone.length ?? 0) > 0;
	}

	/** The journal without the last command that was sent here; goes back to that command's moment. */
	async undo(worldIndex?: number): Promise<void> {
		this.pause();
		await this.#want('undo', async () => {
			const index = worldIndex ?? this.#sentTo.at(-1);
			const live = index === undefined ? undefined : this.#live[index];
			const past = live?.past.at(-1);
			const last = live?.journal.at(-1);
			if (!live || !past || !last || this.state === 'crashed') return;
			this.#capture();
			if (isOneLess(past, live.journal)) {
				const answer = await this.#turns.undo(live.world);
				live.status = answer.status;
				live.journal = answer.journal;
			} else await this.#reopen(live, past);
			live.past.pop();
			live.undone.push(last);
			const sent = this.#sentTo.lastIndexOf(index as number);
			if (sent >= 0) this.#sentTo.splice(sent, 1);
			await this.#afterCommand([live], last.atNs);
		});
	}

	async redo(worldIndex?: number): Promise<void> {
		this.pause();
		await this.#want('redo', async () => {
			const index = worldIndex ?? this.#live.findIndex((live) => live.undone.length > 0);
			const live = this.#live[index];
			const entry = live?.undone.at(-1);
			if (!live || !entry || this.state === 'crashed') return;
			if (entry.atNs !== this.nowNs) await this.#jump(entry.atNs, 'Going to the command');
			const past = live.journal;
			const answer = await this.#send(live, entry.command);
			if (!answer.ok) return;
			live.undone.pop();
			live.past.push(past);
			this.#sentTo.push(index);
		});
	}

	async ask<Q extends Query>(worldIndex: number, query: Q): Promise<AnswerTo<Q>> {
		const answer = await this.#want('ask', () => {
			const { world } = this.#at(worldIndex);
			return this.#question(world, query);
		});
		if (answer === null && this.state === 'closed') throw new Error('the session is closed');
		return answer as AnswerTo<Q>;
	}

	/** Per world, at the present moment; null where the engine cannot say. */
	async fingerprints(): Promise<(string | null)[]> {
		const found: (string | null)[] = [];
		for (let index = 0; index < this.#live.length; index += 1) {
			const answer = await this.ask(index, { kind: 'fingerprint' }).catch(() => null);
			found.push(answer?.fingerprint ?? null);
		}
		return found;
	}

	/** What a link to this moment holds; after a crash, what leads to it again. */
	async linkState(view: LinkView): Promise<LinkState> {
		const worlds = this.#live.map((live) => ({
			scenario: live.scenario,
			journal: live.journal,
			belief: live.spec.belief ?? null
		}));
		const { nowNs, crash } = this;
		const { speedIndex, slowAtBorders } = this;
		return {
			worlds,
			positionNs: nowNs,
			view: { ...view, speedIndex, slowAtBorders },
			modelVersion: MODEL_VERSION,
			fingerprints: crash ? worlds.map(() => null) : await this.fingerprints(),
			...(crash && crashedRun(worlds, this.crashIndex, crash, this.#lastGoodNs ?? nowNs))
		};
	}

	async close(): Promise<void> {
		if (this.state === 'closed') return;
		this.state = 'closed';
		this.#intents.clear();
		this.#turns.end();
		this.progress = null;
	}

	// ——— turns ———

	#at(worldIndex: number): LiveWorld {
		const live = this.#live[worldIndex];
		if (!live) throw new RangeError(`there are ${this.#live.length} worlds, none is ${worldIndex}`);
		return live;
	}

	get #ids(): WorldId[] {
		return this.#live.map((live) => live.world);
	}

	#want<T>(kind: string, work: () => Promise<T>): Promise<T | null> {
		if (this.state === 'closed') return Promise.resolve(null);
		return this.#intents.want(kind, work);
	}

	/** A question that cannot be answered harms nobody but the asker. */
	async #question<Q extends Query>(world: WorldId, query: Q): Promise<AnswerTo<Q>> {
		const others = query.kind === 'first-difference' ? [query.other] : [];
		try {
			return await this.#turns.ask(world, query, others);
		} catch (error) {
			if (error instanceof WorkerLost || this.state === 'closed') throw error;
			// A buffer that went along with the question did not come back.
			if (this.memory === 'transferred') await this.#rebuild(this.nowNs);
			else this.#turns.release([world, ...others]);
			throw new UnansweredQuestion((error as Error).message);
		}
	}

	/** Grid for moments: the pace really gone, not the one asked for. */
	#rate(passedMs: number, speed: number): number {
		return passedMs > 0
			? Math.min(speed, ((this.#targetNs - this.nowNs) / passedMs) * 1000)
			: speed;
	}

	async #slice(untilNs: number): Promise<void> {
		if (this.state !== 'playing') return;
		const startMs = performance.now();
		const answer = await this.#turns.advance(this.#ids, untilNs, this.#budget.events);
		const endMs = performance.now();
		this.#budget.learn(answer.events, endMs - startMs);
		this.#isBehind = !answer.done;
		if (!this.#take(answer)) return;
		const isOver = answer.done && untilNs >= this.untilNs;
		if (isOver || endMs - this.#lastCourseMs >= COURSE_EVERY_MS) {
			this.#lastCourseMs = endMs;
			await this.#askCourses();
		}
		if (isOver && this.state === 'playing') this.state = 'paused';
		this.#publish();
	}

	/** Believes an answer, unless the engine stopped on a broken promise. */
	#take(answer: AdvanceAnswer): boolean {
		if (answer.crash) {
			throw new EngineCrash(answer.crash);
		}
		for (const live of this.#live) live.status = answer.statuses[live.world] ?? live.status;
		return this.state !== 'closed';
	}

	/** All worlds to one moment, in bounded calls; false when a newer seek is waiting. */
	async #goTo(ns: number, label: string): Promise<boolean> {
		const sinceMs = performance.now();
		try {
			for (;;) {
				const startMs = performance.now();
				const answer = await this.#turns.seek(this.#ids, ns, this.#budget.events * SEEK_FACTOR);
				const endMs = performance.now();
				this.#budget.learn(answer.events, endMs - startMs);
				if (!this.#take(answer)) return false;
				if (answer.done) return true;
				if (this.#intents.isOvertaken) return false;
				if (endMs - sinceMs > PROGRESS_AFTER_MS) this.#showProgress(label, answer.progress);
			}
		} finally {
			this.#hideProgress();
		}
	}

	#showProgress(label: string, fraction: number): void {
		this.progress = { label, fraction };
		if (this.state === 'paused') this.state = 'busy';
	}

	#hideProgress(): void {
		this.progress = null;
		if (this.state === 'busy') this.state = 'paused';
	}

	async #jump(ns: number, label: string, scrubbing = false): Promise<void> {
		this.#capture();
		if (!(await this.#goTo(ns, label))) return;
		await this.#askCourses();
		this.#publish();
		this.#beginSettling(scrubbing);
	}

	async #stepForward(unit: StepUnit): Promise<void> {
		if (this.nowNs >= this.untilNs || this.state === 'crashed') return;
		this.#capture();
		const fromNs = this.nowNs;
		if (unit === 'event') {
			const [first] = [...this.#live].sort((a, b) => nextNs(a.status) - nextNs(b.status));
			if (first) await this.#stepWorld(first, unit);
		} else {
			// The forecast knows the next border of all worlds; without it the first world leads.
			const ahead = this.#live.every((live) => live.forecast)
				? this.#live
						.flatMap((live) => borders(live.forecast as RunSummary, unit))
						.filter((ns) => ns > fromNs)
				: null;
			if (ahead === null && this.#live[0]) await this.#stepWorld(this.#live[0], unit);
			else if (ahead)
				await this.#goTo(Math.min(this.untilNs, ...ahead), 'Going to the next border');
		}
		const reachedNs = Math.min(
			this.untilNs,
			Math.max(...this.#live.map((live) => live.status.nowNs))
		);
		if (this.#live.some((live) => live.status.nowNs !== reachedNs))
			await this.#goTo(reachedNs, 'Bringing the worlds to one moment');
		if (unit === 'event' && reachedNs > fromNs) this.#trail.push(fromNs);
		await this.#askCourses();
		this.#publish();
		this.#beginSettling(false);
	}

	async #stepWorld(live: LiveWorld, unit: StepUnit): Promise<void> {
		for (;;) {
			const startMs = performance.now();
			const answer = await this.#turns.step(live.world, unit, this.#budget.events * SEEK_FACTOR);
			this.#budget.learn(answer.events, performance.now() - startMs);
			if (!this.#take(answer) || answer.done || live.status.nowNs >= this.untilNs) return;
		}
	}

	/** The moment before now at which a step of this size would have stopped. */
	async #timeBefore(unit: StepUnit): Promise<number> {
		if (unit !== 'event') {
			const times = this.#live.flatMap((live) => borders(live.course, unit));
			return Math.max(0, ...times.filter((ns) => ns < this.nowNs));
		}
		const visited = this.#trail.pop();
		if (visited !== undefined && visited < this.nowNs) return visited;
		let found = 0;
		for (const live of this.#live) {
			// Newest records first, a page at a time, until one lies before now.
			for (let end = live.status.traceCount; end > 0; end -= 64) {
				const fromSeq = Math.max(0, end - 64);
				const records = await this.#turns.ask(live.world, {
					kind: 'records',
					fromSeq,
					count: end - fromSeq
				});
				const earlier = records.filter((record) => record.atNs < this.nowNs);
				if (earlier.length === 0) continue;
				found = Math.max(found, ...earlier.map((record) => record.atNs));
				break;
			}
		}
		return found;
	}

	async #send(live: LiveWorld, command: Command): Promise<SendOutcome> {
		const { world, status } = live;
		try {
			const answer = await this.#turns.send(world, command);
			live.status = answer.status;
			live.journal = answer.journal;
			if (answer.outcome.ok) await this.#afterCommand([live], status.nowNs);
			return answer.outcome;
		} catch (error) {
			if (error instanceof WorkerLost || error instanceof EngineCrash) throw error;
			throw new EngineCrash({
				...crashOf(error, live),
				journal: [...live.journal, { atNs: status.nowNs, command }]
			});
		}
	}

	async #afterCommand(changed: readonly LiveWorld[], ns: number): Promise<void> {
		if (this.#live.some((live) => live.status.nowNs !== ns))
			await this.#goTo(ns, 'Going to the command');
		this.#trail = this.#trail.filter((visited) => visited < ns);
		this.#targetNs = ns;
		for (const live of changed) this.#wantForecast(live);
		await this.#askCourses();
		this.#publish();
	}

	async #askCourses(): Promise<void> {
		for (const live of this.#live) {
			if (this.state === 'closed') return;
			live.course = await this.#turns.ask(live.world, { kind: 'summary' });
		}
	}

	// ——— what pages see ———

	#publish(): void {
		if (this.state === 'closed') return;
		this.worlds = this.#live.map((live) => ({
			world: live.world,
			label: live.spec.label ?? live.scenario.title,
			spec: live.spec,
			status: live.status,
			views: this.#turns.views(live.world),
			journal: live.journal,
			course: live.course,
			forecast: live.forecast
		}));
		this.nowNs = Math.min(...this.#live.map((live) => live.status.nowNs));
		this.untilNs = Math.max(...this.#live.map(untilNsOfWorld));
		this.#spans = this.#live.flatMap((live) => (live.forecast ? slowSpans(live.forecast) : []));
		this.turn += 1;
	}

	/** Keeps what is shown, for the plan of what moves from there to the next settled state. */
	#capture(): void {
		if (!this.readable) return;
		const statuses = new Map<WorldId, WorldStatus>();
		const blockWords = new Map<WorldId, Uint32Array>();
		for (const { world, status } of this.#live) {
			statuses.set(world, status);
			blockWords.set(
				world,
				new Uint32Array(this.#turns.views(world).columns.blockWord as Uint32Array)
			);
		}
		this.before = { statuses, blockWords };
	}

	#beginSettling(scrubbing: boolean): void {
		this.settlePhase = scrubbing || this.reducedMotion ? 1 : 0;
	}

	#settled(): void {
		this.settlePhase = 1;
	}

	/** Ends what is still moving on screen. */
	finishMotion(): void {
		this.#settled();
	}

	// ——— forecast ———

	#wantForecast(live: LiveWorld): void {
		live.forecast = null;
		if (!this.#withForecast) return;
		this.#forecaster.want(this.#live.indexOf(live), {
			scenario: live.scenario,
			journal: live.journal,
			belief: live.spec.belief ?? null,
			untilNs: untilNsOfWorld(live)
		});
	}

	#background(): (() => Promise<void>) | null {
		if (this.state === 'closed' || this.state === 'crashed' || !this.#forecaster.hasWork)
			return null;
		return async () => {
			const finished = await this.#forecaster.step();
			const live = finished && this.#live[finished.index];
			if (!finished || !live) return;
			live.forecast = finished.forecast;
			if (this.readable) this.#publish();
		};
	}

	// ——— opening, and what goes wrong ———

	async #openAll(specs: readonly WorldSpec[]): Promise<Outcome<null, ReasonId>> {
		for (const spec of specs) {
			const read = readScenario(spec.scenario);
			if (!read.ok) return read;
			const journal = spec.journal ?? (read.value.journal as LiveWorld['journal']);
			const opened = await this.#turns.open({
				scenario: read.value,
				journal,
				belief: spec.belief ?? null
			});
			if (!opened.ok) return opened;
			this.#live.push({
				spec,
				scenario: read.value,
				world: opened.value.world,
				status: opened.value.status,
				journal,
				course: EMPTY_COURSE,
				forecast: null,
				past: pastOf(read.value, journal),
				undone: []
			});
		}
		this.#sentTo = this.#live
			.flatMap((live, index) =>
				live.journal
					.slice(live.journal.length - live.past.length)
					.map(({ atNs }) => ({ atNs, index }))
			)
			.sort((a, b) => a.atNs - b.atNs)
			.map(({ index }) => index);
		await this.#askCourses();
		for (const live of this.#live) this.#wantForecast(live);
		this.#publish();
		this.#intents.wake();
		return ok(null);
	}

	async #reopen(live: LiveWorld, journal: LiveWorld['journal']): Promise<void> {
		const { scenario, spec, world } = live;
		await this.#turns.close(world);
		const opened = await this.#turns.open({ scenario, journal, belief: spec.belief ?? null });
		if (!opened.ok) throw new WorkerLost('failed', opened.detail);
		live.world = opened.value.world;
		live.status = opened.value.status;
		live.journal = journal;
	}

	/** Runs one piece of work. A lost engine is started again and the work tried once more; a crash stops the session. */
	async #guard(work: () => Promise<void>): Promise<void> {
		for (let attempt = 0; ; attempt += 1) {
			if (this.state === 'closed') return;
			try {
				return await work();
			} catch (error) {
				if ((this.state as SessionState) === 'closed') return;
				if (error instanceof WorkerLost) {
					const isBack = await this.#recover(error);
					if (isBack && attempt === 0) continue;
					this.#intents.clear();
					return;
				}
				if (error instanceof RangeError || error instanceof UnansweredQuestion) throw error;
				await this.#stop(
					error instanceof EngineCrash ? error.report : crashOf(error, this.#live[0])
				);
				return;
			}
		}
	}

	/** A new engine, the same worlds: scenario and journal are all it takes. */
	async #recover(loss: WorkerLost): Promise<boolean> {
		const wasPlaying = this.state === 'playing';
		if (wasPlaying) this.state = 'paused';
		const what = loss.kind === 'stuck' ? 'did not answer' : 'stopped working';
		try {
			await this.#rebuild(this.nowNs);
			this.message = `The engine ${what} (${loss.message}) and was started again. The run was rebuilt from its commands and stands at ${formatNs(this.nowNs)} as before.`;
			return true;
		} catch (error) {
			this.state = 'crashed';
			this.message = `The engine ${what} and could not be started again: ${(error as Error).message}. What you see is the last state it showed. Reload the page to go on.`;
			return false;
		}
	}

	async #rebuild(ns: number): Promise<void> {
		this.#turns.end();
		this.#turns = await begin(this.#start, this.#turns.memory);
		this.#forecaster = new Forecaster(this.#turns);
		for (const live of this.#live) {
			const { scenario, journal, spec } = live;
			const opened = await this.#turns.open({ scenario, journal, belief: spec.belief ?? null });
			if (!opened.ok) throw new WorkerLost('failed', opened.detail);
			live.world = opened.value.world;
			live.status = opened.value.status;
		}
		await this.#goTo(ns, 'Building the run again');
		await this.#askCourses();
		for (const live of this.#live) if (!live.forecast) this.#wantForecast(live);
		this.before = null;
		this.#settled();
		this.#publish();
	}

	/** A broken promise of the engine: nothing after the last good moment is believed. */
	async #stop(report: CrashReport): Promise<void> {
		this.#intents.clear();
		this.state = 'crashed';
		this.crash = report;
		this.crashIndex = Math.max(
			0,
			this.#live.findIndex((live) => live.world === report.world)
		);
		this.#lastGoodNs = this.nowNs;
		this.message = `The engine found that one of its own rules was broken (${report.message}) and stopped. You see the last good state, ${formatNs(this.nowNs)}.`;
		try {
			await this.#rebuild(this.nowNs);
		} catch {
			// The picture stays as it was; the report and its link are what matters now.
		}
	}
}

class EngineCrash extends Error {
	readonly report: CrashReport;
	constructor(report: CrashReport) {
		super(report.message);
		this.report = report;
	}
}

class UnansweredQuestion extends Error {
	override name = 'UnansweredQuestion';
}

function crashOf(error: unknown, live: LiveWorld | undefined): CrashReport {
	const { message, stack } = error instanceof Error ? error : new Error(String(error));
	return {
		world: live?.world ?? -1,
		message,
		stack: stack ?? '',
		atNs: live?.status.nowNs ?? 0,
		eventCount: live?.status.eventCount ?? 0,
		journal: live?.journal ?? []
	};
}

const nextNs = (status: WorldStatus): number => status.nextEventNs ?? Infinity;

const noEngine = (state: SessionState): SendOutcome =>
	refused('no-engine', state === 'crashed' ? 'The engine has stopped.' : 'The session is closed.');

/** A started engine that has said what it can do: memory is shared only where both sides can. */
async function begin(start: () => Connection, wish: MemoryWish): Promise<Turns> {
	const connection = start();
	try {
		const { sharedMemory } = await connection.call((port) => port.describe());
		const search = typeof location === 'undefined' ? '' : location.search;
		const memory = sharedMemory ? wishedMemory(wish, search) : 'transferred';
		return new Turns(connection, memory);
	} catch (error) {
		connection.end();
		throw error;
	}
}
