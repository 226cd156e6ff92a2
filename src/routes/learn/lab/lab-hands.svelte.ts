import { figureExpressions } from '$lib/lessons/lab/bet.ts';
import {
	momentOf,
	movesOf,
	planWith,
	wordsOf,
	type HandArea,
	type HandMove
} from '$lib/lessons/lab/hands.ts';
import * as machine from '$lib/lessons/lab/lab.ts';
import { planTexts, scaled } from '$lib/lessons/lab/run-lab.ts';
import type { LabExpression, LabHands as Hands } from '$lib/lessons/lab/schema.ts';
import { bound, draw, filled } from '$lib/lessons/lab/template.ts';
import type { Expression } from '$lib/engine/contract/queries.ts';
import type { Scenario } from '$lib/engine/contract/scenario/schema.ts';
import type { LabWhole } from './lab-whole.ts';

/** What the engine says after each move. */
export interface HandReading {
	/** By area, by node. */
	readonly bytes: readonly (readonly number[])[];
	readonly freeBytes: readonly number[];
	readonly capacityBytes: readonly number[];
	readonly strips: readonly (number | null)[];
	/** Goals of the challenge, or what Change asks for, as they stand now. */
	readonly checks: readonly boolean[];
}
type Made = HandMove & { readonly words: string };

/** Memory moved by hand: each move is a call on the running machine, and what it did is read from the engine. */
export class LabHands {
	readonly page: LabWhole;
	reading: HandReading | null = $state.raw(null);
	/** Strips before the first move and after each. */
	trail: readonly (readonly (number | null)[])[] = $state.raw([]);
	made: readonly Made[] = $state.raw([]);
	busy = $state(false);
	/** Everything that was ordered in Change, for a link. */
	journal: Scenario['journal'] | null = $state.raw(null);

	#generation = 0;

	constructor(page: LabWhole) {
		this.page = page;
	}

