import { fromBase64Url, toBase64Url } from '../../base/base64url.ts';
import { crc32 } from '../../base/hash.ts';
import { LinkDamage } from './reasons.ts';

/**
 * The outside of a link, version 1: `1` and, in base64url, one byte of flags, the payload, and a CRC-32 over all before it
 * (the version character included). Flag bit 0: the payload is packed with raw deflate, used only where that is shorter.
 */
export const LINK_VERSION = '1';
/** Longest fragment that is read at all. */
export const MOST_CHARACTERS = 32_768;
/** Longest payload: bounds what a packed link may unpack to. */
export const MOST_PAYLOAD_BYTES = 32_768;

const PACKED = 1;
const CHECKSUM_BYTES = 4;

export async function seal(payload: Uint8Array<ArrayBuffer>): Promise<string> {
	const packed = await pack(payload);
	const isShorter = packed !== null && packed.length < payload.length;
	const stored = isShorter ? packed : payload;
	const bytes = new Uint8Array(1 + stored.length + CHECKSUM_BYTES);
	bytes[0] = isShorter ? PACKED : 0;
	bytes.set(stored, 1);
	new DataView(bytes.buffer).setUint32(1 + stored.length, checksum(bytes.subarray(0, 1 + stored.length)), true);
	return LINK_VERSION + toBase64Url(bytes);
}

export interface Opened {
	readonly payload: Uint8Array;
	/** Why the envelope is not whole; the payload is then what could be had of it. */
	readonly damage: LinkDamage | null;
}

/** Takes the payload out. Throws a LinkDamage where nothing can be had. */
export async function unseal(fragment: string): Promise<Opened> {
	const text = fragment.startsWith('#') ? fragment.slice(1) : fragment;
	if (text.trim() === '') throw new LinkDamage('empty', '');
	if (text.length > MOST_CHARACTERS)
		throw new LinkDamage('too-long', `it has ${text.length} characters, at most ${MOST_CHARACTERS} are read`);
	const version = text.trim()[0] as string;
	if (version !== LINK_VERSION) {
		const isNewer = /[2-9]/.test(version);
		throw new LinkDamage(
			isNewer ? 'newer-version' : 'unknown-version',
			`it begins with "${version}", this page reads version ${LINK_VERSION}`
		);
	}
	const bytes = fromBase64Url(text.trim().slice(1));
	if (bytes === null) throw new LinkDamage('not-base64url', foreignCharacter(text.trim()));
	if (bytes.length < 1 + CHECKSUM_BYTES)
		throw new LinkDamage('truncated', `it has ${bytes.length} bytes, at least ${1 + CHECKSUM_BYTES} are needed`);
	const body = bytes.subarray(0, bytes.length - CHECKSUM_BYTES);
	const stated = new DataView(bytes.buffer, bytes.byteOffset + body.length, CHECKSUM_BYTES).getUint32(0, true);
	const isWhole = stated === checksum(body);
	const damage = isWhole ? null : new LinkDamage('checksum', 'the last four bytes do not fit the others');
	const flags = body[0] as number;
	if (flags > PACKED) {
		if (damage) throw damage;
		throw new LinkDamage('newer-version', `it is packed in a way that this page does not know (${flags})`);
	}
	const stored = body.subarray(1);
	if (flags === 0) return { payload: stored, damage };
	const { payload, failure } = await unpack(stored);
	return { payload, damage: damage ?? failure };
}

function checksum(body: Uint8Array): number {
	const whole = new Uint8Array(body.length + 1);
	whole[0] = LINK_VERSION.charCodeAt(0);
	whole.set(body, 1);
	return crc32(whole);
}

function foreignCharacter(text: string): string {
	const found = /[^A-Za-z0-9_-]/.exec(text.slice(1));
	return found ? `character ${found.index + 2} is "${found[0]}"` : `${text.length} characters cannot be whole bytes`;
}

async function pack(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array | null> {
	if (typeof CompressionStream !== 'function') return null;
	const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream('deflate-raw'));
	return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** What could be unpacked, and why not more. */
async function unpack(
	bytes: Uint8Array
): Promise<{ payload: Uint8Array; failure: LinkDamage | null }> {
	if (typeof DecompressionStream !== 'function')
		throw new LinkDamage('inflate-failed', 'this browser cannot unpack (no DecompressionStream)');
	const stream = new Blob([Uint8Array.from(bytes)])
		.stream()
		.pipeThrough(new DecompressionStream('deflate-raw'));
	const reader = stream.getReader();
	const payload = new Uint8Array(MOST_PAYLOAD_BYTES);
	let length = 0;
	let failure: LinkDamage | null = null;
	for (;;) {
		try {
			const step = await reader.read();
			if (step.done) break;
			const room = payload.subarray(length);
			if (step.value.length > room.length) {
				failure = new LinkDamage('inflated-too-long', `more than ${MOST_PAYLOAD_BYTES} bytes`);
				// Not awaited: what is left of a bomb must not hold anybody up.
				reader.cancel().catch(() => undefined);
				break;
			}
			payload.set(step.value, length);
			length += step.value.length;
		} catch (error) {
			failure = new LinkDamage('inflate-failed', String((error as Error).message).slice(0, 120));
			break;
		}
	}
	return { payload: payload.subarray(0, length), failure };
}
