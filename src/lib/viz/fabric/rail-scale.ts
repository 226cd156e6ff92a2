/**
 * Device addresses as places on a rail. True to scale where the pieces can be seen so; where they are thin in a wide space
 * they are widened and the room between them is shortened, which the figure says. The order of addresses always stays.
 */
export interface RailScale {
	readonly x0: number;
	readonly width: number;
	readonly fromDpa: number;
	readonly toDpa: number;
	/** Addresses and places, both rising. */
	readonly stops: readonly { readonly dpa: number; readonly x: number }[];
	/** Not to scale: some pieces are wider than their share. */
	readonly isStretched: boolean;
}

export interface Stretch {
	readonly dpa: number;
	readonly bytes: number;
}

const LEAST_PIECE = 34;
const LEAST_GAP = 10;

/** `pieces` in order of address, none overlapping. Null when there are more than the rail can show one by one. */
export function railScale(
	x0: number,
	width: number,
	fromDpa: number,
	toDpa: number,
	pieces: readonly Stretch[]
): RailScale | null {
	const span = Math.max(1, toDpa - fromDpa);
	const parts: { bytes: number; least: number }[] = [];
	let at = fromDpa;
	for (const piece of pieces) {
		if (piece.dpa > at) parts.push({ bytes: piece.dpa - at, least: LEAST_GAP });
		parts.push({ bytes: piece.bytes, least: LEAST_PIECE });
		at = piece.dpa + piece.bytes;
	}
	if (toDpa > at) parts.push({ bytes: toDpa - at, least: LEAST_GAP });
	const widths = widen(
		parts.map(({ bytes, least }) => ({ share: (bytes / span) * width, least })),
		width
	);
	if (widths === null) return null;
	const stops = [{ dpa: fromDpa, x: x0 }];
	let dpa = fromDpa;
	let x = x0;
	parts.forEach((part, index) => {
		dpa += part.bytes;
		x += widths[index] as number;
		stops.push({ dpa, x });
	});
	const isStretched = parts.some(
		(part, index) => Math.abs((widths[index] as number) - (part.bytes / span) * width) > 2
	);
	return { x0, width, fromDpa, toDpa, stops, isStretched };
}

/** Gives each at least its least; what that costs is taken from the others in proportion to what they have above it. */
function widen(
	parts: readonly { readonly share: number; readonly least: number }[],
	width: number
): number[] | null {
	const missing = parts.reduce((sum, part) => sum + Math.max(0, part.least - part.share), 0);
	const spare = parts.reduce((sum, part) => sum + Math.max(0, part.share - part.least), 0);
	if (missing > spare + 0.001)
		return parts.reduce((sum, part) => sum + part.least, 0) > width
			? null
			: parts.map((part) => part.least);
	const factor = spare === 0 ? 0 : 1 - missing / spare;
	return parts.map((part) =>
		part.share <= part.least ? part.least : part.least + (part.share - part.least) * factor
	);
}

export function xOfDpa(scale: RailScale, dpa: number): number {
	const { stops } = scale;
	if (dpa <= scale.fromDpa) return scale.x0;
	for (let index = 1; index < stops.length; index += 1) {
		const to = stops[index] as (typeof stops)[number];
		if (dpa > to.dpa) continue;
		const from = stops[index - 1] as (typeof stops)[number];
		return from.x + ((dpa - from.dpa) / Math.max(1, to.dpa - from.dpa)) * (to.x - from.x);
	}
	return scale.x0 + scale.width;
}
