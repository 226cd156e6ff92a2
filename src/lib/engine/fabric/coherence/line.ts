/**
 * What one cached line does (CXL 3.2 2.4.4; CLWB and SFENCE of the Intel SDM, DC CVAC and DC IVAC of Arm). Pure: the
 * explorer of the exchange and the lines of a running world both follow this text. `V` is what a line holds.
 */
export interface CachedLine<V> {
	readonly state: 'clean' | 'dirty';
	readonly value: V;
	/** back: a flush is under way; drop: an invalidate is. Both end in `settle`. */
	readonly leaving: 'no' | 'back' | 'drop';
}

export interface LineAfter<V> {
	/** null: absent. */
	readonly line: CachedLine<V> | null;
	/** What the device holds afterwards. */
	readonly media: V;
	/** What a dirty line held that is lost with this. */
	readonly lost: V | null;
}

type Line<V> = CachedLine<V> | null;

/** A load brings the line in and keeps it; a hit never asks the device. */
export function loadLine<V>(line: Line<V>, media: V): LineAfter<V> & { readonly got: V } {
	const present: CachedLine<V> = line ?? { state: 'clean', value: media, leaving: 'no' };
	return { line: present, media, lost: null, got: present.value };
}

/** A store brings the line in first, then changes it there. `change` gets what the line held. */
export function storeLine<V>(line: Line<V>, media: V, change: (held: V) => V): LineAfter<V> {
	return { line: { state: 'dirty', value: change(line?.value ?? media), leaving: 'no' }, media, lost: null };
}

/** Writes a dirty line back and keeps it clean. `ordered`: it has arrived when the next step begins. */
export function flushLine<V>(line: Line<V>, media: V, ordered: boolean): LineAfter<V> {
	if (line?.state !== 'dirty') return { line, media, lost: null };
	if (!ordered) return { line: { ...line, leaving: 'back' }, media, lost: null };
	return { line: { ...line, state: 'clean', leaving: 'no' }, media: line.value, lost: null };
}

/** Drops the line, with what was stored in it. */
export function invalidateLine<V>(line: Line<V>, media: V, ordered: boolean): LineAfter<V> {
	if (line === null) return { line, media, lost: null };
	if (!ordered) return { line: { ...line, leaving: 'drop' }, media, lost: null };
	return { line: null, media, lost: line.state === 'dirty' ? line.value : null };
}

/** What was under way has arrived. */
export function settleLine<V>(line: Line<V>, media: V): LineAfter<V> {
	if (line === null || line.leaving === 'no') return { line, media, lost: null };
	return line.leaving === 'back' ? flushLine(line, media, true) : invalidateLine(line, media, true);
}

/** The cache needs room: a dirty line is written back, a clean one dropped, or written back too where the CPU does that. */
export function evictLine<V>(line: Line<V>, media: V, writesClean: boolean): LineAfter<V> {
	if (line === null) return { line, media, lost: null };
	const writes = line.state === 'dirty' || writesClean;
	return { line: null, media: writes ? line.value : media, lost: null };
}

export function prefetchLine<V>(line: Line<V>, media: V): LineAfter<V> {
	return { line: line ?? { state: 'clean', value: media, leaving: 'no' }, media, lost: null };
}
