import * as v from 'valibot';
import { FABRIC_ACTORS } from '../fabric-commands.ts';
import { address, bytes, name, text, whole } from './fields.ts';
import { jsonArguments } from './json.ts';

/** The part of the scenario format that describes a CXL fabric: switches, devices, hosts, and what may be asked of them. */

export const fabricRegionSchema = v.strictObject({
	bytes,
	/** A power of two, at least 64 bytes. */
	blockBytes: v.optional(bytes, 2 * 1024 * 1024),
	sharable: v.optional(v.boolean(), false),
	hardwareCoherent: v.optional(v.boolean(), false),
	readOnly: v.optional(v.boolean(), false),
	nonVolatile: v.optional(v.boolean(), false),
	sanitize: v.optional(v.boolean(), false),
	/** Default: behind the region before it. */
	baseDpa: v.optional(address)
});

export const fabricDeviceSchema = v.strictObject({
	id: name,
	kind: v.picklist(['sld', 'mld', 'mh-sld', 'gfd'], 'a device is sld, mld, mh-sld or gfd'),
	profile: v.optional(v.picklist(['spec40', 'qemu111'], 'a device profile is spec40 or qemu111'), 'spec40'),
	/** Port of a switch that it is plugged into; without it the heads go to `hosts` in order. */
	at: v.optional(v.strictObject({ switch: name, port: whole(0, 255) })),
	hosts: v.optional(v.pipe(v.array(name), v.maxLength(64)), []),
	/** Media behind all of it; default: what regions and static parts need. */
	mediaBytes: v.optional(bytes),
	staticBytes: v.optional(bytes, 0),
	/** MLD: number of logical devices. */
	lds: v.optional(whole(1, 16), 1),
	/** DPA of region 0 per logical device, where they differ. */
	ldBases: v.optional(v.pipe(v.array(address), v.maxLength(64)), []),
	regions: v.optional(v.pipe(v.array(fabricRegionSchema), v.maxLength(8, 'a logical device has at most 8 regions')), []),
	extentLimit: v.optional(whole(1, 1_000_000), 512),
	tagLimit: v.optional(whole(0, 65_536), 64),
	logRecords: v.optional(whole(1, 4096), 8),
	pid: v.optional(whole(0, 4095))
});

const windowSchema = v.strictObject({
	baseHpa: address,
	bytes,
	/** Devices or switch ports in interleave order. */
	targets: v.pipe(v.array(name), v.minLength(1), v.maxLength(16)),
	granularity: v.optional(whole(256, 16384), 256),
	arithmetic: v.optional(v.picklist(['modulo', 'xor']), 'modulo'),
	xorMasks: v.optional(v.pipe(v.array(address), v.maxLength(4)), [])
});

const peerSchema = v.strictObject({
	id: name,
	pid: v.optional(whole(0, 4095)),
	profile: v.optional(v.picklist(['linuxDcd', 'permissive'], 'a host profile is linuxDcd or permissive'), 'linuxDcd'),
	answer: v.optional(v.picklist(['accept', 'part', 'none', 'by-hand', 'silent']), 'accept'),
	noCleanWritebacks: v.optional(v.boolean(), true),
	poisonOnDecodeError: v.optional(v.boolean(), false),
	windows: v.optional(v.pipe(v.array(windowSchema), v.maxLength(8)), []),
	/** Host bridges and what hangs at their root ports; what is not named gets a bridge of its own. */
	bridges: v.optional(
		v.pipe(v.array(v.strictObject({ id: name, ports: v.pipe(v.array(name), v.minLength(1), v.maxLength(8)) })), v.maxLength(16)),
		[]
	),
	/** What it does with untagged capacity. */
	use: v.optional(v.picklist(['devdax', 'famfs', 'system-ram', 'system-ram-normal', 'none']), 'devdax')
});

const switchSchema = v.strictObject({
	id: name,
	kind: v.optional(v.picklist(['hbr', 'pbr'], 'a switch is hbr or pbr'), 'hbr'),
	ports: v.optional(whole(2, 256), 16),
	/** One virtual switch per host: its upstream port and how many vPPBs it has downstream. */
	hosts: v.optional(
		v.pipe(v.array(v.strictObject({ host: name, port: whole(0, 255), vppbs: v.optional(whole(1, 255), 4) })), v.maxLength(64)),
		[]
	),
	/** vPPBs that are bound at the start. */
	bound: v.optional(
		v.pipe(
			v.array(v.strictObject({ host: name, vppb: whole(0, 254), port: whole(0, 255), ld: v.optional(whole(0, 15)) })),
			v.maxLength(256)
		),
		[]
	),
	/** A port of another switch. */
	up: v.optional(v.strictObject({ switch: name, port: whole(0, 255), ownPort: whole(0, 255) }))
});

export const fabricSchema = v.strictObject({
	switches: v.optional(v.pipe(v.array(switchSchema), v.maxLength(16, 'at most 16 switches')), []),
	devices: v.pipe(v.array(fabricDeviceSchema), v.maxLength(64, 'at most 64 devices')),
	hosts: v.pipe(v.array(peerSchema), v.maxLength(64, 'at most 64 hosts'))
});

export const fabricCommandSchemas = [
	v.strictObject({
		name: v.literal('fabric'),
		actor: v.picklist(FABRIC_ACTORS, `an actor is one of ${FABRIC_ACTORS.join(', ')}`),
		at: text(64),
		execute: text(64),
		arguments: v.optional(jsonArguments)
	})
] as const;

export type FabricScenario = v.InferOutput<typeof fabricSchema>;
export type FabricDeviceScenario = FabricScenario['devices'][number];
export type FabricHostScenario = FabricScenario['hosts'][number];
export type FabricSwitchScenario = FabricScenario['switches'][number];
