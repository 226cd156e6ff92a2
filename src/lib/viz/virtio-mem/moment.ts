import { formatBytesBinary, formatNs } from '../../base/format.ts';
import { PAGE_BYTES } from '../../base/units.ts';
import type { MachineStatus } from '../../engine/contract/machine-status.ts';
import type { Moment } from '../describe/moment.ts';
import { sizeWords } from './words.ts';

/** The one sentence above the stage of a machine, and at most four figures. */
export function machineMoment(machine: MachineStatus, nowNs: number): Moment {
	const free = machine.nodes.reduce(
		(sum, node) => sum + node.zones.reduce((part, zone) => part + zone.freePages, 0),
		0
	);
	const managed = machine.nodes.reduce(
		(sum, node) => sum + node.zones.reduce((part, zone) => part + zone.managedPages, 0),
		0
	);
	const figures = [
		{
			value: formatBytesBinary(free * PAGE_BYTES),
			words: `free of ${formatBytesBinary(managed * PAGE_BYTES)}`
		}
	];
	const [device] = machine.virtioMems;
	if (device)
		figures.push({
			value: sizeWords(device.pluggedBytes),
			words: `plugged of ${sizeWords(device.requestedBytes)} asked`
		});
	return { sentence: sentenceOf(machine, nowNs), figures };
}

function sentenceOf(machine: MachineStatus, nowNs: number): string {
	if (machine.state === 'prelaunch') return `${machine.id} has not started: cont starts it`;
	if (machine.state === 'paused') return `${machine.id} is stopped`;
	const running = machine.calls.findLast((call) => call.state === 'running');
	if (running)
		return `${running.actor}: ${running.text}${running.waitingFor ? `, waits: ${running.waitingFor}` : ' runs'}`;
	if (machine.migrating !== 'none') return `${machine.id} migrates: nobody may resize it`;
	const waiting = machine.virtioMems.find((device) => device.retryAtNs !== null);
	if (waiting?.retryAtNs)
		return `${waiting.id} tries again in ${formatNs(Math.max(0, waiting.retryAtNs - nowNs))}`;
	const last = machine.calls.at(-1);
	if (last?.errno) return `${last.actor}: ${last.text}: ${last.errno}`;
	const online = machine.memoryBlocks.filter((block) => block.state === 'online').length;
	return `${machine.id} runs, ${online} memory blocks online`;
}
