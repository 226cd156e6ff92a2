import type { ControlRecord, DeviceEndRecord, NicRecord, QueueRecord } from '../../state/vdpa-records.ts';
import type { World } from '../../state/world.ts';
import { bufferAsid } from '../listener/spaces.ts';
import { entriesOf, FAULT, hvaBehind } from '../kernel/translate.ts';
import { awaitAvail, freeChain, giveUsed, NEXT, offer, publish, takeAvail, takeDescriptor, takeUsed, WRITE } from './rings.ts';

/**
 * The control queue, coarsely (QEMU 10.2.2 net/vhost-vdpa.c; vDPA reference 11). QEMU shadows it wherever the device has it in a
 * group of its own: it copies each command into a buffer of its own, so it knows MAC address, number of pairs and VLANs, and
 * tells them to the device again after every start, before data queues are enabled. One command is one round trip.
 */
export type ControlClass = 'mac' | 'pairs' | 'vlan';

/** Bytes of a command: class, command, and what it says (virtio 1.2, 5.1.6.5). */
const COMMAND_BYTES: Readonly<Record<ControlClass, number>> = { mac: 8, pairs: 4, vlan: 4 };

/** The driver asks for all pairs when it starts; the MAC address is the device's own until it is set. */
export function newControl(queuePairs: number): ControlRecord {
	return { mac: 0, pairs: queuePairs, vlans: [], sent: 0, answered: 0, replayed: 0 };
}

export interface ControlState {
	readonly mac?: number | undefined;
	readonly pairs?: number | undefined;
	readonly addVlan?: number | undefined;
}

/** The guest's driver sets something; true if the device answered. Without somebody who serves the queue nothing is set. */
export function sendControl(world: World, nic: NicRecord, end: DeviceEndRecord, state: ControlState): boolean {
	const queue = nic.queues.find((one) => one.kind === 'control');
	const control = queue?.control;
	if (!queue || !control || queue.served === 'none' || queue.halted !== null) return false;
	let answered = true;
	if (state.mac !== undefined) answered = command(world, nic, end, queue, 'mac') && answered;
	if (state.pairs !== undefined) answered = command(world, nic, end, queue, 'pairs') && answered;
	if (state.addVlan !== undefined) answered = command(world, nic, end, queue, 'vlan') && answered;
	if (!answered) return false;
	if (state.mac !== undefined) control.mac = state.mac;
	if (state.pairs !== undefined) control.pairs = state.pairs;
	if (state.addVlan !== undefined && !control.vlans.includes(state.addVlan)) control.vlans.push(state.addVlan);
	return true;
}

/** What QEMU tells the device after a start, in order. */
export function replayed(control: ControlRecord, queuePairs: number): readonly ControlClass[] {
	return ['mac', ...(queuePairs > 1 ? (['pairs'] as const) : []), ...control.vlans.map(() => 'vlan' as const)];
}

/** The state again, after a start. A device that QEMU does not shadow here keeps what the guest told it itself. */
export function replayControl(world: World, nic: NicRecord, end: DeviceEndRecord): void {
	const queue = nic.queues.find((one) => one.kind === 'control');
	const control = queue?.control;
	if (!queue || !control || queue.served !== 'shadow') return;
	for (const what of replayed(control, nic.queuePairs)) {
		if (!command(world, nic, end, queue, what)) {
			queue.halted = 'the device did not answer a command of the replay: its buffers are not mapped for it';
			return;
		}
		control.replayed += 1;
	}
}

/** One command through QEMU's two buffers and back. On the guest's own ring the device answers by itself: nothing to look up. */
function command(world: World, nic: NicRecord, end: DeviceEndRecord, queue: QueueRecord, what: ControlClass): boolean {
	const { c } = world;
	const control = queue.control as ControlRecord;
	control.sent += 1;
	if (queue.served === 'guest') {
		control.answered += 1;
		return true;
	}
	const entries = entriesOf(end, bufferAsid(end, 'control'));
	const out = end.rings.find((ring) => ring.queue === queue.index && ring.area === 'out');
	const status = end.rings.find((ring) => ring.queue === queue.index && ring.area === 'status');
	if (!out || !status) return false;
	const { shadow } = queue;
	const before = shadow.availIndex;
	const head = takeDescriptor(c, shadow, queue.shadowEntry, out.iova, COMMAND_BYTES[what], NEXT);
	takeDescriptor(c, shadow, queue.shadowEntry, status.iova, 1, WRITE);
	offer(c, shadow, queue.shadowEntry, queue.entries, head);
	if (publish(shadow, before)) awaitAvail(shadow);
	takeAvail(c, shadow, queue.shadowEntry, queue.entries);
	const reads = hvaBehind(entries, out.iova, 1) === out.hva;
	const writes = hvaBehind(entries, status.iova, 2) === status.hva;
	if (hvaBehind(entries, out.iova, 1) === FAULT || hvaBehind(entries, status.iova, 2) === FAULT) nic.faultCount += 1;
	shadow.usedEvent = shadow.usedIndex;
	giveUsed(c, shadow, queue.shadowEntry, queue.entries, head, reads && writes ? 1 : 0);
	takeUsed(shadow);
	freeChain(c, shadow, queue.shadowEntry, head);
	if (!reads || !writes) return false;
	control.answered += 1;
	return true;
}
