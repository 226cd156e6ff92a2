const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Bytes as base64url without padding (RFC 4648 section 5). */
export function toBase64Url(bytes: Uint8Array): string {
	let text = '';
	for (let index = 0; index < bytes.length; index += 3) {
		const a = bytes[index] as number;
		const b = bytes[index + 1];
		const c = bytes[index + 2];
		text += ALPHABET[a >>> 2];
		text += ALPHABET[((a & 3) << 4) | ((b ?? 0) >>> 4)];
		if (b === undefined) break;
		text += ALPHABET[((b & 15) << 2) | ((c ?? 0) >>> 6)];
		if (c === undefined) break;
		text += ALPHABET[c & 63];
	}
	return text;
}

/** The bytes of a base64url text; null if a character or the length is impossible. Never throws. */
export function fromBase64Url(text: string): Uint8Array | null {
	if (text.length % 4 === 1) return null;
	const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
	let at = 0;
	let hold = 0;
	let bits = 0;
	for (const character of text) {
		const value = ALPHABET.indexOf(character);
		if (value < 0) return null;
		hold = ((hold << 6) | value) & 0xffffff;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			bytes[at] = (hold >>> bits) & 0xff;
			at += 1;
		}
	}
	return bytes;
}
