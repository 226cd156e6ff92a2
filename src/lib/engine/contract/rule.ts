/** One entry of the fidelity ledger (rules.ts). */
export type RuleLabel = 'source' | 'on the list' | 'changed since' | 'our design' | 'our simplification';

export interface Rule {
	readonly title: string;
	readonly sentence: string;
	readonly source: string;
	readonly label: RuleLabel;
}

export const rule = (title: string, sentence: string, source: string, label: RuleLabel = 'source'): Rule => ({
	title,
	sentence,
	source,
	label
});
