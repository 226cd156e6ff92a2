import { onlineMemoryBlock } from '../../mm/blocks/online.ts';
import { osRecord } from '../../mm/os/os.ts';
import type { CxlRecord, DaxDeviceRecord } from '../../state/cxl-records.ts';
import type { JsonValue } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';
import { bindDax, blocksOfDax, daxName, onlineBlocksOf, unbindDax } from '../dax.ts';
import { blockState } from '../../mm/blocks/sections.ts';
import { regionById } from '../find.ts';
import { createDax, destroyDax, resizeDax } from './dax-space.ts';
import { ALREADY, type Answer, type Output } from './jobs.ts';
import { daxesOf, daxObject, daxRegionObject } from './objects.ts';
import { nameMatches } from './list.ts';
import { has, parseSize, type Options } from './options.ts';
import { errorText, exitOf, plural, type ToolResult } from './result.ts';

/** Verbs of daxctl that end at once (ndctl 85: daxctl/device.c, daxctl/list.c). */

/** Devices in the order of their regions. */
export const allDaxes = (cxl: CxlRecord): DaxDeviceRecord[] =>
	[...cxl.regions].sort((a, b) => a.id - b.id).flatMap((region) => daxesOf(cxl, region));

export function daxList(world: World, cxl: CxlRecord | null, options: Options): ToolResult {
	const regions = has(options, 'regions') || (!has(options, 'devices') && options.values['region'] !== undefined);
	const devices = has(options, 'devices') || !regions;
	const show = { human: has(options, 'human'), mappings: has(options, 'mappings'), devices };
	const found: JsonValue[] = [];
	for (const region of [...(cxl?.regions ?? [])].sort((a, b) => a.id - b.id)) {
		if (cxl === null || !region.enabled || region.mode !== 'ram') continue;
		if (!nameMatches(options.values['region'], String(region.id), `dax_region${region.id}`)) continue;
		if (regions) found.push(daxRegionObject(world, cxl, region, show, true));
		else
			for (const dax of daxesOf(cxl, region))
				if ((dax.bytes > 0 || has(options, 'idle')) && nameMatches(options.values['dev'], daxName(dax)))
					found.push(daxObject(world, cxl.os, dax, show));
	}
	if (found.length === 0) return { rc: 0, messages: [] };
	return { rc: 0, messages: [], json: show.human && found.length === 1 ? (found[0] as JsonValue) : found };
}

export type DaxVerb = 'online-memory' | 'enable-device' | 'disable-device' | 'destroy-device' | 'to-system-ram' | 'resize';

export function daxStep(world: World, cxl: CxlRecord, verb: DaxVerb, dax: DaxDeviceRecord, options: Options, out: Output): Answer {
	const name = daxName(dax);
	switch (verb) {
		case 'online-memory':
			if (dax.driver !== 'kmem') {
				out.messages.push(`${name}: memory operations are not applicable in devdax mode`);
				return 'ENXIO';
			}
			return online(world, cxl, dax, options, out);
		case 'enable-device':
		case 'disable-device':
			if (dax.driver === 'kmem') {
				out.messages.push(`${name}: status operations are only applicable in devdax mode`);
				return 'ENXIO';
			}
			if (verb === 'disable-device') unbindDax(world, cxl, dax);
			else if (dax.driver === 'none') return enable(world, cxl, dax, out);
			return null;
		case 'destroy-device':
			return destroyDax(world, cxl, dax, has(options, 'force'), out);
		case 'resize':
			return resizeDax(cxl, dax, parseSize(options.values['size'] ?? '') ?? -1);
		case 'to-system-ram':
			return toSystemRam(world, cxl, dax, options, out);
	}
}

function enable(world: World, cxl: CxlRecord, dax: DaxDeviceRecord, out: Output): Answer {
	const refused = bindDax(world, cxl, dax, 'device_dax');
	if (refused !== null) out.messages.push(`${daxName(dax)}: enable failed: ${errorText(refused)}`);
	return refused;
}

/** dev_online_memory: as movable unless --no-movable. */
function online(world: World, cxl: CxlRecord, dax: DaxDeviceRecord, options: Options, out: Output): Answer {
	const name = daxName(dax);
	const blocks = blocksOfDax(world, cxl.os, dax);
	const on = onlineBlocksOf(world, cxl.os, dax).length;
	if (on > 0)
		out.messages.push(
			`${name}:`,
			'  WARNING: detected a race while onlining memory',
			'  Some memory may not be in the expected zone. It is',
			'  recommended to disable any other onlining mechanisms,',
			'  and retry. If onlining is to be left to other agents,',
			'  use the --no-online option to suppress this warning'
		);
	if (on === blocks.length) {
		out.messages.push(`${name}: all memory sections (${on}) already online`);
		return ALREADY;
	}
	if (on > 0) out.messages.push(`${name}: ${plural(on, 'memory section')} already online`);
	for (const id of blocks) {
		if (blockState(world, cxl.os, id) !== 'offline') continue;
		const refused = onlineMemoryBlock(world, cxl.os, id, has(options, 'no-movable') ? 'online' : 'online_movable');
		if (refused === null) continue;
		out.messages.push(`${name}: failed to online memory: ${errorText(refused)}`);
		return refused;
	}
	return null;
}

/** reconfig_mode_system_ram: refused where the kernel itself would online the blocks, as it may do so in another zone. */
function toSystemRam(world: World, cxl: CxlRecord, dax: DaxDeviceRecord, options: Options, out: Output): Answer {
	const name = daxName(dax);
	const noOnline = has(options, 'no-online');
	const automatic = osRecord(world, cxl.os).settings.autoOnline.startsWith('online');
	if ((noOnline || !has(options, 'no-movable')) && !has(options, 'force') && automatic) {
		out.messages.push(`${name}: error: kernel policy will auto-online memory, aborting`);
		return 'EBUSY';
	}
	if (dax.driver !== 'kmem') {
		unbindDax(world, cxl, dax);
		const refused = bindDax(world, cxl, dax, 'kmem');
		if (refused !== null) return refused;
	}
	const answer = noOnline ? null : online(world, cxl, dax, options, out);
	if (answer !== null && answer !== ALREADY) return answer;
	out.objects.push(daxObject(world, cxl.os, dax, { human: has(options, 'human'), mappings: false, devices: true }));
	return null;
}

/** daxctl create-device: what is free in a region, or so much of it. */
export function createDevice(world: World, cxl: CxlRecord | null, options: Options): ToolResult {
	const objects: JsonValue[] = [];
	let errno: string | null = 'ENXIO';
	for (const region of cxl?.regions.filter((each) => each.enabled && each.mode === 'ram') ?? []) {
		if (cxl === null || !nameMatches(options.values['region'], String(region.id), `dax_region${region.id}`)) continue;
		const wanted = options.values['size'] === undefined ? -1 : (parseSize(options.values['size']) ?? 0);
		const made = createDax(cxl, regionById(cxl, region.id) as typeof region, wanted);
		errno = typeof made === 'string' ? made : bindDax(world, cxl, made, 'device_dax');
		if (typeof made !== 'string' && errno === null)
			objects.push(daxObject(world, cxl.os, made, { human: has(options, 'human'), mappings: false, devices: true }));
	}
	const messages = errno === null ? [] : [`error creating devices: ${errorText(errno)}`];
	messages.push(`created ${plural(objects.length, 'device')}`);
	const rc = errno === null ? 0 : exitOf(errno);
	return objects.length === 0 ? { rc, messages } : { rc, messages, json: objects };
}
