import { formatBytesBinary, formatNs, formatNumber } from '$lib/base/format.ts';
import { PAGE_BYTES } from '$lib/base/units.ts';
import type { MachineCommand } from '$lib/engine/contract/machine-commands.ts';
import { ZONE_TEXT, type MachineStatus } from '$lib/engine/contract/machine-status.ts';
import type { FrameAnswer, ObjectName } from '$lib/engine/contract/queries.ts';
import { sizeWords } from '$lib/viz/virtio-mem/words.ts';
import { deviceFacts } from './device-facts.ts';
import type { Facts } from './facts-of.ts';
import {
	rulesOfBlock,
	rulesOfCall,
	rulesOfFrame,
	rulesOfMachine,
	rulesOfProcess
} from './rules-behind.ts';

/** Processes that the machine’s own page offers to look at. */
const MOST_PARTS = 8;
const pages = (count: number): string => formatBytesBinary(count * PAGE_BYTES);
const process = (machine: string, of: string, words: string): MachineCommand => ({
	name: 'process',
	machine,
	process: of,
	words
});

/** One frame: who has it, what refers to it, and whether it could leave. */
export function frameFacts(answer: FrameAnswer, machine: MachineStatus): Facts {
	const rows: [string, string][] = [
		['Address', answer.address],
		['Memory block', `memory${answer.memoryBlock}`],
		[
			'Node and zone',
			`node ${answer.node}, ${answer.zone === null ? 'offline' : ZONE_TEXT[answer.zone]}`
		],
		['Kind', KINDS[answer.kind]]
	];
	if (answer.pages > 1)
		rows.push([
			answer.kind === 'free' ? 'Free chunk' : 'Folio',
			`${formatNumber(answer.pages)} pages from 0x${answer.firstPfn.toString(16)}`
		]);
	if (answer.area !== null)
		rows.push([
			'Area',
			`${answer.area}${answer.page === null ? '' : `, page ${formatNumber(answer.page)}`}`
		]);
	if (answer.processes.length > 0) rows.push(['Processes', answer.processes.join(', ')]);
	if (answer.kind === 'user' || answer.kind === 'secure' || answer.kind === 'pipe')
		rows.push([
			'Mappings, references, pins',
			`${answer.mappings}, ${answer.references}, ${answer.pins}`
		]);
	for (const held of answer.held) rows.push([`Held by ${held.process}`, HOLDS[held.term]]);
	rows.push(['Could move', answer.movable ? 'yes' : 'no']);
	if (answer.migratetype !== null)
		rows.push(['Pageblock', `${answer.migratetype}${answer.isolated ? ', isolated' : ''}`]);
	return {
		title: `Page frame 0x${answer.pfn.toString(16)}`,
		sentence: answer.sentence,
		rows,
		lines: [answer.line],
		actions: pinActions(answer, machine),
		rules: rulesOfFrame(answer)
	};
}

const KINDS: Readonly<Record<FrameAnswer['kind'], string>> = {
	free: 'free',
	user: 'memory of a process',
	pipe: 'in a pipe',
	secure: 'secret memory',
	kernel: 'kernel data',
	slab: 'slab of the kernel',
	pageTable: 'page table',
	reserved: 'boot memory, never handed out',
	offline: 'not usable (PageOffline)',
	contig: 'taken as an exact range',
	poisoned: 'hardware error',
	hole: 'no memory there'
};
const HOLDS = { long: 'long-term pin', short: 'short pin', get: 'one more reference' } as const;

/** A page of a process can be pinned for good, and let go: what a device driver would do for it. */
function pinActions(answer: FrameAnswer, machine: MachineStatus): Facts['actions'] {
	const [owner] = answer.processes;
	if (owner === undefined || answer.area === null || answer.page === null || answer.kind !== 'user')
		return [];
	const alive = machine.processes.some((one) => one.id === owner && one.state === 'running');
	if (!alive) return [];
	const place = `${answer.area} 4K@${answer.page * 4}K`;
	const pinned = answer.held.some((held) => held.term === 'long');
	return pinned
		? [{ word: 'Release the pin', command: process(answer.machine, owner, `unpin ${answer.area}`) }]
		: [{ word: 'Pin this page', command: process(answer.machine, owner, `pin ${place}`) }];
}

export function machineFacts(
	selection: ObjectName | null,
	machine: MachineStatus,
	nowNs: number
): Facts | null {
	if (selection === null) return wholeMachine(machine);
	switch (selection.type) {
		case 'host':
			return selection.host === machine.id ? wholeMachine(machine) : null;
		case 'memoryBlock':
			return blockFacts(machine, selection.block);
		case 'process':
			return processFacts(machine, selection.process);
		case 'call':
			return callFacts(machine, selection.call, nowNs);
		case 'virtioMem':
			return deviceFacts(machine, selection.device, nowNs);
		default:
			return null;
	}
}

