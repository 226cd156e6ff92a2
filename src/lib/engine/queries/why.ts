import { PAGES_PER_BLOCK } from '../../base/units.ts';
import type { FabricThing, ObjectName, WhyAnswer } from '../contract/queries.ts';
import type { TraceRecord } from '../contract/records.ts';
import { LINE_BYTES } from '../fabric/content.ts';
import { readExtent } from '../fabric/dcd/rows.ts';
import { tagText } from '../fabric/dcd/tags.ts';
import { messageOf } from '../fabric/messages.ts';
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
	if (object.type === 'fabric' && object.thing === 'message') {
		const cause = messageOf(world, Number(object.id))?.causeSeq ?? null;
		return cause === null ? null : (world.trace[cause] ?? null);
	}
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
		case 'fabric':
			return concernsFabric(world, record, object.thing, object.id);
		case 'nic':
			return values['nic'] === object.nic;
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

/** A thing is named in the values by its kind, or it is the host of the record, or the place a command was sent to. */
function concernsFabric(world: World, { values, host }: TraceRecord, thing: FabricThing, id: string): boolean {
	const named = (name: string): string => String(values[name] ?? '');
	switch (thing) {
		case 'host':
			return host === id || named('at') === id;
		case 'ld': {
			const [device, ld] = id.split('/');
			return named('device') === device && named('ld') === ld;
		}
		case 'port': {
			const [one, port] = id.split(':');
			return (named('switch') === one && named('port') === port) || named('at') === id;
		}
		case 'extent': {
			const extent = readExtent(world, Number(id));
			const device = world.r.fabric.devices[extent.device]?.id ?? '';
			const tag = tagText(world, extent.tagId);
			return named('device') === device && (tag === '' ? named('group') === String(extent.group) : named('tag') === tag);
		}
		case 'line': {
			const [who, at] = id.split(' ');
			return host === who && Number(named('at')) * LINE_BYTES === Number(at);
		}
		default:
			return named(thing) === id || named('at') === id;
	}
}
