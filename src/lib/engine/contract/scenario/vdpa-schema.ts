import * as v from 'valibot';
import { LISTENER_POINTS, RING_PLACES, SWITCH_STRATEGIES } from '../vdpa/choice.ts';
import { VDPA_WORD_NAMES } from '../vdpa/commands.ts';
import { VDPA_PRESETS } from '../vdpa/figures.ts';
import { DEVICE_KINDS, GUEST_FEATURES } from '../vdpa/kinds.ts';
import { address, bytes, name, whole } from './fields.ts';
import { jsonArguments } from './json.ts';

/** The part of the scenario format that gives a VM vDPA network devices, and what may be asked of them. */

const oneOf = <T extends string>(table: Readonly<Record<T, unknown>>, what: string) => {
	const names = Object.keys(table) as [T, ...T[]];
	return v.picklist(names, `${what} is one of ${names.join(', ')}`);
};

export const choiceSchema = v.strictObject({
	maps: v.optional(v.picklist(['remap', 'identity', 'update-all'], 'maps are remap, identity or update-all')),
	rings: v.optional(oneOf(RING_PLACES, 'a place of rings')),
	pins: v.optional(v.picklist(['with-maps', 'own-call'], 'pins are with-maps or own-call')),
	listener: v.optional(oneOf(LISTENER_POINTS, 'a point of registration')),
	workers: v.optional(whole(1, 64)),
	batchRings: v.optional(v.boolean()),
	ringsFirst: v.optional(v.boolean()),
	liveUpdate: v.optional(v.picklist(['refused', 'inherits'], 'a live update is refused or inherits'))
});

const figuresSchema = v.strictObject({
	fixedNs: v.optional(whole(0, 60_000_000_000)),
	pinNs: v.optional(whole(0, 1_000_000)),
	coldPinNs: v.optional(whole(0, 1_000_000)),
	unpinNs: v.optional(whole(0, 1_000_000)),
	keyNs: v.optional(whole(0, 10_000_000_000)),
	nullKeyNs: v.optional(whole(0, 10_000_000)),
	runNs: v.optional(whole(0, 10_000_000)),
	callNs: v.optional(whole(0, 10_000_000)),
	evictNs: v.optional(whole(0, 10_000_000))
});

const traitsSchema = v.strictObject({
	groups: v.optional(whole(1, 3)),
	addressSpaces: v.optional(whole(1, 16)),
	translation: v.optional(v.picklist(['iommu', 'dma-map', 'set-map'], 'a translation is iommu, dma-map or set-map')),
	useVa: v.optional(v.boolean()),
	suspend: v.optional(v.boolean()),
	resume: v.optional(v.boolean()),
	descriptorGroup: v.optional(v.boolean()),
	keepsMap: v.optional(v.boolean()),
	enableAfterDriverOk: v.optional(v.boolean()),
	entryLimit: v.optional(whole(0, 1_000_000))
});

const ringSize = v.pipe(
	whole(4, 1024),
	v.check((value) => (value & (value - 1)) === 0, 'a split ring has a power of two of entries')
);

export const trafficSchema = v.strictObject({
	packetsPerSecond: v.optional(whole(0, 200_000), 5_000),
	payloadBytes: v.optional(whole(64, 4_096), 1_500),
	/** Share of packets that come in; the rest goes out. Parts per thousand. */
	receivePermille: v.optional(whole(0, 1000), 500)
});

export const nicSchema = v.strictObject({
	id: name,
	kind: oneOf(DEVICE_KINDS, 'a kind of device'),
	traits: v.optional(traitsSchema, {}),
	queuePairs: v.optional(whole(1, 16), 2),
	ringEntries: v.optional(ringSize, 256),
	controlQueue: v.optional(v.boolean(), true),
	controlEntries: v.optional(ringSize, 64),
	/** Range of addresses that the device can use. */
	iovaFirst: v.optional(address, 0),
	iovaLast: v.optional(address, 2 ** 48 - 1),
	strategy: v.optional(oneOf(SWITCH_STRATEGIES, 'a strategy'), 'full-remap'),
	/** Parts of the choice that are to be otherwise than in the strategy. */
	choice: v.optional(choiceSchema, {}),
	preset: v.optional(oneOf(VDPA_PRESETS, 'a preset'), 'seed2023'),
	figures: v.optional(figuresSchema, {}),
	/** Shadow virtqueues from the start, whatever migrates (x-svq). */
	alwaysShadow: v.optional(v.boolean(), false),
	/** What driver and device agreed on; some of it keeps the VM from migrating. */
	features: v.optional(v.pipe(v.array(oneOf(GUEST_FEATURES, 'a feature')), v.maxLength(10)), []),
	traffic: v.optional(trafficSchema, {})
});

export const vdpaSchema = v.strictObject({
	nics: v.pipe(v.array(nicSchema), v.minLength(1, 'at least one device'), v.maxLength(4, 'at most 4 devices')),
	/** Memory that the VM could have at most, DIMMs included; default: what it has. */
	maxBytes: v.optional(bytes),
	/** Slots for DIMMs. */
	slots: v.optional(whole(0, 16), 0),
	/** RLIMIT_MEMLOCK of QEMU; null = unlimited. */
	memlockBytes: v.optional(v.nullable(bytes), null),
	/** QEMU refuses hotplug during a migration; the thread assumes that it does not. */
	hotplugWhileMigrating: v.optional(v.boolean(), false),
	/** A virtual IOMMU between the guest's driver and the device. */
	viommu: v.optional(v.boolean(), false),
	/** Kernel calls that are only proposed may be used. */
	proposals: v.optional(v.boolean(), true)
});
export type VdpaScenario = v.InferOutput<typeof vdpaSchema>;
export type NicScenario = VdpaScenario['nics'][number];

export const vdpaCommandSchemas = [
	v.strictObject({
		name: v.literal('vdpa'),
		vm: name,
		nic: v.optional(name),
		execute: v.picklist(VDPA_WORD_NAMES, `a word for a NIC is one of ${VDPA_WORD_NAMES.join(', ')}`),
		arguments: v.optional(jsonArguments)
	})
] as const;
