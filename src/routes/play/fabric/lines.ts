import { parseAddress } from '$lib/base/address.ts';
import {
	FABRIC_ACTORS,
	type FabricActor,
	type FabricCommand
} from '$lib/engine/contract/fabric-commands.ts';
import type { QmpArguments, QmpValue } from '$lib/engine/contract/machine-commands.ts';

/**
 * The line that says the same as a command of the fabric, and back: `fm mem0 initiate-dynamic-capacity-add host=A
 * length=512M`. Numbers that are whole MiB are written with a unit; what a reader would take for something else stands in
 * quotes. JSON as QEMU's monitor takes it is read too.
 */
export function fabricLine(command: FabricCommand): string {
	const typed = typedLine(command);
	if (typed !== null) return typed;
	const parameters = Object.entries(command.arguments ?? {}).map(
		([key, value]) => `${key}=${valueText(value)}`
	);
	return [command.actor, command.at, command.execute, ...parameters].join(' ');
}

/** A tool's line and the monitor's request stand as they were typed: the prompt says at which host. */
function typedLine({ actor, execute, arguments: given }: FabricCommand): string | null {
	if (actor !== 'host' || given === undefined) return null;
	const names = Object.keys(given).join();
	if (
		execute === 'shell' &&
		names === 'line' &&
		typeof given['line'] === 'string' &&
		/^(cxl|daxctl) \S/.test(given['line'])
	)
		return given['line'];
	if (execute === 'qmp' && names === 'execute,arguments')
		return JSON.stringify({ execute: given['execute'], arguments: given['arguments'] });
	return null;
}

const MIB = 2 ** 20;
function valueText(value: QmpValue): string {
	if (typeof value === 'number') return numberText(value);
	if (typeof value === 'string') return isPlain(value) ? value : JSON.stringify(value);
	return JSON.stringify(value);
}

function numberText(value: number): string {
	if (value >= MIB && Number.isSafeInteger(value) && value % MIB === 0)
		for (const [unit, size] of [
			['T', 2 ** 40],
			['G', 2 ** 30],
			['M', MIB]
		] as const)
			if (value % size === 0) return `${value / size}${unit}`;
	return value >= 0x10000 && Number.isSafeInteger(value)
		? `0x${value.toString(16)}`
		: String(value);
}

/** Read back it is a text, and the same. */
const isPlain = (text: string): boolean =>
	/^[\w.:/-]+$/.test(text) && typeof readValue(text) === 'string';

function readValue(word: string): QmpValue {
	if (/^["[{]/.test(word)) {
		try {
			return JSON.parse(word) as QmpValue;
		} catch {
			return word;
		}
	}
	if (word === 'true' || word === 'false') return word === 'true';
	if (word === 'null') return null;
	const sized = /^(\d+(?:\.\d+)?)(k|m|g|t)(?:ib)?$/i.exec(word);
	if (sized) {
		const power = { k: 10, m: 20, g: 30, t: 40 }[(sized[2] as string).toLowerCase()] ?? 0;
		const bytes = Number(sized[1]) * 2 ** power;
		if (Number.isSafeInteger(bytes)) return bytes;
	}
	if (/^0x[0-9a-f_]+$/i.test(word)) return parseAddress(word) ?? word;
	if (/^-?\d+$/.test(word) && Number.isSafeInteger(Number(word)) && String(Number(word)) === word)
		return Number(word);
	return word;
}

export type ReadLine =
	| { readonly ok: true; readonly command: FabricCommand }
	| { readonly ok: false; readonly says: string };

/** `who` is whom the prompt belongs to: the manager, or a host. */
export function readFabricLine(
	line: string,
	who: string,
	names: { readonly hosts: readonly string[] }
): ReadLine {
	const text = line.trim();
	if (text.startsWith('{')) return readJson(text, who);
	if (/^(cxl|daxctl)(\s|$)/.test(text) && names.hosts.includes(who))
		return {
			ok: true,
			command: {
				name: 'fabric',
				actor: 'host',
				at: who,
				execute: 'shell',
				arguments: { line: text }
			}
		};
	const words = splitWords(text);
	if (words === null) return { ok: false, says: 'a quotation mark or a bracket is not closed' };
	const isActor = (FABRIC_ACTORS as readonly string[]).includes(words[0] ?? '');
	let actor: FabricActor;
	let rest: string[];
	if (isActor) {
		actor = words[0] as FabricActor;
		rest = words.slice(1);
	} else if (names.hosts.includes(who)) {
		actor = 'host';
		rest = [who, ...words];
	} else {
		actor = 'fm';
		rest = words;
	}
	const [at, execute, ...parameters] = rest;
	if (at === undefined || execute === undefined || execute.includes('='))
		return {
			ok: false,
			says: `a command is: ${actor} <who or what> <word> [name=value …]; "help" lists the words`
		};
	const values: Record<string, QmpValue> = {};
	for (const parameter of parameters) {
		const cut = parameter.indexOf('=');
		if (cut < 1) return { ok: false, says: `"${parameter}" is no name=value` };
		values[parameter.slice(0, cut)] = readValue(parameter.slice(cut + 1));
	}
	return {
		ok: true,
		command: {
			name: 'fabric',
			actor,
			at,
			execute,
			...(parameters.length === 0 ? {} : { arguments: values })
		}
	};
}

/** A line of QEMU's monitor protocol, at the monitor of a host. */
function readJson(text: string, who: string): ReadLine {
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch {
		return { ok: false, says: 'JSON parse error, expecting value' };
	}
	const { execute, arguments: parameters } = value as {
		execute?: unknown;
		arguments?: QmpArguments;
	};
	if (typeof execute !== 'string') return { ok: false, says: "QMP input lacks member 'execute'" };
	return {
		ok: true,
		command: {
			name: 'fabric',
			actor: 'host',
			at: who,
			execute: 'qmp',
			arguments: { execute, arguments: parameters ?? {} }
		}
	};
}

/** Words between blanks; quotes and brackets keep theirs together. Null when one stays open. */
function splitWords(text: string): string[] | null {
	const words: string[] = [];
	let word = '';
	let depth = 0;
	let quoted = false;
	for (let at = 0; at < text.length; at += 1) {
		const letter = text[at] as string;
		if (quoted) {
			word += letter;
			if (letter === '\\') word += text[(at += 1)] ?? '';
			else if (letter === '"') quoted = false;
			continue;
		}
		if (letter === '"') quoted = true;
		if (letter === '[' || letter === '{') depth += 1;
		if (letter === ']' || letter === '}') depth -= 1;
		if (/\s/.test(letter) && depth === 0) {
			if (word !== '') words.push(word);
			word = '';
		} else word += letter;
	}
	if (quoted || depth !== 0) return null;
	if (word !== '') words.push(word);
	return words;
}
