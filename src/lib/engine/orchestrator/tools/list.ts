import { hex, size } from '../../cxl/tools/human.ts';
import { LIST_OPTIONS, listWith, nameMatches } from '../../cxl/tools/list.ts';
import { regionObject } from '../../cxl/tools/objects.ts';
import { flag, has, readOptions, valued, type Options } from '../../cxl/tools/options.ts';
import type { ToolResult } from '../../cxl/tools/result.ts';
import { hpaOf } from '../../fabric/address/reverse.ts';
import { windowOfDpa } from '../../fabric/address/region-off.ts';
import { extentsOf } from '../../fabric/dcd/lists.ts';
import { tagText } from '../../fabric/dcd/tags.ts';
import type { DaxRecord, PeerRecord } from '../../state/fabric-records.ts';
import type { JsonValue } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';
import { deviceOfDax } from '../copies.ts';
import { isSystemRam } from '../system-ram.ts';
import { asLinux } from './as-linux.ts';
import { memdevsOf, regionOfDax, seenDaxes } from './names.ts';

/** cxl list and daxctl list on a host of the fabric (ndctl 85; extents with -N and uuids: DCD series v7 of ndctl). */
type Json = { [key: string]: JsonValue };
const BLOCK = 128 * 2 ** 20;
const DAX_ALIGN = 2 * 2 ** 20;

export function cxlList(world: World, peer: PeerRecord, words: readonly string[]): ToolResult {
	const options = readOptions(words, [...LIST_OPTIONS, flag('N', 'extents')]);
	if (typeof options === 'string') return { rc: 129, messages: [options] };
	const extents = has(options, 'extents');
	const flags = extents
		? { ...options.flags, regions: 1, memdevs: options.flags['memdevs'] ?? Number(wantsNothing(options)) }
		: options.flags;
	const result = listWith(world, asLinux(world, peer), { ...options, flags });
	const show = { human: has(options, 'human'), dax: has(options, 'dax') || (options.flags['verbose'] ?? 0) >= 3, extents };
	return result.json === undefined ? result : { ...result, json: dressed(world, peer, result.json, show) };
}

const wantsNothing = (options: Options): boolean =>
	!['memdevs', 'buses', 'ports', 'endpoints', 'decoders', 'regions'].some((name) => has(options, name)) &&
	!['memdev', 'serial', 'bus', 'port', 'endpoint', 'decoder', 'region'].some((name) => options.values[name] !== undefined);

interface Dress {
	readonly human: boolean;
	readonly dax: boolean;
	readonly extents: boolean;
}

/** One region as create-region prints it. */
export function regionJson(world: World, peer: PeerRecord, index: number, human: boolean): JsonValue {
	const cxl = asLinux(world, peer);
	const region = cxl.regions.find((each) => each.id === index);
	if (!region) return null;
	const show = { human, targets: true, dax: false, partition: false, firmware: false, alerts: false };
	return dressed(world, peer, regionObject(world, cxl, region, show), { human, dax: false, extents: false });
}

/** What dynamic capacity adds to the objects, and what no fabric of ours has. */
function dressed(world: World, peer: PeerRecord, value: JsonValue, show: Dress): JsonValue {
	if (Array.isArray(value)) return value.map((each) => dressed(world, peer, each as JsonValue, show));
	if (typeof value !== 'object' || value === null) return value;
	const json: Json = {};
	for (const [name, item] of Object.entries(value)) json[name] = dressed(world, peer, item as JsonValue, show);
	if ('memdev' in json && 'host' in json && 'serial' in json) return memdevDressed(world, peer, json, show);
	if ('region' in json && 'decode_state' in json) return regionDressed(world, peer, json, show);
	if ('decoder' in json) {
		if (json['mode'] === 'ram') json['mode'] = 'dynamic_ram_1';
		delete json['pmem_capable'];
		delete json['accelmem_capable'];
	}
	return json;
}

function memdevDressed(world: World, peer: PeerRecord, json: Json, { human }: Dress): Json {
	const found = memdevsOf(world, peer).find((memdev) => `mem${memdev.id}` === json['memdev']);
	const dynamic = found?.logical.regions.reduce((sum, region) => sum + region.bytes, 0) ?? 0;
	const { memdev, ram_size, pmem_size, ...rest } = json;
	// What QEMU's firmware and health commands say is not said of a device of the standard.
	if (found?.record.profile !== 'qemu111') for (const name of ['alert_config', 'firmware']) delete rest[name];
	return {
		memdev: memdev as JsonValue,
		...(pmem_size === undefined ? {} : { pmem_size }),
		...(ram_size === undefined ? {} : { ram_size }),
		...(dynamic > 0 ? { dynamic_ram_1_size: size(dynamic, human) } : {}),
		...rest
	};
}

function regionDressed(world: World, peer: PeerRecord, json: Json, show: Dress): Json {
	delete json['type'];
	delete json['qos_class_mismatch'];
	const index = Number(String(json['region']).slice('region'.length));
	if (show.dax)
		json['daxregion'] = daxRegion(
			world,
			peer,
			index,
			show.human,
			seenDaxes(peer).filter((dax) => regionOfDax(world, peer, dax) === index)
		);
	if (show.extents) json['extents'] = extentsIn(world, peer, index, show.human);
	return json;
}

