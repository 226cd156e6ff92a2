import { formatNs } from '../base/format.ts';
import { ok, type Outcome } from '../base/outcome.ts';
import type { Command } from '../engine/contract/commands.ts';
import type { CrashReport } from '../engine/contract/port.ts';
import type { AnswerTo, Query } from '../engine/contract/queries.ts';
import type { ReasonId } from '../engine/contract/reasons.ts';
import { connect, startWorker, WorkerLost, type Connection } from './connect.ts';
import { arrive, linkAt } from './arrive.ts';
import { crashedRun } from './crash-report.ts';
import { crashOf, EngineCrash, UnansweredQuestion } from './failures.ts';
import { Intents } from './intents.ts';
import type { BackEnd } from './isolation.ts';
import * as one from './live-world.ts';
import { beginTwice } from './begin-twice.ts';
import * as words from './session-words.ts';
import type { Lock } from './clocks.ts';
import { slowSpans, type SlowSpan } from './pace.ts';
import { PlayClock } from './play-clock.ts';
import type { LinkNote, LinkState, LinkView } from './permalink.ts';
import { Run, type Picture, type StepUnit } from './run.ts';
import * as settings from './session-options.ts';
import type { SendOutcome, SessionOptions, SessionState } from './session-options.ts';
import type { Turns } from './turns.ts';

export { SPEEDS } from './pace.ts';
export type { OpenWorld, WorldSpec } from './live-world.ts';
export type { StepUnit } from './run.ts';
export type * from './session-options.ts';

/** Worlds on one clock and everything that can be done with them: what pages see of the engine. */
export class Session {
	state: SessionState = $state('paused');
	worlds: readonly one.OpenWorld[] = $state.raw([]);
	nowNs: number = $state(0);
	untilNs: number = $state(0);
	speedIndex: number = $state(settings.DEFAULT_SPEED_INDEX);
	slowAtBorders: boolean = $state(true);
	/** Grows by one with every picture there is to draw. */
	turn: number = $state(0);
	progress: { label: string; fraction: number } | null = $state.raw(null);
	crash: CrashReport | null = $state.raw(null);
	message: string | null = $state(null);
	/** What a link said that the run does not do. */
	notes: readonly LinkNote[] = $state.raw([]);
	settlePhase: number = $state(1);
	/** Whether all worlds stand at one time, or each where the first one is in its move. */
	lock: Lock = $state('time');
	before: Picture | null = $state.raw(null);
	/** Set by the page: steps and jumps are then shown settled at once. */
	reducedMotion = false;

	#outstanding: boolean = $state(false);
	#run: Run;
	#intents: Intents;
	#clock = new PlayClock();
	#spans: readonly SlowSpan[] = [];
	#lastCourseMs = 0;
	/** Which worlds got commands, newest last: what Undo without an index means. */
	#sentTo: number[] = [];
	/** The last moment shown before the engine stopped on a broken promise, and which world broke it. */
	#lastGood: { readonly ns: number; readonly worldIndex: number } | null = null;

	private constructor(turns: Turns, start: () => Connection, wantsForecast: () => boolean) {
		this.#intents = new Intents(
			(work) => this.#guard(work),
			() => this.#background(),
			() => (this.#outstanding = !this.#intents.isIdle)
		);
		const watcher = {
			wantsForecast,
			isClosed: () => this.state === 'closed',
			isOvertaken: () => this.#intents.isOvertaken,
			progress: (label: string, fraction: number) => this.#showProgress(label, fraction)
		};
		this.#run = new Run(turns, start, watcher);
	}

	/** Starts an engine and opens the worlds on one clock; refuses with the engine's reason. */
	static async open(
		specs: readonly one.WorldSpec[],
		options: SessionOptions = {}
	): Promise<Outcome<Session, ReasonId | 'no-engine'>> {
		const start = options.connect ?? (() => connect((options.worker ?? startWorker)()));
		return beginTwice(start, options.memory ?? 'auto', async (turns) => {
			const session = new Session(turns, start, settings.forecastWish(options));
			const outcome = await session.#open(specs);
			return outcome.ok ? ok(session) : outcome;
		});
	}

