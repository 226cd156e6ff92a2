import { costNs } from '../costs/cost-model.ts';
import { EventKind } from '../sim/event-kinds.ts';
import { schedule } from '../sim/event-queue.ts';
import { MESSAGES_KEPT, type MessageRecord } from '../state/fabric-records.ts';
import type { World } from '../state/world.ts';

/**
 * Messages between fabric manager, devices, hosts and orchestrator. A message is a record with a time of arrival; its
 * arrival is one event and one step of whoever gets it (decision D13), so that the order of arrival is all that a run
 * decides. A link that is down loses what flies over it.
 */
export interface NewMessage {
	readonly from: string;
	readonly to: string;
	/** Four hex digits and h, an event type such as "00h", or '' for what has no code. */
	readonly opcode: string;
	readonly what: string;
	readonly tag?: string;
	readonly payload?: MessageRecord['payload'];
	readonly cause: number | null;
	/** Time under way; a mailbox command of the cost model unless given. */
	readonly ns?: number;
}

export function send(world: World, message: NewMessage): MessageRecord {
	const { fabric, nowNs } = world.r;
	const record: MessageRecord = {
		id: fabric.nextMessageId,
		from: message.from,
		to: message.to,
		what: message.what,
		opcode: message.opcode,
		tag: message.tag ?? '',
		code: -1,
		payload: message.payload ?? {},
		sentNs: nowNs,
		arriveNs: nowNs + (message.ns ?? costNs(world.costs, 'cxlMailboxCommandMs')),
		state: 'flying',
		causeSeq: message.cause
	};
	fabric.nextMessageId += 1;
	fabric.messages.push(record);
	schedule(world, record.arriveNs, EventKind.message, record.id, 0);
	return record;
}

/** A message that arrives at once: whoever writes it down also says what comes of it (`answerNote`). */
export function note(world: World, message: Omit<NewMessage, 'ns'>): MessageRecord {
	const { fabric, nowNs } = world.r;
	const record: MessageRecord = {
		id: fabric.nextMessageId,
		from: message.from,
		to: message.to,
		what: message.what,
		opcode: message.opcode,
		tag: message.tag ?? '',
		code: -1,
		payload: message.payload ?? {},
		sentNs: nowNs,
		arriveNs: nowNs,
		state: 'arrived',
		causeSeq: message.cause
	};
	fabric.messages.push(record);
	fabric.nextMessageId += 1;
	forgetOldMessages(world);
	return record;
}

/** Its return code; below 0 it never reached anybody and is taken out again. */
export function answerNote(world: World, record: MessageRecord, code: number): void {
	const { messages } = world.r.fabric;
	if (code >= 0) record.code = code;
	else if (messages.includes(record)) messages.splice(messages.indexOf(record), 1);
}

export function messageOf(world: World, id: number): MessageRecord | null {
	return world.r.fabric.messages.find((message) => message.id === id) ?? null;
}

/** Drops the oldest messages that are no longer under way. */
export function forgetOldMessages(world: World): void {
	const { messages } = world.r.fabric;
	let surplus = messages.length - MESSAGES_KEPT;
	for (let index = 0; index < messages.length && surplus > 0;)
		if (messages[index]?.state === 'flying') index += 1;
		else {
			messages.splice(index, 1);
			surplus -= 1;
		}
}
