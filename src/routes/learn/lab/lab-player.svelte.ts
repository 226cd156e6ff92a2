import { Session, SPEEDS, type OpenWorld, type WorldSpec } from '$lib/client/session.svelte.ts';
import type { Expression, FirstDifference } from '$lib/engine/contract/queries.ts';
import type { Scenario } from '$lib/engine/contract/scenario/schema.ts';
import type { Lab } from '$lib/lessons/lab/load.ts';
import { recallScenario } from '$lib/lessons/lab/recall.ts';
import { byHandOf, planScenario, startOf } from '$lib/lessons/lab/run-lab.ts';
import type { LabPlan } from '$lib/lessons/lab/schema.ts';

/** A lab's run is to last about this long on the wall at the speed it begins with. */
const WALL_S = 12;
const HURRY_PARTS = 24;

/** Which worlds stand on the stage: the lab's start with the belief beside it, one option of Change, a plan, or the start asked again on a fresh seed. */
export type Standing =
	| { readonly kind: 'start' }
	| { readonly kind: 'option'; readonly option: string }
	| { readonly kind: 'hands' }
	| { readonly kind: 'plan'; readonly plan: LabPlan; readonly seed: number }
	| { readonly kind: 'again'; readonly seed: number };

/** The session behind a lab's stage. One at a time: another standing closes the former. */
export class LabPlayer {
	readonly lab: Lab;
	session: Session | null = $state.raw(null);
	standing: Standing | null = $state.raw(null);
	problem: string | null = $state(null);
	opening: boolean = $state(false);
	hurrying: boolean = $state(false);
	/** Between two parts of a hurried run: something may be asked there. */
	onpart: (() => Promise<void>) | null = null;
	difference: FirstDifference | null = $state.raw(null);

	#generation = 0;

	constructor(lab: Lab) {
		this.lab = lab;
	}

	get truth(): OpenWorld | null {
		return this.session?.worlds[0] ?? null;
	}
	/** The world of the wrong belief; only beside the start. */
	get belief(): OpenWorld | null {
		return this.session?.worlds[1] ?? null;
	}

	untilNs(standing: Standing | null = this.standing): number {
		const { run, change, challenge } = this.lab.steps;
		if (standing?.kind === 'hands' && change.hands)
			return change.hands.fromNs + change.hands.most * change.hands.everyNs;
		if (standing?.kind === 'option') return change.untilNs ?? run.untilNs;
		return standing?.kind === 'plan' ? challenge.untilNs : run.untilNs;
	}

	/** Where the stage stands before anything is pressed. */
	fromNs(standing: Standing): number {
		const { run, challenge } = this.lab.steps;
		return (standing.kind === 'plan' ? challenge.fromNs : run.fromNs) ?? 0;
	}

	scenarioOf(standing: Standing): Scenario {
		if (standing.kind === 'plan') return planScenario(this.lab, standing.plan, standing.seed);
		const untilNs = this.untilNs(standing);
		if (standing.kind === 'hands') return { ...byHandOf(this.lab), untilNs };
		const { again } = this.lab.steps;
		if (standing.kind === 'again' && again !== undefined)
			return recallScenario({ lab: this.lab, again }, standing.seed);
		const scenario = startOf(this.lab, standing.kind === 'option' ? standing.option : undefined);
		return { ...scenario, untilNs };
	}

	specsOf(standing: Standing): WorldSpec[] {
		const scenario = this.scenarioOf(standing);
		const { belief } = this.lab.steps;
		const { options } = this.lab.steps.change;
		const followed =
			standing.kind === 'option'
				? options.find((option) => option.id === standing.option)?.belief
				: undefined;
		if (followed !== undefined) return [{ scenario, belief: followed }];
		if (standing.kind !== 'start') return [{ scenario }];
		return [
			{ scenario, label: 'True engine' },
			{ scenario, label: belief.name, belief: belief.id }
		];
	}

	/** True when it stands and nobody asked for something else meanwhile. */
	async stand(standing: Standing): Promise<boolean> {
		const generation = ++this.#generation;
		if (this.session !== null && same(this.standing, standing)) return true;
		this.hurrying = false;
		this.opening = true;
		this.problem = null;
		const old = this.session;
		this.session = null;
		this.standing = standing;
		await old?.close();
		const opened = await Session.open(this.specsOf(standing), { withoutForecast: true });
		if (generation !== this.#generation) {
			if (opened.ok) await opened.value.close();
			return false;
		}
		this.opening = false;
		if (!opened.ok) {
			this.problem = opened.detail;
			return false;
		}
		const perSecond = this.untilNs(standing) / WALL_S;
		opened.value.speedIndex = Math.max(
			0,
			SPEEDS.findLastIndex((speed) => speed <= perSecond)
		);
		this.session = opened.value;
		const fromNs = this.fromNs(standing);
		if (fromNs > 0) await opened.value.seek(fromNs);
		return generation === this.#generation;
	}

	/** As fast as the engine goes, with pictures on the way. */
	async hurry(): Promise<void> {
		const { session } = this;
		if (session === null || this.hurrying) return;
		this.hurrying = true;
		session.pause();
		const untilNs = this.untilNs();
		const partNs = Math.ceil(untilNs / HURRY_PARTS);
		while (this.hurrying && this.session === session && session.nowNs < untilNs) {
			const from = session.nowNs;
			const next = (Math.floor(from / partNs) + 1) * partNs;
			await session.seek(Math.min(next, untilNs), { scrubbing: true });
			if (session.nowNs === from) break;
			await this.onpart?.();
		}
		this.hurrying = false;
	}

	async values(
		world: number,
		expressions: readonly Expression[]
	): Promise<readonly (number | boolean | null)[]> {
		const { session } = this;
		if (session === null || expressions.length === 0) return [];
		return session.ask(world, { kind: 'evaluate', expressions });
	}

	/** Where truth and belief part. */
	async findDifference(): Promise<void> {
		const { session, belief } = this;
		if (session === null || belief === null || this.difference !== null) return;
		this.difference = await session.ask(0, { kind: 'first-difference', other: belief.world });
	}

	async close(): Promise<void> {
		this.#generation += 1;
		await this.session?.close();
		this.session = null;
	}
}

const same = (a: Standing | null, b: Standing): boolean => JSON.stringify(a) === JSON.stringify(b);
