import { besideLines, lineRows } from './lines.ts';
import type { SuperpagePicture, Taken } from './picture.ts';

/** The picture in sentences. */
const VERBS: Readonly<Record<string, string>> = {
	load: 'reads',
	store: 'stores into',
	'compare-and-swap': 'compare-and-swap on',
	'fetch-and-add': 'adds to'
};

export const arrowWords = (taken: Taken): string =>
	taken.refused ? `${taken.says}: refused, the value is another` : taken.says;

/** What a host did; its name stands first, once. */
export function doneWords(taken: Taken, host: string): string {
	const says = arrowWords(taken);
	return says.startsWith(`${host} `) ? says : `${host}: ${says}`;
}

export function superpageWords(picture: SuperpagePicture): string[] {
	const rows = lineRows(picture).map((row) => {
		const now = row.fields.map(({ label, value }) => `${label} ${value}`).join(', ');
		const before = row.earlier
			.map((fields) => fields.map(({ value }) => value).join(', '))
			.reverse();
		const done = row.taken.map(
			(each) =>
				`${each.number}: ${picture.hosts[each.host]} ${VERBS[each.access ?? ''] ?? 'touches'} it, ${arrowWords(each)}`
		);
		return [
			`${row.title} at ${row.offset}: ${now}.`,
			before.length > 0 ? `Before: ${before.join('; ')}.` : '',
			done.length > 0 ? `Steps ${done.join('; ')}.` : ''
		]
			.filter(Boolean)
			.join(' ');
	});
	const beside = besideLines(picture).map((each) => `${each.number}: ${each.says}`);
	const dead = picture.dead.map((host) => `Host ${picture.hosts[host]} is dead.`);
	return [
		...rows,
		...(beside.length > 0 ? [`Without shared memory: ${beside.join('; ')}.`] : []),
		...dead
	];
}
