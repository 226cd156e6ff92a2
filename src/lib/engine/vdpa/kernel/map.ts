import { formatAddress } from '../../../base/address.ts';
import { formatBytesBinary } from '../../../base/format.ts';
import { PAGE_BYTES } from '../../../base/units.ts';
import type { Permission } from '../../contract/vdpa/kinds.ts';
import type { KernelEntryRecord, KernelSpaceRecord } from '../../state/vdpa-records.ts';
import type { NicContext } from '../ports.ts';
import { overMemlock, pagesIn, pinSpans, unpinSpans, type Span } from './account.ts';
import { firstEndingAfter, touching } from './entries.ts';
import { piecesOf, type Piece } from './held.ts';
import { toldMapped, toldUnmapped } from './program.ts';
import { refusal, type KernelWork, type Refusal } from './result.ts';

/** UPDATE and INVALIDATE (Linux 7.1.8 drivers/vhost/vdpa.c, vhost_vdpa_process_iotlb_update, vhost_vdpa_pa_map, _va_map, _pa_unmap). */

export interface MapRequest {
	readonly iova: number;
	readonly bytes: number;
	readonly uaddr: number;
	readonly permission: Permission;
}

/** The range of the device, then what is there already: an UPDATE never replaces and never merges. */
export function checkMap(context: NicContext, entries: readonly KernelEntryRecord[], { iova, bytes }: MapRequest): Refusal | null {
	const { iovaFirst, iovaLast } = context.nic;
	if (bytes <= 0) return refusal('EINVAL', 'a map of no bytes');
	if (iova < iovaFirst || iova + bytes - 1 > iovaLast)
		return refusal('EINVAL', `the range leaves the addresses of the device, ${formatAddress(iovaFirst)} to ${formatAddress(iovaLast)}`);
	const there = touching(entries, iova, iova + bytes - 1);
	const first = entries[there.from];
	if (there.to > there.from && first)
		return refusal('EEXIST', `an entry is there already: ${formatBytesBinary(first.bytes)} from ${formatAddress(first.iova)}`);
	return null;
}

/** One entry per contiguous run, pinned; one for all of it, unpinned, for a device that works on the owner's page tables. */
export function mapRange(context: NicContext, space: KernelSpaceRecord, request: MapRequest, work: KernelWork): Refusal | null {
	const wrong = checkMap(context, space.entries, request);
	if (wrong) return wrong;
	if (context.nic.traits.useVa) return insert(context, space, [entryOf(request, request.iova, request.bytes, request.uaddr, false)], work);
	const plan = planOf(context, request);
	const over = overMemlock(context, context.end.kernel.owner, pagesIn(plan.own));
	if (over) return over;
	const pinned = pinSpans(context, plan.own, work);
	if (!pinned.ok) {
		// The error path unmaps the range, of which nothing is there yet: a driver that builds its map builds it all the same.
		toldUnmapped(context, space, 0, work);
		return pinned.refusal;
	}
	return insert(context, space, entriesOf(context, request, plan, pinned.runs), work);
}

interface MapPlan {
	readonly iova: number;
	readonly pieces: readonly Piece[];
	/** Pieces that this map pins itself. */
	readonly own: readonly Piece[];
}

/** Whole pages: the offset of the device address in its page counts, both addresses are rounded down. */
export function planOf(context: NicContext, { iova, bytes, uaddr }: MapRequest): MapPlan {
	const offset = iova % PAGE_BYTES;
	const whole = Math.ceil((bytes + offset) / PAGE_BYTES) * PAGE_BYTES;
	const pieces = piecesOf(context.end.kernel, uaddr - (uaddr % PAGE_BYTES), whole);
	return { iova: iova - offset, pieces, own: pieces.filter((piece) => !piece.held) };
}

/** `runs`: those of the pieces that were pinned for this map; those of held pieces are looked up. */
export function entriesOf(
	context: NicContext,
	request: MapRequest,
	plan: MapPlan,
	runs: readonly (readonly number[])[]
): KernelEntryRecord[] {
	const entries: KernelEntryRecord[] = [];
	let { iova } = plan;
	for (const piece of plan.pieces) {
		let hva = piece.hva;
		const own = runs[plan.own.indexOf(piece)];
		for (const bytes of own ?? context.pages.runsOf(piece.hva, piece.bytes)) {
			entries.push(entryOf(request, iova, bytes, hva, !piece.held));
			iova += bytes;
			hva += bytes;
		}
	}
	return entries;
}

export function entryOf(request: MapRequest, iova: number, bytes: number, uaddr: number, pins: boolean): KernelEntryRecord {
	return { iova, bytes, uaddr, permission: request.permission, pinnedPages: pins ? bytes / PAGE_BYTES : 0 };
}

function insert(context: NicContext, space: KernelSpaceRecord, made: readonly KernelEntryRecord[], work: KernelWork): Refusal | null {
	const full = overLimit(context, space.entries.length + made.length);
	if (full) {
		unpinSpans(context, ownPins(made), work);
		toldUnmapped(context, space, 0, work);
		return full;
	}
	const first = made[0] as KernelEntryRecord;
	const at = firstEndingAfter(space.entries, first.iova);
	space.entries = space.entries.slice(0, at).concat(made, space.entries.slice(at));
	toldMapped(context, space, at, made.length, work);
	return null;
}

/**
 * Entries that the parent driver has room for. Our simplification: vdpa_sim is loaded with such a limit, but asks for no
 * retiring, and Linux then lets it pass (Linux 7.1.8 drivers/vhost/iotlb.c); here it refuses.
 */
export function overLimit(context: NicContext, entries: number): Refusal | null {
	const { entryLimit } = context.nic.traits;
	return entryLimit > 0 && entries > entryLimit ? refusal('ENOMEM', `${entries} entries, the device has room for ${entryLimit}`) : null;
}

/** What the entries hold themselves, as ranges of the process. */
export function ownPins(entries: readonly KernelEntryRecord[]): Span[] {
	return entries.filter((entry) => entry.pinnedPages > 0).map((entry) => ({ hva: entry.uaddr, bytes: entry.bytes }));
}

/** Every entry that has a byte in [first, last] goes, as a whole. */
export function unmapRange(context: NicContext, space: KernelSpaceRecord, first: number, last: number, work: KernelWork): void {
	const { from, to } = touching(space.entries, first, last);
	const gone = space.entries.slice(from, to);
	space.entries = from === 0 && to === space.entries.length ? [] : space.entries.slice(0, from).concat(space.entries.slice(to));
	unpinSpans(context, ownPins(gone), work);
	toldUnmapped(context, space, gone.length, work);
}

/** The address space is removed: everything goes, and nothing is built (vhost_vdpa_remove_as). */
export function removeSpace(context: NicContext, space: KernelSpaceRecord, work: KernelWork): void {
	unpinSpans(context, ownPins(space.entries), work);
	if (context.nic.traits.translation !== 'set-map') work.unmappedRuns += space.entries.length;
	space.entries = [];
}
