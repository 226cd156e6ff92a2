import type { DescriptorStatus, QueueStatus, RingStatus, TrafficStatus, WrongAccessStatus } from '../../contract/vdpa/status.ts';
import type { DeviceEndRecord, NicRecord, QueueRecord, RecentRecord, RingRecord } from '../../state/vdpa-records.ts';
import type { World } from '../../state/world.ts';
import { bufferAsid, controlIsolated, Group } from '../listener/spaces.ts';
import { RECENT_ROWS, wrongWords } from './course.ts';
import { FAULT } from '../kernel/translate.ts';
import { gpaOfGfn } from './reach.ts';
import { distance, MISPLACED } from './rings.ts';

/** Queues and packets as the page shows them. */

interface Addresses {
	readonly descriptors: number;
	readonly avail: number;
	readonly used: number;
}

function ringStatus(ring: RingRecord, entries: number, at: Addresses): RingStatus {
	return {
		descriptors: at.descriptors,
		avail: at.avail,
		used: at.used,
		entries,
		availIndex: ring.availIndex,
		usedIndex: ring.usedIndex,
		lastAvailIndex: ring.lastAvailIndex,
		inFlight: distance(ring.availIndex, ring.usedIndex),
		kicks: ring.kicks,
		calls: ring.calls
	};
}

/** Where QEMU’s ring is, as the device names it; null without one. */
function shadowAddresses(end: DeviceEndRecord, queue: QueueRecord): Addresses | null {
	const driver = end.rings.find((ring) => ring.queue === queue.index && ring.area === 'driver');
	const device = end.rings.find((ring) => ring.queue === queue.index && ring.area === 'device');
	if (!driver || !device) return null;
	return { descriptors: driver.iova, avail: driver.iova + 16 * queue.entries, used: device.iova };
}

function rowsOf(queue: QueueRecord): DescriptorStatus[] {
	const count = queue.recent.length;
	return Array.from({ length: count }, (_, index) => {
		const row = queue.recent[(queue.recentNext - 1 - index + 2 * RECENT_ROWS) % RECENT_ROWS] as RecentRecord;
		return { ...row };
	});
}

export function queueStatuses(world: World, nic: NicRecord, end: DeviceEndRecord): QueueStatus[] {
	// The rings turn for the end that runs; the other one has its address spaces, but nothing goes through it.
	const runs = world.r.vms[nic.vm]?.running === end.instance;
	return nic.queues.map((queue) => {
		const shadowAt = queue.served === 'shadow' && queue.servedBy === end.instance ? shadowAddresses(end, queue) : null;
		const control = queue.kind === 'control';
		return {
			index: queue.index,
			kind: queue.kind,
			group: control && nic.traits.groups > Group.control && controlIsolated(nic) ? Group.control : Group.data,
			asid: bufferAsid(end, queue.kind),
			enabled: end.kernel.vrings[queue.index]?.enabled ?? false,
			guest: ringStatus(queue.guest, queue.entries, queue),
			shadow: shadowAt === null ? null : ringStatus(queue.shadow, queue.entries, shadowAt),
			rows: runs ? rowsOf(queue) : [],
			parked: queue.parkedSlot >= 0
		};
	});
}

/** Packets that are to go out and have not; and those that came in and that QEMU has not handed on. */
export function packetsOnRings(world: World, nic: NicRecord): { readonly waiting: number; readonly returning: number } {
	let waiting = 0;
	let returning = 0;
	for (const queue of nic.queues) {
		if (queue.kind === 'transmit') waiting += distance(queue.guest.availIndex, queue.guest.usedIndex);
		if (queue.kind !== 'receive' || queue.served !== 'shadow') continue;
		for (let index = queue.shadow.lastUsedIndex; index !== queue.shadow.usedIndex; index = (index + 1) & 0xffff) {
			const place = queue.shadowEntry + (index & (queue.entries - 1));
			const flags = world.c.ringFlags.get(queue.shadowEntry + world.c.ringUsed.get(place));
			if (world.c.ringUsedBytes.get(place) > 0 && (flags & MISPLACED) === 0) returning += 1;
		}
	}
	return { waiting, returning };
}

export function trafficStatus(world: World, nic: NicRecord): TrafficStatus {
	const { traffic } = nic;
	const { c } = world;
	const from = traffic.firstBucket;
	const rows = Array.from({ length: traffic.buckets }, (_, index) => from + index);
	const open = traffic.deadSinceNs < 0 ? [] : [{ fromNs: traffic.deadSinceNs, toNs: null, lost: traffic.deadLost }];
	return {
		packetsPerSecond: traffic.packetsPerSecond,
		payloadBytes: traffic.payloadBytes,
		receivePermille: traffic.receivePermille,
		arrived: traffic.arrived,
		received: traffic.received,
		sent: traffic.sent,
		lost: traffic.lost,
		misplaced: traffic.misplaced,
		worstDelayNs: traffic.worstDelayNs,
		gaps: [...traffic.gaps.map((gap) => ({ ...gap })), ...open],
		bucketNs: traffic.bucketNs,
		course: {
			received: rows.map((row) => c.bucketReceived.get(row)),
			lost: rows.map((row) => c.bucketLost.get(row)),
			misplaced: rows.map((row) => c.bucketMisplaced.get(row)),
			delayNs: rows.map((row) => {
				const count = c.bucketReceived.get(row);
				return count === 0 ? 0 : c.bucketDelay.get(row) / count;
			})
		}
	};
}

/** The first accesses that went wrong, with what was meant and what was reached. */
export function wrongAccessStatuses(world: World, nic: NicRecord): WrongAccessStatus[] {
	const sections = world.r.vdpa.guests.find((guest) => guest.vm === nic.vm)?.sections ?? [];
	return nic.wrongAccesses.map((access) => {
		const meantGpa = gpaOfGfn(sections, access.meantGfn);
		const reachedGpa = access.reachedGfn === FAULT ? null : gpaOfGfn(sections, access.reachedGfn);
		return {
			atNs: access.atNs,
			queue: access.queue,
			iova: access.iova,
			meantGpa,
			reachedGpa,
			text: wrongWords(access.iova, meantGpa, reachedGpa)
		};
	});
}
