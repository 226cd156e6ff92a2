import { assert } from '../../../base/assert.ts';
import { NS_PER_S } from '../../../base/units.ts';
import type { NicGuestRecord, NicRecord, QueueRecord } from '../../state/vdpa-records.ts';
import type { World } from '../../state/world.ts';
import { halt, lose, noteGap } from './course.ts';
import { awaitGuest, drainDirect, receiveDirect, sendDirect } from './device.ts';
import { followMemory, reclaim, refill, send } from './guest-driver.ts';
import { writeTimes } from './memory.ts';
import { isServed, ringFault, sliceOf } from './plan.ts';
import { distance, hasAvail, INDEX_MASK, peekAvail } from './rings.ts';
import { drainReturns, drainShadow, endShadow, flushReturns, forward, receiveShadow, sendShadow } from './shadow.ts';
import type { Lane, Slice } from './slice.ts';

/**
 * Packets at an even rate, carried on lazily (as the guest's own writes, hypervisor/guest.ts): what happens in a stretch of
 * time follows from its beginning and its length, in whole nanoseconds with remainders. A packet that comes in while nobody
 * serves its queue is lost; one that is to go out waits in the ring until that is full.
 */

/** All devices of a VM up to now. Whatever changes maps, status, rings, log or the run state of the VM calls this first. */
export function catchUpNics(world: World, vm: number): void {
	const { vdpa, nowNs } = world.r;
	for (const nic of vdpa.nics) {
		if (nic.vm !== vm || nic.traffic.caughtUpNs >= nowNs) continue;
		const guest = vdpa.guests.find((record) => record.vm === vm);
		if (guest !== undefined) carryOn(world, nic, guest, nowNs);
	}
}

function carryOn(world: World, nic: NicRecord, guest: NicGuestRecord, toNs: number): void {
	const { traffic } = nic;
	const slice = sliceOf(world, nic, guest, traffic.caughtUpNs, toNs);
	traffic.caughtUpNs = toNs;
	begin(slice);
	while (traffic.nextNs >= 0 && traffic.nextNs <= toNs) {
		packet(slice, traffic.nextNs);
		plan(nic, traffic.nextNs);
	}
	for (const lane of slice.lanes) drain(slice, lane, toNs);
	writeRings(slice);
}

/** Time of the packet after the one at `atNs`. */
function plan(nic: NicRecord, atNs: number): void {
	const { traffic } = nic;
	if (traffic.packetsPerSecond === 0) {
		traffic.nextNs = -1;
		return;
	}
	const sum = NS_PER_S + traffic.rest;
	const interval = Math.floor(sum / traffic.packetsPerSecond);
	traffic.rest = sum - interval * traffic.packetsPerSecond;
	traffic.nextNs = atNs + interval;
}

export interface TrafficChange {
	readonly packetsPerSecond?: number | undefined;
	readonly payloadBytes?: number | undefined;
	readonly receivePermille?: number | undefined;
}

/** Another rate, size or share from now on. */
export function setTraffic(world: World, nic: NicRecord, change: TrafficChange): void {
	catchUpNics(world, nic.vm);
	const { traffic } = nic;
	if (change.payloadBytes !== undefined) traffic.payloadBytes = change.payloadBytes;
	if (change.receivePermille !== undefined) traffic.receivePermille = change.receivePermille;
	if (change.packetsPerSecond === undefined) return;
	traffic.packetsPerSecond = change.packetsPerSecond;
	traffic.rest = 0;
	plan(nic, world.r.nowNs);
}

