import type { ColumnSet } from '../state/columns.ts';
import type { QueueRecord, RingRecord } from '../state/vdpa-records.ts';
import type { World } from '../state/world.ts';
import { distance, IN_USE } from '../vdpa/queues/rings.ts';
import { packetsOnRings } from '../vdpa/queues/status.ts';

/** Statements about virtqueues of vDPA devices and the packets on them. */

/** No packet is lost in silence. */
export function packetsAddUp(world: World): string | null {
	for (const nic of world.r.vdpa.nics) {
		const { arrived, received, sent, lost, misplaced } = nic.traffic;
		const { waiting, returning } = packetsOnRings(world, nic);
		const known = received + sent + lost + misplaced + waiting + returning;
		if (known !== arrived)
			return `${world.r.vms[nic.vm]?.id} ${nic.id}: ${arrived} packets came or were to go, ${known} of them are accounted for`;
	}
	return null;
}

/** Descriptors are free or out, and indices of both sides fit together (virtio 1.2, 2.7). */
export function ringsAddUp(world: World): string | null {
	for (const nic of world.r.vdpa.nics)
		for (const queue of nic.queues) {
			const found =
				ringOf(world.c, queue.guest, queue.firstEntry, queue) ?? ringOf(world.c, queue.shadow, queue.shadowEntry, queue) ?? taken(queue);
			if (found !== null) return `${world.r.vms[nic.vm]?.id} ${nic.id}, queue ${queue.index}: ${found}`;
		}
	return null;
}

function ringOf(c: ColumnSet, ring: RingRecord, first: number, { entries }: QueueRecord): string | null {
	let out = 0;
	for (let row = first; row < first + entries; row += 1) if ((c.ringFlags.get(row) & IN_USE) !== 0) out += 1;
	if (out + ring.freeCount !== entries) return `${out} descriptors are out and ${ring.freeCount} free, of ${entries}`;
	if (distance(ring.availIndex, ring.usedIndex) > entries)
		return `${distance(ring.availIndex, ring.usedIndex)} buffers are out, of ${entries}`;
	if (
		distance(ring.availIndex, ring.lastAvailIndex) + distance(ring.lastAvailIndex, ring.usedIndex) !==
		distance(ring.availIndex, ring.usedIndex)
	)
		return `used ${ring.usedIndex}, taken ${ring.lastAvailIndex}, offered ${ring.availIndex}: not in order`;
	return null;
}

/** What is off the guest's ring and not back is in flight. */
function taken({ guest, inFlight }: QueueRecord): string | null {
	const gone = distance(guest.lastAvailIndex, guest.usedIndex);
	return gone === inFlight ? null : `${gone} buffers are taken, ${inFlight} are in flight`;
}
