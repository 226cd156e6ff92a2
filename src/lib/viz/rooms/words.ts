import { formatBytesBinary, formatNumber, THIN } from '../../base/format.ts';
import { PAGE_BYTES, PAGES_PER_BLOCK } from '../../base/units.ts';
import type { CallStatus, MachineStatus } from '../../engine/contract/machine-status.ts';
import { isAtOnce } from './calls.ts';
import type { Frames } from './frames.ts';
import { countCells, type CellCounts } from './paint-cells.ts';
import { scanPosition } from './paint-rooms.ts';
import {
	zoneText,
	type BlockScene,
	type Lane,
	type NodeScene,
	type RoomScene,
	type RoomsScene
} from './scene.ts';
import { Mark } from './sub-blocks.ts';

/** The picture in sentences: what listeners hear and what the cards beside the pointer say. */

export const pagesText = (pages: number): string => formatBytesBinary(pages * PAGE_BYTES);
export const counted = (count: number, one: string, many = `${one}s`): string =>
	`${formatNumber(count)} ${count === 1 ? one : many}`;

/** "memory32", "memory32–35", "memory32 and 6 more". */
export function blocksText(ids: readonly number[]): string {
	const [first = 0] = ids;
	const last = ids.at(-1) ?? first;
	if (ids.length === 1) return `memory${first}`;
	if (last - first === ids.length - 1) return `memory${first}–${last}`;
	return `memory${first} and ${ids.length - 1} more`;
}

/** "CPUs 0–3", "no CPU". */
export function cpuWords(cpus: readonly number[]): string {
	if (cpus.length === 0) return 'no CPU';
	const runs: string[] = [];
	for (let at = 0; at < cpus.length;) {
		let end = at;
		while (cpus[end + 1] === (cpus[end] as number) + 1) end += 1;
		runs.push(end === at ? `${cpus[at]}` : `${cpus[at]}–${cpus[end]}`);
		at = end + 1;
	}
	return `CPU${cpus.length === 1 ? '' : 's'} ${runs.join(', ')}`;
}

export function nodeSubtitle(node: NodeScene): string {
	const parts = [cpuWords(node.status.cpus), formatBytesBinary(node.bytes)];
	if (node.status.typed !== null) parts.unshift(`${node.status.typed}, proposed`);
	return parts.join(' · ');
}

export function laneWords(lane: Lane): string {
	const parts: string[] = [];
	if (lane.pinnedPages > 0) parts.push(`${counted(lane.pinnedPages, 'page')} pinned`);
	if (lane.heldPages > 0)
		parts.push(`${counted(lane.heldPages, 'page')} held by an extra reference`);
	if (lane.securePages > 0) parts.push(`${counted(lane.securePages, 'page')} secure`);
	if (lane.kernelPages > 0) parts.push(`${pagesText(lane.kernelPages)} of the kernel`);
	return parts.length === 0 ? 'nothing pinned, held or of the kernel' : parts.join(', ');
}

const STATE: Readonly<Record<BlockScene['status']['state'], string>> = {
	online: 'online',
	offline: 'offline',
	'going-offline': 'going offline'
};

export const blockName = (block: BlockScene): string => `memory${block.status.id}`;

/** "Zone Movable" · "zones DMA and DMA32: valid_zones none" · "in no zone". */
export function zoneWords(scene: RoomsScene, block: BlockScene): string {
	const { zone } = block.status;
	if (zone === null) return 'in no zone';
	if (zone === 'none') return 'spans two zones, valid_zones none';
	const node = scene.machine.nodes.find((candidate) => candidate.id === block.status.node);
	const status = node?.zones.find((candidate) => candidate.name === zone);
	return `zone ${status ? zoneText(status) : zone}`;
}

/** How the walk of a running call stands. */
export function walkWords(block: BlockScene): string | null {
	const call = block.calls.running;
	if (call === null) return null;
	if (block.status.state !== 'going-offline')
		return call.waitingFor === null ? 'a call runs' : `waits: ${call.waitingFor}`;
	const scan = scanPosition(block);
	const at = scan >= 0 ? `sub-block ${scan} of ${block.count}` : 'not begun';
	if (call.waitingFor !== null)
		return `${call.waitingFor}, at ${at}. Tried ${counted(call.tries, 'time')}. No error, does not end`;
	const done =
		call.done !== null && call.total !== null
			? `${formatNumber(call.done)} of ${counted(call.total, 'page')} moved, `
			: '';
	return `${done}next to move: ${at}`;
}

/** What stands under a refused block: its errno, and why where the block itself shows it. */
export function refusalWords(block: BlockScene): string | null {
	const call = block.calls.refused;
	if (call === null) return null;
	const cause = refusalCause(block, call);
	return `${call.errno ?? ''}${isAtOnce(call) ? ' at once' : ''}${cause === null ? '' : `: ${cause}`}`;
}

function refusalCause(block: BlockScene, call: CallStatus): string | null {
	const { status } = block;
	if (call.errno === 'EINTR') return 'signal, stays as it was';
	if (status.zone === 'none') return 'spans two zones';
	if (call.errno === 'EBUSY' && status.kernelPages > 0) return 'kernel memory is inside';
	return null;
}

/** What is in a block, without its name and zone. */
export function contentWords(scene: RoomsScene, block: BlockScene): string[] {
	const { status } = block;
	const parts: string[] = [];
	if (status.state !== 'offline') {
		const counts = countCells(scene.cells, block.first, block.count);
		parts.push(`${pagesText(counts.user)} in use, ${pagesText(counts.free)} free`);
		if (counts.kernel > 0) parts.push(`${pagesText(counts.kernel)} of the kernel`);
		if (counts.offline > 0) parts.push(`${pagesText(counts.offline)} unplugged`);
		if (status.heldPages > 0) parts.push(`${counted(status.heldPages, 'page')} will not move`);
	}
	if (status.device !== null) parts.push(`comes from ${status.device}`);
	return parts;
}

