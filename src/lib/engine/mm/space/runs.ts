/** Sets of pages as ascending runs [first, count]: zero pages and holes of an area. Plain values, kept in records. */
export type Runs = [firstPage: number, pages: number][];

/** The runs with a range added; neighbours join. */
export function withRange(runs: Runs, first: number, count: number): Runs {
	if (count <= 0) return runs;
	let from = first;
	let end = first + count;
	const rest: Runs = [];
	for (const [at, pages] of runs) {
		if (at > end || at + pages < from) rest.push([at, pages]);
		else {
			from = Math.min(from, at);
			end = Math.max(end, at + pages);
		}
	}
	rest.push([from, end - from]);
	return rest.sort((a, b) => a[0] - b[0]);
}

/** The runs with a range taken out. */
export function withoutRange(runs: Runs, first: number, count: number): Runs {
	if (count <= 0) return runs;
	const end = first + count;
	const rest: Runs = [];
	for (const [at, pages] of runs) {
		if (at + pages <= first || at >= end) rest.push([at, pages]);
		else {
			if (at < first) rest.push([at, first - at]);
			if (at + pages > end) rest.push([end, at + pages - end]);
		}
	}
	return rest;
}

export function isIn(runs: Runs, page: number): boolean {
	return runs.some(([at, pages]) => page >= at && page < at + pages);
}

/** Pages of the range that the runs cover. */
export function pagesIn(runs: Runs, first: number, count: number): number {
	let sum = 0;
	for (const [at, pages] of runs) sum += Math.max(0, Math.min(at + pages, first + count) - Math.max(at, first));
	return sum;
}

/** Parts of the range that the runs do not cover. */
export function partsOutside(runs: Runs, first: number, count: number): Runs {
	let parts: Runs = [[first, count]];
	for (const [at, pages] of runs) parts = withoutRange(parts, at, pages);
	return parts;
}
