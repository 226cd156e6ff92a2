import { assert } from '../base/assert.ts';
import type { Outcome } from '../base/outcome.ts';
import type { JournalEntry } from '../engine/contract/commands.ts';
import { MODEL_VERSION } from '../engine/contract/port.ts';
import type { Scenario } from '../engine/contract/scenario/schema.ts';
import { LINK_VERSIONS, MOST_CHARACTERS, seal, unseal } from './link/envelope.ts';
import { readPayload, versionOf, writePayload, type PartialLink } from './link/payload.ts';
import { LINK_REASONS, LinkDamage, type LinkReason } from './link/reasons.ts';
import { same } from './link/shapes.ts';
import { readScenario } from '../engine/contract/scenario/read.ts';
import { PLAIN_VIEW, type LinkState } from './link/state.ts';
import { partsOf, type LinkPart } from './link/words.ts';

export { LINK_REASONS, type LinkReason } from './link/reasons.ts';
export { PLAIN_VIEW, type LinkState, type LinkView, type LinkWorld } from './link/state.ts';
export type { LinkPart } from './link/words.ts';

/** What stands behind it in a fragment is no part of the run: kept runs beside it (branch-link.ts). */
export const MARK_OF_TREE = '~';

/** Beyond this many characters chat tools and printed codes lose links: a file is offered instead. */
export const COMFORTABLE_CHARACTERS = 2_000;

export interface LinkNote {
	readonly reason: LinkReason;
	/** What and where, in words and figures; may hold text from the link, so it is only ever shown as text. */
	readonly detail: string;
}

export type DecodedLink = Outcome<LinkState, LinkReason> & {
	/** What could be read, in words; complete when the outcome is ok. */
	readonly parts: readonly LinkPart[];
	/** Reasons that do not keep the run from being shown. */
	readonly notes: readonly LinkNote[];
};

/** What a link can be made of; what is left out is as in a fresh run. */
export type LinkRequest = Pick<LinkState, 'worlds'> & Partial<LinkState>;

/** The fragment without `#`. Asserts that the link opens to the same run. */
export async function encodeLink(request: LinkRequest): Promise<string> {
	const worlds = request.worlds.map(({ scenario, journal, belief }) => {
		const read = readScenario(scenario);
		assert(read.ok, 'only a scenario that can be read can be shared');
		return {
			scenario: read.value,
			journal: journal ?? (read.value.journal as readonly JournalEntry[]),
			belief: belief ?? null
		};
	});
	const state: LinkState = {
		positionNs: 0,
		view: PLAIN_VIEW,
		fingerprints: worlds.map(() => null),
		modelVersion: MODEL_VERSION,
		...request,
		worlds
	};
	const fragment = seal(writePayload(state), versionOf(state));
	const back = await decodeLink(fragment);
	assert(back.ok, `a link must open: ${back.ok ? '' : back.detail}`);
	assert(same(back.value.worlds, worlds), 'a link must hold the whole scenario and journal');
	return fragment;
}

/** A link to copy, or, where it would be too long for the places links are pasted into, a reason to save a file. */
export type Share =
	| { readonly kind: 'link'; readonly fragment: string }
	| { readonly kind: 'file'; readonly characters: number | null; readonly sentence: string };

export async function shareLink(state: LinkRequest): Promise<Share> {
	let fragment: string | null;
	try {
		fragment = await encodeLink(state);
	} catch {
		fragment = null;
	}
	if (fragment !== null && fragment.length <= COMFORTABLE_CHARACTERS)
		return { kind: 'link', fragment };
	return {
		kind: 'file',
		characters: fragment?.length ?? null,
		sentence:
			fragment === null
				? 'This run holds more than a link can. Save it as a file instead.'
				: `This link would have ${fragment.length} characters; many programs cut links after ${COMFORTABLE_CHARACTERS}. Save it as a file instead.`
	};
}

/** Reads a fragment, with or without `#`. Never throws, never takes long: sizes are bounded before anything is believed. */
export async function decodeLink(fragment: string): Promise<DecodedLink> {
	const link: PartialLink = { worlds: [], notes: [] };
	try {
		const { version, payload, damage } = unseal(String(fragment).split(MARK_OF_TREE, 1)[0] ?? '');
		try {
			readPayload(payload, link, version);
		} catch (inner) {
			// A broken checksum says less than "it ends too early".
			const isCut = inner instanceof LinkDamage && inner.reason === 'truncated';
			throw damage === null || (isCut && damage.reason === 'checksum') ? inner : damage;
		}
		if (damage) throw damage;
	} catch (error) {
		// A LinkDamage is what was found; anything else would be a mistake of ours, and still must not reach the page.
		const reason: LinkReason = error instanceof LinkDamage ? error.reason : 'bad-scenario';
		return {
			ok: false,
			reason,
			detail: (error as Error).message,
			parts: partsOf(link),
			notes: link.notes
		};
	}
	if (link.modelVersion !== MODEL_VERSION)
		link.notes.push({
			reason: 'model-mismatch',
			detail: `it was recorded with model ${link.modelVersion}, this page runs model ${MODEL_VERSION}`
		});
	const value = {
		worlds: link.worlds.map((world) => ({
			scenario: world.scenario as Scenario,
			journal: world.journal ?? [],
			belief: world.belief ?? null
		})),
		positionNs: link.positionNs,
		view: link.view,
		fingerprints: link.fingerprints,
		modelVersion: link.modelVersion
	} as LinkState;
	return { ok: true, value, parts: partsOf(link), notes: link.notes };
}

/** After opening: does the state reached equal the state shared? One note per world that differs. */
export function compareFingerprints(
	link: LinkState,
	reached: readonly (string | null)[]
): LinkNote[] {
	const notes: LinkNote[] = [];
	link.fingerprints.forEach((shared, index) => {
		const mine = reached[index]?.slice(0, 8) ?? null;
		if (shared === null || mine === null || shared.slice(0, 8) === mine) return;
		const world = link.worlds.length > 1 ? `world ${index + 1}: ` : '';
		notes.push({
			reason: 'fingerprint-mismatch',
			detail: `${world}reached ${mine}, shared was ${shared.slice(0, 8)}`
		});
	});
	return notes;
}

/** The version character and length of a fragment, for the inspector. */
export function describeFragment(fragment: string): {
	version: string;
	characters: number;
	reads: string;
	most: number;
} {
	const text = fragment.replace(/^#/, '').trim();
	return {
		version: text[0] ?? '',
		characters: text.length,
		reads: LINK_VERSIONS.join(' and '),
		most: MOST_CHARACTERS
	};
}

/** The sentence of a reason. */
export const linkSentence = (reason: LinkReason): string => LINK_REASONS[reason].sentence;
