import { ExtentState } from '../../contract/words.ts';
import type { World } from '../../state/world.ts';
import { listOf, readExtent, UNIT_BYTES, type Extent } from './rows.ts';
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
	const counts = {
		offered: { extents: 0, bytes: 0 },
		accepted: { extents: 0, bytes: 0 },
		releasing: { extents: 0, bytes: 0 },
		forced: { extents: 0, bytes: 0 },
		dead: { extents: 0, bytes: 0 }
	};
	const { c } = world;
	for (const row of rowsByAddress(world, device, ld)) {
		const count = counts[STATE_NAMES[c.extentState.get(row) as keyof typeof STATE_NAMES]];
		count.extents += 1;
		count.bytes += c.extentUnits.get(row) * UNIT_BYTES;
	}
	return counts;
}

/** The host may load and store there: accepted, or asked back and not yet given. */
export function isAccessible(world: World, row: number): boolean {
	const state = world.c.extentState.get(row);
	return state === ExtentState.accepted || state === ExtentState.releasing;
}
