import { costNs } from '../../costs/cost-model.ts';
import { emit } from '../../sim/trace.ts';
import type { DcEventRecord, EventLogRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { send } from '../messages.ts';
import { extentsAvailable, tagsAvailable } from './limits.ts';
import { failed, rulesOf, success, type DcdAnswer } from './profile.ts';
import { deviceAt, ldAt } from './rows.ts';

/** Log 04h: events of dynamic capacity for one host (CXL 4.0 8.2.10.2.1.6, 8.2.10.2.2, 8.2.10.2.3). */

export const DcEvent = {
	add: 0,
	release: 1,
	forced: 2,
	regionUpdated: 3,
	addResponse: 4,
	released: 5
} as const;
export const DC_EVENT_NAMES = [
	'Add Capacity',
	'Release Capacity',
	'Forced Capacity Release',
	'Region Configuration Updated',
	'Add Capacity Response',
	'Capacity Released'
] as const;
/** 0 → "00h". */
export const eventOpcode = (type: number): string => `${type.toString(16).toUpperCase().padStart(2, '0')}h`;

export interface NewEvent {
	readonly dpa: number;
	readonly bytes: number;
	readonly tag: string;
	readonly sequence: number;
	readonly region: number;
	readonly group: number;
}

/** Whether so many records fit: an offer is answered Retry Required when they do not. */
export function logHasRoom(world: World, device: number, ld: number, records: number): boolean {
	const { log } = ldAt(world, device, ld);
	return log.overflow === 0 && log.records.length + records <= deviceAt(world, device).limits.logRecords;
}

/** Appends chained records of one type; what does not fit is counted and dropped. Interrupts when the log was empty. */
export function raiseEvents(
	world: World,
	device: number,
	ld: number,
	type: number,
	events: readonly NewEvent[],
	cause: number | null
): void {
	const record = deviceAt(world, device);
	const logical = ldAt(world, device, ld);
	const { log } = logical;
	const wasEmpty = log.records.length === 0;
	const extents = extentsAvailable(world, device, ld);
	const tags = tagsAvailable(world, device);
	let dropped = 0;
	events.forEach((event, index) => {
		if (log.records.length >= record.limits.logRecords) {
			if (log.overflow === 0) log.firstLostNs = world.r.nowNs;
			log.overflow += 1;
			log.lastLostNs = world.r.nowNs;
			dropped += 1;
			return;
		}
		log.records.push({
			handle: takeHandle(log),
			type,
			more: index < events.length - 1,
			hostId: 0,
			dpa: event.dpa,
			bytes: event.bytes,
			tag: event.tag,
			sequence: event.sequence,
			region: event.region,
			group: event.group,
			extentsAvailable: extents,
			tagsAvailable: tags,
			atNs: world.r.nowNs
		});
	});
	if (dropped > 0)
		emit(world, {
			kind: 'extent',
			rule: 'dcd-event-log',
			cause,
			host: logical.host,
			values: { device: record.id, ld, dropped, records: log.records.length },
			text: `${record.id}: the event log is full, ${dropped} ${dropped === 1 ? 'record is' : 'records are'} dropped`
		});
	if (wasEmpty && log.records.length > 0) interrupt(world, device, ld, cause);
}

/** Handle 0 is never used (16 bits). */
function takeHandle(log: EventLogRecord): number {
	const handle = log.nextHandle;
	log.nextHandle = handle >= 0xffff ? 1 : handle + 1;
	return handle;
}

/** The log is no longer empty: a message to the host. The guest of a QEMU machine reads its log by its own commands. */
function interrupt(world: World, device: number, ld: number, cause: number | null): void {
	const record = deviceAt(world, device);
	const { host, log } = ldAt(world, device, ld);
	const first = log.records[0];
	if (host === null || record.machine >= 0 || !first) return;
	send(world, {
		from: record.id,
		to: host,
		opcode: eventOpcode(first.type),
		what: DC_EVENT_NAMES[first.type] ?? 'event',
		tag: first.tag,
		payload: { device: record.id, ld, records: log.records.length, dpa: first.dpa, bytes: first.bytes },
		cause,
		ns: costNs(world.costs, 'dcdEventIrqUs')
	});
}

export interface EventPage {
	readonly records: readonly DcEventRecord[];
	/** More records than this page holds; QEMU: the log is not empty. */
	readonly more: boolean;
	readonly overflow: number;
	readonly firstLostNs: number;
	readonly lastLostNs: number;
}

/** 0100h Get Event Records: oldest first, and nothing is taken away. */
export function readEvents(world: World, device: number, ld: number): EventPage {
	const { log } = ldAt(world, device, ld);
	const rules = rulesOf(world, device);
	const records = log.records.slice(0, rules.eventsPerRead);
	return {
		records,
		more: rules.moreRecordsUntilEmpty ? log.records.length > 0 : log.records.length > records.length,
		overflow: log.overflow,
		firstLostNs: log.firstLostNs,
		lastLostNs: log.lastLostNs
	};
}

/** 0101h Clear Event Records: by handles from the oldest on, or all of them, which is only legal after an overflow. */
export function clearEvents(world: World, device: number, ld: number, handles: readonly number[] | 'all'): DcdAnswer {
	const { log } = ldAt(world, device, ld);
	const { clearOutOfOrder, clearsAll } = rulesOf(world, device);
	if (handles === 'all') {
		if (!clearsAll) return success('0 records cleared');
		if (log.overflow === 0) return failed('invalidInput', 'all records can be cleared at once only after an overflow');
		log.records = [];
		forgetOverflow(log);
		return success('the event log is empty');
	}
	const count = Math.min(handles.length, log.records.length);
	for (let index = 0; index < handles.length; index += 1) {
		const handle = handles[index] as number;
		if (index >= count && clearOutOfOrder === 'invalidInput') break;
		if (handle === 0 || log.records[index]?.handle !== handle)
			return failed(clearOutOfOrder, `record ${handle} is not the oldest one that is left: nothing is cleared`);
	}
	if (count > 0) forgetOverflow(log);
	log.records.splice(0, count);
	return success(`${count} ${count === 1 ? 'record' : 'records'} cleared`);
}

function forgetOverflow(log: EventLogRecord): void {
	log.overflow = 0;
	log.firstLostNs = -1;
	log.lastLostNs = -1;
}
