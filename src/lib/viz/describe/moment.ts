import type { RackStatus } from '../../engine/contract/rack/status.ts';
import { awayWords, placesOf } from '../rack/rack-scene.ts';
import { rackSentence } from '../rack/rack-words.ts';
import { passesByCopy } from '../../engine/contract/migration/strategies.ts';
import { formatBytesBinary, formatBytesDecimal, formatNs } from '../../base/format.ts';
import { PAGE_BYTES } from '../../base/units.ts';
import { REASONS } from '../../engine/contract/reasons.ts';
import type { OperationStatus, VmStatus, WorldStatus } from '../../engine/contract/status.ts';
import { copyMoment } from './copy-moment.ts';
import { figure, hostName, speed, type Moment } from './moment-parts.ts';

export type { Moment, MomentFigure } from './moment-parts.ts';

const pages = (count: number): string => formatBytesBinary(count * PAGE_BYTES);

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
		if (status.rack !== null && status.hosts.length > 2) return rackMoment(status, status.rack);
		return {
			sentence:
				first.runsOn === null
					? `${first.id} does not run`
					: `${first.id} runs on ${placeName(first, first.runsOn)}`,
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
	return sendsStream(operation)
		? copyMoment(operation, vm, stoppedNs(operation, vm, status.nowNs))
		: transit(status, operation, vm);
}

/** Several hosts of which none moves anything: what matters most of all of them. */
function rackMoment(status: WorldStatus, rack: RackStatus): Moment {
	const run = status.vms.filter((vm) => vm.vcpuState === 'running').length;
	const up = rack.hosts.filter((host) => awayWords(host) === null).length;
	return {
		sentence: rackSentence(status, rack),
		figures: [
			figure(`${run} of ${status.vms.length}`, status.vms.length === 1 ? 'VM runs' : 'VMs run'),
			figure(`${up} of ${rack.hosts.length}`, 'hosts serve')
		]
	};
}

/** The host, or the hosts where its vCPUs are on more than one. */
const placeName = (vm: VmStatus, host: string): string =>
	vm.split ? `hosts ${placesOf(vm)}` : hostName(host);

/** Something goes over the network: pages, or for a file that both map the device state alone. */
const sendsStream = ({ strategy }: OperationStatus): boolean =>
	passesByCopy(strategy) || strategy === 'shared-file';

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
				sentence:
					vm.vcpuState === 'running'
						? 'Staging: pages cross to the pool while the VM runs'
						: 'Staging: pages cross to the pool while the VM stands still',
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
			// Who owns it takes it home: the target, or after a move that was given up the source.
			return {
				sentence:
					vm.owner === operation.source && operation.source !== operation.target
						? `Given up: the pages go back to ${hostName(operation.source)} behind the running VM`
						: 'Unstaging: pages go home behind the running VM',
				figures: [
					figure(pages(pagesMoved), `home on ${vm.owner}`),
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
