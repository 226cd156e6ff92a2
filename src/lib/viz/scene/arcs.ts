import { formatBytesBinary, formatNumber } from '../../base/format.ts';
import { BLOCK_BYTES, PAGE_BYTES, PAGES_PER_BLOCK } from '../../base/units.ts';
import type { BatchStatus, WorldStatus } from '../../engine/contract/status.ts';
import { around, centre, type Point } from '../geometry/box.ts';
import {
	blockBox,
	blocksPerTile,
	tileBox,
	tileOf,
	type GridMeasure
} from '../geometry/memory-grid.ts';
import {
	ALONG_WIRE,
	alongCorners,
	arcAcross,
	arcBetween,
	arcOverWire,
	pointAtX,
	type Cubic
} from '../geometry/path.ts';
import type { StageLayout } from '../geometry/stage-layout.ts';
import { hostColour, type ColourName } from '../tokens/colour.ts';
import { CellKind, type MemoryCells } from './cells.ts';
import { MOST_GROUPS, type MoveGroup } from './plan.ts';
import type { StageScene } from './stage-scene.ts';

/** Something under way from block to block, with a token that carries its count. */
export interface ArcMark {
	readonly key: string;
	readonly curves: readonly Cubic[];
	/** How far the token is, 0 … 1. */
	readonly share: number;
	readonly count: string;
	readonly hue: ColourName;
	/** The same in words, for pointing and for listeners. */
	readonly words: string;
	readonly landing: Point;
	/** Curves that follow a line already drawn. */
	readonly hidden: readonly number[];
	/** Where the count stands when there is no room for it on the way: a dot then shows how far it is. */
	readonly parked: Point | null;
}

interface Place {
	readonly cells: MemoryCells;
	readonly origin: Point;
}

function placeOf(scene: StageScene, layout: StageLayout, memory: string): Place | null {
	if (scene.pool?.memory.id === memory && layout.pool !== null)
		return { cells: scene.pool, origin: layout.pool.grid };
	const index = scene.hosts.findIndex((host) => host.cells?.memory.id === memory);
	const cells = scene.hosts[index]?.cells;
	const host = layout.hosts[index];
	return cells == null || host === undefined ? null : { cells, origin: host.grid };
}

/** The middle of what a group of blocks covers: of the tile that holds most of them. */
function middleOf(measure: GridMeasure, place: Place, blocks: readonly number[]): Point {
	const perTile = new Map<number, number[]>();
	for (const block of blocks) {
		const tile = tileOf(measure, block);
		(perTile.get(tile) ?? perTile.set(tile, []).get(tile)!).push(block);
	}
	const [tile, most] = [...perTile].reduce((best, entry) =>
		entry[1].length > best[1].length ? entry : best
	);
	if (most.length * 2 >= blocksPerTile(measure))
		return centre(tileBox(measure, place.origin, tile));
	return centre(
		around(most.map((block) => blockBox(measure, place.origin, block))) ??
			tileBox(measure, place.origin, tile)
	);
}

/** Between two hosts' own memories there is only the network. */
function isOverWire(scene: StageScene, from: string, to: string): boolean {
	const pool = scene.pool?.memory.id;
	return from !== pool && to !== pool;
}

/** Share of the wire at which a count stands, and how far the next ones are from it. */
const WIRE_SHARE = 0.1;
const LANE_X_PX = 72;
const LANE_Y_PX = 22;

interface Way {
	readonly curves: readonly Cubic[];
	readonly hidden: readonly number[];
	readonly parked: Point | null;
}

function wayFor(
	layout: StageLayout,
	scene: StageScene,
	from: string,
	to: string,
	start: Point,
	end: Point,
	lane: number
): Way {
	const half = layout.mode === 'half';
	if (isOverWire(scene, from, to) && layout.wire !== null) {
		const { y, fromX, toX, around } = layout.wire;
		if (around !== null) return roundThem(layout, scene, { from, to, start, end, lane });
		const x = fromX + (toX - fromX) * WIRE_SHARE + lane * LANE_X_PX;
		return {
			curves: arcOverWire(start, end, y, fromX, toX),
			hidden: ALONG_WIRE,
			parked: half ? { x, y } : null
		};
	}
	if (!half) return { curves: [arcBetween(start, end, lane)], hidden: [], parked: null };
	const left = Math.min(start.x, end.x);
	const gutter = layout.gutters.find((one) => one.x > left) ?? layout.gutters[0];
	const gutterX = centre(gutter).x;
	const curve = arcAcross(start, end, gutterX);
	const crossing = pointAtX(curve, gutterX);
	return {
		curves: [curve],
		hidden: [],
		parked: { x: gutterX, y: crossing.y + lane * LANE_Y_PX }
	};
}

