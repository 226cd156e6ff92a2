import { ExtentState } from '../../contract/words.ts';
import type { World } from '../../state/world.ts';
import { listOf, readExtent, UNIT_BYTES, type Extent } from './rows.ts';
import { failed, rulesOf, success, type DcdAnswer } from './profile.ts';
import { tagText } from './tags.ts';
import { rowsByAddress } from './tree.ts';

/** What a logical device holds, as others read it. */

/** Accepted extents in order of arrival: what 4801h lists, releases that were only asked for included (CXL 4.0 9.13.3). */
export function extentsOf(world: World, device: number, ld: number): Extent[] {
	const extents: Extent[] = [];
	for (let next = listOf(world, device, ld).firstExtent; next !== 0; next = world.c.extentNext.get(next - 1))
		extents.push(readExtent(world, next - 1));
	return extents;
}

/** Every row by address, whatever its state. */
export const allExtents = (world: World, device: number, ld: number): Extent[] =>
	rowsByAddress(world, device, ld).map((row) => readExtent(world, row));

export const STATE_NAMES = { 1: 'offered', 2: 'accepted', 3: 'releasing', 4: 'forced', 5: 'dead' } as const;
export type ExtentStateName = (typeof STATE_NAMES)[keyof typeof STATE_NAMES];

/** Extents and bytes by state. */
export function countsOf(world: World, device: number, ld: number): Record<ExtentStateName, { extents: number; bytes: number }> {
	const { tally } = listOf(world, device, ld);
	const of = (state: keyof typeof STATE_NAMES): { extents: number; bytes: number } => ({
		extents: tally[2 * (state - 1)] as number,
		bytes: (tally[2 * (state - 1) + 1] as number) * UNIT_BYTES
	});
	return { offered: of(1), accepted: of(2), releasing: of(3), forced: of(4), dead: of(5) };
}

/** The host may load and store there: accepted, or asked back and not yet given. */
export function isAccessible(world: World, row: number): boolean {
	const state = world.c.extentState.get(row);
	return state === ExtentState.accepted || state === ExtentState.releasing;
}

export interface ExtentPage {
	readonly returned: number;
	readonly total: number;
	readonly generation: number;
	readonly extents: readonly { readonly dpa: number; readonly bytes: number; readonly tag: string; readonly sequence: number }[];
}

/** 4801h Get Dynamic Capacity Extent List: accepted extents in order of arrival. QEMU promises a host offered ones too, as zeroes. */
export function extentPage(
	world: World,
	device: number,
	ld: number,
	start: number,
	count: number,
	forManager = false
): DcdAnswer & { readonly page?: ExtentPage } {
	const list = listOf(world, device, ld);
	const rules = rulesOf(world, device);
	if (start > list.extentCount) return failed('invalidInput', `the list has ${list.extentCount} extents`);
	const promised = list.extentCount + (rules.listCountsOffered && !forManager ? list.offeredCount : 0);
	const returned = Math.min(count, promised - start, rules.extentsPerPage);
	const extents = [];
	let index = 0;
	for (let next = list.firstExtent; next !== 0 && extents.length < returned; next = world.c.extentNext.get(next - 1)) {
		if (index >= start) {
			const { dpa, bytes, tagId, sequence } = readExtent(world, next - 1);
			extents.push({ dpa, bytes, tag: tagText(world, tagId), sequence });
		}
		index += 1;
	}
	while (extents.length < returned) extents.push({ dpa: 0, bytes: 0, tag: '', sequence: 0 });
	return {
		...success(`${returned} of ${list.extentCount} extents`),
		page: { returned, total: list.extentCount, generation: list.generation, extents }
	};
}
