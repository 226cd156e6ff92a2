import { passesByCopy } from '../contract/migration/strategies.ts';
import { NS_PER_S, PAGE_BYTES, PAGES_PER_BLOCK } from '../../base/units.ts';
import type {
	BatchStatus,
	ExtentStatus,
	HostStatus,
	LinkStatus,
	MemoryStatus,
	NodeStatus,
	OperationStatus,
	VmStatus,
	WorldStatus,
	ZoneStatus
} from '../contract/status.ts';
import { BlockKind, ORDERS, payloadUseClass, UseClass, wordKind, wordPayload } from '../contract/words.ts';
import { costNs } from '../costs/cost-model.ts';
import { linkLoad, loadedPoolLatencyNs } from '../fabric/links.ts';
import { devicePinsByMemory } from '../hypervisor/device-pins.ts';
import { frameOf } from '../mm/space/mapping.ts';
import { freeChunks } from '../mm/buddy.ts';
import { wholeWord } from '../mm/frames.ts';
import { downtimeSoFar, hostName } from '../migration/operation.ts';
import { thresholdBytes } from '../migration/strategies/precopy.ts';
import { pageWireBytes } from '../migration/stream.ts';
import { flushNs } from '../migration/timed-hand-off.ts';
import { nextEventNs } from '../sim/event-queue.ts';
import { fetchStatus } from './fetch.ts';
import { fabricStatus } from './fabric.ts';
import { machineStatuses } from './machines.ts';
import { rackStatus } from './rack.ts';
import { vdpaStatus } from './vdpa.ts';
import type { OperationRecord, VmRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { ownerOf } from '../superpage/words.ts';

/** The few things of a world as the page shows them. Reads only. */
export function statusOf(world: World): WorldStatus {
	const { r } = world;
	return {
		scenarioId: world.scenario.id,
		title: world.scenario.title,
		nowNs: r.nowNs,
		eventCount: r.eventCount,
		settled:
			r.journalNext >= world.journal.length &&
			!r.operations.some((operation) => operation.state === 'running') &&
			!r.calls.some((call) => call.state === 'running'),
		nextEventNs: nextEventNs(world),
		traceCount: r.traceCount,
		hosts: r.hosts.map((_, index) => hostStatus(world, index)),
		memories: memoryStatuses(world),
		vms: r.vms.map((vm, index) => vmStatus(world, vm, index)),
		operations: r.operations.map((operation) => operationStatus(world, operation)),
		links: r.links.map((_, index) => linkStatus(world, index)),
		extents: r.extents.map((_, index) => extentStatus(world, index)),
		machines: machineStatuses(world),
		fabric: fabricStatus(world),
		vdpa: vdpaStatus(world),
		rack: rackStatus(world),
		marks: [...r.marks],
		switchExtraNs: world.scenario.pool?.reach === 'switched' ? costNs(world.costs, 'cxlSwitchHopExtraNs') : null,
		belief: r.belief
	};
}

function zoneStatus(world: World, index: number): ZoneStatus {
	const zone = world.r.zones[index] as (typeof world.r.zones)[number];
	return {
		name: zone.name === 'NORMAL' ? 'NORMAL' : 'MOVABLE',
		firstBlock: zone.firstBlock,
		blockCount: zone.blockCount,
		freePages: world.c.zoneFreePages.get(index),
		presentPages: world.c.zonePresentPages.get(index),
		freeChunks: freeChunks(world, index)
	};
}

/** The compute-less node shows as one zone whatever VMs its extents were reserved for. */
function together(zones: readonly ZoneStatus[]): ZoneStatus {
	return {
		name: 'MOVABLE',
		firstBlock: 0,
		blockCount: 0,
		freePages: zones.reduce((sum, zone) => sum + zone.freePages, 0),
		presentPages: zones.reduce((sum, zone) => sum + zone.presentPages, 0),
		freeChunks: Array.from({ length: ORDERS }, (_, order) => zones.reduce((sum, zone) => sum + (zone.freeChunks[order] ?? 0), 0))
	};
}

function hostStatus(world: World, index: number): HostStatus {
	const { r } = world;
	const host = r.hosts[index] as (typeof r.hosts)[number];
	const nodes: NodeStatus[] = [];
	for (const node of [0, 1]) {
		const at = node === 0 ? host.memory : r.memories.findIndex((record) => record.kind === 'pool');
		const memory = r.memories[at];
		if (!memory) continue;
		const zones = r.zones.flatMap((zone, zoneIndex) => (zone.host === index && zone.node === node ? [zoneStatus(world, zoneIndex)] : []));
		const list = node === 0 ? zones : [together(zones)];
		nodes.push({
			index: node,
			memory: memory.id,
			cpus: node === 0 ? host.cpus : 0,
			bytes: list.reduce((sum, zone) => sum + zone.presentPages, 0) * PAGE_BYTES,
			freeBytes: list.reduce((sum, zone) => sum + zone.freePages, 0) * PAGE_BYTES,
			zones: list,
			readLatencyNs: memory.readLatencyNs
		});
	}
	return { id: host.id, cpus: host.cpus, nodes, windowBaseHpa: host.windowBaseHpa, windowBytes: host.decoder.bytes };
}

function memoryStatuses(world: World): MemoryStatus[] {
	const devicePins = devicePinsByMemory(world);
	return world.r.memories.map((_, index) => memoryStatus(world, index, devicePins[index] ?? 0));
}

function memoryStatus(world: World, index: number, devicePins: number): MemoryStatus {
	const { r } = world;
	const memory = r.memories[index] as (typeof r.memories)[number];
	let kernelPages = 0;
	const words = world.c.blockWord.data;
	for (let block = memory.firstBlock; block < memory.firstBlock + memory.blockCount; block += 1) {
		// Most blocks are told by their own word: one look at it, and at the detail only where there is one.
		const own = words[block] as number;
		const word = wordKind(own) === BlockKind.detail ? wholeWord(world, block) : own;
		if (wordKind(word) === BlockKind.use && payloadUseClass(wordPayload(word)) === UseClass.kernel) kernelPages += PAGES_PER_BLOCK;
	}
	const pins = r.pins.filter((pin) => {
		const vm = r.vms[pin.vm] as VmRecord;
		const block = Math.floor(frameOf(world, vm, vm.running, pin.gfn) / PAGES_PER_BLOCK);
		return block >= memory.firstBlock && block < memory.firstBlock + memory.blockCount;
	});
	return {
		id: memory.id,
		index,
		kind: memory.kind,
		host: memory.kind === 'dram' ? hostName(world, memory.host) : null,
		bytes: memory.blockCount * PAGES_PER_BLOCK * PAGE_BYTES,
		firstBlock: memory.firstBlock,
		blockCount: memory.blockCount,
		readLatencyNs: memory.readLatencyNs,
		loadedLatencyNs: memory.kind === 'pool' ? Math.floor(loadedPoolLatencyNs(world)) : memory.readLatencyNs,
		shortPins: pins.filter((pin) => pin.term === 'short').length,
		longPins: pins.filter((pin) => pin.term === 'long').length + devicePins,
		kernelPages
	};
}

function vmStatus(world: World, vm: VmRecord, index: number): VmStatus {
	const { r } = world;
	const host = r.hosts[vm.instances[vm.running] as number];
	const sliceNs = host?.sliceNs ?? costNs(world.costs, 'schedSliceMs');
	const runs = vm.vcpuState === 'running';
	const owner = ownerOf(world, index);
	const previous = vm.previousOwner;
	return {
		id: vm.id,
		index,
		bytes: vm.pageCount * PAGE_BYTES,
		pageCount: vm.pageCount,
		vcpuCount: vm.vcpus,
		vcpuState: vm.vcpuState,
		runsOn: runs ? (host?.id ?? null) : null,
		owner: hostName(world, vm.ownerHost),
		instances: vm.instances.map((instance) => (instance < 0 ? null : hostName(world, instance))),
		runningInstance: vm.running,
		split: vm.split?.map((host) => hostName(world, host)) ?? null,
		sliceNs,
		sliceStartNs: r.nowNs - (r.nowNs % sliceNs),
		speedPpm: runs ? vm.speedPpm : 0,
		throttlePercent: vm.throttlePercent,
		workload: vm.workload,
		writtenPages: vm.writtenPages,
		pagesByMemory: Object.fromEntries(r.memories.map((memory, at) => [memory.id, vm.pagesByMemory[at] ?? 0])),
		lostWorkNs: vm.lostWorkNs,
		stalls: vm.stalls,
		secondStageFaults: vm.secondStageFaults,
		ownerWord: owner,
		previousOwnerWord: previous ? { owner: previous[0], state: previous[1], incarnation: previous[2], token: previous[3] } : null,
		ownerChangedNs: vm.ownerChangedNs,
		migrationStatus: vm.status
	};
}

function batchStatus(world: World, operation: OperationRecord): BatchStatus | null {
	const { batch } = operation;
	if (!batch || batch.bytes === 0) return null;
	const name = (memory: number): string => world.r.memories[memory]?.id ?? '';
	return {
		direction: batch.direction,
		beginNs: batch.beginNs,
		endNs: batch.endNs,
		firstGfn: batch.firstGfn,
		pages: batch.direction === 'stream' ? batch.pages : batch.bytes / PAGE_BYTES,
		sourceMemory: name(batch.sourceMemory),
		targetMemory: name(batch.targetMemory),
		sourceBlock: batch.sourceBlock,
		targetBlock: batch.targetBlock
	};
}

function operationStatus(world: World, operation: OperationRecord): OperationStatus {
	const vm = world.r.vms[operation.vm] as VmRecord;
	const precopy = passesByCopy(operation.strategy);
	const inFlight = operation.batch ? (precopy ? operation.batch.pages : operation.batch.bytes / PAGE_BYTES) : 0;
	const left = precopy ? operation.dirtyPages : Math.max(0, vm.populatedPages - operation.pagesMoved);
	return {
		id: operation.id,
		strategy: operation.strategy,
		vm: vm.id,
		source: hostName(world, operation.source),
		target: hostName(world, operation.target),
		state: operation.state,
		reason: operation.reason,
		startNs: operation.startNs,
		endNs: operation.endNs < 0 ? null : operation.endNs,
		phase: operation.phase,
		phases: operation.phases,
		pagesTotal: precopy ? vm.pageCount : vm.populatedPages,
		pagesMoved: operation.pagesMoved,
		pagesInFlight: inFlight,
		pagesLeft: Math.max(0, left - inFlight),
		retriedFolios: operation.retriedFolios,
		splitFolios: operation.splitFolios,
		networkBytes: operation.networkBytes,
		cxlBytes: operation.cxlBytes,
		round: operation.round,
		leftBytes: left * PAGE_BYTES,
		thresholdBytes: Math.floor(thresholdBytes(operation)),
		bandwidthBytesPerSecond: Math.floor(operation.bandwidth),
		expectedDowntimeNs: expectedDowntime(world, operation),
		downtime: operation.downtime,
		downtimeNs:
			operation.resumedNs >= 0
				? operation.resumedNs - operation.stoppedNs
				: operation.downtime.length > 0
					? downtimeSoFar(world, operation.downtime)
					: null,
		downtimeBudgetNs: operation.parameters.downtimeLimitNs,
		rangeCount: operation.rangeCount,
		...fetchStatus(world, operation),
		batch: batchStatus(world, operation)
	};
}

/** Pre-copy: what is known dirty over the bandwidth, plus the fixed part (QEMU's expected-downtime). Transit: formula F9. */
function expectedDowntime(world: World, operation: OperationRecord): number {
	const { costs } = world;
	const vm = world.r.vms[operation.vm] as VmRecord;
	const fixed = costNs(costs, 'switchoverFixedMs');
	if (operation.strategy === 'postcopy' || operation.strategy === 'shared-file') return fixed;
	if (passesByCopy(operation.strategy)) {
		const rate = operation.bandwidth > 0 ? operation.bandwidth : operation.sendRate;
		if (rate <= 0 || operation.bandwidth === 0) return operation.parameters.downtimeLimitNs;
		return Math.floor(((operation.dirtyPages * pageWireBytes(world)) / rate) * NS_PER_S) + fixed;
	}
	const flush = flushNs(world, operation);
	if (operation.parameters.handOver === 'qemu') return fixed + flush;
	return 2 * vm.vcpus * costNs(costs, 'vcpuSaveRestoreUs') + flush + costNs(costs, 'cxlDoorbellUs');
}

function linkStatus(world: World, index: number): LinkStatus {
	const { r } = world;
	const link = r.links[index] as (typeof r.links)[number];
	const load = linkLoad(world, index);
	const user = r.flows.find((flow) => flow.links.includes(index));
	return {
		id: link.id,
		from: link.from,
		to: link.to,
		kind: link.kind,
		capacityBytesPerSecond: link.capacity,
		loadBytesPerSecond: Math.floor(load),
		usedBy: user && load > 0 ? hostName(world, user.host) : null
	};
}

function extentStatus(world: World, index: number): ExtentStatus {
	const { r } = world;
	const extent = r.extents[index] as (typeof r.extents)[number];
	return {
		id: extent.id,
		tag: extent.tag,
		memory: r.memories[extent.memory]?.id ?? '',
		firstBlock: extent.firstBlock,
		blockCount: extent.blockCount,
		state: extent.state,
		onlineOn: extent.onlineOn < 0 ? null : hostName(world, extent.onlineOn),
		acceptedBy: extent.acceptedBy.map((host) => hostName(world, host))
	};
}
