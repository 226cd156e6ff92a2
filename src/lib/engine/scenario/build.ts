import { ok, refused, type Outcome } from '../../base/outcome.ts';
import { formatBytesBinary } from '../../base/format.ts';
import { BLOCK_BYTES, PAGE_BYTES, PAGES_PER_BLOCK } from '../../base/units.ts';
import type { JournalEntry } from '../contract/commands.ts';
import type { ReasonId } from '../contract/reasons.ts';
import type { Scenario, VmScenario } from '../contract/scenario/schema.ts';
import { BELIEFS } from '../contract/beliefs.ts';
import { BLOCK_ORDER, BlockKind, MapKind, Migratetype, OwnerState, usePayload, UseClass, vmPayload } from '../contract/words.ts';
import { costNs, withOverrides, type TimeCost } from '../costs/cost-model.ts';
import { buildLinks } from '../fabric/links.ts';
import { buildFabric } from '../fabric/build.ts';
import { addPin } from '../hypervisor/pins.ts';
import { leaveForPin } from '../migration/reference/pin-first.ts';
import { refreshSpeed } from '../hypervisor/speed.ts';
import { RELIEF } from '../mm/alloc/relief.ts';
import { mapWhole } from '../mm/space/mapping.ts';
import { allocate, onlineBlocks } from '../mm/buddy.ts';
import { setMigratetype, setWhole } from '../mm/frames.ts';
import { allocateOnDram, blockOfFrame } from '../mm/zones.ts';
import { recount } from '../migration/instances.ts';
import { startProblem } from '../migration/qemu/blocked.ts';

import { liveOnPool, settleWays } from './ways.ts';
import { firstOwnerWord } from '../migration/strategies/transit.ts';
import { buildRack } from '../rack/index.ts';
import { buildMachines } from '../machine/build.ts';
import { EventKind } from '../sim/event-kinds.ts';
import { hasEventRoom, schedule } from '../sim/event-queue.ts';
import { openStream } from '../sim/streams.ts';
import { noFabric } from '../state/fabric-records.ts';
import { noVdpa } from '../state/vdpa-records.ts';
import type { Records, VmRecord } from '../state/records.ts';
import { newWorld, type World } from '../state/world.ts';
import { ownerIndex } from '../superpage/words.ts';
import { buildNics } from '../vdpa/build.ts';
import { catchUpNics } from '../vdpa/queues/traffic.ts';
import { classesOf, MAX_WRITES_PER_SECOND, writesPerSecond } from '../workloads/index.ts';
import { capacitiesOf, DEFAULT_LIMIT_BYTES, estimateMemory, reservedBytes } from './capacities.ts';
import { tooLargeText } from './too-large.ts';

export interface BuildRequest {
	readonly scenario: Scenario;
	readonly journal?: readonly JournalEntry[] | undefined;
	readonly belief?: string | null | undefined;
	readonly shared: boolean;
	readonly limitBytes?: number | undefined;
	/** Test of decision D2: every used block keeps full detail. */
	readonly forceDetail?: boolean | undefined;
}

const REACH: Readonly<Record<'direct' | 'multi-headed' | 'switched' | 'gfam', TimeCost>> = {
	direct: 'cxlDirectReadLatencyNs',
	'multi-headed': 'cxlMhdReadLatencyNs',
	switched: 'cxlSwitchedReadLatencyNs',
	gfam: 'cxlGfamReadLatencyNs'
};

