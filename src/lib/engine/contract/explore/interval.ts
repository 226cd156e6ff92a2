/** A share of n with its interval. */
export interface Share {
	readonly hits: number;
	readonly of: number;
	/** hits / of; 0 where nothing was tried. */
	readonly share: number;
	readonly low: number;
	readonly high: number;
}

/** 0.975 quantile of the normal distribution: 95 % between both ends. */
const Z = 1.959963984540054;

/** Wilson's score interval (E. B. Wilson, JASA 22, 1927): honest near 0 and 1 and for few trials; nothing tried says nothing. */
export function wilson(hits: number, of: number): Share {
	if (of === 0) return { hits, of, share: 0, low: 0, high: 1 };
	const p = hits / of;
	const z2 = Z * Z;
	const middle = p + z2 / (2 * of);
	const half = Z * Math.sqrt((p * (1 - p)) / of + z2 / (4 * of * of));
	const whole = 1 + z2 / of;
	return {
		hits,
		of,
		share: p,
		low: hits === 0 ? 0 : Math.max(0, (middle - half) / whole),
		high: hits === of ? 1 : Math.min(1, (middle + half) / whole)
	};
}

/** Where along a run the chance of failing makes its steps. Indices name the later of two moments; null = there is none. */
export interface Steps {
	/** From here on it is certain, and it was not before. */
	readonly cliff: number | null;
	/** The largest rise before that; the intervals on both sides do not overlap. */
	readonly largest: number | null;
}

/**
 * The cliff is the first moment from which every later one is certain, when its interval lies above that of the moment
 * before; the largest avoidable step is the largest other rise whose intervals lie apart.
 */
export function stepsOf(shares: readonly Share[]): Steps {
	let certain = shares.length;
	while (certain > 0 && isCertain(shares[certain - 1] as Share)) certain -= 1;
	const cliff = certain > 0 && certain < shares.length && apart(shares[certain - 1], shares[certain]) ? certain : null;
	let largest: number | null = null;
	let rise = 0;
	for (let at = 1; at < shares.length; at += 1) {
		const before = shares[at - 1] as Share;
		const after = shares[at] as Share;
		if (at === cliff || !apart(before, after) || after.share - before.share <= rise) continue;
		rise = after.share - before.share;
		largest = at;
	}
	return { cliff, largest };
}

const isCertain = (share: Share): boolean => share.of > 0 && share.hits === share.of;
const apart = (before: Share | undefined, after: Share | undefined): boolean =>
	before !== undefined && after !== undefined && after.low > before.high;

/** A chance that was counted exactly: its interval is itself. */
export const exactly = (chance: number): Share => ({ hits: chance, of: 1, share: chance, low: chance, high: chance });
