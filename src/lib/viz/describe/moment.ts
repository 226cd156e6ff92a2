import { passesByCopy } from '../../engine/contract/migration/strategies.ts';
import {
	formatBytesBinary,
	formatBytesDecimal,
	formatNs,
	formatPpm,
	formatRate
} from '../../base/format.ts';
import { PAGE_BYTES } from '../../base/units.ts';
import { REASONS } from '../../engine/contract/reasons.ts';
import type { OperationStatus, VmStatus, WorldStatus } from '../../engine/contract/status.ts';

/** A number that matters at this moment, with its words. */
export interface MomentFigure {
	readonly value: string;
	readonly words: string;
}

/** The one sentence above the stage, and at most four figures. */
export interface Moment {
	readonly sentence: string;
	readonly figures: readonly MomentFigure[];
}

const pages = (count: number): string => formatBytesBinary(count * PAGE_BYTES);
const figure = (value: string, words: string): MomentFigure => ({ value, words });
const speed = (vm: VmStatus): MomentFigure => figure(formatPpm(vm.speedPpm), 'guest speed');
const hostName = (id: string): string => (id.length === 1 ? `host ${id}` : id);

/** The operation that is told of: the newest that runs, else the newest of all. */
export function operationOf(status: WorldStatus): OperationStatus | null {
	return (
		status.operations.findLast((operation) => operation.state === 'running') ??
		status.operations.at(-1) ??
		null
	);
}

/**
 * Length of the gap: measured when it is over, else from the stop until now. The bar of the downtime counts the same way, so
 * that there is one figure: moments between two parts count, nobody runs the guest then either.
 */
export function stoppedNs(
	operation: OperationStatus,
	vm: Pick<VmStatus, 'vcpuState'> | undefined,
	nowNs: number
): number {
	const [first] = operation.downtime;
	if (first === undefined) return operation.downtimeNs ?? 0;
	if (!isStopped(operation, vm) && operation.downtimeNs !== null) return operation.downtimeNs;
	return Math.max(0, nowNs - first.startNs);
}

/** The gap has begun and is not over: the migration goes on, and nobody runs the guest. */
export const isStopped = (
	operation: Pick<OperationStatus, 'state' | 'downtime'>,
	vm: Pick<VmStatus, 'vcpuState'> | undefined
): boolean =>
	operation.state === 'running' &&
	operation.downtime.length > 0 &&
	vm !== undefined &&
	vm.vcpuState !== 'running';

export function momentOf(status: WorldStatus): Moment {
	const operation = operationOf(status);
	const [first] = status.vms;
	if (operation === null) {
		if (first === undefined) return { sentence: 'No virtual machine yet', figures: [] };
		return {
			sentence:
				first.runsOn === null
					? `${first.id} does not run`
					: `${first.id} runs on ${hostName(first.runsOn)}`,
			figures: [
				figure(formatBytesBinary(first.bytes), 'of memory'),
				figure(`${first.vcpuCount}`, first.vcpuCount === 1 ? 'vCPU' : 'vCPUs'),
				speed(first)
			]
		};
	}
	const vm = status.vms.find((candidate) => candidate.id === operation.vm) ?? first;
	if (vm === undefined) return { sentence: '', figures: [] };
	if (operation.state !== 'running') return ended(status, operation, vm);
	return passesByCopy(operation.strategy)
		? precopy(status, operation, vm)
		: transit(status, operation, vm);
}

function ended(status: WorldStatus, operation: OperationStatus, vm: VmStatus): Moment {
	const where = vm.runsOn === null ? 'nobody runs it' : `it runs on ${hostName(vm.runsOn)}`;
	const moved = [
		figure(formatBytesDecimal(operation.networkBytes), 'on the network'),
		figure(formatBytesDecimal(operation.cxlBytes), 'over CXL')
	];
	if (operation.state === 'completed')
		return {
			sentence:
				vm.runsOn === null ? `${vm.id} has moved` : `${vm.id} runs on ${hostName(vm.runsOn)}`,
			figures: [
				figure(formatNs(stoppedNs(operation, vm, status.nowNs)), 'guest stopped'),
				...moved,
				speed(vm)
			]
		};
	const why =
		operation.reason !== null && operation.reason in REASONS
			? REASONS[operation.reason as keyof typeof REASONS].sentence
			: '';
	const word = operation.state === 'cancelled' ? 'Cancelled' : 'Not moved';
	return {
		sentence: operation.state === 'cancelled' ? `${word}: ${where}` : `${word}. ${why}`.trim(),
		figures: [...moved, speed(vm)]
	};
}

