import { formatAddress } from '../../../base/address.ts';
import { emit } from '../../sim/trace.ts';
import type { NicRecord, QueueRecord, WrongAccessRecord } from '../../state/vdpa-records.ts';
import type { World } from '../../state/world.ts';
import { FAULT } from '../kernel/translate.ts';
import { gpaOfGfn } from './reach.ts';
import type { Lane, Slice } from './slice.ts';

/** What became of each packet: sums, the course in stretches of equal length, gaps, and accesses that went wrong. */

/** Accesses that are kept one by one, and those that the trace tells of; all are counted. */
const WRONG_KEPT = 16;
const WRONG_TOLD = 4;
/** Newest descriptors of a queue that are kept to be shown. */
export const RECENT_ROWS = 8;
const GAPS_KEPT = 64;

function bucketAt(nic: NicRecord, atNs: number): number {
	const { firstBucket, bucketNs, buckets } = nic.traffic;
	return firstBucket + Math.min(buckets - 1, Math.floor(atNs / bucketNs));
}

/** A packet came in or went out at `atNs`, so long after it was there. */
export function passed(slice: Slice, receive: boolean, atNs: number, delayNs: number): void {
	const { c } = slice.world;
	const { traffic } = slice.nic;
	if (receive) traffic.received += 1;
	else traffic.sent += 1;
	if (delayNs > traffic.worstDelayNs) traffic.worstDelayNs = delayNs;
	const bucket = bucketAt(slice.nic, atNs);
	c.bucketReceived.set(bucket, c.bucketReceived.get(bucket) + 1);
	c.bucketDelay.set(bucket, c.bucketDelay.get(bucket) + delayNs);
}

export function lose(slice: Slice, atNs: number): void {
	const { c } = slice.world;
	const { traffic } = slice.nic;
	traffic.lost += 1;
	if (traffic.deadSinceNs >= 0) traffic.deadLost += 1;
	const bucket = bucketAt(slice.nic, atNs);
	c.bucketLost.set(bucket, c.bucketLost.get(bucket) + 1);
}

export function misplace(slice: Slice, atNs: number): void {
	const { c } = slice.world;
	slice.nic.traffic.misplaced += 1;
	const bucket = bucketAt(slice.nic, atNs);
	c.bucketMisplaced.set(bucket, c.bucketMisplaced.get(bucket) + 1);
}

/** Whether packets stand still: begins a gap when the last queue that was served is not any more, ends it when one is again. */
export function noteGap(nic: NicRecord, lanes: readonly Lane[], atNs: number): void {
	const { traffic } = nic;
	let since = -1;
	for (const lane of lanes) {
		if (lane.queue.kind === 'control') continue;
		if (lane.live) {
			if (traffic.deadSinceNs >= 0) endGap(nic, atNs);
			return;
		}
		since = Math.max(since, lane.queue.deadSinceNs);
	}
	if (traffic.deadSinceNs < 0) {
		traffic.deadSinceNs = since;
		traffic.deadLost = 0;
	}
}

function endGap(nic: NicRecord, atNs: number): void {
	const { traffic } = nic;
	traffic.gaps.push({ fromNs: traffic.deadSinceNs, toNs: atNs, lost: traffic.deadLost });
	if (traffic.gaps.length > GAPS_KEPT) traffic.gaps.shift();
	traffic.deadSinceNs = -1;
	traffic.deadLost = 0;
}

/** A queue is given up: nobody serves it before the device is started anew. */
export function halt(slice: Slice, lane: Lane, atNs: number, rule: 'vdpa-dma' | 'svq-forward', words: string): void {
	const { queue } = lane;
	const { world, nic } = slice;
	queue.halted = words;
	queue.deadSinceNs = atNs;
	lane.live = false;
	noteGap(nic, slice.lanes, atNs);
	emit(world, {
		kind: 'packet',
		rule,
		cause: null,
		vm: slice.vm.id,
		host: slice.end === null ? null : (world.r.hosts[slice.end.host]?.id ?? null),
		values: { nic: nic.id, queue: queue.index, happenedNs: atNs },
		text: `${nic.id}, queue ${queue.index} stands still: ${words}`
	});
}

