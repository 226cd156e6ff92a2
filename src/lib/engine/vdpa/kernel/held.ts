import { PAGE_BYTES } from '../../../base/units.ts';
import type { KernelDeviceRecord, SectionRecord } from '../../state/vdpa-records.ts';
import type { NicContext } from '../ports.ts';
import { overMemlock, pinSpans, unpinSpans, type Span } from './account.ts';
import { refusal, type KernelWork, type Refusal } from './result.ts';

/**
 * Calls that Linux does not have (S2: Si-Wei Liu and E. Pérez, qemu-devel, July 2023): pins apart from maps, and an owner that
 * changes. What exactly they would do is our design.
 */

export interface Piece extends Span {
	readonly held: boolean;
}

/** A range of the process, cut where held ranges begin and end. */
export function piecesOf(kernel: KernelDeviceRecord, hva: number, bytes: number): Piece[] {
	const pieces: Piece[] = [];
	const end = hva + bytes;
	let at = hva;
	for (const range of kernel.heldRanges) {
		const from = Math.max(at, range.hva);
		const to = Math.min(end, range.hva + range.bytes);
		if (from >= to) continue;
		if (from > at) pieces.push({ hva: at, bytes: from - at, held: false });
		// Two ranges side by side hold one stretch.
		const before = pieces.at(-1);
		if (before?.held && from === at) pieces[pieces.length - 1] = { ...before, bytes: to - before.hva };
		else pieces.push({ hva: from, bytes: to - from, held: true });
		at = to;
	}
	if (at < end) pieces.push({ hva: at, bytes: end - at, held: false });
	return pieces;
}

/** A range as whole pages. */
function wholePages(hva: number, bytes: number): Span {
	const offset = hva % PAGE_BYTES;
	return { hva: hva - offset, bytes: Math.ceil((bytes + offset) / PAGE_BYTES) * PAGE_BYTES };
}

const meet = (a: Span, b: Span): boolean => a.hva < b.hva + b.bytes && b.hva < a.hva + a.bytes;

export function pinPages(context: NicContext, hva: number, bytes: number, work: KernelWork): Refusal | null {
	const { kernel } = context.end;
	if (bytes <= 0) return refusal('EINVAL', 'no bytes to pin');
	// A device that works on the page tables needs no pin.
	if (context.nic.traits.useVa) return null;
	const range = wholePages(hva, bytes);
	if (kernel.heldRanges.some((held) => meet(held, range))) return refusal('EEXIST', 'a page of the range is held already');
	const over = overMemlock(context, kernel.owner, range.bytes / PAGE_BYTES);
	if (over) return over;
	const pinned = pinSpans(context, [range], work);
	if (!pinned.ok) return pinned.refusal;
	kernel.heldRanges = [...kernel.heldRanges, { ...range }].sort((a, b) => a.hva - b.hva);
	return null;
}

/** Lets go of every held range that the given one touches, as a whole; not while a map stands on it. */
export function unpinPages(context: NicContext, hva: number, bytes: number, work: KernelWork): Refusal | null {
	const { kernel } = context.end;
	const going = kernel.heldRanges.filter((held) => meet(held, wholePages(hva, bytes)));
	const stands = kernel.spaces.some((space) =>
		space.entries.some((entry) => entry.pinnedPages === 0 && going.some((held) => meet(held, { hva: entry.uaddr, bytes: entry.bytes })))
	);
	if (stands) return refusal('EBUSY', 'a map stands on these pins');
	unpinSpans(context, going, work);
	kernel.heldRanges = kernel.heldRanges.filter((held) => !going.includes(held));
	return null;
}

/** Pins and maps pass to another process; guest memory lies at other addresses there, on the same pages. */
export function changeOwner(context: NicContext, instance: number): Refusal | null {
	const { guest } = context;
	const { kernel } = context.end;
	const before = kernel.owner;
	if (instance !== 0 && instance !== 1) return refusal('EINVAL', `there is no process ${instance}`);
	if (instance === before) return null;
	const pages = pagesHeldBy(kernel);
	const over = overMemlock(context, instance, pages);
	if (over) return over;
	guest.pinnedPages[before as 0 | 1] -= pages;
	guest.pinnedPages[instance] += pages;
	for (const space of kernel.spaces)
		for (const entry of space.entries) entry.uaddr = inOther(guest.sections, before as 0 | 1, instance, entry.uaddr);
	for (const range of kernel.heldRanges) range.hva = inOther(guest.sections, before as 0 | 1, instance, range.hva);
	kernel.heldRanges.sort((a, b) => a.hva - b.hva);
	kernel.owner = instance;
	return null;
}

/** Pages that this device holds: by its entries and by ranges of their own. */
export function pagesHeldBy(kernel: KernelDeviceRecord): number {
	let pages = kernel.heldRanges.reduce((sum, range) => sum + range.bytes, 0) / PAGE_BYTES;
	for (const space of kernel.spaces) for (const entry of space.entries) pages += entry.pinnedPages;
	return pages;
}

function inOther(sections: readonly SectionRecord[], from: 0 | 1, to: 0 | 1, hva: number): number {
	const section = sections.find((each) => hva >= each.hva[from] && hva < each.hva[from] + each.bytes);
	return section ? section.hva[to] + (hva - section.hva[from]) : hva;
}
