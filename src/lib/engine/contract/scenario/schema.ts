import * as v from 'valibot';
import { parseQuantity, type Dimension } from '../../../base/quantity.ts';
import { GIB, MEMORY_BLOCK_BYTES } from '../../../base/units.ts';
import { parseAddress } from '../../../base/address.ts';
import { fabricCommandSchemas, fabricSchema } from './fabric-schema.ts';
import { STRATEGY_IDS } from '../migration/strategies.ts';
import { machineCommandSchemas, machineSchema } from './machine-schema.ts';
import { qemuSchema } from './qemu-schema.ts';
import { rackCommandSchemas, rackSchema } from './rack-schema.ts';
import { waysSchema } from './ways-schema.ts';
import { vdpaCommandSchemas, vdpaSchema } from './vdpa-schema.ts';

/** Version of the scenario format. Every change raises it and adds an upgrader (upgrades.ts). */
export const SCENARIO_VERSION = 1;

const quantity = (dimension: Dimension) =>
	v.pipe(
		v.union([v.number(), v.string()], 'expected a number or a text with a unit'),
		v.rawTransform<number | string, number>(({ dataset, addIssue, NEVER }) => {
			const parsed = parseQuantity(dataset.value, dimension);
			if (parsed.ok) return parsed.value;
			addIssue({ message: parsed.detail });
			return NEVER;
		})
	);

const bytes = quantity('bytes');
const rate = quantity('bytesPerSecond');
const duration = quantity('nanoseconds');

const wholeBlocks = v.pipe(
	bytes,
	v.check((value) => value % MEMORY_BLOCK_BYTES === 0, 'must be a multiple of 128 MiB, the size of a memory block')
);

/** Names: letters, digits, hyphen; they appear in links, commands and on the screen. */
const name = v.pipe(
	v.string('expected a name'),
	v.regex(/^[A-Za-z][A-Za-z0-9-]{0,31}$/, 'a name is a letter and up to 31 letters, digits or hyphens')
);
const text = (longest: number) => v.pipe(v.string('expected a text'), v.maxLength(longest, `at most ${longest} characters`));
const whole = (least: number, most: number) =>
	v.pipe(
		v.number('expected a number'),
		v.integer('expected a whole number'),
		v.minValue(least, `at least ${least}`),
		v.maxValue(most, `at most ${most}`)
	);

const hpa = v.pipe(
	v.union([v.number(), v.string()], 'expected an address'),
	v.rawTransform<number | string, number>(({ dataset, addIssue, NEVER }) => {
		const value = typeof dataset.value === 'number' ? dataset.value : parseAddress(dataset.value);
		if (value !== null && Number.isSafeInteger(value) && value >= 0 && value < 2 ** 52 && value % (256 * 1024 * 1024) === 0) return value;
		addIssue({ message: 'a window base is an address below 2^52 and a multiple of 256 MiB' });
		return NEVER;
	})
);

export const WORKLOAD_KINDS = ['idle', 'web', 'database', 'memory-muncher', 'sequential', 'two-class'] as const;

export const workloadSchema = v.strictObject({
	kind: v.picklist(WORKLOAD_KINDS, `a workload is one of ${WORKLOAD_KINDS.join(', ')}`),
	rateBytesPerSecond: v.optional(rate),
	workingSetBytes: v.optional(bytes)
});

export const parametersSchema = v.strictObject({
	maxBandwidthBytesPerSecond: v.optional(rate),
	/** Its upper bound is the engine's to refuse, as QEMU does (reason bad-parameter). */
	downtimeLimitNs: v.optional(duration),
	multifdChannels: v.optional(whole(1, 255)),
	autoConverge: v.optional(v.boolean()),
	availSwitchoverBandwidthBytesPerSecond: v.optional(rate),
	clearLog: v.optional(v.picklist(['chunk', 'sync'])),
	stayOnPool: v.optional(v.boolean()),
	handOver: v.optional(v.picklist(['ideal', 'qemu'])),
	precopyPasses: v.optional(whole(0, 100)),
	preempt: v.optional(v.boolean()),
	maxPostcopyBandwidthBytesPerSecond: v.optional(rate),
	pauseBeforeSwitchover: v.optional(v.boolean()),
	guard: v.optional(v.picklist(['none', 'reference', 'mlock', 'bind', 'pin'])),
	placing: v.optional(v.picklist(['scattered', 'contiguous'])),
	backing: v.optional(v.picklist(['node', 'dax'])),
	quiesce: v.optional(v.boolean()),
	recheck: v.optional(v.boolean()),
	naming: v.optional(v.picklist(['tag', 'device', 'host'])),
	records: v.optional(v.picklist(['ranges', 'pages'])),
	leftovers: v.optional(v.picklist(['roll-back', 'copy'])),
	testLoad: v.optional(v.boolean())
});

const gfn = whole(0, 2 ** 30);

export const commandSchema = v.variant(
	'name',
	[
		v.strictObject({
			name: v.literal('migrate'),
			vm: name,
			target: name,
			strategy: v.picklist(STRATEGY_IDS, `a strategy is one of ${STRATEGY_IDS.join(', ')}`),
			parameters: v.optional(parametersSchema)
		}),
		v.strictObject({ name: v.literal('migrate-cancel'), vm: name }),
		v.strictObject({
			name: v.literal('migrate-set-parameters'),
			vm: name,
			...parametersSchema.entries
		}),
		v.strictObject({ name: v.literal('set-workload'), vm: name, workload: workloadSchema }),
		v.strictObject({
			name: v.literal('pin'),
			vm: name,
			gfn,
			term: v.picklist(['short', 'long']),
			forNs: v.optional(duration)
		}),
		v.strictObject({ name: v.literal('unpin'), vm: name, gfn }),
		v.strictObject({ name: v.literal('plant'), fault: name }),
		...machineCommandSchemas,
		...fabricCommandSchemas,
		...vdpaCommandSchemas,
		...rackCommandSchemas
	],
	'not a known command'
);

