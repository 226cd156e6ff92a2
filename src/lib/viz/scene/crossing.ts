import { passesByCopy } from '../../engine/contract/migration/strategies.ts';
import type { WorldStatus } from '../../engine/contract/status.ts';
import { vcpuHost } from '../describe/host.ts';
import { operationOf } from '../describe/moment.ts';
import { centre, right } from '../geometry/box.ts';
import type { Cubic } from '../geometry/path.ts';
import type { StageLayout } from '../geometry/stage-layout.ts';
import { hostColour } from '../tokens/colour.ts';
import type { ArcMark } from './arcs.ts';
import type { StageScene } from './stage-scene.ts';

/** State of the vCPUs crosses through the super-page: one token while it is saved or loaded. */
export function crossingVcpus(
	scene: StageScene,
	status: WorldStatus,
	layout: StageLayout
): ArcMark[] {
	const operation = operationOf(status);
	const { vm } = scene;
	const { pool } = layout;
	if (
		operation === null ||
		passesByCopy(operation.strategy) ||
		operation.strategy === 'shared-file' ||
		vm === null ||
		pool === null
	)
		return [];
	if (vm.vcpuState !== 'saving' && vm.vcpuState !== 'loading') return [];
	const saving = vm.vcpuState === 'saving';
	const index = scene.hosts.findIndex((host) => host.host.id === vcpuHost(vm, operation));
	const at = layout.hosts[index];
	const slot = at?.slots[at.side === 1 ? Math.min(vm.vcpuCount, at.slots.length) - 1 : 0];
	if (at === undefined || slot === undefined) return [];
	// Along the upper edge of the pool into the gutter, and up to the slots from their near side.
	const gutterX =
		at.side === 1 ? (right(at.card) + pool.card.x) / 2 : (right(pool.card) + at.card.x) / 2;
	const turn = { x: gutterX, y: pool.card.y + 18 };
	const atHost = { x: at.side === 1 ? right(slot) + 2 : slot.x - 2, y: centre(slot).y };
	const atPool = { x: pool.left + 92, y: pool.grid.y + 7 };
	const out: Cubic[] = [
		[
			atPool,
			{ x: atPool.x + (turn.x - atPool.x) * 0.5, y: atPool.y },
			{ x: turn.x, y: turn.y + 20 },
			turn
		],
		[
			turn,
			{ x: turn.x, y: turn.y - 24 },
			{ x: atHost.x + (turn.x - atHost.x) * 0.8, y: atHost.y },
			atHost
		]
	];
	return [
		{
			key: 'vcpus',
			curves: saving ? out.toReversed().map(([a, b, c, d]): Cubic => [d, c, b, a]) : out,
			share: saving ? 0.3 : 0.72,
			count: `${vm.vcpuCount} vCPU`,
			hue: hostColour(index),
			words: `State of ${vm.vcpuCount} vCPUs ${saving ? 'is being saved to' : 'is being loaded from'} the super-page`,
			landing: saving ? atPool : atHost,
			hidden: [],
			parked: null
		}
	];
}
