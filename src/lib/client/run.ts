import { ok, type Outcome } from '../base/outcome.ts';
import type { Command, JournalEntry } from '../engine/contract/commands.ts';
import type { WorldId } from '../engine/contract/ids.ts';
import type { AdvanceAnswer, StepRequest } from '../engine/contract/port.ts';
import type { AnswerTo, Query, RunSummary } from '../engine/contract/queries.ts';
import type { ReasonId } from '../engine/contract/reasons.ts';
import { readScenario } from '../engine/contract/scenario/read.ts';
import type { WorldStatus } from '../engine/contract/status.ts';
import { wishedMemory, WorkerLost, type Connection, type MemoryWish } from './connect.ts';
import { momentLike, type Lock } from './clocks.ts';
import { crashOf, EngineCrash, UnansweredQuestion } from './failures.ts';
import { Forecaster } from './forecast.ts';
import { LONGEST_TAIL_NS, untilNsOf } from './link/payload.ts';
import {
	borders,
	isOneLess,
	pastOf,
	untilNsOfWorld,
	type LiveWorld,
	type WorldSpec
} from './live-world.ts';
import { SliceBudget } from './pace.ts';
import { recordBefore } from './record-before.ts';
import { Turns } from './turns.ts';

export type StepUnit = StepRequest['unit'];

/** What was shown at one moment: enough to tell what moves from there to the next settled state (decision D10). */
export interface Picture {
	readonly statuses: ReadonlyMap<WorldId, WorldStatus>;
	readonly blockWords: ReadonlyMap<WorldId, Uint32Array>;
}

/** How the run tells whoever waits for it, and asks whether it should go on. */
export interface Watcher {
	readonly isClosed: () => boolean;
	/** Something newer is wanted than the moment being gone to. */
	readonly isOvertaken: () => boolean;
	readonly progress: (label: string, fraction: number) => void;
	/** Whether the dashed future may be worked out now. */
	readonly wantsForecast: () => boolean;
}

/** A seek that takes longer shows its progress. */
const PROGRESS_AFTER_MS = 150;
/** Slices of a seek are longer than those of play: nothing is drawn between them. */
const SEEK_FACTOR = 3;

const EMPTY_COURSE: RunSummary = { nowNs: 0, operations: [], vms: [] };

/** A started engine that has said what it can do: memory is shared only where both sides can. */
export async function begin(start: () => Connection, wish: MemoryWish): Promise<Turns> {
	const connection = start();
	try {
		const { sharedMemory } = await connection.call((port) => port.describe());
		const search = typeof location === 'undefined' ? '' : location.search;
		return new Turns(connection, sharedMemory ? wishedMemory(wish, search) : 'transferred');
	} catch (error) {
		connection.end();
		throw error;
	}
}

/**
 * Worlds on one clock, without a page: opened, moved, asked, given commands, built again from nothing. One call at a time
 * is the caller's duty. Throws a WorkerLost when the engine is gone and an EngineCrash when it broke a rule of its own.
 */
export class Run {
	readonly live: LiveWorld[] = [];
	turns: Turns;
	forecaster: Forecaster;
	/** By phase the first world has the clock, and the others follow it through their own moves (clocks.ts). */
	lock: Lock = 'time';
	private readonly budget = new SliceBudget();
	private readonly start: () => Connection;
	private readonly watcher: Watcher;
	/** Moments that single steps came through, ascending to now. */
	private trail: number[] = [];

	constructor(turns: Turns, start: () => Connection, watcher: Watcher) {
		this.turns = turns;
		this.start = start;
		this.watcher = watcher;
		this.forecaster = new Forecaster(turns, watcher.wantsForecast);
	}

	get ids(): WorldId[] {
		return this.live.map((live) => live.world);
	}

	/** Those whose time is the clock's. */
	private get leading(): readonly LiveWorld[] {
		return this.lock === 'phase' ? this.live.slice(0, 1) : this.live;
	}

	/** Worlds that are not at one moment stand, as a whole, at the earliest. */
	get nowNs(): number {
		return Math.min(...this.leading.map((live) => live.status.nowNs));
	}

	get untilNs(): number {
		return Math.max(...this.leading.map(untilNsOfWorld));
	}

