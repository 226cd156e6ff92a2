import { formatNs } from '../../base/format.ts';
import type { RunSummary } from '../../engine/contract/queries.ts';
import type { DowntimePart, OperationStatus } from '../../engine/contract/status.ts';
import type { Tense } from './tense.ts';

export interface BudgetPart {
	readonly id: DowntimePart['id'];
	readonly label: string;
	readonly startNs: number;
	readonly durationNs: number;
	/** The share of it that has happened. */
	readonly happened: number;
	readonly tense: Tense;
}

/** Where each microsecond of the gap goes: what has happened, what is expected, what the limit leaves. */
export interface Budget {
	/** null before the order is given: nobody has set a limit yet. */
	readonly budgetNs: number | null;
	readonly parts: readonly BudgetPart[];
	/** Length of the gap: measured when it is over, else expected. */
	readonly totalNs: number;
	readonly spentNs: number;
	readonly leftNs: number;
	/** By how much the limit is (or would be) broken; 0 when kept. */
	readonly overNs: number;
	readonly tense: Tense;
	/** Start of the gap on the clock. */
	readonly startNs: number;
}

type Course = RunSummary['operations'][number];

/** A gap is over when its last part is: all that began have ended, and no other is expected. */
export const isOver = (
	course: Pick<Course, 'downtime' | 'downtimeNs'>,
	expected?: Pick<Course, 'downtime'>
): boolean =>
	course.downtimeNs !== null &&
	course.downtime.every((part) => part.endNs !== null) &&
	course.downtime.length >= (expected?.downtime.length ?? 0);

/** Null when no gap has happened and none is forecast. */
export function downtimeBudget(
	operation: Pick<OperationStatus, 'downtimeBudgetNs' | 'state'> | null,
	happened: Pick<Course, 'downtime' | 'downtimeNs'> | undefined,
	expected: Pick<Course, 'downtime' | 'downtimeNs'> | undefined,
	nowNs: number,
	/** Nobody runs the guest now: the gap goes on, also between two of its parts. */
	stopped = false
): Budget | null {
	const over = !stopped && happened !== undefined && isOver(happened, expected);
	const began = (happened?.downtime.length ?? 0) > 0;
	const running = operation === null || operation.state === 'running';
	const base = over ? happened.downtime : running || began ? (expected?.downtime ?? []) : [];
	const known = base.length > 0 ? base : (happened?.downtime ?? []);
	if (known.length === 0) return null;
	const parts = known.map((part): BudgetPart => {
		const endNs = part.endNs ?? Math.max(nowNs, part.startNs);
		const durationNs = Math.max(0, endNs - part.startNs);
		const share =
			nowNs >= endNs ? 1 : nowNs <= part.startNs ? 0 : (nowNs - part.startNs) / durationNs;
		return {
			id: part.id,
			label: part.label,
			startNs: part.startNs,
			durationNs,
			happened: share,
			tense: share >= 1 ? 'past' : nowNs > part.startNs ? 'now' : 'future'
		};
	});
	const startNs = Math.min(...parts.map((part) => part.startNs));
	const endNs = Math.max(...parts.map((part) => part.startNs + part.durationNs));
	const soFarNs = stopped ? nowNs - startNs : 0;
	const totalNs = over ? (happened.downtimeNs as number) : Math.max(endNs - startNs, soFarNs);
	const spentNs = Math.min(totalNs, Math.max(0, nowNs - startNs));
	const budgetNs = operation?.downtimeBudgetNs ?? null;
	return {
		budgetNs,
		parts,
		totalNs,
		spentNs,
		leftNs: budgetNs === null ? 0 : Math.max(0, budgetNs - totalNs),
		overNs: budgetNs === null ? 0 : Math.max(0, totalNs - budgetNs),
		tense: over || (!stopped && nowNs >= endNs) ? 'past' : nowNs > startNs ? 'now' : 'future',
		startNs
	};
}

export interface BudgetBox {
	readonly part: BudgetPart;
	readonly x: number;
	readonly width: number;
	readonly text: string;
	/** Inside the box, on the line below, above with a mark (the commit), or left out: the sentence has it anyway. */
	readonly place: 'inside' | 'below' | 'above' | 'none';
	/** Where the text starts (below, above) or its middle (inside). */
	readonly textX: number;
}

const LETTER_PX = 6.1;
const textWidth = (text: string): number => text.length * LETTER_PX;

/** A limit many times as long as the gap would squeeze it to nothing: the bar is then broken behind the gap. */
const MOST_BUDGETS = 2.5;
const BROKEN_SHARE = 0.62;

export function isBroken(budget: Budget): boolean {
	return (budget.budgetNs ?? 0) > MOST_BUDGETS * budget.totalNs;
}

/** Boxes from left to right. The bar is the budget wide, or the gap if that is longer, or broken. */
export function budgetBoxes(budget: Budget, widthPx: number): BudgetBox[] {
	const scale = isBroken(budget)
		? (widthPx * BROKEN_SHARE) / Math.max(1, budget.totalNs)
		: widthPx / Math.max(budget.budgetNs ?? 0, budget.totalNs, 1);
	let belowFrom = 0;
	return budget.parts.map((part) => {
		const x = (part.startNs - budget.startNs) * scale;
		const width = part.durationNs * scale;
		const text = `${part.label} ${formatNs(part.durationNs)}`;
		const needed = textWidth(text);
		if (part.id === 'commit')
			return { part, x, width, text, place: 'above', textX: Math.min(x + 4, widthPx - needed) };
		if (needed + 8 <= width) return { part, x, width, text, place: 'inside', textX: x + width / 2 };
		const textX = Math.max(belowFrom, Math.min(x, widthPx - needed));
		if (textX + needed > widthPx + 1) return { part, x, width, text, place: 'none', textX: x };
		belowFrom = textX + needed + 10;
		return { part, x, width, text, place: 'below', textX };
	});
}

/** The heading of the bar. */
export function budgetTitle(budget: Budget | null): string {
	if (!budget) return 'Downtime';
	const total = formatNs(budget.totalNs);
	if (budget.tense === 'past') return `Downtime ${total}`;
	if (budget.tense === 'now') return `Downtime ${formatNs(budget.spentNs)} so far`;
	return `Downtime ${total} expected`;
}

/** The whole figure in one or two sentences. */
export function budgetWords(budget: Budget | null): string {
	if (!budget) return 'The guest has not been stopped, and no stop is forecast yet.';
	const verb = budget.tense === 'past' ? 'was stopped for' : 'is expected to be stopped for';
	const parts = budget.parts.map((part) => `${part.label} ${formatNs(part.durationNs)}`).join(', ');
	const limit =
		budget.budgetNs === null
			? ''
			: budget.overNs > 0
				? ` That is ${formatNs(budget.overNs)} more than the limit of ${formatNs(budget.budgetNs)}.`
				: ` That is ${formatNs(budget.leftNs)} less than the limit of ${formatNs(budget.budgetNs)}.`;
	const soFar = budget.tense === 'now' ? ` So far ${formatNs(budget.spentNs)}.` : '';
	return `The guest ${verb} ${formatNs(budget.totalNs)}: ${parts}.${limit}${soFar}`;
}
