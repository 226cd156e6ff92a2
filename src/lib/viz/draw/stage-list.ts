import { blocksPerTile } from '../geometry/memory-grid.ts';
import type { StageLayout } from '../geometry/stage-layout.ts';
import { CellKind, type MemoryCells } from '../scene/cells.ts';
import type { MoveGroup } from '../scene/plan.ts';
import { shapeByZone, type StageScene } from '../scene/stage-scene.ts';
import { drawMemory } from './cells-list.ts';
import { DrawList } from './ops.ts';

/**
 * The cells of the whole stage. While a plan settles (phase below 1) the blocks it moves are shown as arriving; at 1, and
 * with motion off, the list is that of the settled state alone. That is the promise that both ways end in one picture.
 */
export function drawStageCells(
	scene: StageScene,
	layout: StageLayout,
	plan: readonly MoveGroup[],
	phase: number
): DrawList {
	const list = new DrawList();
	const perTile = blocksPerTile(layout.measure);
	scene.hosts.forEach((host, index) => {
		const at = layout.hosts[index];
		if (host.cells === null || at === undefined) return;
		drawMemory(
			list,
			arriving(host.cells, plan, phase),
			layout.measure,
			at.grid,
			shapeByZone(host, perTile)
		);
	});
	if (scene.pool !== null && layout.pool !== null)
		drawMemory(
			list,
			arriving(scene.pool, plan, phase),
			layout.measure,
			layout.pool.grid,
			shapeByZone(null, perTile)
		);
	return list;
}

function arriving(cells: MemoryCells, plan: readonly MoveGroup[], phase: number): MemoryCells {
	if (phase >= 1) return cells;
	const groups = plan.filter((group) => group.to === cells.memory.id);
	if (groups.length === 0) return cells;
	const kind = cells.kind.slice();
	for (const group of groups)
		for (const block of group.toBlocks)
			if (kind[block] === CellKind.vm) kind[block] = CellKind.incoming;
	return { ...cells, kind };
}