/** Scenario → initial world at time 0. A scenario that fits the schema but not this machine is refused with the figure. */
export function buildWorld(request: BuildRequest): Outcome<World, ReasonId> {
	const { scenario } = request;
	const costs = withOverrides(scenario.costs);
	if (!costs.ok) return costs;
	if (request.belief && !Object.hasOwn(BELIEFS, request.belief))
		return refused('bad-scenario', `no wrong belief is called "${request.belief.slice(0, 40)}"`);
	const limit = request.limitBytes ?? DEFAULT_LIMIT_BYTES;
	const estimate = estimateMemory(scenario, limit);
	if (estimate.bytes > limit) return refused('too-large', tooLargeText(scenario, estimate));
	const world = newWorld({
		scenario,
		costs: costs.value,
		journal: request.journal ?? (scenario.journal as readonly JournalEntry[]),
		capacities: capacitiesOf(scenario),
		records: emptyRecords(request.belief ?? null),
		shared: request.shared,
		forceDetail: request.forceDetail ?? false,
		relief: RELIEF,
		devices: { catchUp: catchUpNics }
	});
	const firstBlock = buildMemories(world);
	buildLinks(world);
	const built = buildVms(world);
	if (!built.ok) return built;
	const fabric = buildFabric(world);
	if (!fabric.ok) return fabric;
	const machines = buildMachines(world, firstBlock);
	if (!machines.ok) return machines;
	const nics = buildNics(world);
	if (!nics.ok) return nics;
	buildRack(world);
	schedule(world, 0, EventKind.sample, 0, 0);
	return ok(world);
}

function emptyRecords(belief: string | null): Records {
	const pool = () => ({ nextFree: 0, fresh: 0, used: 0 });
	return {
		nowNs: 0,
		eventCount: 0,
		eventSequence: 0,
		eventPending: 0,
		traceCount: 0,
		traceHash: 0,
		sampleCount: 0,
		journalNext: 0,
		pools: { detail: pool(), structure: pool(), guestDetail: pool(), mapDetail: pool() },
		streams: [],
		memories: [],
		hosts: [],
		zones: [],
		vms: [],
		operations: [],
		flows: [],
		links: [],
		extents: [],
		pins: [],
		oses: [],
		processes: [],
		areas: [],
		holds: [],
		calls: [],
		dimms: [],
		virtioMems: [],
		cxl: [],
		stores: [],
		fabric: noFabric(),
		vdpa: noVdpa(),
		nextPinId: 1,
		descriptorCount: 0,
		belief,
		faults: [],
		marks: []
	};
}

/** DRAM of each host with its zones and what the kernel and other programs hold; then the pool. Returns the next free block. */
function buildMemories(world: World): number {
	const { scenario, r, c } = world;
	let firstBlock = 0;
	const addMemory = (id: string, kind: 'dram' | 'pool', host: number, bytes: number, readLatencyNs: number): void => {
		const index = r.memories.length;
		const blockCount = bytes / BLOCK_BYTES;
		r.memories.push({ id, kind, host, firstBlock, blockCount, readLatencyNs });
		c.memoryFirstBlock.set(index, firstBlock);
		c.memoryBlockCount.set(index, blockCount);
		for (let block = firstBlock; block < firstBlock + blockCount; block += 1) setWhole(world, block, BlockKind.offline, 0);
		firstBlock += blockCount;
	};
	scenario.hosts.forEach((host, index) =>
		addMemory(`${host.id}.dram`, 'dram', index, host.dramBytes, costNs(world.costs, 'localDramReadLatencyNs'))
	);
	if (scenario.pool) addMemory(scenario.pool.id, 'pool', -1, scenario.pool.bytes, costNs(world.costs, REACH[scenario.pool.reach]));
	scenario.hosts.forEach((_, index) => buildHost(world, index));
	if (scenario.pool) buildPool(world);
	return firstBlock;
}

