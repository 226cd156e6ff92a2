import type { CxlDecoderRecord, CxlMemdevRecord, CxlPortRecord, CxlRecord } from '../../state/cxl-records.ts';
import type { JsonValue } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';
import { decoderAt, decoderName, decodersOf, memdevName, pathOf, portAt, portName, regionName } from '../find.ts';
import { inDirectoryOrder } from '../kernfs.ts';
import { busObject, decoderObject, dportsOf, memdevObject, portObject, regionObject, type Json, type Show } from './objects.ts';
import { flag, has, readOptions, valued, type Options } from './options.ts';
import type { ToolResult } from './result.ts';

/** cxl list: the topology as a tree of what was asked for (ndctl 85: cxl/list.c, cxl/filter.c). */

export const LIST_OPTIONS = [
	valued('m', 'memdev'),
	valued('s', 'serial'),
	flag('M', 'memdevs'),
	valued('b', 'bus'),
	flag('B', 'buses'),
	valued('p', 'port'),
	flag('P', 'ports'),
	flag('S', 'single'),
	valued('e', 'endpoint'),
	flag('E', 'endpoints'),
	valued('d', 'decoder'),
	flag('D', 'decoders'),
	flag('T', 'targets'),
	valued('r', 'region'),
	flag('R', 'regions'),
	flag('X', 'dax'),
	flag('i', 'idle'),
	flag('u', 'human'),
	flag('H', 'health'),
	flag('I', 'partition'),
	flag('F', 'firmware'),
	flag('A', 'alert-config'),
	flag('L', 'media-errors'),
	flag('v', 'verbose')
];

interface Wanted extends Show {
	readonly memdevs: boolean;
	readonly buses: boolean;
	readonly ports: boolean;
	readonly endpoints: boolean;
	readonly decoders: boolean;
	readonly regions: boolean;
	readonly idle: boolean;
	readonly filter: Readonly<Record<string, string>>;
}

export function listCommand(world: World, cxl: CxlRecord | null, words: readonly string[]): ToolResult {
	const options = readOptions(words, LIST_OPTIONS);
	return typeof options === 'string' ? { rc: 129, messages: [options] } : listWith(world, cxl, options);
}

/** The same with options that are read. */
export function listWith(world: World, cxl: CxlRecord | null, options: Options): ToolResult {
	if (options.rest.length > 0) return { rc: 129, messages: options.rest.map((word) => ` Error: unknown parameter "${word}"`) };
	if (has(options, 'single') && options.values['port'] === undefined)
		return { rc: 129, messages: [' Error: -S/--single expects a port filter: -p/--port='] };
	const wanted = wantedOf(options);
	const found = cxl === null ? [] : listTopology(world, cxl, wanted);
	return { rc: 0, messages: [], json: wanted.human && found.length === 1 ? (found[0] as JsonValue) : found };
}

function wantedOf(options: Options): Wanted {
	const { values } = options;
	const asked = {
		memdevs: has(options, 'memdevs'),
		buses: has(options, 'buses'),
		ports: has(options, 'ports'),
		endpoints: has(options, 'endpoints'),
		decoders: has(options, 'decoders'),
		regions: has(options, 'regions')
	};
	const none = (): boolean => !Object.values(asked).some(Boolean);
	if (none()) {
		asked.memdevs = values['memdev'] !== undefined || values['serial'] !== undefined;
		asked.buses = values['bus'] !== undefined;
		asked.ports = values['port'] !== undefined;
		asked.endpoints = values['endpoint'] !== undefined;
		asked.decoders = values['decoder'] !== undefined;
		asked.regions = values['region'] !== undefined;
	}
	if (none()) asked.regions = asked.memdevs = true;
	const level = options.flags['verbose'] ?? 0;
	const wide = level >= 1;
	const filter = values['port'] ?? '';
	return {
		memdevs: asked.memdevs,
		buses: asked.buses || wide || (asked.ports && filter === 'root'),
		ports: asked.ports || wide,
		endpoints: asked.endpoints || wide || (asked.ports && filter === 'endpoint'),
		decoders: asked.decoders || wide,
		regions: asked.regions || wide,
		targets: has(options, 'targets') || wide,
		idle: has(options, 'idle') || level >= 2,
		human: has(options, 'human'),
		dax: has(options, 'dax') || level >= 3,
		partition: has(options, 'partition') || level >= 3,
		firmware: has(options, 'firmware') || level >= 3,
		alerts: has(options, 'alert-config') || level >= 3,
		filter: values
	};
}

/** Where an object without its container goes. */
interface Arrays {
	ports: JsonValue[];
	endpoints: JsonValue[];
	memdevs: JsonValue[];
	regions: JsonValue[];
	portDecoders: JsonValue[];
	endpointDecoders: JsonValue[];
}

