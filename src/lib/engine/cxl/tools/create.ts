import type { CxlMemdevRecord, CxlRecord, CxlRegionRecord } from '../../state/cxl-records.ts';
import type { World } from '../../state/world.ts';
import { commitRegion } from '../commit.ts';
import { setDpaSize, setMode } from '../dpa.ts';
import { attachLogged, bindRegion } from '../driver.ts';
import { decoderAt, decoderName, decodersOf, memdevName, portAt, portName, regionName } from '../find.ts';
import { inDirectoryOrder } from '../kernfs.ts';
import { createRegion, deleteRegion, regionByName, setGranularity, setSize, setUuid, setWays } from '../region.ts';
import { nameMatches, reaches } from './list.ts';
import { largestExtent, regionObject } from './objects.ts';
import { flag, has, parseSize, readOptions, valued, type Options } from './options.ts';
import { errorText, plural, type ToolResult } from './result.ts';

/** cxl create-region (ndctl 85, cxl/region.c): what it checks itself, then the files of sysfs in its order. */

export const CREATE_OPTIONS = [
	valued('b', 'bus'),
	valued('d', 'decoder'),
	valued('s', 'size'),
	valued('w', 'ways'),
	valued('g', 'granularity'),
	valued('t', 'type'),
	valued('U', 'uuid'),
	flag('m', 'memdevs'),
	flag('u', 'human'),
	flag('Q', 'enforce-qos'),
	flag('', 'debug')
];
const UNIT = 256 * 2 ** 20;

export interface Request {
	readonly memdevs: readonly CxlMemdevRecord[];
	readonly decoder: string;
	readonly mode: 'ram' | 'pmem' | null;
	readonly bytes: number;
	readonly ways: number;
	/** 0: as the root decoder's. */
	readonly granularity: number;
	readonly uuid: string;
}

/** A line of the tool's own log. */
export interface Refusal {
	readonly refused: string;
}
export const refuse = (where: string, text: string): Refusal => ({ refused: `cxl region: ${where}: ${text}` });
export const isRefusal = (value: unknown): value is Refusal => typeof value === 'object' && value !== null && 'refused' in value;

export function createCommand(world: World, cxl: CxlRecord | null, words: readonly string[]): ToolResult {
	const options = readOptions(words, CREATE_OPTIONS);
	if (typeof options === 'string') return { rc: 129, messages: [options] };
	const request = readRequest(cxl, options);
	const made = isRefusal(request) ? request : create(world, cxl as CxlRecord, request);
	const counted = (count: number): string => `cxl region: cmd_create_region: created ${plural(count, 'region')}`;
	if (isRefusal(made)) return { rc: 1, messages: [made.refused, counted(0)] };
	const show = { human: has(options, 'human'), targets: true, dax: false, partition: false, firmware: false, alerts: false };
	return { rc: 0, messages: [counted(1)], json: regionObject(world, cxl as CxlRecord, made, show) };
}

/** parse_create_options. */
export function readRequest(cxl: CxlRecord | null, options: Options): Request | Refusal {
	const { values } = options;
	const decoder = values['decoder'];
	if (decoder === undefined) return refuse('parse_create_options', 'no root decoder specified');
	const names = options.rest.flatMap((word) => word.split(/[\s,]+/)).filter((word) => word !== '');
	if (names.length > 0 && !has(options, 'memdevs'))
		return refuse('parse_create_options', 'must specify option for target object types (-m)');
	const memdevs = cxl === null ? [] : collect(cxl, decoder, names);
	if (memdevs.length === 0)
		return refuse('collect_memdevs', `no active memdevs found: decoder: ${decoder} filter: ${names.length > 0 ? names.join(',') : 'none'}`);
	const type = values['type'];
	if (type === 'ram' && values['uuid'] !== undefined) return refuse('parse_create_options', "can't set UUID for ram / volatile regions");
	if (type !== undefined && type !== 'ram' && type !== 'volatile' && type !== 'pmem')
		return refuse('parse_create_options', `unsupported type: ${type}`);
	const bytes = values['size'] === undefined ? 0 : parseSize(values['size']);
	if (bytes === null) return refuse('parse_create_options', `Invalid size: ${String(values['size'])}`);
	const ways = waysOf(values['ways'], names.length, memdevs.length);
	if (isRefusal(ways)) return ways;
	const granularity = values['granularity'] === undefined ? 0 : Math.trunc(Number(values['granularity']));
	if (values['granularity'] !== undefined && !(granularity > 0))
		return refuse('parse_create_options', `Invalid interleave granularity: ${Number.isNaN(granularity) ? 0 : granularity}`);
	if (bytes > 0 && bytes % ways !== 0)
		return refuse('parse_create_options', `size (${bytes}) is not an integral multiple of interleave-ways (${ways})`);
	const mode = type === undefined ? null : type === 'pmem' ? 'pmem' : 'ram';
	return { memdevs, decoder, mode, bytes, ways, granularity, uuid: values['uuid'] ?? '' };
}

function waysOf(word: string | undefined, named: number, found: number): number | Refusal {
	const ways = word === undefined ? (named > 0 ? named : found) : Math.trunc(Number(word));
	if (!(ways > 0)) return refuse('parse_create_options', `Invalid interleave ways: ${Number.isNaN(ways) ? 0 : ways}`);
	if (ways > found || (named > 0 && ways !== found))
		return refuse(
			'validate_ways',
			`Interleave ways ${ways} is ${ways > found ? 'greater' : 'less'} than number of memdevs ${named > 0 ? 'specified' : 'found'}: ${found}`
		);
	return ways;
}

