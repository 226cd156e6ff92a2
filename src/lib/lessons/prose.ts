/**
 * Lesson prose: front matter, then one `## step: title` per step. A paragraph that begins with `>` is the one to read now;
 * one that begins with `{if word}` stands only when that word is true. Inside: `**strong**`, `[[term]]` or
 * `[[term|as written]]`, and `{name}` for a figure that the engine gives.
 */

export type Inline =
	| { readonly kind: 'text'; readonly text: string }
	| { readonly kind: 'strong'; readonly text: string }
	| { readonly kind: 'term'; readonly term: string; readonly text: string }
	| { readonly kind: 'figure'; readonly name: string };

export interface Paragraph {
	readonly now: boolean;
	readonly when: string | null;
	readonly inlines: readonly Inline[];
}

export interface ProseStep {
	readonly id: string;
	readonly title: string;
	readonly paragraphs: readonly Paragraph[];
}

export interface Prose {
	readonly front: Readonly<Record<string, string>>;
	readonly steps: readonly ProseStep[];
}

const INLINE = /\*\*(.+?)\*\*|\[\[([a-z0-9-]+)(?:\|([^\]]+))?\]\]|\{([a-zA-Z]+)\}/g;

export function parseInlines(text: string): readonly Inline[] {
	const inlines: Inline[] = [];
	let at = 0;
	for (const match of text.matchAll(INLINE)) {
		if (match.index > at) inlines.push({ kind: 'text', text: text.slice(at, match.index) });
		if (match[1] !== undefined) inlines.push({ kind: 'strong', text: match[1] });
		else if (match[2] !== undefined)
			inlines.push({
				kind: 'term',
				term: match[2],
				text: match[3] ?? match[2].replaceAll('-', ' ')
			});
		else inlines.push({ kind: 'figure', name: match[4] as string });
		at = match.index + match[0].length;
	}
	if (at < text.length) inlines.push({ kind: 'text', text: text.slice(at) });
	return inlines;
}

function parseParagraph(block: string): Paragraph {
	const lines = block.split('\n');
	const now = lines.every((line) => line.startsWith('>'));
	const flat = lines
		.map((line) => (now ? line.replace(/^>\s?/, '') : line))
		.join(' ')
		.trim();
	const condition = /^\{if ([a-z]+)\}\s*/.exec(flat);
	return {
		now,
		when: condition?.[1] ?? null,
		inlines: parseInlines(condition ? flat.slice(condition[0].length) : flat)
	};
}

export function parseProse(source: string): Prose {
	const text = source.replaceAll('\r\n', '\n');
	const frontMatch = /^---\n([\s\S]*?)\n---\n/.exec(text);
	if (!frontMatch) throw new Error('a lesson begins with front matter between two lines of ---');
	const front: Record<string, string> = {};
	for (const line of (frontMatch[1] as string).split('\n')) {
		const pair = /^([a-z]+):\s*(.+)$/.exec(line);
		if (!pair) throw new Error(`front matter: "${line}" is not "name: value"`);
		front[pair[1] as string] = pair[2] as string;
	}
	const steps = text
		.slice(frontMatch[0].length)
		.split(/^## /m)
		.slice(1)
		.map((section): ProseStep => {
			const [heading = '', ...rest] = section.split('\n');
			const named = /^([a-z]+): (.+)$/.exec(heading.trim());
			if (!named) throw new Error(`"## ${heading}" is not "## step: title"`);
			return {
				id: named[1] as string,
				title: named[2] as string,
				paragraphs: rest
					.join('\n')
					.split(/\n\s*\n/)
					.map((block) => block.trim())
					.filter((block) => block !== '')
					.map(parseParagraph)
			};
		});
	return { front, steps };
}

/** Words a reader sees under the conditions given; a figure counts as one. */
export function wordCount(step: ProseStep, holds: (when: string) => boolean): number {
	let count = 0;
	for (const paragraph of step.paragraphs) {
		if (paragraph.when !== null && !holds(paragraph.when)) continue;
		const text = paragraph.inlines
			.map((inline) => (inline.kind === 'figure' ? 'figure' : inline.text))
			.join('');
		count += text.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;
	}
	return count;
}
