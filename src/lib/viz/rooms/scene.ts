import { BLOCKS_PER_MEMORY_BLOCK, MEMORY_BLOCK_BYTES, PAGES_PER_BLOCK } from '../../base/units.ts';
import {
	ZONE_TEXT,
	type MachineNodeStatus,
	type MachineStatus,
	type MachineZoneStatus,
	type MemoryBlockStatus
} from '../../engine/contract/machine-status.ts';
import type { WorldViews } from '../../engine/contract/views.ts';
import { Shape } from '../draw/ops.ts';
import { blockCalls, callsByBlock, type BlockCalls } from './calls.ts';
import {
	emptySubBlocks,
	markOfTerm,
	ownersOf,
	readSubBlock,
	type SubBlocks
} from './sub-blocks.ts';

/** One memory block of the machine, with where its sub-blocks stand in the scene's arrays. */
export interface BlockScene {
	readonly status: MemoryBlockStatus;
	/** Index of its first sub-block in `cells`. */
	readonly first: number;
	readonly count: number;
	readonly calls: BlockCalls;
	/** Pages in it that will not move, by what holds them. */
	readonly held: HeldPages;
	/** Sub-block at which another zone begins, 0 when it lies in one zone. */
	readonly zoneBorder: number;
}

/** Blocks that stand together: those of one zone, of zones that share a block, or those that are in no zone. */
export interface RoomScene {
	readonly key: string;
	readonly node: number;
	/** Empty for blocks that are offline. */
	readonly zones: readonly MachineZoneStatus[];
	readonly name: string;
	readonly shape: number;
	/** Indices into `blocks`. */
	readonly blocks: readonly number[];
	readonly lane: Lane;
}

/** What is never averaged away, counted per container. */
export interface Lane {
	readonly kernelPages: number;
	readonly pinnedPages: number;
	readonly heldPages: number;
	readonly securePages: number;
}

export interface HeldPages {
	pinned: number;
	held: number;
	secure: number;
}

export interface NodeScene {
	readonly status: MachineNodeStatus;
	readonly rooms: readonly RoomScene[];
	readonly bytes: number;
}

export interface RoomsScene {
	readonly machine: MachineStatus;
	readonly sectionsPerBlock: number;
	readonly nodes: readonly NodeScene[];
	readonly blocks: readonly BlockScene[];
	readonly cells: SubBlocks;
}

/** NORMAL square, MOVABLE round, EXMEM chamfered; the DMA zones and DEVICE are kernel zones like NORMAL. */
export function shapeOfZones(zones: readonly MachineZoneStatus[]): number {
	if (zones.some((zone) => zone.name === 'EXMEM')) return Shape.chamfer;
	return zones.some((zone) => zone.name === 'MOVABLE') ? Shape.round : Shape.square;
}

export function buildRooms(
	views: WorldViews,
	machine: MachineStatus,
	firstBlock: number
): RoomsScene {
	const sectionsPerBlock = machine.memoryBlockBytes / MEMORY_BLOCK_BYTES;
	const perBlock = sectionsPerBlock * BLOCKS_PER_MEMORY_BLOCK;
	const cells = emptySubBlocks(machine.memoryBlocks.length * perBlock);
	const owners = ownersOf(machine);
	const calls = callsByBlock(machine.calls);
	const limit = views.columns.blockWord.length;
	const blocks = machine.memoryBlocks.map((status, index): BlockScene => {
		const first = index * perBlock;
		for (let at = 0; at < perBlock; at += 1) {
			const block = firstBlock + status.id * perBlock + at;
			if (block < limit) readSubBlock(views, block, owners, cells, first + at);
		}
		return {
			status,
			first,
			count: perBlock,
			calls: blockCalls(calls.get(status.id)),
			held: { pinned: 0, held: 0, secure: 0 },
			zoneBorder: status.zone === 'none' ? zoneBorder(machine, status, perBlock) : 0
		};
	});
	markHeld(machine, blocks, cells, perBlock);
	return {
		machine,
		sectionsPerBlock,
		nodes: machine.nodes.map((node) => nodeScene(node, blocks, perBlock)),
		blocks,
		cells
	};
}

const endPfn = (zone: MachineZoneStatus): number => zone.startPfn + zone.spannedPages;

/** First sub-block of the block where a second zone of its node begins. */
function zoneBorder(machine: MachineStatus, block: MemoryBlockStatus, perBlock: number): number {
	const start = block.id * perBlock * PAGES_PER_BLOCK;
	const zones = machine.nodes.find((node) => node.id === block.node)?.zones ?? [];
	for (const zone of zones) {
		const at = Math.floor((zone.startPfn - start) / PAGES_PER_BLOCK);
		if (zone.presentPages > 0 && at > 0 && at < perBlock) return at;
	}
	return 0;
}

