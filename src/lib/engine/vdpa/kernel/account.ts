import { PAGE_BYTES } from '../../../base/units.ts';
import type { NicContext } from '../ports.ts';
import { refusal, type KernelWork, type Refusal } from './result.ts';

/**
 * Pins and their account. Each map pins and counts for itself, so a page that two of them hold counts twice (Linux 7.1.8
 * drivers/vhost/vdpa.c, vhost_vdpa_pa_map; mm.pinned_vm).
 */

export interface Span {
	readonly hva: number;
	readonly bytes: number;
}

export const pagesIn = (spans: readonly Span[]): number => spans.reduce((sum, span) => sum + span.bytes, 0) / PAGE_BYTES;

/** Adds to mm.pinned_vm of the owner, or takes from it. */
function charge(context: NicContext, pages: number): void {
	const { pinnedPages } = context.guest;
	const owner = context.end.kernel.owner;
	if (owner === 0 || owner === 1) pinnedPages[owner] += pages;
}

/** Looked at before the first page is pinned; CAP_IPC_LOCK exempts nobody here. `owner`: whose account. */
export function overMemlock(context: NicContext, owner: number, pages: number): Refusal | null {
	const { memlockPages, pinnedPages } = context.guest;
	const present = pinnedPages[owner as 0 | 1];
	if (memlockPages === null || pages + present <= memlockPages) return null;
	return refusal('ENOMEM', `${pages} pages and ${present} that are pinned already exceed the limit of ${memlockPages}`);
}

/** Pins every span for long, or nothing: the runs of each. */
export function pinSpans(
	context: NicContext,
	spans: readonly Span[],
	work: KernelWork
): { readonly ok: true; readonly runs: readonly (readonly number[])[] } | { readonly ok: false; readonly refusal: Refusal } {
	const runs: (readonly number[])[] = [];
	for (const [index, span] of spans.entries()) {
		const pinned = context.pages.pin(span.hva, span.bytes);
		if (!pinned.ok) {
			unpinSpans(context, spans.slice(0, index), work);
			return { ok: false, refusal: refusal(pinned.errno, pinned.detail) };
		}
		runs.push(pinned.runs);
		work.pinned += span.bytes / PAGE_BYTES;
		work.cold += pinned.coldPages;
		work.evicted += pinned.evictedPages;
		work.huge.pinned += pinned.huge.pages;
		work.huge.cold += pinned.huge.coldPages;
		charge(context, span.bytes / PAGE_BYTES);
	}
	return { ok: true, runs };
}

export function unpinSpans(context: NicContext, spans: readonly Span[], work: KernelWork): void {
	for (const span of spans) work.huge.unpinned += context.pages.unpin(span.hva, span.bytes);
	work.unpinned += pagesIn(spans);
	charge(context, -pagesIn(spans));
}
