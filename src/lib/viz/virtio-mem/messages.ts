import { NS_PER_S } from '../../base/units.ts';
import type { VirtioMemStatus } from '../../engine/contract/machine-status.ts';
import type { TraceRecord } from '../../engine/contract/records.ts';

/**
 * What device and driver said to each other, from the trace: like messages become one, with a count. A failure inside the
 * guest is no message: nothing was sent.
 */
export type Message =
	| { readonly kind: 'requested'; readonly atNs: number; readonly bytes: number }
	| {
			readonly kind: 'request';
			readonly atNs: number;
			readonly untilNs: number;
			readonly type: string;
			readonly answer: string;
			/** Device blocks of each. */
			readonly blocks: number;
			readonly count: number;
			/** Lowest and highest unit that it was about. */
			readonly firstUnit: number;
			readonly lastUnit: number;
	  }
	| {
			readonly kind: 'failed';
			readonly atNs: number;
			readonly count: number;
			readonly errno: string;
			readonly retryNs: number;
			readonly sizeBytes: number;
	  }
	| { readonly kind: 'reset'; readonly atNs: number };

export function messagesOf(records: readonly TraceRecord[], device: VirtioMemStatus): Message[] {
	const list: Message[] = [];
	for (const record of records) {
		if (record.values['device'] !== device.id) continue;
		const message = messageOf(record, device);
		if (message === null) continue;
		const last = list.at(-1);
		if (last && joins(last, message, device)) list[list.length - 1] = joined(last, message);
		else list.push(message);
	}
	return list;
}

function messageOf(record: TraceRecord, device: VirtioMemStatus): Message | null {
	const { values, atNs } = record;
	if (record.kind === 'request') {
		if (record.rule === 'requested-size')
			return { kind: 'requested', atNs, bytes: Number(values['requestedBytes']) };
		if (typeof values['type'] === 'string' && typeof values['answer'] === 'string') {
			const unit = Math.floor(Number(values['addr']) / Math.max(1, device.unitBytes));
			return {
				kind: 'request',
				atNs,
				untilNs: atNs,
				type: values['type'],
				answer: values['answer'],
				blocks: Number(values['blocks']),
				count: 1,
				firstUnit: unit,
				lastUnit: unit
			};
		}
		return record.rule === 'system-reset' ? { kind: 'reset', atNs } : null;
	}
	if (record.kind !== 'driver' || values['errno'] === undefined) return null;
	const errno = String(values['errno']);
	return errno === 'OK'
		? null
		: {
				kind: 'failed',
				atNs,
				count: 1,
				errno,
				retryNs: Number(values['retryNs'] ?? 0),
				sizeBytes: Number(values['sizeBytes'] ?? 0)
			};
}

type Request = Extract<Message, { kind: 'request' }>;

/** Same words, and either the same block again or whole blocks in a row. */
function joins(last: Message, next: Message, device: VirtioMemStatus): boolean {
	// The driver was woken at once by what it had removed itself, and failed again.
	if (last.kind === 'failed' && next.kind === 'failed')
		return last.errno === next.errno && next.atNs - last.atNs < NS_PER_S;
	if (last.kind !== 'request' || next.kind !== 'request') return false;
	if (last.type !== next.type || last.answer !== next.answer || last.blocks !== next.blocks)
		return false;
	if (next.blocks * device.blockBytes >= device.unitBytes) return true;
	return last.firstUnit === next.firstUnit && last.lastUnit === next.lastUnit;
}

function joined(last: Message, next: Message): Message {
	if (last.kind === 'failed') return { ...next, count: last.count + 1 } as Message;
	const [a, b] = [last as Request, next as Request];
	return {
		...a,
		untilNs: b.untilNs,
		count: a.count + 1,
		firstUnit: Math.min(a.firstUnit, b.firstUnit),
		lastUnit: Math.max(a.lastUnit, b.lastUnit)
	};
}

/** What was requested before the present wish; null when nothing is known. */
export function formerRequest(messages: readonly Message[], nowBytes: number): number | null {
	const asked = messages
		.filter((message) => message.kind === 'requested')
		.map((message) => message.bytes);
	if (asked.at(-1) !== nowBytes) return null;
	for (let at = asked.length - 2; at >= 0; at -= 1)
		if (asked[at] !== nowBytes) return asked[at] as number;
	return null;
}

/** Since the last wish: which unit was asked for when, 1 for the first. */
export function askedOrder(messages: readonly Message[]): Map<number, number> {
	const from = messages.findLastIndex((message) => message.kind === 'requested');
	const order = new Map<number, number>();
	const note = (unit: number): void => {
		if (!order.has(unit)) order.set(unit, order.size + 1);
	};
	for (const message of messages.slice(Math.max(0, from))) {
		if (message.kind !== 'request') continue;
		const down = message.type === 'UNPLUG';
		for (
			let unit = down ? message.lastUnit : message.firstUnit;
			down ? unit >= message.firstUnit : unit <= message.lastUnit;
			unit += down ? -1 : 1
		)
			note(unit);
	}
	return order;
}

/** Counts per answer: what is left of the messages where there is no room for them. */
export function answersOf(messages: readonly Message[]): ReadonlyMap<string, number> {
	const found = new Map<string, number>();
	for (const message of messages)
		if (message.kind === 'request')
			found.set(message.answer, (found.get(message.answer) ?? 0) + message.count);
	return found;
}
