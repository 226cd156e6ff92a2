import type { RoomsScene } from './scene.ts';

/**
 * The scene while it settles: cells change in address order. Blocks, zones and figures are those of the settled scene; at
 * phase 1 it is that scene itself, so that both ways end in one picture.
 */
export function blendScenes(before: RoomsScene | null, now: RoomsScene, phase: number): RoomsScene {
	if (before === null || phase >= 1 || before.machine.id !== now.machine.id) return now;
	const cells = {
		free: now.cells.free.slice(),
		user: now.cells.user.slice(),
		kernel: now.cells.kernel.slice(),
		offline: now.cells.offline.slice(),
		hole: now.cells.hole.slice(),
		orders: now.cells.orders,
		marks: now.cells.marks.slice()
	};
	const old = new Map(before.blocks.map((block) => [block.status.id, block]));
	for (const block of now.blocks) {
		const was = old.get(block.status.id);
		if (was === undefined || was.status.state === 'offline' || was.count !== block.count) continue;
		for (let at = Math.floor(phase * block.count); at < block.count; at += 1)
			for (const name of ['free', 'user', 'kernel', 'offline', 'hole', 'marks'] as const)
				cells[name][block.first + at] = before.cells[name][was.first + at] as number;
	}
	return { ...now, cells };
}