/** Every object hangs below the next container that was asked for; what has none stands at the top. */
function listTopology(world: World, cxl: CxlRecord, wanted: Wanted): JsonValue[] {
	const top: Arrays = { ports: [], endpoints: [], memdevs: [], regions: [], portDecoders: [], endpointDecoders: [] };
	const rootDecoders: JsonValue[] = [];
	const strays = inDirectoryOrder(cxl.memdevs, memdevName)
		.reverse()
		.filter((memdev) => memdev.endpoint < 0 && wanted.idle && wanted.memdevs && memdevMatches(memdev, wanted))
		.map((memdev) => memdevObject(memdev, wanted));
	const bus = wanted.buses && nameMatches(wanted.filter['bus'], 'root0', '0') ? busObject(cxl, wanted) : null;
	const own: Arrays = bus === null ? top : { ports: [], endpoints: [], memdevs: [], regions: [], portDecoders: [], endpointDecoders: [] };
	walkPorts(world, cxl, 0, wanted, own);
	const decoders: JsonValue[] = bus === null ? rootDecoders : [];
	walkDecoders(world, cxl, 0, wanted, decoders, own.regions);
	if (bus !== null) {
		add(bus, 'ports:root0', own.ports);
		add(bus, 'endpoints:root0', own.endpoints);
		add(bus, 'decoders:root0', [...decoders, ...own.portDecoders, ...own.endpointDecoders]);
		add(bus, 'regions:root0', own.regions);
		add(bus, 'memdevs:root0', own.memdevs);
	}
	const parts: readonly (readonly [string, JsonValue[]])[] = [
		['anon memdevs', strays],
		['buses', bus === null ? [] : [bus]],
		['ports', top.ports],
		['endpoints', top.endpoints],
		['memdevs', top.memdevs],
		['root decoders', rootDecoders],
		['port decoders', top.portDecoders],
		['endpoint decoders', top.endpointDecoders],
		['regions', top.regions]
	];
	const full = parts.filter(([, items]) => items.length > 0);
	return full.length > 1 ? full.map(([name, items]) => ({ [name]: items })) : (full[0]?.[1] ?? []);
}

const add = (json: Json, name: string, items: JsonValue[]): void => {
	if (items.length > 0) json[name] = items;
};

/** Children of a port as the library has them: read from its directory, each put before the last. */
function childrenOf(cxl: CxlRecord, index: number, endpoints: boolean): number[] {
	const all = cxl.ports.flatMap((port, at) => (port.parent === index && (port.kind === 'endpoint') === endpoints ? [at] : []));
	return inDirectoryOrder(all, (at) => portName(portAt(cxl, at))).reverse();
}

function walkPorts(world: World, cxl: CxlRecord, parent: number, wanted: Wanted, into: Arrays): void {
	for (const index of childrenOf(cxl, parent, false)) {
		const port = portAt(cxl, index);
		if (!leadsToMemdev(cxl, index, wanted)) continue;
		const own = wanted.ports && portMatches(port, wanted) ? portObject(cxl, port) : null;
		const here: Arrays =
			own === null ? into : { ports: [], endpoints: [], memdevs: [], regions: [], portDecoders: [], endpointDecoders: [] };
		if (own !== null) {
			Object.assign(own, dportsOf(port, wanted));
			into.ports.push(own);
			// Below a port its own decoders and those of endpoints without a container share one list.
			here.endpointDecoders = here.portDecoders;
		}
		walkEndpoints(world, cxl, index, wanted, here);
		walkDecoders(world, cxl, index, wanted, here.portDecoders, here.regions);
		walkPorts(world, cxl, index, wanted, here);
		if (own === null) continue;
		add(own, `ports:${portName(port)}`, here.ports);
		add(own, `endpoints:${portName(port)}`, here.endpoints);
		add(own, `decoders:${portName(port)}`, here.portDecoders);
		add(own, `memdevs:${portName(port)}`, here.memdevs);
	}
}

function walkEndpoints(world: World, cxl: CxlRecord, parent: number, wanted: Wanted, into: Arrays): void {
	for (const index of childrenOf(cxl, parent, true)) {
		const port = portAt(cxl, index);
		const memdev = cxl.memdevs[port.memdev] as CxlMemdevRecord;
		if (!nameMatches(wanted.filter['endpoint'], portName(port), String(port.id))) continue;
		if (!memdevMatches(memdev, wanted) || !wayMatches(cxl, index, wanted)) continue;
		const own = wanted.endpoints ? portObject(cxl, port) : null;
		if (own !== null) into.endpoints.push(own);
		if (wanted.memdevs && reaches(cxl, memdev, wanted.filter['decoder'])) {
			const json = memdevObject(memdev, wanted);
			if (own !== null) own['memdev'] = json;
			else into.memdevs.push(json);
		}
		if (!wanted.decoders) continue;
		const decoders: JsonValue[] = own === null ? into.endpointDecoders : [];
		walkDecoders(world, cxl, index, wanted, decoders, into.regions);
		if (own !== null) add(own, `decoders:${portName(port)}`, decoders);
	}
}