/** What has changed since the last slice: memory, who is served, whether the rings can be reached. */
function begin(slice: Slice): void {
	const { nic, guest, end, fromNs } = slice;
	for (const lane of slice.lanes) {
		const { queue } = lane;
		if (lane.live && end !== null) {
			const words = ringFault(nic, guest, end, queue);
			if (words !== null) {
				nic.faultCount += 1;
				halt(slice, lane, fromNs, 'vdpa-dma', words);
			}
		}
		followQueue(slice, lane);
		const served = slice.vmRuns && isServed(end, queue);
		if (served !== queue.live) {
			queue.live = served;
			if (served) wake(slice, lane);
			else settle(slice, lane, true);
		}
		if (lane.live) queue.deadSinceNs = -1;
		else if (queue.deadSinceNs < 0) queue.deadSinceNs = fromNs;
	}
	giveTimes(slice);
	noteGap(nic, slice.lanes, fromNs);
}

/** Buffers follow plugged and unplugged memory; those that the shadow has are offered again under their new address. */
function followQueue(slice: Slice, lane: Lane): void {
	const { queue } = lane;
	if (queue.kind === 'control') return;
	const changed = followMemory(slice, queue);
	if (changed.length === 0 || queue.served !== 'shadow' || queue.halted !== null) return;
	flushReturns(slice, lane, slice.fromNs);
	endShadow(slice.world.c, queue);
	if (queue.kind === 'receive' && queue.live) forward(slice, lane, slice.fromNs);
}

/** A queue is served from now on: what the driver has to offer is taken. */
function wake(slice: Slice, lane: Lane): void {
	const { queue } = lane;
	const { fromNs } = slice;
	if (queue.kind === 'receive') {
		reclaim(slice, lane);
		const told = refill(slice, lane, fromNs);
		if (lane.shadow) forward(slice, lane, fromNs);
		else if (told || hasAvail(queue.guest)) awaitGuest(lane);
	}
	if (queue.kind === 'transmit' && !hasAvail(queue.guest)) awaitGuest(lane);
}

/**
 * Nobody serves a queue any more, since the beginning of the slice. What the device gave back goes to the guest. The packet
 * that was on its way out is out; `known`: and the device says so, else it goes out once more.
 */
export function settle(slice: Slice, lane: Lane, known: boolean): void {
	const { c } = slice.world;
	const { queue } = lane;
	const { guest } = queue;
	const { fromNs } = slice;
	if (queue.kind === 'control') return;
	if (lane.shadow) flushReturns(slice, lane, fromNs);
	if (queue.kind !== 'transmit') return;
	if (queue.halted === null && hasAvail(guest)) {
		const row = queue.firstEntry + peekAvail(c, guest, queue.firstEntry, queue.entries);
		const dueNs = c.ringDue.get(row);
		const begun = dueNs >= 0 && dueNs - (lane.shadow ? slice.shadowNs : slice.deviceNs) < fromNs;
		if (begun && !known) queue.duplicates += 1;
		else if (begun && lane.shadow) sendShadow(slice, lane, fromNs);
		else if (begun) sendDirect(slice, lane, fromNs);
	}
	for (let index = guest.lastAvailIndex; index !== guest.availIndex; index = (index + 1) & INDEX_MASK)
		c.ringDue.set(queue.firstEntry + c.ringAvail.get(queue.firstEntry + (index & (queue.entries - 1))), -1);
	queue.freeAtNs = fromNs;
}

/** Packets that waited while nobody served them get their turn, the oldest first whatever its queue. */
function giveTimes(slice: Slice): void {
	const { c } = slice.world;
	const waiting = slice.lanes.filter(({ queue, live }) => live && queue.kind === 'transmit' && hasAvail(queue.guest));
	const next = waiting.map(({ queue }) => firstWithoutTime(c, queue));
	for (;;) {
		let oldest = -1;
		let sinceNs = Infinity;
		for (let index = 0; index < waiting.length; index += 1) {
			const { queue } = waiting[index] as Lane;
			if (next[index] === queue.guest.availIndex) continue;
			const since = c.ringSince.get(rowAt(c, queue, next[index] as number));
			if (since >= sinceNs) continue;
			oldest = index;
			sinceNs = since;
		}
		if (oldest < 0) return;
		const lane = waiting[oldest] as Lane;
		c.ringDue.set(rowAt(c, lane.queue, next[oldest] as number), dueAt(slice, lane, slice.fromNs));
		next[oldest] = ((next[oldest] as number) + 1) & INDEX_MASK;
	}
}

