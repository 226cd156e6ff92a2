import type { ObjectName } from '../../engine/contract/queries.ts';
import type { WorldStatus } from '../../engine/contract/status.ts';
import type { Box } from '../geometry/box.ts';
import { blockBox, blocksPerTile, measureBlockInside, pageBox } from '../geometry/memory-grid.ts';
import type { StageLayout } from '../geometry/stage-layout.ts';
import type { Zoom } from '../interact/zoom.ts';
import type { MemoryCells } from './cells.ts';
import type { PageCells } from './pages.ts';
import { selectedBlock } from './selection.ts';
import { shapeByZone, type StageScene } from './stage-scene.ts';

/** A memory of the stage and the square in which its cells lie. */
export interface PlacedMemory {
	readonly cells: MemoryCells;
	readonly grid: Box;
}

export function placedMemories(scene: StageScene, layout: StageLayout): PlacedMemory[] {
	const hosts = scene.hosts.flatMap((host, index) => {
		const at = layout.hosts[index];
		return host.cells === null || at === undefined ? [] : [{ cells: host.cells, grid: at.grid }];
	});
	return scene.pool === null || layout.pool === null
		? hosts
		: [...hosts, { cells: scene.pool, grid: layout.pool.grid }];
}

export interface OpenedMemory extends PlacedMemory {
	/** Corners of the zone that was opened. */
	readonly shape: number;
}

/** The memory that is zoomed into; null when none is, or when this world has no such block. */
export function openedMemory(
	zoom: Zoom,
	scene: StageScene,
	layout: StageLayout
): OpenedMemory | null {
	if (zoom.level === 'memory') return null;
	const first = zoom.level === 'block' ? zoom.first : zoom.block;
	const placed = placedMemories(scene, layout).find(
		({ cells }) => cells.memory.id === zoom.memory && first < cells.kind.length
	);
	if (placed === undefined) return null;
	const host = scene.hosts.find(({ cells }) => cells === placed.cells) ?? null;
	const perTile = blocksPerTile(layout.measure);
	return { ...placed, shape: shapeByZone(host, perTile)(Math.floor(first / perTile)) };
}

/** Where the selected thing is drawn at this zoom; null when it is nowhere in sight. */
export function selectionBox(
	selection: ObjectName | null,
	scene: StageScene,
	status: WorldStatus,
	layout: StageLayout,
	zoom: Zoom,
	pages: PageCells | null
): Box | null {
	const placed = placedMemories(scene, layout);
	const found = selectedBlock(
		selection,
		placed.map(({ cells }) => cells),
		status
	);
	const at = placed.find(({ cells }) => cells.memory.id === found?.memory);
	if (found === null || at === undefined) return null;
	if (zoom.level === 'memory' || zoom.memory !== found.memory)
		return blockBox(layout.measure, at.grid, found.block);
	if (zoom.level === 'block') {
		const inside = found.block - zoom.first;
		if (inside < 0 || inside >= 64) return null;
		return blockBox(measureBlockInside(at.grid.width), at.grid, inside);
	}
	if (zoom.block !== found.block || selection?.type !== 'page' || pages === null) return null;
	const page = pages.gfn.indexOf(selection.gfn);
	return page < 0 ? null : pageBox(at.grid.width, at.grid, page);
}
