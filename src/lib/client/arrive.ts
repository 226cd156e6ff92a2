import { compareFingerprints, type LinkNote, type LinkState } from './permalink.ts';

/** Whoever can go to a moment, say what state is there, and keep what differs. */
export interface Traveller {
	notes: readonly LinkNote[];
	seek(ns: number, options: { readonly scrubbing: boolean }): Promise<void>;
	fingerprints(): Promise<(string | null)[]>;
}

/** Goes to the moment of a link and says whether the state there is the one that was shared. */
export async function arrive(session: Traveller, link: LinkState): Promise<void> {
	const go = () => session.seek(link.positionNs, { scrubbing: true });
	const differ = async (): Promise<boolean> => {
		session.notes = compareFingerprints(link, await session.fingerprints());
		return session.notes.length > 0;
	};
	if (link.positionNs > 0) await go();
	if (!(await differ()) || link.positionNs > 0) return;
	// At time 0 there are two states: before the first event, where a run opens, and after what happens then.
	await go();
	await differ();
}