function walkDecoders(world: World, cxl: CxlRecord, index: number, wanted: Wanted, into: JsonValue[], regions: JsonValue[]): void {
	const root = portAt(cxl, index).kind === 'root';
	for (const at of decodersOf(cxl, index)) {
		const decoder = decoderAt(cxl, at);
		let own: Json | null = null;
		if (wanted.decoders && decoderMatches(cxl, decoder, wanted)) {
			if (!wanted.idle && decoder.bytes === 0) continue;
			own = decoderObject(cxl, decoder, wanted);
			into.push(own);
		}
		if (!root || !wanted.regions) continue;
		const below: JsonValue[] = own === null ? regions : [];
		const mine = cxl.regions.filter((region) => region.root === at).sort((a, b) => a.start - b.start);
		for (const region of mine) {
			if (!nameMatches(wanted.filter['region'], regionName(region), String(region.id))) continue;
			if (!decoderFilter(cxl, decoder, wanted.filter['decoder'])) continue;
			if (wanted.idle || region.enabled) below.push(regionObject(world, cxl, region, wanted));
		}
		if (own !== null) add(own, `regions:${decoderName(cxl, decoder)}`, below);
	}
}

const namesIn = (filter: string): string[] => filter.split(/[\s,]+/).filter((word) => word !== '');

/** No filter, "all", one of the names. */
export function nameMatches(filter: string | undefined, ...names: readonly string[]): boolean {
	return filter === undefined || namesIn(filter).some((word) => word === 'all' || names.includes(word));
}

const memdevMatches = (memdev: CxlMemdevRecord, wanted: Wanted): boolean =>
	nameMatches(wanted.filter['memdev'], memdevName(memdev), String(memdev.id), memdev.host) &&
	nameMatches(wanted.filter['serial'], String(memdev.serial ?? 0), `0x${(memdev.serial ?? 0).toString(16)}`);

const portMatches = (port: CxlPortRecord, wanted: Wanted): boolean =>
	nameMatches(wanted.filter['port'], portName(port), String(port.id), port.host, port.kind === 'endpoint' ? 'endpoint' : 'switch');

/** A port that no wanted device lies behind is left out; without such a filter none is. */
function leadsToMemdev(cxl: CxlRecord, index: number, wanted: Wanted): boolean {
	if (wanted.filter['memdev'] === undefined && wanted.filter['serial'] === undefined) return true;
	return cxl.memdevs.some(
		(memdev) => memdev.endpoint >= 0 && memdevMatches(memdev, wanted) && pathOf(cxl, memdev.endpoint).includes(index)
	);
}

const wayMatches = (cxl: CxlRecord, endpoint: number, wanted: Wanted): boolean =>
	wanted.filter['port'] === undefined ||
	['root', 'root0'].includes(wanted.filter['port']) ||
	pathOf(cxl, endpoint).some((at) => portMatches(portAt(cxl, at), wanted));

/** A root decoder reaches the devices behind its host bridges; any other name, every device on its port's way. */
export function reaches(cxl: CxlRecord, memdev: CxlMemdevRecord, filter: string | undefined): boolean {
	if (filter === undefined) return true;
	if (memdev.endpoint < 0) return false;
	const way = pathOf(cxl, memdev.endpoint);
	return cxl.decoders.some((decoder) => {
		if (!decoderFilter(cxl, decoder, filter)) return false;
		const { kind } = portAt(cxl, decoder.port);
		if (kind !== 'root') return way.includes(decoder.port);
		return decoder.targets.includes(portAt(cxl, way.at(-1) as number).parentDport);
	});
}

const decoderFilter = (cxl: CxlRecord, decoder: CxlDecoderRecord, filter: string | undefined): boolean => {
	const { kind } = portAt(cxl, decoder.port);
	return nameMatches(filter, decoderName(cxl, decoder), kind === 'bridge' ? 'switch' : kind);
};

function decoderMatches(cxl: CxlRecord, decoder: CxlDecoderRecord, wanted: Wanted): boolean {
	if (!decoderFilter(cxl, decoder, wanted.filter['decoder'])) return false;
	const port = portAt(cxl, decoder.port);
	if (
		wanted.filter['port'] !== undefined &&
		!portMatches(port, wanted) &&
		!(port.kind === 'root' && wanted.filter['port'].startsWith('root'))
	)
		return false;
	const region = wanted.filter['region'];
	if (region !== undefined) {
		const ids =
			port.kind === 'root' ? cxl.regions.filter((each) => decoderAt(cxl, each.root) === decoder).map((each) => each.id) : [decoder.region];
		if (!ids.some((id) => id >= 0 && nameMatches(region, `region${id}`, String(id)))) return false;
	}
	if (wanted.filter['memdev'] === undefined && wanted.filter['serial'] === undefined) return true;
	return cxl.memdevs.some((memdev) => memdevMatches(memdev, wanted) && reaches(cxl, memdev, decoderName(cxl, decoder)));
}
