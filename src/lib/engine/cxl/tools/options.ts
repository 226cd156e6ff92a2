/**
 * Options as the tools read them (ndctl util/parse-options.c): short ones may stand together, a value may stick to its option or
 * follow it, long ones may be written with =; what is left are the arguments.
 */
export interface OptionSpec {
	/** One letter; '' where there is only a long name. */
	readonly short: string;
	readonly long: string;
	readonly value: boolean;
}
export interface Options {
	/** By long name; how often for those without a value. */
	readonly flags: Readonly<Record<string, number>>;
	readonly values: Readonly<Record<string, string>>;
	readonly rest: readonly string[];
}

export const flag = (short: string, long: string): OptionSpec => ({ short, long, value: false });
export const valued = (short: string, long: string): OptionSpec => ({ short, long, value: true });

/** The options, or what the tool says about a wrong one. */
export function readOptions(words: readonly string[], specs: readonly OptionSpec[]): Options | string {
	const flags: Record<string, number> = {};
	const values: Record<string, string> = {};
	const rest: string[] = [];
	for (let at = 0; at < words.length; at += 1) {
		const word = words[at] as string;
		if (word === '--') {
			rest.push(...words.slice(at + 1));
			break;
		}
		if (word.startsWith('--')) {
			const [name = '', ...tail] = word.slice(2).split('=');
			const spec = specs.find((each) => each.long === name) ?? only(specs.filter((each) => each.long.startsWith(name)));
			if (spec === undefined) return ` Error: unknown option \`${name}'`;
			if (!spec.value) flags[spec.long] = (flags[spec.long] ?? 0) + 1;
			else {
				const value = tail.length > 0 ? tail.join('=') : words[(at += 1)];
				if (value === undefined) return ` Error: option \`${spec.long}' requires a value`;
				values[spec.long] = value;
			}
			continue;
		}
		if (!word.startsWith('-') || word === '-') {
			rest.push(word);
			continue;
		}
		for (let letter = 1; letter < word.length; letter += 1) {
			const spec = specs.find((each) => each.short === word[letter]);
			if (spec === undefined) return ` Error: unknown switch \`${word[letter] as string}'`;
			if (!spec.value) {
				flags[spec.long] = (flags[spec.long] ?? 0) + 1;
				continue;
			}
			const value = letter + 1 < word.length ? word.slice(letter + 1) : words[(at += 1)];
			if (value === undefined) return ` Error: switch \`${spec.short}' requires a value`;
			values[spec.long] = value;
			break;
		}
	}
	return { flags, values, rest };
}

const only = (specs: readonly OptionSpec[]): OptionSpec | undefined => (specs.length === 1 ? specs[0] : undefined);

export const has = (options: Options, name: string): boolean => (options.flags[name] ?? 0) > 0;

const UNITS: Readonly<Record<string, number>> = { k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40, p: 2 ** 50 };

/** A size with K, M, G, T or P in powers of 1024 (ndctl util/size.c, parse_size64); null: none. */
export function parseSize(text: string): number | null {
	const match = /^\s*(0x[0-9a-f]+|\d+)\s*([kmgtp]?)(i?b)?$/i.exec(text);
	if (!match) return null;
	const bytes = Number(match[1]) * (UNITS[(match[2] ?? '').toLowerCase()] ?? 1);
	return Number.isSafeInteger(bytes) ? bytes : null;
}
