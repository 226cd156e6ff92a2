import { assert } from '../../base/assert.ts';
import type { ByteReader, ByteWriter } from './bytes.ts';

/**
 * How values of the scenario format become bytes. A shape writes a value *relative to a base* (the template of its kind,
 * the element before it, or the same element of a known scenario): a record writes one bit per field that differs, then
 * those fields. Reader and writer know the same base, so nothing else is needed.
 */
export interface Shape {
	write(out: ByteWriter, value: unknown, base: unknown): void;
	read(from: ByteReader, base: unknown): unknown;
}

type Fields = Readonly<Record<string, unknown>>;

export const count: Shape = {
	write: (out, value) => out.count(value as number),
	read: (from) => from.count()
};
export const quantity: Shape = {
	write: (out, value) => out.quantity(value as number),
	read: (from) => from.quantity()
};
export const decimal: Shape = {
	write: (out, value) => out.decimal(value as number),
	read: (from) => from.decimal()
};
export const flag: Shape = {
	write: (out, value) => out.yesOrNo(value === true),
	read: (from) => from.yesOrNo()
};
export const name: Shape = {
	write: (out, value) => out.name(value as string),
	read: (from) => from.name()
};
export const text = (most: number): Shape => ({
	write: (out, value) => out.text(value as string),
	read: (from) => from.text(most)
});

/** A JSON value as text, for the few places whose form belongs to somebody else (arguments of QMP). */
export const json = (most: number): Shape => ({
	write: (out, value) => out.text(JSON.stringify(value)),
	read: (from) => {
		try {
			return JSON.parse(from.text(most)) as unknown;
		} catch {
			return from.malformed('a JSON value cannot be read');
		}
	}
});

/** One of a frozen list of words; its place is what the link holds: append, never re-order. */
export const choice = (...words: readonly string[]): Shape => ({
	write: (out, value) => {
		const code = words.indexOf(value as string);
		assert(code >= 0, `links have no code for "${String(value)}"`);
		out.count(code);
	},
	read: (from) => words[from.count(words.length - 1)]
});

export interface Field {
	readonly key: string;
	readonly shape: Shape;
	/** Value when there is no base. */
	readonly template: unknown;
	/** What stands for "not there", for fields that may be missing. */
	readonly absent?: { readonly value: undefined | null };
}

/** A field that is always there. */
export const field = (key: string, shape: Shape, template: unknown): Field => ({
	key,
	shape,
	template
});
/** A field that may be missing, or null. */
export const optional = (
	key: string,
	shape: Shape,
	template?: unknown,
	absent: undefined | null = undefined
): Field => ({ key, shape, template: template ?? absent, absent: { value: absent } });

export interface RecordShape extends Shape {
	readonly fields: readonly Field[];
	mask(value: Fields, base: Fields | undefined): number;
	writeFields(out: ByteWriter, mask: number, value: Fields, base: Fields | undefined): void;
	readFields(from: ByteReader, mask: number, base: Fields | undefined): Record<string, unknown>;
}

/** Fields in frozen order: bit n of the mask is field n. Append, never re-order. */
export function record(...fields: readonly Field[]): RecordShape {
	assert(fields.length <= 30, 'a mask has 30 bits');
	const maskPart = `mask of ${fields[0]?.key}`;
	const baseOf = (entry: Field, base: Fields | undefined): unknown =>
		base === undefined ? entry.template : base[entry.key];
	const shape: RecordShape = {
		fields,
		mask(value, base) {
			for (const key of Object.keys(value))
				assert(
					value[key] === undefined || fields.some((entry) => entry.key === key),
					`links of this version have no place for "${key}"`
				);
			let mask = 0;
			fields.forEach((entry, index) => {
				if (!same(value[entry.key], baseOf(entry, base))) mask |= 1 << index;
			});
			return mask;
		},
		writeFields(out, mask, value, base) {
			fields.forEach((entry, index) => {
				if ((mask & (1 << index)) === 0) return;
				const inner = value[entry.key];
				const innerBase = baseOf(entry, base);
				out.part = entry.key;
				if (entry.absent && innerBase !== entry.absent.value) {
					out.yesOrNo(inner !== entry.absent.value);
					if (inner === entry.absent.value) return;
				}
				entry.shape.write(out, inner, present(innerBase));
			});
		},
		readFields(from, mask, base) {
			if (mask >= 2 ** fields.length)
				from.malformed('it has fields that this version does not know');
			const value: Record<string, unknown> = {};
			fields.forEach((entry, index) => {
				const innerBase = baseOf(entry, base);
				from.part = entry.key;
				if ((mask & (1 << index)) === 0) value[entry.key] = innerBase;
				else if (entry.absent && innerBase !== entry.absent.value && !from.yesOrNo())
					value[entry.key] = entry.absent.value;
				else value[entry.key] = entry.shape.read(from, present(innerBase));
				if (value[entry.key] === undefined) delete value[entry.key];
			});
			return value;
		},
		write(out, value, base) {
			const mask = shape.mask(value as Fields, base as Fields | undefined);
			out.part = maskPart;
			out.count(mask);
			shape.writeFields(out, mask, value as Fields, base as Fields | undefined);
		},
		read(from, base) {
			from.part = maskPart;
			return shape.readFields(from, from.count(2 ** 30), base as Fields | undefined);
		}
	};
	return shape;
}

