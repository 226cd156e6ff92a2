import { formatBytesBinary, formatBytesDecimal, formatNs, formatPpm } from '../../base/format.ts';
import type { OperationStatus, VmStatus, WorldStatus } from '../../engine/contract/status.ts';
import { operationOf, stoppedNs } from '../describe/moment.ts';
import type { Difference } from './difference.ts';
import { machineDifferences } from './machine-differences.ts';

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
	{
		id: 'left',
		label: 'left to move',
		read: (_, operation) => formatBytesBinary((operation?.pagesLeft ?? 0) * 4096)
	},
	{ id: 'lost', label: 'work lost', read: (vm) => formatNs(vm.lostWorkNs) }
];

/** Only what differs, in a lasting order, at most `limit`. Worlds without a common VM differ in their machines. */
export function differences(a: WorldStatus, b: WorldStatus, limit = 7): Difference[] {
	const vmA = a.vms[0];
	const vmB = b.vms.find((vm) => vm.id === vmA?.id);
	if (!vmA || !vmB) return machineDifferences(a, b).slice(0, limit);
	const found: Difference[] = [];
	for (const reading of READINGS) {
		const left = reading.read(vmA, operationOf(a), a);
		const right = reading.read(vmB, operationOf(b), b);
		if (left !== right) found.push({ id: reading.id, label: reading.label, values: [left, right] });
	}
	return found.slice(0, limit);
}

/** All readings, also those that agree: figures that keep their place while two worlds play. */
export function readings(a: WorldStatus, b: WorldStatus, ids: readonly string[]): Difference[] {
	const vmA = a.vms[0];
	const vmB = b.vms.find((vm) => vm.id === vmA?.id);
	if (!vmA || !vmB) return [];
	return ids.flatMap((id) => {
		const reading = READINGS.find((one) => one.id === id);
		if (!reading) return [];
		return {
			id,
			label: reading.label,
			values: [reading.read(vmA, operationOf(a), a), reading.read(vmB, operationOf(b), b)] as const
		};
	});
}

/** The differences as one text, for people who do not see the two stages. */
export function differenceWords(
	list: readonly Difference[],
	names: readonly [string, string]
): string {
	if (list.length === 0) return 'The two worlds do not differ yet.';
	return list
		.map((one) => `${one.label}: ${names[0]} ${one.values[0]}, ${names[1]} ${one.values[1]}`)
		.join('; ')
		.concat('.');
}
