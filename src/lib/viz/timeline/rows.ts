/** Where the rows of the tracks lie, in pixels from the top of the drawing. */
export interface TrackRow {
	readonly phaseY: number;
	readonly phaseHeight: number;
	readonly speedY: number;
	readonly speedHeight: number;
}

export interface TrackRows {
	readonly height: number;
	readonly rows: readonly TrackRow[];
	/** The line of the axis; marks and numbers are below it. */
	readonly axisY: number;
}

/** One run has a tall track, two share the room, more take more; a short page folds the speed to a strip of 10 pixels (look.md 3). */
export function trackRows(count: number, compact: boolean): TrackRows {
	const height = compact ? 87 : 113;
	if (count <= 1)
		return compact
			? {
					height,
					rows: [{ phaseY: 24, phaseHeight: 20, speedY: 48, speedHeight: 10 }],
					axisY: 60
				}
			: {
					height,
					rows: [{ phaseY: 27, phaseHeight: 22, speedY: 57, speedHeight: 34 }],
					axisY: 92
				};
	const from = compact ? 20 : 22;
	const each = compact ? 21 : count > 3 ? 29 : 34;
	const phaseHeight = compact ? 14 : count > 3 ? 16 : 18;
	const speedHeight = compact ? 5 : count > 3 ? 9 : 12;
	const rows = Array.from({ length: count }, (_, index) => ({
		phaseY: from + index * each,
		phaseHeight,
		speedY: from + index * each + phaseHeight + 1,
		speedHeight
	}));
	const axisY = from + count * each - 1;
	return { height: Math.max(height, axisY + (compact ? 26 : 24)), rows, axisY };
}
