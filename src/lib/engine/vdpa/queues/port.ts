import { assert } from '../../../base/assert.ts';
import { PAGE_BYTES } from '../../../base/units.ts';
import type { NicScenario } from '../../contract/scenario/vdpa-schema.ts';
import { draw } from '../../sim/streams.ts';
import type { DeviceEndRecord, NicRecord, QueueRecord, SectionRecord, TrafficRecord } from '../../state/vdpa-records.ts';
import type { World } from '../../state/world.ts';
import type { Queues } from '../ports.ts';
import { newControl, replayControl } from './control.ts';
import { memoryBytes } from './driver-memory.ts';
import { drawPage, refill } from './guest-driver.ts';
import { firstRingGfn, guestRingAt, guestRingPages } from './layout.ts';
import { sliceOf } from './plan.ts';
import { newRing, resetRing } from './rings.ts';
import { endShadow } from './shadow.ts';
import { catchUpNics, settle, writeRings } from './traffic.ts';

/** Queues of a world: made when it is built, started and stopped by the steps of a change. */

/** Data queues in pairs (receive, transmit), then the control queue; rows of the columns follow each other. */
export function newQueues(
	world: World,
	nic: Pick<NicScenario, 'queuePairs' | 'ringEntries' | 'controlQueue' | 'controlEntries'>
): QueueRecord[] {
	const queues: QueueRecord[] = [];
	const add = (kind: QueueRecord['kind'], entries: number): void => {
		const firstEntry = world.r.vdpa.ringEntries;
		world.r.vdpa.ringEntries += 2 * entries;
		queues.push({
			index: queues.length,
			kind,
			entries,
			firstEntry,
			shadowEntry: firstEntry + entries,
			descriptors: 0,
			avail: 0,
			used: 0,
			ringPages: guestRingPages(entries),
			guest: newRing(entries),
			shadow: newRing(entries),
			served: 'none',
			servedBy: 0,
			live: false,
			deadSinceNs: 0,
			freeAtNs: 0,
			parkedSlot: -1,
			inFlight: 0,
			halted: null,
			draws: 0,
			drawnBytes: 0,
			redraws: 0,
			duplicates: 0,
			control: kind === 'control' ? newControl(nic.queuePairs) : null,
			recent: [],
			recentNext: 0
		});
	};
	for (let pair = 0; pair < nic.queuePairs; pair += 1) {
		add('receive', nic.ringEntries);
		add('transmit', nic.ringEntries);
	}
	if (nic.controlQueue) add('control', nic.controlEntries);
	return queues;
}

/** Traffic as the scenario asks for it, with nothing moved yet. `stream`: where the pages of the driver are drawn from. */
export function newTraffic(traffic: NicScenario['traffic'], stream: number): TrafficRecord {
	return {
		packetsPerSecond: traffic.packetsPerSecond,
		payloadBytes: traffic.payloadBytes,
		receivePermille: traffic.receivePermille,
		stream,
		pageSeed: 0,
		caughtUpNs: 0,
		nextNs: -1,
		rest: 0,
		receiveRest: 0,
		receivePair: 0,
		transmitPair: 0,
		threadFreeNs: 0,
		arrived: 0,
		received: 0,
		sent: 0,
		lost: 0,
		faulted: 0,
		misplaced: 0,
		worstDelayNs: 0,
		deadSinceNs: -1,
		deadLost: 0,
		gaps: [],
		bucketNs: 1,
		firstBucket: 0,
		buckets: 1
	};
}

/** Stretches of the course of one device, as many as the scenario has rows for. */
const bucketsEach = (world: World): number =>
	Math.floor(
		world.capacities.packetBucket /
			Math.max(
				1,
				world.scenario.vms.reduce((sum, vm) => sum + (vm.vdpa?.nics.length ?? 0), 0)
			)
	);

/**
 * The guest's driver sets its queues up: rings in low memory, a page for each place, receive queues full of buffers. The VM and
 * its sections are there, and the device is already in the list.
 */
