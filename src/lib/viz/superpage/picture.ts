import type {
	SearchAnswer,
	SuperpageAnswer,
	SuperpageStep
} from '../../engine/contract/superpage-models.ts';
import { wordAt } from '../../engine/contract/superpage.ts';

/** What a picture of the super-page needs: words as they stand, earlier values of owner words, and what was done to reach them. */
export interface Taken {
	readonly number: number;
	/** Place of the host in the list; what only a cache did belongs to its host, too. */
	readonly host: number;
	readonly access: SuperpageStep['access'];
	readonly index: number | null;
	readonly refused: boolean;
	readonly says: string;
	readonly kind: SuperpageStep['kind'];
}

export interface SuperpagePicture {
	readonly hosts: readonly string[];
	/** Names of the VMs, by their number. */
	readonly vms: readonly string[];
	readonly words: ReadonlyMap<number, bigint>;
	/** Values of a word before the present one, oldest first, two at most. */
	readonly before: ReadonlyMap<number, readonly bigint[]>;
	readonly taken: readonly Taken[];
	/** Hosts that died. */
	readonly dead: readonly number[];
}

const EARLIER = 2;
/** Arrows beyond these would not be read. */
export const ARROWS = 10;

/** The picture after `step` steps of a path; `from` is what the words held at its beginning. */
export function pictureAt(
	answer: Pick<SearchAnswer, 'hosts' | 'words'>,
	path: readonly SuperpageStep[],
	step: number
): SuperpagePicture {
	const words = new Map(answer.words.map(([index, value]) => [index, BigInt(`0x${value}`)]));
	const before = new Map<number, bigint[]>();
	const taken: Taken[] = [];
	const dead: number[] = [];
	for (const [at, each] of path.slice(0, step).entries()) {
		if (each.word) {
			const earlier = before.get(each.word.index) ?? [];
			if (wordAt(each.word.index)?.name === 'owner')
				before.set(each.word.index, [...earlier, BigInt(`0x${each.word.before}`)].slice(-EARLIER));
			words.set(each.word.index, BigInt(`0x${each.word.after}`));
		}
		if (each.kind === 'crash') dead.push(each.host);
		taken.push({
			number: at + 1,
			host: each.host,
			access: each.access,
			index: each.touched,
			refused: each.refused,
			says: each.says,
			kind: each.kind
		});
	}
	return { hosts: answer.hosts, vms: [], words, before, taken: taken.slice(-ARROWS), dead };
}

/** The picture of a world's super-page as it stands. */
export function pictureOf(answer: SuperpageAnswer): SuperpagePicture {
	const value = (text: string): bigint => BigInt(`0x${text}`);
	return {
		hosts: answer.hosts,
		vms: answer.vms,
		words: new Map(answer.words.map(([index, text]) => [index, value(text)])),
		before: new Map(answer.earlier.map(([index, texts]) => [index, texts.map(value)])),
		taken: answer.taken.slice(-ARROWS),
		dead: answer.dead
	};
}
