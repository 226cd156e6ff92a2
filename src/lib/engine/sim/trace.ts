import { mix32, hashText } from '../../base/hash.ts';
import type { RecordKind } from '../contract/records.ts';
import type { RuleId } from '../contract/rules.ts';
import type { World } from '../state/world.ts';

export interface NewRecord {
	readonly kind: RecordKind;
	readonly rule: RuleId;
	readonly cause: number | null;
	readonly host?: string | null;
	readonly vm?: string | null;
	readonly operation?: number | null;
	readonly values?: Readonly<Record<string, number | string>>;
	readonly text: string;
}

/** Appends a record with the present time, returns its `seq`. The count and a running hash belong to the state. */
export function emit(world: World, record: NewRecord): number {
	const { r } = world;
	const seq = r.traceCount;
	const values = record.values ?? {};
	let hash = mix32(r.traceHash, hashText(record.kind), Math.floor(r.nowNs / 1000) >>> 0);
	for (const key in values) {
		const value = values[key] as number | string;
		hash = mix32(hash, typeof value === 'number' ? value >>> 0 : hashText(value), key.length);
	}
	r.traceHash = hash;
	r.traceCount = seq + 1;
	world.trace.push({
		seq,
		atNs: r.nowNs,
		kind: record.kind,
		rule: record.rule,
		cause: record.cause,
		host: record.host ?? null,
		vm: record.vm ?? null,
		operation: record.operation ?? null,
		values,
		text: record.text
	});
	return seq;
}
