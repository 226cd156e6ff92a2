import type { JournalEntry } from '../engine/contract/commands.ts';
import type { WorldId } from '../engine/contract/ids.ts';
import type { RunSummary } from '../engine/contract/queries.ts';
import type { WorldStatus } from '../engine/contract/status.ts';
import { SliceBudget } from './pace.ts';
import type { Turns } from './turns.ts';

export interface ForecastWish {
	readonly scenario: unknown;
	readonly journal: readonly JournalEntry[];
	readonly belief: string | null;
	readonly untilNs: number;
	/** How much longer it may go on while a migration is running: a command that somebody added must be seen to end. */
	readonly tailNs: number;
}

/** A run that has not settled is looked at again after so much more simulated time. */
const TAIL_STEP_NS = 200_000_000;

/** It is never sought back in, so it needs no room for checkpoints. */
const TWIN_CHECKPOINT_BYTES = 1024 * 1024;

/**
 * The dashed future: a twin of a world, run to the end in bounded slices between the turns of the others, asked for its
 * summary and closed. The same scenario and journal give the same run, so it shows what will be, unless somebody acts.
 */
export class Forecaster {
	private readonly turns: Turns;
	private readonly budget = new SliceBudget();
	private readonly wishes = new Map<number, ForecastWish>();
	private readonly isWanted: () => boolean;
	private current: { index: number; wish: ForecastWish; world: WorldId; untilNs: number } | null =
		null;
	/** The twin that runs is of no more use. */
	private isSettled = false;

	/** @param isWanted asked before each step: whether this is the time for it */
	constructor(turns: Turns, isWanted: () => boolean) {
		this.turns = turns;
		this.isWanted = isWanted;
	}

	/** Replaces what was wished for this world before, also where it is half done. */
	want(index: number, wish: ForecastWish): void {
		this.wishes.set(index, wish);
	}

	get hasWork(): boolean {
		return this.isWanted() && (this.current !== null || this.wishes.size > 0);
	}

	/**
	 * The world itself stands where its forecast would end: then nothing more is to be worked out. True only for a forecast that
	 * is still due.
	 */
	settles(index: number, status: WorldStatus): boolean {
		const running = this.current?.index === index && !this.isSettled;
		const wish = this.wishes.get(index) ?? (running ? this.current?.wish : undefined);
		if (!wish || status.nowNs < wish.untilNs || (wish.tailNs > 0 && !status.settled)) return false;
		this.wishes.delete(index);
		if (this.current?.index === index) this.isSettled = true;
		return true;
	}

	/** One bounded call; returns a forecast when one is finished. */
	async step(): Promise<{ index: number; forecast: RunSummary | null } | null> {
		if (this.current && (this.isSettled || this.wishes.has(this.current.index))) {
			await this.closeTwin();
			return null;
		}
		if (!this.current) return this.begin();
		const { index, world, wish, untilNs } = this.current;
		const startMs = performance.now();
		const answer = await this.turns.advance([world], untilNs, Math.ceil(this.budget.events / 2));
		this.budget.learn(answer.events, performance.now() - startMs);
		if (answer.crash) {
			// The run itself will meet it, and then it is reported.
			await this.closeTwin();
			return { index, forecast: null };
		}
		if (!answer.done) return null;
		if (answer.statuses[world]?.settled === false && untilNs < wish.untilNs + wish.tailNs) {
			this.current.untilNs = Math.min(untilNs + TAIL_STEP_NS, wish.untilNs + wish.tailNs);
			return null;
		}
		const forecast = await this.turns.ask(world, { kind: 'summary' });
		await this.closeTwin();
		return this.wishes.has(index) ? null : { index, forecast };
	}

	private async begin(): Promise<{ index: number; forecast: null } | null> {
		const [next] = this.wishes;
		if (!next) return null;
		const [index, wish] = next;
		this.wishes.delete(index);
		const { scenario, journal, belief } = wish;
		const outcome = await this.turns.open({
			scenario,
			journal,
			belief,
			checkpointBytes: TWIN_CHECKPOINT_BYTES
		});
		// Refused: too large to have twice. Then there is no dashed future, and nothing else is lost.
		if (!outcome.ok) return { index, forecast: null };
		this.current = { index, wish, world: outcome.value.world, untilNs: wish.untilNs };
		return null;
	}

	private async closeTwin(): Promise<void> {
		if (!this.current) return;
		const { world } = this.current;
		this.current = null;
		this.isSettled = false;
		await this.turns.close(world);
	}
}
