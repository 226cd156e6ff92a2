import { assert } from '../../base/assert.ts';
import { LinkDamage, type LinkReason } from './reasons.ts';
import { STATIC_NAMES } from './names.ts';

/**
 * Bytes of a link. Whole numbers go as var-ints (7 bits a byte, lowest first). A *quantity* is mantissa × 2^n or × 10^n:
 * its first byte holds n (6 bits), the lowest bit of the mantissa and the continuation bit, so 4 GiB is one byte.
 */
const POWERS: readonly number[] = [
	...Array.from({ length: 41 }, (_, n) => 2 ** n),
	...Array.from({ length: 15 }, (_, n) => 10 ** (n + 1))
];

/** Decimal exponents that a header byte can name; everything else goes as eight raw bytes. */
const DECIMAL_BIAS = 64;

export type PutByte = (byte: number, context: number | null) => void;
export type GetByte = (context: number | null) => number;

/** Kinds of bytes within a part. */
const Kind = { byte: 0, quantity: 1, count: 2, length: 3, name: 4 } as const;
const KINDS = 8;
/** Contexts that no part owns: higher bytes of numbers, letters by what stands before them. */
const Shared = {
	second: 0,
	further: 1,
	mantissa: 2,
	furtherMantissa: 3,
	letterStart: 4,
	letterVowel: 5,
	letterConsonant: 6,
	letterOther: 7,
	furtherLetter: 8
} as const;
const SHARED = 16;

/** Numbers for parts; only the same within one page, never in a link. */
const parts = new Map<string, number>();
function contextsOf(part: string): number {
	let number = parts.get(part);
	if (number === undefined) {
		number = parts.size;
		parts.set(part, number);
	}
	return SHARED + number * KINDS;
}

export class ByteWriter {
	private base = contextsOf('');
	private readonly put: PutByte;
	private readonly names = new Map<string, number>(
		STATIC_NAMES.map((name, index) => [name, index])
	);

	constructor(put: PutByte) {
		this.put = put;
	}

	/** Which part of the record is being written: bytes of one part resemble each other. */
	set part(part: string) {
		this.base = contextsOf(part);
	}

	byte(value: number): void {
		assert(Number.isInteger(value) && value >= 0 && value < 256, `not a byte: ${value}`);
		this.put(value, this.base + Kind.byte);
	}

	yesOrNo(value: boolean): void {
		this.byte(value ? 1 : 0);
	}

	/** Bytes of which nothing can be expected. */
	raw(bytes: Uint8Array): void {
		for (const value of bytes) this.put(value, null);
	}

	count(value: number): void {
		this.varint(value, this.base + Kind.count);
	}

	private varint(value: number, first: number): void {
		assert(Number.isSafeInteger(value) && value >= 0, `not a count: ${value}`);
		let left = value;
		let place = 0;
		while (left >= 128) {
			this.put((left % 128) | 128, place === 0 ? first : higher(first, place));
			left = Math.floor(left / 128);
			place += 1;
		}
		this.put(left, place === 0 ? first : higher(first, place));
	}

	quantity(value: number): void {
		assert(Number.isSafeInteger(value) && value >= 0, `not a quantity: ${value}`);
		let code = 0;
		let mantissa = value;
		for (let candidate = 1; candidate < POWERS.length; candidate += 1) {
			const power = POWERS[candidate] as number;
			if (value % power === 0 && value / power < mantissa) {
				mantissa = value / power;
				code = candidate;
			}
		}
		const rest = Math.floor(mantissa / 2);
		this.put(code | ((mantissa % 2) << 6) | (rest > 0 ? 128 : 0), this.base + Kind.quantity);
		if (rest > 0) this.varint(rest, Shared.mantissa);
	}

	/** Any finite double: digits and a decimal exponent where that is exact, eight raw bytes otherwise. */
	decimal(value: number): void {
		const match = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value));
		if (match) {
			const fraction = match[3] ?? '';
			let digits = Number((match[2] as string) + fraction);
			let exponent = Number(match[4] ?? 0) - fraction.length;
			while (digits !== 0 && digits % 10 === 0) {
				digits /= 10;
				exponent += 1;
			}
			if (digits === 0) exponent = 0;
			const exact = Number(`${match[1]}${digits}e${exponent}`) === value;
			if (
				exact &&
				Number.isSafeInteger(digits) &&
				exponent > -DECIMAL_BIAS &&
				exponent < DECIMAL_BIAS
			) {
				this.byte(exponent + DECIMAL_BIAS + (match[1] === '-' ? 128 : 0));
				this.count(digits);
				return;
			}
		}
		this.byte(0);
		const raw = new Uint8Array(8);
		new DataView(raw.buffer).setFloat64(0, value, true);
		this.raw(raw);
	}

	/** Code points as var-ints: no text is lost, not even half a surrogate pair. */
	text(value: string): void {
		const points = Array.from(value, (character) => character.codePointAt(0) as number);
		this.varint(points.length, this.base + Kind.length);
		let before = 32;
		for (const point of points) {
			this.varint(point, letterContext(before));
			before = point;
		}
	}

	/** A name: its place in the table of names seen so far, plus 1; 0 = spelled out here for the first time. */
	name(value: string): void {
		const known = this.names.get(value);
		if (known !== undefined) {
			this.varint(known + 1, this.base + Kind.name);
			return;
		}
		this.names.set(value, this.names.size);
		this.varint(0, this.base + Kind.name);
		this.text(value);
	}
}

