import type {
	CxlDecoderRecord,
	CxlMemdevRecord,
	CxlPortRecord,
	CxlRecord,
	CxlRegionRecord,
	DaxDeviceRecord
} from '../../state/cxl-records.ts';
import type { JsonValue } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';
import { blocksOfDax, DAX_ALIGN, daxName, isMovable, onlineBlocksOf } from '../dax.ts';
import { decoderAt, decoderName, memdevName, memdevOf, portAt, portName, regionById, regionName } from '../find.ts';
import { inDirectoryOrder } from '../kernfs.ts';
import { hex, size } from './human.ts';

/**
 * Objects of `cxl list` and `daxctl list` (ndctl 85: cxl/json.c, daxctl/json.c). Members stand in the tool's order; lists that the
 * library grows at its head come out backwards (cxl/lib/libcxl.c).
 */
export interface Show {
	readonly human: boolean;
	readonly targets: boolean;
	readonly dax: boolean;
	readonly partition: boolean;
	readonly firmware: boolean;
	readonly alerts: boolean;
}
export type Json = { [key: string]: JsonValue };

export function dportsOf(port: CxlPortRecord, show: Show): Json {
	if (port.dports.length === 0 || !show.targets) return {};
	const dports = inDirectoryOrder(port.dports, (dport) => `dport${dport.id}`).reverse();
	return {
		nr_dports: dports.length,
		dports: dports.map(({ id, name, alias }) => ({ dport: name, ...(alias === '' ? {} : { alias }), id: hex(id, show.human) }))
	};
}

export function busObject(cxl: CxlRecord, show: Show): Json {
	return { bus: 'root0', provider: 'ACPI.CXL', ...dportsOf(portAt(cxl, 0), show) };
}

export function portObject(cxl: CxlRecord, port: CxlPortRecord): Json {
	const parent = portAt(cxl, port.parent);
	let depth = 1;
	for (let at = port.parent; portAt(cxl, at).kind !== 'root'; at = portAt(cxl, at).parent) depth += 1;
	const dport = parent.kind === 'root' ? undefined : parent.dports.find((each) => each.id === port.parentDport)?.name;
	return {
		[port.kind === 'endpoint' ? 'endpoint' : 'port']: portName(port),
		host: port.host,
		...(dport === undefined ? {} : { parent_dport: dport }),
		depth,
		decoders_committed: port.commitEnd + 1
	};
}

export function decoderObject(cxl: CxlRecord, decoder: CxlDecoderRecord, show: Show): Json {
	const port = portAt(cxl, decoder.port);
	const region = port.kind === 'root' ? null : regionById(cxl, decoder.region);
	const json: Json = { decoder: decoderName(cxl, decoder) };
	if (decoder.bytes > 0) Object.assign(json, { resource: hex(decoder.start, show.human), size: size(decoder.bytes, show.human) });
	json['interleave_ways'] = decoder.ways;
	if (decoder.ways > 1) json['interleave_granularity'] = decoder.granularityBytes;
	if (region !== null) json['region'] = regionName(region);
	if (decoder.bytes === 0) json['state'] = 'disabled';
	if (port.kind === 'endpoint') {
		if (decoder.dpaBytes > 0)
			Object.assign(json, { dpa_resource: hex(decoder.dpaStart, show.human), dpa_size: size(decoder.dpaBytes, show.human) });
		if (decoder.mode !== 'none') json['mode'] = decoder.mode;
		return json;
	}
	if (port.kind === 'root')
		Object.assign(json, {
			max_available_extent: size(largestExtent(cxl, decoder), show.human),
			pmem_capable: true,
			volatile_capable: true,
			accelmem_capable: true
		});
	return { ...json, ...targetsOf(port, decoder, show) };
}

function targetsOf(port: CxlPortRecord, decoder: CxlDecoderRecord, show: Show): Json {
	const targets = decoder.targets
		.slice(0, decoder.ways)
		.map((id, position) => ({ dport: port.dports.find((each) => each.id === id), position }));
	const json: Json = { nr_targets: targets.length };
	if (!show.targets || targets.length === 0) return json;
	json['targets'] = targets.reverse().map(({ dport, position }) => ({
		target: dport?.name ?? '',
		...(dport === undefined || dport.alias === '' ? {} : { alias: dport.alias }),
		position,
		id: hex(dport?.id ?? 0, show.human)
	}));
	return json;
}

/** Largest gap between regions that have a size and are committed (libcxl, cxl_decoder_calc_max_available_extent). */
export function largestExtent(cxl: CxlRecord, root: CxlDecoderRecord): number {
	const regions = cxl.regions
		.filter((region) => decoderAt(cxl, region.root) === root && region.bytes > 0 && region.state === 'commit')
		.sort((a, b) => a.start - b.start);
	let from = root.start;
	let largest = 0;
	for (const region of regions) {
		largest = Math.max(largest, region.start - from);
		from = region.start + region.bytes;
	}
	return Math.max(largest, root.start + root.bytes - from);
}

export function memdevObject(memdev: CxlMemdevRecord, show: Show): Json {
	const { ramBytes, pmemBytes, serial, host, endpoint } = memdev;
	const json: Json = { memdev: memdevName(memdev) };
	if (pmemBytes > 0) json['pmem_size'] = size(pmemBytes, show.human);
	if (ramBytes > 0) json['ram_size'] = size(ramBytes, show.human);
	if (show.alerts) json['alert_config'] = ALERTS;
	json['serial'] = hex(serial ?? 0, show.human);
	json['host'] = host;
	if (endpoint < 0) json['state'] = 'disabled';
	if (show.partition)
		json['partition_info'] = {
			total_size: size(ramBytes + pmemBytes, show.human),
			volatile_only_size: size(ramBytes, show.human),
			persistent_only_size: size(pmemBytes, show.human),
			partition_alignment_size: 0
		};
	if (show.firmware) json['firmware'] = FIRMWARE;
	return json;
}

