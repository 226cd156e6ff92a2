import { AssertionError } from '../../base/assert.ts';
import { PAGES_PER_BLOCK } from '../../base/units.ts';
import { BlockKind, MapKind, mapBlock, mapKind, mapMemory, WRITTEN_DETAIL, wordKind, wordPayload } from '../contract/words.ts';
import { ensureDetail, stampOf } from '../mm/frames.ts';
import { frameOf, mappingRow } from '../mm/space/mapping.ts';
import { ensureGuestDetail } from '../mm/space/written.ts';
import type { VmRecord, WriterClass } from '../state/records.ts';
import type { World } from '../state/world.ts';

const MILLION = 1_000_000;

/**
 * A stretch of writes of a guest that has all its pages, with no log and no batch that may hold a page back: the same draws
 * and the same writes as one by one (guest.ts, next-write.ts, sim/streams.ts), with what stays the same looked up once.
 */
export function writePlain(world: World, vmIndex: number, vm: VmRecord, due: number): void {
	const { c, r } = world;
	const { classes, firstGuestBlock, stream } = vm;
	const state = c.streamState;
	let s0 = state.get(stream * 4);
	let s1 = state.get(stream * 4 + 1);
	let s2 = state.get(stream * 4 + 2);
	let s3 = state.get(stream * 4 + 3);
	const firstRow = mappingRow(vm, vm.running, 0);
	const single = classes.length === 1;
	let chosen = classes[0] as WriterClass;
	/** A class is to be drawn first; else the place within it. */
	let drawsClass = !single;
	let left = due;
	while (left > 0) {
		let gfn: number;
		if (single && chosen.pattern === 'sequential') gfn = takeNext(chosen);
		else {
			const times5 = Math.imul(s1, 5);
			const drawn = (Math.imul((times5 << 7) | (times5 >>> 25), 9) >>> 0) / 4294967296;
			const t = s1 << 9;
			s2 ^= s0;
			s3 ^= s1;
			s1 ^= s2;
			s0 ^= s3;
			s2 ^= t;
			s3 = (s3 << 11) | (s3 >>> 21);
			if (drawsClass) {
				let ticket = Math.floor(drawn * MILLION);
				for (let at = 0; at < classes.length; at += 1) {
					chosen = classes[at] as WriterClass;
					ticket -= chosen.weight;
					if (ticket < 0) break;
				}
				if (chosen.pattern !== 'sequential') {
					drawsClass = false;
					continue;
				}
				gfn = takeNext(chosen);
			} else {
				gfn = chosen.firstGfn + Math.floor(drawn * chosen.pages);
				drawsClass = !single;
			}
		}
		left -= 1;

		const guestBlock = gfn >>> 9;
		const row = gfn & 511;
		const written = c.guestWritten.get(firstGuestBlock + guestBlock);
		const counts = written >= WRITTEN_DETAIL ? written - WRITTEN_DETAIL : ensureGuestDetail(world, vm, guestBlock);
		const count = c.guestRowWritten.get(counts * PAGES_PER_BLOCK + row) + 1;
		c.guestRowWritten.set(counts * PAGES_PER_BLOCK + row, count);

		const word = c.mapWord.get(firstRow + guestBlock);
		const kind = mapKind(word);
		let block: number;
		let frameRow = row;
		if (kind === MapKind.huge || kind === MapKind.run)
			block = (r.memories[mapMemory(word)] as { firstBlock: number }).firstBlock + mapBlock(word);
		else {
			const frame = frameOf(world, vm, vm.running, gfn);
			if (frame < 0) throw new AssertionError(`VM ${vm.id} wrote gfn ${gfn}, which nothing backs`);
			block = Math.floor(frame / PAGES_PER_BLOCK);
			frameRow = frame & 511;
		}
		const content = c.blockWord.get(block);
		const detail = wordKind(content) === BlockKind.detail ? wordPayload(content) : ensureDetail(world, block);
		c.contentStamp.set(detail * PAGES_PER_BLOCK + frameRow, stampOf(vmIndex, gfn, count));
		if (c.mapSecondStage.get(firstRow + guestBlock) === 0) {
			c.mapSecondStage.set(firstRow + guestBlock, 2);
			vm.secondStageFaults += 1;
		}
	}
	vm.writtenPages += due;
	state.set(stream * 4, s0);
	state.set(stream * 4 + 1, s1);
	state.set(stream * 4 + 2, s2);
	state.set(stream * 4 + 3, s3);
}

function takeNext(writer: WriterClass): number {
	const gfn = writer.firstGfn + writer.cursor;
	writer.cursor = writer.cursor + 1 === writer.pages ? 0 : writer.cursor + 1;
	return gfn;
}
