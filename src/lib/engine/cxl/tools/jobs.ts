import type { CxlRecord, CxlRegionRecord, DaxDeviceRecord } from '../../state/cxl-records.ts';
import type { JsonValue } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';
import { bindDax, blocksOfDax, daxByName, onlineBlocksOf, unbindDax } from '../dax.ts';
import { setDpaSize } from '../dpa.ts';
import { bindRegion, unbindRegion, uncommitRegion } from '../driver.ts';
import { decoderAt, decoderName, regionName } from '../find.ts';
import { deleteRegion, detachTarget, regionByName } from '../region.ts';
import { daxName } from '../dax.ts';
import { daxObject } from './objects.ts';
import { errorText } from './result.ts';

/**
 * Verbs that work on several things one after the other and may have to wait for memory blocks to go offline: of cxl (ndctl 85,
 * cxl/region.c) and of daxctl (daxctl/device.c). Before the blocks, after the blocks; who moves the blocks is not known here.
 */
export type Verb = 'enable-region' | 'disable-region' | 'destroy-region' | 'offline-memory' | 'to-devdax';

export interface JobOptions {
	readonly force: boolean;
	readonly human: boolean;
}
/** What a step answers: errno; null when it went well; 'already' when there was nothing to do (the tool then returns 1). */
export type Answer = string | null;
export const ALREADY = 'already';

/** Lines on standard error, objects on standard output. */
export interface Output {
	readonly messages: string[];
	readonly objects: JsonValue[];
}

/** `offline`: these devices' blocks must go first, in this order. */
export type Before = { readonly offline: readonly string[] } | { readonly answer: Answer };

export function before(world: World, cxl: CxlRecord, verb: Verb, item: string, options: JobOptions, out: Output): Before {
	if (verb === 'offline-memory' || verb === 'to-devdax') {
		const dax = daxByName(cxl, item);
		return dax === null ? { answer: 'ENXIO' } : beforeDax(world, cxl, verb, dax, options, out);
	}
	const region = regionByName(cxl, item);
	if (region === null) return { answer: 'ENXIO' };
	if (verb === 'enable-region') return { answer: enable(world, cxl, region, out) };
	if (verb === 'destroy-region' && region.enabled && !options.force) {
		out.messages.push(`cxl region: destroy_region: ${item} active. Disable it or use --force`);
		return { answer: 'EBUSY' };
	}
	const offline = region.enabled
		? cxl.daxes.filter((dax) => dax.region === region.id && onlineBlocksOf(world, cxl.os, dax).length > 0).map(daxName)
		: [];
	return offline.length > 0 ? { offline } : { answer: finishRegion(world, cxl, verb, region, [], options, out) };
}

function beforeDax(world: World, cxl: CxlRecord, verb: Verb, dax: DaxDeviceRecord, options: JobOptions, out: Output): Before {
	const name = daxName(dax);
	if (verb === 'offline-memory') {
		if (dax.driver !== 'kmem') {
			out.messages.push(`${name}: memory operations are not applicable in devdax mode`);
			return { answer: 'ENXIO' };
		}
		const already = tellOffline(world, cxl, dax, out);
		return already ? { answer: ALREADY } : { offline: [name] };
	}
	if (dax.driver === 'kmem' && options.force && !tellOffline(world, cxl, dax, out)) return { offline: [name] };
	return { answer: finishDevdax(world, cxl, dax, options, out) };
}

/** dev_offline_memory: what is offline already is told; true when that is everything. */
function tellOffline(world: World, cxl: CxlRecord, dax: DaxDeviceRecord, out: Output): boolean {
	const total = blocksOfDax(world, cxl.os, dax).length;
	const off = total - onlineBlocksOf(world, cxl.os, dax).length;
	const name = daxName(dax);
	if (off === total) out.messages.push(`${name}: all memory sections (${total}) already offline`);
	else if (off > 0) out.messages.push(`${name}: ${off} memory section${off === 1 ? '' : 's'} already offline`);
	return off === total;
}

export interface OfflineFailure {
	readonly dax: string;
	readonly block: number;
	readonly errno: string;
}

