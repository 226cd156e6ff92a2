import type { MoverStep, MoverVerdict } from '$lib/engine/contract/movers.ts';
import { planTexts } from '$lib/lessons/lab/run-lab.ts';
import { filled } from '$lib/lessons/lab/template.ts';
import type { LabWhole } from './lab-whole.ts';

type Mover = MoverStep['mover'];
export const LANES: readonly {
	readonly mover: Mover;
	readonly label: string;
	readonly about: string;
}[] = [
	{ mover: 'migrator', label: 'Migrator', about: 'your acts, then the hand-off and the pull home' },
	{ mover: 'balancing', label: 'NUMA balancing', about: 'scan, take at a touch, promote to DRAM' },
	{ mover: 'reclaim', label: 'Reclaim', about: 'pick, unmap and write to swap' }
];
/** Before the hand-off each of the others gets one round. */
const OTHERS: readonly Mover[] = ['balancing', 'balancing', 'balancing', 'reclaim', 'reclaim'];

/** One order of the three movers, laid by hand; what each step does in it is the engine's answer. */
export class LabOrder {
	readonly page: LabWhole;
	order: readonly Mover[] = $state.raw([]);
	verdict: MoverVerdict | null = $state.raw(null);
	#generation = 0;

	constructor(page: LabWhole) {
		this.page = page;
	}

	get #plan(): string | null {
		const { movers } = this.page.steps.challenge;
		const { plan, seed } = this.page.learner;
		return movers === undefined
			? null
			: String(filled(movers, planTexts(this.page.lab, plan, seed)));
	}

	/** The plan is another one: the others' steps stand before the hand-off, where they do most. */
	async lay(): Promise<void> {
		const own = await this.#ask([]);
		if (own === null) return;
		const path = own.path.map((step) => step.mover);
		const at = own.path.findIndex((step) => step.name === 'hand-off');
		await this.try([...path.slice(0, Math.max(0, at)), ...OTHERS, ...path.slice(Math.max(0, at))]);
	}

	/** The order that the search found, to be looked at step by step. */
	async show(path: readonly MoverStep[]): Promise<void> {
		await this.try(path.map((step) => step.mover));
	}

	async try(order: readonly Mover[]): Promise<void> {
		const verdict = await this.#ask(order);
		if (verdict === null) return;
		this.verdict = verdict;
		// Steps that had nothing left to do fall away; what the migrator still had to do was added.
		this.order = verdict.path.filter((step) => step.name !== 'done').map((step) => step.mover);
	}

	/** The step at `from` goes to the place of the one at `to`. */
	async move(from: number, to: number): Promise<void> {
		const mover = this.steps[from]?.mover;
		if (mover === undefined || to < 0 || to >= this.steps.length || from === to) return;
		const rest = this.steps.map((step) => step.mover);
		rest.splice(from, 1);
		rest.splice(to, 0, mover);
		await this.try(rest);
	}

	get steps(): readonly MoverStep[] {
		return (this.verdict?.path ?? []).filter((step) => step.name !== 'done');
	}

	async #ask(order: readonly Mover[]): Promise<MoverVerdict | null> {
		const plan = this.#plan;
		const { session } = this.page;
		if (plan === null || session === null) return null;
		const generation = ++this.#generation;
		try {
			const verdict = await session.ask(0, {
				kind: 'movers',
				plan: `${plan} | ${order.join(' ')}`
			});
			return generation === this.#generation ? verdict : null;
		} catch {
			// The machine was closed meanwhile; the next one is asked again.
			return null;
		}
	}
}
