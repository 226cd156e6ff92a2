import {
	InitState,
	MAGIC,
	unpackInit,
	unpackSuspect
} from '../../engine/contract/superpage-words.ts';
import {
	ALL_ONES,
	SUPERPAGE_PARTS,
	SUPERPAGE_SPECS,
	superpageOffset,
	wordAt,
	wordIndex,
	type WordWriters
} from '../../engine/contract/superpage.ts';
import { OwnerState, unpackOwner } from '../../engine/contract/words.ts';
import { fieldsOf, titleOf, type Field } from './fields.ts';
import type { SuperpagePicture, Taken } from './picture.ts';

/** Words become rows: one for each line of 64 bytes that holds something or was touched, in the order of the device. */

/** A copy of a line in the cache of a host: what that host sees in its place. */
export interface Ghost {
	readonly host: number;
	readonly fields: readonly Field[];
	/** Its host changed it, and the device does not know. */
	readonly changed: boolean;
}

export interface LineRow {
	readonly id: string;
	readonly title: string;
	readonly offset: string;
	readonly writers: WordWriters;
	/** Place of the only host that writes it; null for several. */
	readonly writer: number | null;
	readonly fields: readonly Field[];
	/** Earlier values of an owner word, oldest first. */
	readonly earlier: readonly (readonly Field[])[];
	/** Whom the owner word names; −1 for nobody, null for other lines. */
	readonly owner: number | null;
	readonly nobodyRuns: boolean;
	readonly fenced: boolean;
	/** Nothing of it can be believed: why; null while it can. */
	readonly hatched: string | null;
	/** A remark beside it. */
	readonly note: string | null;
	/** Copies that differ from what the device holds. */
	readonly ghosts: readonly Ghost[];
	readonly taken: readonly Taken[];
}

/** From here on the token is about to begin again at 0, where an old one would fit (our simplification: 32 bits). */
const WRAP_NEAR = 2 ** 32 - 2 ** 16;

/** What a host did that could not beat: with the device all that lived on it is lost anyway, what is in DRAM may go on. */
export const stoppedWords = ({ gone }: SuperpagePicture): string =>
	gone ? 'stopped what lived on the pool' : 'stopped itself';

const hex = (offset: number): string => `0x${offset.toString(16).padStart(5, '0')}`;

function noteOn(picture: SuperpagePicture, index: number, value: bigint): string | null {
	const at = wordAt(index);
	if (at?.name === 'owner' && value !== ALL_ONES) {
		const { token } = unpackOwner(value);
		const before = picture.before.get(index)?.at(-1);
		if (before !== undefined && unpackOwner(before).token > token)
			return 'the token began again at 0: an older one may fit now';
		return token >= WRAP_NEAR ? 'the token is about to begin again at 0' : null;
	}
	if ((at?.name === 'peerState' || at?.name === 'heartbeat') && !picture.gone) {
		if (picture.stopped.includes(at.item)) return stoppedWords(picture);
	}
	if (at?.name === 'init') {
		const formatters = formattersOf(picture);
		if (formatters.length > 1)
			return `${formatters.map((host) => picture.hosts[host]).join(' and ')} both format it`;
	}
	return null;
}

/** Hosts that took the formatting and have not been told that it is done. */
function formattersOf(picture: SuperpagePicture): number[] {
	const index = wordIndex('init');
	const values = [...(picture.before.get(index) ?? []), picture.words.get(index) ?? 0n].map(
		unpackInit
	);
	if (values.at(-1)?.state !== InitState.formatting) return [];
	return [
		...new Set(
			values.filter(({ state }) => state === InitState.formatting).map(({ formatter }) => formatter)
		)
	].filter((host) => !picture.dead.includes(host));
}

/** Whether somebody says that it is ready, or works on it, although its first word is missing. */
export function isUnformatted(picture: SuperpagePicture): boolean {
	const magic = picture.words.get(wordIndex('magic'));
	return magic !== undefined && magic !== MAGIC;
}

function ghostsOf(
	picture: SuperpagePicture,
	index: number,
	host: (index: number) => string
): Ghost[] {
	const at = wordAt(index);
	if (!at) return [];
	return picture.copies
		.filter((copy) => copy.index === index && copy.value !== picture.words.get(index))
		.map((copy) => ({
			host: copy.host,
			changed: copy.changed,
			fields: fieldsOf(at.name, copy.value, host)
		}));
}

