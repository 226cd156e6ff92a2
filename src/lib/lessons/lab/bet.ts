import type { Expression } from '../../engine/contract/queries.ts';
import type { LabBetValue } from './lab.ts';
import type { LabBet, LabExpression, LabFigure } from './schema.ts';
import { bound } from './template.ts';

/** What a bet asks the engine after the run, and what its answer says about the bet. Pure. */

type Value = number | boolean | null;

const whole = (expression: LabExpression, row: Readonly<Record<string, string>> = {}): Expression =>
	bound(expression, {}, row) as Expression;

/** One expression for a bar, one per option of a choice, one per row and option of a table. */
export function betExpressions(bet: LabBet): readonly Expression[] {
	if (bet.kind === 'bar') return [whole(bet.actual.expression)];
	if (bet.kind === 'choice') return bet.options.map((option) => whole(option.when));
	return bet.rows.flatMap((row) => bet.options.map((option) => whole(option.when, row.of)));
}

export const optionExpressions = (options: readonly { readonly when: LabExpression }[]): readonly Expression[] =>
	options.map((option) => whole(option.when));

export const figureExpressions = (figures: readonly LabFigure[]): readonly Expression[] =>
	figures.map((figure) => whole(figure.amount.expression));

/** The option that holds, when exactly one does. */
export function keyOf(options: readonly { readonly id: string }[], values: readonly Value[]): string | null {
	const holding = options.filter((_, index) => values[index] === true);
	return holding.length === 1 ? (holding[0]?.id ?? null) : null;
}

/** What happened, in the form of the bet; null while the engine cannot say. */
export function betAnswer(bet: LabBet, values: readonly Value[]): LabBetValue | null {
	if (bet.kind === 'bar') return typeof values[0] === 'number' ? values[0] / bet.actual.divide : null;
	if (bet.kind === 'choice') return keyOf(bet.options, values);
	const rows = bet.rows.map(
		(row, at) => [row.id, keyOf(bet.options, values.slice(at * bet.options.length, (at + 1) * bet.options.length))] as const
	);
	return rows.every((row): row is readonly [string, string] => row[1] !== null) ? Object.fromEntries(rows) : null;
}

export function betRight(bet: LabBet, value: LabBetValue | null, answer: LabBetValue | null): boolean {
	if (value === null || answer === null) return false;
	if (bet.kind === 'bar') return Math.abs(Number(value) - Number(answer)) <= bet.near;
	if (bet.kind === 'choice') return value === answer;
	return bet.rows.every((row) => answerOf(value, row.id) !== null && answerOf(value, row.id) === answerOf(answer, row.id));
}

export function answerOf(value: LabBetValue | null, row: string): string | null {
	return typeof value === 'object' && value !== null ? (value[row] ?? null) : null;
}

/** A bet in a few words. */
export function sayBetValue(bet: LabBet, value: LabBetValue | null): string {
	if (value === null) return '–';
	if (bet.kind === 'bar') return sayNumber(Number(value), bet.unit, bet.actual.digits);
	const label = (id: string | null): string => bet.options.find((option) => option.id === id)?.label ?? '–';
	if (bet.kind === 'choice') return label(String(value));
	return bet.rows.map((row) => `${row.label}: ${label(answerOf(value, row.id))}`).join('; ');
}

/** Digits in groups of three, a thin space before the unit. */
export function sayNumber(value: number, unit: string, digits = 0): string {
	const [before = '', behind] = value.toFixed(digits).split('.');
	const grouped = before.replaceAll(/\B(?=(\d{3})+$)/g, ',');
	return `${grouped}${behind === undefined ? '' : `.${behind}`}${unit === '' ? '' : `\u2009${unit}`}`;
}

export function sayFigure({ amount }: Pick<LabFigure, 'amount'>, value: number | null | undefined): string {
	if (value === null || value === undefined) return '–';
	return value < 0 && amount.never !== undefined ? amount.never : sayNumber(value, amount.unit, amount.digits);
}
