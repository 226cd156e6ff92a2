import {
	HEADLINE_CASE,
	headlineBreakEvenS,
	headlineComparison,
	headlineWireGBps,
	type HeadlineCase,
	type HeadlineMethod
} from '$lib/engine/contract/closed-forms/index.ts';
import type { CostName } from '$lib/engine/contract/cost-table.ts';
import { defaultCosts, withOverrides, type CostTable } from '$lib/engine/contract/costs.ts';

/** What a reader of the page has set: costs, the guest, the method that is looked at. */
export class ModelState {
	overrides = $state.raw<Readonly<Record<string, number>>>({});
	guest = $state.raw<HeadlineCase>(HEADLINE_CASE);
	method = $state<HeadlineMethod>('precopy-tcp25');
	costs = $state.raw<CostTable>(defaultCosts());
	/** Why the last change was refused. */
	refusal = $state<string | null>(null);

	readonly rows = $derived(headlineComparison(this.costs, this.guest));
	readonly wireGBps = $derived(headlineWireGBps(this.costs));
	readonly breakEvenS = $derived(headlineBreakEvenS(this.rows, this.costs));
	readonly changedCount = $derived(Object.keys(this.overrides).length);

	/** Sets one cost; a refused value changes nothing and says why. */
	set(name: CostName, value: number): void {
		const next: Record<string, number> = { ...this.overrides, [name]: value };
		const outcome = withOverrides(next);
		if (!outcome.ok) {
			this.refusal = outcome.detail;
			return;
		}
		this.refusal = null;
		this.overrides = next;
		this.costs = outcome.value;
	}

	reset(name: CostName): void {
		const next = Object.fromEntries(
			Object.entries(this.overrides).filter(([changed]) => changed !== name)
		);
		const outcome = withOverrides(next);
		if (!outcome.ok) {
			this.refusal = outcome.detail;
			return;
		}
		this.refusal = null;
		this.overrides = next;
		this.costs = outcome.value;
	}

	resetAll(): void {
		this.overrides = {};
		this.costs = defaultCosts();
		this.refusal = null;
	}
}
