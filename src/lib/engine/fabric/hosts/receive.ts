import type { MessageRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { addResponse } from '../dcd/answer.ts';
import { deviceIndex } from '../dcd/arguments.ts';
import type { Entry } from '../dcd/entries.ts';
import { giveBack } from '../dcd/give-back.ts';
import { DC_EVENT_NAMES, DcEvent } from '../dcd/log.ts';
import { codeWords, RETURN_CODES } from '../outcome.ts';
import { inboxOf, next, peerById, say } from './inbox.ts';
import { findDevice } from './wake.ts';

const INTERRUPTS: ReadonlySet<string> = new Set(
	[DcEvent.add, DcEvent.release, DcEvent.forced, DcEvent.regionUpdated].map((type) => DC_EVENT_NAMES[type] as string)
);

/** Messages of the handshake: an interrupt reaches a host, an answer reaches a device. True when the message was one. */
export function receiveDcd(world: World, message: MessageRecord): boolean {
	if (message.opcode === '4802h' || message.opcode === '4803h') return receiveAnswer(world, message);
	const peer = peerById(world, message.to);
	if (!peer) return false;
	if (message.what === 'hot-add') {
		findDevice(world, peer, String(message.payload['device'] ?? ''));
		return false;
	}
	if (!INTERRUPTS.has(message.what)) return false;
	const inbox = inboxOf(peer, message.from, Number(message.payload['ld'] ?? 0));
	if (peer.state !== 'up' || peer.answer === 'silent' || inbox.step !== 'idle') return true;
	inbox.causeSeq = message.causeSeq;
	next(world, peer, inbox, 'read');
	return true;
}

function receiveAnswer(world: World, message: MessageRecord): boolean {
	const device = deviceIndex(world, message.to);
	const ld = Number(message.payload['ld'] ?? 0);
	if (device < 0) return false;
	const peer = peerById(world, message.from);
	if (world.r.fabric.devices[device]?.lds[ld]?.host !== message.from) {
		message.code = RETURN_CODES.unsupported;
		return true;
	}
	const flat = message.payload['entries'];
	const numbers = Array.isArray(flat) ? flat.map(Number) : [];
	const entries: Entry[] = [];
	for (let at = 0; at + 1 < numbers.length; at += 2) entries.push({ dpa: numbers[at] as number, bytes: numbers[at + 1] as number });
	const answer =
		message.opcode === '4802h'
			? addResponse(world, device, ld, { entries, more: message.payload['more'] === true }, message.causeSeq)
			: giveBack(world, device, ld, entries, message.causeSeq);
	message.code = answer.code;
	if (answer.code !== RETURN_CODES.success && peer) {
		say(world, peer, `${message.to}: ${message.what}: ${codeWords(answer.code)}`);
		// What it wanted to give is still its own.
		for (const dax of peer.dax) if (dax.device === message.to && dax.ld === ld && dax.state === 'releasing') dax.state = 'free';
	}
	return true;
}
