import { fromBase64Url, toBase64Url } from '../../base/base64url.ts';
import { crc32 } from '../../base/hash.ts';
import { LinkDamage } from './reasons.ts';

/**
 * The outside of a link: the version's character and, in base64url, the payload and a CRC-32 over everything before it, the
 * version character included. Version 2 has room for more kinds of commands than the sixteen of version 1
 * (journal-shape.ts) and is the same otherwise; a link is written as version 1 where that says all.
 */
export const LINK_VERSIONS = ['1', '2'] as const;
export type LinkVersion = (typeof LINK_VERSIONS)[number];
/** Longest fragment that is read at all, and made. */
export const MOST_CHARACTERS = 32_768;

const CHECKSUM_BYTES = 4;

export function seal(payload: Uint8Array, version: LinkVersion = '1'): string {
	const bytes = new Uint8Array(payload.length + CHECKSUM_BYTES);
	bytes.set(payload);
	new DataView(bytes.buffer).setUint32(payload.length, checksum(payload, version), true);
	return version + toBase64Url(bytes);
}

export interface Unsealed {
	readonly version: LinkVersion;
	readonly payload: Uint8Array;
	/** Set when the checksum does not fit; the payload is then what could be had. */
	readonly damage: LinkDamage | null;
}

/** Takes the payload out. Throws a LinkDamage where nothing can be had. */
export function unseal(fragment: string): Unsealed {
	// Before anything else looks at it.
	if (fragment.length > MOST_CHARACTERS)
		throw new LinkDamage(
			'too-long',
			`it has ${fragment.length} characters, at most ${MOST_CHARACTERS} are read`
		);
	const text = fragment.replace(/^#/, '').trim();
	const first = text[0];
	if (first === undefined) throw new LinkDamage('empty', 'no character follows');
	const version = LINK_VERSIONS.find((known) => known === first);
	if (version === undefined)
		throw new LinkDamage(
			/[3-9]/.test(first) ? 'newer-version' : 'unknown-version',
			`it begins with "${first}", this page reads versions ${LINK_VERSIONS.join(' and ')}`
		);
	const foreign = /[^A-Za-z0-9_-]/u.exec(text.slice(1));
	if (foreign)
		return {
			version,
			payload: prefixBytes(text.slice(1, foreign.index + 1)),
			damage: new LinkDamage('not-base64url', `character ${foreign.index + 2} is "${foreign[0]}"`)
		};
	const bytes = fromBase64Url(text.slice(1));
	if (bytes === null)
		return {
			version,
			payload: prefixBytes(text.slice(1)),
			damage: new LinkDamage('truncated', `${text.length} characters cannot be whole bytes`)
		};
	const length = bytes.length - CHECKSUM_BYTES;
	if (length < 1)
		throw new LinkDamage(
			'truncated',
			`it has ${bytes.length} bytes, at least ${1 + CHECKSUM_BYTES} are needed`
		);
	const payload = bytes.subarray(0, length);
	const stated = new DataView(bytes.buffer, bytes.byteOffset + length, CHECKSUM_BYTES);
	const isWhole = stated.getUint32(0, true) === checksum(payload, version);
	const damage = isWhole
		? null
		: new LinkDamage('checksum', 'its last four bytes do not fit the others');
	return { version, payload, damage };
}

function checksum(payload: Uint8Array, version: LinkVersion): number {
	const whole = new Uint8Array(payload.length + 1);
	whole[0] = version.charCodeAt(0);
	whole.set(payload, 1);
	return crc32(whole);
}

/** The bytes of the whole characters at the beginning: what may still be read of a damaged link. */
function prefixBytes(text: string): Uint8Array {
	return fromBase64Url(text.length % 4 === 1 ? text.slice(0, -1) : text) ?? new Uint8Array(0);
}
