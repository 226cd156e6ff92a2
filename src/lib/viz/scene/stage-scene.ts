import type {
	HostStatus,
	LinkStatus,
	MemoryStatus,
	NodeStatus,
	VmStatus,
	WorldStatus
} from '../../engine/contract/status.ts';
import type { WorldViews } from '../../engine/contract/views.ts';
import { BLOCKS_PER_MEMORY_BLOCK } from '../../base/units.ts';
import { Shape } from '../draw/ops.ts';
import { operationOf } from '../describe/moment.ts';
import { readCells, type MemoryCells } from './cells.ts';

/** One host as the stage shows it. */
export interface HostScene {
	readonly host: HostStatus;
	readonly index: number;
	readonly node: NodeStatus | null;
	readonly cells: MemoryCells | null;
	readonly link: LinkStatus | null;
}

export interface StageScene {
	readonly hosts: readonly HostScene[];
	readonly pool: MemoryCells | null;
	readonly poolLink: LinkStatus | null;
	readonly network: LinkStatus | null;
	/** The VM whose owner word is shown. */
	readonly vm: VmStatus | null;
	readonly largestBlocks: number;
}

const byEnd = (links: readonly LinkStatus[], name: string): LinkStatus | null =>
	links.find((link) => link.kind === 'cxl' && (link.from === name || link.to === name)) ?? null;

/**
 * A host writes and reads over the same cable with unlike capacities. Shown is the direction in use; at rest the one that
 * a move would need: out of the source, into the target.
 */
function linkOfHost(
	links: readonly LinkStatus[],
	host: string,
	writes: boolean
): LinkStatus | null {
	const own = links.filter(
		(link) => link.kind === 'cxl' && (link.from === host || link.to === host)
	);
	const busy = own.find((link) => link.loadBytesPerSecond > 0);
	return (
		busy ?? own.find((link) => (writes ? link.from === host : link.to === host)) ?? own[0] ?? null
	);
}

/** Wire between hosts: the busiest network link stands for all of them, they share one goodput. */
function networkOf(links: readonly LinkStatus[]): LinkStatus | null {
	const wires = links.filter((link) => link.kind === 'network');
	return wires.reduce<LinkStatus | null>(
		(most, link) =>
			most === null || link.loadBytesPerSecond > most.loadBytesPerSecond ? link : most,
		null
	);
}

export function buildScene(views: WorldViews, status: WorldStatus): StageScene {
	const operation = operationOf(status);
	const cellsOf = (memory: MemoryStatus | undefined): MemoryCells | null =>
		memory === undefined ? null : readCells(views, status, memory);
	const pool = status.memories.find((memory) => memory.kind === 'pool');
	return {
		hosts: status.hosts.map((host, index) => {
			const memory = status.memories.find((candidate) => candidate.host === host.id);
			return {
				host,
				index,
				node: host.nodes.find((node) => node.memory === memory?.id) ?? null,
				cells: cellsOf(memory),
				link: linkOfHost(
					status.links,
					host.id,
					operation === null
						? status.vms.some((vm) => vm.runsOn === host.id)
						: operation.target !== host.id
				)
			};
		}),
		pool: cellsOf(pool),
		poolLink: pool === undefined ? null : byEnd(status.links, pool.id),
		network: networkOf(status.links),
		vm: status.vms.find((vm) => vm.id === operation?.vm) ?? status.vms[0] ?? null,
		largestBlocks: Math.max(
			BLOCKS_PER_MEMORY_BLOCK,
			...status.memories.map((memory) => memory.blockCount)
		)
	};
}

/** Corner of a tile by its zone: blocks below the first MOVABLE one are NORMAL; pool capacity comes online as MOVABLE. */
export function shapeByZone(
	scene: HostScene | null,
	blocksPerTile: number
): (tile: number) => number {
	const movable = scene?.node?.zones.find((zone) => zone.name === 'MOVABLE');
	if (scene === null) return () => Shape.round;
	if (movable === undefined) return () => Shape.square;
	return (tile) => {
		const block = tile * blocksPerTile;
		return block >= movable.firstBlock && block < movable.firstBlock + movable.blockCount
			? Shape.round
			: Shape.square;
	};
}
