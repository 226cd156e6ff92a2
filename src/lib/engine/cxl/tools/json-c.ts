import type { JsonValue } from '../../state/machine-records.ts';

/** JSON as json-c prints it with JSON_C_TO_STRING_PRETTY: two blanks per level, no blank after the colon. */
export function jsonText(value: JsonValue, level = 0): string {
	const inner = '  '.repeat(level + 1);
	const outer = '  '.repeat(level);
	if (Array.isArray(value)) {
		if (value.length === 0) return '[\n' + outer + ']';
		return `[\n${value.map((item) => inner + jsonText(item, level + 1)).join(',\n')}\n${outer}]`;
	}
	if (typeof value === 'object' && value !== null) {
		const members = Object.entries(value).map(([name, item]) => `${inner}${JSON.stringify(name)}:${jsonText(item, level + 1)}`);
		return members.length === 0 ? '{\n' + outer + '}' : `{\n${members.join(',\n')}\n${outer}}`;
	}
	return JSON.stringify(value);
}
