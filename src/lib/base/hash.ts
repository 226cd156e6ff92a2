/** Hashes in 32-bit integer arithmetic: the same bits in every engine and browser. */

/** Murmur3's finaliser over three words: the content stamp of a page (decision D2) and the base of every fingerprint. */
export function mix32(a: number, b: number, c: number): number {
	let h = (a ^ 0x9e3779b9) >>> 0;
	h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
	h = (h ^ b) >>> 0;
	h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
	h = (h ^ c) >>> 0;
	h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
	h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
	return (h ^ (h >>> 16)) >>> 0;
}

/** FNV-1a over UTF-16 code units, for seeds derived from component paths and for layout hashes. */
export function hashText(text: string): number {
	let h = 0x811c9dc5;
	for (let index = 0; index < text.length; index += 1) {
		const unit = text.charCodeAt(index);
		h = Math.imul(h ^ (unit & 0xff), 0x01000193);
		h = Math.imul(h ^ (unit >>> 8), 0x01000193);
	}
	return h >>> 0;
}

const CRC_TABLE = /* built once from the polynomial, not state */ (() => {
	const table = new Uint32Array(256);
	for (let n = 0; n < 256; n += 1) {
		let c = n;
		for (let k = 0; k < 8; k += 1) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
		table[n] = c >>> 0;
	}
	return table;
})();

/** CRC-32 (IEEE 802.3) of bytes. */
export function crc32(bytes: Uint8Array): number {
	let c = 0xffffffff;
	for (let index = 0; index < bytes.length; index += 1)
		c = (CRC_TABLE[(c ^ (bytes[index] as number)) & 0xff] as number) ^ (c >>> 8);
	return (c ^ 0xffffffff) >>> 0;
}

/** Two independent 32-bit lanes: a 64-bit fingerprint without BigInt in the loop. */
export class Fingerprint {
	private low = 0x2545f491;
	private high = 0x9e3779b9;

	/** Adds one value; anything above 32 bits or below 0 goes in as two words. */
	add(value: number): void {
		const word = value >>> 0;
		this.low = mix32(this.low, word, 0x51ed270b);
		this.high = mix32(this.high ^ this.low, word, 0xb5297a4d);
		if (word !== value) {
			const upper = Math.floor(value / 4294967296) >>> 0;
			this.low = mix32(this.low, upper, 0x68e31da4);
			this.high = mix32(this.high, upper, 0x1b56c4e9);
		}
	}

	addText(text: string): void {
		this.add(text.length);
		this.add(hashText(text));
		let h = 0;
		for (let index = 0; index < text.length; index += 1)
			h = mix32(h, text.charCodeAt(index), index);
		this.add(h);
	}

	/** 16 hexadecimal digits. */
	text(): string {
		return this.high.toString(16).padStart(8, '0') + this.low.toString(16).padStart(8, '0');
	}
}
