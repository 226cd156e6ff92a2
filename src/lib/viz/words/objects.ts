import { passesByCopy, STRATEGY_WORDS } from '../../engine/contract/migration/strategies.ts';
import {
	formatBytesBinary,
	formatBytesDecimal,
	formatNs,
	formatNumber,
	formatPpm,
	formatRate,
	THIN
} from '../../base/format.ts';
import { formatAddress } from '../../base/address.ts';
import {
	BLOCK_BYTES,
	BLOCKS_PER_MEMORY_BLOCK,
	MEMORY_BLOCK_BYTES,
	PAGE_BYTES
} from '../../base/units.ts';
import type { FabricThing, ObjectName } from '../../engine/contract/queries.ts';
import type { RuleId } from '../../engine/contract/rules.ts';
import type {
	ExtentStatus,
	HostStatus,
	LinkStatus,
	MemoryStatus,
	OperationStatus,
	VmStatus,
	WorldStatus
} from '../../engine/contract/status.ts';
import { OWNER_STATE_NAMES, type OwnerWord } from '../../engine/contract/words.ts';
import { reasonSentence } from '../timeline/settled.ts';

/** An object as the inspector tells it: a name, a sentence, then numbers, then the rule behind it. */
export interface ObjectWords {
	readonly title: string;
	readonly sentence: string;
	readonly rows: readonly (readonly [label: string, value: string])[];
	readonly rule: RuleId | null;
}

/** The same name everywhere: figure, inspector, list of events, spoken text. */
export function objectTitle(object: ObjectName): string {
	switch (object.type) {
		case 'page':
			return `Page ${formatNumber(object.gfn)} of ${object.vm}`;
		case 'block':
			return `Block ${formatNumber(object.block)} of ${object.memory}`;
		case 'vm':
			return `VM ${object.vm}`;
		case 'operation':
			return `Migration ${object.operation}`;
		case 'extent':
			return `Extent ${object.extent}`;
		case 'ownerWord':
			return `Owner word of ${object.vm}`;
		case 'link':
			return `Link ${object.link}`;
		case 'host':
			return `Host ${object.host}`;
		case 'record':
			return `Event ${formatNumber(object.seq)}`;
		case 'frame':
			return `Page frame 0x${object.pfn.toString(16)} of ${object.machine}`;
		case 'memoryBlock':
			return `Memory block ${object.block} of ${object.machine}`;
		case 'process':
			return `Process ${object.process} of ${object.machine}`;
		case 'call':
			return `Call ${object.call} on ${object.machine}`;
		case 'virtioMem':
			return `virtio-mem device ${object.device} of ${object.machine}`;
		case 'fabric':
			return fabricTitle(object.thing, object.id);
		case 'nic':
			return object.part === 'device'
				? `Device ${object.nic}`
				: `${NIC_TITLES[object.part]} ${object.id} of ${object.nic}`;
	}
}

const NIC_TITLES = {
	device: 'Device',
	queue: 'Queue',
	band: 'Map at',
	section: 'Memory',
	change: 'Change'
} as const;

const FABRIC_TITLES: Readonly<Record<FabricThing, string>> = {
	host: 'Host',
	device: 'Device',
	ld: 'Logical device',
	switch: 'Switch',
	port: 'Port',
	tag: 'Tag',
	extent: 'Extent',
	message: 'Message',
	plan: 'Plan',
	app: 'Program',
	dax: 'DAX device',
	line: 'Line'
};
export const fabricTitle = (thing: FabricThing, id: string): string =>
	`${FABRIC_TITLES[thing]} ${id}`;

export function sameObject(a: ObjectName | null, b: ObjectName | null): boolean {
	return a === b || (a !== null && b !== null && JSON.stringify(a) === JSON.stringify(b));
}

/** Null when the world has no such thing (any more). Pages and records are told by the engine's own answers. */
export function objectWords(object: ObjectName, status: WorldStatus): ObjectWords | null {
	const named = (words: Omit<ObjectWords, 'title'> | null): ObjectWords | null =>
		words && { title: objectTitle(object), ...words };
	switch (object.type) {
		case 'vm':
			return named(vmWords(status.vms.find((vm) => vm.id === object.vm)));
		case 'host':
			return named(
				hostWords(
					status.hosts.find((host) => host.id === object.host),
					status
				)
			);
		case 'link':
			return named(linkWords(status.links.find((link) => link.id === object.link)));
		case 'extent':
			return named(extentWords(status.extents.find((extent) => extent.id === object.extent)));
		case 'ownerWord':
			return named(
				ownerWords(
					status.vms.find((vm) => vm.id === object.vm),
					status
				)
			);
		case 'operation':
			return named(
				operationWords(status.operations.find((operation) => operation.id === object.operation))
			);
		case 'block':
			return named(
				blockWords(
					object.block,
					status.memories.find((memory) => memory.id === object.memory),
					status
				)
			);
		default:
			return null;
	}
}

