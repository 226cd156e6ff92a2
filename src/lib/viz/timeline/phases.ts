import type { RunSummary } from '../../engine/contract/queries.ts';
import { isOver } from './budget.ts';
import type { PhaseId, PhaseSpan } from '../../engine/contract/status.ts';
import type { Tense } from './tense.ts';

export interface PhaseBar {
	readonly key: string;
	readonly id: PhaseId;
	readonly label: string;
	readonly operation: number;
	readonly strategy: string;
	readonly startNs: number;
	/** End as far as known: measured, else expected, else the end of what is shown. */
	readonly endNs: number;
	/** Up to here it has happened. */
	readonly solidEndNs: number;
	readonly tense: Tense;
	/** The end is neither measured nor forecast. */
	readonly open: boolean;
}

type Operations = RunSummary['operations'];
type Operation = Operations[number];

/**
 * The phases of a run: those of `course` as they happened, then what `forecast`, the same run carried on, adds.
 * A forecast of another journal has other operations and adds nothing to ours.
 */
export function phaseBars(
	course: RunSummary,
	forecast: RunSummary | null,
	nowNs: number,
	untilNs: number
): PhaseBar[] {
	const bars: PhaseBar[] = [];
	const seen = new Set<number>();
	for (const operation of course.operations) {
		seen.add(operation.id);
		const expected = forecast?.operations.find((other) => other.id === operation.id) ?? null;
		addOperation(bars, operation, expected, nowNs, untilNs);
	}
	for (const operation of forecast?.operations ?? [])
		if (!seen.has(operation.id) && operation.startNs >= nowNs)
			addOperation(bars, null, operation, nowNs, untilNs);
	return bars.sort((a, b) => a.startNs - b.startNs || a.endNs - b.endNs);
}

function addOperation(
	bars: PhaseBar[],
	happened: Operation | null,
	expected: Operation | null,
	nowNs: number,
	untilNs: number
): void {
	const owner = (happened ?? expected) as Operation;
	const past: readonly PhaseSpan[] = (happened?.phases ?? []).filter(
		(span) => span.startNs <= nowNs
	);
	past.forEach((span, index) => {
		const twin = expected?.phases[index];
		const matches = twin !== undefined && twin.id === span.id && twin.startNs === span.startNs;
		const over = span.endNs !== null && span.endNs <= nowNs;
		const expectedEnd = matches ? twin.endNs : null;
		const endNs = over ? (span.endNs as number) : (expectedEnd ?? happened?.endNs ?? untilNs);
		bars.push({
			key: `${owner.id}-${index}`,
			id: span.id,
			label: span.label,
			operation: owner.id,
			strategy: owner.strategy,
			startNs: span.startNs,
			endNs: Math.max(endNs, span.startNs),
			solidEndNs: over ? (span.endNs as number) : Math.min(nowNs, Math.max(endNs, span.startNs)),
			tense: over ? 'past' : 'now',
			open: !over && expectedEnd === null
		});
	});
	if (happened && happened.endNs !== null && happened.endNs <= nowNs) return;
	(expected?.phases ?? []).forEach((span, index) => {
		if (index < past.length || span.startNs < nowNs) return;
		bars.push({
			key: `${owner.id}-${index}`,
			id: span.id,
			label: span.label,
			operation: owner.id,
			strategy: owner.strategy,
			startNs: span.startNs,
			endNs: span.endNs ?? untilNs,
			solidEndNs: span.startNs,
			tense: 'future',
			open: span.endNs === null
		});
	});
}

export interface StopSpan {
	readonly operation: number;
	readonly startNs: number;
	readonly endNs: number;
	readonly tense: Tense;
}

/** When nobody runs the guest: from the first to the last part of an operation's gap. */
export function stopSpans(
	course: RunSummary,
	forecast: RunSummary | null,
	nowNs: number
): StopSpan[] {
	const spans: StopSpan[] = [];
	const ids = new Set([
		...course.operations.map((operation) => operation.id),
		...(forecast?.operations ?? []).map((operation) => operation.id)
	]);
	for (const id of ids) {
		const happened = course.operations.find((operation) => operation.id === id);
		const expected = forecast?.operations.find((operation) => operation.id === id);
		const over = happened !== undefined && isOver(happened, expected);
		const parts = over ? happened.downtime : (expected?.downtime ?? happened?.downtime ?? []);
		if (parts.length === 0) continue;
		const startNs = Math.min(...parts.map((part) => part.startNs));
		const endNs = Math.max(...parts.map((part) => part.endNs ?? nowNs));
		spans.push({
			operation: id,
			startNs,
			endNs,
			tense: endNs <= nowNs ? 'past' : startNs <= nowNs ? 'now' : 'future'
		});
	}
	return spans.sort((a, b) => a.startNs - b.startNs);
}

/** Width of a text at 11.5 px, a little on the safe side. */
export const labelWidth = (text: string): number => text.length * 5.9;

/** How much of a label fits: the whole, what stands before a colon, a number at the end, or nothing. */
export function fittedLabel(label: string, widthPx: number): string {
	const fits = (text: string): boolean => labelWidth(text) + 6 <= widthPx;
	if (fits(label)) return label;
	const head = label.split(':')[0] ?? label;
	if (fits(head)) return head;
	const number = /\d+$/.exec(head)?.[0];
	return number !== undefined && fits(number) ? number : '';
}

export interface PlacedLabel {
	readonly text: string;
	readonly x: number;
}

/** Where the label of a bar stands: in the middle, or beside the cursor where that would cross it. */
export function placedLabel(
	label: string,
	fromX: number,
	toX: number,
	cursorX: number
): PlacedLabel | null {
	const place = (from: number, to: number): PlacedLabel | null => {
		const text = fittedLabel(label, to - from);
		return text === '' ? null : { text, x: (from + to) / 2 };
	};
	const whole = place(fromX, toX);
	if (!whole || Math.abs(whole.x - cursorX) > labelWidth(whole.text) / 2 + 4) return whole;
	const left = place(fromX, cursorX - 3);
	const right = place(cursorX + 3, toX);
	const longer = (right?.text.length ?? 0) > (left?.text.length ?? 0) ? right : left;
	return longer ?? whole;
}
