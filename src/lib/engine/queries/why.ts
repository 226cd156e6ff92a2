import { PAGES_PER_BLOCK } from '../../base/units.ts';
import type { ObjectName, WhyAnswer } from '../contract/queries.ts';
import type { TraceRecord } from '../contract/records.ts';
import type { World } from '../state/world.ts';

/** Why something is as it is: the last record about it, then the cause of each, back to a command or the scenario. */
export function whyAnswer(world: World, object: ObjectName): WhyAnswer {
	const last = lastRecord(world, object);
	const chain: TraceRecord[] = [];
	for (let record = last; record && chain.length < 12; record = record.cause === null ? null : (world.trace[record.cause] ?? null))
		chain.push(record);
	const first = chain[0];
	return {
		object,
		sentence: first ? `Last: ${first.text}.` : 'Nothing has happened to it: it is as the scenario made it.',
		chain
	};
}

function lastRecord(world: World, object: ObjectName): TraceRecord | null {
	if (object.type === 'record') return world.trace[object.seq] ?? null;
	for (let at = world.trace.length - 1; at >= 0; at -= 1) {
		const record = world.trace[at] as TraceRecord;
		if (concerns(world, record, object)) return record;
	}
	return null;
}

function concerns(world: World, record: TraceRecord, object: ObjectName): boolean {
	const { values } = record;
	switch (object.type) {
		case 'page': {
			if (record.vm !== object.vm) return false;
			const first = Number(values['firstGfn'] ?? values['gfn'] ?? -1);
			if (first < 0) return record.kind === 'adopt' || record.kind === 'publish';
			const block = Math.floor(object.gfn / PAGES_PER_BLOCK);
			return Math.floor(first / PAGES_PER_BLOCK) === block;
		}
		case 'block':
			return (
				(values['to'] === object.memory && values['toBlock'] === object.block) ||
				(values['from'] === object.memory && values['fromBlock'] === object.block) ||
				(record.kind === 'extent' && inExtent(world, record, object.memory, object.block))
			);
		case 'vm':
			return record.vm === object.vm && ['vcpu', 'status', 'command', 'throttle', 'workload'].includes(record.kind);
		case 'ownerWord':
			return record.vm === object.vm && record.kind === 'step' && 'after' in values;
		case 'frame': {
			const first = Number(values['pfn'] ?? -1);
			return record.host === object.machine && first >= 0 && object.pfn >= first && object.pfn < first + Number(values['pages'] ?? 1);
		}
		case 'memoryBlock':
			return record.host === object.machine && Number(values['memoryBlock'] ?? -1) === object.block;
		case 'process':
			return record.host === object.machine && values['process'] === object.process;
		case 'call':
			return record.host === object.machine && values['call'] === object.call;
		case 'virtioMem':
			// Events on the monitor only repeat what has happened.
			return record.host === object.machine && values['device'] === object.device && record.rule !== 'size-event';
		case 'fabric': {
			// A thing is named in the values by its kind, or it is the host of the record, or the place a command was sent to.
			const { thing, id } = object;
			return String(values[thing] ?? '') === id || (thing === 'host' && record.host === id) || values['at'] === id;
		}
		case 'operation':
			return record.operation === object.operation && ['phase', 'sync', 'ended', 'final', 'publish', 'census'].includes(record.kind);
		case 'extent':
			return record.kind === 'extent' && values['extent'] === object.extent;
		case 'link':
			return record.kind === 'batch-begin' || record.kind === 'phase';
		case 'host':
			return record.host === object.host;
		case 'record':
			return record.seq === object.seq;
	}
}

function inExtent(world: World, record: TraceRecord, memory: string, block: number): boolean {
	const pool = world.r.memories.find((candidate) => candidate.kind === 'pool');
	const first = Number(record.values['firstBlock']);
	return pool?.id === memory && block >= first && block < first + Number(record.values['blocks']);
}