const rowAt = (c: World['c'], queue: QueueRecord, index: number): number =>
	queue.firstEntry + c.ringAvail.get(queue.firstEntry + (index & (queue.entries - 1)));

/** Index of the first packet on the ring that has no time to go out: all behind it have none either. */
function firstWithoutTime(c: World['c'], queue: QueueRecord): number {
	const { guest } = queue;
	let index = guest.lastAvailIndex;
	while (index !== guest.availIndex && c.ringDue.get(rowAt(c, queue, index)) >= 0) index = (index + 1) & INDEX_MASK;
	return index;
}

/** When a packet that is there at `atNs` is out: behind those before it. */
function dueAt(slice: Slice, lane: Lane, atNs: number): number {
	const { traffic } = slice.nic;
	if (lane.shadow) {
		traffic.threadFreeNs = Math.max(atNs, traffic.threadFreeNs) + slice.shadowNs;
		return traffic.threadFreeNs;
	}
	lane.queue.freeAtNs = Math.max(atNs, lane.queue.freeAtNs) + slice.deviceNs;
	return lane.queue.freeAtNs;
}

/** One packet comes, or is to go. */
function packet(slice: Slice, atNs: number): void {
	const { nic } = slice;
	const { traffic } = nic;
	const sum = traffic.receiveRest + traffic.receivePermille;
	const receive = sum >= 1000;
	traffic.receiveRest = receive ? sum - 1000 : sum;
	if (receive) {
		const lane = slice.lanes[2 * traffic.receivePair] as Lane;
		traffic.receivePair = (traffic.receivePair + 1) % nic.queuePairs;
		traffic.arrived += 1;
		if (!lane.live) lose(slice, atNs);
		else if (lane.shadow) receiveShadow(slice, lane, traffic.payloadBytes, atNs);
		else receiveDirect(slice, lane, traffic.payloadBytes, atNs);
		return;
	}
	const lane = slice.lanes[2 * traffic.transmitPair + 1] as Lane;
	traffic.transmitPair = (traffic.transmitPair + 1) % nic.queuePairs;
	// A guest that does not run sends nothing.
	if (!slice.vmRuns) return;
	traffic.arrived += 1;
	drain(slice, lane, atNs);
	const { guest } = lane.queue;
	const full = distance(guest.availIndex, guest.usedIndex) === lane.queue.entries;
	const dueNs = lane.live && !full ? dueAt(slice, lane, atNs) : -1;
	if (!send(slice, lane, traffic.payloadBytes, atNs, dueNs)) lose(slice, atNs);
	else assert(!full, `queue ${lane.queue.index} took a packet more than it has places`);
}

function drain(slice: Slice, lane: Lane, upToNs: number): void {
	if (lane.queue.kind === 'receive') {
		if (lane.shadow) drainReturns(slice, lane, upToNs);
	} else if (lane.queue.kind === 'transmit') {
		if (lane.shadow) drainShadow(slice, lane, upToNs);
		else drainDirect(slice, lane, upToNs);
	}
}

/** Pages of the guest's rings, as often as they were written: by CPUs, which the log sees, and by the device, which it does not. */
export function writeRings(slice: Slice): void {
	const { world, vmIndex, vm, inFlight } = slice;
	for (const { queue, byCpu, byDevice } of slice.lanes)
		for (let page = 0; page < queue.ringPages; page += 1) {
			const gfn = queue.descriptors / 4096 + page;
			const cpu = byCpu[page] as number;
			const device = byDevice[page] as number;
			if (cpu > 0) writeTimes(world, vmIndex, vm, inFlight, gfn, cpu, true);
			if (device > 0) writeTimes(world, vmIndex, vm, inFlight, gfn, device, false);
		}
}
