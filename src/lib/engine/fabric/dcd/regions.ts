import { MIB } from '../../../base/units.ts';
import { ADD_POLICIES, REMOVAL_POLICIES } from '../../contract/fabric-profiles.ts';
import { emit } from '../../sim/trace.ts';
import type { RegionRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { extentsAvailable, tagsAvailable } from './limits.ts';
import { DcEvent, raiseEvents } from './log.ts';
import { failed, rulesOf, success, type DcdAnswer } from './profile.ts';
import { deviceAt, listOf, regionsAt, UNIT_BYTES } from './rows.ts';
import { overlapping } from './tree.ts';

/** Configuration of regions as hosts (4800h) and the fabric manager (5600h to 5602h) see it (CXL 4.0 8.2.10.9.9.1, 7.6.7.6.1). */
const CAPACITY_UNIT = 256 * MIB;

export interface RegionConfiguration {
	readonly baseDpa: number;
	/** Unit of 256 MiB, beside a length in bytes: a well-known trap. */
	readonly decodeUnits: number;
	readonly bytes: number;
	readonly blockBytes: number;
	readonly dsmadHandle: number;
	/** Bit 0: sanitize on release. */
	readonly flags: number;
	/** Bits of the DSMAS entry: 2 non-volatile, 3 sharable, 4 hardware-managed coherency, 6 read-only. */
	readonly attributes: number;
}
export interface DcConfiguration {
	readonly regionCount: number;
	readonly regions: readonly RegionConfiguration[];
	readonly extentsSupported: number;
	readonly extentsAvailable: number;
	readonly tagsSupported: number;
	readonly tagsAvailable: number;
}

export function dcConfiguration(
	world: World,
	device: number,
	ld: number,
	start = 0,
	count = 8
): DcdAnswer & { readonly configuration?: DcConfiguration } {
	const regions = regionsAt(world, device, ld);
	if (start >= regions.length) return failed('invalidInput', `there are ${regions.length} regions`);
	const { limits } = deviceAt(world, device);
	return {
		...success('configuration'),
		configuration: {
			regionCount: regions.length,
			regions: regions.slice(start, start + count).map((region, index) => ({
				baseDpa: region.baseDpa,
				decodeUnits: region.decodeBytes / CAPACITY_UNIT,
				bytes: region.bytes,
				blockBytes: region.blockBytes,
				dsmadHandle: dsmadHandle(world, device, start + index),
				flags: region.sanitize ? 1 : 0,
				attributes: attributesOf(region)
			})),
			extentsSupported: limits.extents,
			extentsAvailable: extentsAvailable(world, device, ld),
			tagsSupported: limits.tags,
			tagsAvailable: tagsAvailable(world, device)
		}
	};
}

/** The static volatile part has handle 0, a persistent one comes behind it (QEMU 10.2.2 ct3_build_cdat_table; ours counts alike). */
const dsmadHandle = (world: World, device: number, region: number): number =>
	(deviceAt(world, device).staticBytes > 0 ? deviceAt(world, device).staticParts : 0) + region;

const attributesOf = (region: RegionRecord): number =>
	(region.nonVolatile ? 4 : 0) | (region.sharable ? 8 : 0) | (region.hardwareCoherent ? 16 : 0) | (region.readOnly ? 64 : 0);

export interface DcdInformation {
	readonly hosts: number;
	readonly regions: number;
	/** Bit masks by the order of ADD_POLICIES and REMOVAL_POLICIES. */
	readonly addPolicies: number;
	readonly removalPolicies: number;
	readonly sanitizeMask: number;
	/** Units of 256 MiB. */
	readonly capacityUnits: number;
	readonly blockBytes: readonly number[];
}

/** 5600h Get DCD Info. */
export function dcdInformation(world: World, device: number): DcdInformation {
	const rules = rulesOf(world, device);
	const record = deviceAt(world, device);
	const regions = record.lds[0]?.regions ?? [];
	const total = regions.reduce((sum, region) => sum + region.bytes, 0);
	return {
		hosts: record.lds.length,
		regions: regions.length,
		addPolicies: ADD_POLICIES.reduce((mask, policy, bit) => mask | (rules.addPolicies.includes(policy) ? 1 << bit : 0), 0),
		removalPolicies: REMOVAL_POLICIES.reduce((mask, policy, bit) => mask | (rules.removalPolicies.includes(policy) ? 1 << bit : 0), 0),
		sanitizeMask: rules.forcedCuts ? regions.reduce((mask, _, bit) => mask | (1 << bit), 0) : 0,
		capacityUnits: Math.floor(total / CAPACITY_UNIT),
		blockBytes: regions.map((region) => region.blockBytes)
	};
}

/** 5602h Set DC Region Configuration: for every logical device at once. */
export function reconfigureRegion(
	world: World,
	device: number,
	index: number,
	blockBytes: number,
	sanitize: boolean,
	cause: number | null
): DcdAnswer {
	const record = deviceAt(world, device);
	const regions = record.gfd ? [record.gfd.partitions[index]] : record.lds.map((logical) => logical.regions[index]);
	const first = regions[0];
	if (!first) return failed('invalidInput', `${record.id} has no region ${index}`);
	if (!rulesOf(world, device).reconfigures && (sanitize !== first.sanitize || blockBytes !== first.blockBytes))
		return sanitize === first.sanitize
			? failed('invalidInput', `${record.id} has only blocks of ${first.blockBytes} bytes`)
			: failed('unsupported', `${record.id} cannot change sanitizing`);
	if (blockBytes < UNIT_BYTES || !isPowerOfTwo(blockBytes) || first.bytes % blockBytes !== 0)
		return failed('invalidInput', 'a block is a power of two from 64 bytes on that divides the region');
	const places = record.gfd ? [63] : record.lds.map((_, ld) => ld);
	for (const [at, ld] of places.entries()) {
		const region = regions[at] as RegionRecord;
		if (listOf(world, device, ld).root !== 0 && overlapping(world, device, ld, region.baseDpa, region.bytes).length > 0)
			return failed('unsupported', `blocks of region ${index} are in use`);
	}
	if (blockBytes === first.blockBytes && sanitize === first.sanitize) return success('nothing changes');
	for (const region of regions) {
		if (!region) continue;
		region.blockBytes = blockBytes;
		region.sanitize = sanitize;
	}
	const seq = emit(world, {
		kind: 'extent',
		rule: 'dcd-region',
		cause,
		values: { device: record.id, region: index, blockBytes, sanitize: sanitize ? 1 : 0 },
		text: `${record.id}: region ${index} has blocks of ${blockBytes} bytes now${sanitize ? ', and overwrites what comes back' : ''}`
	});
	if (!record.gfd)
		for (const ld of places)
			raiseEvents(world, device, ld, DcEvent.regionUpdated, [{ dpa: 0, bytes: 0, tag: '', sequence: 0, region: index, group: 0 }], seq);
	return success('configured');
}

function isPowerOfTwo(value: number): boolean {
	let rest = value;
	while (rest > 1 && rest % 2 === 0) rest /= 2;
	return rest === 1;
}
