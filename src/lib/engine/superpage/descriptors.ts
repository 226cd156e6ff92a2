import { mix32 } from '../../base/hash.ts';
import { ok, refused, type Outcome } from '../../base/outcome.ts';
import { PAGES_PER_BLOCK } from '../../base/units.ts';
import { BlockKind, wordKind } from '../contract/words.ts';
import { frameInTag, offsetInTag } from '../fabric/extents.ts';
import { wholeWord } from '../mm/frames.ts';
import { frameOf, wholeBlockOf } from '../mm/space/mapping.ts';
import type { VmRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { rangesIndex } from './words.ts';

/**
 * Range descriptors: which guest pages lie where in a tag's linear space (our design, cxl-fabric reference 10.3; seed S0).
 * References are tag and offset, never a host's address, so that both hosts read them alike.
 */
export interface Range {
	firstGfn: number;
	pages: number;
	offset: number;
}

/** How pages are named, and one record for what; see MigrationParameters. */
export interface RangeManner {
	readonly naming: 'tag' | 'device' | 'host';
	readonly records: 'ranges' | 'pages';
	readonly backing: 'node' | 'dax';
	readonly leftovers: 'roll-back' | 'copy';
}

const PLAIN: RangeManner = { naming: 'tag', records: 'ranges', backing: 'node', leftovers: 'roll-back' };

/** The process whose mapping the ranges describe: the running one, or the one for which a copy was made. */
export const describedInstance = (vm: VmRecord, manner: Pick<RangeManner, 'backing'>): number =>
	manner.backing === 'dax' && !vm.dax ? 1 - vm.running : vm.running;

/**
 * Device frame that a range's offset means: in the tag's linear space, or on the device. A host's address of a page stands
 * for the device frame behind it; what another host makes of it is that host's decoder's business (migration/adopt.ts).
 */
export function frameNamed(world: World, extents: readonly number[], naming: RangeManner['naming'], offset: number): number {
	return naming === 'tag' ? frameInTag(world, extents, offset) : offset;
}

/** Runs of pages that are consecutive in the guest and by what they are called. */
export function rangesOf(
	world: World,
	vm: VmRecord,
	extents: readonly number[],
	manner: RangeManner = PLAIN
): Outcome<Range[], 'page-stayed'> {
	const pool = world.r.memories.findIndex((memory) => memory.kind === 'pool');
	const firstFrame = (world.r.memories[pool] as { firstBlock: number }).firstBlock * PAGES_PER_BLOCK;
	const ranges: Range[] = [];
	const instance = describedInstance(vm, manner);
	const add = (gfn: number, pages: number, frame: number): boolean => {
		const inTag = offsetInTag(world, extents, frame - firstFrame);
		// Mixed mode: what stayed behind is copied in the hand-off, and described then.
		if (inTag < 0) return manner.leftovers === 'copy';
		const offset = manner.naming === 'tag' ? inTag : frame - firstFrame;
		const last = ranges.at(-1);
		if (manner.records === 'ranges' && last && last.firstGfn + last.pages === gfn && last.offset + last.pages === offset)
			last.pages += pages;
		else ranges.push({ firstGfn: gfn, pages, offset });
		return true;
	};
	for (let guestBlock = 0; guestBlock < vm.guestBlockCount; guestBlock += 1) {
		const gfn = guestBlock * PAGES_PER_BLOCK;
		const whole = wholeBlockOf(world, vm, instance, guestBlock);
		if (whole >= 0 && (manner.records === 'ranges' || wordKind(wholeWord(world, whole)) === BlockKind.huge)) {
			if (!add(gfn, PAGES_PER_BLOCK, whole * PAGES_PER_BLOCK)) return refused('page-stayed', `gfn ${gfn} is not in the extents`);
			continue;
		}
		for (let row = 0; row < PAGES_PER_BLOCK; row += 1) {
			const frame = frameOf(world, vm, instance, gfn + row);
			if (frame >= 0 && !add(gfn + row, 1, frame)) return refused('page-stayed', `gfn ${gfn + row} is not in the extents`);
		}
	}
	return ok(ranges);
}

/** Writes the ranges and their checksum; replaces those of an earlier try. */
export function publishRanges(world: World, vmIndex: number, ranges: readonly Range[]): Outcome<number, 'too-many-ranges'> {
	const { c, r } = world;
	const limit = world.scenario.descriptorLimit;
	const free = limit - (r.descriptorCount - descriptorSlots(world, vmIndex).length);
	if (ranges.length > free)
		return refused('too-many-ranges', `${ranges.length} ranges, ${free} of the super-page's ${limit} descriptors are free`);
	clearDescriptors(world, vmIndex);
	let slot = 0;
	for (const range of ranges) {
		while (c.descriptorVm.get(slot) !== 0) slot += 1;
		c.descriptorVm.set(slot, vmIndex + 1);
		c.descriptorFirstGfn.set(slot, range.firstGfn);
		c.descriptorPages.set(slot, range.pages);
		c.descriptorOffset.set(slot, range.offset);
		c.descriptorGeneration.set(slot, 2);
		c.descriptorCrc.set(slot, mix32(range.firstGfn, range.pages, range.offset));
	}
	r.descriptorCount += ranges.length;
	c.superpageWord.set(rangesIndex(vmIndex), BigInt(checksum(world, vmIndex)));
	return ok(ranges.length);
}

/** Slots that hold descriptors of a VM, in slot order. */
export function descriptorSlots(world: World, vmIndex: number): number[] {
	const slots: number[] = [];
	for (let slot = 0; slot < world.capacities.descriptor; slot += 1) if (world.c.descriptorVm.get(slot) === vmIndex + 1) slots.push(slot);
	return slots;
}

/** Checksum over all descriptors of a VM as they stand. */
export function checksum(world: World, vmIndex: number): number {
	const { c } = world;
	let sum = 0x811c9dc5;
	for (const slot of descriptorSlots(world, vmIndex)) {
		const own = mix32(c.descriptorFirstGfn.get(slot), c.descriptorPages.get(slot), c.descriptorOffset.get(slot));
		sum = mix32(sum, own, c.descriptorCrc.get(slot));
	}
	return sum;
}

/** An odd generation: the owner says that a page behind one of the ranges has moved. */
export function moving(world: World, vmIndex: number): boolean {
	return descriptorSlots(world, vmIndex).some((slot) => (world.c.descriptorGeneration.get(slot) & 1) === 1);
}

export function clearDescriptors(world: World, vmIndex: number): void {
	const { c } = world;
	for (const slot of descriptorSlots(world, vmIndex)) {
		for (const column of [c.descriptorFirstGfn, c.descriptorPages, c.descriptorOffset, c.descriptorGeneration, c.descriptorCrc])
			column.set(slot, 0);
		c.descriptorVm.set(slot, 0);
		world.r.descriptorCount -= 1;
	}
}
