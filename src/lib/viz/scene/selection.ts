import { PAGES_PER_BLOCK } from '../../base/units.ts';
import type { ObjectName } from '../../engine/contract/queries.ts';
import type { WorldStatus } from '../../engine/contract/status.ts';
import { CellKind, type MemoryCells } from './cells.ts';

export interface SelectedBlock {
	readonly memory: string;
	readonly block: number;
}

/** Where the selected thing lies: a page is found by its guest block, in the memory of the running process first. */
export function selectedBlock(
	selection: ObjectName | null,
	memories: readonly MemoryCells[],
	status: WorldStatus
): SelectedBlock | null {
	if (selection === null) return null;
	if (selection.type === 'block') return { memory: selection.memory, block: selection.block };
	if (selection.type !== 'page') return null;
	const vm = status.vms.findIndex((candidate) => candidate.id === selection.vm) + 1;
	const guestBlock = Math.floor(selection.gfn / PAGES_PER_BLOCK);
	let found: SelectedBlock | null = null;
	for (const cells of memories)
		for (let block = 0; block < cells.kind.length; block += 1) {
			if (cells.guestBlock[block] !== guestBlock || cells.vm[block] !== vm) continue;
			const kind = cells.kind[block];
			if (kind === CellKind.vm || kind === CellKind.leaving)
				return { memory: cells.memory.id, block };
			found ??= { memory: cells.memory.id, block };
		}
	return found;
}
