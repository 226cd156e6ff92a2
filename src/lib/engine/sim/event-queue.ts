import { assert } from '../../base/assert.ts';
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
export function schedule(
	world: World,
	atNs: number,
	kind: EventKindValue,
	a: number,
	b: number
): void {
	const { c, r } = world;
	assert(Number.isSafeInteger(atNs) && atNs >= r.nowNs, `event ${kind} at ${atNs}, now ${r.nowNs}`);
	assert(r.eventPending < world.capacities.event, 'the queue of pending events is full');
	const order = (CLASS_OF[kind] as number) * CLASS_STEP + r.eventSequence;
	r.eventSequence += 1;
	let hole = r.eventPending;
	r.eventPending += 1;
	while (hole > 0) {
		const parent = (hole - 1) >> 1;
		const parentTime = c.eventTime.get(parent);
		if (parentTime < atNs || (parentTime === atNs && c.eventOrder.get(parent) < order)) break;
		copyRow(world, parent, hole);
		hole = parent;
	}
	writeRow(world, hole, atNs, order, kind, a, b);
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
		atNs: c.eventTime.get(0),
		kind: c.eventKind.get(0) as EventKindValue,
		a: c.eventA.get(0),
		b: c.eventB.get(0)
	};
	const last = r.eventPending - 1;
	r.eventPending = last;
	if (last > 0) sink(world, last);
	clearRow(world, last);
	return first;
}

/** Moves the row at `from` into the hole at the top and down to its place. */
function sink(world: World, from: number): void {
	const { c, r } = world;
	const time = c.eventTime.get(from);
	const order = c.eventOrder.get(from);
	let hole = 0;
	for (;;) {
		let child = 2 * hole + 1;
		if (child >= r.eventPending) break;
		const right = child + 1;
		if (right < r.eventPending && before(world, right, child)) child = right;
		const childTime = c.eventTime.get(child);
		if (time < childTime || (time === childTime && order < c.eventOrder.get(child))) break;
		copyRow(world, child, hole);
		hole = child;
	}
	if (hole !== from) copyRow(world, from, hole);
}

function before(world: World, a: number, b: number): boolean {
	const { c } = world;
	const timeA = c.eventTime.get(a);
	const timeB = c.eventTime.get(b);
	return timeA < timeB || (timeA === timeB && c.eventOrder.get(a) < c.eventOrder.get(b));
}

function copyRow(world: World, from: number, to: number): void {
	const { c } = world;
	writeRow(
		world,
		to,
		c.eventTime.get(from),
		c.eventOrder.get(from),
		c.eventKind.get(from),
		c.eventA.get(from),
		c.eventB.get(from)
	);
}

function writeRow(
	world: World,
	row: number,
	time: number,
	order: number,
	kind: number,
	a: number,
	b: number
): void {
	const { c } = world;
	c.eventTime.set(row, time);
	c.eventOrder.set(row, order);
	c.eventKind.set(row, kind);
	c.eventA.set(row, a);
	c.eventB.set(row, b);
}

/** An unused row is all zeroes, so that equal worlds have equal bytes. */
function clearRow(world: World, row: number): void {
	writeRow(world, row, 0, 0, 0, 0, 0);
}
