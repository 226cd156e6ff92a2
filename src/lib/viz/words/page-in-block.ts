import type { ObjectName } from '../../engine/contract/queries.ts';
import type { WorldStatus } from '../../engine/contract/status.ts';
import type { WorldViews } from '../../engine/contract/views.ts';
import {
	BlockKind,
	payloadGuestBlock,
	payloadVm,
	RowKind,
	wordKind,
	wordPayload
} from '../../engine/contract/words.ts';
import { PAGES_PER_BLOCK } from '../../base/units.ts';

/** The guest page that lies in a 2 MiB block of a memory: its first one, or null when no VM has a page there. */
export function pageInBlock(
	views: WorldViews,
	status: WorldStatus,
	memoryId: string,
	block: number
): Extract<ObjectName, { type: 'page' }> | null {
	const memory = status.memories.find((one) => one.id === memoryId);
	if (!memory || block < 0 || block >= memory.blockCount) return null;
	const { columns } = views;
	let word = columns.blockWord[memory.firstBlock + block] as number;
	if (wordKind(word) === BlockKind.detail) {
		const detail = wordPayload(word);
		const structure = columns.detailStructure[detail] as number;
		if (structure > 0) return pageInStructure(views, status, structure - 1);
		word = columns.detailWord[detail] as number;
	}
	const kind = wordKind(word);
	if (kind !== BlockKind.huge && kind !== BlockKind.run && kind !== BlockKind.incoming) return null;
	const payload = wordPayload(word);
	return named(status, payloadVm(payload), payloadGuestBlock(payload) * PAGES_PER_BLOCK);
}

function pageInStructure(
	{ columns }: WorldViews,
	status: WorldStatus,
	structure: number
): Extract<ObjectName, { type: 'page' }> | null {
	const first = structure * PAGES_PER_BLOCK;
	for (let row = first; row < first + PAGES_PER_BLOCK; row += 1)
		if (columns.rowKind[row] === RowKind.vm)
			return named(status, (columns.rowVm[row] as number) - 1, columns.rowA[row] as number);
	return null;
}

function named(
	status: WorldStatus,
	vmIndex: number,
	gfn: number
): Extract<ObjectName, { type: 'page' }> | null {
	const vm = status.vms.find((one) => one.index === vmIndex);
	return vm ? { type: 'page', vm: vm.id, gfn } : null;
}
