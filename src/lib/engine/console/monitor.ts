import type { ConsoleAnswer, ConsoleManner } from '../contract/console.ts';
import type { QmpArguments, QmpValue } from '../contract/machine-commands.ts';
import { readSize } from '../machine/qemu-args.ts';
import { osRecord } from '../mm/os/os.ts';
import type { World } from '../state/world.ts';
import { infoMemoryDevices } from '../text/memory-devices.ts';
import { memoryDevicesOf } from '../text/world/devices.ts';
import type { Line } from './line.ts';
import { said } from './shell.ts';

/** QEMU's monitor in words (HMP) and in JSON (QMP). Both become the same commands. */

type Order = (world: World, os: number, line: Line) => ConsoleAnswer;

export const ORDERS_OF_MONITOR: Readonly<Record<string, Order>> = {
	cont: (world, os) => order(world, os, 'cont'),
	stop: (world, os) => order(world, os, 'stop'),
	system_reset: (world, os) => order(world, os, 'system_reset'),
	migrate_cancel: (world, os) => order(world, os, 'migrate_cancel'),
	migrate(world, os, line) {
		const uri = line.words.slice(1).find((word) => !word.startsWith('-'));
		return uri === undefined ? missing('migrate') : order(world, os, 'migrate', { uri });
	},
	device_add(world, os, line) {
		const text = line.words[1];
		return text === undefined ? missing('device_add') : order(world, os, 'device_add', propertiesOf('driver', text));
	},
	device_del(world, os, line) {
		const id = line.words[1];
		return id === undefined ? missing('device_del') : order(world, os, 'device_del', { id });
	},
	object_add(world, os, line) {
		const text = line.words[1];
		if (text === undefined) return missing('object_add');
		const properties = propertiesOf('qom-type', text);
		const bytes = typeof properties['size'] === 'string' ? readSize(properties['size']) : null;
		return order(world, os, 'object-add', bytes === null ? properties : { ...properties, size: bytes });
	},
	object_del(world, os, line) {
		const id = line.words[1];
		return id === undefined ? missing('object_del') : order(world, os, 'object-del', { id });
	},
	'qom-set': qomSet,
	'qom-get'(world, os, line) {
		const [path, property] = line.words.slice(1);
		if (path === undefined || property === undefined) return missing('qom-get');
		return order(world, os, 'qom-get', { path: devicePath(world, os, path), property });
	},
	info
};

/** monitor/hmp.c: a parameter that is not there. */
const missing = (name: string): ConsoleAnswer => said(`${name}: missing parameter\nTry "help ${name}" for more information\n`, 1);

function order(world: World, os: number, execute: string, args?: QmpArguments, manner: ConsoleManner = 'monitor'): ConsoleAnswer {
	const command = { name: 'qmp', machine: osRecord(world, os).id, execute } as const;
	return { kind: 'command', command: args === undefined ? command : { ...command, arguments: args }, manner };
}

/** "driver,a=b,c=d" as the monitor hands it on; a doubled comma is a comma. */
function propertiesOf(first: string, text: string): QmpArguments {
	const properties: Record<string, QmpValue> = {};
	for (const [at, item] of text.split(/(?<!,),(?!,)/).entries()) {
		const equals = item.indexOf('=');
		if (equals >= 0) properties[item.slice(0, equals)] = item.slice(equals + 1).replaceAll(',,', ',');
		else if (at === 0) properties[first] = item;
		else properties[item] = 'on';
	}
	return properties;
}

/** A partial path is a name that is found anywhere in the tree (qom/object.c, object_resolve_partial_path). */
function devicePath(world: World, os: number, path: string): string {
	if (path.startsWith('/')) return path;
	const known =
		world.r.virtioMems.some((device) => device.os === os && device.id === path) ||
		world.r.dimms.some((dimm) => dimm.os === os && dimm.id === path);
	return known ? `/machine/peripheral/${path}` : path;
}

/** util/qemu-option.c, parse_option_size. */
const NOT_A_SIZE = (name: string): string =>
	`Error: Parameter '${name}' expects a non-negative number below 2^64\nOptional suffix k, M, G, T, P or E means kilo-, mega-, giga-, tera-, peta-\nand exabytes, respectively.\n`;
const SIZES = new Set(['requested-size', 'size', 'block-size', 'memaddr']);

function qomSet(world: World, os: number, line: Line): ConsoleAnswer {
	const [path, property, value] = line.words.slice(1).filter((word) => word !== '-j');
	if (path === undefined || property === undefined || value === undefined) return missing('qom-set');
	const target = devicePath(world, os, path);
	const bytes = readSize(value);
	// The text of a size is read before the device looks at it.
	if (SIZES.has(property) && bytes === null && target.startsWith('/')) return said(NOT_A_SIZE(property), 1);
	const read: QmpValue = bytes ?? (value === 'on' ? true : value === 'off' ? false : value);
	return order(world, os, 'qom-set', { path: target, property, value: read });
}

function info(world: World, os: number, line: Line): ConsoleAnswer {
	const what = line.words[1];
	switch (what) {
		case 'memory-devices':
			return said(infoMemoryDevices(memoryDevicesOf(world, os)));
		case 'status':
			return said(`VM status: ${statusText(world, os)}\n`);
		default:
			return said(
				what === undefined
					? 'info memory-devices -- show memory devices\ninfo status -- show the current VM status\n'
					: `unknown command: 'info ${what}'\n`,
				what === undefined ? 0 : 1
			);
	}
}

function statusText(world: World, os: number): string {
	const { state } = osRecord(world, os);
	return state === 'running' ? 'running' : state === 'prelaunch' ? 'paused (prelaunch)' : 'paused';
}

const QMP_SYNTAX = '{"error": {"class": "GenericError", "desc": "JSON parse error"}}\n';

/** A line that begins with a brace is QMP. */
export function qmpLine(world: World, os: number, text: string): ConsoleAnswer {
	let read: unknown;
	try {
		read = JSON.parse(text);
	} catch {
		return said(QMP_SYNTAX, 1);
	}
	const request = read as { execute?: unknown; arguments?: unknown };
	if (request === null || typeof request !== 'object' || typeof request.execute !== 'string')
		return said('{"error": {"class": "GenericError", "desc": "QMP input lacks member \'execute\'"}}\n', 1);
	if (
		request.arguments !== undefined &&
		(request.arguments === null || typeof request.arguments !== 'object' || Array.isArray(request.arguments))
	)
		return said('{"error": {"class": "GenericError", "desc": "QMP input member \'arguments\' must be an object"}}\n', 1);
	return order(world, os, request.execute, request.arguments as QmpArguments | undefined, 'qmp');
}
