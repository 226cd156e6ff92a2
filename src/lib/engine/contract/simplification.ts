import type { RuleId } from './rules.ts';

/** Something that a real machine does and the model does not, or does otherwise. Shown on the page of the model. */
export interface Simplification {
	readonly id: string;
	readonly area: 'fabric' | 'memory' | 'guest' | 'migration' | 'figures';
	/** What the model does. */
	readonly sentence: string;
	/** Why, and what it costs. */
	readonly why: string;
	/** Section of the reference or decision behind it. */
	readonly source: string;
	/** Rule of the ledger that wears the label. */
	readonly rule?: RuleId;
}
