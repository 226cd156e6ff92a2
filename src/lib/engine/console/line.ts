/** A typed line: prompt taken off, words split as a shell splits them, one redirection or one grep behind a pipe. */
export interface Line {
	readonly words: readonly string[];
	/** Target of "> PATH" or "| tee PATH". */
	readonly into: string | null;
	/** Text of "| grep TEXT". */
	readonly filter: string | null;
	/** Something a shell could do and this one does not. */
	readonly unknown: string | null;
}

/** "(qemu) ", "# ", "$ ", "root@guest:~# ": lines are pasted with the prompt they stood behind. */
const PROMPT = /^\s*(?:\(qemu\)\s*|[\w.-]+@[\w.-]+:\S*[#$]\s+|[#$]\s+)/;

/** The end stays as it is: a blank there means that a new word begins. */
export const typedPart = (text: string): string => text.replace(PROMPT, '').trimStart();
export const withoutPrompt = (text: string): string => typedPart(text).trim();

export function readLine(text: string): Line {
	const tokens = tokensOf(withoutPrompt(text));
	const words: string[] = [];
	let into: string | null = null;
	let filter: string | null = null;
	let unknown: string | null = null;
	for (let at = 0; at < tokens.length; at += 1) {
		const token = tokens[at] as Token;
		const next = tokens[at + 1]?.text ?? null;
		if (token.quoted || !OPERATORS.has(token.text)) words.push(token.text);
		else if (token.text === '>' && next !== null) {
			into = next;
			at += 1;
		} else if (token.text === '|') {
			const rest = tokens.slice(at + 1).map((each) => each.text);
			if (rest[0] === 'sudo') rest.shift();
			if (rest[0] === 'grep' && rest.length === 2) filter = rest[1] ?? null;
			else if (rest[0] === 'tee' && rest.length === 2) into = rest[1] ?? null;
			else unknown = `| ${rest.join(' ')}`;
			break;
		} else unknown = token.text;
	}
	if (words[0] === 'sudo') words.shift();
	return { words, into, filter, unknown };
}

interface Token {
	readonly text: string;
	readonly quoted: boolean;
}
const OPERATORS = new Set(['>', '>>', '<', '|', '||', '&', '&&', ';']);

function tokensOf(text: string): Token[] {
	const found = text.matchAll(/'([^']*)'|"([^"]*)"|(\|\||&&|>>|[><|&;])|([^\s'"><|&;]+)/g);
	const tokens: Token[] = [];
	for (const match of found) {
		const quoted = match[1] ?? match[2];
		tokens.push({ text: quoted ?? match[3] ?? match[4] ?? '', quoted: quoted !== undefined });
	}
	return tokens;
}