/** Keeps the first ones, in the order of time and queue however they were found. */
export function wrongAccess(slice: Slice, lane: Lane, atNs: number, iova: number, meantGfn: number, reachedGfn: number): void {
	const { nic, guest, world } = slice;
	const isFault = reachedGfn === FAULT;
	const told = isFault ? nic.faultCount : nic.wrongCount;
	if (isFault) nic.faultCount += 1;
	else nic.wrongCount += 1;
	const access: WrongAccessRecord = { atNs, queue: lane.queue.index, iova, meantGfn, reachedGfn };
	insertSorted(nic.wrongAccesses, access);
	if (told >= WRONG_TOLD) return;
	const meant = gpaOfGfn(guest.sections, meantGfn);
	const reached = isFault ? FAULT : gpaOfGfn(guest.sections, reachedGfn);
	emit(world, {
		kind: 'packet',
		rule: 'vdpa-dma',
		cause: null,
		vm: slice.vm.id,
		host: slice.end === null ? null : (world.r.hosts[slice.end.host]?.id ?? null),
		values: { nic: nic.id, queue: lane.queue.index, iova, meantGpa: meant, reachedGpa: reached, happenedNs: atNs },
		text: `${nic.id}, queue ${lane.queue.index}: ${wrongWords(iova, meant, isFault ? null : reached)}`
	});
}

/** What went wrong, in words; `reachedGpa` null: a DMA fault; below 0: memory of QEMU itself. */
export function wrongWords(iova: number, meantGpa: number, reachedGpa: number | null): string {
	if (reachedGpa === null) return `DMA to ${formatAddress(iova)}, meant for GPA ${formatAddress(meantGpa)}, reaches nothing: a DMA fault`;
	if (reachedGpa < 0) return `DMA to ${formatAddress(iova)}, meant for GPA ${formatAddress(meantGpa)}, reaches memory of QEMU itself`;
	return `DMA to ${formatAddress(iova)}, meant for GPA ${formatAddress(meantGpa)}, reaches GPA ${formatAddress(reachedGpa)}`;
}

function insertSorted(list: WrongAccessRecord[], access: WrongAccessRecord): void {
	let at = list.length;
	while (at > 0) {
		const before = list[at - 1] as WrongAccessRecord;
		if (before.atNs < access.atNs || (before.atNs === access.atNs && before.queue <= access.queue)) break;
		at -= 1;
	}
	if (at >= WRONG_KEPT) return;
	list.splice(at, 0, access);
	if (list.length > WRONG_KEPT) list.pop();
}

/** The page joins those that were written by mistake; the world is marked at the first. */
export function corrupt(world: World, nic: NicRecord, corruptedGfns: number[], gfn: number): void {
	let at = corruptedGfns.length;
	while (at > 0 && (corruptedGfns[at - 1] as number) > gfn) at -= 1;
	if (at > 0 && corruptedGfns[at - 1] === gfn) return;
	corruptedGfns.splice(at, 0, gfn);
	const mark = `${nic.id} wrote into a page that the guest did not mean`;
	if (!world.r.marks.includes(mark)) world.r.marks.push(mark);
}

/** A row of the newest descriptors, written over the oldest: nothing is allocated per packet. */
export function recordRecent(
	queue: QueueRecord,
	slot: number,
	gpa: number,
	iova: number,
	bytes: number,
	meantGfn: number,
	reachedGfn: number,
	state: QueueRecord['recent'][number]['state'],
	atNs: number
): void {
	const row = queue.recent[queue.recentNext];
	if (row === undefined) queue.recent.push({ slot, gpa, iova, bytes, meantGfn, reachedGfn, state, atNs });
	else {
		row.slot = slot;
		row.gpa = gpa;
		row.iova = iova;
		row.bytes = bytes;
		row.meantGfn = meantGfn;
		row.reachedGfn = reachedGfn;
		row.state = state;
		row.atNs = atNs;
	}
	queue.recentNext = (queue.recentNext + 1) % RECENT_ROWS;
}
