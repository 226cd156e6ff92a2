import type {
	SearchAnswer,
	SuperpageAnswer,
	SuperpageStep
} from '../../engine/contract/superpage-models.ts';
import { unpackOwner } from '../../engine/contract/words.ts';
import { ALL_ONES, wordAt, wordIndex } from '../../engine/contract/superpage.ts';

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
	/** Token that a compare-and-swap of an owner word expected; null where that is not known, or another word was meant. */
	readonly token: number | null;
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
	/** The device failed with all that lay on it. */
	readonly gone: boolean;
	/** Hosts that the device refuses. */
	readonly cut: readonly number[];
	/** Hosts that stopped their own vCPUs. */
	readonly stopped: readonly number[];
	/** Copies in caches, where the hardware does not keep them coherent. */
	readonly copies: readonly {
		readonly host: number;
		readonly index: number;
		readonly value: bigint;
		readonly changed: boolean;
	}[];
	readonly ranges: SuperpageAnswer['ranges'];
}

/** What stands among the hosts of a search and is none. */
const DEVICE = 'device';
export const isHost = (name: string): boolean => name !== DEVICE && name !== 'fabric manager';

const EARLIER = 2;
/** Words whose earlier values are shown or told. */
const REMEMBERED = ['owner', 'init'];
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
			if (REMEMBERED.includes(wordAt(each.word.index)?.name ?? ''))
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
			kind: each.kind,
			token:
				each.expected === null || each.touched === null || wordAt(each.touched)?.name !== 'owner'
					? null
					: unpackOwner(BigInt(`0x${each.expected}`)).token
		});
	}
	const last = path[step - 1];
	return {
		hosts: answer.hosts,
		vms: [],
		words,
		before,
		taken: taken.slice(-ARROWS),
		dead,
		gone: dead.some((host) => answer.hosts[host] === DEVICE),
		cut: last?.cut ?? [],
		stopped: [],
		copies: (last?.copies ?? []).map((copy) => ({ ...copy, value: BigInt(`0x${copy.value}`) })),
		ranges: []
	};
}

/** What is read from a device that is gone: the beat of every host, the owner of every VM. */
const allOnes = ({ hosts, vms }: SuperpageAnswer): (readonly [number, bigint])[] => [
	...hosts.map((_, host) => [wordIndex('heartbeat', host), ALL_ONES] as const),
	...vms.map((_, vm) => [wordIndex('owner', vm), ALL_ONES] as const)
];

/** The picture of a world's super-page as it stands. */
export function pictureOf(answer: SuperpageAnswer): SuperpagePicture {
	const value = (text: string): bigint => BigInt(`0x${text}`);
	return {
		hosts: answer.hosts,
		vms: answer.vms,
		words: new Map(
			answer.gone ? allOnes(answer) : answer.words.map(([index, text]) => [index, value(text)])
		),
		before: new Map(answer.earlier.map(([index, texts]) => [index, texts.map(value)])),
		taken: answer.taken.slice(-ARROWS),
		dead: answer.dead,
		gone: answer.gone,
		cut: answer.cut,
		stopped: answer.stopped,
		copies: [],
		ranges: answer.ranges
	};
}