/** Accepted extents of a region by their offset in it: device addresses of a 1-way region, as the series has them. */
function extentsIn(world: World, peer: PeerRecord, window: number, human: boolean): Json[] {
	const base = peer.windows[window]?.baseHpa ?? 0;
	return memdevsOf(world, peer).flatMap(({ device, ld }) =>
		extentsOf(world, device, ld)
			.filter((extent) => windowOfDpa(world, peer, device, ld, extent.dpa) === window)
			.map((extent): Json => {
				const tag = tagText(world, extent.tagId);
				const at = (hpaOf(world, peer.id, device, ld, extent.dpa) ?? base) - base;
				return { offset: hex(at, human), length: size(extent.bytes, human), ...(tag === '' ? {} : { uuid: tag }) };
			})
			.sort((a, b) => Number(a['offset']) - Number(b['offset']))
	);
}

function daxRegion(world: World, peer: PeerRecord, index: number, human: boolean, daxes: readonly DaxRecord[]): Json {
	const used = daxes.reduce((sum, dax) => sum + dax.bytes, 0);
	const accepted = extentsBytes(world, peer, index);
	return {
		id: index,
		size: size(peer.windows[index]?.bytes ?? 0, human),
		...(accepted > used ? { available_size: size(accepted - used, human) } : {}),
		align: DAX_ALIGN,
		devices: daxes.map((dax) => daxObject(world, peer, dax, human, false))
	};
}

function extentsBytes(world: World, peer: PeerRecord, window: number): number {
	return memdevsOf(world, peer).reduce(
		(sum, { device, ld }) =>
			sum +
			extentsOf(world, device, ld).reduce(
				(own, extent) => own + (windowOfDpa(world, peer, device, ld, extent.dpa) === window ? extent.bytes : 0),
				0
			),
		0
	);
}

export function daxObject(world: World, peer: PeerRecord, dax: DaxRecord, human: boolean, mappings: boolean): Json {
	const ram = isSystemRam(dax);
	const json: Json = {
		chardev: dax.id,
		size: size(dax.bytes, human),
		target_node: 1 + Math.max(0, windowOfDpa(world, peer, deviceOfDax(world, dax), dax.ld, dax.pieces[0]?.dpa ?? -1)),
		align: size(DAX_ALIGN, human),
		mode: ram ? 'system-ram' : dax.use === 'famfs' ? 'famfs' : 'devdax'
	};
	if (ram) {
		const blocks = Math.floor(dax.bytes / BLOCK);
		json['online_memblocks'] = blocks;
		json['total_memblocks'] = blocks;
		json['movable'] = dax.use === 'system-ram';
	}
	if (dax.disabled) json['state'] = 'disabled';
	if (dax.tag !== '') json['uuid'] = dax.tag;
	if (mappings) json['mappings'] = mappingsOf(world, peer, dax, human);
	return json;
}

/** Ranges of host addresses in the order of their page offsets; what no decoder maps has none. */
function mappingsOf(world: World, peer: PeerRecord, dax: DaxRecord, human: boolean): Json[] {
	const device = deviceOfDax(world, dax);
	let offset = 0;
	return dax.pieces.flatMap((piece): Json[] => {
		const start = hpaOf(world, peer.id, device, dax.ld, piece.dpa);
		const at = offset;
		offset += piece.bytes / 4096;
		return start === null
			? []
			: [
					{
						page_offset: hex(at, human),
						start: hex(start, human),
						end: hex(start + piece.bytes - 1, human),
						size: size(piece.bytes, human)
					}
				];
	});
}

const DAX_LIST_OPTIONS = [
	valued('r', 'region'),
	valued('d', 'dev'),
	flag('D', 'devices'),
	flag('R', 'regions'),
	flag('M', 'mappings'),
	flag('i', 'idle'),
	flag('u', 'human')
];

export function daxList(world: World, peer: PeerRecord, words: readonly string[]): ToolResult {
	const options = readOptions(words, DAX_LIST_OPTIONS);
	if (typeof options === 'string') return { rc: 129, messages: [options] };
	const { values } = options;
	const human = has(options, 'human');
	const regions = has(options, 'regions') || (!has(options, 'devices') && values['region'] !== undefined);
	const mine = seenDaxes(peer).map((dax) => ({ dax, region: regionOfDax(world, peer, dax) }));
	const found: JsonValue[] = regions
		? [...new Set(mine.map(({ region }) => region))]
				.sort((a, b) => a - b)
				.filter((region) => nameMatches(values['region'], String(region), `dax_region${region}`))
				.map((region) =>
					daxRegion(
						world,
						peer,
						region,
						human,
						mine.filter((each) => each.region === region).map(({ dax }) => dax)
					)
				)
		: mine
				.filter(({ dax, region }) => nameMatches(values['dev'], dax.id) && nameMatches(values['region'], String(region)))
				.map(({ dax }) => daxObject(world, peer, dax, human, has(options, 'mappings')));
	if (found.length === 0) return { rc: 0, messages: [] };
	return { rc: 0, messages: [], json: human && found.length === 1 ? (found[0] as JsonValue) : found };
}
