import { formatAddress } from '$lib/base/address.ts';
import { formatNs, formatNumber } from '$lib/base/format.ts';
import type { MachineStatus } from '$lib/engine/contract/machine-status.ts';
import { distanceWords, sizeWords, stateSentence } from '$lib/viz/virtio-mem/words.ts';
import type { Facts } from './facts-of.ts';
import { rulesOfDevice } from './rules-behind.ts';

/** A virtio-mem device: its four sizes, what the driver does, and what came of the last request. */
export function deviceFacts(machine: MachineStatus, id: string, nowNs: number): Facts | null {
	const device = machine.virtioMems.find((one) => one.id === id);
	if (!device) return null;
	const rows: [string, string][] = [
		['Region', sizeWords(device.regionBytes)],
		['Usable', sizeWords(device.usableBytes)],
		['Requested', sizeWords(device.requestedBytes)],
		['Plugged', `${sizeWords(device.pluggedBytes)}, ${distanceWords(device)}`],
		['Begins at', formatAddress(device.addr)],
		['Node', String(device.node)],
		['Device block', sizeWords(device.blockBytes)],
		[
			device.mode === 'sbm' ? 'Sub-block of the driver' : 'Big block of the driver',
			sizeWords(device.mode === 'sbm' ? device.subBlockBytes : device.unitBytes)
		],
		['Driver', device.driver],
		['Last run', device.lastResult]
	];
	if (device.retryAtNs !== null)
		rows.push(['Next try in', formatNs(Math.max(0, device.retryAtNs - nowNs))]);
	if (device.lastRequest !== null)
		rows.push([
			'Last request',
			`${device.lastRequest.type} ${formatNumber(device.lastRequest.blocks)}: ${device.lastRequest.answer}`
		]);
	if (device.blocking.length > 0)
		rows.push([
			'Did not go',
			`${formatNumber(device.blocking.length)}: ${device.blocking[0]?.why}`
		]);
	return {
		title: `virtio-mem ${device.id}`,
		sentence: stateSentence(machine, device),
		rows,
		lines: ['info memory-devices', `qom-get ${device.id} size`],
		actions: [],
		rules: rulesOfDevice(machine, device)
	};
}
