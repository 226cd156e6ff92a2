/** Word-wise helpers over bitmaps that live in Uint32Array columns. Bit n of word w is page w * 32 + n. */

/** Number of set bits of a 32-bit word. */
export function popcount(word: number): number {
	let v = word - ((word >>> 1) & 0x55555555);
	v = (v & 0x33333333) + ((v >>> 2) & 0x33333333);
	return Math.imul((v + (v >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Index of the lowest set bit, 0 … 31; 32 for 0. */
export function lowestBit(word: number): number {
	return word === 0 ? 32 : 31 - Math.clz32(word & -word);
}

export function testBit(words: Uint32Array, index: number): boolean {
	return (((words[index >>> 5] as number) >>> (index & 31)) & 1) === 1;
}
