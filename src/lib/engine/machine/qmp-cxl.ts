import { ADD_POLICIES, REMOVAL_POLICIES } from '../contract/fabric-profiles.ts';
import type { QmpArguments } from '../contract/machine-commands.ts';
import type { World } from '../state/world.ts';
import { injectError, injectMediaEvent, injectPoison } from './cxl-errors.ts';
import { resolveType3, type ResolveType3 } from './cxl-path.ts';
import { changeCapacity } from './cxl-prescribe.ts';
import { member, optional, readArguments, type QapiMember, type QapiStruct, type QapiType } from './qapi.ts';
import { failure, unless, type QmpAnswer } from './qmp-value.ts';

/** CXL commands of the monitor (QEMU 11.1 qapi/cxl.json; the dynamic-capacity ones are marked unstable there). */

const EXTENTS: QapiType = { list: { struct: [member('offset', 'uint64'), member('len', 'uint64')] } };
const EVENT_BASE: readonly QapiMember[] = [
	member('path', 'str'),
	member('log', { oneOf: ['informational', 'warning', 'failure', 'fatal'] }),
	member('flags', 'uint32'),
	optional('maint-op-class', 'uint8'),
	optional('maint-op-subclass', 'uint8'),
	optional('ld-id', 'uint16'),
	optional('head-id', 'uint8')
];
const MEDIA_EVENT: readonly QapiMember[] = [
	...EVENT_BASE,
	member('dpa', 'uint64'),
	member('descriptor', 'uint8'),
	member('type', 'uint8'),
	member('transaction-type', 'uint8'),
	optional('channel', 'uint8'),
	optional('rank', 'uint8')
];
const UNCORRECTABLE = [
	'cache-data-parity',
	'cache-address-parity',
	'cache-be-parity',
	'cache-data-ecc',
	'mem-data-parity',
	'mem-address-parity',
	'mem-be-parity',
	'mem-data-ecc',
	'reinit-threshold',
	'rsvd-encoding',
	'poison-received',
	'receiver-overflow',
	'internal',
	'cxl-ide-tx',
	'cxl-ide-rx'
];
const CORRECTABLE = [
	'cache-data-ecc',
	'mem-data-ecc',
	'crc-threshold',
	'retry-threshold',
	'cache-poison-received',
	'mem-poison-received',
	'physical'
];

interface CxlCommand {
	readonly members: readonly QapiMember[];
	/** Null, or QEMU's text. */
	readonly run: (world: World, resolve: ResolveType3, args: QapiStruct) => string | null;
}

const COMMANDS: Readonly<Record<string, CxlCommand>> = {
	'cxl-add-dynamic-capacity': {
		members: [
			member('path', 'str'),
			member('host-id', 'uint16'),
			member('selection-policy', { oneOf: ADD_POLICIES }),
			member('region', 'uint8'),
			optional('tag', 'str'),
			member('extents', EXTENTS)
		],
		run: (world, resolve, args) =>
			args['selection-policy'] === 'prescriptive' ? changeCapacity(world, resolve, args, 'add') : 'Selection policy not supported'
	},
	'cxl-release-dynamic-capacity': {
		members: [
			member('path', 'str'),
			member('host-id', 'uint16'),
			member('removal-policy', { oneOf: REMOVAL_POLICIES }),
			optional('forced-removal', 'bool'),
			optional('sanitize-on-release', 'bool'),
			member('region', 'uint8'),
			optional('tag', 'str'),
			member('extents', EXTENTS)
		],
		run: (world, resolve, args) => {
			if (args['forced-removal'] === true) return 'Forced removal not supported yet';
			return args['removal-policy'] === 'prescriptive' ? changeCapacity(world, resolve, args, 'release') : 'Removal policy not supported';
		}
	},
	'cxl-inject-poison': {
		members: [member('path', 'str'), member('start', 'uint64'), member('length', 'uint64')],
		run: injectPoison
	},
	'cxl-inject-general-media-event': {
		members: [...MEDIA_EVENT, optional('device', 'uint32'), optional('component-id', 'str')],
		run: (world, resolve, args) => injectMediaEvent(world, resolve, args, 'general media')
	},
	'cxl-inject-dram-event': {
		members: [
			...MEDIA_EVENT,
			optional('nibble-mask', 'uint32'),
			optional('bank-group', 'uint8'),
			optional('bank', 'uint8'),
			optional('row', 'uint32'),
			optional('column', 'uint16'),
			optional('correction-mask', { list: 'uint64' })
		],
		run: (world, resolve, args) => injectMediaEvent(world, resolve, args, 'DRAM')
	},
	'cxl-inject-memory-module-event': {
		members: [
			...EVENT_BASE,
			member('type', 'uint8'),
			member('health-status', 'uint8'),
			member('media-status', 'uint8'),
			member('additional-status', 'uint8'),
			member('life-used', 'uint8'),
			member('temperature', 'int16'),
			member('dirty-shutdown-count', 'uint32'),
			member('corrected-volatile-error-count', 'uint32'),
			member('corrected-persistent-error-count', 'uint32')
		],
		run: (world, resolve, args) => injectMediaEvent(world, resolve, args, 'memory module')
	},
	'cxl-inject-uncorrectable-errors': {
		members: [
			member('path', 'str'),
			member('errors', { list: { struct: [member('type', { oneOf: UNCORRECTABLE }), member('header', { list: 'uint32' })] } })
		],
		run: injectError
	},
	'cxl-inject-correctable-error': {
		members: [member('path', 'str'), member('type', { oneOf: CORRECTABLE })],
		run: injectError
	}
};

/** A CXL command of the monitor on whatever devices `resolve` finds; null: no such command. */
export function runCxlQmp(world: World, execute: string, args: QmpArguments, resolve: ResolveType3): QmpAnswer | null {
	const command = Object.hasOwn(COMMANDS, execute) ? COMMANDS[execute] : undefined;
	if (!command) return null;
	const read = readArguments(args, command.members);
	return read.ok ? unless(command.run(world, resolve, read.value)) : failure(read.text);
}

type QmpWord = (world: World, os: number, args: QmpArguments) => QmpAnswer;
export const CXL_QMP: Readonly<Record<string, QmpWord>> = Object.fromEntries(
	Object.keys(COMMANDS).map((name): [string, QmpWord] => [
		name,
		(world, os, args) => runCxlQmp(world, name, args, (path) => resolveType3(world, os, path)) as QmpAnswer
	])
);