/** QEMU hw/mem/cxl_type3.c, init_alert_config. */
const ALERTS: Json = {
	life_used_prog_warn_threshold_valid: false,
	dev_over_temperature_prog_warn_threshold_valid: false,
	dev_under_temperature_prog_warn_threshold_valid: false,
	corrected_volatile_mem_err_prog_warn_threshold_valid: false,
	corrected_pmem_err_prog_warn_threshold_valid: false,
	life_used_prog_warn_threshold_writable: false,
	dev_over_temperature_prog_warn_threshold_writable: false,
	dev_under_temperature_prog_warn_threshold_writable: false,
	corrected_volatile_mem_err_prog_warn_threshold_writable: false,
	corrected_pmem_err_prog_warn_threshold_writable: false,
	life_used_crit_alert_threshold: 75,
	life_used_prog_warn_threshold: 40,
	dev_over_temperature_crit_alert_threshold: 35,
	dev_under_temperature_crit_alert_threshold: 10,
	dev_over_temperature_prog_warn_threshold: 25,
	dev_under_temperature_prog_warn_threshold: 20,
	corrected_volatile_mem_err_prog_warn_threshold: 0,
	corrected_pmem_err_prog_warn_threshold: 0
};
/** QEMU hw/cxl/cxl-mailbox-utils.c, cmd_firmware_update_get_info. */
const FIRMWARE: Json = {
	num_slots: 2,
	active_slot: 1,
	online_activate_capable: true,
	slot_1_version: 'BWFW VERSION 0',
	fw_update_in_progress: false
};

/** `mappings` in the order in which target files are met, backwards; no window has a QoS class that a device of QEMU has. */
export function regionObject(world: World, cxl: CxlRecord, region: CxlRegionRecord, show: Show): Json {
	const mapped = region.targets.flatMap((index, position) => (index < 0 ? [] : [{ index, position }]));
	const json: Json = { region: regionName(region) };
	if (region.bytes > 0) json['resource'] = hex(region.start, show.human);
	Object.assign(json, {
		size: size(region.bytes, show.human),
		type: region.mode,
		interleave_ways: region.ways,
		interleave_granularity: region.granularityBytes,
		decode_state: region.state === 'commit' ? 'commit' : 'reset',
		locked: false
	});
	if (!region.enabled) json['state'] = 'disabled';
	if (show.targets && region.ways > 0)
		json['mappings'] = mapped.reverse().map(({ index, position }) => {
			const decoder = decoderAt(cxl, index);
			return { position, memdev: memdevName(memdevOf(cxl, decoder)), decoder: decoderName(cxl, decoder) };
		});
	const daxes = cxl.daxes.filter((dax) => dax.region === region.id);
	if (show.dax && daxes.length > 0) json['daxregion'] = daxRegionObject(world, cxl, region, { ...show, mappings: false, devices: true });
	if (mapped.length > 0) json['qos_class_mismatch'] = true;
	return json;
}

export interface DaxShow {
	readonly human: boolean;
	readonly mappings: boolean;
	readonly devices: boolean;
}

/** `path` only where nothing around it says where the region is (util_daxctl_region_to_json). */
export function daxRegionObject(world: World, cxl: CxlRecord, region: CxlRegionRecord, show: DaxShow, path = false): Json {
	const devices = daxesOf(cxl, region);
	const free = region.bytes - devices.reduce((sum, dax) => sum + dax.bytes, 0);
	const root = decoderName(cxl, decoderAt(cxl, region.root));
	return {
		...(path ? { path: `/platform/ACPI0017:00/root0/${root}/region${region.id}/dax_region${region.id}` } : {}),
		id: region.id,
		size: size(region.bytes, show.human),
		...(free > 0 ? { available_size: size(free, show.human) } : {}),
		align: DAX_ALIGN,
		...(show.devices ? { devices: devices.filter((dax) => dax.bytes > 0).map((dax) => daxObject(world, cxl.os, dax, show)) } : {})
	};
}

/** Devices of a dax region, by id (libdaxctl sorts nothing and finds them by name; here ascending). */
export const daxesOf = (cxl: CxlRecord, region: CxlRegionRecord): DaxDeviceRecord[] =>
	cxl.daxes.filter((dax) => dax.region === region.id).sort((a, b) => a.id - b.id);

export function daxObject(world: World, os: number, dax: DaxDeviceRecord, show: DaxShow): Json {
	const json: Json = {
		chardev: daxName(dax),
		size: size(dax.bytes, show.human),
		target_node: dax.node,
		align: size(dax.alignBytes, show.human),
		mode: dax.driver === 'kmem' ? 'system-ram' : 'devdax'
	};
	if (dax.driver === 'kmem') {
		json['online_memblocks'] = onlineBlocksOf(world, os, dax).length;
		json['total_memblocks'] = blocksOfDax(world, os, dax).length;
		const movable = isMovable(world, os, dax);
		if (movable !== null) json['movable'] = movable;
	}
	if (dax.driver === 'none') json['state'] = 'disabled';
	if (show.mappings && dax.bytes > 0)
		json['mappings'] = [
			{
				page_offset: hex(0, show.human),
				start: hex(dax.start, show.human),
				end: hex(dax.start + dax.bytes - 1, show.human),
				size: size(dax.bytes, show.human)
			}
		];
	return json;
}
