import {
	formatBytesBinary,
	formatBytesDecimal,
	formatNs,
	formatNumber,
	formatRate
} from '../../base/format.ts';
import { PAGE_BYTES } from '../../base/units.ts';
import type { OperationStatus, VmStatus } from '../../engine/contract/status.ts';
import { figure, hostName, speed, type Moment } from './moment-parts.ts';

/** What moves by copy says of the moment: rounds, the switch, pages that are missing, a stream that broke. */
export function copyMoment(operation: OperationStatus, vm: VmStatus, stopped: number): Moment {
	const wire = figure(formatRate(operation.bandwidthBytesPerSecond), 'on the wire');
	if (operation.strategy === 'shared-file') return sharedFile(operation, vm, stopped);
	const toSend = figure(formatBytesBinary(operation.leftBytes), 'to send');
	switch (operation.phase) {
		case 'prepare':
			return {
				sentence: preparation(operation),
				figures: [figure(formatBytesBinary(vm.bytes), 'of memory'), speed(vm)]
			};
		case 'setup':
			return {
				sentence:
					vm.migrationStatus === 'wait-unplug'
						? 'wait-unplug: the guest has to let go of its network card, nothing is sent before'
						: 'Setup: everything counts as not sent yet',
				figures: [toSend, speed(vm)]
			};
		case 'switchover':
			return operation.strategy === 'postcopy'
				? {
						sentence: 'Switch: the VM stops and goes first, its memory stays behind',
						figures: [
							figure(formatNs(stopped), 'guest stopped'),
							figure(formatBytesBinary(operation.leftBytes), 'stays behind')
						]
					}
				: {
						sentence: 'Switch-over: the VM stops, the last pages are sent',
						figures: [
							figure(formatNs(stopped), 'guest stopped'),
							figure(formatBytesBinary(operation.leftBytes), 'left'),
							wire
						]
					};
		case 'fetch':
		case 'paused':
			return fetching(operation, vm);
		default:
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
}

/** RDMA: the step of S0's list at which it is. */
function preparation({ phases }: OperationStatus): string {
	const label = phases.at(-1)?.label ?? '';
	if (label.startsWith('a')) return 'Sizes: the target learns how much room is needed';
	if (label.startsWith('c: addresses'))
		return 'Addresses and keys: from now on the source writes there by itself';
	return 'Registration: every page gets a frame on both hosts, and stays in it';
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function fetching(operation: OperationStatus, vm: VmStatus): Moment {
	const { fetch } = operation;
	const missing = figure(
		formatBytesBinary((fetch?.missingPages ?? 0) * PAGE_BYTES),
		`only on ${operation.source}`
	);
	const asked = figure(formatNumber(fetch?.requests ?? 0), 'asked for');
	const waiting = figure(
		`${fetch?.waitingVcpus ?? 0} of ${vm.vcpuCount}`,
		vm.vcpuCount === 1 ? 'vCPU waits' : 'vCPUs wait'
	);
	if (operation.phase === 'paused')
		return {
			sentence: fetch?.cut
				? 'Paused: the network is down, each side keeps its half of the memory'
				: 'Paused: each side keeps its half of the memory',
			figures: [missing, waiting, speed(vm)]
		};
	return {
		sentence: `${capital(hostName(operation.target))} runs it: pages follow, first those that it touches`,
		figures: [missing, asked, waiting, speed(vm)]
	};
}

/** A file that both hosts map: nothing of the memory is sent, nothing is flushed. */
function sharedFile(operation: OperationStatus, vm: VmStatus, stopped: number): Moment {
	if (operation.phase === 'switchover')
		return {
			sentence: 'Switch-over: only the device state crosses, nobody flushes a cache',
			figures: [
				figure(formatNs(stopped), 'guest stopped'),
				figure(formatBytesDecimal(operation.networkBytes), 'on the network')
			]
		};
	return {
		sentence: 'Setup: the target maps the same file, and compares guest addresses',
		figures: [figure(formatBytesBinary(vm.bytes), 'left where it is'), speed(vm)]
	};
}
