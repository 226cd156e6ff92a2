import { AssertionError } from '../../base/assert.ts';
import type { World } from './world.ts';

/**
 * Rows that come and go: details, structures. Unused rows form a list through a column; rows never used lie above `fresh`.
 * Capacities are sized for the worst case when the world is built, so running out is a broken promise, not an outcome.
 */
export type PoolName = 'detail' | 'structure' | 'guestDetail' | 'mapDetail';

const NEXT = {
	detail: 'detailNextFree',
	structure: 'structureNextFree',
	guestDetail: 'guestDetailNextFree',
	mapDetail: 'mapDetailNextFree'
} as const;

export function takeRow(world: World, pool: PoolName): number {
	const record = world.r.pools[pool];
	record.used += 1;
	if (record.nextFree !== 0) {
		const row = record.nextFree - 1;
		record.nextFree = world.c[NEXT[pool]].get(row);
		world.c[NEXT[pool]].set(row, 0);
		return row;
	}
	if (record.fresh >= world.capacities[pool]) throw new AssertionError(`no ${pool} is left of ${world.capacities[pool]}`);
	const row = record.fresh;
	record.fresh += 1;
	return row;
}

export function releaseRow(world: World, pool: PoolName, row: number): void {
	const record = world.r.pools[pool];
	record.used -= 1;
	world.c[NEXT[pool]].set(row, record.nextFree);
	record.nextFree = row + 1;
}
