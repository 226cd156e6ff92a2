import { GIB, MIB } from '../../base/units.ts';
import { term, workload } from './command-parts.ts';
import type { LinkVersion } from './envelope.ts';
import { journalOf } from './journal-shape.ts';
import {
	choice,
	count,
	field,
	flag,
	json,
	list,
	name,
	named,
	numbers,
	optional,
	quantity,
	record,
	text,
	type RecordShape
} from './shapes.ts';

/**
 * The scenario format as links of version 1 hold it. Frozen: the order of the fields and words and the templates are part
 * of old links. A new field is appended with the template that old links mean; anything else needs a new version letter.
 * The templates are typical values, not the format's defaults, so that a change of those cannot change an old link.
 */
const host = record(
	field('cpus', count, 8),
	field('dramBytes', quantity, 8 * GIB),
	optional('normalBytes', quantity, 2 * GIB),
	field('kernelBytes', quantity, 384 * MIB),
	field('otherBytes', quantity, 256 * MIB),
	field('windowBaseHpa', quantity, 0x10_8000_0000),
	optional('physicalAddressBits', count)
);

const pool = record(
	field('id', name, 'pool'),
	field('bytes', quantity, 8 * GIB),
	field('reach', choice('direct', 'multi-headed', 'switched', 'gfam'), 'switched'),
	field('hardwareCoherent', flag, false),
	field('peerBytes', quantity, 0),
	field('peerLayout', choice('together', 'scattered'), 'together')
);

const pin = record(
	field('gfn', quantity, 0),
	field('term', term, 'short'),
	optional('forNs', quantity)
);

const transientReferences = record(
	field('chancePpm', quantity, 2000),
	field('holdNs', quantity, 150_000)
);

const vm = record(
	field('host', name, 'A'),
	field('bytes', quantity, 4 * GIB),
	optional('populatedBytes', quantity),
	field('vcpus', count, 4),
	field('pages', choice('thp', '4k'), 'thp'),
	field('workload', workload, { kind: 'web' }),
	field('pins', list(pin, 4096), []),
	optional('transientReferences', transientReferences),
	optional('vdpa', json(20_000)),
	optional('ways', json(4000))
);

const machine = record(
	field('qemuArgs', list(text(300), 400), []),
	field('append', text(600), ''),
	field('driverLoaded', flag, true),
	field('profile', choice('linux-7.2', 'rfc-v4-2020'), 'linux-7.2'),
	field('swapBytes', quantity, 0),
	field('transientChancePpm', quantity, 0),
	field('proposals', list(choice('exmem', 'typed-nodes', 'grouped-nodes'), 3), []),
	optional('processBytes', quantity),
	field('boot', json(64_000), [])
);

const shapeOf = (version: LinkVersion) =>
	record(
		field('switchyard', count, 1),
		field('id', name, 'own'),
		field('title', text(80), ''),
		field('seed', count, 1),
		field('hosts', named(host, 16), []),
		optional('pool', pool, null, null),
		field('vms', named(vm, 64), []),
		field('about', text(400), ''),
		field('networkBytesPerSecond', quantity, 2_937_500_000),
		field('untilNs', quantity, 60_000_000_000),
		field('journal', journalOf(version), []),
		field('costs', numbers(256), {}),
		field('descriptorLimit', count, 4096),
		field('machines', named(machine, 4), []),
		optional('fabric', json(200_000), null, null),
		optional('rack', json(20_000), null, null)
	);

/** The versions differ in the codes of the commands only. */
export const SCENARIO_SHAPES: Readonly<Record<LinkVersion, RecordShape>> = {
	'1': shapeOf('1'),
	'2': shapeOf('2')
};
