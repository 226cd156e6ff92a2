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
	const sag = 34 + Math.abs(a.x - b.x) * 0.16 + lane * 28;
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
		hidden: [],
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

/** Box of the room of a zone, or null. */
export type RoomOf = (node: number, zone: string) => Box | null;

/**
 * A walk that is under way now: from the block that is emptied to the room that its zonelist names first among those of
 * other nodes with memory above the low mark. Into which block of it is known when it has arrived.
 */
export function arcOfWalk(
	scene: RoomsScene,
	block: BlockScene,
	place: PlaceOf,
	room: RoomOf
): ArcMark | null {
	const call = block.calls.running;
	if (call === null || block.status.state !== 'going-offline' || call.waitingFor !== null)
		return null;
	if (call.done === null || call.total === null || call.done >= call.total) return null;
	const from = place(block.status.id);
	const to = receivingRoom(scene, block, room);
	if (from === null || to === null) return null;
	const count = `${formatNumber(call.done)} of ${formatNumber(call.total)} pages`;
	return mark(
		`walk-${call.id}`,
		from,
		edgeTowards(to, from),
		0,
		call.done / call.total,
		count,
		`${count} have left memory${block.status.id}`
	);
}

function receivingRoom(scene: RoomsScene, block: BlockScene, room: RoomOf): Box | null {
	const own = scene.nodes.find((node) => node.status.id === block.status.node);
	for (const entry of own?.status.fallback ?? []) {
		const [node, name = ''] = entry.split(' ');
		if (Number(node) === block.status.node) continue;
		const zone = scene.nodes
			.find((candidate) => candidate.status.id === Number(node))
			?.status.zones.find((candidate) => candidate.name === name);
		if (zone !== undefined && zone.freePages > zone.low) return room(Number(node), name);
	}
	return null;
}

/** A point on the edge of a box that faces another one. */
function edgeTowards(target: Box, from: Box): Box {
	const facing = from.x > target.x + target.width ? target.x + target.width : target.x;
	return { x: facing, y: target.y + target.height / 2, width: 0, height: 0 };
}

/** The walk finds no memory on another node: where its arc would begin. */
export function nowhereToGo(scene: RoomsScene, place: PlaceOf): Point | null {
	const block = scene.blocks.find(
		(one) => one.calls.running?.waitingFor?.startsWith('free memory') === true
	);
	const from = block === undefined ? null : place(block.status.id);
	return from === null ? null : { x: from.x, y: from.y + from.height / 2 };
}
