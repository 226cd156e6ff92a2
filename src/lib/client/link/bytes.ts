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
const FIRST_DECIMAL = 41;

/** Decimal exponents that a header byte can name; everything else goes as eight raw bytes. */
const DECIMAL_BIAS = 64;

export class ByteWriter {
	private readonly bytes: number[] = [];
	private readonly names = new Map<string, number>(STATIC_NAMES.map((name, index) => [name, index]));

	get byteLength(): number {
		return this.bytes.length;
	}

	done(): Uint8Array<ArrayBuffer> {
		return Uint8Array.from(this.bytes);
	}

	byte(value: number): void {
		assert(Number.isInteger(value) && value >= 0 && value < 256, `not a byte: ${value}`);
		this.bytes.push(value);
	}

	raw(bytes: Uint8Array): void {
		for (const value of bytes) this.bytes.push(value);
	}

	count(value: number): void {
		assert(Number.isSafeInteger(value) && value >= 0, `not a count: ${value}`);
		let left = value;
		while (left >= 128) {
			this.bytes.push((left % 128) | 128);
			left = Math.floor(left / 128);
		}
		this.bytes.push(left);
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
		this.bytes.push(code | ((mantissa % 2) << 6) | (rest > 0 ? 128 : 0));
		if (rest > 0) this.count(rest);
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
			if (exact && Number.isSafeInteger(digits) && exponent > -DECIMAL_BIAS && exponent < DECIMAL_BIAS) {
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
		this.count(points.length);
		for (const point of points) this.count(point);
	}

	/** A name: its place in the table of names seen so far, plus 1; 0 = spelled out here for the first time. */
	name(value: string): void {
		const known = this.names.get(value);
		if (known !== undefined) {
			this.count(known + 1);
			return;
		}
		this.names.set(value, this.names.size);
		this.count(0);
		this.text(value);
	}
}

export class ByteReader {
	/** The reason that malformed content gets: which part of the link is being read. */
	part: LinkReason = 'bad-model-version';
	private at = 0;
	private readonly bytes: Uint8Array;
	private readonly names: string[] = [...STATIC_NAMES];

	constructor(bytes: Uint8Array) {
		this.bytes = bytes;
	}

	get left(): number {
		return this.bytes.length - this.at;
	}

	malformed(detail: string): never {
		throw new LinkDamage(this.part, detail);
	}

	byte(): number {
		const value = this.bytes[this.at];
		if (value === undefined)
			throw new LinkDamage('truncated', `it ends after ${this.bytes.length} bytes, where more must follow`);
		this.at += 1;
		return value;
	}

	raw(count: number): Uint8Array {
		if (count > this.left)
			throw new LinkDamage('truncated', `${count} bytes should follow, ${this.left} do`);
		this.at += count;
		return this.bytes.subarray(this.at - count, this.at);
	}

	count(most: number = Number.MAX_SAFE_INTEGER): number {
		let value = 0;
		for (let scale = 1, length = 0; length < 8; scale *= 128, length += 1) {
			const byte = this.byte();
			value += (byte & 127) * scale;
			if (byte < 128) {
				if (value > most) this.malformed(`a number is ${value}, at most ${most} can be`);
				return value;
			}
		}
		return this.malformed('a number is longer than eight bytes');
	}

	quantity(): number {
		const first = this.byte();
		const code = first & 63;
		const mantissa = ((first >>> 6) & 1) + (first >= 128 ? this.count() * 2 : 0);
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
		const count = this.count(most);
		let value = '';
		for (let index = 0; index < count; index += 1) value += String.fromCodePoint(this.count(0x10ffff));
		return value;
	}

	name(): string {
		const place = this.count();
		if (place === 0) {
			const value = this.text(64);
			this.names.push(value);
			return value;
		}
		return this.names[place - 1] ?? this.malformed(`it refers to name ${place} of ${this.names.length}`);
	}
}

/** True where the first of a quantity's codes is a power of ten; the description of the format is tested by it. */
export const isDecimalScale = (code: number): boolean => code >= FIRST_DECIMAL && code < POWERS.length;
