import {
	formatBytesBinary,
	formatBytesDecimal,
	formatNs,
	formatNumber,
	formatPpm,
	formatRate
} from '../../base/format.ts';
import { REASONS, type ReasonId } from '../../engine/contract/reasons.ts';
import type { OperationStatus, VmStatus, WorldStatus } from '../../engine/contract/status.ts';
import { OWNER_STATE_NAMES } from '../../engine/contract/words.ts';

export interface Figure {
	readonly value: string;
	readonly label: string;
}

/** The one sentence of the moment, with at most four figures. */
export interface Moment {
	readonly sentence: string;
	readonly figures: readonly Figure[];
}

/** Base pages per folio that the host backs a VM with: 512 for huge pages, 1 for small ones. */
export type PagesPerFolio = 1 | 512;

const figure = (value: string, label: string): Figure => ({ value, label });

/** The operation that matters now: the last one that was started. */
export function currentOperation(status: WorldStatus): OperationStatus | null {
	return status.operations.at(-1) ?? null;
}

export function reasonSentence(reason: string | null): string | null {
	if (reason === null) return null;
	return reason in REASONS ? REASONS[reason as ReasonId].sentence : reason;
}

export function momentOf(status: WorldStatus, pagesPerFolio: PagesPerFolio): Moment {
	const operation = currentOperation(status);
	const vm = status.vms.find((one) => one.id === operation?.vm) ?? status.vms[0];
	if (!vm) return { sentence: 'No VM in this world', figures: [] };
	if (!operation) return resting(vm);
	if (operation.state !== 'running') return ended(operation, vm);
	return operation.strategy === 'precopy'
		? copying(operation, vm, status.nowNs)
		: transit(operation, vm, status, pagesPerFolio);
}

function resting(vm: VmStatus): Moment {
	return {
		sentence: `${vm.id} runs on host ${vm.runsOn ?? vm.owner}, nothing is moving`,
		figures: [
			figure(formatBytesBinary(vm.bytes), 'of memory'),
			figure(formatNumber(vm.vcpuCount), 'vCPUs'),
			figure(formatPpm(vm.speedPpm), 'guest speed')
		]
	};
}

function ended(operation: OperationStatus, vm: VmStatus): Moment {
	const reason = reasonSentence(operation.reason);
	const figures = [
		figure(formatNs(operation.downtimeNs ?? 0), 'guest stopped'),
		figure(formatBytesDecimal(operation.networkBytes), 'on the network'),
		figure(formatBytesDecimal(operation.cxlBytes), 'over CXL'),
		figure(formatPpm(vm.speedPpm), 'guest speed')
	];
	if (operation.state === 'completed')
		return { sentence: `Done: ${vm.id} runs on host ${vm.runsOn ?? vm.owner}`, figures };
	const where = vm.runsOn ?? vm.owner;
	if (operation.state === 'cancelled')
		return { sentence: `Cancelled: ${vm.id} goes on on host ${where}`, figures };
	return {
		sentence: `Not moved: ${lowerFirst(withoutStop(reason ?? 'it failed'))}`,
		figures
	};
}

const withoutStop = (text: string): string => text.replace(/\.$/, '');
const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);

function stoppedFor(operation: OperationStatus, nowNs: number): number {
	if (operation.downtimeNs !== null) return operation.downtimeNs;
	const start = operation.downtime[0]?.startNs;
	return start === undefined ? 0 : Math.max(0, nowNs - start);
}

function copying(operation: OperationStatus, vm: VmStatus, nowNs: number): Moment {
	const left = figure(formatBytesBinary(operation.leftBytes), 'left to send');
	const sent = figure(formatBytesDecimal(operation.networkBytes), 'sent so far');
	const speed = figure(formatPpm(vm.speedPpm), 'guest speed');
	if (operation.phase === 'setup')
		return { sentence: 'Setup: every page is marked as still to send', figures: [left, speed] };
	if (operation.phase === 'switchover')
		return {
			sentence: 'Switch-over: the guest stands still while the rest is sent',
			figures: [
				left,
				sent,
				figure(formatNs(stoppedFor(operation, nowNs)), 'guest stopped'),
				figure(formatNs(operation.downtimeBudgetNs), 'allowed')
			]
		};
	const round = Math.max(1, operation.round);
	return {
		sentence:
			round === 1
				? 'Round 1: every page is sent once while the VM runs'
				: `Round ${formatNumber(round)}: what was written meanwhile is sent again`,
		figures: [left, sent, figure(formatRate(operation.bandwidthBytesPerSecond), 'measured'), speed]
	};
}