	/** Where a world stands when the clock says `ns`. */
	private momentIn(live: LiveWorld, ns: number): number {
		if (this.lock === 'time' || live === this.live[0]) return ns;
		return Math.min(untilNsOfWorld(live), momentLike(this.at(0), live, ns));
	}

	get isReadable(): boolean {
		return this.live.every((live) => !this.turns.isAway(live.world));
	}

	at(index: number): LiveWorld {
		const live = this.live[index];
		if (!live) throw new RangeError(`there are ${this.live.length} worlds, none is ${index}`);
		return live;
	}

	rename(names: readonly string[]): void {
		this.live.forEach((live, index) => {
			live.spec = { ...live.spec, label: names[index] ?? live.scenario.title };
		});
	}

	async open(specs: readonly WorldSpec[]): Promise<Outcome<null, ReasonId>> {
		for (const spec of specs) {
			const read = readScenario(spec.scenario);
			if (!read.ok) return read;
			const scenario = read.value;
			const journal = spec.journal ?? (scenario.journal as readonly JournalEntry[]);
			const opened = await this.turns.open({ scenario, journal, belief: spec.belief ?? null });
			if (!opened.ok) return opened;
			const { world, status } = opened.value;
			const past = pastOf(scenario, journal);
			this.live.push({
				spec,
				scenario,
				world,
				status,
				journal,
				course: EMPTY_COURSE,
				forecast: null,
				proof: null,
				past,
				undone: []
			});
		}
		await this.askCourses();
		for (const live of this.live) this.wantForecast(live);
		return ok(null);
	}

	// ——— moving ———

	/** One slice of play; false while the engine is behind. */
	async slice(untilNs: number): Promise<boolean> {
		if (this.lock === 'time') return this.advance(this.ids, untilNs);
		let isDone = await this.advance([this.at(0).world], untilNs);
		for (const live of this.live.slice(1)) {
			const ns = this.momentIn(live, this.nowNs);
			if (ns > live.status.nowNs) isDone = (await this.advance([live.world], ns)) && isDone;
		}
		return isDone;
	}

	private async advance(worlds: readonly WorldId[], untilNs: number): Promise<boolean> {
		const startMs = performance.now();
		const answer = await this.turns.advance(worlds, untilNs, this.budget.events);
		this.believe(answer, startMs);
		return answer.done;
	}

	/** All worlds to one moment, in bounded calls; false when something newer is wanted. */
	async goTo(ns: number, label: string): Promise<boolean> {
		const sinceMs = performance.now();
		if (this.lock === 'time') return this.bring(this.ids, ns, label, sinceMs);
		for (const live of this.live) {
			const isThere = await this.bring([live.world], this.momentIn(live, ns), label, sinceMs);
			if (!isThere) return false;
		}
		return true;
	}

	private async bring(
		worlds: readonly WorldId[],
		ns: number,
		label: string,
		sinceMs: number
	): Promise<boolean> {
		for (;;) {
			const startMs = performance.now();
			const answer = await this.turns.seek(worlds, ns, this.budget.events * SEEK_FACTOR);
			this.believe(answer, startMs);
			if (answer.done) return true;
			if (this.watcher.isClosed() || this.watcher.isOvertaken()) return false;
			if (performance.now() - sinceMs > PROGRESS_AFTER_MS)
				this.watcher.progress(label, answer.progress);
		}
	}

	async jump(ns: number, label: string): Promise<boolean> {
		this.trail = [];
		return this.goTo(ns, label);
	}

	/** The next event, or the next border of any world; all worlds come along. */
	async stepForward(unit: StepUnit): Promise<void> {
		const fromNs = this.nowNs;
		if (unit === 'event') {
			const [first] = [...this.leading].sort((a, b) => nextNs(a.status) - nextNs(b.status));
			if (first) await this.stepWorld(first, unit);
		} else {
			const ahead = this.bordersAhead(unit);
			// The forecast knows the next border of all worlds; without it the first world leads.
			if (ahead) await this.goTo(Math.min(this.untilNs, ...ahead), 'Going to the next border');
			else await this.stepWorld(this.at(0), unit);
		}
		const reachedNs = await this.level();
		if (unit === 'event' && reachedNs > fromNs) this.trail.push(fromNs);
	}

