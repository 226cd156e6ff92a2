import type { Fact } from './request.ts';

export interface Differing {
	readonly label: string;
	/** null: there was no such line. */
	readonly before: string | null;
	readonly after: string | null;
}

/** What differs between the facts of two states; lines that stay are left out. */
export function differing(before: readonly Fact[], after: readonly Fact[]): Differing[] {
	const labels = [...new Set([...before, ...after].map((one) => one.label))];
	const valueIn = (facts: readonly Fact[], label: string): string | null => {
		const values = facts.filter((one) => one.label === label).map((one) => one.value);
		return values.length > 0 ? values.join(', ') : null;
	};
	return labels
		.map((label) => ({ label, before: valueIn(before, label), after: valueIn(after, label) }))
		.filter((line) => line.before !== line.after);
}
