/** Where two worlds on one clock differ now: a sentence, and what each of them has. */
export interface Difference {
	readonly id: string;
	readonly label: string;
	readonly values: readonly [string, string];
}
