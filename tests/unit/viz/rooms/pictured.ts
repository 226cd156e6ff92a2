import { attach } from '../../../../src/lib/engine/contract/views.ts';
import type { MachineStatus } from '../../../../src/lib/engine/contract/machine-status.ts';
import type { WorldViews } from '../../../../src/lib/engine/contract/views.ts';
import type { Simulation } from '../../../../src/lib/engine/index.ts';
import { buildRooms, type BlockScene, type RoomsScene } from '../../../../src/lib/viz/rooms/scene.ts';
import { typed } from '../../../support/console.ts';
import { machine, VIRTIO_MEM } from '../../../support/machines.ts';

/** A real machine of the engine with what the figure reads of it. */
export interface Pictured {
	readonly simulation: Simulation;
	readonly views: WorldViews;
	readonly status: MachineStatus;
	readonly firstBlock: number;
	readonly scene: RoomsScene;
}

export function picture(simulation: Simulation): Pictured {
	const status = simulation.status();
	const [only] = status.machines;
	if (!only) throw new Error('there is no machine');
	const firstBlock = status.memories.find((memory) => memory.index === only.memory)?.firstBlock ?? 0;
	const views = attach(simulation.world.buffer);
	return {
		simulation,
		views,
		status: only,
		firstBlock,
		scene: buildRooms(views, only, firstBlock)
	};
}

export function block(scene: RoomsScene, id: number): BlockScene {
	const found = scene.blocks.find((one) => one.status.id === id);
	if (!found) throw new Error(`there is no memory${id}`);
	return found;
}

/** One page in a pipe, in the movable block of a device: an offline that tries and does not end. Returns the block's number. */
export function heldOffline(seconds: number): { simulation: Simulation; held: number } {
	const simulation = machine(VIRTIO_MEM, 'memhp_default_state=online_movable');
	for (const line of ['qom-set vm0 requested-size 256M']) typed(simulation, line);
	simulation.advance(simulation.nowNs + 5e9);
	for (const line of ['p0: map a 40M', 'p0: nothp a', 'p0: touch a', 'p0: vmsplice a 4K@8M']) typed(simulation, line);
	const pfn = simulation.status().machines[0]?.held[0]?.runs[0]?.[0] ?? -1;
	const held = Math.floor(pfn / 32768);
	simulation.send({
		name: 'write-file',
		machine: 'm',
		path: `/sys/devices/system/memory/memory${held}/state`,
		value: 'offline'
	});
	simulation.advance(simulation.nowNs + seconds * 1e9);
	return { simulation, held };
}
