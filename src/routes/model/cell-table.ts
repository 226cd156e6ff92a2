/** A published table as the page shows it: texts, errors, kinds. */
export interface CellTable {
	readonly id: string;
	readonly title: string;
	/** Source and parameters. */
	readonly lead: string;
	readonly rows: readonly {
		readonly what: string;
		readonly note?: string | undefined;
		readonly cells: readonly {
			readonly column: string;
			readonly published: string;
			readonly ours: string;
			readonly error: number | null;
			readonly kind: string;
		}[];
	}[];
}
