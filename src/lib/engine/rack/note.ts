import type { RackEventKind } from '../contract/rack/status.ts';
import type { RuleId } from '../contract/rules.ts';
import { emit } from '../sim/trace.ts';
import type { World } from '../state/world.ts';
import { rackOf } from './rack-records.ts';

const MOST_EVENTS = 400;

export interface Note {
	readonly kind: RackEventKind;
	readonly rule: RuleId;
	readonly host: number;
	readonly by?: number;
	readonly vm?: number;
	readonly cause?: number | null;
	readonly values?: Readonly<Record<string, number | string>>;
	readonly text: string;
}

/** Something befell a host or a VM of it: a record of the trace, and a line for the page. Returns the record's number. */
export function note(world: World, what: Note): number {
	const { events } = rackOf(world);
	const host = world.r.hosts[what.host]?.id ?? null;
	const by = what.by === undefined ? null : (world.r.hosts[what.by]?.id ?? null);
	const vm = what.vm === undefined ? null : (world.r.vms[what.vm]?.id ?? null);
	events.push({ atNs: world.r.nowNs, kind: what.kind, host, by, vm, text: what.text });
	if (events.length > MOST_EVENTS) events.shift();
	return emit(world, {
		kind: 'rack',
		rule: what.rule,
		cause: what.cause ?? null,
		host,
		vm,
		values: { what: what.kind, ...(by === null ? {} : { by }), ...what.values },
		text: what.text
	});
}
