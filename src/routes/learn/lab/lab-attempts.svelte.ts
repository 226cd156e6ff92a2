import { replaceState } from '$app/navigation';
import { nextSeed } from '$lib/lessons/family.ts';
import * as machine from '$lib/lessons/lab/lab.ts';
import { collisionRun, sayPath } from '$lib/lessons/lab/collision-run.ts';
import { exchangeRun } from '$lib/lessons/lab/exchange-run.ts';
import { handOverRun } from '$lib/lessons/lab/hand-over-run.ts';
import { moverRun } from '$lib/lessons/lab/mover-run.ts';
import { planScenario, planTexts, runPlan, type PlanResult } from '$lib/lessons/lab/run-lab.ts';
import { filled } from '$lib/lessons/lab/template.ts';
import { playHref } from '../links.ts';
import { SideEngine } from '../side-engine.ts';
import type { LabWhole } from './lab-whole.ts';

/** The challenge of a lab: the plan, its check on the side, and what was measured. */
export class LabAttempts {
	readonly page: LabWhole;
	/** Fraction of the check under way, and its result. */
	checking: number | null = $state(null);
	result: PlanResult | null = $state.raw(null);
	problem: string | null = $state(null);
	/** Address in the playground of each attempt, by its number. */
	hrefs: Record<number, string> = $state.raw({});
	/** Seed whose world is on the stage, of those that a plan must win. */
	shownSeed: number | null = $state(null);

	#side: SideEngine | null = null;
	#generation = 0;

	constructor(page: LabWhole) {
		this.page = page;
	}

	complete = $derived.by(() => machine.planComplete(this.page.steps, this.page.learner.plan));
	lock = $derived.by(() =>
		this.checking !== null
			? 'the engine runs the plan'
			: this.page.hands.busy
				? 'a move is under way'
				: this.complete
					? null
					: 'every row needs an answer'
	);

	/** A slot, undo, reset: what was measured belongs to the former plan. */
	plan = (next: machine.LabState): void => {
		this.#generation += 1;
		this.checking = null;
		this.result = null;
		this.problem = null;
		this.shownSeed = null;
		const before = this.page.learner;
		this.page.learner = next;
		if (before.plan === next.plan && before.seed === next.seed) return;
		this.page.hands.follow();
		void this.page.order.lay();
	};

	newSeed = (): void => {
		const seed = nextSeed(this.page.learner.seed);
		this.plan(machine.reseedLab(this.page.learner, seed));
		replaceState(`#seed=${seed}`, {});
		void this.page.stand();
	};

	check = async (): Promise<void> => {
		const { page } = this;
		const { lab } = page;
		const generation = ++this.#generation;
		const wanted = (): boolean => generation === this.#generation;
		const { plan, seed } = page.learner;
		this.result = null;
		this.problem = null;
		this.checking = 0;
		try {
			this.#side ??= new SideEngine();
			const { port, memory } = this.#side;
			const result = await runPlan(port, lab, plan, seed, {
				memory,
				wanted,
				onprogress: (fraction) => {
					if (wanted()) this.checking = fraction;
				}
			});
			if (!wanted() || result === null) return;
			this.result = result;
			page.learner = machine.addLabAttempt(page.learner, {
				...result,
				plan,
				note:
					result.note ??
					result.movers?.reason ??
					result.exchange?.reason ??
					result.handOver?.reason ??
					(result.collisions?.path
						? `${sayPath(result.collisions)}: ${result.collisions.found}`
						: null)
			});
			const attempt = page.learner.attempts.at(-1) as machine.LabAttempt;
			page.said = `${result.passed.filter(Boolean).length} of ${result.passed.length} goals reached.`;
			// Where every order was looked at, the one that decided is the run to open.
			const scenario = result.collisions?.path
				? collisionRun(lab, plan, seed, result.collisions)
				: result.exchange !== null
					? exchangeRun(lab, plan, seed, result.exchange)
					: result.movers === null
						? planScenario(lab, plan, seed)
						: moverRun(lab, plan, seed, result.movers);
			const laid = result.handOver === null ? null : handOverRun(lab, plan, seed, result.handOver);
			const href =
				laid === null
					? await playHref(page.root, [{ scenario }])
					: await playHref(page.root, [{ scenario: laid.scenario }], laid.positionNs);
			this.hrefs = { ...this.hrefs, [attempt.number]: href };
			if (wanted()) {
				this.checking = null;
				// Of several seeds the first that was lost is the one to look at.
				const lost = result.seeds.find((each) => !each.passed.every(Boolean));
				if (lab.steps.challenge.hands === undefined) await this.show(lost?.seed ?? seed);
				// A lost order is laid out to be looked at; a plan that holds shows the order that is hardest for it.
				if (result.movers !== null)
					await (result.movers.wins ? page.order.lay() : page.order.show(result.movers.path));
			}
		} catch (error) {
			if (wanted()) this.problem = `The engine stopped: ${(error as Error).message}`;
			this.#side?.end();
			this.#side = null;
		} finally {
			if (wanted()) this.checking = null;
		}
	};

	/** What the seed on the stage drew, in words: only where a check has shown the seeds. */
	eachSays = $derived.by(() => {
		const { lab, learner } = this.page;
		const { eachSays, each } = lab.steps.challenge;
		const seed = this.shownSeed;
		if (eachSays === undefined || seed === null || this.result === null) return null;
		const says = String(filled(eachSays, planTexts(lab, learner.plan, seed)));
		// What is drawn is written as programs are told it: 64M.
		return `${each} ${seed - learner.seed + 1}: ${says.replaceAll(/\b(\d+)M\b/g, '$1\u2009MiB')}`;
	});

	/** The plan on one of the seeds, at its end. */
	show = async (seed: number): Promise<void> => {
		const { page } = this;
		this.shownSeed = seed;
		if (await page.player.stand({ kind: 'plan', plan: page.learner.plan, seed }))
			await page.session?.seek(page.untilNs);
	};

	end(): void {
		this.#generation += 1;
		this.#side?.end();
	}
}
