import type { CxlDecoderRecord, CxlRecord, CxlRegionRecord } from '../state/cxl-records.ts';
import type { World } from '../state/world.ts';
import { commitRegion } from './commit.ts';
import { bindDax, daxByName, unbindDax } from './dax.ts';
import { setDpaSize, setMode } from './dpa.ts';
import { attachLogged, bindRegion, unbindRegion, uncommitRegion } from './driver.ts';
import { decoderAt, decoderByName, decoderName, portAt } from './find.ts';
import { createRegion, deleteRegion, detachTarget, regionByName, setGranularity, setSize, setUuid, setWays } from './region.ts';

/**
 * Writes below /sys/bus/cxl and /sys/bus/dax (Linux 7.2 drivers/cxl/core/port.c and region.c, drivers/dax/bus.c): null, an errno,
 * or undefined for a path that none of these files has.
 */
export function writeCxlFile(world: World, cxl: CxlRecord, path: string, value: string): string | null | undefined {
	const device = /^\/sys\/bus\/cxl\/devices\/([^/]+)\/([^/]+)$/.exec(path);
	if (device) return writeDevice(world, cxl, device[1] as string, device[2] as string, value);
	const cxlDriver = /^\/sys\/bus\/cxl\/drivers\/cxl_region\/(bind|unbind)$/.exec(path);
	if (cxlDriver) return regionDriver(world, cxl, cxlDriver[1] as string, value.trim());
	const daxDriver = /^\/sys\/bus\/dax\/drivers\/(device_dax|kmem)\/(bind|unbind)$/.exec(path);
	if (daxDriver) return daxDriverFile(world, cxl, daxDriver[1] as 'kmem', daxDriver[2] as string, value.trim());
	return undefined;
}

/** kstrtoull with base 0: digits, hexadecimal with 0x, octal with a leading 0; null: EINVAL. */
function readNumber(value: string): number | null {
	const text = value.replace(/\n$/, '');
	if (/^0[0-7]+$/.test(text)) return parseInt(text, 8);
	if (!/^\+?(0x[0-9a-f]+|\d+)$/i.test(text)) return null;
	const number = Number(text.replace(/^\+/, ''));
	return Number.isSafeInteger(number) ? number : null;
}

/** kstrtobool. */
function readBool(value: string): boolean | null {
	const text = value.trim().toLowerCase();
	if (/^(y|t|1|on)/.test(text)) return true;
	return /^(n|f|0|of)/.test(text) ? false : null;
}

function writeDevice(world: World, cxl: CxlRecord, device: string, file: string, value: string): string | null | undefined {
	const region = regionByName(cxl, device);
	if (region !== null) return writeRegion(world, cxl, region, file, value);
	const index = decoderByName(cxl, device);
	if (index < 0) return 'ENOENT';
	const decoder = decoderAt(cxl, index);
	const { kind } = portAt(cxl, decoder.port);
	if (kind === 'root') return writeRoot(world, cxl, index, file, value);
	return kind === 'endpoint' ? writeEndpoint(cxl, decoder, file, value) : readOnly(file, SWITCH_FILES);
}

function writeRoot(world: World, cxl: CxlRecord, index: number, file: string, value: string): string | null {
	if (file === 'create_ram_region') return createRegion(cxl, index, 'ram', value);
	if (file === 'create_pmem_region') return createRegion(cxl, index, 'pmem', value);
	if (file !== 'delete_region') return readOnly(file, ROOT_FILES);
	const region = regionByName(cxl, value.trim());
	if (region === null || region.root !== index) return 'ENODEV';
	unbindRegion(world, cxl, region);
	deleteRegion(cxl, region);
	return null;
}

function writeEndpoint(cxl: CxlRecord, decoder: CxlDecoderRecord, file: string, value: string): string | null {
	if (file === 'mode') return setMode(cxl, decoder, value);
	if (file !== 'dpa_size') return readOnly(file, ENDPOINT_FILES);
	const bytes = readNumber(value);
	return bytes === null ? 'EINVAL' : setDpaSize(cxl, decoder, bytes);
}