/** The higher bytes of a number are as good as random, and alike everywhere. */
function higher(first: number, place: number): number {
	if (first === Shared.mantissa) return Shared.furtherMantissa;
	if (first >= Shared.letterStart && first < SHARED) return Shared.furtherLetter;
	return place === 1 ? Shared.second : Shared.further;
}

/** What comes next in a text depends on what was before: the start of a word, a vowel, another letter, the rest. */
function letterContext(before: number): number {
	if (before === 32 || before === 45) return Shared.letterStart;
	const lower = before | 32;
	if (lower < 97 || lower > 122) return Shared.letterOther;
	return VOWELS.includes(lower) ? Shared.letterVowel : Shared.letterConsonant;
}
const VOWELS: readonly number[] = [97, 101, 105, 111, 117];

/** Most bytes that one link may unpack to: whatever it claims, reading ends. */
const MOST_BYTES = 24_576;

export class ByteReader {
	/** The reason that malformed content gets: which section of the link is being read. */
	section: LinkReason = 'bad-model-version';
	private base = contextsOf('');
	private read = 0;
	private readonly get: GetByte;
	private readonly names: string[] = [...STATIC_NAMES];

	/** @param get throws a LinkDamage where nothing is left */
	constructor(get: GetByte) {
		this.get = (context) => {
			this.read += 1;
			if (this.read > MOST_BYTES)
				throw new LinkDamage('unpacks-too-long', `more than ${MOST_BYTES} bytes`);
			return get(context);
		};
	}

	set part(part: string) {
		this.base = contextsOf(part);
	}

	malformed(detail: string): never {
		throw new LinkDamage(this.section, detail);
	}

	byte(): number {
		return this.get(this.base + Kind.byte);
	}

	yesOrNo(): boolean {
		const value = this.byte();
		if (value > 1) this.malformed(`yes or no is ${value}`);
		return value === 1;
	}

	raw(count: number): Uint8Array {
		return Uint8Array.from({ length: count }, () => this.get(null));
	}

	count(most: number = Number.MAX_SAFE_INTEGER): number {
		return this.varint(this.base + Kind.count, most);
	}

	private varint(first: number, most: number = Number.MAX_SAFE_INTEGER): number {
		let value = 0;
		for (let scale = 1, place = 0; place < 8; scale *= 128, place += 1) {
			const byte = this.get(place === 0 ? first : higher(first, place));
			value += (byte & 127) * scale;
			if (byte < 128) {
				if (value > most) this.malformed(`a number is ${value}, at most ${most} can be`);
				return value;
			}
		}
		return this.malformed('a number is longer than eight bytes');
	}

	quantity(): number {
		const first = this.get(this.base + Kind.quantity);
		const code = first & 63;
		const mantissa = ((first >>> 6) & 1) + (first >= 128 ? this.varint(Shared.mantissa) * 2 : 0);
		const power = POWERS[code];
		if (power === undefined) return this.malformed(`an amount has the unknown scale ${code}`);
		const value = mantissa * power;
		if (!Number.isSafeInteger(value)) this.malformed('an amount is above 2^53');
		return value;
	}

	decimal(): number {
		const header = this.byte();
		if (header === 0) {
			const raw = this.raw(8);
			return new DataView(raw.buffer, raw.byteOffset, 8).getFloat64(0, true);
		}
		const exponent = (header & 127) - DECIMAL_BIAS;
		return Number(`${header >= 128 ? '-' : ''}${this.count()}e${exponent}`);
	}

	text(most: number): string {
		const count = this.varint(this.base + Kind.length, most);
		let value = '';
		let before = 32;
		for (let index = 0; index < count; index += 1) {
			before = this.varint(letterContext(before), 0x10ffff);
			value += String.fromCodePoint(before);
		}
		return value;
	}

	name(): string {
		const place = this.varint(this.base + Kind.name);
		if (place === 0) {
			const value = this.text(64);
			this.names.push(value);
			return value;
		}
		return (
			this.names[place - 1] ?? this.malformed(`it refers to name ${place} of ${this.names.length}`)
		);
	}
}
