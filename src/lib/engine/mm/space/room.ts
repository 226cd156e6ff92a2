import { PAGES_PER_BLOCK } from '../../../base/units.ts';
import { MapKind, mapKind, WRITTEN_DETAIL } from '../../contract/words.ts';
import type { AddressSpace } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { mappingRow } from './mapping.ts';

/**
 * Whether the world can describe some more blocks page by page: frames, mappings and counts of writes. Capacities are fixed
 * when a world is built (decision D17): small machines have one description per block and never run out; on large ones a
 * program that asks for more is told ENOMEM (our simplification), the kernel's own pages keep a reserve.
 */
const RESERVE = 64;

export function hasDetailRoom(world: World, blocks = 4): boolean {
	return framesHaveRoom(world, blocks) && areasHaveRoom(world, blocks);
}

function framesHaveRoom(world: World, blocks: number): boolean {
	const { capacities, r, c } = world;
	const { detail, structure } = r.pools;
	if (detail.used + blocks + RESERVE <= capacities.detail && structure.used + blocks + RESERVE <= capacities.structure) return true;
	let pages = 0;
	for (let zone = 0; zone < r.zones.length; zone += 1) pages += c.zonePresentPages.get(zone);
	return Math.ceil(pages / PAGES_PER_BLOCK) <= capacities.detail;
}

/** Mappings and counts of `blocks` more steps of areas; what VMs may ever need is not for them. */
export function areasHaveRoom(world: World, blocks: number): boolean {
	const { capacities, r } = world;
	if (capacities.guestDetail >= capacities.guestBlock) return true;
	const { guestDetail, mapDetail } = r.pools;
	const vmBlocks = r.vms.reduce((sum, vm) => sum + vm.guestBlockCount, 0);
	const wanted = blocks + RESERVE;
	return guestDetail.used + wanted + vmBlocks <= capacities.guestDetail && mapDetail.used + wanted + vmBlocks * 2 <= capacities.mapDetail;
}

/** Steps of 2 MiB of an area that are described page by page: as many a copy of it needs. */
export function describedSteps(world: World, area: AddressSpace): number {
	const { c } = world;
	let steps = 0;
	for (let at = 0; at < area.guestBlockCount; at += 1) {
		const mapped = mapKind(c.mapWord.get(mappingRow(area, 0, at))) === MapKind.detail;
		if (mapped || c.guestWritten.get(area.firstGuestBlock + at) >= WRITTEN_DETAIL) steps += 1;
	}
	return steps;
}

/** What an ENOMEM is added that no Linux would have given: the world, not the machine, has run out. */
export function roomReason(world: World): { readonly text?: string } {
	if (hasDetailRoom(world)) return {};
	return {
		text: `this world can describe ${Math.min(world.capacities.detail, world.capacities.guestDetail)} blocks of 2 MiB page by page, and has no more left: use huge pages, or a smaller machine`
	};
}
