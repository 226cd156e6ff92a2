/**
 * Why a link cannot be opened, or opens with a note. A closed table: a test demands that every row occurs.
 * `opens` = the run can still be shown, and the page says the sentence beside it.
 */
interface LinkReasonRow {
	readonly opens: boolean;
	readonly sentence: string;
}

const stops = (sentence: string): LinkReasonRow => ({ opens: false, sentence });
const notes = (sentence: string): LinkReasonRow => ({ opens: true, sentence });

export const LINK_REASONS = {
	empty: stops('There is nothing after the # of this address.'),
	'too-long': stops('The link is longer than any link this page makes; nothing of it was read.'),
	'newer-version': stops(
		'The link was made by a newer version of this page. Reload the page, or open it where it was made.'
	),
	'unknown-version': stops(
		'The first character after the # is no version of our links, so this is not one of them.'
	),
	'not-base64url': stops(
		'The link holds a character that cannot be in it. It was probably changed on the way.'
	),
	truncated: stops('The link ends too early: its last part is missing.'),
	checksum: stops('The link does not match its own checksum: a character was changed on the way.'),
	'unpacks-too-long': stops('The link unpacks to more than a link may hold.'),
	'trailing-bytes': stops('The link holds more than this version understands.'),
	'bad-model-version': stops('The link does not say which model made it.'),
	'bad-world-count': stops('A link holds one to four worlds; this one says otherwise.'),
	'unknown-scenario': stops('The link names a built-in scenario that this version does not have.'),
	'bad-scenario': stops('The scenario in the link cannot be read as it stands.'),
	'newer-scenario': stops('The scenario in the link was written for a newer version.'),
	'bad-belief': stops('The link names a wrong belief that this version does not have.'),
	'bad-journal': stops('The list of commands in the link cannot be read as it stands.'),
	'bad-position': stops('The moment that the link points to lies outside its run.'),
	'bad-fingerprint': stops('The part of the link that proves the state cannot be read.'),
	'bad-view': notes('What was selected and zoomed could not be read; the run itself is complete.'),
	'scenario-changed': notes(
		'The built-in scenario has changed since the link was made; the run may differ.'
	),
	'model-mismatch': notes(
		'The link was recorded with another version of the model; the run may differ from what was shared.'
	),
	'fingerprint-mismatch': notes('The state reached is not the state that was shared.')
} as const satisfies Record<string, LinkReasonRow>;

export type LinkReason = keyof typeof LINK_REASONS;

/** Thrown while bytes are read and caught in permalink.ts; never leaves it. */
export class LinkDamage extends Error {
	override name = 'LinkDamage';
	readonly reason: LinkReason;
	constructor(reason: LinkReason, detail: string) {
		super(detail);
		this.reason = reason;
	}
}