/** Devices that the root decoder reaches, in the order that was asked for, else as a listing meets them. */
function collect(cxl: CxlRecord, decoder: string, names: readonly string[]): CxlMemdevRecord[] {
	const met: CxlMemdevRecord[] = [];
	const walk = (parent: number): void => {
		const children = cxl.ports.flatMap((port, at) => (port.parent === parent ? [at] : []));
		const inOrder = inDirectoryOrder(children, (at) => portName(portAt(cxl, at))).reverse();
		for (const at of inOrder) {
			const { kind, memdev } = portAt(cxl, at);
			if (kind === 'endpoint') met.push(cxl.memdevs[memdev] as CxlMemdevRecord);
		}
		for (const at of inOrder) if (portAt(cxl, at).kind !== 'endpoint') walk(at);
	};
	walk(0);
	const usable = met.filter((memdev) => reaches(cxl, memdev, decoder));
	if (names.length === 0) return usable;
	const place = (memdev: CxlMemdevRecord): number =>
		names.findIndex((name) => nameMatches(name, memdevName(memdev), String(memdev.id), memdev.host));
	return usable.filter((memdev) => place(memdev) >= 0).sort((a, b) => place(a) - place(b));
}

/** create_region: what was made. */
function create(world: World, cxl: CxlRecord, request: Request): CxlRegionRecord | Refusal {
	const at = cxl.decoders.findIndex(
		(decoder) => portAt(cxl, decoder.port).kind === 'root' && decoderName(cxl, decoder) === request.decoder
	);
	if (at < 0) return refuse('create_region_validate_config', `${request.decoder} not found in CXL topology`);
	const root = decoderAt(cxl, at);
	// Without a type persistent memory comes first: every window of QEMU can do both (set_type_from_decoder).
	const mode = request.mode ?? 'pmem';
	const used = request.memdevs.slice(0, request.ways);
	const sizes = used.map((memdev) => (mode === 'ram' ? memdev.ramBytes : memdev.pmemBytes));
	// collect_minsize: a size of 0 counts as not known yet.
	const least = sizes.reduce((min, bytes) => (min === 0 ? bytes : Math.min(min, bytes)), 0);
	if (request.bytes === 0 && least === 0) return refuse('create_region', 'unable to determine region size');
	const extent = largestExtent(cxl, root);
	let bytes = request.bytes > 0 ? request.bytes : least * request.ways;
	if (request.bytes > 0 && bytes > extent)
		return refuse(
			'create_region',
			`${request.decoder}: region size 0x${bytes.toString(16)} exceeds max available space (0x${extent.toString(16)})`
		);
	if (bytes > extent) bytes = Math.floor(extent / (UNIT * request.ways)) * UNIT * request.ways;
	const name = `region${root.region}`;
	createRegion(cxl, at, mode, name);
	const region = regionByName(cxl, name);
	if (region === null) return refuse('create_region', `failed to create region under ${request.decoder}`);
	const wrong = build(world, cxl, region, { ...request, bytes, memdevs: used });
	if (wrong === null) return region;
	deleteRegion(cxl, region);
	return wrong;
}

function build(world: World, cxl: CxlRecord, region: CxlRegionRecord, request: Request): Refusal | null {
	const name = regionName(region);
	const root = decoderAt(cxl, region.root);
	const { ways, bytes } = request;
	if (request.granularity > 0 && root.ways > 1 && request.granularity !== root.granularityBytes)
		return refuse(
			'cxl_region_determine_granularity',
			`${name}: For an x${root.ways} root, only root decoder granularity (${root.granularityBytes}) permitted`
		);
	const attempt = (what: string, owner: string, errno: string | null): Refusal | null =>
		errno === null ? null : refuse('create_region', `${owner}: ${what} failed: ${errorText(errno)}`);
	const first =
		attempt('set_interleave_granularity', name, setGranularity(cxl, region, request.granularity || root.granularityBytes)) ??
		attempt('set_interleave_ways', name, setWays(cxl, region, ways)) ??
		(region.mode === 'pmem' ? attempt('set_uuid', name, setUuid(cxl, region, request.uuid || nextUuid(cxl))) : null) ??
		attempt('set_size', name, setSize(cxl, region, bytes));
	if (first !== null) return first;
	for (const [position, memdev] of request.memdevs.entries()) {
		const index = decodersOf(cxl, memdev.endpoint).find((each) => decoderAt(cxl, each).bytes === 0);
		if (index === undefined) return refuse('cxl_memdev_find_decoder', `could not get a free decoder for ${memdevName(memdev)}`);
		const decoder = decoderAt(cxl, index);
		const own = decoderName(cxl, decoder);
		const prepared =
			(decoder.mode === region.mode
				? null
				: (attempt('set_dpa_size', own, setDpaSize(cxl, decoder, 0)) ?? attempt('set_mode', own, setMode(cxl, decoder, region.mode)))) ??
			attempt('set_dpa_size', own, setDpaSize(cxl, decoder, bytes / ways));
		if (prepared !== null) return prepared;
		if (attachLogged(world, cxl, region, index, position) !== null)
			return refuse('create_region', `${name}: failed to set target${position} to ${memdevName(memdev)}`);
	}
	const committed = commitRegion(cxl, region);
	if (committed !== null) return refuse('create_region', `${name}: failed to commit decode: ${errorText(committed)}`);
	const bound = bindRegion(world, cxl, region);
	return bound === null ? null : refuse('create_region', `${name}: failed to enable: ${errorText(bound)}`);
}

/** A uuid of the tool is drawn at random; here they are counted (our simplification). */
function nextUuid(cxl: CxlRecord): string {
	cxl.uuids += 1;
	return `00000000-0000-4000-8000-${cxl.uuids.toString(16).padStart(12, '0')}`;
}
