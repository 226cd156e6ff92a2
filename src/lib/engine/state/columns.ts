import { COLUMN_NAMES, COLUMNS, type ColumnName, type ColumnType, type Placement } from '../contract/layout.ts';

/**
 * Columns over the world's buffer. Every write goes through `set` or `fill`, which mark the 4 KiB piece of state they touch:
 * checkpoints copy marked pieces only (decision D7). One class per element type keeps each access monomorphic.
 */

/** Bytes of state behind one mark. */
export const PIECE_BYTES = 4096;

abstract class Column<A> {
	data: A;
	/** Offset of the column in units of 64 B: below 2^32 for any buffer we allow. */
	protected readonly offset64: number;
	protected marks: Uint8Array;

	constructor(data: A, byteOffset: number, marks: Uint8Array) {
		this.data = data;
		this.offset64 = byteOffset / 64;
		this.marks = marks;
	}

	/** After the buffer came back from the page. */
	rebind(data: A): void {
		this.data = data;
	}

	protected markRange(firstByte: number, lastByte: number): void {
		const from = (this.offset64 + (firstByte >>> 6)) >>> 6;
		const to = (this.offset64 + (lastByte >>> 6)) >>> 6;
		// Most ranges lie in one piece, and a call of fill costs ten times a plain write.
		if (to - from > 8) this.marks.fill(1, from, to + 1);
		else for (let piece = from; piece <= to; piece += 1) this.marks[piece] = 1;
	}
}

export class U8Column extends Column<Uint8Array> {
	get(index: number): number {
		return this.data[index] as number;
	}
	set(index: number, value: number): void {
		this.data[index] = value;
		this.marks[(this.offset64 + (index >>> 6)) >>> 6] = 1;
	}
	/** The mark of a row whose `data` was written directly. */
	mark(index: number): void {
		this.marks[(this.offset64 + (index >>> 6)) >>> 6] = 1;
	}
	fill(value: number, from: number, to: number): void {
		if (to <= from) return;
		this.data.fill(value, from, to);
		this.markRange(from, to - 1);
	}
	/** For loops that write `data` themselves: marks rows `from` to before `to`. */
	touch(from: number, to: number): void {
		if (to > from) this.markRange(from, to - 1);
	}
}

export class U16Column extends Column<Uint16Array> {
	private view: Float64Array | null = null;

	/**
	 * Four rows at a time, for loops that look for rows that are not 0: an element is 0 only if all four rows are (rows below
	 * 32,768, so that no element is the other zero). Meant to be compared with 0 and for nothing else.
	 */
	fours(): Float64Array {
		const { buffer, byteOffset, length } = this.data;
		if (this.view?.buffer !== buffer) this.view = new Float64Array(buffer, byteOffset, length >>> 2);
		return this.view;
	}
	get(index: number): number {
		return this.data[index] as number;
	}
	set(index: number, value: number): void {
		this.data[index] = value;
		this.marks[(this.offset64 + (index >>> 5)) >>> 6] = 1;
	}
	fill(value: number, from: number, to: number): void {
		if (to <= from) return;
		if (to - from > 32) this.data.fill(value, from, to);
		else for (let index = from; index < to; index += 1) this.data[index] = value;
		this.markRange(from * 2, to * 2 - 1);
	}
	/** As for U8Column. */
	touch(from: number, to: number): void {
		if (to > from) this.markRange(from * 2, to * 2 - 1);
	}
}

export class U32Column extends Column<Uint32Array> {
	get(index: number): number {
		return this.data[index] as number;
	}
	set(index: number, value: number): void {
		this.data[index] = value;
		this.marks[(this.offset64 + (index >>> 4)) >>> 6] = 1;
	}
	fill(value: number, from: number, to: number): void {
		if (to <= from) return;
		if (to - from > 32) this.data.fill(value, from, to);
		else for (let index = from; index < to; index += 1) this.data[index] = value;
		this.markRange(from * 4, to * 4 - 1);
	}
	/** As for U8Column. */
	touch(from: number, to: number): void {
		if (to > from) this.markRange(from * 4, to * 4 - 1);
	}
	/** Copies rows inside the column; the ranges may not overlap. */
	copy(target: number, from: number, to: number): void {
		if (to <= from) return;
		this.data.copyWithin(target, from, to);
		this.markRange(target * 4, (target + to - from) * 4 - 1);
	}
}

export class F64Column extends Column<Float64Array> {
	get(index: number): number {
		return this.data[index] as number;
	}
	set(index: number, value: number): void {
		this.data[index] = value;
		this.marks[(this.offset64 + (index >>> 3)) >>> 6] = 1;
	}
	/** The mark of a row whose `data` was written directly. */
	mark(index: number): void {
		this.marks[(this.offset64 + (index >>> 3)) >>> 6] = 1;
	}
	fill(value: number, from: number, to: number): void {
		if (to <= from) return;
		this.data.fill(value, from, to);
		this.markRange(from * 8, to * 8 - 1);
	}
}

export class U64Column extends Column<BigUint64Array> {
	get(index: number): bigint {
		return this.data[index] as bigint;
	}
	set(index: number, value: bigint): void {
		this.data[index] = value;
		this.marks[(this.offset64 + (index >>> 3)) >>> 6] = 1;
	}
	/** The mark of a row whose `data` was written directly. */
	mark(index: number): void {
		this.marks[(this.offset64 + (index >>> 3)) >>> 6] = 1;
	}
}

interface ClassOf {
	u8: U8Column;
	u16: U16Column;
	u32: U32Column;
	f64: F64Column;
	u64: U64Column;
}
export type ColumnSet = { readonly [N in ColumnName]: ClassOf[(typeof COLUMNS)[N]['type']] };

function arrayOver(type: ColumnType, buffer: ArrayBufferLike, from: number, length: number) {
	switch (type) {
		case 'u8':
			return new Uint8Array(buffer, from, length);
		case 'u16':
			return new Uint16Array(buffer, from, length);
		case 'u32':
			return new Uint32Array(buffer, from, length);
		case 'f64':
			return new Float64Array(buffer, from, length);
		case 'u64':
			return new BigUint64Array(buffer, from, length);
	}
}

/** One column object per declared column. */
export function makeColumns(buffer: ArrayBufferLike, placement: Placement, marks: Uint8Array): ColumnSet {
	const classes = { u8: U8Column, u16: U16Column, u32: U32Column, f64: F64Column, u64: U64Column };
	// Not filled name by name: V8 keeps an object that grew so as a dictionary, and every `world.c.x` is a search in it.
	return Object.fromEntries(
		COLUMN_NAMES.map((name) => {
			const type: ColumnType = COLUMNS[name].type;
			const data = arrayOver(type, buffer, placement.offsets[name], placement.lengths[name]);
			const Class = classes[type] as new (data: unknown, offset: number, marks: Uint8Array) => unknown;
			return [name, new Class(data, placement.offsets[name], marks)];
		})
	) as unknown as ColumnSet;
}

/** The same column objects over a buffer that came back. */
export function rebindColumns(columns: ColumnSet, buffer: ArrayBufferLike, placement: Placement): void {
	for (const name of COLUMN_NAMES) {
		const data = arrayOver(COLUMNS[name].type, buffer, placement.offsets[name], placement.lengths[name]);
		(columns[name] as unknown as { rebind(data: unknown): void }).rebind(data);
	}
}
