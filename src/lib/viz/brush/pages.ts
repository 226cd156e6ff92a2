import { BLOCKS_PER_MEMORY_BLOCK, PAGE_BYTES, PAGES_PER_BLOCK } from '../../base/units.ts';
import type { MachineStatus, MemoryBlockStatus } from '../../engine/contract/machine-status.ts';
import type { WorldViews } from '../../engine/contract/views.ts';
import { readFrames } from '../rooms/frames.ts';
import { Mark } from '../rooms/sub-blocks.ts';

/** What became of a page of the block. `gone`: unplugged, offline, or allocated by a driver that gave it to the host. */
export const PageFate = { free: 0, used: 1, held: 2, kernel: 3, gone: 4 } as const;

export interface BlockPages {
	readonly number: number;
	readonly state: MemoryBlockStatus['state'] | 'absent';
	/** PageFate of each of the block's pages. */
	readonly fates: Uint8Array;
	/** Pages by fate. */
	readonly counts: readonly number[];
}

/** Every page of one memory block; `giver` is the process whose pages the host has. */
export function readBlockPages(
	views: WorldViews,
	machine: MachineStatus,
	firstBlock: number,
	number: number,
	giver: string | null
): BlockPages {
	const state = machine.memoryBlocks.find((each) => each.id === number)?.state ?? 'absent';
	const fates = new Uint8Array(BLOCKS_PER_MEMORY_BLOCK * PAGES_PER_BLOCK);
	const counts = [0, 0, 0, 0, 0];
	const given = new Set(
		machine.processes
			.filter((each) => each.id === giver)
			.flatMap((each) => each.areas.map((area) => area.owner))
	);
	const limit = views.columns.blockWord.length;
	for (let sub = 0; sub < BLOCKS_PER_MEMORY_BLOCK; sub += 1) {
		const block = firstBlock + number * BLOCKS_PER_MEMORY_BLOCK + sub;
		const pfn = (number * BLOCKS_PER_MEMORY_BLOCK + sub) * PAGES_PER_BLOCK;
		const frames = block < limit ? readFrames(views, machine, block, pfn) : null;
		for (let row = 0; row < PAGES_PER_BLOCK; row += 1) {
			const kind = frames?.kind[row] ?? 'hole';
			const held = ((frames?.marks[row] ?? 0) & (Mark.held | Mark.pinned | Mark.secure)) !== 0;
			const fate =
				kind === 'hole' || kind === 'offline' || state === 'offline' || state === 'absent'
					? PageFate.gone
					: kind === 'free' || kind === 'exact range'
						? PageFate.free
						: kind === 'user' || kind === 'incoming'
							? given.has(frames?.owner[row] ?? -1)
								? PageFate.gone
								: held
									? PageFate.held
									: PageFate.used
							: PageFate.kernel;
			fates[sub * PAGES_PER_BLOCK + row] = fate;
			counts[fate] = (counts[fate] as number) + 1;
		}
	}
	return { number, state, fates, counts };
}

const mib = (pages: number): string => {
	if (pages > 0 && pages < 256) return `${pages * 4}\u2009KiB`;
	const amount = (pages * PAGE_BYTES) / 2 ** 20;
	return `${Number.isInteger(amount) ? amount : amount.toFixed(1)}\u2009MiB`;
};

/** The block in one sentence. */
export function describePages({ number, state, counts }: BlockPages): string {
	const [free = 0, used = 0, held = 0, kernel = 0, gone = 0] = counts;
	const parts = [
		`${mib(used + held)} in use`,
		held > 0 ? `${held} ${held === 1 ? 'page' : 'pages'} of it held` : '',
		kernel > 0 ? `${mib(kernel)} of the kernel` : '',
		`${mib(free)} free`,
		`${mib(gone)} taken away`
	].filter((each) => each !== '');
	const now =
		state === 'going-offline' ? ', going offline' : state === 'offline' ? ', offline' : '';
	return `memory${number}${now}: ${parts.join(', ')}`;
}
