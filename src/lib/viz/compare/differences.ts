import { formatBytesBinary, formatBytesDecimal, formatNs, formatPpm } from '../../base/format.ts';
import { PAGE_BYTES } from '../../base/units.ts';
import type { OperationStatus, VmStatus, WorldStatus } from '../../engine/contract/status.ts';
import { operationOf, stoppedNs } from '../describe/moment.ts';
import { differ, type Difference } from './difference.ts';
import { machineReadings } from './machine-differences.ts';

interface Reading {
	readonly id: string;
	readonly label: string;
	readonly read: (vm: VmStatus, operation: OperationStatus | null, status: WorldStatus) => string;
}

/** One or two words for a narrow column. */
function phaseWord({ phase, round }: OperationStatus): string {
	switch (phase) {
		case 'round':
			return `round ${round}`;
		case 'handoff':
			return 'hand-off';
		case 'switchover':
			return 'switch-over';
		case 'fetch':
			return 'fetching';
		default:
			return phase;
	}
}

/** Pages that may not move: pins of transfers, of devices, and of memory registered for RDMA, on all hosts. */
export const pinnedBytes = ({ memories }: WorldStatus): number =>
	memories.reduce((sum, { shortPins, longPins }) => sum + shortPins + longPins, 0) * PAGE_BYTES;

const READINGS: readonly Reading[] = [
	{
		id: 'where',
		label: 'runs on',
		read: (vm) => (vm.runsOn === null ? 'nobody' : `host ${vm.runsOn}`)
	},
	{
		id: 'state',
		label: 'migration',
		read: (_, operation) =>
			operation === null
				? 'none'
				: operation.state === 'running'
					? phaseWord(operation)
					: operation.state
	},
	{ id: 'speed', label: 'guest speed', read: (vm) => formatPpm(vm.speedPpm) },
	{
		id: 'stopped',
		label: 'guest stopped',
		read: (vm, operation, status) =>
			formatNs(operation === null ? 0 : stoppedNs(operation, vm, status.nowNs))
	},
	{
		id: 'network',
		label: 'on the network',
		read: (_, operation) => formatBytesDecimal(operation?.networkBytes ?? 0)
	},
	{
		id: 'cxl',
		label: 'over CXL',
		read: (_, operation) => formatBytesDecimal(operation?.cxlBytes ?? 0)
	},
	{ id: 'pins', label: 'pinned', read: (_, __, status) => formatBytesBinary(pinnedBytes(status)) },
	{
		id: 'left',
		label: 'left to move',
		read: (_, operation) => formatBytesBinary((operation?.pagesLeft ?? 0) * PAGE_BYTES)
	},
	{ id: 'lost', label: 'work lost', read: (vm) => formatNs(vm.lostWorkNs) }
];

/** Only what differs, in a lasting order, at most `limit`. Worlds without a common VM differ in their machines. */
export function differences(worlds: readonly WorldStatus[], limit = 7): Difference[] {
	const found = hasCommonVm(worlds) ? readings(worlds) : machineReadings(worlds);
	return found.filter((one) => differ(one.values)).slice(0, limit);
}

/** All readings, also those that agree: figures that keep their place while worlds play. */
export function readings(worlds: readonly WorldStatus[]): Difference[] {
	if (!hasCommonVm(worlds)) return [];
	const id = worlds[0]?.vms[0]?.id;
	return READINGS.map(({ read, ...reading }) => ({
		...reading,
		values: worlds.map((world) =>
			read(world.vms.find((vm) => vm.id === id) as VmStatus, operationOf(world), world)
		)
	}));
}

function hasCommonVm(worlds: readonly WorldStatus[]): boolean {
	const first = worlds[0]?.vms[0];
	return first !== undefined && worlds.every((world) => world.vms.some((vm) => vm.id === first.id));
}

/** The differences as one text, for people who do not see the stages. */
export function differenceWords(list: readonly Difference[], names: readonly string[]): string {
	if (list.length === 0)
		return names.length > 2 ? 'The worlds do not differ yet.' : 'The two worlds do not differ yet.';
	return list
		.map(
			(one) =>
				`${one.label}: ${one.values.map((value, index) => `${names[index] ?? ''} ${value}`).join(', ')}`
		)
		.join('; ')
		.concat('.');
}
