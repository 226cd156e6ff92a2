import type { KernelEntryRecord, KernelSpaceRecord } from '../../state/vdpa-records.ts';
import type { NicContext } from '../ports.ts';
import { overMemlock, pagesIn, pinSpans, unpinSpans, type Span } from './account.ts';
import { endOf } from './entries.ts';
import { checkMap, entriesOf, entryOf, overLimit, ownPins, planOf, type MapRequest } from './map.ts';
import { buildMap } from './program.ts';
import { refusal, type KernelWork, type Refusal } from './result.ts';

/**
 * INVALIDATE_AND_UPDATE_ALL, as S2 proposes it (Si-Wei Liu and E. Pérez, qemu-devel, July 2023): one message has the whole new
 * table, the kernel matches old and new page by page, and what is in both stays pinned. Linux has no such message; what it
 * does where it fails is our design: nothing.
 */
export function updateAll(context: NicContext, space: KernelSpaceRecord, table: readonly MapRequest[], work: KernelWork): Refusal | null {
	const rows = [...table].sort((a, b) => a.iova - b.iova);
	for (const [index, row] of rows.entries()) {
		const wrong = checkMap(context, [], row);
		if (wrong) return wrong;
		const before = rows[index - 1];
		if (before && endOf(before) > row.iova) return refusal('EEXIST', `two rows of the table meet at ${row.iova}`);
	}
	const plans = rows.map((row) => planOf(context, row));
	const { useVa } = context.nic.traits;
	const change = changeOf(ownPins(space.entries), useVa ? [] : plans.flatMap((plan) => plan.own));
	const refused = overMemlock(context, context.end.kernel.owner, pagesIn(change.coming));
	if (refused) return refused;
	const pinned = pinSpans(context, change.coming, work);
	if (!pinned.ok) return pinned.refusal;
	// Pages that are in both were never let go of: their runs are looked up like those of the others.
	const made = rows.flatMap((row, index) =>
		useVa ? [entryOf(row, row.iova, row.bytes, row.uaddr, false)] : entriesOf(context, row, plans[index] as (typeof plans)[number], [])
	);
	const full = overLimit(context, made.length);
	if (full) {
		unpinSpans(context, change.coming, work);
		return full;
	}
	unpinSpans(context, change.going, work);
	const old = space.entries;
	space.entries = made;
	tell(context, space, old, work);
	return null;
}

/** The device: entries that are the same in both stay as they are; a driver that builds its map builds it once. */
function tell(context: NicContext, space: KernelSpaceRecord, old: readonly KernelEntryRecord[], work: KernelWork): void {
	if (context.nic.traits.translation === 'set-map') {
		if (!context.end.kernel.inBatch) buildMap(context, space, work);
		return;
	}
	const present = new Map(old.map((entry) => [entry.iova, entry]));
	const kept = space.entries.filter((entry) => {
		const before = present.get(entry.iova);
		return before !== undefined && !before.lost && alike(before, entry);
	});
	work.unmappedRuns += old.length - kept.length;
	work.mappedRuns += space.entries.length - kept.length;
}

const alike = (a: KernelEntryRecord, b: KernelEntryRecord): boolean =>
	a.bytes === b.bytes && a.uaddr === b.uaddr && a.permission === b.permission;

/** Pins that are in one of two lists more often than in the other: ranges of the process, each as often as it is missing. */
export function changeOf(old: readonly Span[], next: readonly Span[]): { readonly going: Span[]; readonly coming: Span[] } {
	const edges: { readonly hva: number; readonly step: number }[] = [];
	const edge = (span: Span, sign: 1 | -1): void => {
		edges.push({ hva: span.hva, step: sign }, { hva: span.hva + span.bytes, step: -sign });
	};
	for (const span of old) edge(span, -1);
	for (const span of next) edge(span, 1);
	edges.sort((a, b) => a.hva - b.hva);
	const going: Span[] = [];
	const coming: Span[] = [];
	let surplus = 0;
	let from = 0;
	for (const { hva, step } of edges) {
		if (hva > from)
			for (let times = Math.abs(surplus); times > 0; times -= 1) (surplus > 0 ? coming : going).push({ hva: from, bytes: hva - from });
		surplus += step;
		from = hva;
	}
	return { going, coming };
}