function buildHost(world: World, index: number): void {
	const { scenario, r } = world;
	const host = scenario.hosts[index] as Scenario['hosts'][number];
	const memory = r.memories[index] as { firstBlock: number; blockCount: number };
	const quarter = Math.floor(memory.blockCount / 4 / 64) * 64;
	const normalBlocks = host.normalBytes === undefined ? Math.max(64, quarter) : host.normalBytes / BLOCK_BYTES;
	const zone = (name: 'NORMAL' | 'MOVABLE', firstBlock: number, blockCount: number): number => {
		r.zones.push({ host: index, os: -1, node: 0, name, memory: index, firstBlock, blockCount, spanStartPfn: 0, spanEndPfn: 0 });
		return r.zones.length - 1;
	};
	const normalZone = zone('NORMAL', 0, normalBlocks);
	const movableZone = zone('MOVABLE', normalBlocks, memory.blockCount - normalBlocks);
	// Linux kernel/sched/fair.c: 0.70 ms × (1 + log2 of the CPUs, at most 8), the base slice from the cost model.
	const doublings = 31 - Math.clz32(Math.min(8, host.cpus));
	r.hosts.push({
		id: host.id,
		cpus: host.cpus,
		windowBaseHpa: host.windowBaseHpa,
		memory: index,
		movableZone,
		normalZone,
		power: 'up',
		incarnation: 1,
		sliceNs: costNs(world.costs, 'schedBaseSliceUs') * (1 + doublings),
		decoder: { hpaBase: host.windowBaseHpa, dpaBase: 0, bytes: scenario.pool?.bytes ?? 0 },
		...(host.physicalAddressBits === undefined ? {} : { addressLimit: Number(1n << BigInt(host.physicalAddressBits)) })
	});
	if (normalBlocks > 0) onlineBlocks(world, normalZone, memory.firstBlock, normalBlocks);
	if (memory.blockCount > normalBlocks)
		onlineBlocks(world, movableZone, memory.firstBlock + normalBlocks, memory.blockCount - normalBlocks);
	useBlocks(world, normalZone, Math.ceil(host.kernelBytes / BLOCK_BYTES), UseClass.kernel);
	useBlocks(world, movableZone, Math.ceil(host.otherBytes / BLOCK_BYTES / 2), UseClass.other);
}

/** Whole blocks held by the kernel (unmovable pageblocks) or by other programs. Our simplification of a booted host. */
function useBlocks(world: World, zone: number, count: number, useClass: number): void {
	for (let index = 0; index < count; index += 1) {
		const frame = allocate(world, zone, BLOCK_ORDER, Migratetype.movable);
		if (frame < 0) return;
		setWhole(world, blockOfFrame(frame), BlockKind.use, usePayload(useClass, 0));
		if (useClass === UseClass.kernel) setMigratetype(world, blockOfFrame(frame), Migratetype.unmovable);
	}
}

/** The super-page in the first memory block, then what other hosts hold; the rest belongs to nobody. */
function buildPool(world: World): void {
	const { scenario, r } = world;
	const pool = r.memories.find((memory) => memory.kind === 'pool');
	if (!pool || !scenario.pool) return;
	setWhole(world, pool.firstBlock, BlockKind.use, usePayload(UseClass.superpage, 0));
	const peerBlocks = scenario.pool.peerBytes / BLOCK_BYTES / 64;
	const all = pool.blockCount / 64;
	for (let index = 0; index < peerBlocks; index += 1) {
		const at =
			scenario.pool.peerLayout === 'together'
				? Math.max(1, Math.min(all - peerBlocks, Math.floor((all * 3) / 4))) + index
				: 1 + Math.floor((index * (all - 1)) / Math.max(1, peerBlocks));
		if (at >= all) break;
		for (let block = 0; block < 64; block += 1)
			setWhole(world, pool.firstBlock + at * 64 + block, BlockKind.use, usePayload(UseClass.peer, 2));
	}
}

function buildVms(world: World): Outcome<null, ReasonId> {
	const { scenario } = world;
	let firstGuestBlock = 0;
	for (const [index, vm] of scenario.vms.entries()) {
		const problem = startProblem(vm);
		if (problem !== null) return refused('qemu-refuses', `vms[${index}]: ${problem}`);
		const built = buildVm(world, index, vm, firstGuestBlock);
		if (!built.ok) return built;
		firstGuestBlock += reservedBytes(vm) / BLOCK_BYTES;
	}
	for (const [index, host] of scenario.hosts.entries())
		useBlocks(
			world,
			(world.r.hosts[index] as { movableZone: number }).movableZone,
			Math.floor(host.otherBytes / BLOCK_BYTES / 2),
			UseClass.other
		);
	const ending = scenario.vms.reduce((sum, vm) => sum + vm.pins.filter((pin) => pin.forNs !== undefined).length, 0);
	if (!hasEventRoom(world, ending)) return refused('capacity-events', `vms: ${ending} pins that end by themselves`);
	for (const [index, vm] of scenario.vms.entries())
		for (const pin of vm.pins) {
			const room = pin.term === 'long' ? leaveForPin(world, index, pin.gfn) : ok(null);
			if (!room.ok) return room;
			addPin(world, index, pin.gfn, pin.term, pin.forNs === undefined ? -1 : pin.forNs);
		}
	return ok(null);
}