type Words = Omit<ObjectWords, 'title'> | null;

const VCPU_WORDS: Record<VmStatus['vcpuState'], string> = {
	running: 'running',
	stopped: 'stopped',
	saving: 'their state is being saved',
	saved: 'saved in the super-page',
	loading: 'their state is being loaded',
	lost: 'lost with their host',
	absent: 'not there yet'
};

function vmWords(vm: VmStatus | undefined): Words {
	if (!vm) return null;
	return {
		sentence:
			vm.runsOn === null
				? `Nobody runs it at this moment. Its memory belongs to host ${vm.owner}.`
				: `Its ${vm.vcpuCount} vCPUs are on host ${vm.runsOn}: ${VCPU_WORDS[vm.vcpuState]}. Its memory belongs to host ${vm.owner}.`,
		rows: [
			['Memory', formatBytesBinary(vm.bytes)],
			...Object.entries(vm.pagesByMemory)
				.filter(([, pages]) => pages > 0)
				.map(([memory, pages]) => [`Pages in ${memory}`, formatNumber(pages)] as const),
			['Guest speed', formatPpm(vm.speedPpm)],
			...(vm.throttlePercent > 0
				? [['Throttled by', `${vm.throttlePercent}${THIN}%`] as const]
				: []),
			['Workload', vm.workload.kind],
			['Pages written', formatNumber(vm.writtenPages)],
			['Work lost', formatNs(vm.lostWorkNs)],
			['Stalls on moving pages', formatNumber(vm.stalls)],
			['Second-stage faults', formatNumber(vm.secondStageFaults)],
			['Time slice', formatNs(vm.sliceNs)],
			['Migration status', vm.migrationStatus]
		],
		rule: 'vcpu-slice'
	};
}

function hostWords(host: HostStatus | undefined, status: WorldStatus): Words {
	if (!host) return null;
	const runs = status.vms.filter((vm) => vm.runsOn === host.id).map((vm) => vm.id);
	return {
		sentence:
			runs.length > 0
				? `It runs ${runs.join(', ')} on its ${host.cpus} CPUs.`
				: `It runs no VM; it has ${host.cpus} CPUs.`,
		rows: [
			...host.nodes.flatMap((node) => [
				[
					node.cpus > 0 ? `Node ${node.index}, DRAM` : `Node ${node.index}, CXL, no CPUs`,
					`${formatBytesBinary(node.bytes)} online`
				] as const,
				[`Free on node ${node.index}`, formatBytesBinary(node.freeBytes)] as const,
				[`Read latency of node ${node.index}`, formatNs(node.readLatencyNs)] as const
			]),
			...(host.windowBytes > 0
				? [
						['Window onto the pool', formatBytesBinary(host.windowBytes)] as const,
						['Window begins at HPA', formatAddress(host.windowBaseHpa)] as const
					]
				: [])
		],
		rule: 'translate'
	};
}

function linkWords(link: LinkStatus | undefined): Words {
	if (!link) return null;
	const share = link.loadBytesPerSecond / link.capacityBytesPerSecond;
	const kind = link.kind === 'network' ? 'Network' : 'CXL';
	return {
		sentence:
			link.loadBytesPerSecond === 0
				? `${kind} from ${link.from} to ${link.to}: nothing crosses now.`
				: `${kind} from ${link.from} to ${link.to}, used by host ${link.usedBy ?? 'both'}${share > 0.985 ? '; it is full' : ''}.`,
		rows: [
			['Load', formatRate(link.loadBytesPerSecond)],
			['Capacity', formatRate(link.capacityBytesPerSecond)],
			['In use', `${formatNumber(share * 100)}${THIN}%`]
		],
		rule: 'link-sharing'
	};
}

function extentWords(extent: ExtentStatus | undefined): Words {
	if (!extent) return null;
	const online =
		extent.onlineOn === null ? 'online on no host' : `online on host ${extent.onlineOn}`;
	const accepted =
		extent.acceptedBy.length === 0 ? 'nobody yet' : `host ${extent.acceptedBy.join(' and host ')}`;
	return {
		sentence: `A piece of the pool under one tag: ${extent.state}, ${online}.`,
		rows: [
			['Tag', extent.tag.toString(16).padStart(4, '0')],
			['Size', formatBytesBinary(extent.blockCount * BLOCK_BYTES)],
			['Device address', formatAddress(extent.firstBlock * BLOCK_BYTES)],
			['Accepted by', accepted]
		],
		rule: 'extent-offer'
	};
}

export function ownerWordText(word: OwnerWord, status: WorldStatus): string {
	const owner = word.owner < 0 ? 'nobody' : (status.hosts[word.owner]?.id ?? '?');
	return `${owner}, ${OWNER_STATE_NAMES[word.state] ?? word.state}, incarnation ${word.incarnation}, token ${word.token}`;
}