function wholeMachine(machine: MachineStatus): Facts {
	const rows = machine.nodes.map((node): [string, string] => {
		const free = node.zones.reduce((sum, zone) => sum + zone.freePages, 0);
		const managed = node.zones.reduce((sum, zone) => sum + zone.managedPages, 0);
		return [
			`Node ${node.id}${node.cpus.length === 0 ? ', no CPU' : ''}`,
			managed === 0 ? 'no memory' : `${pages(free)} free of ${pages(managed)}`
		];
	});
	for (const device of machine.virtioMems)
		rows.push([
			device.id,
			`${sizeWords(device.pluggedBytes)} of ${sizeWords(device.requestedBytes)} asked`
		]);
	return {
		title: machine.id,
		sentence: `A Linux machine, ${machine.profile === 'linux-7.2' ? 'as kernel 7.2 behaves' : 'with virtio-mem as the series of 2020 had it'}. Choose a block, a page or a call; or type at its console.`,
		rows: [
			...rows,
			['auto_online_blocks', machine.settings.autoOnline],
			['Demotion', machine.settings.demotion ? 'on' : 'off']
		],
		lines: [
			'numactl -H',
			'cat /proc/buddyinfo',
			...(machine.virtioMems.length > 0 ? ['info memory-devices'] : [])
		],
		actions: [],
		parts: [
			...machine.virtioMems.map(({ id }) => ({
				word: id,
				object: { type: 'virtioMem', machine: machine.id, device: id } as const
			})),
			...machine.processes
				.filter((process) => process.state === 'running')
				.slice(0, MOST_PARTS)
				.map(({ id }) => ({
					word: `process ${id}`,
					object: { type: 'process', machine: machine.id, process: id } as const
				}))
		],
		rules: rulesOfMachine(machine)
	};
}

function blockFacts(machine: MachineStatus, id: number): Facts | null {
	const block = machine.memoryBlocks.find((one) => one.id === id);
	if (!block) return null;
	const path = `/sys/devices/system/memory/memory${id}`;
	const write = (value: string): MachineCommand => ({
		name: 'write-file',
		machine: machine.id,
		path: `${path}/state`,
		value
	});
	const walk = machine.calls.find(
		(call) => call.state === 'running' && call.text.includes(`memory${id}/`)
	);
	const words =
		block.state === 'offline' ? ['online', 'online_movable', 'online_kernel'] : ['offline'];
	return {
		title: `memory${id}`,
		sentence:
			walk?.waitingFor ??
			(block.state === 'online'
				? `Online on node ${block.node}, ${block.zone === 'none' ? 'in several zones' : `zone ${ZONE_TEXT[block.zone ?? 'NORMAL']}`}.`
				: block.state === 'offline'
					? `There, and in no zone: nobody is handed a page of it. Node ${block.node}.`
					: 'Being emptied: what is in it walks elsewhere.'),
		rows: [
			['Size', formatBytesBinary(machine.memoryBlockBytes)],
			['Free', pages(block.freePages)],
			['Not usable', pages(block.offlinePages)],
			['Kernel', pages(block.kernelPages)],
			['Held pages', formatNumber(block.heldPages)],
			['Came with', block.device ?? 'boot memory'],
			['Valid zones', block.validZones.map((zone) => ZONE_TEXT[zone]).join(' ') || 'none']
		],
		lines: [`cat ${path}/state`, `cat ${path}/valid_zones`],
		actions: walk
			? [
					{
						word: 'Signal the writer (Ctrl C)',
						command: { name: 'signal', machine: machine.id, call: walk.id }
					}
				]
			: words.map((word) => ({ word, command: write(word) })),
		rules: rulesOfBlock(block, walk)
	};
}

function processFacts(machine: MachineStatus, id: string): Facts | null {
	const found = machine.processes.find((one) => one.id === id);
	if (!found) return null;
	return {
		title: `Process ${id}`,
		sentence:
			found.state === 'running'
				? `pid ${found.pid}, on CPU ${found.cpu}.`
				: 'It has ended and gave its memory back.',
		rows: found.areas.flatMap((area): [string, string][] => [
			[`${area.name}, ${area.kind}`, `${pages(area.residentPages)} of ${pages(area.pageCount)}`],
			[`${area.name} policy`, area.policy],
			...(Object.keys(area.pagesByNode).length > 0
				? [
						[
							`${area.name} by node`,
							Object.entries(area.pagesByNode)
								.map(([node, count]) => `${node}: ${pages(count)}`)
								.join(', ')
						] as [string, string]
					]
				: []),
			...(area.heldPages > 0
				? [[`${area.name} held`, pages(area.heldPages)] as [string, string]]
				: [])
		]),
		lines: [`cat /proc/${found.pid}/numa_maps`],
		actions:
			found.state === 'running'
				? [{ word: 'End it', command: { name: 'process-end', machine: machine.id, process: id } }]
				: [],
		rules: rulesOfProcess(found)
	};
}

function callFacts(machine: MachineStatus, id: number, nowNs: number): Facts | null {
	const call = machine.calls.find((one) => one.id === id);
	if (!call) return null;
	const rows: [string, string][] = [
		['Caller', call.actor],
		['Lasted', formatNs((call.endNs ?? nowNs) - call.startNs)]
	];
	if (call.total !== null)
		rows.push(['Pages', `${formatNumber(call.done ?? 0)} of ${formatNumber(call.total)}`]);
	if (call.tries > 1) rows.push(['Tries', formatNumber(call.tries)]);
	if (call.pfn !== null) rows.push(['Stands at', `0x${call.pfn.toString(16)}`]);
	if (call.state === 'done') rows.push(['Result', call.errno ?? 'went well']);
	return {
		title: call.text,
		sentence:
			call.state === 'running'
				? (call.waitingFor ?? 'It runs.')
				: call.errno === null
					? 'It went well.'
					: `It failed: ${call.errno}.`,
		rows,
		lines: [],
		actions:
			call.state === 'running'
				? [
						{
							word: 'Signal it (Ctrl C)',
							command: { name: 'signal', machine: machine.id, call: id }
						}
					]
				: [],
		rules: rulesOfCall(call)
	};
}
