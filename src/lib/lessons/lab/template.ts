import { mix32 } from '../../base/hash.ts';
import { parseQuantity } from '../../base/quantity.ts';
import { readScenario } from '../../engine/contract/scenario/read.ts';
import type { Scenario } from '../../engine/contract/scenario/schema.ts';
import type { LabExpression } from './schema.ts';

/** A lab's scenario with placeholders `${name}`, filled by options and by the seed, and read by the contract. */

/** Every `${name}` inside a text value replaced; an entry of a list that is exactly "${name}" and becomes "" goes away. */
export function filled(value: unknown, texts: Readonly<Record<string, string>>): unknown {
	if (typeof value === 'string')
		return value.replaceAll(/\$\{([a-z][a-z0-9-]*)\}/g, (_, name: string) => {
			const text = texts[name];
			if (text === undefined) throw new Error(`nothing is put into \${${name}}`);
			return text;
		});
	if (Array.isArray(value)) return value.map((inner) => filled(inner, texts)).filter((inner) => inner !== '' && !isEmptyEntry(inner));
	if (typeof value === 'object' && value !== null)
		return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, filled(inner, texts)]));
	return value;
}

/** A journal entry whose words, value, word or VM became empty asks for nothing. */
function isEmptyEntry(entry: unknown): boolean {
	const command = (entry as { command?: { words?: unknown; value?: unknown; execute?: unknown; vm?: unknown } } | null)?.command;
	return command !== undefined && (command.words === '' || command.value === '' || command.execute === '' || command.vm === '');
}

export function filledScenario(template: unknown, texts: Readonly<Record<string, string>>, seed: number): Scenario {
	const whole = inTime({ ...(filled(template, texts) as Record<string, unknown>), seed });
	const read = readScenario(withNumbers(whole));
	if (!read.ok) throw new Error(`a lab's scenario cannot be read: ${read.detail}`);
	return read.value;
}

/** Options may say when something happens: the journal in the order of its times. */
function inTime(scenario: Record<string, unknown>): Record<string, unknown> {
	if (!Array.isArray(scenario['journal'])) return scenario;
	const nsOf = (entry: unknown): number => {
		const ns = parseQuantity((entry as { atNs?: unknown } | null)?.atNs, 'nanoseconds');
		return ns.ok ? ns.value : 0;
	};
	return { ...scenario, journal: [...scenario['journal']].sort((a, b) => nsOf(a) - nsOf(b)) };
}

/**
 * What the format wants as a number or a truth value: "=5", "=true"; and in arguments of QMP a text that is only digits behind
 * "value" or "size".
 */
function withNumbers(value: unknown): unknown {
	if (typeof value === 'string' && /^=(true|false|-?\d+)$/.test(value)) return JSON.parse(value.slice(1)) as unknown;
	if (Array.isArray(value)) return value.map(withNumbers);
	if (typeof value !== 'object' || value === null) return value;
	return Object.fromEntries(
		Object.entries(value).map(([key, inner]) =>
			(key === 'value' || key === 'size') && typeof inner === 'string' && /^\d+$/.test(inner) && 'property' in value
				? [key, Number(inner)]
				: [key, withNumbers(inner)]
		)
	);
}

type Drawn = string | number;

/** What the seed draws, by name; a drawn record adds its own names. */
export function draw(
	lists: Readonly<Record<string, readonly (Drawn | Readonly<Record<string, Drawn>>)[]>>,
	seed: number
): Record<string, Drawn> {
	const values: Record<string, Drawn> = {};
	for (const [index, [name, list]] of Object.entries(lists).entries()) {
		const value = list[mix32(seed, index + 1, 0xc0ffee) % list.length] as Drawn | Readonly<Record<string, Drawn>>;
		if (typeof value === 'object') Object.assign(values, value);
		else values[name] = value;
	}
	return values;
}

/** Limits of the seed stand where `{limit}` stood; row words where `{row:key}` stood. */
export function bound(
	expression: LabExpression,
	limits: Readonly<Record<string, string | number>>,
	row: Readonly<Record<string, string>> = {}
): LabExpression {
	if (typeof expression !== 'object') return expression;
	if ('limit' in expression) return Number(limits[expression.limit] ?? 0);
	if ('args' in expression) return { op: expression.op, args: expression.args.map((each) => bound(each, limits, row)) };
	if ('of' in expression)
		return { q: expression.q, of: expression.of.replaceAll(/\{([a-z][a-z0-9-]*)\}/g, (_, key: string) => row[key] ?? '') };
	return expression;
}