	/** Opens what a link holds and goes to its moment. */
	static async openLink(
		link: LinkState,
		options: SessionOptions = {}
	): Promise<Outcome<Session, ReasonId | 'no-engine'>> {
		const outcome = await Session.open(link.worlds, options);
		if (outcome.ok) await arrive(outcome.value, link);
		return outcome;
	}

	get memory(): BackEnd {
		return this.#run.turns.memory;
	}

	/** Nothing outstanding, nothing moving: tests wait for it. */
	get idle(): boolean {
		return !this.#outstanding && this.settlePhase === 1 && this.state !== 'playing';
	}

	/** Between turns: `views` may be read. */
	get readable(): boolean {
		return this.state !== 'closed' && this.#run.isReadable;
	}

	// ——— time ———

	play(): void {
		if (this.state !== 'paused' || this.nowNs >= this.untilNs) return;
		this.finishMotion();
		this.before = null;
		this.#clock.start(this.nowNs);
		this.state = 'playing';
	}

	pause(): void {
		if (this.state !== 'playing') return;
		this.state = 'paused';
		void this.#want('course', async () => {
			await this.#run.rest();
			this.#publish();
		});
	}

	/** Once per animation frame. */
	tick(wallMs: number): void {
		const passedMs = this.#clock.passedMs(wallMs);
		const step = this.reducedMotion ? 1 : passedMs / settings.SETTLE_MS;
		if (this.settlePhase < 1) this.settlePhase = Math.min(1, this.settlePhase + step);
		if (this.state !== 'playing') return;
		const { nowNs, speedIndex } = this;
		const spans = this.slowAtBorders ? this.#spans : [];
		const untilNs = this.#clock.reach(passedMs, nowNs, this.untilNs, speedIndex, spans);
		if ((untilNs > nowNs || this.#clock.isBehind) && !this.#intents.has('slice'))
			void this.#want('slice', () => this.#slice(untilNs));
	}

	async step(unit: StepUnit): Promise<void> {
		this.pause();
		await this.#want('step', async () => {
			if (this.nowNs >= this.untilNs || this.state === 'crashed') return;
			this.before = this.#run.picture();
			await this.#run.stepForward(unit);
			await this.#arrived(false);
		});
	}
	async stepBack(unit: StepUnit): Promise<void> {
		this.pause();
		await this.#want('step', async () => {
			this.before = this.#run.picture();
			const ns = await this.#run.momentBefore(unit);
			if (await this.#run.stepBackTo(ns)) await this.#arrived(false);
		});
	}
	rewind = (): Promise<void> => this.seek(0);

	/** `scrubbing`: the moment is being dragged; it is shown settled, with no way in between. */
	async seek(ns: number, options: { readonly scrubbing?: boolean } = {}): Promise<void> {
		this.pause();
		const targetNs = Math.max(0, Math.min(Math.round(ns), this.#lastGood?.ns ?? this.untilNs));
		if (!Number.isSafeInteger(targetNs)) return;
		await this.#want('seek', async () => {
			this.before = this.#run.picture();
			if (await this.#run.jump(targetNs, `Going to ${formatNs(targetNs)}`))
				await this.#arrived(options.scrubbing === true);
		});
	}

	/** By phase: the first world leads, the others stand at the same place of their own moves, as soon as it is known. */
	async lockBy(lock: Lock): Promise<void> {
		this.lock = this.#run.lock = lock;
		await this.seek(this.nowNs);
	}

	rename(names: readonly string[]): void {
		this.#run.rename(names);
		this.#publish();
	}

	finishMotion(): void {
		this.settlePhase = 1;
	}

	// ——— commands ———

	/** Puts a command into the journal of one world at the present moment. */
	async send(worldIndex: number, command: Command): Promise<SendOutcome> {
		if (this.state === 'crashed' || this.state === 'closed') return words.noEngine(this.state);
		const outcome = await this.#want('send', async () => {
			const live = this.#run.at(worldIndex);
			const past = live.journal;
			await this.#meet(live.status.nowNs);
			const answer = await this.#run.send(live, command);
			if (answer.ok) {
				live.past.push(past);
				live.undone = [];
				this.#sentTo.push(worldIndex);
			}
			this.#publish();
			return answer;
		});
		return outcome ?? words.noEngine(this.state);
	}

	canUndo(worldIndex = this.#sentTo.at(-1) ?? -1): boolean {
		return (this.#atTurn(worldIndex)?.past.length ?? 0) > 0;
	}
	canRedo(worldIndex = one.lastUndone(this.#run.live)): boolean {
		return (this.#atTurn(worldIndex)?.undone.length ?? 0) > 0;
	}

	/** The journal without the last command that was sent here; goes back to that command's moment. */
	async undo(worldIndex?: number): Promise<void> {
		await this.#change('undo', async () => {
			const index = worldIndex ?? this.#sentTo.at(-1) ?? -1;
			if (!(await this.#run.undo(index))) return;
			const sent = this.#sentTo.lastIndexOf(index);
			if (sent >= 0) this.#sentTo.splice(sent, 1);
		});
	}
	async redo(worldIndex?: number): Promise<void> {
		await this.#change('redo', async () => {
			const index = worldIndex ?? one.lastUndone(this.#run.live);
			if (await this.#run.redo(index)) this.#sentTo.push(index);
		});
	}

	async #change(kind: string, work: () => Promise<void>): Promise<void> {
		this.pause();
		await this.#want(kind, async () => {
			if (this.state === 'crashed') return;
			this.before = this.#run.picture();
			await this.#meet(this.nowNs);
			await work();
			this.#publish();
		});
	}

	/** Commands go by the clock: all worlds come to the moment of the one that gets one. */
	async #meet(ns: number): Promise<void> {
		if (this.lock === 'time') return;
		this.lock = this.#run.lock = 'time';
		await this.#run.jump(ns, 'Bringing the worlds to one moment');
	}

	/** Read together with the turn, so that what depends on it is looked at again after each. */
	#atTurn(worldIndex: number) {
		return this.turn >= 0 ? this.#run.live[worldIndex] : undefined;
	}

	// ——— questions ———

	/** Rejects when the engine cannot answer this one. */
	async ask<Q extends Query>(worldIndex: number, query: Q): Promise<AnswerTo<Q>> {
		const answer = await this.#want('ask', async () => ({
			it: await this.#run.ask(worldIndex, query)
		}));
		if (answer === null)
			throw new UnansweredQuestion('The engine was closed or started again meanwhile.');
		return answer.it;
	}

	/**
	 * Per world, at the present moment. Null where the engine cannot say, and where the worlds are about to move on: proving
	 * a state takes long enough to be felt between two steps.
	 */
	async fingerprints(): Promise<(string | null)[]> {
		const found: (string | null)[] = [];
		for (const index of this.#run.live.keys()) {
			const proof = await this.#want('fingerprint', () =>
				this.#intents.isMovingOn ? Promise.resolve(null) : this.#run.fingerprint(index)
			).catch(() => null);
			found.push(proof);
		}
		return found;
	}

	/** What a link to this moment holds; after a crash, what leads to it again. */
	async linkState(view: LinkView): Promise<LinkState> {
		const { nowNs, lock, crash, speedIndex, slowAtBorders } = this;
		const worlds = this.#run.live.map(one.worldOfLink);
		const proofs = crash ? [] : await this.fingerprints();
		const state = linkAt(worlds, nowNs, { ...view, speedIndex, slowAtBorders }, lock, proofs);
		const { ns, worldIndex } = this.#lastGood ?? { ns: 0, worldIndex: -1 };
		return crash && worldIndex >= 0
			? { ...state, ...crashedRun(worlds, worldIndex, crash, ns) }
			: state;
	}

	async close(): Promise<void> {
		if (this.state === 'closed') return;
		this.state = 'closed';
		this.#intents.clear();
		this.#run.turns.end();
		this.#hideProgress();
	}

	wake = (): void => this.#intents.wake(); // What had to wait for the page may begin.

	// ——— turns ———

	async #open(specs: readonly one.WorldSpec[]): Promise<Outcome<null, ReasonId>> {
		const outcome = await this.#run.open(specs);
		if (!outcome.ok) return outcome;
		this.#sentTo = one.addedTo(this.#run.live);
		this.#publish();
		this.#intents.wake();
		return outcome;
	}

	/** Null when it was overtaken, or nobody is there any more. */
	#want<T>(kind: string, work: () => Promise<T>): Promise<T | null> {
		if (this.state === 'closed') return Promise.resolve(null);
		return this.#intents.want(kind, async () => {
			try {
				return await work();
			} finally {
				this.#hideProgress();
			}
		});
	}

	async #slice(untilNs: number): Promise<void> {
		if (this.state !== 'playing') return;
		const isDone = await this.#run.slice(untilNs);
		this.#clock.isBehind = !isDone;
		const isOver = isDone && untilNs >= this.untilNs;
		const nowMs = performance.now();
		if (isOver || nowMs - this.#lastCourseMs >= settings.COURSE_EVERY_MS) {
			this.#lastCourseMs = nowMs;
			await this.#run.askCourses();
		}
		if (isOver && this.state === 'playing') this.state = 'paused';
		this.#publish();
	}

	async #arrived(isSettled: boolean): Promise<void> {
		await this.#run.askCourses();
		this.#publish();
		this.#clock.targetNs = this.nowNs;
		this.settlePhase = isSettled || this.reducedMotion ? 1 : 0;
	}

	#publish(): void {
		if (this.state === 'closed') return;
		const { live, turns } = this.#run;
		this.worlds = live.map((each) => one.openWorld(each, turns.views(each.world)));
		this.nowNs = this.#run.nowNs;
		this.untilNs = this.#run.untilNs;
		this.#spans = live.flatMap(({ forecast }) => (forecast ? slowSpans(forecast) : []));
		this.turn += 1;
	}

	#background(): (() => Promise<void>) | null {
		const { forecaster, live } = this.#run;
		if (this.state === 'closed' || this.state === 'crashed' || !forecaster.hasWork) return null;
		return async () => {
			const finished = await forecaster.step();
			const world = finished && live[finished.index];
			if (!finished || !world) return;
			world.forecast = finished.forecast;
			if (this.readable) this.#publish();
			// Now it is known where that one stands when the first is here.
			if (this.lock === 'phase' && this.state === 'paused')
				void this.seek(this.nowNs, { scrubbing: true });
		};
	}

	#showProgress(label: string, fraction: number): void {
		this.progress = { label, fraction };
		if (this.state === 'paused') this.state = 'busy';
	}

	#hideProgress(): void {
		this.progress = null;
		if (this.state === 'busy') this.state = 'paused';
	}

	// ——— what goes wrong ———

	/** Runs one piece of work. A lost engine is started again and the work tried once more; a crash stops the session. */
	async #guard(work: () => Promise<void>): Promise<void> {
		for (let attempt = 0; ; attempt += 1) {
			try {
				return await work();
			} catch (error) {
				// A session that is closed has ended its engine itself.
				if (this.state === 'closed') return;
				if (error instanceof WorkerLost) {
					const isBack = await this.#recover(error);
					if (isBack && attempt === 0) continue;
					this.#intents.clear();
					return;
				}
				if (error instanceof RangeError || error instanceof UnansweredQuestion) throw error;
				await this.#stop(
					error instanceof EngineCrash ? error.report : crashOf(error, this.#run.live[0])
				);
				return;
			}
		}
	}

	async #recover(loss: WorkerLost): Promise<boolean> {
		if (this.state === 'playing') this.state = 'paused';
		try {
			await this.#rebuild();
			this.message = words.startedAgain(loss, this.nowNs);
			return true;
		} catch (error) {
			this.state = 'crashed';
			this.message = words.notStartedAgain(loss, (error as Error).message);
			return false;
		}
	}

	/** Nothing after the last good moment is believed; that moment is built again and stays in view. */
	async #stop(report: CrashReport): Promise<void> {
		this.#intents.clear();
		const worldIndex = this.#run.live.findIndex((live) => live.world === report.world);
		this.#lastGood = { ns: this.nowNs, worldIndex: Math.max(0, worldIndex) };
		this.crash = report;
		this.state = 'crashed';
		this.message = words.brokenRule(report, this.nowNs);
		try {
			await this.#rebuild();
		} catch {
			// The picture stays as it was; the report and its link are what matters now.
		}
	}

	async #rebuild(): Promise<void> {
		await this.#run.rebuild(this.nowNs);
		this.#hideProgress();
		this.before = null;
		this.finishMotion();
		this.#publish();
	}
}
