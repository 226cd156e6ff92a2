import {
	ZONE_TEXT,
	type MachineStatus,
	type MachineZoneStatus,
	type MemoryBlockStatus
} from '../../engine/contract/machine-status.ts';
import { flowWords } from './arcs.ts';
import type { Flow } from './moves.ts';
import { zoneText } from './scene.ts';
import { blocksText, counted, pagesText } from './words.ts';

/** What differs between two settled pictures of a machine, in words: what moved first, then what became of what. */
export function changeList(
	was: MachineStatus,
	is: MachineStatus,
	flows: readonly Flow[]
): string[] {
	return [
		...flows.map(flowWords),
		...blockChanges(was, is),
		...zoneChanges(was, is),
		...processChanges(was, is),
		...callChanges(was, is)
	];
}

const zoneOf = (block: MemoryBlockStatus): string =>
	block.zone === null || block.zone === 'none' ? '' : ` in ${ZONE_TEXT[block.zone]}`;

function blockChanges(was: MachineStatus, is: MachineStatus): string[] {
	const before = new Map(was.memoryBlocks.map((block) => [block.id, block]));
	const now = new Set(is.memoryBlocks.map((block) => block.id));
	const changed = new Map<string, number[]>();
	const note = (words: string, id: number): void => {
		const own = changed.get(words);
		if (own) own.push(id);
		else changed.set(words, [id]);
	};
	for (const block of is.memoryBlocks) {
		const old = before.get(block.id);
		if (!old) note(`added, ${block.state}${zoneOf(block)}`, block.id);
		else if (old.state !== block.state || old.zone !== block.zone)
			note(`${old.state} → ${block.state}${zoneOf(block)}`, block.id);
		else if (old.heldPages !== block.heldPages)
			note(
				`${counted(old.heldPages, 'page')} that will not move → ${counted(block.heldPages, 'page')}`,
				block.id
			);
	}
	for (const block of was.memoryBlocks) if (!now.has(block.id)) note('taken away', block.id);
	return [...changed].map(([words, ids]) => `${blocksText(ids)}: ${words}`);
}

function zoneChanges(was: MachineStatus, is: MachineStatus): string[] {
	const words: string[] = [];
	for (const node of is.nodes) {
		const old = was.nodes.find((one) => one.id === node.id);
		for (const zone of node.zones) {
			const before = old?.zones.find((one) => one.index === zone.index);
			if (!before || (before.presentPages === 0 && zone.presentPages === 0)) continue;
			const name = `Node ${node.id} ${zoneText(zone)}`;
			if (before.presentPages !== zone.presentPages)
				words.push(
					`${name}: ${pagesText(before.presentPages)} → ${pagesText(zone.presentPages)} present`
				);
			if (before.freePages !== zone.freePages)
				words.push(`${name}: ${freeText(before.freePages)} → ${freeText(zone.freePages)} free`);
			const lists = listChange(before, zone);
			if (lists !== null) words.push(`${name}: ${lists}`);
		}
	}
	return words;
}

/** Small amounts in pages, so that a page more or less is seen. */
const freeText = (pages: number): string =>
	pages < 2 ** 18 ? counted(pages, 'page') : pagesText(pages);

/** Chunks of 2 MiB and more that could be handed out: what free lists are looked at for. */
function listChange(before: MachineZoneStatus, now: MachineZoneStatus): string | null {
	const huge = (zone: MachineZoneStatus): number =>
		zone.freeChunks
			.slice(0, 3)
			.reduce((sum, orders) => sum + (orders[9] ?? 0) + 2 * (orders[10] ?? 0), 0);
	return huge(before) === huge(now)
		? null
		: `${counted(huge(before), 'page')} of 2 MiB to be had → ${huge(now)}`;
}

function processChanges(was: MachineStatus, is: MachineStatus): string[] {
	const before = new Map(was.processes.map((process) => [process.id, process.state]));
	return is.processes.flatMap((process) => {
		const old = before.get(process.id);
		if (old === process.state) return [];
		return process.state === 'ended' ? [`${process.id} has ended`] : [`${process.id} has begun`];
	});
}

function callChanges(was: MachineStatus, is: MachineStatus): string[] {
	const before = new Map(was.calls.map((call) => [call.id, call]));
	return is.calls.flatMap((call) => {
		const old = before.get(call.id);
		if (old?.state === 'done') return [];
		if (call.state === 'done') return [`${call.actor}: ${call.text}: ${call.errno ?? 'done'}`];
		if (!old) return [`${call.actor}: ${call.text} runs`];
		return old.tries !== call.tries
			? [
					`${call.actor}: ${call.text}: ${counted(call.tries - old.tries, 'more try', 'more tries')}`
				]
			: [];
	});
}
