import { PAGES_PER_BLOCK } from '../../base/units.ts';
import { BlockKind, payloadGuestBlock, payloadVm, RowKind, wordKind, wordPayload } from '../contract/words.ts';
import { detailOf, readStamp, rowsOf, wholeWord } from '../mm/frames.ts';
import { areaOfOwner, pfnOfFrame } from '../mm/os/os.ts';
import { expectedStamp, ownerOfFrame } from '../mm/process/content.ts';
import { forEachRun, wholeBehind } from '../mm/space/areas.ts';
import { frameOf } from '../mm/space/mapping.ts';
import { uniformWritten } from '../mm/space/written.ts';
import type { AreaRecord } from '../state/machine-records.ts';
import type { World } from '../state/world.ts';

/** Statements about processes on Linux machines: their pages and what those hold. */

const areas = (world: World): AreaRecord[] => world.r.areas.filter((area): area is AreaRecord => area !== null);

/** Visits every stretch of every area until one is found wrong. */
function firstFound(world: World, look: (area: AreaRecord, frame: number, page: number, pages: number) => string | null): string | null {
	for (const area of areas(world)) {
		let found: string | null = null;
		forEachRun(world, area, (frame, page, pages) => {
			found ??= look(area, frame, page, pages);
		});
		if (found !== null) return found;
	}
	return null;
}

/** A frame that an area maps belongs to this page of an area of the same family. */
export function areaFrames(world: World): string | null {
	return firstFound(world, (area, frame, page, pages) => {
		const steps = wordKind(wholeWord(world, Math.floor(frame / PAGES_PER_BLOCK))) === BlockKind.detail ? pages : 1;
		for (let at = 0; at < steps; at += 1) {
			const owner = areaOfOwner(world, ownerOfFrame(world, frame + at));
			const place = pageOfFrame(world, frame + at);
			if (!owner || owner.family !== area.family || owner.os !== area.os || place !== page + at)
				return `${area.name} page ${page + at} is in pfn ${pfnOfFrame(world, area.os, frame + at)}, which belongs to ${owner?.name ?? 'nobody'} page ${place}`;
		}
		return null;
	});
}

/** Page of its owner that a frame of user memory says it is, −1 when it is none. */
function pageOfFrame(world: World, frame: number): number {
	const block = Math.floor(frame / PAGES_PER_BLOCK);
	const word = wholeWord(world, block);
	const kind = wordKind(word);
	const row = frame % PAGES_PER_BLOCK;
	if (kind === BlockKind.huge || kind === BlockKind.run) return payloadGuestBlock(wordPayload(word)) * PAGES_PER_BLOCK + row;
	const base = rowsOf(world, block);
	return base >= 0 && world.c.rowKind.get(base + row) === RowKind.vm ? world.c.rowA.get(base + row) : -1;
}

/** No page of a process is lost: whoever a frame names as its owner maps it there. */
export function framesMapped(world: World): string | null {
	for (const os of world.r.oses) {
		const memory = world.r.memories[os.memory] as { firstBlock: number; blockCount: number };
		for (let block = memory.firstBlock; block < memory.firstBlock + memory.blockCount; block += 1) {
			const word = wholeWord(world, block);
			const kind = wordKind(word);
			if (kind === BlockKind.huge || kind === BlockKind.run) {
				const page = payloadGuestBlock(wordPayload(word)) * PAGES_PER_BLOCK;
				for (const row of kind === BlockKind.huge ? [0] : [0, PAGES_PER_BLOCK - 1])
					if (!isMapped(world, payloadVm(wordPayload(word)), page + row, block * PAGES_PER_BLOCK + row))
						return `block ${block} of ${os.id} belongs to an area that maps it nowhere`;
			} else if (kind === BlockKind.detail) {
				const base = rowsOf(world, block);
				for (let row = 0; base >= 0 && row < PAGES_PER_BLOCK; row += 1)
					if (
						world.c.rowKind.get(base + row) === RowKind.vm &&
						!isMapped(world, world.c.rowVm.get(base + row) - 1, world.c.rowA.get(base + row), block * PAGES_PER_BLOCK + row)
					)
						return `frame ${row} of block ${block} of ${os.id} belongs to an area that maps it nowhere`;
			}
		}
	}
	return null;
}

function isMapped(world: World, owner: number, page: number, frame: number): boolean {
	const area = areaOfOwner(world, owner);
	return area !== null && frameOf(world, area, 0, page) === frame;
}

/** Every page of a process holds what the process last wrote, wherever it has been moved. */
export function areaContent(world: World): string | null {
	return firstFound(world, (area, frame, page, pages) => {
		if (area.processes.length === 0) return null;
		const block = Math.floor(frame / PAGES_PER_BLOCK);
		const step = Math.floor(page / PAGES_PER_BLOCK);
		const even = wholeBehind(world, area, step) === block && detailOf(world, block) < 0 && uniformWritten(world, area, step) >= 0;
		for (let at = 0; at < (even ? 1 : pages); at += 1)
			if (readStamp(world, block, (frame + at) % PAGES_PER_BLOCK) !== expectedStamp(world, area, page + at, frame + at))
				return `${area.name} page ${page + at} of ${area.processes[0]} does not hold what was written`;
		return null;
	});
}
