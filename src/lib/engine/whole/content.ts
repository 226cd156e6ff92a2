import { testBit } from '../../base/bitmap.ts';
import { PAGES_PER_BLOCK } from '../../base/units.ts';
import { BlockKind, MapKind, mapBlock, mapKind, mapMemory, vmPayload, wordKind, wordPayload } from '../contract/words.ts';
import { passesByCopy } from '../contract/migration/strategies.ts';
import { isMissing, missingIn } from '../hypervisor/missing.ts';
import { firstWord } from '../hypervisor/dirty-log.ts';
import { frameOf, mappingRow, wholeBlockOf } from '../mm/space/mapping.ts';
import { isIn } from '../mm/space/runs.ts';
import { uniformWritten, writtenOf, writtenRows } from '../mm/space/written.ts';
import { detailOf, readStamp, stampOf } from '../mm/frames.ts';
import type { VmRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { unreturnedPages } from '../vdpa/queues/unreturned.ts';

/**
 * The content proof (decision D2): for every guest page, what the running mapping reaches carries the stamp of the guest's
 * last write. While pages are missing at the target (post-copy), what the source keeps of them counts. It catches stale, lost, swapped and foreign pages alike; a chance hit is 2^-32 a page. What a device overwrote by
 * a wrong map is loss that the modelled system would suffer too: those pages are named one by one, and nothing else passes.
 */
export function proveContent(world: World): { readonly pages: number; readonly found: string | null } {
	let pages = 0;
	for (const [index, vm] of world.r.vms.entries()) {
		// A device with a wrong map wrote there: the world is marked, and the record names both addresses (rule vdpa-dma).
		const overwritten = new Set(world.r.vdpa.guests.find((guest) => guest.vm === index)?.corruptedGfns ?? []);
		const lost = vm.lostPages ?? [];
		// What a dead host took, or an old incarnation overwrote, is on the rack's lists: marked, and named one by one.
		const mine = world.r.rack?.vms[index];
		const damaged = new Set(mine?.damagedGfns ?? []);
		const listed = vm.vcpuState === 'lost' && (world.r.rack?.losses.some((loss) => loss.vm === index && loss.backNs < 0) ?? false);
		for (let guestBlock = 0; guestBlock < vm.guestBlockCount; guestBlock += 1) {
			if (blockProved(world, vm, index, guestBlock) || rowsProved(world, vm, index, guestBlock)) {
				pages += PAGES_PER_BLOCK;
				continue;
			}
			for (let row = 0; row < PAGES_PER_BLOCK; row += 1) {
				const gfn = guestBlock * PAGES_PER_BLOCK + row;
				const found = differs(world, vm, index, gfn);
				// What died with a host in post-copy is marked, and named by the bitmap of what is missing.
				const died = vm.fetch?.gone === true && isMissing(world, vm, gfn);
				const gone = listed && frameOf(world, vm, vm.running, gfn) < 0;
				if (found !== null && !died && !gone && !damaged.has(gfn) && !overwritten.has(gfn) && !isIn(lost, gfn)) return { pages, found };
				pages += 1;
			}
		}
	}
	return { pages, found: null };
}

/** Pages of a VM that do not hold what was last written, whatever the reason. */
export function oldPages(world: World, index: number): number {
	const vm = world.r.vms[index] as VmRecord;
	let pages = 0;
	for (let guestBlock = 0; guestBlock < vm.guestBlockCount; guestBlock += 1) {
		if (blockProved(world, vm, index, guestBlock) || rowsProved(world, vm, index, guestBlock)) continue;
		for (let row = 0; row < PAGES_PER_BLOCK; row += 1)
			if (differs(world, vm, index, guestBlock * PAGES_PER_BLOCK + row) !== null) pages += 1;
	}
	return pages;
}

/** Short cut: a uniform guest block on a uniform block of the same VM, guest block and count. */
function blockProved(world: World, vm: VmRecord, index: number, guestBlock: number): boolean {
	const count = uniformWritten(world, vm, guestBlock);
	if (count < 0) return false;
	const missing = vm.fetch ? missingIn(world, vm, guestBlock) : 0;
	if (missing > 0 && missing < PAGES_PER_BLOCK) return false;
	const block = wholeBlockOf(world, vm, missing > 0 ? 1 - vm.running : vm.running, guestBlock);
	if (block < 0) return false;
	const word = world.c.blockWord.get(block);
	const kind = wordKind(word);
	return (
		(kind === BlockKind.huge || kind === BlockKind.run) &&
		wordPayload(word) === vmPayload(index, guestBlock) &&
		world.c.blockContent.get(block) === count
	);
}

/**
 * What `differs` asks, of all 512 pages of a guest block in one pass and with nothing to say: most blocks are as they should
 * be, and worlds are checked after every step of a fuzzer. Where it is false, pages are looked at one by one.
 */
function rowsProved(world: World, vm: VmRecord, index: number, guestBlock: number): boolean {
	if (vm.fetch && missingIn(world, vm, guestBlock) > 0) return false;
	const { c, r } = world;
	const map = c.mapWord.get(mappingRow(vm, vm.running, guestBlock));
	const isWhole = mapKind(map) === MapKind.huge || mapKind(map) === MapKind.run;
	// Mapped whole, its frames follow one another from here.
	const firstFrame = isWhole ? ((r.memories[mapMemory(map)] as { firstBlock: number }).firstBlock + mapBlock(map)) * PAGES_PER_BLOCK : -1;
	const uniform = uniformWritten(world, vm, guestBlock);
	const counts = uniform < 0 ? writtenRows(world, vm, guestBlock) : -1;
	const firstGfn = guestBlock * PAGES_PER_BLOCK;
	let block = -1;
	let stamps = -1;
	for (let row = 0; row < PAGES_PER_BLOCK; row += 1) {
		const frame = isWhole ? firstFrame + row : frameOf(world, vm, vm.running, firstGfn + row);
		if (frame < 0) return false;
		const at = Math.floor(frame / PAGES_PER_BLOCK);
		if (at !== block) {
			block = at;
			stamps = detailOf(world, block) * PAGES_PER_BLOCK;
		}
		const stamp = stamps < 0 ? readStamp(world, block, frame % PAGES_PER_BLOCK) : c.contentStamp.get(stamps + (frame % PAGES_PER_BLOCK));
		const count = counts < 0 ? uniform : c.guestRowWritten.get(counts + row);
		if (stamp !== stampOf(index, firstGfn + row, count)) return false;
	}
	return true;
}

function differs(world: World, vm: VmRecord, index: number, gfn: number): string | null {
	const count = writtenOf(world, vm, gfn);
	// A page that has not crossed yet is newest where it came from.
	const holder = vm.fetch && isMissing(world, vm, gfn) ? 1 - vm.running : vm.running;
	const frame = frameOf(world, vm, holder, gfn);
	if (frame < 0) return count === 0 ? null : `${vm.id} gfn ${gfn}: written ${count} times, backed by nothing`;
	const stamp = readStamp(world, Math.floor(frame / PAGES_PER_BLOCK), frame % PAGES_PER_BLOCK);
	if (stamp === stampOf(index, gfn, count)) return null;
	for (let older = count - 1; older >= Math.max(0, count - 64); older -= 1)
		if (stamp === stampOf(index, gfn, older)) return `${vm.id} gfn ${gfn}: holds the guest’s write ${older} of ${count}, stale`;
	return `${vm.id} gfn ${gfn}: holds neither the guest’s last write nor an older one`;
}

/**
 * While pre-copy runs: a page whose copy at the target is not current is marked, in the bitmap or in the log. What is
 * neither is already lost, long before the switch-over shows it.
 */
export function dirtyOrEqual(world: World): string | null {
	const { c, r } = world;
	if (r.belief !== null) return null;
	for (const operation of r.operations) {
		// What goes into a file fills no memory that could be looked at.
		if (!passesByCopy(operation.strategy) || operation.state !== 'running' || operation.toFile) continue;
		const vm = r.vms[operation.vm] as VmRecord;
		if (!vm.logging) continue;
		const base = firstWord(vm) * 32;
		const unreturned = unreturnedPages(world, operation.vm);
		for (let gfn = 0; gfn < vm.pageCount; gfn += 1) {
			if (testBit(c.qemuBitmap.data, base + gfn) || testBit(c.kvmLog.data, base + gfn) || unreturned.has(gfn)) continue;
			// What is lost on the source is no better there.
			if (isIn(vm.lostPages ?? [], gfn)) continue;
			const count = writtenOf(world, vm, gfn);
			const frame = frameOf(world, vm, 1 - vm.running, gfn);
			const stamp = frame < 0 ? 0 : readStamp(world, Math.floor(frame / PAGES_PER_BLOCK), frame % PAGES_PER_BLOCK);
			if (stamp !== stampOf(operation.vm, gfn, count))
				return `${vm.id} gfn ${gfn}: the target’s copy is not current, and nothing says that it must go again`;
		}
	}
	return null;
}