export function lineRows(picture: SuperpagePicture): LineRow[] {
	const host = (index: number): string =>
		index < 0 ? 'nobody' : (picture.hosts[index] ?? String(index));
	const rows = new Map<string, { first: number; row: LineRow }>();
	const touched = new Set(picture.taken.flatMap(({ index }) => (index === null ? [] : [index])));
	const hatched = picture.gone ? 'the device is gone' : null;
	for (const [index, value] of [...picture.words].sort(([a], [b]) => a - b)) {
		const at = wordAt(index);
		if (!at) continue;
		const ghosts = ghostsOf(picture, index, host);
		if (value === 0n && !touched.has(index) && ghosts.length === 0) continue;
		const { part, line, writers } = SUPERPAGE_SPECS[at.name];
		const id = `${part}.${at.item}.${line}`;
		const offset = superpageOffset(part, at.item, line);
		const known = rows.get(id)?.row;
		const taken = picture.taken.filter((each) => each.index === index);
		const isOwner = at.name === 'owner';
		const word = isOwner && value !== ALL_ONES ? unpackOwner(value) : null;
		rows.set(id, {
			first: offset,
			row: {
				id,
				title: titleOf(at.name, at.item, picture),
				offset: hex(offset),
				writers: known?.writers ?? writers,
				writer: writers === 'its peer' && part === 'peer' ? at.item : null,
				fields: [...(known?.fields ?? []), ...fieldsOf(at.name, value, host)],
				earlier: isOwner
					? (picture.before.get(index) ?? []).map((each) => fieldsOf('owner', each, host))
					: (known?.earlier ?? []),
				owner: word ? word.owner : (known?.owner ?? null),
				nobodyRuns:
					word?.state === OwnerState.handoff ||
					word?.state === OwnerState.orphan ||
					(known?.nobodyRuns ?? false),
				fenced: (at.name === 'fence' && value !== 0n) || (known?.fenced ?? false),
				hatched:
					hatched ??
					known?.hatched ??
					(at.name === 'magic' && value !== MAGIC ? 'not formatted: the magic is missing' : null),
				note: known?.note ?? noteOn(picture, index, value),
				ghosts: [...(known?.ghosts ?? []), ...ghosts],
				taken: [...(known?.taken ?? []), ...taken].sort((a, b) => a.number - b.number)
			}
		});
	}
	const found = [...rows.values()].sort((a, b) => a.first - b.first).map(({ row }) => row);
	return [...found, ...rangeRows(picture, hatched)];
}

/** Range descriptors, one row for each VM: the first few, and which of them does not fit its checksum. */
const RANGES_OFFSET = 0x10000;
function rangeRows(picture: SuperpagePicture, hatched: string | null): LineRow[] {
	return picture.ranges.map(({ vm, count, first, wrong, changing }): LineRow => {
		const name = picture.vms[vm] ?? `VM ${vm + 1}`;
		const mismatch =
			wrong === null ? null : wrong === 0 ? 'mismatch of the whole' : `mismatch at #${wrong}`;
		const number = (value: number): string => value.toLocaleString('en');
		return {
			id: `range.${vm}`,
			title: `${name} ranges`,
			offset: `${hex(RANGES_OFFSET)} × ${number(count)}`,
			writers: 'the owner',
			writer: null,
			fields: [
				...first.map(({ firstGfn, pages, offsetBytes }) => ({
					label: `guest pages ${number(firstGfn)} … ${number(firstGfn + pages - 1)}`,
					value: `+ 0x${offsetBytes.toString(16)}`
				})),
				...(count > first.length
					? [{ label: 'and', value: `${number(count - first.length)} more` }]
					: [])
			],
			earlier: [],
			owner: null,
			nobodyRuns: false,
			fenced: false,
			hatched: hatched ?? mismatch,
			note: changing ? 'being changed: the generation is odd' : null,
			ghosts: [],
			taken: []
		};
	});
}

/** What was done without touching a line that is shown: a step inside a host, a crash, a whim of a cache. */
export const besideLines = (picture: SuperpagePicture): readonly Taken[] =>
	picture.taken.filter(({ index }) => index === null || wordAt(index) === null);

export interface Silence {
	readonly host: number;
	/** Beat at which it was last seen; null when nobody noted it. */
	readonly beat: number | null;
}

/** Hosts that nobody hears of any more: dead, or suspected. Who suspects cannot tell which. */
export function silentHosts(picture: SuperpagePicture): Silence[] {
	return picture.hosts.flatMap((_, host): Silence[] => {
		const suspect = unpackSuspect(picture.words.get(wordIndex('suspect', host)) ?? 0n);
		if (suspect.by >= 0) return [{ host, beat: suspect.beat }];
		return picture.dead.includes(host) ? [{ host, beat: null }] : [];
	});
}

/** Whether the far form is used: one row for each VM. */
export const FAR_VMS = 5;
export const vmsIn = (picture: SuperpagePicture): number[] =>
	[...picture.words].flatMap(([index, value]) => {
		const at = wordAt(index);
		return at?.name === 'owner' && value !== 0n && at.item < SUPERPAGE_PARTS.vm.count
			? [at.item]
			: [];
	});
