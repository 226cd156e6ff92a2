import { formatBytesBinary } from '../../base/format.ts';
import { BLOCK_BYTES, PAGES_PER_BLOCK } from '../../base/units.ts';
import type { MemoryStatus, WorldStatus } from '../../engine/contract/status.ts';
import { operationOf } from '../describe/moment.ts';
import { centre, type Box } from '../geometry/box.ts';
import { blockBox } from '../geometry/memory-grid.ts';
import type { MiniCard, MiniLayout } from '../geometry/mini-layout.ts';
import type { Cubic } from '../geometry/path.ts';
import { hostColour, type ColourName } from '../tokens/colour.ts';
import type { MoveGroup } from './plan.ts';
import type { StageScene } from './stage-scene.ts';

/** The one arrow of a small world: from where to where, with how much. */
export interface MiniArrow {
	readonly curve: Cubic;
	readonly count: string;
	readonly hue: ColourName;
}

const cardOf = (scene: StageScene, layout: MiniLayout, memory: string): MiniCard | null => {
	if (scene.pool?.memory.id === memory) return layout.pool;
	const index = scene.hosts.findIndex((host) => host.cells?.memory.id === memory);
	return layout.cards[index] ?? null;
};

function arrow(
	scene: StageScene,
	status: WorldStatus,
	layout: MiniLayout,
	from: { readonly memory: MemoryStatus['id']; readonly block: number },
	to: { readonly memory: MemoryStatus['id']; readonly block: number },
	folios: number
): MiniArrow | null {
	const source = cardOf(scene, layout, from.memory);
	const target = cardOf(scene, layout, to.memory);
	if (source === null || target === null) return null;
	const middle = (grid: Box, block: number) => centre(blockBox(layout.measure, grid, block));
	const a = middle(source.grid, from.block);
	const b = middle(target.grid, to.block);
	const overWire = layout.pool === null;
	// Over the wire the token passes just below the name of the network.
	const below = layout.hub.y + layout.hub.height + (layout.compact ? 12 : 18);
	const lift = overWire
		? Math.max(8, (Math.min(a.y, b.y) - below) / 0.75)
		: layout.compact
			? 14
			: 34;
	const owner = status.hosts.findIndex((host) => host.id === scene.vm?.owner);
	return {
		curve: [
			a,
			{ x: a.x + (b.x - a.x) * 0.2, y: a.y - lift },
			{ x: a.x + (b.x - a.x) * 0.7, y: b.y - lift },
			b
		],
		count: formatBytesBinary(folios * BLOCK_BYTES),
		hue: hostColour(owner)
	};
}

/** What moved since the picture before: the largest way, all its groups together. */
export function arrowOfPlan(
	plan: readonly MoveGroup[],
	scene: StageScene,
	status: WorldStatus,
	layout: MiniLayout
): MiniArrow | null {
	const [first] = plan;
	if (first === undefined) return null;
	const groups = plan.filter((group) => group.from === first.from && group.to === first.to);
	const middleOf = (blocks: readonly number[]) => blocks[Math.floor(blocks.length / 2)] ?? 0;
	return arrow(
		scene,
		status,
		layout,
		{ memory: first.from, block: middleOf(groups.flatMap((group) => group.fromBlocks)) },
		{ memory: first.to, block: middleOf(groups.flatMap((group) => group.toBlocks)) },
		groups.reduce((sum, group) => sum + group.count, 0)
	);
}

/** What a running move is doing: from the batch under way, with the folios that are there so far. */
export function arrowUnderWay(
	scene: StageScene,
	status: WorldStatus,
	layout: MiniLayout
): MiniArrow | null {
	const operation = operationOf(status);
	const batch = operation?.state === 'running' ? operation.batch : null;
	if (!operation || !batch || batch.pages === 0) return null;
	return arrow(
		scene,
		status,
		layout,
		{ memory: batch.sourceMemory, block: batch.sourceBlock },
		{ memory: batch.targetMemory, block: batch.targetBlock },
		Math.floor((operation.pagesMoved + operation.pagesInFlight) / PAGES_PER_BLOCK)
	);
}
