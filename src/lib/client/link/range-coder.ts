/**
 * Bytes packed by how likely they are where they stand: a binary range coder with adaptive bits (the scheme of LZMA's
 * coder; integer arithmetic only, so the same in every browser). A *context* names the place; bytes in the same context
 * share what was learnt about their eight bits. A link is too short for deflate to learn anything: this does.
 */
const TOP = 2 ** 24;
const WORDS = 2 ** 32;
/** Chances are 12 bits, as in LZMA. */
const EVEN = 2048;
/** First steps learn fast: the shift of the n-th adaption. */
const SHIFTS = [1, 2, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4];
const LAST_SHIFT = 5;

/** Per context 255 chances of a zero and how often each was adapted: a tree over the bits of a byte. */
interface Tree {
	readonly chance: Uint16Array;
	readonly seen: Uint8Array;
}

/** What is known about bytes by place. Grows while coding; both sides grow it alike. */
export class Expectation {
	private readonly trees: Map<number, Tree>;

	constructor(like?: Expectation) {
		this.trees = new Map();
		for (const [context, { chance, seen }] of like?.trees ?? [])
			this.trees.set(context, { chance: chance.slice(), seen: seen.slice() });
	}

	tree(context: number): Tree {
		let tree = this.trees.get(context);
		if (!tree) {
			tree = { chance: new Uint16Array(256).fill(EVEN), seen: new Uint8Array(256) };
			this.trees.set(context, tree);
		}
		return tree;
	}
}

function adapt({ chance, seen }: Tree, node: number, bit: number): void {
	const times = seen[node] as number;
	const shift = SHIFTS[times] ?? LAST_SHIFT;
	const old = chance[node] as number;
	chance[node] = bit === 0 ? old + ((4096 - old) >>> shift) : old - (old >>> shift);
	// Neither outcome may become impossible.
	chance[node] = Math.min(4096 - 31, Math.max(31, chance[node] as number));
	if (times < SHIFTS.length) seen[node] = times + 1;
}

export class RangeEncoder {
	private low = 0;
	private range = WORDS - 1;
	private cache = 0;
	private pending = 1;
	private readonly out: number[] = [];
	private readonly expectation: Expectation;

	constructor(expectation: Expectation) {
		this.expectation = expectation;
	}

	/** A byte in its context; in none it costs eight bits and teaches nothing. */
	readonly put = (byte: number, context: number | null): void => {
		const tree = context === null ? null : this.expectation.tree(context);
		for (let place = 7, node = 1; place >= 0; place -= 1) {
			const bit = (byte >>> place) & 1;
			const bound = (this.range >>> 12) * (tree ? (tree.chance[node] as number) : EVEN);
			if (bit === 0) this.range = bound;
			else {
				this.low += bound;
				this.range -= bound;
			}
			if (tree) adapt(tree, node, bit);
			node = node * 2 + bit;
			while (this.range < TOP) {
				this.range *= 256;
				this.shift();
			}
		}
	};

	/** The bytes; zeros that the reader supplies itself are left out. */
	done(): Uint8Array<ArrayBuffer> {
		this.low = Math.ceil(this.low / TOP) * TOP;
		for (let times = 0; times < 5; times += 1) this.shift();
		// The first byte is the empty cache.
		let end = this.out.length;
		for (let times = 0; times < SUPPLIED && end > 1 && this.out[end - 1] === 0; times += 1)
			end -= 1;
		return Uint8Array.from(this.out.slice(1, end));
	}

	private shift(): void {
		if (this.low < 0xff000000 || this.low >= WORDS) {
			const carry = this.low >= WORDS ? 1 : 0;
			for (let byte = this.cache; this.pending > 0; this.pending -= 1, byte = 0xff)
				this.out.push((byte + carry) & 0xff);
			this.cache = Math.floor(this.low / TOP) & 0xff;
		}
		this.pending += 1;
		this.low = (this.low % TOP) * 256;
	}
}

/** Bytes read beyond the end, as zeros: what `done` may have left out. */
const SUPPLIED = 4;

export class RangeDecoder {
	private range = WORDS - 1;
	private code = 0;
	private at = 0;
	private readonly bytes: Uint8Array;
	private readonly expectation: Expectation;

	constructor(bytes: Uint8Array, expectation: Expectation) {
		this.bytes = bytes;
		this.expectation = expectation;
		for (let times = 0; times < SUPPLIED; times += 1) this.code = this.code * 256 + this.next();
	}

	/** True when more was asked for than was written: what came last means nothing. */
	get isOverrun(): boolean {
		return this.at > this.bytes.length + SUPPLIED;
	}

	/** Bytes that were never looked at. */
	get left(): number {
		return Math.max(0, this.bytes.length - this.at);
	}

	readonly get = (context: number | null): number => {
		const tree = context === null ? null : this.expectation.tree(context);
		let node = 1;
		while (node < 256) {
			const bound = (this.range >>> 12) * (tree ? (tree.chance[node] as number) : EVEN);
			const bit = this.code < bound ? 0 : 1;
			if (bit === 0) this.range = bound;
			else {
				this.code -= bound;
				this.range -= bound;
			}
			if (tree) adapt(tree, node, bit);
			node = node * 2 + bit;
			while (this.range < TOP) {
				this.range *= 256;
				this.code = this.code * 256 + this.next();
			}
		}
		return node - 256;
	};

	private next(): number {
		const byte = this.bytes[this.at] ?? 0;
		this.at += 1;
		return byte;
	}
}