const entrySchema = v.strictObject({ atNs: duration, command: commandSchema });

const hostSchema = v.strictObject({
	id: name,
	cpus: v.optional(whole(1, 256), 8),
	dramBytes: v.pipe(wholeBlocks, v.minValue(MEMORY_BLOCK_BYTES, 'at least 128 MiB')),
	/** Part of the DRAM that is ZONE_NORMAL; the rest is ZONE_MOVABLE. Default a quarter. */
	normalBytes: v.optional(wholeBlocks),
	/** Kernel memory at boot, in ZONE_NORMAL. */
	kernelBytes: v.optional(bytes, 384 * 1024 * 1024),
	/** Memory of other programs, in ZONE_MOVABLE. */
	otherBytes: v.optional(bytes, 256 * 1024 * 1024),
	windowBaseHpa: hpa,
	/** Address bits of its CPUs: memory beyond 2 to the power of it is none of theirs. Where absent, 52. */
	physicalAddressBits: v.optional(whole(36, 52))
});

const poolSchema = v.strictObject({
	id: v.optional(name, 'pool'),
	bytes: v.pipe(wholeBlocks, v.minValue(MEMORY_BLOCK_BYTES, 'at least 128 MiB')),
	/** Which latency of the cost model applies. */
	reach: v.optional(v.picklist(['direct', 'multi-headed', 'switched', 'gfam']), 'switched'),
	/** Whether the device keeps the hosts' caches coherent (CXL 3 back-invalidate). */
	hardwareCoherent: v.optional(v.boolean(), false),
	/** Capacity that other hosts hold, and how it lies. */
	peerBytes: v.optional(wholeBlocks, 0),
	peerLayout: v.optional(v.picklist(['together', 'scattered']), 'together')
});

const vmSchema = v.strictObject({
	id: name,
	host: name,
	bytes: v.pipe(wholeBlocks, v.minValue(MEMORY_BLOCK_BYTES, 'at least 128 MiB'), v.maxValue(1024 * GIB, 'at most 1 TiB')),
	/** Memory that the guest has touched; the rest has no frame yet. Default all. */
	populatedBytes: v.optional(wholeBlocks),
	vcpus: v.optional(whole(1, 64), 4),
	/** How the host backs it. */
	pages: v.optional(v.picklist(['thp', '4k']), 'thp'),
	workload: workloadSchema,
	pins: v.optional(v.array(v.strictObject({ gfn, term: v.picklist(['short', 'long']), forNs: v.optional(duration) })), []),
	/** Seeded short references by the guest's own I/O: chance per folio and batch, in parts per million, and how long. */
	transientReferences: v.optional(v.strictObject({ chancePpm: whole(0, 1_000_000), holdNs: duration })),
	/** vDPA network devices, DIMM slots, memory lock. */
	vdpa: v.optional(vdpaSchema),
	/** How it lives beyond size and work: on the pool, with secure memory, with a passed-through device. */
	ways: v.optional(waysSchema),
	/** How its QEMU was started, where that matters to a migration. */
	qemu: v.optional(qemuSchema)
});

export const scenarioSchema = v.strictObject({
	switchyard: v.literal(SCENARIO_VERSION, `this build reads scenario version ${SCENARIO_VERSION}`),
	id: name,
	title: text(80),
	about: v.optional(text(400), ''),
	seed: v.optional(whole(0, 0xffffffff), 1),
	/** Figures of the cost model that this scenario sets otherwise, by name. */
	costs: v.optional(v.record(v.string(), v.number('expected a number')), {}),
	hosts: v.optional(v.pipe(v.array(hostSchema), v.maxLength(16, 'the super-page has 16 peer entries')), []),
	pool: v.optional(v.nullable(poolSchema), null),
	/** Goodput of the migration network, bytes per second. */
	networkBytesPerSecond: v.optional(rate, 2_937_500_000),
	vms: v.optional(v.pipe(v.array(vmSchema), v.maxLength(64, 'the super-page has 64 VM entries')), []),
	/** Linux machines of their own: zones, hotplug, processes, virtio-mem. */
	machines: v.optional(v.pipe(v.array(machineSchema), v.maxLength(4, 'at most 4 machines')), []),
	/** CXL switches, devices and hosts with dynamic capacity. */
	fabric: v.optional(v.nullable(fabricSchema), null),
	/** Hosts that fail, and who restarts what. */
	rack: v.optional(v.nullable(rackSchema), null),
	/** Range descriptors of the super-page. */
	descriptorLimit: v.optional(whole(1, 4096), 4096),
	/** How long the course of events is for viewers and for headless runs. */
	untilNs: v.optional(duration, 60_000_000_000),
	journal: v.optional(v.pipe(v.array(entrySchema), v.maxLength(2000, 'at most 2000 commands')), [])
});

export type Scenario = v.InferOutput<typeof scenarioSchema>;
export type HostScenario = Scenario['hosts'][number];
export type VmScenario = Scenario['vms'][number];
export type MachineScenario = Scenario['machines'][number];
export type PoolScenario = NonNullable<Scenario['pool']>;