function ownerWords(vm: VmStatus | undefined, status: WorldStatus): Words {
	if (!vm) return null;
	return {
		sentence: `One 64-bit word in shared memory decides whose ${vm.id} is. It changes by compare-and-swap only.`,
		rows: [
			['Now', ownerWordText(vm.ownerWord, status)],
			[
				'Before',
				vm.previousOwnerWord === null
					? 'never changed'
					: ownerWordText(vm.previousOwnerWord, status)
			],
			...(vm.ownerChangedNs >= 0 ? [['Changed at', formatNs(vm.ownerChangedNs)] as const] : [])
		],
		rule: 'hand-off'
	};
}

function operationWords(operation: OperationStatus | undefined): Words {
	if (!operation) return null;
	const way = STRATEGY_WORDS[operation.strategy].way;
	const reason = reasonSentence(operation.reason);
	return {
		sentence: `${operation.vm} from host ${operation.source} to host ${operation.target}, ${way}: ${operation.state}${reason ? `. ${reason}` : '.'}`,
		rows: [
			['Began at', formatNs(operation.startNs)],
			...(operation.endNs === null ? [] : [['Ended at', formatNs(operation.endNs)] as const]),
			[
				'Downtime',
				operation.downtimeNs === null
					? `${formatNs(operation.expectedDowntimeNs)} expected`
					: formatNs(operation.downtimeNs)
			],
			['Downtime limit', formatNs(operation.downtimeBudgetNs)],
			['On the network', formatBytesDecimal(operation.networkBytes)],
			['Over CXL', formatBytesDecimal(operation.cxlBytes)],
			[
				'Pages moved',
				`${formatNumber(operation.pagesMoved)} of ${formatNumber(operation.pagesTotal)}`
			],
			...(passesByCopy(operation.strategy)
				? [
						['Rounds', formatNumber(operation.round)] as const,
						['Left to send', formatBytesBinary(operation.leftBytes)] as const,
						['Stops when left is below', formatBytesBinary(operation.thresholdBytes)] as const,
						['Measured bandwidth', formatRate(operation.bandwidthBytesPerSecond)] as const,
						...fetchRows(operation)
					]
				: [
						['Ranges published', formatNumber(operation.rangeCount)] as const,
						['Folios tried again', formatNumber(operation.retriedFolios)] as const,
						['Folios split', formatNumber(operation.splitFolios)] as const
					])
		],
		rule: operation.fetch
			? 'postcopy-fault'
			: operation.strategy === 'shared-file'
				? 'shared-file'
				: passesByCopy(operation.strategy)
					? 'precopy-iterate'
					: 'hand-off'
	};
}

/** What running without all of its memory costs the guest (QEMU's postcopy-requests, -blocktime, -latency). */
function fetchRows({ fetch }: OperationStatus): (readonly [string, string])[] {
	if (!fetch) return [];
	return [
		['Still missing', formatBytesBinary(fetch.missingPages * PAGE_BYTES)],
		['Pages asked for', formatNumber(fetch.requests)],
		['Waiting vCPUs', formatNumber(fetch.waitingVcpus)],
		['All vCPUs waited', formatNs(fetch.blockedNs)],
		...(fetch.meanLatencyNs === null
			? []
			: [['Mean wait', formatNs(fetch.meanLatencyNs)] as const]),
		...(fetch.breaks === 0
			? []
			: [
					['Stream broke', `${fetch.breaks} ${fetch.breaks === 1 ? 'time' : 'times'}`] as const,
					[
						'Lost on the wire, sent again',
						formatBytesBinary(fetch.lostOnWire * PAGE_BYTES)
					] as const
				])
	];
}

function blockWords(block: number, memory: MemoryStatus | undefined, status: WorldStatus): Words {
	if (!memory || block < 0 || block >= memory.blockCount) return null;
	const extent = status.extents.find(
		(one) =>
			one.memory === memory.id && block >= one.firstBlock && block < one.firstBlock + one.blockCount
	);
	const zone = status.hosts
		.find((host) => host.id === memory.host)
		?.nodes.find((node) => node.memory === memory.id)
		?.zones.find((one) => block >= one.firstBlock && block < one.firstBlock + one.blockCount);
	return {
		sentence:
			memory.kind === 'pool'
				? extent
					? `2${THIN}MiB of the pool, in extent ${extent.tag.toString(16).padStart(4, '0')}.`
					: `2${THIN}MiB of the pool, outside every extent.`
				: `2${THIN}MiB of host ${memory.host ?? '?'}’s DRAM${zone ? `, zone ${zone.name}` : ''}.`,
		rows: [
			[
				memory.kind === 'pool' ? 'Device address' : 'Physical address',
				formatAddress(block * BLOCK_BYTES)
			],
			['Memory block', formatNumber(Math.floor(block / BLOCKS_PER_MEMORY_BLOCK))],
			['Size of a memory block', formatBytesBinary(MEMORY_BLOCK_BYTES)],
			['Read latency', formatNs(memory.loadedLatencyNs)]
		],
		rule: 'loaded-latency'
	};
}