/** Hosts in rows: out of the card at its outer side, along the network up or down the margins, into the other card. */
function roundThem(
	layout: StageLayout,
	scene: StageScene,
	move: { from: string; to: string; start: Point; end: Point; lane: number }
): Way {
	const { wire } = layout;
	const hostOf = (memory: string) =>
		layout.hosts[scene.hosts.findIndex((host) => host.cells?.memory.id === memory)];
	const [source, target] = [hostOf(move.from), hostOf(move.to)];
	if (!source || !target || !wire?.around) return { curves: [], hidden: [], parked: null };
	const { leftX, rightX } = wire.around;
	const marginOf = (side: 1 | -1): number => (side === 1 ? leftX : rightX);
	const [a, b] = [marginOf(source.side), marginOf(target.side)];
	const corners: Point[] = [
		source.wireAt,
		{ x: a, y: source.wireAt.y },
		...(a === b
			? []
			: [
					{ x: a, y: wire.y },
					{ x: b, y: wire.y }
				]),
		{ x: b, y: target.wireAt.y },
		target.wireAt
	];
	const bend = (block: Point, gate: Point): [Point, Point] => [
		{ x: (block.x + gate.x) / 2, y: block.y },
		{ x: (block.x + gate.x) / 2, y: gate.y }
	];
	const [c, d] = bend(move.start, source.wireAt);
	const [e, f] = bend(move.end, target.wireAt);
	const along = alongCorners(corners);
	// The count stands on the wire between the columns, or beside the two cards of one column.
	const parked =
		a === b
			? {
					x: source.card.x + 46,
					y: (source.wireAt.y + target.wireAt.y) / 2 + move.lane * LANE_Y_PX
				}
			: {
					x: wire.fromX + (wire.toX - wire.fromX) * WIRE_SHARE + move.lane * LANE_X_PX,
					y: wire.y
				};
	return {
		curves: [[move.start, c, d, source.wireAt], ...along, [target.wireAt, f, e, move.end]],
		hidden: along.map((_, index) => index + 1),
		parked
	};
}

/** Hue of what moves: who owns it now. */
const hueOf = (status: WorldStatus, vm: number): ColourName => {
	const owner = status.vms[vm]?.owner;
	return hostColour(status.hosts.findIndex((host) => host.id === owner));
};

const folioWords = (pages: number): string =>
	pages % PAGES_PER_BLOCK === 0
		? `${formatNumber(pages / PAGES_PER_BLOCK)} ${pages === PAGES_PER_BLOCK ? 'folio' : 'folios'} of 2 MiB`
		: `${formatNumber(pages)} pages of 4 KiB`;

/** An amount with its unit: a bare number would be folios here and pages there. */
const countOf = (pages: number): string => formatBytesBinary(pages * PAGE_BYTES);

const CAN_HOLD: ReadonlySet<number> = new Set([
	CellKind.vm,
	CellKind.copy,
	CellKind.incoming,
	CellKind.leaving,
	CellKind.free,
	CellKind.reserved
]);

/** Blocks of a batch at one of its ends: those that carry its guest blocks, else the place that the engine names. */
function batchBlocks(
	cells: MemoryCells,
	batch: BatchStatus,
	vm: number,
	atSource: boolean
): number[] {
	const from = Math.floor(batch.firstGfn / PAGES_PER_BLOCK);
	const to = Math.ceil((batch.firstGfn + batch.pages) / PAGES_PER_BLOCK);
	const found: number[] = [];
	for (let block = 0; block < cells.kind.length; block += 1) {
		const guest = cells.guestBlock[block] as number;
		if (guest < from || guest >= to || cells.vm[block] !== vm + 1) continue;
		const kind = cells.kind[block] as number;
		if (atSource ? kind !== CellKind.incoming : true) found.push(block);
	}
	if (found.length > 0) return found;
	const named = atSource ? batch.sourceBlock : batch.targetBlock;
	// A place that is not the VM's yet is only named when it could become so.
	return CAN_HOLD.has(cells.kind[named] ?? CellKind.absent) ? [named] : [];
}

/** A batch that would be seen for less than this is drawn together with its neighbours. */
const LEAST_WALL_S = 0.16;
/** How long an arc of a merged group lasts on the wall. */
const MERGED_WALL_S = 0.5;

/**
 * Arcs of the batches in flight at this moment of simulated time. `pace` is simulated nanoseconds per wall second while
 * the world plays, 0 at rest. When batches follow each other faster than one can see, three groups of them are drawn
 * together, each a third of the way behind the other; still a pure function of the state.
 */
