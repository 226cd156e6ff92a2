import { unpackFence } from '../../engine/contract/superpage-words.ts';
import { wordAt, wordIndex } from '../../engine/contract/superpage.ts';
import {
	besideLines,
	isUnformatted,
	lineRows,
	silentHosts,
	stoppedWords,
	type LineRow
} from './lines.ts';
import { isHost, type SuperpagePicture, type Taken } from './picture.ts';

/** The picture in sentences. */
const VERBS: Readonly<Record<string, string>> = {
	load: 'reads',
	store: 'stores into',
	'compare-and-swap': 'compare-and-swap on',
	'fetch-and-add': 'adds to',
	flush: 'writes back',
	invalidate: 'drops its copy of'
};

export const arrowWords = (taken: Taken): string =>
	taken.refused ? `${taken.says}: refused, the value is another` : taken.says;

/** What a host did; its name stands first, once. */
export function doneWords(taken: Taken, host: string): string {
	const says = arrowWords(taken);
	return says.startsWith(`${host} `) ? says : `${host}: ${says}`;
}

const count = (value: number): string => value.toLocaleString('en');

/** An owner word: who, how, since when; then what it was before, the newest first. */
function ownerWords(row: LineRow): string {
	const [owner, state, incarnation, token] = row.fields.map(({ value }) => value);
	const before = row.earlier
		.map((fields) => `${fields[0]?.value}, ${fields[1]?.value}, ${fields[3]?.value}`)
		.toReversed();
	const title = `${row.title.slice(0, 1).toUpperCase()}${row.title.slice(1)}`;
	return `${title}: ${owner}, ${state}, incarnation ${incarnation}, token ${token}.${before.length > 0 ? ` Before: ${before.join('; ')}.` : ''}`;
}

/** One row in a sentence or two. */
export function rowWords(row: LineRow, picture: SuperpagePicture): string {
	const now =
		row.owner === null
			? `${row.title} at ${row.offset}: ${row.fields.map(({ label, value }) => `${label} ${value}`).join(', ')}.`
			: ownerWords(row);
	const ghosts = row.ghosts.map(
		({ host, fields, changed }) =>
			`The cache of host ${picture.hosts[host]} ${changed ? 'holds a newer' : 'still holds an old'} copy: ${fields.map(({ value }) => value).join(', ')}.`
	);
	const done = row.taken.map(
		(each) =>
			`${each.number}: ${picture.hosts[each.host]} ${VERBS[each.access ?? ''] ?? 'touches'} it, ${arrowWords(each)}`
	);
	return [
		now,
		row.nobodyRuns ? 'Nobody runs it.' : '',
		row.hatched === null ? '' : `Not to be believed: ${row.hatched}.`,
		row.note === null ? '' : `${row.note}.`,
		...ghosts,
		done.length > 0 ? `Steps ${done.join('; ')}.` : ''
	]
		.filter(Boolean)
		.join(' ');
}

/** Who is silent, who is fenced, who was too late. */
export function hostWords(picture: SuperpagePicture): string[] {
	const silent = silentHosts(picture);
	const said = picture.hosts.flatMap((name, host): string[] => {
		if (!isHost(name)) return picture.dead.includes(host) ? [`The ${name} has failed.`] : [];
		const one = silent.find((each) => each.host === host);
		const fence = unpackFence(picture.words.get(wordIndex('fence', host)) ?? 0n).incarnation;
		const parts = [
			one ? `silent${one.beat === null ? '' : ` since beat ${count(one.beat)}`}` : '',
			fence > 0 ? `fenced as incarnation ${fence}` : '',
			picture.cut.includes(host) ? 'refused by the device' : '',
			picture.stopped.includes(host) ? `has ${stoppedWords(picture)}` : ''
		].filter(Boolean);
		return parts.length > 0 ? [`Host ${name} ${parts.join(', ')}.`] : [];
	});
	const late = picture.taken.flatMap(({ refused, host, token, index }) => {
		if (!refused || index === null || wordAt(index)?.name !== 'owner') return [];
		return [
			`${picture.hosts[host]}’s attempt${token === null ? '' : ` with token ${token}`} failed.`
		];
	});
	return [...said, ...late];
}

/** What holds for the page as a whole; empty while nothing is wrong with it. */
export function pageWords(picture: SuperpagePicture): string {
	if (picture.gone) {
		const stopped = picture.hosts.filter(
			(name, host) => isHost(name) && picture.stopped.includes(host)
		);
		const who =
			stopped.length > 0
				? ` ${stopped.join(', ')} ${stopped.length === 1 ? 'has' : 'have'} done so.`
				: '';
		return `The device is gone: every load gives all ones, and whoever beats stops what lived on it.${who}`;
	}
	return isUnformatted(picture) ? 'Not formatted: the magic is missing.' : '';
}

export function superpageWords(picture: SuperpagePicture): string[] {
	const rows = lineRows(picture);
	const owners = rows.filter((row) => row.owner !== null);
	const others = rows.filter((row) => row.owner === null);
	const beside = besideLines(picture).map((each) => `${each.number}: ${each.says}`);
	return [
		pageWords(picture),
		...owners.map((row) => rowWords(row, picture)),
		...hostWords(picture),
		...others.map((row) => rowWords(row, picture)),
		beside.length > 0 ? `Without shared memory: ${beside.join('; ')}.` : ''
	].filter(Boolean);
}
