import { formatNs, formatNumber } from '$lib/base/format.ts';
import type { MachineCommand } from '$lib/engine/contract/machine-commands.ts';
import {
	ZONE_TEXT,
	type CallStatus,
	type MachineStatus,
	type MemoryBlockStatus
} from '$lib/engine/contract/machine-status.ts';
import type { ObjectName } from '$lib/engine/contract/queries.ts';
import { pagesText } from '$lib/viz/rooms/words.ts';
import { distanceWords, sizeWords } from '$lib/viz/virtio-mem/words.ts';

/** What a line of the console is about in the picture, and what the picture did of it. */

const blockOfPath = (path: string): number | null => {
	const found = /\/memory\/memory(\d+)\//.exec(path);
	return found ? Number(found[1]) : null;
};
const deviceOfPath = (command: Extract<MachineCommand, { name: 'qmp' }>): string | null => {
	const { path, id } = command.arguments ?? {};
	const named = typeof path === 'string' ? /^\/machine\/peripheral\/([\w-]+)$/.exec(path) : null;
	return named?.[1] ?? (typeof id === 'string' ? id : null);
};

/** The thing that a command is about; the call itself where it is about nothing that is drawn. */
export function aboutOf(command: MachineCommand, call: CallStatus | null): ObjectName | null {
	const { machine } = command;
	switch (command.name) {
		case 'write-file': {
			const block = blockOfPath(command.path);
			if (block !== null) return { type: 'memoryBlock', machine, block };
			break;
		}
		case 'qmp': {
			const device = deviceOfPath(command);
			if (device !== null) return { type: 'virtioMem', machine, device };
			break;
		}
		case 'process':
		case 'process-end':
			return { type: 'process', machine, process: command.process };
		case 'signal':
			return { type: 'call', machine, call: command.call };
		case 'module':
			break;
	}
	return call === null ? null : { type: 'call', machine, call: call.id };
}

/** What came of it, as the picture shows it now; null where there is nothing to add to the answer. */
export function didWords(
	command: MachineCommand,
	call: CallStatus | null,
	machine: MachineStatus
): string | null {
	switch (command.name) {
		case 'write-file': {
			const id = blockOfPath(command.path);
			const block = machine.memoryBlocks.find((one) => one.id === id);
			return block === undefined ? null : blockWords(block, call);
		}
		case 'qmp': {
			const device = machine.virtioMems.find((one) => one.id === deviceOfPath(command));
			return device === undefined
				? null
				: `${device.id} has ${sizeWords(device.pluggedBytes)}, ${distanceWords(device)}`;
		}
		case 'process':
			return processWords(machine, command.process, command.words);
		default:
			return null;
	}
}

function blockWords(block: MemoryBlockStatus, call: CallStatus | null): string {
	const parts: string[] = [];
	if (block.state === 'going-offline') parts.push(`memory${block.id} is being emptied`);
	else if (block.state === 'offline') parts.push(`memory${block.id} is offline, in no zone`);
	else
		parts.push(
			`memory${block.id} is online${block.zone === null || block.zone === 'none' ? '' : ` in ${ZONE_TEXT[block.zone]} of node ${block.node}`}`
		);
	if (call !== null) {
		if (call.total !== null && call.total > 0)
			parts.push(`${formatNumber(call.done ?? 0)} of ${formatNumber(call.total)} pages moved`);
		if (call.tries > 1) parts.push(`${formatNumber(call.tries)} tries`);
		if (call.endNs !== null && call.endNs > call.startNs)
			parts.push(`took ${formatNs(call.endNs - call.startNs)}`);
	}
	return parts.join(', ');
}

/** Where the area lies that a process was told about. */
function processWords(machine: MachineStatus, id: string, words: string): string | null {
	const name = words.split(/\s+/)[1];
	const area = machine.processes
		.find((process) => process.id === id)
		?.areas.find((one) => one.name === name);
	if (area === undefined) return null;
	const nodes = Object.entries(area.pagesByNode).map(
		([node, pages]) => `${pagesText(pages)} on node ${node}`
	);
	const held = area.heldPages > 0 ? [`${pagesText(area.heldPages)} held`] : [];
	return nodes.length === 0
		? `${area.name}: nothing of it is there yet`
		: `${area.name}: ${[...nodes, ...held].join(', ')}`;
}
