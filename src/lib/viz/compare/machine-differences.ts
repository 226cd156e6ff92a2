import { formatBytesBinary, formatNs, formatNumber } from '../../base/format.ts';
import { PAGE_BYTES } from '../../base/units.ts';
import type { MachineStatus } from '../../engine/contract/machine-status.ts';
import type { WorldStatus } from '../../engine/contract/status.ts';
import { sizeWords } from '../virtio-mem/words.ts';
import type { Difference } from './difference.ts';

/** Where the machines of two worlds on one clock differ now: only what differs, in a lasting order. */
export function machineDifferences(a: WorldStatus, b: WorldStatus): Difference[] {
	return a.machines.flatMap((one) => {
		const other = b.machines.find((candidate) => candidate.id === one.id);
		if (!other) return [];
		const name = a.machines.length > 1 ? `${one.id}: ` : '';
		const [left, right] = [readingsOf(one, a.nowNs), readingsOf(other, b.nowNs)];
		return [...new Set([...left.keys(), ...right.keys()])].flatMap((label): Difference[] => {
			const values = [left.get(label) ?? 'none', right.get(label) ?? 'none'] as const;
			return values[0] === values[1]
				? []
				: [{ id: `${one.id} ${label}`, label: `${name}${label}`, values: [values[0], values[1]] }];
		});
	});
}

const bytes = (pages: number): string => formatBytesBinary(pages * PAGE_BYTES);

/** What is read of a machine, by the words that name it. */
function readingsOf(machine: MachineStatus, nowNs: number): Map<string, string> {
	const found = new Map<string, string>();
	const states = machine.memoryBlocks.map((block) => block.state);
	const count = (state: string): number => states.filter((one) => one === state).length;
	found.set('blocks online', formatNumber(count('online')));
	found.set('going offline', formatNumber(count('going-offline')));
	found.set('offline', formatNumber(count('offline')));
	for (const device of machine.virtioMems) {
		found.set(`${device.id} has`, sizeWords(device.pluggedBytes));
		found.set(`${device.id} asked`, sizeWords(device.requestedBytes));
		if (device.retryAtNs !== null)
			found.set(`${device.id} tries in`, formatNs(Math.max(0, device.retryAtNs - nowNs)));
	}
	const last = machine.calls.findLast((call) => call.state === 'done');
	if (last) found.set('last answer', last.errno ?? 'went well');
	const running = machine.calls.findLast((call) => call.state === 'running');
	if (running) found.set('tries', formatNumber(running.tries));
	const held = machine.nodes.reduce(
		(sum, node) => sum + node.zones.reduce((part, zone) => part + zone.heldPages, 0),
		0
	);
	found.set('pages held', formatNumber(held));
	for (const node of machine.nodes)
		for (const zone of node.zones)
			if (zone.presentPages > 0) found.set(`free, ${node.id} ${zone.name}`, bytes(zone.freePages));
	return found;
}
