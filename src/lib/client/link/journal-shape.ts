import { assert } from '../../base/assert.ts';
import type { JournalEntry } from '../../engine/contract/commands.ts';
import { term, workload } from './command-parts.ts';
import type { LinkVersion } from './envelope.ts';
import {
	count,
	choice,
	field,
	flag,
	json,
	name,
	optional,
	quantity,
	record,
	text,
	type RecordShape,
	type Shape
} from './shapes.ts';

/**
 * A journal as links hold it: per entry the time since the one before it as a quantity, then one var-int with the command's
 * code (4 bits in version 1, 7 in version 2) and which of its fields differ from the last command of that kind, then those
 * fields. Frozen like scenario-shape.ts: append, never re-order.
 */
const parameterFields = [
	optional('maxBandwidthBytesPerSecond', quantity),
	optional('downtimeLimitNs', quantity),
	optional('multifdChannels', count),
	optional('autoConverge', flag),
	optional('availSwitchoverBandwidthBytesPerSecond', quantity),
	optional('clearLog', choice('chunk', 'sync')),
	optional('stayOnPool', flag),
	optional('handOver', choice('ideal', 'qemu')),
	optional('precopyPasses', count),
	optional('preempt', flag),
	optional('maxPostcopyBandwidthBytesPerSecond', quantity),
	optional('pauseBeforeSwitchover', flag),
	optional('guard', choice('none', 'reference', 'bind', 'mlock', 'pin')),
	optional('placing', choice('scattered', 'contiguous')),
	optional('backing', choice('node', 'dax')),
	optional('quiesce', flag),
	optional('recheck', flag),
	optional('naming', choice('tag', 'device', 'host')),
	optional('records', choice('ranges', 'pages')),
	optional('leftovers', choice('roll-back', 'copy')),
	optional('testLoad', flag)
];
const vm = field('vm', name, 'vm0');
const gfn = field('gfn', quantity, 0);
const machine = field('machine', name, 'm0');
const process = field('process', name, 'p0');

/** Code = place in this list. */
export const COMMAND_SHAPES: readonly (readonly [command: string, shape: RecordShape])[] = [
	[
		'migrate',
		record(
			vm,
			field('target', name, 'B'),
			field(
				'strategy',
				choice('precopy', 'transit', 'postcopy', 'resident', 'shared-file', 'rdma', 'tagged'),
				'transit'
			),
			optional('parameters', record(...parameterFields))
		)
	],
	['migrate-cancel', record(vm)],
	['migrate-set-parameters', record(vm, ...parameterFields)],
	['set-workload', record(vm, field('workload', workload, { kind: 'web' }))],
	['pin', record(vm, gfn, field('term', term, 'short'), optional('forNs', quantity))],
	['unpin', record(vm, gfn)],
	['plant', record(field('fault', name, 'none'))],
	['process', record(machine, process, field('words', text(200), ''))],
	['process-end', record(machine, process)],
	['write-file', record(machine, field('path', text(200), ''), field('value', text(200), ''))],
	['qmp', record(machine, field('execute', text(80), ''), optional('arguments', json(4000)))],
	[
		'module',
		record(
			machine,
			field('module', choice('virtio_mem'), 'virtio_mem'),
			field('do', choice('load', 'unload'), 'load')
		)
	],
	['signal', record(machine, field('call', quantity, 1))],
	[
		'fabric',
		record(
			field('actor', choice('fm', 'host', 'orchestrator', 'fault', 'build'), 'fm'),
			field('at', text(64), ''),
			field('execute', text(64), ''),
			optional('arguments', json(4000))
		)
	],
	['shell', record(machine, field('line', text(300), ''))],
	[
		'vdpa',
		record(
			vm,
			optional('nic', name),
			field('execute', text(64), ''),
			optional('arguments', json(4000))
		)
	],
	// From here on only links of version 2.
	[
		'rack',
		record(
			field('execute', text(64), ''),
			optional('host', name),
			optional('vm', name),
			optional('arguments', json(4000))
		)
	],
	[
		'monitor',
		record(
			vm,
			optional('at', name),
			field('execute', text(80), ''),
			optional('arguments', json(4000))
		)
	]
];
const CODES: Readonly<Record<LinkVersion, number>> = { '1': 16, '2': 128 };

/** Version 1 wherever its codes say all. */
export const versionFor = (entries: readonly JournalEntry[]): LinkVersion =>
	entries.every(
		({ command }) => COMMAND_SHAPES.findIndex(([known]) => known === command.name) < CODES['1']
	)
		? '1'
		: '2';

/** The journal's limit in the scenario format. */
export const MOST_COMMANDS = 2000;

export const journalOf = (version: LinkVersion): Shape => ({
	write(out, value) {
		const entries = value as readonly JournalEntry[];
		assert(entries.length <= MOST_COMMANDS, `a link holds at most ${MOST_COMMANDS} commands`);
		out.count(entries.length);
		const last = new Map<string, Readonly<Record<string, unknown>>>();
		let beforeNs = 0;
		for (const { atNs, command } of entries) {
			const { name: commandName, ...fields } = command;
			const code = COMMAND_SHAPES.findIndex(([known]) => known === commandName);
			assert(code >= 0, `links have no code for the command "${commandName}"`);
			assert(atNs >= beforeNs, 'the commands of a journal are in the order of time');
			const shape = (COMMAND_SHAPES[code] as (typeof COMMAND_SHAPES)[number])[1];
			const mask = shape.mask(fields, last.get(commandName));
			out.part = 'time';
			out.quantity(atNs - beforeNs);
			out.part = 'command';
			out.count(mask * CODES[version] + code);
			shape.writeFields(out, mask, fields, last.get(commandName));
			last.set(commandName, fields);
			beforeNs = atNs;
		}
	},
	read(from) {
		const entries: unknown[] = [];
		const length = from.count(MOST_COMMANDS);
		const last = new Map<string, Readonly<Record<string, unknown>>>();
		let atNs = 0;
		for (let index = 0; index < length; index += 1) {
			from.part = 'time';
			atNs += from.quantity();
			from.part = 'command';
			const head = from.count(CODES[version] * 2 ** 30);
			const [commandName, shape] =
				COMMAND_SHAPES[head % CODES[version]] ??
				from.malformed(`command ${index + 1} has the unknown code ${head % CODES[version]}`);
			const fields = shape.readFields(
				from,
				Math.floor(head / CODES[version]),
				last.get(commandName)
			);
			last.set(commandName, fields);
			entries.push({ atNs, command: { name: commandName, ...fields } });
		}
		return entries;
	}
});
