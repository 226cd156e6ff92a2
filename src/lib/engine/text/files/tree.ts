/** Virtual files: what /proc and /sys of a machine hold. Nothing is made before somebody asks for it. */

export interface TextFile {
	readonly kind: 'file';
	readonly text: () => string;
	/** A write to it means something (machine/files.ts says what). */
	readonly writable: boolean;
}
export interface Directory {
	readonly kind: 'directory';
	readonly entries: () => Readonly<Record<string, Entry>>;
}
export interface Link {
	readonly kind: 'link';
	/** Absolute path. */
	readonly target: string;
}
export type Entry = TextFile | Directory | Link;

export const file = (text: () => string, writable = false): TextFile => ({ kind: 'file', text, writable });
export const line = (text: () => string | number, writable = false): TextFile => file(() => `${text()}\n`, writable);
export const directory = (entries: () => Readonly<Record<string, Entry>>): Directory => ({ kind: 'directory', entries });
export const link = (target: string): Link => ({ kind: 'link', target });

const MOST_LINKS = 8;

export interface Found {
	readonly entry: TextFile | Directory;
	/** Path without links and dots. */
	readonly path: string;
}

/** What lies at an absolute path; links on the way are followed, the last one too. null: nothing there. */
export function lookUp(root: Directory, path: string): Found | null {
	let links = 0;
	let words = wordsOf(path);
	let at: TextFile | Directory = root;
	let walked: string[] = [];
	while (words.length > 0) {
		if (at.kind !== 'directory') return null;
		const [name, ...rest] = words as [string, ...string[]];
		const entries: Readonly<Record<string, Entry>> = at.entries();
		const next: Entry | undefined = Object.hasOwn(entries, name) ? entries[name] : undefined;
		if (!next) return null;
		if (next.kind === 'link') {
			links += 1;
			if (links > MOST_LINKS) return null;
			at = root;
			walked = [];
			words = [...wordsOf(next.target), ...rest];
		} else {
			at = next;
			walked.push(name);
			words = rest;
		}
	}
	return { entry: at, path: `/${walked.join('/')}` };
}

/** "/a/./b/../c" → a, c. */
function wordsOf(path: string): string[] {
	const words: string[] = [];
	for (const word of path.split('/'))
		if (word === '..') words.pop();
		else if (word !== '' && word !== '.') words.push(word);
	return words;
}
