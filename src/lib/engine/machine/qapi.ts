import type { QmpArguments, QmpValue } from '../contract/machine-commands.ts';

/**
 * Reads the arguments of a monitor command by a description of them and refuses with QEMU's own texts (QEMU 10.2.2
 * qapi/qobject-input-visitor.c, qapi/qapi-visit-core.c): members in the order of the description, unknown ones last.
 */
export type QapiType =
	| 'str'
	| 'bool'
	| 'uint8'
	| 'uint16'
	| 'uint32'
	| 'uint64'
	| 'int16'
	| { readonly oneOf: readonly string[] }
	| { readonly list: QapiType }
	| { readonly struct: readonly QapiMember[] };

export interface QapiMember {
	readonly name: string;
	readonly type: QapiType;
	readonly optional?: true;
}
export const member = (name: string, type: QapiType): QapiMember => ({ name, type });
export const optional = (name: string, type: QapiType): QapiMember => ({ name, type, optional: true });

/** 64-bit numbers are exact as bigint: addresses may wrap as they do in C. */
export type QapiRead = string | boolean | number | bigint | readonly QapiRead[] | { readonly [name: string]: QapiRead };
export type QapiStruct = { readonly [name: string]: QapiRead };

class Refusal {
	readonly text: string;
	constructor(text: string) {
		this.text = text;
	}
}

export function readArguments(
	args: QmpArguments,
	members: readonly QapiMember[]
): { readonly ok: true; readonly value: QapiStruct } | { readonly ok: false; readonly text: string } {
	const read = readStruct(args, members, '');
	return read instanceof Refusal ? { ok: false, text: read.text } : { ok: true, value: read };
}

function readStruct(value: QmpArguments, members: readonly QapiMember[], where: string): QapiStruct | Refusal {
	const result: Record<string, QapiRead> = {};
	for (const { name, type, optional: mayLack } of members) {
		const path = `${where}${name}`;
		if (!Object.hasOwn(value, name)) {
			if (mayLack) continue;
			return new Refusal(`Parameter '${path}' is missing`);
		}
		const read = readValue(value[name] as QmpValue, type, path);
		if (read instanceof Refusal) return read;
		result[name] = read;
	}
	const unknown = Object.keys(value).find((name) => !members.some((one) => one.name === name));
	return unknown === undefined ? result : new Refusal(`Parameter '${where}${unknown}' is unexpected`);
}

const wrongType = (path: string, expected: string): Refusal => new Refusal(`Invalid parameter type for '${path}', expected: ${expected}`);

function readValue(value: QmpValue, type: QapiType, path: string): QapiRead | Refusal {
	if (typeof type !== 'string') {
		if ('oneOf' in type) {
			if (typeof value !== 'string') return wrongType(path, 'string');
			return type.oneOf.includes(value) ? value : new Refusal(`Parameter '${path}' does not accept value '${value}'`);
		}
		if ('list' in type) {
			if (!Array.isArray(value)) return wrongType(path, 'array');
			const list: QapiRead[] = [];
			for (const [index, each] of (value as readonly QmpValue[]).entries()) {
				const read = readValue(each, type.list, `${path}[${index}]`);
				if (read instanceof Refusal) return read;
				list.push(read);
			}
			return list;
		}
		if (value === null || typeof value !== 'object' || Array.isArray(value)) return wrongType(path, 'object');
		return readStruct(value as QmpArguments, type.struct, `${path}.`);
	}
	switch (type) {
		case 'str':
			return typeof value === 'string' ? value : wrongType(path, 'string');
		case 'bool':
			return typeof value === 'boolean' ? value : wrongType(path, 'boolean');
		case 'int16':
			if (typeof value !== 'number' || !Number.isInteger(value)) return wrongType(path, 'integer');
			return value >= -0x8000 && value <= 0x7fff ? value : new Refusal(`Parameter '${path}' expects int16_t`);
		default:
			return readUnsigned(value, type, path);
	}
}

const BITS = { uint8: 8, uint16: 16, uint32: 32, uint64: 64 } as const;

/** Negative numbers wrap, as QEMU keeps them for old clients; only then the width is looked at. */
function readUnsigned(value: QmpValue, type: keyof typeof BITS, path: string): number | bigint | Refusal {
	if (typeof value !== 'number' || !Number.isInteger(value) || value >= 2 ** 64 || value < -(2 ** 63))
		return new Refusal(`Parameter '${path}' expects uint64`);
	const wide = BigInt.asUintN(64, BigInt(value));
	if (type === 'uint64') return wide;
	return wide < 1n << BigInt(BITS[type]) ? Number(wide) : new Refusal(`Parameter '${path}' expects ${type}_t`);
}
