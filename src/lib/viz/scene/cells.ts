import { PAGES_PER_BLOCK } from '../../base/units.ts';
import type { MemoryStatus, OperationStatus, WorldStatus } from '../../engine/contract/status.ts';
import type { WorldViews } from '../../engine/contract/views.ts';
import {
	BlockKind,
	payloadGuestBlock,
	payloadUseClass,
	payloadUseParameter,
	payloadVm,
	RowKind,
	UseClass,
	wordKind,
	wordPayload
} from '../../engine/contract/words.ts';

/** What one 2 MiB block of a memory is, in the words of the picture. */
export const CellKind = {
	/** No memory there. */
	absent: 0,
	/** DRAM that is not online. */
	offline: 1,
	/** In an allocator and free. */
	free: 2,
	/** Pool capacity outside every extent. */
	capacity: 3,
	/** Pool capacity inside an extent that holds nobody's pages. */
	reserved: 4,
	/** Pages of a VM where the running QEMU process finds them. */
	vm: 5,
	/** Pages of a VM that the running QEMU process does not use: a copy that is being received, or one left behind. */
	copy: 6,
	/** On its way in, not mapped yet. */
	incoming: 7,
	/** VM pages that a running batch takes away from here. */
	leaving: 8,
	kernel: 9,
	other: 10,
	superpage: 11,
	/** Held by another host; `hue` is its letter's place in the alphabet. */
	peer: 12
} as const;
export type CellKindValue = (typeof CellKind)[keyof typeof CellKind];

/** Marks that are never averaged away. */
export const CellFlag = { pinned: 1, kernelInside: 2 } as const;

/** One memory, block by block, in arrays of its own: nothing of the world's buffer is kept. */
export interface MemoryCells {
	readonly memory: MemoryStatus;
	readonly kind: Uint8Array;
	/** 1 + index of the host whose hue it wears; 0 for none; for a peer the letter (0 = A). */
	readonly hue: Uint8Array;
	/** Share of the 512 pages that are used, 0 … 255. */
	readonly used: Uint8Array;
	readonly flags: Uint8Array;
	/** 1 + VM, and its 2 MiB guest block where the whole cell is one. */
	readonly vm: Uint8Array;
	readonly guestBlock: Int32Array;
}

export const FULL = 255;

interface Moving {
	readonly vm: number;
	readonly fromBlock: number;
	readonly toBlock: number;
	readonly sourceMemory: string;
	readonly targetMemory: string;
	readonly direction: 'push' | 'pull' | 'stream';
}

/** The guest blocks that a batch has under way now. */
export function movingBatches(
	operations: readonly OperationStatus[],
	vmIndex: (id: string) => number
): Moving[] {
	return operations.flatMap((operation) => {
		const batch = operation.batch;
		if (operation.state !== 'running' || batch === null || batch.pages === 0) return [];
		return [
			{
				vm: vmIndex(operation.vm),
				fromBlock: Math.floor(batch.firstGfn / PAGES_PER_BLOCK),
				toBlock: Math.ceil((batch.firstGfn + batch.pages) / PAGES_PER_BLOCK),
				sourceMemory: batch.sourceMemory,
				targetMemory: batch.targetMemory,
				direction: batch.direction
			}
		];
	});
}

