import { onMount, untrack } from 'svelte';
import { base } from '$app/paths';
import { formatNs } from '$lib/base/format.ts';
import { nextSeed } from '$lib/lessons/family.ts';
import { betAnswer, betExpressions, betRight, sayBetValue } from '$lib/lessons/lab/bet.ts';
import { betComplete, type LabBetValue } from '$lib/lessons/lab/lab.ts';
import { isSentence, recallBet, recallRule, type Recall } from '$lib/lessons/lab/recall.ts';
import type { LabBet } from '$lib/lessons/lab/schema.ts';
import { preferences } from '$lib/ui/preferences.svelte.ts';
import { frameClock } from '$lib/viz/frame/frame-clock.ts';
import { LabPlayer } from './lab-player.svelte.ts';

/** The question from two lessons back: a bet of the same kind on a fresh seed, and one sentence of why. */
export class RecallPage {
	readonly recall: Recall;
	readonly player: LabPlayer;
	readonly root = `${base}/`;

	seed: number = $state(0);
	value: LabBetValue | null = $state.raw(null);
	why = $state('');
	placed = $state(false);
	answer: LabBetValue | null = $state.raw(null);

	constructor(recall: Recall) {
		this.recall = recall;
		this.player = new LabPlayer(recall.lab);
		// Fresh each time: nobody learns one answer by heart.
		this.seed = nextSeed(Date.now() >>> 4);
	}

	session = $derived.by(() => this.player.session);
	bet: LabBet = $derived.by(() => recallBet(this.recall, this.seed));
	rule = $derived.by(() => recallRule(this.recall, this.seed));
	right = $derived(betRight(this.bet, this.value, this.answer));
	busy = $derived.by(
		() =>
			this.player.problem ??
			this.session?.progress?.label ??
			(this.session === null ? 'the machine is being started' : null)
	);
	idle = $derived.by(
		() =>
			!this.player.opening &&
			this.player.standing !== null &&
			(this.session === null || this.session.idle) &&
			!this.player.hurrying &&
			(!this.placed || this.answer !== null)
	);
	lock = $derived.by(() =>
		!betComplete(this.bet, this.value)
			? 'answer first'
			: !isSentence(this.why)
				? 'one sentence of why'
				: this.busy
	);
	progress = $derived.by(() => {
		const from = this.player.fromNs({ kind: 'again', seed: this.seed });
		const until = this.player.untilNs({ kind: 'again', seed: this.seed });
		return Math.max(0, Math.min(1, ((this.session?.nowNs ?? from) - from) / (until - from)));
	});
	/** What the result component reads. */
	get steps() {
		return { bet: this.bet, belief: { name: '' }, run: { figures: [] } } as const;
	}
	get learner() {
		return { bet: this.value, ran: false } as const;
	}
	/** Where one block has several futures, the middle one: it is what is asked about again. */
	get brush() {
		const { brush } = this.recall.lab.steps;
		const option = brush?.options[1];
		return brush === undefined || option === undefined
			? null
			: {
					machine: option.machine,
					pages: 0,
					giver: option.giver ?? null,
					memoryBlock: brush.memoryBlock
				};
	}
	readonly step = 'run' as const;
	readonly falseAnswer = null;
	readonly figures: readonly (number | null)[] = [];
	readonly falseFigures: readonly (number | null)[] = [];

	/** Called while the page's component is made. */
	start(): void {
		onMount(() => {
			void this.player.stand({ kind: 'again', seed: this.seed });
			const stop = frameClock.subscribe((wallMs) => this.player.session?.tick(wallMs));
			return () => {
				stop();
				void this.player.close();
			};
		});
		$effect(() => {
			const { session } = this;
			if (session) untrack(() => (session.reducedMotion = preferences.reducedMotion));
		});
	}

	draft = (value: LabBetValue): void => {
		if (!this.placed) this.value = value;
	};

	/** Places the answer and runs the machine to the end: only then is anything said about it. */
	place = async (): Promise<void> => {
		if (this.lock !== null || this.placed) return;
		this.placed = true;
		try {
			await this.player.hurry();
			this.answer = betAnswer(this.bet, await this.player.values(0, betExpressions(this.bet)));
		} catch (error) {
			this.player.problem = `The engine stopped: ${(error as Error).message}`;
		}
	};

	said = $derived.by(() =>
		this.answer === null
			? this.placed
				? `The engine runs it, ${formatNs(this.session?.nowNs ?? 0)} of ${formatNs(this.player.untilNs({ kind: 'again', seed: this.seed }))} …`
				: ''
			: `${this.right ? 'It holds' : 'It is otherwise'}: ${sayBetValue(this.bet, this.answer)}.`
	);
}