export function openQueues(world: World, nic: NicRecord): void {
	const { r, c } = world;
	const guest = r.vdpa.guests.find((record) => record.vm === nic.vm);
	const at = r.vdpa.nics.indexOf(nic);
	assert(guest !== undefined && at >= 0, `${nic.id} belongs to no VM`);
	const { traffic } = nic;
	traffic.pageSeed = draw(world, traffic.stream);
	traffic.buckets = Math.max(1, bucketsEach(world));
	traffic.bucketNs = Math.max(1, Math.ceil(world.scenario.untilNs / traffic.buckets));
	traffic.firstBucket = at * traffic.buckets;
	traffic.caughtUpNs = r.nowNs;
	traffic.nextNs = traffic.packetsPerSecond === 0 ? -1 : r.nowNs + Math.floor(1e9 / traffic.packetsPerSecond);
	traffic.rest = traffic.packetsPerSecond === 0 ? 0 : 1e9 % traffic.packetsPerSecond;
	let gfn = firstRingGfn((guest.sections[0] as SectionRecord).bytes / PAGE_BYTES);
	for (const other of r.vdpa.nics.slice(0, at))
		if (other.vm === nic.vm) for (const queue of other.queues) gfn += guestRingPages(queue.entries);
	for (const queue of nic.queues) {
		const ring = guestRingAt(gfn, queue.entries);
		queue.descriptors = ring.descriptors;
		queue.avail = ring.avail;
		queue.used = ring.used;
		gfn += ring.pages;
	}
	const slice = sliceOf(world, nic, guest, r.nowNs, r.nowNs);
	for (const lane of slice.lanes) {
		const { queue } = lane;
		resetRing(c, queue.guest, queue.firstEntry, queue.entries);
		resetRing(c, queue.shadow, queue.shadowEntry, queue.entries);
		queue.drawnBytes = memoryBytes(guest);
		if (queue.kind !== 'receive') continue;
		for (let slot = 0; slot < queue.entries; slot += 1) c.ringBuffer.set(queue.firstEntry + slot, drawPage(slice, queue));
		refill(slice, lane, r.nowNs, true);
	}
	writeRings(slice);
}

export function worldQueues(world: World): Queues {
	return {
		start: (nic, end) => start(world, nic, end),
		stop: (nic, end, known) => stop(world, nic, end, known)
	};
}

/** The shadow of a queue is on: QEMU has mapped a ring of its own for it. */
function shadowed(end: DeviceEndRecord, queue: QueueRecord): boolean {
	if (queue.kind !== 'control' && !end.svq) return false;
	return end.rings.some((ring) => ring.queue === queue.index && ring.area === 'driver');
}

function start(world: World, nic: NicRecord, end: DeviceEndRecord): void {
	catchUpNics(world, nic.vm);
	stopAll(world, nic, true);
	for (const queue of nic.queues) {
		queue.served = shadowed(end, queue) ? 'shadow' : 'guest';
		queue.servedBy = end.instance;
		queue.halted = null;
	}
	nic.traffic.threadFreeNs = world.r.nowNs;
	replayControl(world, nic, end);
}

function stop(world: World, nic: NicRecord, end: DeviceEndRecord, known: boolean): void {
	catchUpNics(world, nic.vm);
	// The end of another process may serve them by now.
	if (nic.queues.some(({ served, servedBy }) => served !== 'none' && servedBy === end.instance)) stopAll(world, nic, known);
	for (const queue of nic.queues) {
		const vring = end.kernel.vrings[queue.index];
		if (vring !== undefined) vring.base = queue.guest.lastAvailIndex;
	}
}

/** Nobody serves any queue of the device from now on; what was out is on the guest's rings again. */
function stopAll(world: World, nic: NicRecord, known: boolean): void {
	const guest = world.r.vdpa.guests.find((record) => record.vm === nic.vm);
	if (guest === undefined || nic.queues.every((queue) => queue.served === 'none')) return;
	const { nowNs } = world.r;
	const slice = sliceOf(world, nic, guest, nowNs, nowNs);
	for (const lane of slice.lanes) {
		const { queue } = lane;
		if (queue.live) settle(slice, lane, known);
		if (queue.served === 'shadow' && queue.kind !== 'control') endShadow(world.c, queue);
		if (queue.served === 'shadow' && queue.kind === 'control') resetRing(world.c, queue.shadow, queue.shadowEntry, queue.entries);
		queue.live = false;
		queue.served = 'none';
		if (queue.deadSinceNs < 0) queue.deadSinceNs = nowNs;
	}
	writeRings(slice);
}