/** An empty zone for the extents of one VM on one of its hosts: only that VM's pages are ever placed there (decision D4). */
function extentZone(world: World): number {
	const { r } = world;
	const memory = r.memories.findIndex((record) => record.kind === 'pool');
	if (memory < 0) return -1;
	r.zones.push({ host: -1, os: -1, node: 1, name: 'MOVABLE', memory, firstBlock: 0, blockCount: 0, spanStartPfn: 0, spanEndPfn: 0 });
	return r.zones.length - 1;
}

function buildVm(world: World, index: number, vm: VmScenario, firstGuestBlock: number): Outcome<null, ReasonId> {
	const { r, c } = world;
	const host = r.hosts.findIndex((record) => record.id === vm.host);
	const populatedPages = (vm.populatedBytes ?? vm.bytes) / PAGE_BYTES;
	const writes = writesPerSecond(vm.workload, world.costs);
	if (writes > MAX_WRITES_PER_SECOND) return refused('bad-scenario', `vms[${index}].workload.rateBytesPerSecond: above 36 GB/s`);
	const record: VmRecord = {
		id: vm.id,
		pageCount: vm.bytes / PAGE_BYTES,
		populatedPages,
		firstGuestBlock,
		guestBlockCount: reservedBytes(vm) / BLOCK_BYTES,
		vcpus: vm.vcpus,
		stream: openStream(world, `vm/${vm.id}/writes`),
		referenceStream: openStream(world, `vm/${vm.id}/references`),
		instances: [host, -1],
		poolZones: [extentZone(world), extentZone(world)],
		running: 0,
		vcpuState: vm.qemu?.stopped === true ? 'stopped' : 'running',
		ownerHost: host,
		workload: vm.workload as VmRecord['workload'],
		classes: classesOf(vm.workload as VmRecord['workload'], populatedPages),
		writesPerSecond: writes,
		caughtUpNs: 0,
		speedPpm: 1_000_000,
		progressRest: 0,
		writeRest: 0,
		throttlePercent: 0,
		throttleStrikes: 0,
		writtenPages: 0,
		lostWorkNs: 0,
		lostRest: 0,
		worstSpeedPpm: 1_000_000,
		stalls: 0,
		secondStageFaults: 0,
		pagesByMemory: [],
		logging: false,
		loggedPages: 0,
		transientChancePpm: vm.transientReferences?.chancePpm ?? 0,
		transientHoldNs: vm.transientReferences?.holdNs ?? 0,
		status: 'none',
		ownerChangedNs: -1,
		previousOwner: null,
		causeSeq: null
	};
	r.vms.push(record);
	if (vm.ways) settleWays(world, index, record, vm.ways);
	const huge = vm.pages === 'thp';
	if (vm.ways?.lives === 'pool') {
		const lives = liveOnPool(world, index, vm, huge);
		if (!lives.ok) return lives;
		recount(world, record);
		refreshSpeed(world, record);
		c.superpageWord.set(ownerIndex(index), firstOwnerWord(host, OwnerState.active));
		return ok(null);
	}
	for (let guestBlock = 0; guestBlock < populatedPages / PAGES_PER_BLOCK; guestBlock += 1) {
		const frame = allocateOnDram(world, host, BLOCK_ORDER);
		if (frame < 0)
			return refused('no-room-target', `vms[${index}]: host ${vm.host} has no room for ${formatBytesBinary(populatedPages * PAGE_BYTES)}`);
		const block = blockOfFrame(frame);
		// Booted guests have written their memory once: count 1 everywhere.
		c.guestWritten.set(firstGuestBlock + guestBlock, 1);
		c.blockContent.set(block, 1);
		setWhole(world, block, huge ? BlockKind.huge : BlockKind.run, vmPayload(index, guestBlock), true);
		mapWhole(world, record, 0, guestBlock, block, huge ? MapKind.huge : MapKind.run);
		c.mapSecondStage.set(firstGuestBlock * 2 + guestBlock, 2);
	}
	recount(world, record);
	c.superpageWord.set(ownerIndex(index), firstOwnerWord(host));
	return ok(null);
}