export function describeBlock(scene: RoomsScene, block: BlockScene): string {
	const inside = contentWords(scene, block).join(', ');
	const parts = [`${zoneWords(scene, block)}, ${STATE[block.status.state]}`];
	if (inside !== '') parts.push(inside);
	const walk = walkWords(block);
	if (walk !== null) parts.push(walk);
	const refusal = refusalWords(block);
	if (refusal !== null) parts.push(refusal);
	return `${blockName(block)}: ${parts.join('. ')}.`;
}

/** Glyphs of a cell as words. */
function markWords(marks: number): string[] {
	const words: string[] = [];
	if ((marks & Mark.pinned) !== 0) words.push('pinned');
	if ((marks & Mark.held) !== 0) words.push('held by an extra reference');
	if ((marks & Mark.secure) !== 0) words.push('secure');
	if ((marks & Mark.huge) !== 0) words.push('one folio of 2 MiB');
	if ((marks & Mark.incoming) !== 0) words.push('arriving');
	return words;
}

function amounts(counts: CellCounts): string[] {
	const parts: string[] = [];
	if (counts.user > 0) parts.push(`${formatNumber(counts.user)} used`);
	if (counts.kernel > 0) parts.push(`${formatNumber(counts.kernel)} of the kernel`);
	if (counts.free > 0) parts.push(`${formatNumber(counts.free)} free`);
	if (counts.offline > 0) parts.push(`${formatNumber(counts.offline)} unplugged`);
	return parts;
}

export function describeSubBlock(scene: RoomsScene, block: BlockScene, at: number): string {
	const counts = countCells(scene.cells, block.first + at, 1);
	const parts = [...amounts(counts), ...markWords(counts.marks)];
	if (block.status.state === 'offline') parts.splice(0, parts.length, 'offline');
	if (block.status.state === 'going-offline' && counts.free === PAGES_PER_BLOCK)
		parts.splice(0, parts.length, 'empty and isolated: in nobody’s free list');
	if (parts.length === 0) parts.push('no memory');
	return `Sub-block ${at} of ${blockName(block)}: of ${PAGES_PER_BLOCK} pages ${parts.join(', ')}.`.replace(
		/of 512 pages (?=offline|empty|no memory)/,
		''
	);
}

export function ownerName(machine: MachineStatus, owner: number): string | null {
	for (const process of machine.processes)
		for (const area of process.areas)
			if (area.owner === owner) return `${process.id}, area ${area.name}`;
	return null;
}

export function describeFrame(machine: MachineStatus, frames: Frames, row: number): string {
	const kind = frames.kind[row] ?? 'hole';
	const order = frames.order[row] as number;
	const parts: string[] = [
		kind === 'hole' ? 'no memory' : kind === 'offline' ? 'unplugged (PageOffline)' : kind
	];
	if (kind === 'user' || kind === 'incoming') {
		const name = ownerName(machine, frames.owner[row] as number);
		parts[0] = `page ${formatNumber(frames.page[row] as number)} of ${name ?? 'a process that has ended'}`;
		if (kind === 'incoming') parts.push('arriving');
	}
	if (order > 0 && kind !== 'hole')
		parts.push(`part of a ${kind === 'free' ? 'chunk' : 'folio'} of ${pagesText(2 ** order)}`);
	parts.push(...markWords(frames.marks[row] as number));
	return `Page frame 0x${(frames.firstPfn + row).toString(16)}: ${parts.join(', ')}.`;
}

export function describeRoom(scene: RoomsScene, room: RoomScene): string {
	const node = `Node ${room.node}`;
	if (room.zones.length === 0)
		return `${node}, ${counted(room.blocks.length, 'block')} offline, in no zone.`;
	const free = room.zones.reduce((sum, zone) => sum + zone.freePages, 0);
	const present = room.zones.reduce((sum, zone) => sum + zone.presentPages, 0);
	const names = room.zones.map((zone) => zoneText(zone)).join(' and ');
	const proposed = room.zones.some((zone) => zone.name === 'EXMEM')
		? ' (proposed, never merged)'
		: '';
	return `${node}, zone ${names}${proposed}: ${counted(room.blocks.length, 'block')}, ${pagesText(free)} of ${pagesText(present)} free; ${laneWords(room.lane)}.`;
}

export function describeNode(node: NodeScene): string {
	const head = `Node ${node.status.id}, ${nodeSubtitle(node).replaceAll(' · ', ', ')}`;
	if (node.rooms.length === 0) return `${head}: possible, not online.`;
	const rooms = node.rooms.map((room) => `${room.name} ${counted(room.blocks.length, 'block')}`);
	return `${head}: ${rooms.join(', ')}.`;
}

/** The whole figure, for those who do not see it. */
export function describeScene(scene: RoomsScene): string {
	const going = scene.blocks.filter((block) => block.status.state === 'going-offline');
	const refused = scene.blocks.filter((block) => block.calls.refused !== null);
	return [
		`Memory of machine ${scene.machine.id}.`,
		...scene.nodes.map(describeNode),
		...going.map((block) => describeBlock(scene, block)),
		...refused.map((block) => describeBlock(scene, block))
	].join(' ');
}

/** "13 of 64 MiB": in one unit where it is one. */
export const shareText = (part: number, whole: number): string => {
	const unit = /[A-Z]?i?B$/.exec(pagesText(whole))?.[0] ?? '';
	const text = pagesText(part);
	return text.endsWith(`${THIN}${unit}`)
		? `${text.slice(0, -unit.length - 1)} of ${pagesText(whole)}`
		: `${text} of ${pagesText(whole)}`;
};