	get hands(): Hands | undefined {
		const { challenge, change } = this.page.steps;
		return this.page.step === 'challenge'
			? challenge.hands
			: this.page.step === 'change'
				? change.hands
				: undefined;
	}
	get full(): boolean {
		return this.made.length >= (this.hands?.most ?? 0);
	}
	get #texts(): Record<string, string> {
		const { lab, learner } = this.page;
		return this.page.step === 'challenge' ? planTexts(lab, {}, learner.seed) : {};
	}
	#wanted(): HandMove[] {
		const { hands } = this;
		return hands === undefined ? [] : movesOf(hands, this.page.learner.plan, this.#texts);
	}

	/** The machine before the first move, then whatever the plan holds. */
	async open(): Promise<void> {
		const { page, hands } = this;
		if (hands === undefined) return;
		const generation = ++this.#generation;
		this.reading = null;
		this.made = [];
		this.trail = [];
		this.busy = true;
		try {
			const { seed } = page.learner;
			const stands = await page.player.stand(
				page.step === 'challenge' ? { kind: 'plan', plan: {}, seed } : { kind: 'hands' }
			);
			if (!stands || generation !== this.#generation) return;
			// The same machine may stand there with moves of an earlier visit.
			while (page.session?.canUndo(0) === true) await page.session.undo(0);
			await page.session?.seek(page.player.fromNs(page.player.standing ?? { kind: 'hands' }));
			await this.#read(true);
			if (page.step === 'challenge') await this.#catchUp(generation);
		} finally {
			if (generation === this.#generation) this.busy = false;
		}
	}

	/** The plan changed: what it has more is done, what it has less is taken back. */
	follow(): void {
		if (this.hands === undefined || this.reading === null || this.page.step !== 'challenge') return;
		const generation = ++this.#generation;
		this.busy = true;
		void this.#catchUp(generation).finally(() => {
			if (generation === this.#generation) this.busy = false;
		});
	}

	async #catchUp(generation: number): Promise<void> {
		const wanted = this.#wanted();
		const same = (index: number): boolean =>
			this.made[index]?.area === wanted[index]?.area &&
			this.made[index]?.node === wanted[index]?.node;
		let common = 0;
		while (common < this.made.length && same(common)) common += 1;
		while (this.made.length > common) {
			if (generation !== this.#generation) return;
			await this.#takeBack();
		}
		for (const move of wanted.slice(common)) {
			if (generation !== this.#generation) return;
			await this.#make(move);
		}
	}

	/** Somebody puts memory on a node. `true` when there is such a move. */
	put(area: HandArea, node: number): boolean {
		const { page, hands } = this;
		if (hands === undefined || this.busy || this.full || this.reading === null) return false;
		if (page.step === 'challenge') {
			const plan = planWith(hands, page.learner.plan, { area: area.id, node }, this.#texts);
			if (plan === null) return false;
			page.attempts.plan(machine.withPlan(page.learner, plan));
			return true;
		}
		const generation = ++this.#generation;
		this.busy = true;
		void this.#make({ area: area.id, node }).finally(() => {
			if (generation === this.#generation) this.busy = false;
		});
		return true;
	}

	/** Change: the last move is taken back. In the challenge the plan's own undo does it. */
	undo = (): void => {
		if (this.busy || this.made.length === 0) return;
		const generation = ++this.#generation;
		this.busy = true;
		void this.#takeBack().finally(() => {
			if (generation === this.#generation) this.busy = false;
		});
	};

	async #make(move: HandMove): Promise<void> {
		const { page, hands } = this;
		const { session } = page;
		const area = hands?.areas.find((each) => each.id === move.area);
		if (hands === undefined || session === null || area === undefined) return;
		const atNs = momentOf(hands, this.made.length);
		const words = wordsOf(area, move.node, this.#rangeOf(area, move.node));
		await session.seek(atNs, { scrubbing: true });
		const answer = await session.send(0, {
			name: 'process',
			machine: hands.machine,
			process: area.process,
			words
		});
		if (!answer.ok) {
			page.player.problem = answer.detail;
			return;
		}
		// To just before the next moment: a plan played as a scenario comes by the same way.
		await session.seek(atNs + hands.everyNs - 1);
		this.made = [...this.made, { ...move, words }];
		await this.#read(false);
		if (page.step === 'change' && this.reading !== null)
			page.learner = machine.labTried(
				page.learner,
				`move-${this.made.length}`,
				this.reading.strips
			);
		page.said = this.#say(area, move.node);
	}

	async #takeBack(): Promise<void> {
		await this.page.session?.undo(0);
		this.made = this.made.slice(0, -1);
		this.trail = this.trail.slice(0, -1);
		await this.#read(false, true);
	}

	/** Of memory that goes in pieces, the next piece: what lies on the second node is a run from the start. */
	#rangeOf(area: HandArea, node: number): string | undefined {
		const { hands } = this;
		if (area.pieceMib === undefined || hands === undefined) return undefined;
		const at = hands.areas.indexOf(area);
		const first = hands.nodes[0]?.node;
		const pieceBytes = area.pieceMib * 2 ** 20;
		const away = (this.reading?.bytes[at] ?? []).reduce(
			(sum, bytes, index) => sum + (hands.nodes[index]?.node === first ? 0 : bytes),
			0
		);
		const piece = Math.round(away / pieceBytes) - (node === first ? 1 : 0);
		return `${area.pieceMib}M@${Math.max(0, piece) * area.pieceMib}M`;
	}

	/** `anew`: the first reading of a machine; `again`: a move was taken back, its trail is there already. */
	async #read(anew: boolean, again = false): Promise<void> {
		const { page, hands } = this;
		const { session } = page;
		if (hands === undefined || session === null) return;
		const { challenge, change } = page.steps;
		const texts = this.#texts;
		const limits = page.step === 'challenge' ? draw(challenge.drawn, page.learner.seed) : {};
		const goals = page.step === 'challenge' ? challenge.checks : change.found ? [change.found] : [];
		const places = hands.areas.flatMap((area) =>
			hands.nodes.map(({ node }) => ({
				q: 'bytesOnNode' as const,
				of: `${hands.machine} ${area.process} ${area.area} ${node}`
			}))
		);
		const free = hands.nodes.map(({ node }) => ({
			q: 'freeBytes' as const,
			of: `${hands.machine} ${node}`
		}));
		const expressions = [
			...places,
			...free,
			...figureExpressions(hands.strips),
			...goals.map((goal) => filled(bound(goal.expression, limits), texts) as LabExpression)
		] as Expression[];
		const values = await page.player.values(0, expressions);
		let at = 0;
		const next = (): number | boolean | null => values[at++] ?? null;
		const bytes = hands.areas.map(() => hands.nodes.map(() => Number(next())));
		const freeBytes = hands.nodes.map(() => Number(next()));
		const strips = hands.strips.map((each) => scaled(next(), each));
		const checks = goals.map(() => next() === true);
		if (page.step === 'change')
			this.journal = (session.worlds[0]?.journal ?? []) as Scenario['journal'];
		const nodes = session.worlds[0]?.status.machines.find(
			(each) => each.id === hands.machine
		)?.nodes;
		const capacityBytes = hands.nodes.map(({ node }) =>
			(nodes?.find((each) => each.id === node)?.zones ?? []).reduce(
				(sum, zone) => sum + zone.presentPages * 4096,
				0
			)
		);
		this.reading = { bytes, freeBytes, capacityBytes, strips, checks };
		if (anew) this.trail = [strips];
		else if (!again) this.trail = [...this.trail, strips];
	}

	#say(area: HandArea, node: number): string {
		const { hands, reading } = this;
		const strips = (hands?.strips ?? []).map(
			(each, at) => `${each.label} ${Math.round(reading?.strips[at] ?? 0)} ${each.amount.unit}`
		);
		return `${area.label} was moved to node ${node}. ${strips.join(', ')}.`;
	}
}
