import { tagDigits, tagShapes, tagWords } from '../draw/glyphs.ts';

/** How a tag is shown: two shapes and four digits, the same two wherever it stands. Never a colour. */
export interface TagFace {
	readonly shapes: readonly [string, string];
	/** Four hexadecimal digits; a short name stands as it is. */
	readonly digits: string;
	/** "diamond-triangle 3f9c" */
	readonly words: string;
}

const HEX = /^[0-9a-f]+$/;

/** A tag is 16 bytes, written as a UUID, as fewer hexadecimal digits, or as a name; sixteen bits of it make its face. */
export function tagFace(tag: string): TagFace {
	const number = tagNumber(tag);
	const digits = isName(tag) ? tag : tagDigits(number);
	return {
		shapes: tagShapes(number),
		digits,
		words: tagWords(number).replace(/ [0-9a-f]{4}$/, ` ${digits}`)
	};
}

const isName = (tag: string): boolean => tag.length <= 8 && !HEX.test(bare(tag));
const bare = (tag: string): string => tag.toLowerCase().replace(/^0x/, '').replaceAll('-', '');

/** The first four digits; the last four where the first say nothing. A name is folded into sixteen bits. */
export function tagNumber(tag: string): number {
	const digits = bare(tag);
	if (HEX.test(digits)) {
		if (digits.length <= 4) return Number.parseInt(digits, 16);
		const first = Number.parseInt(digits.slice(0, 4), 16);
		return first === 0 ? Number.parseInt(digits.slice(-4), 16) : first;
	}
	let number = 0;
	for (let at = 0; at < tag.length; at += 1)
		number = (Math.imul(number, 31) + tag.charCodeAt(at)) & 0xffff;
	return number;
}
