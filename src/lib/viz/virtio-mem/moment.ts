import { formatBytesBinary, formatNs, formatNumber } from '../../base/format.ts';
import { PAGE_BYTES } from '../../base/units.ts';
import type { CallStatus, MachineStatus } from '../../engine/contract/machine-status.ts';
import type { Moment } from '../describe/moment.ts';
import { sizeWords } from './words.ts';

const MOST_DEVICES = 3;

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
	const several = machine.virtioMems.length > 1;
	for (const device of machine.virtioMems.slice(0, MOST_DEVICES))
		figures.push({
			value: sizeWords(device.pluggedBytes),
			words: `plugged ${several ? `in ${device.id} ` : ''}of ${sizeWords(device.requestedBytes)} asked`
		});
	return { sentence: sentenceOf(machine, nowNs), figures };
}

/** A walk through a memory block by the block’s name: its path is long, and the console has it. */
function runningSentence(call: CallStatus): string {
	const block = /\/memory\/memory(\d+)\/(?:state|online)\b/.exec(call.text)?.[1];
	if (block !== undefined && /^echo (offline|0) /.test(call.text)) {
		if (call.waitingFor !== null) return `memory${block} keeps trying: ${call.waitingFor}`;
		return call.done !== null && call.total !== null && call.total > 0
			? `memory${block} is being emptied, ${formatNumber(call.done)} of ${formatNumber(call.total)} pages have gone`
			: `memory${block} is being emptied`;
	}
	return `${call.actor}: ${call.text}${call.waitingFor ? `, waits: ${call.waitingFor}` : ' runs'}`;
}

function sentenceOf(machine: MachineStatus, nowNs: number): string {
	if (machine.state === 'prelaunch') return `${machine.id} has not started: cont starts it`;
	if (machine.state === 'paused') return `${machine.id} is stopped`;
	if (machine.state === 'suspended') return `${machine.id} sleeps; what is plugged stays plugged`;
	const running = machine.calls.findLast((call) => call.state === 'running');
	if (running) return runningSentence(running);
	if (machine.migrating !== 'none') return `${machine.id} migrates: nobody may resize it`;
	const broken = machine.virtioMems.find((device) => device.driver === 'broken');
	if (broken) return `${broken.id}: its driver gave it up after an answer that should not be`;
	const waiting = machine.virtioMems.find((device) => device.retryAtNs !== null);
	if (waiting?.retryAtNs)
		return `${waiting.id} tries again in ${formatNs(Math.max(0, waiting.retryAtNs - nowNs))}`;
	const last = machine.calls.at(-1);
	if (last?.errno) return `${last.actor}: ${last.text}: ${last.errno}`;
	const online = machine.memoryBlocks.filter((block) => block.state === 'online').length;
	return `${machine.id} runs, ${online} memory blocks online`;
}
