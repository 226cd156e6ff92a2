import { SCENARIO_VERSION } from '../engine/contract/scenario/schema.ts';

/**
 * A machine from the command line that starts it, as people paste it out of a mail or a script: with a prompt, quoted by ">",
 * cut by "\", with "[...]" where words were left out. What the engine does not know is refused by it, with its name.
 */
export function scenarioOfQemuLine(text: string): unknown {
	const words = wordsOf(plain(text));
	const [program] = words;
	if (program === undefined || !isQemu(program)) return null;
	const args = words.slice(1).filter((word) => word !== '[...]');
	const at = args.indexOf('-append');
	const append = at < 0 ? [] : args.splice(at, 2).slice(1);
	return {
		switchyard: SCENARIO_VERSION,
		id: 'pasted-machine',
		title: 'A machine from its command line',
		about: 'As pasted: one guest, started by QEMU with these words.',
		seed: 1,
		machines: [
			{ id: 'guest', qemuArgs: args, ...(append.length > 0 ? { append: append[0] } : {}) }
		],
		untilNs: '600 s'
	};
}

/** Whether a text looks like such a line at all. */
export const isQemuLine = (text: string): boolean => isQemu(wordsOf(plain(text))[0] ?? '');

const isQemu = (word: string): boolean => /^(?:\S*\/)?qemu-system-\w+$/.test(word);

/** Without quotation marks of mails, a prompt, and line ends that were escaped. */
const plain = (text: string): string =>
	text
		.split('\n')
		.map((line) => line.replace(/^[>\s]+/, '').trimEnd())
		.join('\n')
		.replace(/\\\n/g, ' ')
		.replace(/\[\.\.\.\]\n/g, ' ')
		.replace(/^[$#]\s+/, '');

/** Words as a shell parts them: quotes keep blanks together. The line ends where the command does. */
function wordsOf(text: string): string[] {
	const words: string[] = [];
	const parts = /\s*(?:"([^"]*)"|'([^']*)'|([^\s"']+))/y;
	const line = text.trim().split('\n')[0] ?? '';
	while (parts.lastIndex < line.length) {
		const found = parts.exec(line);
		if (found === null) break;
		words.push(found[1] ?? found[2] ?? found[3] ?? '');
	}
	return words;
}