export function arcsInFlight(
	scene: StageScene,
	status: WorldStatus,
	layout: StageLayout,
	pace = 0
): ArcMark[] {
	return status.operations.flatMap((operation): ArcMark[] => {
		const { batch } = operation;
		if (operation.state !== 'running' || batch === null || batch.pages === 0) return [];
		const vm = status.vms.findIndex((candidate) => candidate.id === operation.vm);
		const source = placeOf(scene, layout, batch.sourceMemory);
		const target = placeOf(scene, layout, batch.targetMemory);
		if (vm < 0 || source === null || target === null) return [];
		const fromBlocks = batchBlocks(source.cells, batch, vm, true);
		const toBlocks = batchBlocks(target.cells, batch, vm, false);
		if (fromBlocks.length === 0 || toBlocks.length === 0) return [];
		const span = Math.max(1, batch.endNs - batch.beginNs);
		const share = Math.min(1, Math.max(0, (status.nowNs - batch.beginNs) / span));
		const arc = (
			part: number,
			at: number,
			pages: number,
			from: readonly number[],
			to: readonly number[]
		): ArcMark => {
			const start = middleOf(layout.measure, source, from);
			const end = middleOf(layout.measure, target, to);
			return {
				key: `batch ${operation.id} ${part}`,
				...wayFor(layout, scene, batch.sourceMemory, batch.targetMemory, start, end, part),
				share: at,
				count: countOf(pages),
				hue: hueOf(status, vm),
				words: `${folioWords(pages)}, ${formatBytesBinary(pages * PAGE_BYTES)}, on the way`,
				landing: end
			};
		};
		const tooFast = pace > 0 && span / pace < LEAST_WALL_S;
		if (batch.direction === 'stream') {
			const round = pace * MERGED_WALL_S;
			return [
				arc(0, tooFast ? (status.nowNs % round) / round : share, batch.pages, fromBlocks, toBlocks)
			];
		}
		if (!tooFast) {
			const parts = Math.min(MOST_GROUPS, Math.max(1, Math.floor(fromBlocks.length / 64)));
			const cut = <T>(list: readonly T[], part: number) =>
				list.slice(
					Math.floor((part * list.length) / parts),
					Math.max(1, Math.floor(((part + 1) * list.length) / parts))
				);
			return Array.from({ length: parts }, (_, part) =>
				arc(
					part,
					Math.min(1, share + 0.06 * (part - (parts - 1) / 2)),
					Math.round(batch.pages / parts),
					cut(fromBlocks, part),
					cut(toBlocks, part)
				)
			);
		}
		const pagesPerWallS = (batch.pages / span) * pace;
		let group = 64 * PAGES_PER_BLOCK;
		while (group < (pagesPerWallS * MERGED_WALL_S) / MOST_GROUPS) group *= 2;
		const done = batch.firstGfn / group;
		const within = done - Math.floor(done);
		return Array.from({ length: Math.min(MOST_GROUPS, Math.floor(done) + 1) }, (_, behind) => {
			const first = ((Math.floor(done) - behind) * group) / PAGES_PER_BLOCK;
			const blocks = guestBlocks(target.cells, vm, first, first + group / PAGES_PER_BLOCK);
			const left = guestBlocks(source.cells, vm, first, first + group / PAGES_PER_BLOCK);
			return arc(
				behind,
				(within + behind) / MOST_GROUPS,
				group,
				left.length > 0 ? left : fromBlocks,
				blocks.length > 0 ? blocks : toBlocks
			);
		});
	});
}

/** Blocks of one memory that hold the guest blocks `from` … `to` of a VM. */
function guestBlocks(cells: MemoryCells, vm: number, from: number, to: number): number[] {
	const found: number[] = [];
	for (let block = 0; block < cells.kind.length; block += 1) {
		const guest = cells.guestBlock[block] as number;
		if (guest >= from && guest < to && cells.vm[block] === vm + 1) found.push(block);
	}
	return found;
}

/** Arcs of what moved between the picture before and this one, at `phase` of settling. */
export function arcsOfPlan(
	groups: readonly MoveGroup[],
	scene: StageScene,
	status: WorldStatus,
	layout: StageLayout,
	phase: number
): ArcMark[] {
	return groups.flatMap((group, lane) => {
		const source = placeOf(scene, layout, group.from);
		const target = placeOf(scene, layout, group.to);
		if (source === null || target === null) return [];
		const start = middleOf(layout.measure, source, group.fromBlocks);
		const end = middleOf(layout.measure, target, group.toBlocks);
		// Groups start 40 ms of 240 ms after each other.
		const late = (lane * 40) / 240;
		const share = Math.min(1, Math.max(0, (phase - late * (1 - phase)) / 1));
		return [
			{
				key: `plan ${group.from} ${group.to} ${lane}`,
				...wayFor(layout, scene, group.from, group.to, start, end, lane),
				share: ease(share),
				count: formatBytesBinary(group.count * BLOCK_BYTES),
				hue: hueOf(status, group.vm),
				words: `${formatNumber(group.count)} × 2 MiB, ${formatBytesBinary(group.count * BLOCK_BYTES)}, moved from ${group.from} to ${group.to}`,
				landing: end
			}
		];
	});
}

/** cubic-bezier(.3, 0, .2, 1) by bisection: the one easing of the figure. */
export function ease(t: number): number {
	if (t <= 0) return 0;
	if (t >= 1) return 1;
	let low = 0;
	let high = 1;
	const x = (s: number) => 3 * 0.3 * s * (1 - s) ** 2 + 3 * 0.2 * s * s * (1 - s) + s ** 3;
	for (let step = 0; step < 24; step += 1) {
		const middle = (low + high) / 2;
		if (x(middle) < t) low = middle;
		else high = middle;
	}
	const s = (low + high) / 2;
	return 3 * s * s * (1 - s) + s ** 3;
}