function transit(
	operation: OperationStatus,
	vm: VmStatus,
	status: WorldStatus,
	pagesPerFolio: PagesPerFolio
): Moment {
	const speed = figure(formatPpm(vm.speedPpm), 'guest speed');
	const folios = (pages: number): string => formatNumber(Math.round(pages / pagesPerFolio));
	const stopped = figure(formatNs(stoppedFor(operation, status.nowNs)), 'guest stopped');
	switch (operation.phase) {
		case 'staging':
			return {
				sentence: 'Staging: pages cross to the pool while the VM runs',
				figures: [
					figure(folios(operation.pagesMoved), 'in the pool'),
					figure(folios(operation.pagesInFlight), 'on the way'),
					figure(folios(operation.pagesLeft), `left on ${operation.source}`),
					speed
				]
			};
		case 'publish':
			return {
				sentence: 'Publish: ranges are named by tag and offset in the super-page',
				figures: [figure(formatNumber(operation.rangeCount), 'ranges'), speed]
			};
		case 'handoff': {
			const flipped = vm.owner === operation.target;
			const state = OWNER_STATE_NAMES[vm.ownerWord.state] ?? '';
			return {
				sentence: flipped
					? 'Hand-off: one word flips, no page moves'
					: vm.vcpuState === 'running'
						? 'Hand-off: the target gets ready, the guest still runs'
						: `Hand-off: the guest stands still, host ${operation.source} ${state === 'handoff' ? 'commits' : 'saves and flushes'}`,
				figures: flipped
					? [
							figure(formatBytesBinary(vm.bytes), 'changed owner'),
							figure(formatBytesDecimal(0), 'moved now'),
							stopped
						]
					: [
							figure(formatBytesBinary(vm.bytes), 'in the pool'),
							figure(formatBytesDecimal(operation.networkBytes), 'on the network'),
							stopped
						]
			};
		}
		case 'unstaging':
			return {
				sentence: `Unstaging: pages go home to host ${operation.target} behind the running VM`,
				figures: [
					figure(folios(operation.pagesMoved), `home on ${operation.target}`),
					figure(folios(operation.pagesInFlight), 'on the way'),
					figure(folios(operation.pagesLeft), 'in the pool'),
					speed
				]
			};
		case 'release':
			return {
				sentence: 'Release: the empty extent goes back to the pool',
				figures: [figure(formatBytesDecimal(operation.cxlBytes), 'over CXL'), speed]
			};
		default:
			return {
				sentence: 'Prepare: an extent of the pool is reserved for this VM alone',
				figures: [
					figure(formatBytesBinary(vm.bytes), 'to make room for'),
					figure(formatBytesDecimal(operation.networkBytes), 'on the network'),
					speed
				]
			};
	}
}

/** What stands below the clock at the right end of the controls. */
export function settledWords(status: WorldStatus, playing: boolean): string {
	const operation = currentOperation(status);
	if (!operation) return playing ? 'nothing is moving' : 'settled, nothing is moving';
	if (operation.state !== 'running')
		return operation.state === 'completed' ? 'migration completed' : `migration ${operation.state}`;
	const batch = operation.batch;
	if (batch && batch.direction !== 'stream')
		return `batch of ${formatNumber(batch.pages)} pages at guest page ${formatNumber(batch.firstGfn)}`;
	const span = operation.phases.at(-1);
	const label = (span?.label ?? operation.phase).split(':')[0] ?? '';
	return playing ? label : `settled in ${label}`;
}
