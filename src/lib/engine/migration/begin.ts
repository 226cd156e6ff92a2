import { MIB } from '../../base/units.ts';
import type { MigrationParameters, StrategyId } from '../contract/commands.ts';
import type { OperationRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { endLoggedRates } from './qemu/dirty-rate.ts';
import { STRATEGIES } from './strategies/index.ts';

/** An operation is made and its strategy started; whoever asks has had it checked. */
export interface Beginning {
	readonly strategy: StrategyId;
	readonly vm: number;
	readonly source: number;
	readonly target: number;
	readonly parameters: Required<MigrationParameters>;
	/** Record of the command. */
	readonly cause: number;
	/** What only QEMU's monitor asks for. */
	readonly extra?: Partial<OperationRecord>;
}

export function beginMigration(world: World, request: Beginning): OperationRecord {
	endLoggedRates(world, request.vm);
	const operation = newOperation(world, request);
	world.r.operations.push(operation);
	STRATEGIES[operation.strategy].start(world, operation);
	return operation;
}

/** QEMU 10.2.2 migration/options.c defaults, from the cost model. */
export function withDefaults(world: World, asked: MigrationParameters): Required<MigrationParameters> {
	return {
		maxBandwidthBytesPerSecond: asked.maxBandwidthBytesPerSecond ?? Math.floor(world.costs.maxBandwidthMiBps * MIB),
		downtimeLimitNs: asked.downtimeLimitNs ?? Math.floor(world.costs.downtimeLimitMs * 1e6),
		multifdChannels: asked.multifdChannels ?? 2,
		autoConverge: asked.autoConverge ?? false,
		availSwitchoverBandwidthBytesPerSecond: asked.availSwitchoverBandwidthBytesPerSecond ?? 0,
		clearLog: asked.clearLog ?? 'chunk',
		stayOnPool: asked.stayOnPool ?? false,
		handOver: asked.handOver ?? 'ideal',
		precopyPasses: asked.precopyPasses ?? 0,
		preempt: asked.preempt ?? false,
		maxPostcopyBandwidthBytesPerSecond: asked.maxPostcopyBandwidthBytesPerSecond ?? 0,
		pauseBeforeSwitchover: asked.pauseBeforeSwitchover ?? false,
		guard: asked.guard ?? 'none',
		placing: asked.placing ?? 'scattered',
		backing: asked.backing ?? 'node',
		quiesce: asked.quiesce ?? false,
		recheck: asked.recheck ?? true,
		naming: asked.naming ?? 'tag',
		records: asked.records ?? 'ranges',
		leftovers: asked.leftovers ?? 'roll-back',
		testLoad: asked.testLoad ?? true
	};
}

function newOperation(world: World, request: Beginning): OperationRecord {
	const { nowNs } = world.r;
	const { strategy, vm, source, target, parameters, cause } = request;
	return {
		id: world.r.operations.length + 1,
		strategy,
		vm,
		source,
		target,
		parameters,
		state: 'running',
		reason: null,
		startNs: nowNs,
		endNs: -1,
		phase: 'setup',
		phases: [],
		downtime: [],
		stoppedNs: -1,
		resumedNs: -1,
		ending: 'none',
		flow: -1,
		generation: 0,
		step: '',
		cursor: 0,
		left: [],
		sweep: 0,
		batch: null,
		pagesMoved: 0,
		retriedFolios: 0,
		splitFolios: 0,
		networkBytes: 0,
		cxlBytes: 0,
		round: 0,
		rounds: [],
		dirtyPages: 0,
		sendRate: 0,
		bandwidth: 0,
		windowStartNs: nowNs,
		windowSentBytes: 0,
		measureStartNs: nowNs,
		measureSentBytes: 0,
		periodStartNs: nowNs,
		periodSentBytes: 0,
		periodNewPages: 0,
		redirtySeen: false,
		clearPending: [],
		extents: [],
		onlineExtent: 0,
		onlineBlock: 0,
		rangeCount: 0,
		actors: null,
		causeSeq: cause,
		phaseCauseSeq: cause,
		...(request.extra ?? {})
	};
}