function transit(status: WorldStatus, operation: OperationStatus, vm: VmStatus): Moment {
	const { pagesMoved, pagesInFlight, pagesLeft } = operation;
	switch (operation.phase) {
		case 'staging':
			return {
				sentence: 'Staging: pages cross to the pool while the VM runs',
				figures: [
					figure(pages(pagesMoved), 'in the pool'),
					figure(pages(pagesInFlight), 'on the way'),
					figure(pages(pagesLeft), `left on ${operation.source}`),
					speed(vm)
				]
			};
		case 'publish':
			return {
				sentence: 'Everything is in the pool: its ranges are written down',
				figures: [
					figure(`${operation.rangeCount}`, operation.rangeCount === 1 ? 'range' : 'ranges'),
					figure(pages(pagesMoved), 'in the pool'),
					speed(vm)
				]
			};
		case 'handoff':
			return {
				sentence:
					vm.owner === operation.target
						? 'Hand-off: one word flips, no page moves'
						: `Hand-off: nobody runs the VM, it is still ${operation.source}’s`,
				figures: [
					...(vm.owner === operation.target
						? [figure(formatBytesBinary(vm.bytes), 'changed owner')]
						: [figure(pages(operation.pagesTotal), 'in the pool')]),
					figure(pages(pagesInFlight), 'moved now'),
					figure(formatNs(stoppedNs(operation, vm, status.nowNs)), 'guest stopped')
				]
			};
		case 'unstaging':
			return {
				sentence: 'Unstaging: pages go home behind the running VM',
				figures: [
					figure(pages(pagesMoved), `home on ${operation.target}`),
					figure(pages(pagesInFlight), 'on the way'),
					figure(pages(pagesLeft), 'in the pool'),
					speed(vm)
				]
			};
		case 'release':
			return {
				sentence: 'The empty extent goes back to the pool',
				figures: [
					figure(formatNs(stoppedNs(operation, vm, status.nowNs)), 'guest stopped'),
					figure(formatBytesDecimal(operation.networkBytes), 'on the network'),
					speed(vm)
				]
			};
		default:
			return {
				sentence: `Preparing: the pool sets ${formatBytesBinary(vm.bytes)} aside, for ${vm.id} alone`,
				figures: [figure(pages(pagesLeft), `on ${operation.source}`), speed(vm)]
			};
	}
}

function precopy(status: WorldStatus, operation: OperationStatus, vm: VmStatus): Moment {
	const wire = figure(formatRate(operation.bandwidthBytesPerSecond), 'on the wire');
	if (operation.phase === 'switchover')
		return {
			sentence: 'Switch-over: the VM stops, the last pages are sent',
			figures: [
				figure(formatNs(stoppedNs(operation, vm, status.nowNs)), 'guest stopped'),
				figure(formatBytesBinary(operation.leftBytes), 'left'),
				wire
			]
		};
	if (operation.phase === 'setup')
		return {
			sentence: 'Setup: everything counts as not sent yet',
			figures: [figure(formatBytesBinary(operation.leftBytes), 'to send'), speed(vm)]
		};
	return {
		sentence:
			operation.round <= 1
				? 'Round 1: every page is copied while the VM runs'
				: `Round ${operation.round}: what was written meanwhile is sent again`,
		figures: [
			figure(formatBytesBinary(operation.leftBytes), 'left to send'),
			figure(formatBytesDecimal(operation.networkBytes), 'sent'),
			wire,
			speed(vm)
		]
	};
}
