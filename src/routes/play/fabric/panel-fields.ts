import { parseAddress } from '$lib/base/address.ts';
import { parseQuantity } from '$lib/base/quantity.ts';

/** What was typed into a field, read; null with a sentence when it cannot be. */
export function readBytes(text: string): {
	readonly value: number | null;
	readonly problem: string | null;
} {
	const parsed = parseQuantity(text.trim(), 'bytes');
	return parsed.ok
		? { value: parsed.value, problem: null }
		: { value: null, problem: parsed.detail };
}

export function readPlace(text: string): {
	readonly value: number | null;
	readonly problem: string | null;
} {
	const value = parseAddress(text);
	return value === null
		? { value, problem: 'an address is decimal, or hexadecimal with 0x' }
		: { value, problem: null };
}

/** A tag that nobody uses yet: four digits that differ from the others in more than the last. */
export function freeTag(taken: readonly string[]): string {
	for (let number = 0; ; number += 1) {
		const tag = ((0x3f9c + number * 0x2b47) & 0xffff).toString(16).padStart(4, '0');
		if (!taken.includes(tag)) return tag;
	}
}

/** The first name of a series that is free: mem0, mem1 … */
export function freeName(stem: string, taken: readonly string[]): string {
	for (let number = 0; ; number += 1)
		if (!taken.includes(`${stem}${number}`)) return `${stem}${number}`;
}
