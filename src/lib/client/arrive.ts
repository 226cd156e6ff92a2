import { MODEL_VERSION } from '../engine/contract/port.ts';
import type { Lock } from './clocks.ts';
import { compareFingerprints, type LinkNote, type LinkState, type LinkView } from './permalink.ts';

/** Whoever can go to a moment, say what state is there, and keep what differs. */
export interface Traveller {
	notes: readonly LinkNote[];
	speedIndex: number;
	slowAtBorders: boolean;
	lockBy(lock: Lock): Promise<void>;
	seek(ns: number, options: { readonly scrubbing: boolean }): Promise<void>;
	fingerprints(): Promise<(string | null)[]>;
}

/** Goes to the moment of a link as it was seen, and says whether the state there is the one that was shared. */
export async function arrive(session: Traveller, link: LinkState): Promise<void> {
	const { speedIndex, slowAtBorders, byPhase } = link.view;
	session.speedIndex = speedIndex ?? session.speedIndex;
	session.slowAtBorders = slowAtBorders;
	await find(session, link);
	if (byPhase) await session.lockBy('phase');
}

async function find(session: Traveller, link: LinkState): Promise<void> {
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

/** A link to where worlds stand. Locked by phase, only the first is at the moment of the link: only it can be checked. */
export function linkAt(
	worlds: LinkState['worlds'],
	positionNs: number,
	view: LinkView,
	lock: Lock,
	proofs: readonly (string | null)[]
): LinkState {
	return {
		worlds,
		positionNs,
		view: lock === 'phase' ? { ...view, byPhase: true } : view,
		modelVersion: MODEL_VERSION,
		fingerprints: worlds.map((_, index) =>
			lock === 'time' || index === 0 ? (proofs[index] ?? null) : null
		)
	};
}
