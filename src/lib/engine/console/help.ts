import { fileWord } from './file-words.ts';
import { ALIASES, WORDS } from './words.ts';

/** `help`: one word or file explained with its source, or all words by where they belong. */
export function helpText(name: string | null): string {
	if (name === null) {
		const list = (title: string, manner: string): string =>
			`${title}: ${WORDS.filter((entry) => entry.manner === manner)
				.map((entry) => entry.word)
				.join(' ')}\n`;
		return (
			list('shell', 'shell') +
			list('monitor', 'monitor') +
			'monitor in JSON: {"execute": COMMAND, "arguments": {…}}\n' +
			list('a process, as in "p0: touch a"', 'process') +
			'help WORD explains one of them, help PATH a file.\n'
		);
	}
	const file = name.startsWith('/') ? fileWord(name) : null;
	const found = file ? [file] : WORDS.filter((entry) => entry.word === (ALIASES[name] ?? name));
	if (found.length === 0) return `help: nothing is called ${name}\n`;
	return found.map((entry) => `${entry.form}\n  ${entry.sentence}\n  Source: ${entry.source}\n`).join('');
}
