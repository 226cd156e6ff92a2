import type { QmpArguments, QmpValue } from '../contract/machine-commands.ts';
import { osRecord } from '../mm/os/os.ts';
import type { World } from '../state/world.ts';
import { infoMemoryDevices, memoryDevicesOf } from './info-memory-devices.ts';
import { infoNuma } from './info-numa.ts';
import { readSize } from './qemu-args.ts';

/** The monitor in words (QEMU 10.0.13 monitor/hmp.c, hmp-commands.hx): each line is a request of QMP, or a text at once. */
export type HmpAnswer =
	{ readonly execute: string; readonly arguments: QmpArguments | undefined } | { readonly text: string; readonly status: number };

type Order = (world: World, os: number, words: readonly string[]) => HmpAnswer;

export const HMP_ORDERS: Readonly<Record<string, Order>> = {
	cont: () => request('cont'),
	stop: () => request('stop'),
	system_reset: () => request('system_reset'),
	system_wakeup: () => request('system_wakeup'),
	migrate_cancel: () => request('migrate_cancel'),
	migrate(_world, _os, words) {
		const uri = words.slice(1).find((word) => !word.startsWith('-'));
		return uri === undefined ? missing('migrate') : request('migrate', { uri });
	},
	device_add(_world, _os, words) {
		const text = words[1];
		return text === undefined ? missing('device_add') : request('device_add', propertiesOf('driver', text));
	},
	device_del(_world, _os, words) {
		const id = words[1];
		return id === undefined ? missing('device_del') : request('device_del', { id });
	},
	object_add(_world, _os, words) {
		const text = words[1];
		if (text === undefined) return missing('object_add');
		const properties = propertiesOf('qom-type', text);
		const bytes = typeof properties['size'] === 'string' ? readSize(properties['size']) : null;
		return request('object-add', bytes === null ? properties : { ...properties, size: bytes });
	},
	object_del(_world, _os, words) {
		const id = words[1];
		return id === undefined ? missing('object_del') : request('object-del', { id });
	},
	'qom-set': qomSet,
	'qom-get'(world, os, words) {
		const [path, property] = words.slice(1);
		if (path === undefined || property === undefined) return missing('qom-get');
		return request('qom-get', { path: devicePath(world, os, path), property });
	},
	info
};

const request = (execute: string, args?: QmpArguments): HmpAnswer => ({ execute, arguments: args });
const said = (text: string, status = 0): HmpAnswer => ({ text, status });
/** monitor/hmp.c: a parameter that is not there. */
const missing = (name: string): HmpAnswer => said(`${name}: missing parameter\nTry "help ${name}" for more information\n`, 1);

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

function qomSet(world: World, os: number, words: readonly string[]): HmpAnswer {
	const [path, property, value] = words.slice(1).filter((word) => word !== '-j');
	if (path === undefined || property === undefined || value === undefined) return missing('qom-set');
	const target = devicePath(world, os, path);
	const bytes = readSize(value);
	// The text of a size is read before the device looks at it.
	if (SIZES.has(property) && bytes === null && target.startsWith('/')) return said(NOT_A_SIZE(property), 1);
	const read: QmpValue = bytes ?? (value === 'on' ? true : value === 'off' ? false : value);
	return request('qom-set', { path: target, property, value: read });
}

function info(world: World, os: number, words: readonly string[]): HmpAnswer {
	const what = words[1];
	switch (what) {
		case 'memory-devices':
			return said(infoMemoryDevices(memoryDevicesOf(world, os)));
		case 'numa':
			return said(infoNuma(world, os));
		case 'status':
			return said(`VM status: ${statusText(world, os)}\n`);
		default:
			return said(
				what === undefined
					? 'info memory-devices -- show memory devices\ninfo numa -- show NUMA information\ninfo status -- show the current VM status\n'
					: `unknown command: 'info ${what}'\n`,
				what === undefined ? 0 : 1
			);
	}
}

function statusText(world: World, os: number): string {
	const { state, sleep } = osRecord(world, os);
	if (state === 'suspended') return sleep?.to === 'idle' ? 'running' : 'paused (suspended)';
	return state === 'prelaunch' ? 'paused (prelaunch)' : state;
}
