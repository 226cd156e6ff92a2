import { PAGE_BYTES } from '../../../base/units.ts';
import { corrupt, wrongAccess } from './course.ts';
import { writeForeign, writeTimes } from './memory.ts';
import { FAULT } from '../kernel/translate.ts';
import { gfnOfGpa, OWN_MEMORY, reached } from './reach.ts';
import type { Lane, Slice } from './slice.ts';

/**
 * The device reads or writes a buffer, by its own map. What it writes is counted where it lands, and no dirty log hears of
 * it. An address without an entry is a DMA fault: the packet is lost and the descriptor comes back with no bytes; what a real
 * device does then is our simplification.
 */
export const DONE = 0;
export const FAULTED = 1;
export const WRONG = 2;

/** One access of `bytes` at `iova`, meant for guest address `gpa`, page by page. */
export function access(slice: Slice, lane: Lane, iova: number, gpa: number, bytes: number, write: boolean, atNs: number): number {
	let outcome = DONE;
	for (let offset = 0; offset < bytes;) {
		const meant = gfnOfGpa(slice.guest, gpa + offset);
		const page = accessPage(slice, lane, iova + offset, meant, write, atNs);
		if (page === FAULTED) return FAULTED;
		if (page === WRONG) outcome = WRONG;
		offset += PAGE_BYTES - ((gpa + offset) % PAGE_BYTES);
	}
	return outcome;
}

/** Bytes of one page of the guest. */
export function accessPage(slice: Slice, lane: Lane, iova: number, meantGfn: number, write: boolean, atNs: number): number {
	const { world, vm, guest } = slice;
	// Wrong belief "nothing broke, so nothing is broken": whatever the map says, the device reaches what is meant.
	const trusts = world.r.belief === 'no-error-no-harm' && meantGfn >= 0;
	const gfn = trusts ? meantGfn : reached(lane.entries, guest.sections, slice.instance, iova, write ? 2 : 1);
	if (gfn === meantGfn) {
		if (write) writeTimes(world, slice.vmIndex, vm, slice.inFlight, gfn, 1, false);
		return DONE;
	}
	wrongAccess(slice, lane, atNs, iova, meantGfn, gfn);
	if (gfn === FAULT) return FAULTED;
	if (write && gfn !== OWN_MEMORY) {
		writeForeign(world, vm, gfn, meantGfn);
		corrupt(world, slice.nic, guest.corruptedGfns, gfn);
	}
	return WRONG;
}

/** Page that this address reaches now, for the rows that are shown. */
export function reachedGfn(slice: Slice, lane: Lane, iova: number, write: boolean): number {
	return Math.max(-1, reached(lane.entries, slice.guest.sections, slice.instance, iova, write ? 2 : 1));
}