	/** The moment before now at which a step of this size would have stopped. */
	async momentBefore(unit: StepUnit): Promise<number> {
		const { nowNs } = this;
		if (unit !== 'event') {
			const times = this.leading.flatMap((live) => borders(live.course, unit));
			return Math.max(0, ...times.filter((ns) => ns < nowNs));
		}
		const visited = this.trail.at(-1);
		if (visited !== undefined && visited < nowNs) return visited;
		let found = 0;
		for (const live of this.leading)
			found = Math.max(found, await recordBefore(this.turns, live, nowNs));
		return found;
	}

	/** A step back: as a jump, but the way that steps came stays known. */
	async stepBackTo(ns: number): Promise<boolean> {
		this.trail = this.trail.filter((visited) => visited < ns);
		return this.goTo(ns, 'Going back');
	}

	private bordersAhead(unit: 'phase' | 'commit'): number[] | null {
		const { nowNs } = this;
		const ahead: number[] = [];
		for (const { forecast } of this.leading) {
			if (!forecast) return null;
			ahead.push(...borders(forecast, unit).filter((ns) => ns > nowNs));
		}
		return ahead;
	}

	private async stepWorld(live: LiveWorld, unit: StepUnit): Promise<void> {
		for (;;) {
			const startMs = performance.now();
			const answer = await this.turns.step(live.world, unit, this.budget.events * SEEK_FACTOR);
			this.believe(answer, startMs);
			if (answer.done || live.status.nowNs >= this.untilNs || this.watcher.isClosed()) return;
		}
	}

	/** Worlds that a slice or a step left at different moments come to the latest of them, which is returned. */
	private async level(): Promise<number> {
		const latestNs = Math.max(...this.leading.map((live) => live.status.nowNs));
		const ns = Math.min(this.untilNs, latestNs);
		await this.align(ns);
		return ns;
	}

	/** After play was paused, which may be in the middle of a slice. */
	async rest(): Promise<void> {
		await this.level();
		await this.askCourses();
	}

	private async align(ns: number): Promise<void> {
		if (this.live.some((live) => live.status.nowNs !== this.momentIn(live, ns)))
			await this.goTo(ns, 'Bringing the worlds to one moment');
	}

	private believe(answer: AdvanceAnswer, startMs: number): void {
		this.budget.learn(answer.events, performance.now() - startMs);
		if (answer.crash) throw new EngineCrash(answer.crash);
		for (const live of this.live) live.status = answer.statuses[live.world] ?? live.status;
	}

	// ——— commands ———

	async send(
		live: LiveWorld,
		command: Command
	): Promise<Outcome<{ readonly operation: number | null; readonly call?: number }, ReasonId>> {
		const atNs = live.status.nowNs;
		try {
			const answer = await this.turns.send(live.world, command);
			live.status = answer.status;
			live.journal = answer.journal;
			if (answer.outcome.ok) await this.afterCommand(live, atNs);
			return answer.outcome;
		} catch (error) {
			if (error instanceof WorkerLost || error instanceof EngineCrash) throw error;
			throw new EngineCrash(crashOf(error, live, [...live.journal, { atNs, command }]));
		}
	}

	/** Back to `past`, the journal before the last command, and to that command's moment. */
	async takeBack(
		live: LiveWorld,
		past: readonly JournalEntry[],
		isOneLess: boolean,
		atNs: number
	): Promise<void> {
		if (isOneLess) {
			const answer = await this.turns.undo(live.world);
			live.status = answer.status;
			live.journal = answer.journal;
		} else {
			// The command had cut off others: only the journal from before it has them.
			await this.turns.close(live.world);
			await this.openAgain(live, past);
		}
		await this.afterCommand(live, atNs);
	}

	private async afterCommand(changed: LiveWorld, ns: number): Promise<void> {
		await this.align(ns);
		this.trail = this.trail.filter((visited) => visited < ns);
		this.wantForecast(changed);
		await this.askCourses();
	}

	// ——— questions ———