/** After the blocks: all went, or some did not. */
export function after(
	world: World,
	cxl: CxlRecord,
	verb: Verb,
	item: string,
	failures: readonly OfflineFailure[],
	options: JobOptions,
	out: Output
): Answer {
	for (const { dax, block, errno } of failures) {
		const node = daxByName(cxl, dax)?.node ?? 0;
		const path = `/sys/devices/system/node/node${node}/memory${block}/state`;
		out.messages.push(`libdaxctl: offline_one_memblock: ${dax}: Failed to offline ${path}: ${errorText(errno)}`);
	}
	if (verb === 'offline-memory' || verb === 'to-devdax') {
		const dax = daxByName(cxl, item);
		if (dax === null) return 'ENXIO';
		const failure = failures[0];
		if (failure !== undefined) {
			out.messages.push(`${item}: failed to offline memory: ${errorText(failure.errno)}`);
			return failure.errno;
		}
		return verb === 'to-devdax' ? finishDevdax(world, cxl, dax, options, out) : null;
	}
	const region = regionByName(cxl, item);
	return region === null ? 'ENXIO' : finishRegion(world, cxl, verb, region, failures, options, out);
}

/** disable_region, and for destroy-region what follows. */
function finishRegion(
	world: World,
	cxl: CxlRecord,
	verb: Verb,
	region: CxlRegionRecord,
	failures: readonly OfflineFailure[],
	options: JobOptions,
	out: Output
): Answer {
	const name = regionName(region);
	for (const { dax, errno } of failures) {
		out.messages.push(`cxl region: disable_region: ${name}: unable to offline ${dax}: ${errorText(errno)}`);
		if (!options.force) return errno;
	}
	if (failures.length > 0)
		out.messages.push(
			`cxl region: disable_region: ${name}: Forcing region disable without successful offline.`,
			`cxl region: disable_region: ${name}: Physical address space has now been permanently leaked.`,
			`cxl region: disable_region: ${name}: Leaked address cannot be recovered until a reboot.`
		);
	unbindRegion(world, cxl, region);
	return verb === 'destroy-region' ? destroy(world, cxl, region, out) : null;
}

/** destroy_region, from the reset of the decoders on. */
function destroy(world: World, cxl: CxlRecord, region: CxlRegionRecord, out: Output): Answer {
	const name = regionName(region);
	uncommitRegion(world, cxl, region);
	if (region.ways === 0) {
		out.messages.push(`cxl region: destroy_region: ${name}: error getting interleave ways`);
		return 'ENXIO';
	}
	for (let position = 0; position < region.ways; position += 1) {
		const index = region.targets[position] ?? -1;
		if (index < 0) return 'ENXIO';
		detachTarget(cxl, region, position);
		const decoder = decoderAt(cxl, index);
		const refused = setDpaSize(cxl, decoder, 0);
		if (refused === null) continue;
		out.messages.push(`cxl region: destroy_region: ${decoderName(cxl, decoder)}: set_dpa_size failed: ${errorText(refused)}`);
		return refused;
	}
	deleteRegion(cxl, region);
	return null;
}

function enable(world: World, cxl: CxlRecord, region: CxlRegionRecord, out: Output): Answer {
	if (region.enabled) return null;
	if (bindRegion(world, cxl, region) === null) return null;
	out.messages.push(`libcxl: cxl_region_enable: ${regionName(region)}: failed to enable`);
	return 'ENXIO';
}

/** reconfig_mode_devdax. */
function finishDevdax(world: World, cxl: CxlRecord, dax: DaxDeviceRecord, options: JobOptions, out: Output): Answer {
	const tell = (): null => {
		out.objects.push(daxObject(world, cxl.os, dax, { human: options.human, mappings: false, devices: true }));
		return null;
	};
	if (dax.driver === 'device_dax') return tell();
	if (dax.driver === 'kmem') {
		if (onlineBlocksOf(world, cxl.os, dax).length > 0) return 'EBUSY';
		unbindDax(world, cxl, dax);
	}
	const refused = bindDax(world, cxl, dax, 'device_dax');
	return refused ?? tell();
}
