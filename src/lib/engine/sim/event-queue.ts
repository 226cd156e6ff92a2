import { assert, AssertionError } from '../../base/assert.ts';
import type { ColumnSet } from '../state/columns.ts';
import type { World } from '../state/world.ts';
import { CLASS_OF, type EventKindValue } from './event-kinds.ts';

/**
 * Pending events: a binary heap over columns, ordered by time, then class, then first come first served. Equal times are
 * therefore never ambiguous (gem5 and ns-3 leave them to insertion order alone).
 */

const CLASS_STEP = 2 ** 40;

export interface PendingEvent {
	readonly atNs: number;
	readonly kind: EventKindValue;
	readonly a: number;
	readonly b: number;
}

/**
 * Whether an event that somebody asked for may still be added. Part of the capacity is kept for what is under way: one
 * sample, and per VM a step of its migration and of either side of its hand-off.
 */
export function hasEventRoom(world: World, count = 1): boolean {
	return world.r.eventPending + count + 16 + 4 * world.r.vms.length <= world.capacities.event;
}

/** Puts an event into the future or the present; never into the past. Throws when the scenario's capacity is reached. */
export function schedule(world: World, atNs: number, kind: EventKindValue, a: number, b: number): void {
	const { c, r } = world;
	if (!Number.isSafeInteger(atNs) || atNs < r.nowNs) throw new AssertionError(`event ${kind} at ${atNs}, now ${r.nowNs}`);
	assert(r.eventPending < world.capacities.event, 'the queue of pending events is full');
	const order = (CLASS_OF[kind] as number) * CLASS_STEP + r.eventSequence;
	r.eventSequence += 1;
	const times = c.eventTime.data;
	const orders = c.eventOrder.data;
	let hole = r.eventPending;
	r.eventPending += 1;
	while (hole > 0) {
		const parent = (hole - 1) >> 1;
		const parentTime = times[parent] as number;
		if (parentTime < atNs || (parentTime === atNs && (orders[parent] as number) < order)) break;
		copyRow(c, parent, hole);
		touchRow(c, hole);
		hole = parent;
	}
	writeRow(c, hole, atNs, order, kind, a, b);
	touchRow(c, hole);
}

/** Time of the earliest pending event, or null. */
export function nextEventNs(world: World): number | null {
	return world.r.eventPending === 0 ? null : world.c.eventTime.get(0);
}

/** Takes the earliest event out. */
export function takeEvent(world: World): PendingEvent {
	const { c, r } = world;
	assert(r.eventPending > 0, 'no event is pending');
	const first: PendingEvent = {
		atNs: c.eventTime.data[0] as number,
		kind: c.eventKind.data[0] as EventKindValue,
		a: c.eventA.data[0] as number,
		b: c.eventB.data[0] as number
	};
	const last = r.eventPending - 1;
	r.eventPending = last;
	if (last > 0) sink(c, last);
	// An unused row is all zeroes, so that equal worlds have equal bytes.
	writeRow(c, last, 0, 0, 0, 0, 0);
	touchRow(c, last);
	return first;
}

/** Moves the row at `pending` into the hole at the top and down to its place among the rows before it. */
function sink(c: ColumnSet, pending: number): void {
	const times = c.eventTime.data;
	const orders = c.eventOrder.data;
	const time = times[pending] as number;
	const order = orders[pending] as number;
	let hole = 0;
	for (;;) {
		let child = 2 * hole + 1;
		if (child >= pending) break;
		let childTime = times[child] as number;
		if (child + 1 < pending) {
			const rightTime = times[child + 1] as number;
			if (rightTime < childTime || (rightTime === childTime && (orders[child + 1] as number) < (orders[child] as number))) {
				child += 1;
				childTime = rightTime;
			}
		}
		if (time < childTime || (time === childTime && order < (orders[child] as number))) break;
		copyRow(c, child, hole);
		touchRow(c, hole);
		hole = child;
	}
	copyRow(c, pending, hole);
	touchRow(c, hole);
}

/** Rows are written without a mark each; `touchRow` follows. */
function copyRow(c: ColumnSet, from: number, to: number): void {
	c.eventTime.data[to] = c.eventTime.data[from] as number;
	c.eventOrder.data[to] = c.eventOrder.data[from] as number;
	c.eventKind.data[to] = c.eventKind.data[from] as number;
	c.eventA.data[to] = c.eventA.data[from] as number;
	c.eventB.data[to] = c.eventB.data[from] as number;
}

function writeRow(c: ColumnSet, row: number, time: number, order: number, kind: number, a: number, b: number): void {
	c.eventTime.data[row] = time;
	c.eventOrder.data[row] = order;
	c.eventKind.data[row] = kind;
	c.eventA.data[row] = a;
	c.eventB.data[row] = b;
}

function touchRow(c: ColumnSet, row: number): void {
	c.eventTime.mark(row);
	c.eventOrder.mark(row);
	c.eventKind.mark(row);
	c.eventA.mark(row);
	c.eventB.mark(row);
}