	/** One that cannot be answered harms nobody but the asker. */
	async ask<Q extends Query>(index: number, query: Q): Promise<AnswerTo<Q>> {
		const { world } = this.at(index);
		const others = query.kind === 'first-difference' ? [query.other] : [];
		try {
			return await this.turns.ask(world, query, others);
		} catch (error) {
			if (error instanceof WorkerLost || this.watcher.isClosed()) throw error;
			// A buffer that went along with the question did not come back.
			if (this.turns.memory === 'transferred') await this.rebuild(this.nowNs);
			else this.turns.release([world, ...others]);
			throw new UnansweredQuestion((error as Error).message);
		}
	}

	/** Takes the last command back that was sent here; false when there is none. */
	async undo(index: number): Promise<boolean> {
		const live = this.live[index];
		const past = live?.past.at(-1);
		const last = live?.journal.at(-1);
		if (!live || !past || !last) return false;
		await this.takeBack(live, past, isOneLess(past, live.journal), last.atNs);
		live.past.pop();
		live.undone.push(last);
		return true;
	}

	/** Sends the command again that was taken back last; false when there is none, or it is refused now. */
	async redo(index: number): Promise<boolean> {
		const live = this.live[index];
		const entry = live?.undone.at(-1);
		if (!live || !entry) return false;
		await this.jump(entry.atNs, 'Going to the command');
		const past = live.journal;
		if (!(await this.send(live, entry.command)).ok) return false;
		live.undone.pop();
		live.past.push(past);
		return true;
	}

	/** Asked again only when the state can be another. */
	async fingerprint(index: number): Promise<string> {
		const live = this.at(index);
		const { nowNs, eventCount } = live.status;
		const of = JSON.stringify([live.world, nowNs, eventCount, live.journal]);
		if (live.proof?.of !== of) {
			const { fingerprint } = await this.ask(index, { kind: 'fingerprint' });
			live.proof = { of, fingerprint };
		}
		return live.proof.fingerprint;
	}

	async askCourses(): Promise<void> {
		for (const live of this.live) {
			if (this.watcher.isClosed()) return;
			live.course = await this.turns.ask(live.world, { kind: 'summary' });
			// A run that has come to its end is all that could be forecast of it.
			if (this.forecaster.settles(this.live.indexOf(live), live.status))
				live.forecast = live.course;
		}
	}

	wantForecast(live: LiveWorld): void {
		live.forecast = null;
		this.forecaster.want(this.live.indexOf(live), {
			scenario: live.scenario,
			journal: live.journal,
			belief: live.spec.belief ?? null,
			untilNs: untilNsOf(live.scenario, live.journal),
			tailNs: live.journal.length > live.scenario.journal.length ? LONGEST_TAIL_NS : 0
		});
	}

	/** Copies one word per 2 MiB block, only for steps and jumps; null while the engine has the worlds. */
	picture(): Picture | null {
		if (!this.isReadable) return null;
		const statuses = new Map<WorldId, WorldStatus>();
		const blockWords = new Map<WorldId, Uint32Array>();
		for (const { world, status } of this.live) {
			statuses.set(world, status);
			blockWords.set(
				world,
				new Uint32Array(this.turns.views(world).columns.blockWord as Uint32Array)
			);
		}
		return { statuses, blockWords };
	}

	// ——— from nothing ———

	/** A new engine, the same worlds at the same moment: scenario and journal are all it takes. */
	async rebuild(ns: number): Promise<void> {
		this.turns.end();
		this.turns = await begin(this.start, this.turns.memory);
		this.forecaster = new Forecaster(this.turns, this.watcher.wantsForecast);
		for (const live of this.live) await this.openAgain(live, live.journal);
		await this.goTo(ns, 'Building the run again');
		await this.askCourses();
		for (const live of this.live) if (!live.forecast) this.wantForecast(live);
	}

	private async openAgain(live: LiveWorld, journal: readonly JournalEntry[]): Promise<void> {
		const { scenario, spec } = live;
		const opened = await this.turns.open({ scenario, journal, belief: spec.belief ?? null });
		if (!opened.ok) throw new WorkerLost('failed', opened.detail);
		live.world = opened.value.world;
		live.status = opened.value.status;
		live.journal = journal;
	}
}

const nextNs = (status: WorldStatus): number => status.nextEventNs ?? Infinity;
