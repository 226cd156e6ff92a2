import { fromBase64Url, toBase64Url } from '../base/base64url.ts';
import type { KeptRun } from './branch-tree.ts';
import { decodeLink, encodeLink, MARK_OF_TREE, type LinkWorld } from './permalink.ts';

/**
 * Kept runs behind a link: `<link>~<run>~<run>`. Each run is its name, its verdict and what was found, in base64url, a dot, and a
 * link of its own, which is checked as any other. Who knows nothing of trees reads the link in front and leaves the rest.
 */
type Head = readonly [
	name: string,
	by: KeptRun['by'],
	verdict: KeptRun['verdict'],
	found: string | null
];

/** More runs are not read. */
const MOST_RUNS = 64;
const LONGEST_NAME = 80;
const LONGEST_FOUND = 200;

/** A fragment as its link and the kept runs behind it. */
export function splitTree(fragment: string): { readonly link: string; readonly tree: string } {
	const at = fragment.indexOf(MARK_OF_TREE);
	return at < 0
		? { link: fragment, tree: '' }
		: { link: fragment.slice(0, at), tree: fragment.slice(at + 1) };
}

/** A link with kept runs behind it; as it is where there are none. */
export const withTree = (link: string, tree: string): string =>
	tree === '' ? link : `${link}${MARK_OF_TREE}${tree}`;

/** The kept runs of a world as text for a link. Throws where one of them is too large for a link. */
export async function writeTree(
	world: Pick<LinkWorld, 'scenario' | 'belief'>,
	runs: readonly KeptRun[]
): Promise<string> {
	const parts = runs.map(async ({ name, by, verdict, found, journal, pauseNs }) => {
		const head: Head = [
			name.slice(0, LONGEST_NAME),
			by,
			verdict,
			found?.slice(0, LONGEST_FOUND) ?? null
		];
		const link = await encodeLink({
			worlds: [{ ...world, journal }],
			positionNs: Math.round(pauseNs)
		});
		return `${toBase64Url(new TextEncoder().encode(JSON.stringify(head)))}.${link}`;
	});
	return (await Promise.all(parts)).join(MARK_OF_TREE);
}

/** What can be read of the runs behind a link; one that is damaged is left out and counted. */
export async function readTree(
	tree: string
): Promise<{ readonly runs: KeptRun[]; readonly damaged: number }> {
	const texts = tree === '' ? [] : tree.split(MARK_OF_TREE).slice(0, MOST_RUNS);
	const read = await Promise.all(texts.map(readRun));
	const runs = read.filter((run) => run !== null);
	return { runs, damaged: read.length - runs.length };
}

async function readRun(text: string): Promise<KeptRun | null> {
	const dot = text.indexOf('.');
	const head = dot < 0 ? null : readHead(text.slice(0, dot));
	const link = head && (await decodeLink(text.slice(dot + 1)));
	const world = link?.ok ? link.value.worlds[0] : undefined;
	if (!head || !link?.ok || !world) return null;
	const [name, by, verdict, found] = head;
	return { name, by, verdict, found, journal: world.journal, pauseNs: link.value.positionNs };
}

function readHead(text: string): Head | null {
	const bytes = fromBase64Url(text);
	if (bytes === null) return null;
	let value: unknown;
	try {
		value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
	} catch {
		return null;
	}
	if (!Array.isArray(value)) return null;
	const [name, by, verdict, found] = value as unknown[];
	if (typeof name !== 'string' || name === '' || name.length > LONGEST_NAME) return null;
	if ((by !== 'you' && by !== 'machine') || !isVerdict(verdict)) return null;
	if (found !== null && (typeof found !== 'string' || found.length > LONGEST_FOUND)) return null;
	return [name, by, verdict, found];
}

const isVerdict = (value: unknown): value is KeptRun['verdict'] =>
	value === 'lost' || value === 'safe' || value === 'open';