/** Puts the marks of held runs on their sub-blocks; the same counts per memory block make the lanes. */
function markHeld(
	machine: MachineStatus,
	blocks: readonly BlockScene[],
	cells: SubBlocks,
	perBlock: number
): void {
	const byId = new Map(blocks.map((block, index) => [block.status.id, index]));
	for (const { term, runs } of machine.held) {
		const bits = markOfTerm(term);
		if (bits === 0) continue;
		for (const [firstPfn, pages] of runs)
			for (let pfn = firstPfn; pfn < firstPfn + pages;) {
				const sub = Math.floor(pfn / PAGES_PER_BLOCK);
				const part = Math.min(firstPfn + pages, (sub + 1) * PAGES_PER_BLOCK) - pfn;
				const index = byId.get(Math.floor(sub / perBlock));
				pfn += part;
				const block = index === undefined ? undefined : blocks[index];
				if (!block) continue;
				const at = block.first + (sub % perBlock);
				cells.marks[at] = (cells.marks[at] as number) | bits;
				if (term === 'long') block.held.pinned += part;
				else if (term === 'secure') block.held.secure += part;
				else block.held.held += part;
			}
	}
}

function nodeScene(
	node: MachineNodeStatus,
	blocks: readonly BlockScene[],
	perBlock: number
): NodeScene {
	const own = blocks.flatMap((block, index) => (block.status.node === node.id ? [index] : []));
	const rooms = groupZones(node, own, blocks, perBlock).map((zones): RoomScene => {
		const names = new Set<string>(zones.map((zone) => zone.name));
		const inside = own.filter((index) => {
			const { zone } = (blocks[index] as BlockScene).status;
			if (zone === null) return false;
			return zone === 'none'
				? zones.some((candidate) => overlaps(candidate, blocks[index] as BlockScene, perBlock))
				: names.has(zone);
		});
		return room(node, zones, inside, blocks);
	});
	const offline = own.filter((index) => (blocks[index] as BlockScene).status.zone === null);
	if (offline.length > 0) rooms.push(room(node, [], offline, blocks));
	return {
		status: node,
		rooms,
		bytes: own.length * perBlock * PAGES_PER_BLOCK * 4096
	};
}

const overlaps = (zone: MachineZoneStatus, block: BlockScene, perBlock: number): boolean => {
	const start = block.status.id * perBlock * PAGES_PER_BLOCK;
	return (
		zone.presentPages > 0 &&
		zone.startPfn < start + perBlock * PAGES_PER_BLOCK &&
		endPfn(zone) > start
	);
};

/** Zones of a node in address order; zones that share a memory block share a room. */
function groupZones(
	node: MachineNodeStatus,
	own: readonly number[],
	blocks: readonly BlockScene[],
	perBlock: number
): MachineZoneStatus[][] {
	const groups = node.zones.filter((zone) => zone.presentPages > 0).map((zone) => [zone]);
	for (const index of own) {
		const block = blocks[index] as BlockScene;
		if (block.status.zone !== 'none') continue;
		const touched = groups.filter((group) => group.some((zone) => overlaps(zone, block, perBlock)));
		const [first, ...rest] = touched;
		if (!first) continue;
		for (const other of rest) {
			first.push(...other);
			groups.splice(groups.indexOf(other), 1);
		}
	}
	return groups;
}

function room(
	node: MachineNodeStatus,
	zones: readonly MachineZoneStatus[],
	inside: readonly number[],
	blocks: readonly BlockScene[]
): RoomScene {
	const sum = (of: (lane: HeldPages) => number): number =>
		inside.reduce((total, index) => total + of((blocks[index] as BlockScene).held), 0);
	return {
		key: `${node.id}:${zones.map((zone) => zone.name).join('+') || 'offline'}`,
		node: node.id,
		zones,
		name: zones.length === 0 ? 'offline' : zones.map((zone) => roomName(zone)).join(', '),
		shape: shapeOfZones(zones),
		blocks: inside,
		lane: {
			kernelPages: inside.reduce(
				(total, index) => total + (blocks[index] as BlockScene).status.kernelPages,
				0
			),
			pinnedPages: sum((lane) => lane.pinned),
			heldPages: sum((lane) => lane.held),
			securePages: sum((lane) => lane.secure)
		}
	};
}

/** Rooms wear the zone's name in capitals as the code of Linux does; the texts of /proc say `zoneText`. */
const roomName = (zone: MachineZoneStatus): string => zone.name;
export const zoneText = (zone: MachineZoneStatus): string => ZONE_TEXT[zone.name];