/** Reads the block words of one memory. `words` may be an earlier copy of the column, for comparing. */
export function readCells(
	views: WorldViews,
	status: WorldStatus,
	memory: MemoryStatus,
	words: Uint32Array = views.columns.blockWord
): MemoryCells {
	const count = memory.blockCount;
	const cells: MemoryCells = {
		memory,
		kind: new Uint8Array(count),
		hue: new Uint8Array(count),
		used: new Uint8Array(count),
		flags: new Uint8Array(count),
		vm: new Uint8Array(count),
		guestBlock: new Int32Array(count).fill(-1)
	};
	const hostIndex = new Map(status.hosts.map((host, index) => [host.id, index]));
	const home = memory.host === null ? -1 : (hostIndex.get(memory.host) ?? -1);
	const owners = status.vms.map((vm) => hostIndex.get(vm.owner) ?? -1);
	/** Hosts whose running process finds the pages of each VM. */
	const running = status.vms.map(
		(vm) => hostIndex.get(vm.instances[vm.runningInstance] ?? '') ?? -1
	);
	const moving = movingBatches(status.operations, (id) =>
		status.vms.findIndex((vm) => vm.id === id)
	);
	const inExtent = new Uint8Array(count);
	for (const extent of status.extents)
		if (extent.memory === memory.id && extent.state !== 'released')
			inExtent.fill(1, extent.firstBlock, extent.firstBlock + extent.blockCount);
	const {
		detailWord,
		detailStructure,
		structureFree,
		structureVm,
		structureKernel,
		structurePinned,
		rowVm,
		rowA,
		rowKind
	} = views.columns;

	const ofVm = (block: number, vm: number, guestBlock: number, incoming: boolean): void => {
		const hue = home >= 0 ? home : (owners[vm] ?? -1);
		cells.hue[block] = hue + 1;
		cells.vm[block] = vm + 1;
		cells.guestBlock[block] = guestBlock;
		let kind: number = CellKind.vm;
		if (incoming) kind = CellKind.incoming;
		else if (home >= 0 && running[vm] !== home) kind = CellKind.copy;
		for (const batch of moving) {
			if (batch.vm !== vm || guestBlock < batch.fromBlock || guestBlock >= batch.toBlock) continue;
			// A stream sends copies: its source stays where it is.
			if (batch.sourceMemory === memory.id && batch.direction !== 'stream' && kind === CellKind.vm)
				kind = CellKind.leaving;
			if (batch.targetMemory === memory.id) kind = CellKind.incoming;
		}
		cells.kind[block] = kind;
	};

	const uniform = (block: number, word: number): void => {
		const payload = wordPayload(word);
		cells.used[block] = FULL;
		switch (wordKind(word)) {
			case BlockKind.absent:
				cells.used[block] = 0;
				cells.kind[block] = CellKind.absent;
				return;
			case BlockKind.offline:
				cells.used[block] = 0;
				cells.kind[block] =
					memory.kind === 'pool'
						? inExtent[block] === 1
							? CellKind.reserved
							: CellKind.capacity
						: CellKind.offline;
				return;
			case BlockKind.free:
				cells.used[block] = 0;
				cells.kind[block] = memory.kind === 'pool' ? CellKind.reserved : CellKind.free;
				return;
			case BlockKind.huge:
			case BlockKind.run:
				ofVm(block, payloadVm(payload), payloadGuestBlock(payload), false);
				return;
			case BlockKind.incoming:
				ofVm(block, payloadVm(payload), payloadGuestBlock(payload), true);
				return;
			case BlockKind.use:
				switch (payloadUseClass(payload)) {
					case UseClass.kernel:
						cells.kind[block] = CellKind.kernel;
						return;
					case UseClass.superpage:
						cells.kind[block] = CellKind.superpage;
						return;
					case UseClass.peer:
						cells.kind[block] = CellKind.peer;
						cells.hue[block] = payloadUseParameter(payload);
						return;
					default:
						cells.kind[block] = CellKind.other;
						return;
				}
		}
	};

	/** A block whose pages differ: the largest user gives the fill, its share the level; kernel and pins stay marks. */
	const structured = (block: number, structure: number): void => {
		const free = structureFree[structure] as number;
		const vmPages = structureVm[structure] as number;
		const kernelPages = structureKernel[structure] as number;
		const rest = PAGES_PER_BLOCK - free - vmPages - kernelPages;
		const share = (pages: number) =>
			Math.max(pages > 0 ? 1 : 0, Math.round((pages / PAGES_PER_BLOCK) * FULL));
		if (kernelPages > 0)
			cells.flags[block] = (cells.flags[block] as number) | CellFlag.kernelInside;
		if ((structurePinned[structure] as number) > 0)
			cells.flags[block] = (cells.flags[block] as number) | CellFlag.pinned;
		if (vmPages > 0 && vmPages >= kernelPages && vmPages >= rest) {
			// The first of its VM pages names VM and guest block; pages from elsewhere may lie beside it.
			const first = structure * PAGES_PER_BLOCK;
			let row = first;
			while (row < first + PAGES_PER_BLOCK - 1 && rowVm[row] === 0) row += 1;
			const guestBlock = Math.floor((rowA[row] as number) / PAGES_PER_BLOCK);
			ofVm(
				block,
				Math.max(0, (rowVm[row] as number) - 1),
				guestBlock,
				rowKind[row] === RowKind.incoming
			);
			// What is being moved is held by the move itself: that is no pin.
			const kind = cells.kind[block] as number;
			if (kind === CellKind.incoming || kind === CellKind.leaving)
				cells.flags[block] = (cells.flags[block] as number) & ~CellFlag.pinned;
		} else if (kernelPages >= rest && kernelPages > 0) cells.kind[block] = CellKind.kernel;
		else if (rest > 0) cells.kind[block] = CellKind.other;
		else cells.kind[block] = memory.kind === 'pool' ? CellKind.reserved : CellKind.free;
		cells.used[block] = share(PAGES_PER_BLOCK - free);
	};

	for (let block = 0; block < count; block += 1) {
		const word = words[memory.firstBlock + block] as number;
		if (wordKind(word) !== BlockKind.detail) {
			uniform(block, word);
			continue;
		}
		const detail = wordPayload(word);
		const structure = detailStructure[detail] as number;
		if (structure === 0) uniform(block, detailWord[detail] as number);
		else structured(block, structure - 1);
	}
	return cells;
}

/** The letter of a host that is not in the picture. */
export const peerLetter = (hue: number): string => String.fromCharCode(65 + (hue % 26));
