import { formatNumber } from '../../base/format.ts';
import { centre, type Box, type Point } from '../geometry/box.ts';
import type { Cubic } from '../geometry/path.ts';
import type { ArcMark } from '../scene/arcs.ts';
import type { Flow } from './moves.ts';
import type { BlockScene, RoomsScene } from './scene.ts';
import { counted } from './words.ts';

/** Walks as arcs from block to block, with "n folios × size" on the token. */

/** Where the block with this number is drawn, or null. */
export type PlaceOf = (block: number) => Box | null;

export function flowText(flow: Flow): string {
	const parts: string[] = [];
	if (flow.huge > 0) parts.push(`${counted(flow.huge, 'folio')} × 2 MiB`);
	if (flow.pages > 0)
		parts.push(`${counted(flow.pages, flow.huge > 0 ? 'page' : 'folio')} × 4 KiB`);
	return parts.join(', ');
}

export function flowWords(flow: Flow): string {
	return `${flowText(flow)} go from memory${flow.from} to memory${flow.to}`;
}

/** Out of one block below its row and up into the other: blocks between them stay readable. */
function curve(from: Box, to: Box, lane: number): Cubic {
	const a = centre(from);
	const b = centre(to);
	const sag = 34 + Math.abs(a.x - b.x) * 0.16 + lane * 16;
	const low = Math.max(a.y, b.y) + sag;
	return [a, { x: a.x + (b.x - a.x) * 0.15, y: low }, { x: a.x + (b.x - a.x) * 0.75, y: low }, b];
}

const mark = (
	key: string,
	from: Box,
	to: Box,
	lane: number,
	share: number,
	count: string,
	words: string
): ArcMark => {
	const way = curve(from, to, lane);
	return {
		key,
		curves: [way],
		share,
		count,
		hue: 'host-a',
		words,
		landing: way[3],
		hidden: -1,
		parked: null
	};
};

/** What moved since the picture before; `share` 0 … 1 of the way. */
export function arcsOfFlows(flows: readonly Flow[], place: PlaceOf, share: number): ArcMark[] {
	return flows.flatMap((flow, lane) => {
		const from = place(flow.from);
		const to = place(flow.to);
		if (from === null || to === null || flow.from === flow.to) return [];
		return [
			mark(`${flow.from}-${flow.to}`, from, to, lane, share, flowText(flow), flowWords(flow))
		];
	});
}

/** A walk that is under way now: from the block that is emptied towards the node that its zonelist names first. */
export function arcOfWalk(scene: RoomsScene, block: BlockScene, place: PlaceOf): ArcMark | null {
	const call = block.calls.running;
	if (call === null || block.status.state !== 'going-offline' || call.waitingFor !== null)
		return null;
	if (call.done === null || call.total === null || call.done >= call.total) return null;
	const target = receivingBlock(scene, block);
	const from = place(block.status.id);
	const to = target === null ? null : place(target);
	if (from === null || to === null) return null;
	const count = `${formatNumber(call.done)} of ${formatNumber(call.total)} pages`;
	return mark(
		`walk-${call.id}`,
		from,
		to,
		0,
		call.done / call.total,
		count,
		`${count} have left memory${block.status.id}`
	);
}

/** First zone of another node in fallback order with room; in it the last block that is in use and has room. */
function receivingBlock(scene: RoomsScene, block: BlockScene): number | null {
	const own = scene.nodes.find((node) => node.status.id === block.status.node);
	for (const entry of own?.status.fallback ?? []) {
		const [node, name] = entry.split(' ');
		if (Number(node) === block.status.node) continue;
		const room = scene.nodes
			.find((candidate) => candidate.status.id === Number(node))
			?.rooms.find((candidate) =>
				candidate.zones.some((zone) => zone.name === name && zone.freePages > zone.high)
			);
		if (!room) continue;
		const blocks = room.blocks.map((index) => (scene.blocks[index] as BlockScene).status);
		const pages = scene.machine.memoryBlockBytes / 4096;
		const open = blocks.filter((one) => one.state === 'online' && one.freePages > 0);
		return (open.findLast((one) => one.freePages < pages) ?? open[0])?.id ?? null;
	}
	return null;
}

/** The walk finds no memory on another node: where its arc would begin. */
export function nowhereToGo(scene: RoomsScene, place: PlaceOf): Point | null {
	const block = scene.blocks.find(
		(one) => one.calls.running?.waitingFor?.startsWith('free memory') === true
	);
	const from = block === undefined ? null : place(block.status.id);
	return from === null ? null : { x: from.x, y: from.y + from.height / 2 };
}
