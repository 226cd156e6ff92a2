import { GIB } from '../../../base/units.ts';

/**
 * Keys that describe an address space to the chip (Linux 7.1.8 drivers/vdpa/mlx5/core/mr.c, create_user_mr, add_direct_chain,
 * map_direct_mr): adjacent entries of equal permission form a chain, a chain is cut into direct keys of at most 1 GiB, a hole
 * between two chains takes one null key per started GiB.
 */
export interface Keys {
	readonly direct: number;
	readonly nulls: number;
	/** Smallest translation unit of a direct key: a power of two that is no more than the common divisor of its pieces; 0 without keys. */
	readonly unitBytes: number;
	/** Bytes behind the direct keys. */
	readonly bytes: number;
}

export interface KeyEntry {
	readonly iova: number;
	readonly bytes: number;
	readonly permission: number;
}

export const NO_KEYS: Keys = { direct: 0, nulls: 0, unitBytes: 0, bytes: 0 };

/** Largest direct key (LOG_MAX_KLM_SIZE 30). */
const KEY_BYTES = GIB;

/** Keys so far, with the chain and the direct key that are still open. */
interface Count {
	direct: number;
	nulls: number;
	unitBytes: number;
	bytes: number;
	/** −1: no entry yet. */
	end: number;
	permission: number;
	/** Bytes that still go into the open direct key, and the common divisor of what is in it; 0 = none is open. */
	keyLeft: number;
	divisor: number;
}

const noCount = (): Count => ({ direct: 0, nulls: 0, unitBytes: Infinity, bytes: 0, end: -1, permission: 0, keyLeft: 0, divisor: 0 });

export function keysOf(entries: readonly KeyEntry[]): Keys {
	const count = noCount();
	for (const entry of entries) add(count, entry);
	return keysSoFar(count);
}

/**
 * Keys after each of the entries in `added` came in between the others: the same as keysOf of all that is there then, without
 * walking through everything each time.
 */
export function keysAsTheyCome(before: readonly KeyEntry[], added: readonly KeyEntry[], behind: readonly KeyEntry[]): Keys[] {
	const count = noCount();
	for (const entry of before) add(count, entry);
	const rest = keysOf(behind);
	const next = behind[0];
	return added.map((entry) => {
		add(count, entry);
		const own = keysSoFar(count);
		if (!next) return own;
		if (next.iova === count.end && next.permission === count.permission) return keysOf([...before, ...added, ...behind]);
		return {
			direct: own.direct + rest.direct,
			nulls: own.nulls + rest.nulls + Math.ceil((next.iova - count.end) / KEY_BYTES),
			unitBytes: Math.min(own.unitBytes, rest.unitBytes),
			bytes: own.bytes + rest.bytes
		};
	});
}

function add(count: Count, entry: KeyEntry): void {
	if (count.end !== entry.iova || count.permission !== entry.permission) {
		closeKey(count);
		if (count.end >= 0) count.nulls += Math.ceil((entry.iova - count.end) / KEY_BYTES);
		count.keyLeft = 0;
		count.permission = entry.permission;
	}
	count.end = entry.iova + entry.bytes;
	count.bytes += entry.bytes;
	const head = Math.min(entry.bytes, count.keyLeft);
	if (head > 0) {
		count.divisor = commonDivisor(count.divisor, head);
		count.keyLeft -= head;
	}
	let left = entry.bytes - head;
	if (left === 0) return;
	closeKey(count);
	const whole = Math.floor(left / KEY_BYTES);
	if (whole > 0) {
		count.direct += whole;
		count.unitBytes = Math.min(count.unitBytes, KEY_BYTES);
		left -= whole * KEY_BYTES;
	}
	if (left > 0) {
		count.direct += 1;
		count.divisor = left;
		count.keyLeft = KEY_BYTES - left;
	}
}

function closeKey(count: Count): void {
	count.unitBytes = unitWith(count);
	count.divisor = 0;
	count.keyLeft = 0;
}

/** 2^⌊log2 of the common divisor⌋ of the open key, or what a key before had if that is less. */
function unitWith(count: Count): number {
	return count.divisor === 0 ? count.unitBytes : Math.min(count.unitBytes, 1 << (31 - Math.clz32(count.divisor)));
}

function keysSoFar(count: Count): Keys {
	return count.direct === 0 ? NO_KEYS : { direct: count.direct, nulls: count.nulls, unitBytes: unitWith(count), bytes: count.bytes };
}

function commonDivisor(a: number, b: number): number {
	let [greater, less] = [a, b];
	while (less > 0) [greater, less] = [less, greater % less];
	return greater;
}
