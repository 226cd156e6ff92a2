import type { JsonValue } from '../../state/machine-records.ts';

/** Numbers as the tools print them, plain or with -u (ndctl util/json.c). */

/** util_json_object_size: from 5000 KiB on in binary and decimal units. */
export function size(bytes: number, human: boolean): JsonValue {
	if (!human || bytes < 5000 * 1024) return bytes;
	const binary = unit(bytes, 1024, ['MiB', 'GiB', 'TiB']);
	const decimal = unit(bytes, 1000, ['MB', 'GB', 'TB']);
	return `${binary} (${decimal})`;
}

/** Two decimals, rounded half up, in whole numbers. */
function unit(bytes: number, base: number, names: readonly [string, string, string]): string {
	const power = bytes < 2 * base * base * base ? 0 : bytes < 2 * base * base * base * base ? 1 : 2;
	const divisor = [base * base, base * base * base, base * base * base * base][power] as number;
	const whole = Number((BigInt(bytes) * 200n) / BigInt(divisor) + 1n);
	const hundredths = Math.floor(whole / 2);
	return `${Math.floor(hundredths / 100)}.${String(hundredths % 100).padStart(2, '0')} ${names[power] as string}`;
}

/** util_json_object_hex: a number, or its hexadecimal text. */
export const hex = (value: number, human: boolean): JsonValue => (human ? `0x${value.toString(16)}` : value);
