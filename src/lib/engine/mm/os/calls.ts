import { EventKind } from '../../sim/event-kinds.ts';
import { schedule } from '../../sim/event-queue.ts';
import { emit } from '../../sim/trace.ts';
import type { CallRecord, JsonValue } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';
import { osRecord } from './os.ts';

/**
 * Calls: what somebody asked of a machine (decision D5). A short one is done at once; a walk keeps its cursor in `work` and
 * goes on by events of kind `call`, one batch each. Ended calls beyond 200 are forgotten, oldest first.
 */
const MOST_ENDED = 200;

export function newCall(world: World, os: number, actor: string, kind: string, text: string, cause: number): CallRecord {
	const { r } = world;
	const call: CallRecord = {
		id: (r.calls.at(-1)?.id ?? 0) + 1,
		os,
		actor,
		text,
		kind,
		state: 'running',
		startNs: r.nowNs,
		endNs: -1,
		errno: null,
		value: null,
		work: {},
		movedPages: 0,
		waitingFor: null,
		tries: 0,
		generation: 0,
		causeSeq: cause
	};
	r.calls.push(call);
	const ended = r.calls.findIndex((candidate) => candidate.state === 'done');
	if (ended >= 0 && r.calls.length > MOST_ENDED) r.calls.splice(ended, 1);
	return call;
}

export function endCall(world: World, call: CallRecord, errno: string | null, value: JsonValue): void {
	call.state = 'done';
	call.endNs = world.r.nowNs;
	call.errno = errno;
	call.value = value;
	call.work = {};
	call.waitingFor = null;
	call.generation += 1;
	emit(world, {
		kind: 'call',
		rule: 'call',
		cause: call.causeSeq,
		host: osRecord(world, call.os).id,
		vm: null,
		values: { call: call.id, actor: call.actor, errno: errno ?? 'OK' },
		text: `${call.actor}: ${call.text}: ${errno ?? 'done'}`
	});
}

/** The walk goes on after `delayNs`. */
export function continueLater(world: World, call: CallRecord, delayNs: number): void {
	schedule(world, world.r.nowNs + Math.max(0, Math.ceil(delayNs)), EventKind.call, call.id, call.generation);
}

/** A parked walk wakes now; events of its older plan are ignored. */
export function wakeCall(world: World, call: CallRecord): void {
	call.generation += 1;
	call.waitingFor = null;
	schedule(world, world.r.nowNs, EventKind.call, call.id, call.generation);
}

export function callById(world: World, id: number): CallRecord | null {
	return world.r.calls.find((call) => call.id === id) ?? null;
}
