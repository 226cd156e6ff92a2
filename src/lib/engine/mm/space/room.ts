import { PAGES_PER_BLOCK } from '../../../base/units.ts';
import type { World } from '../../state/world.ts';

/**
 * Whether the world can describe some more blocks page by page. Capacities are fixed when a world is built (decision D17):
 * small machines have one description per block and never run out; on large ones a program that asks for more is told
 * ENOMEM (our simplification), the kernel's own pages keep a reserve.
 */
const RESERVE = 64;

export function hasDetailRoom(world: World, blocks = 4): boolean {
	const { capacities, r, c } = world;
	const { detail, structure } = r.pools;
	if (detail.used + blocks + RESERVE <= capacities.detail && structure.used + blocks + RESERVE <= capacities.structure) return true;
	let pages = 0;
	for (let zone = 0; zone < r.zones.length; zone += 1) pages += c.zonePresentPages.get(zone);
	return Math.ceil(pages / PAGES_PER_BLOCK) <= capacities.detail;
}

/** What an ENOMEM is added that no Linux would have given: the world, not the machine, has run out. */
export function roomReason(world: World): { readonly text?: string } {
	if (hasDetailRoom(world)) return {};
	return {
		text: `this world can describe ${world.capacities.detail} blocks of 2 MiB page by page, and has no more left: use huge pages, or a smaller machine`
	};
}