function writeRegion(world: World, cxl: CxlRecord, region: CxlRegionRecord, file: string, value: string): string | null {
	const number = (set: (cxl: CxlRecord, region: CxlRegionRecord, value: number) => string | null): string | null => {
		const read = readNumber(value);
		return read === null ? 'EINVAL' : set(cxl, region, read);
	};
	const target = /^target(\d+)$/.exec(file);
	if (target) return Number(target[1]) < region.ways ? writeTarget(world, cxl, region, Number(target[1]), value) : 'ENOENT';
	switch (file) {
		case 'interleave_ways':
			return number(setWays);
		case 'interleave_granularity':
			return number(setGranularity);
		case 'size':
			return number(setSize);
		case 'uuid':
			return setUuid(cxl, region, value.trim());
		case 'commit': {
			const commit = readBool(value);
			if (commit === null) return 'EINVAL';
			if (commit) return commitRegion(cxl, region);
			uncommitRegion(world, cxl, region);
			return null;
		}
		default:
			return readOnly(file, REGION_FILES);
	}
}

/** An empty line takes a target away, and with it the region's driver. */
function writeTarget(world: World, cxl: CxlRecord, region: CxlRegionRecord, position: number, value: string): string | null {
	const name = value.trim();
	if (name === '') {
		const had = (region.targets[position] ?? -1) >= 0;
		detachTarget(cxl, region, position);
		if (had) unbindRegion(world, cxl, region);
		return null;
	}
	const index = decoderByName(cxl, name);
	if (index < 0) return isOnBus(cxl, name) ? 'EINVAL' : 'ENODEV';
	if (portAt(cxl, decoderAt(cxl, index).port).kind !== 'endpoint') return 'EINVAL';
	return attachLogged(world, cxl, region, index, position);
}

const isOnBus = (cxl: CxlRecord, name: string): boolean =>
	regionByName(cxl, name) !== null ||
	cxl.memdevs.some((memdev) => `mem${memdev.id}` === name) ||
	cxl.ports.some((port) => [`root${port.id}`, `port${port.id}`, `endpoint${port.id}`].includes(name));

function regionDriver(world: World, cxl: CxlRecord, verb: string, name: string): string | null {
	const region = regionByName(cxl, name);
	if (region === null) return 'ENODEV';
	if (verb === 'bind') return bindRegion(world, cxl, region);
	if (!region.enabled) return 'ENODEV';
	unbindRegion(world, cxl, region);
	return null;
}

function daxDriverFile(world: World, cxl: CxlRecord, driver: 'device_dax' | 'kmem', verb: string, name: string): string | null {
	const dax = daxByName(cxl, name);
	if (dax === null) return 'ENODEV';
	if (verb === 'bind') return bindDax(world, cxl, dax, driver);
	if (dax.driver !== driver) return 'ENODEV';
	unbindDax(world, cxl, dax);
	return null;
}

const COMMON = ['start', 'size', 'locked', 'interleave_granularity', 'interleave_ways', 'devtype', 'modalias'];
const SWITCH_FILES = [...COMMON, 'target_type', 'target_list', 'region'];
const ENDPOINT_FILES = [...COMMON, 'target_type', 'dpa_resource', 'region'];
const ROOT_FILES = [...COMMON, 'cap_pmem', 'cap_ram', 'cap_type2', 'cap_type3', 'target_list', 'qos_class'];
const REGION_FILES = ['resource', 'mode', 'locked', 'devtype', 'modalias'];
const readOnly = (file: string, files: readonly string[]): string => (files.includes(file) ? 'EACCES' : 'ENOENT');

const WRITABLE_REGION = ['commit', 'interleave_ways', 'interleave_granularity', 'size'];

