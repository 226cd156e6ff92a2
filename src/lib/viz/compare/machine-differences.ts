import { formatBytesBinary, formatNs, formatNumber } from '../../base/format.ts';
import { PAGE_BYTES } from '../../base/units.ts';
import type { MachineStatus } from '../../engine/contract/machine-status.ts';
import type { WorldStatus } from '../../engine/contract/status.ts';
import { sizeWords } from '../virtio-mem/words.ts';
import type { Difference } from './difference.ts';

/** What is read of the machines that all worlds on one clock have, in a lasting order. */
export function machineReadings(worlds: readonly WorldStatus[]): Difference[] {
	const [first] = worlds;
	return (first?.machines ?? []).flatMap((one) => {
		const same = worlds.map((world) => world.machines.find(({ id }) => id === one.id));
		if (same.some((machine) => machine === undefined)) return [];
		const name = (first?.machines.length ?? 0) > 1 ? `${one.id}: ` : '';
		const found = same.map((machine, at) =>
			readingsOf(machine as MachineStatus, (worlds[at] as WorldStatus).nowNs)
		);
		const labels = new Set(found.flatMap((each) => [...each.keys()]));
		return [...labels].map((label): Difference => ({
			id: `${one.id} ${label}`,
			label: `${name}${label}`,
			values: found.map((each) => each.get(label) ?? 'none')
		}));
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
