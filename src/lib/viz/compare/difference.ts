/** Where worlds on one clock differ now: a sentence, and what each of them has, in their order. */
export interface Difference {
	readonly id: string;
	readonly label: string;
	readonly values: readonly string[];
}

/** Whether not all of them have the same. */
export const differ = (values: readonly string[]): boolean =>
	values.some((value) => value !== values[0]);