/** Files of a device that have a text here, and whether a write to one means something. */
export function cxlFiles(cxl: CxlRecord, device: string): { readonly name: string; readonly writable: boolean }[] {
	const region = regionByName(cxl, device);
	const list = (readable: readonly string[], writable: readonly string[]): { name: string; writable: boolean }[] =>
		[...readable.map((name) => ({ name, writable: false })), ...writable.map((name) => ({ name, writable: true }))].filter(
			({ name, writable }) => writable || readCxlFile(cxl, `/sys/bus/cxl/devices/${device}/${name}`) !== null
		);
	if (region !== null) {
		const targets = region.targets.map((_, position) => `target${position}`);
		const uuid = region.mode === 'pmem';
		return list(['resource', 'mode', 'locked', ...(uuid ? [] : ['uuid'])], [...WRITABLE_REGION, ...targets, ...(uuid ? ['uuid'] : [])]);
	}
	const index = decoderByName(cxl, device);
	if (index < 0) return list(['decoders_committed'], []);
	const { kind } = portAt(cxl, decoderAt(cxl, index).port);
	if (kind === 'root') return list(ROOT_FILES, ['create_ram_region', 'create_pmem_region', 'delete_region']);
	return kind === 'endpoint' ? list(ENDPOINT_FILES, ['mode', 'dpa_size']) : list(SWITCH_FILES, []);
}

/** What reading a file of a decoder, region or port gives, without the line's end; null where there is none. */
export function readCxlFile(cxl: CxlRecord, path: string): string | null {
	const match = /^\/sys\/bus\/cxl\/devices\/([^/]+)\/([^/]+)$/.exec(path);
	if (!match) return null;
	const [, device = '', file = ''] = match;
	const region = regionByName(cxl, device);
	if (region !== null) return readRegion(cxl, region, file);
	const index = decoderByName(cxl, device);
	if (index >= 0) return readDecoder(cxl, decoderAt(cxl, index), file);
	const port = cxl.ports.find((each) => `${each.kind === 'endpoint' ? 'endpoint' : 'port'}${each.id}` === device);
	return port !== undefined && file === 'decoders_committed' ? String(port.commitEnd + 1) : null;
}

const hex = (value: number): string => (value === 0 ? '0' : `0x${value.toString(16)}`);
/** -1 as 64 bits: no address. */
const NO_ADDRESS = '0xffffffffffffffff';

function readRegion(cxl: CxlRecord, region: CxlRegionRecord, file: string): string | null {
	const target = /^target(\d+)$/.exec(file);
	if (target) {
		const index = region.targets[Number(target[1])];
		if (index === undefined) return null;
		return index < 0 ? '' : decoderName(cxl, decoderAt(cxl, index));
	}
	const files: Readonly<Record<string, string>> = {
		interleave_ways: String(region.ways),
		interleave_granularity: String(region.granularityBytes),
		size: hex(region.bytes),
		resource: region.bytes === 0 ? NO_ADDRESS : hex(region.start),
		mode: region.mode,
		commit: region.state === 'commit' ? '1' : '0',
		uuid: region.uuid,
		locked: '0'
	};
	return files[file] ?? null;
}

function readDecoder(cxl: CxlRecord, decoder: CxlDecoderRecord, file: string): string | null {
	const { kind } = portAt(cxl, decoder.port);
	const files: Record<string, string> = {
		start: decoder.bytes === 0 && kind === 'endpoint' ? '0' : hex(decoder.start),
		size: hex(decoder.bytes),
		interleave_ways: String(decoder.ways),
		interleave_granularity: String(decoder.granularityBytes),
		locked: '0'
	};
	if (kind === 'root') {
		const next = `region${decoder.region}`;
		Object.assign(files, {
			create_ram_region: next,
			create_pmem_region: next,
			cap_pmem: '1',
			cap_ram: '1',
			cap_type2: '1',
			cap_type3: '1'
		});
	}
	if (kind !== 'endpoint') files['target_list'] = decoder.targets.slice(0, decoder.ways).join(',');
	if (kind !== 'root') files['region'] = decoder.region < 0 ? '' : `region${decoder.region}`;
	if (kind === 'endpoint') {
		files['mode'] = decoder.mode;
		files['dpa_size'] = `0x${decoder.dpaBytes.toString(16).padStart(16, '0')}`;
		files['dpa_resource'] = decoder.dpaBytes === 0 ? NO_ADDRESS : hex(decoder.dpaStart);
	}
	return files[file] ?? null;
}
