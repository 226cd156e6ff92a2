import { assert } from '../../base/assert.ts';
import type { ObjectName } from '../../engine/contract/queries.ts';
import type { ByteReader, ByteWriter } from './bytes.ts';
import {
	count,
	field,
	flag,
	list,
	name,
	optional,
	quantity,
	record,
	type RecordShape,
	text,
	type Shape
} from './shapes.ts';
import { LONGEST_NAME, MOST_WORLDS, PLAIN_VIEW, type LinkView } from './state.ts';

/** Things that can be selected. Code = place in this list; frozen: append, never re-order. */
const OBJECT_SHAPES: readonly (readonly [type: string, shape: RecordShape])[] = [
	['page', record(field('vm', name, 'vm0'), field('gfn', quantity, 0))],
	['block', record(field('memory', name, 'pool'), field('block', quantity, 0))],
	['vm', record(field('vm', name, 'vm0'))],
	['operation', record(field('operation', count, 0))],
	['extent', record(field('extent', name, ''))],
	['ownerWord', record(field('vm', name, 'vm0'))],
	['link', record(field('link', name, ''))],
	['host', record(field('host', name, 'A'))],
	['record', record(field('seq', quantity, 0))],
	['frame', record(field('machine', name, 'guest'), field('pfn', quantity, 0))],
	['memoryBlock', record(field('machine', name, 'guest'), field('block', quantity, 0))],
	['process', record(field('machine', name, 'guest'), field('process', name, ''))],
	['call', record(field('machine', name, 'guest'), field('call', count, 0))],
	['virtioMem', record(field('machine', name, 'guest'), field('device', name, 'vm0'))],
	['fabric', record(field('thing', name, 'device'), field('id', name, 'mem0'))]
];

const selection: Shape = {
	write(out, value) {
		const { type, ...fields } = value as ObjectName;
		const code = OBJECT_SHAPES.findIndex(([known]) => known === type);
		assert(code >= 0, `links have no code for a selected "${type}"`);
		out.part = 'kind';
		out.count(code);
		(OBJECT_SHAPES[code] as (typeof OBJECT_SHAPES)[number])[1].write(out, fields, undefined);
	},
	read(from) {
		from.part = 'kind';
		const code = from.count();
		const [type, shape] =
			OBJECT_SHAPES[code] ?? from.malformed(`the selection has the unknown kind ${code}`);
		return { type, ...(shape.read(from, undefined) as object) };
	}
};

const zoom = record(
	field('memory', name, 'pool'),
	field('block', quantity, 0),
	field('blockCount', quantity, 64)
);
const span = record(field('fromNs', quantity, 0), field('toNs', quantity, 0));

const view = record(
	optional('selection', selection, null, null),
	optional('zoom', zoom, null, null),
	optional('span', span, null, null),
	optional('speedIndex', count, null, null),
	field('slowAtBorders', flag, PLAIN_VIEW.slowAtBorders),
	field('compare', flag, PLAIN_VIEW.compare),
	optional('byPhase', flag),
	optional('names', list(text(LONGEST_NAME), MOST_WORLDS))
);

/** Rungs of the speed ladder; speeds.ts is tested against it. */
const SPEED_RUNGS = 9;

export function writeView(out: ByteWriter, value: LinkView): void {
	view.write(out, value, undefined);
}

export function readView(from: ByteReader): LinkView {
	const value = view.read(from, undefined) as LinkView;
	if (value.speedIndex !== null && value.speedIndex >= SPEED_RUNGS)
		from.malformed(`the speed ladder has ${SPEED_RUNGS} rungs, not ${value.speedIndex + 1}`);
	if (value.span && value.span.toNs <= value.span.fromNs)
		from.malformed('the brushed time is empty');
	if (value.zoom && value.zoom.blockCount === 0) from.malformed('the part shown is empty');
	return value;
}
