import type { MachineScenario } from '../../contract/scenario/schema.ts';
import { PAGE_BYTES } from '../../../base/units.ts';
import { openStream } from '../../sim/streams.ts';
import type { OsNodeRecord, OsRecord, OsSettings } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';
import type { FirmwareNode } from './firmware-node.ts';
import { nodesTold } from './nodes-told.ts';

/** Debian's defaults of Linux 7.2.13; the kernel command line then changes them (mm/boot). */
const DEFAULT_SETTINGS: OsSettings = {
	autoOnline: 'online',
	onlinePolicy: 'contig-zones',
	autoMovableRatio: 301,
	autoMovableNumaAware: true,
	movableNode: false,
	memmapOnMemory: false,
	thp: 'always',
	numaBalancing: 0,
	demotion: false,
	watermarkScaleFactor: 10,
	minFreeKbytes: 0,
	weights: [],
	swapPages: 0,
	swapUsedPages: 0,
	exmem: false,
	forceBbm: false,
	unplugOnline: true,
	bbmBlockSize: 0,
	transientChancePpm: 0
};

/** Settings of a kernel that has not read its command line yet. */
export function defaultSettings(scenario: MachineScenario, nodeCount: number): OsSettings {
	return {
		...DEFAULT_SETTINGS,
		weights: Array.from({ length: nodeCount }, () => null),
		swapPages: Math.floor(scenario.swapBytes / PAGE_BYTES),
		exmem: scenario.proposals.includes('exmem'),
		transientChancePpm: scenario.transientChancePpm
	};
}

/** An OS record with its nodes and nothing in them yet. */
export function newOs(world: World, scenario: MachineScenario, memory: number, told: readonly FirmwareNode[], paused: boolean): OsRecord {
	const nodes = nodesTold(scenario, told);
	const record: OsRecord = {
		id: scenario.id,
		memory,
		profile: scenario.profile,
		append: scenario.append,
		sectionsPerBlock: 1,
		nodes: nodes.map((node): OsNodeRecord => ({
			...node,
			cpus: [...node.cpus],
			distances: [...node.distances],
			online: false,
			numastat: [0, 0, 0, 0, 0, 0],
			kswapdAwake: false,
			typed: null
		})),
		zones: [],
		zonelists: [],
		isolated: [],
		settings: defaultSettings(scenario, nodes.length),
		earlyKernelPages: nodes.map(() => 0),
		groups: [],
		background: nodes.map((node) => ({ node: node.id, slabStarted: false, memmapPages: 0, slabPages: 0 })),
		memmaps: [],
		log: [],
		qmpEvents: [],
		state: paused ? 'prelaunch' : 'running',
		migrating: 'none',
		vdpaNetdevs: [],
		migration: { status: 'none', endNs: -1, bytesPerSecond: 0, generation: 0 },
		virtioDriver: false,
		backends: [],
		nextPid: 100,
		stream: openStream(world, `machine/${scenario.id}`),
		counters: {}
	};
	world.r.oses.push(record);
	return record;
}
