import type { RunSummary } from '../../../../src/lib/engine/contract/queries.ts';
import type { OperationStatus, VmStatus, WorldStatus } from '../../../../src/lib/engine/contract/status.ts';
import { OwnerState } from '../../../../src/lib/engine/contract/words.ts';

/** Hand-made worlds for tests of words and geometry. Times in milliseconds where a drawing is easier to read. */
export const MS = 1_000_000;

export function vm(changes: Partial<VmStatus> = {}): VmStatus {
	return {
		id: 'vm0',
		index: 0,
		bytes: 4 * 1024 ** 3,
		pageCount: 1_048_576,
		vcpuCount: 4,
		vcpuState: 'running',
		runsOn: 'A',
		owner: 'A',
		instances: ['A', null],
		runningInstance: 0,
		split: null,
		sliceNs: 2_800_000,
		sliceStartNs: 0,
		speedPpm: 1_000_000,
		throttlePercent: 0,
		workload: { kind: 'web' },
		writtenPages: 0,
		pagesByMemory: { A0: 1_048_576 },
		lostWorkNs: 0,
		stalls: 0,
		secondStageFaults: 0,
		ownerWord: { owner: 0, state: OwnerState.local, incarnation: 1, token: 1 },
		previousOwnerWord: null,
		ownerChangedNs: -1,
		migrationStatus: 'none',
		...changes
	};
}

export function operation(changes: Partial<OperationStatus> = {}): OperationStatus {
	return {
		id: 1,
		strategy: 'transit',
		vm: 'vm0',
		source: 'A',
		target: 'B',
		state: 'running',
		reason: null,
		startNs: 0,
		endNs: null,
		phase: 'staging',
		phases: [
			{ id: 'prepare', label: 'prepare', startNs: 0, endNs: 58 * MS },
			{ id: 'staging', label: 'staging: pages to the pool', startNs: 58 * MS, endNs: null }
		],
		pagesTotal: 1_048_576,
		pagesMoved: 1086 * 512,
		pagesInFlight: 192 * 512,
		pagesLeft: 770 * 512,
		retriedFolios: 2,
		splitFolios: 0,
		networkBytes: 0,
		cxlBytes: 2_277_507_072,
		round: 0,
		leftBytes: 770 * 2 * 1024 ** 2,
		thresholdBytes: 0,
		bandwidthBytesPerSecond: 10_880_000_000,
		expectedDowntimeNs: 5_150_000,
		downtime: [],
		downtimeNs: null,
		downtimeBudgetNs: 10_000_000,
		rangeCount: 0,
		batch: null,
		...changes
	};
}

export function status(changes: Partial<WorldStatus> = {}): WorldStatus {
	return {
		scenarioId: 'two-hosts',
		title: 'Two hosts and a switch',
		nowNs: 287 * MS,
		eventCount: 1000,
		settled: false,
		nextEventNs: 288 * MS,
		traceCount: 10,
		hosts: [
			{
				id: 'A',
				cpus: 8,
				windowBaseHpa: 0x10_8000_0000,
				windowBytes: 8 * 1024 ** 3,
				nodes: [
					{
						index: 0,
						memory: 'A0',
						cpus: 8,
						bytes: 8 * 1024 ** 3,
						freeBytes: 3 * 1024 ** 3,
						zones: [],
						readLatencyNs: 110
					}
				]
			},
			{ id: 'B', cpus: 8, windowBaseHpa: 0x28_0000_0000, windowBytes: 8 * 1024 ** 3, nodes: [] }
		],
		memories: [
			{
				id: 'pool',
				index: 2,
				kind: 'pool',
				host: null,
				bytes: 8 * 1024 ** 3,
				firstBlock: 8192,
				blockCount: 4096,
				readLatencyNs: 600,
				loadedLatencyNs: 624,
				shortPins: 0,
				longPins: 0,
				kernelPages: 0
			}
		],
		vms: [vm()],
		operations: [],
		links: [
			{
				id: 'A-switch',
				from: 'A',
				to: 'switch',
				kind: 'cxl',
				capacityBytesPerSecond: 33_000_000_000,
				loadBytesPerSecond: 10_900_000_000,
				usedBy: 'A'
			}
		],
		extents: [
			{
				id: 'e1',
				tag: 0x3f9c,
				memory: 'pool',
				firstBlock: 64,
				blockCount: 2048,
				state: 'accepted',
				onlineOn: 'A',
				acceptedBy: ['A', 'B']
			}
		],
		machines: [],
		fabric: null,
		vdpa: null,
		rack: null,
		marks: [],
		switchExtraNs: 335,
		belief: null,
		...changes
	};
}

/**
 * The run of the mock-up, in whole milliseconds:
 *
 *   0    prepare   58    staging    458  handoff 463   unstaging   859
 *   speed 100 %         80 % … 68 %       0 %         70 % … 100 %
 */
export function summary(nowNs: number): RunSummary {
	const done = (ns: number): number | null => (ns <= nowNs ? ns : null);
	const phases = [
		{ id: 'prepare' as const, label: 'prepare', startNs: 0, endNs: 58 * MS },
		{
			id: 'staging' as const,
			label: 'staging: pages to the pool',
			startNs: 58 * MS,
			endNs: 458 * MS
		},
		{ id: 'handoff' as const, label: 'hand-off', startNs: 458 * MS, endNs: 463 * MS },
		{
			id: 'unstaging' as const,
			label: 'unstaging: pages home to B',
			startNs: 463 * MS,
			endNs: 859 * MS
		}
	].filter((span) => span.startNs <= nowNs);
	const downtime = [
		{ id: 'save' as const, label: 'save', startNs: 458 * MS, endNs: 458.4 * MS },
		{ id: 'flush' as const, label: 'flush caches', startNs: 458.4 * MS, endNs: 462.75 * MS },
		{ id: 'commit' as const, label: 'commit', startNs: 462.75 * MS, endNs: 462.751 * MS },
		{ id: 'restore' as const, label: 'restore', startNs: 462.751 * MS, endNs: 463.15 * MS }
	].filter((part) => part.startNs <= nowNs);
	const points: [number, number, number, number][] = [
		[0, 1_000_000, 0, 4096],
		[100 * MS, 900_000, 0, 3000],
		[287 * MS, 800_000, 0, 1540],
		[457 * MS, 680_000, 0, 0],
		[458 * MS, 0, -1, 0],
		[463.15 * MS, 700_000, 1, 0],
		[859 * MS, 1_000_000, 1, 0]
	];
	const seen = points.filter(([ns]) => ns <= nowNs);
	return {
		nowNs,
		operations: [
			{
				id: 1,
				strategy: 'transit',
				vm: 'vm0',
				phases: phases.map((span) => ({ ...span, endNs: done(span.endNs) })),
				downtime: downtime.map((part) => ({ ...part, endNs: done(part.endNs) })),
				downtimeNs: nowNs >= 463.15 * MS ? 5_150_000 : null,
				startNs: 0,
				endNs: done(859 * MS),
				networkBytes: 0,
				cxlBytes: 0,
				rounds: []
			}
		],
		vms: [
			{
				id: 'vm0',
				atNs: seen.map(([ns]) => ns),
				speedPpm: seen.map(([, speed]) => speed),
				host: seen.map(([, , host]) => host),
				leftBytes: seen.map(([, , , mib]) => mib * 1024 ** 2),
				bandwidthBytesPerSecond: seen.map(() => 10_880_000_000),
				poolPages: seen.map(() => 0)
			}
		]
	};
}