const present = (value: unknown): unknown => (value === null ? undefined : value);

/** Elements without a name: each is written relative to the one before it. */
export const list = (shape: Shape, most: number): Shape => ({
	write(out, value) {
		const items = value as readonly unknown[];
		assert(items.length <= most, `a link holds at most ${most} of these`);
		out.count(items.length);
		items.forEach((item, index) => shape.write(out, item, items[index - 1]));
	},
	read(from) {
		const items: unknown[] = [];
		const length = from.count(most);
		for (let index = 0; index < length; index += 1) items.push(shape.read(from, items[index - 1]));
		return items;
	}
});

/** Elements with an id: each is written relative to the base's element of that id, else to the one before it. */
export const named = (shape: RecordShape, most: number): Shape => {
	const baseFor = (id: string, base: unknown, before: unknown): unknown =>
		((base as readonly Fields[] | undefined) ?? []).find((item) => item.id === id) ?? before;
	const without = ({ id: _, ...rest }: Fields): Fields => rest;
	return {
		write(out, value, base) {
			const items = value as readonly Fields[];
			assert(items.length <= most, `a link holds at most ${most} of these`);
			out.count(items.length);
			items.forEach((item, index) => {
				out.part = 'id';
				out.name(item.id as string);
				const itemBase = baseFor(item.id as string, base, items[index - 1]);
				shape.write(out, without(item), itemBase && without(itemBase as Fields));
			});
		},
		read(from, base) {
			const items: Fields[] = [];
			const length = from.count(most);
			for (let index = 0; index < length; index += 1) {
				from.part = 'id';
				const id = from.name();
				const itemBase = baseFor(id, base, items[index - 1]);
				const rest = shape.read(from, itemBase && without(itemBase as Fields)) as Fields;
				items.push({ id, ...rest });
			}
			return items;
		}
	};
};

/** Numbers by name, in the order of their names. */
export const numbers = (most: number): Shape => ({
	write(out, value) {
		const entries = Object.entries(value as Readonly<Record<string, number>>);
		assert(entries.length <= most, `a link holds at most ${most} of these`);
		entries.sort(([a], [b]) => (a < b ? -1 : 1));
		out.count(entries.length);
		for (const [key, number] of entries) {
			out.part = 'cost';
			out.text(key);
			out.decimal(number);
		}
	},
	read(from) {
		const entries: [string, number][] = [];
		const length = from.count(most);
		for (let index = 0; index < length; index += 1) {
			from.part = 'cost';
			entries.push([from.text(400), from.decimal()]);
		}
		return Object.fromEntries(entries);
	}
});

/** Equal as data: key order and missing against undefined do not matter. */
export function same(a: unknown, b: unknown): boolean {
	if (a === b) return true;
	if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
	if (Array.isArray(a) !== Array.isArray(b)) return false;
	const left = a as Fields;
	const right = b as Fields;
	for (const key of new Set([...Object.keys(left), ...Object.keys(right)]))
		if (!same(left[key], right[key])) return false;
	return true;
}
