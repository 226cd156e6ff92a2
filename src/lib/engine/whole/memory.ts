import { passesByCopy } from '../contract/migration/strategies.ts';
import { PAGES_PER_BLOCK } from '../../base/units.ts';
import {
	BlockKind,
	MIGRATETYPES,
	ORDERS,
	payloadGuestBlock,
	payloadUseClass,
	payloadVm,
	RowKind,
	UseClass,
	wordKind,
	wordPayload
} from '../contract/words.ts';
import { frameOf, wholeBlockOf } from '../mm/space/mapping.ts';
import { FREE_ORDER_10, FREE_TAIL, walkList, zoneOfBlock } from '../mm/buddy.ts';
import { detailOf, rowsOf, wholeWord } from '../mm/frames.ts';
import type { VmRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';

/** Statements about frames, zones and free lists. */

/** Every frame that a VM page says it is in belongs to that page, and the other way round. */
export function frameOwner(world: World): string | null {
	for (const [index, vm] of world.r.vms.entries())
		for (const instance of [0, 1]) {
			if ((vm.instances[instance] as number) < 0) continue;
			if (instance !== vm.running && sharesFrames(world, index)) continue;
			for (let guestBlock = 0; guestBlock < vm.guestBlockCount; guestBlock += 1) {
				const found = ownerOfBlock(world, vm, index, instance, guestBlock);
				if (found !== null) return found;
			}
		}
	return null;
}

/** While a hand-off is prepared both processes map the same frames on purpose. */
function sharesFrames(world: World, vm: number): boolean {
	return world.r.operations.some((operation) => operation.vm === vm && !passesByCopy(operation.strategy) && operation.state === 'running');
}

function ownerOfBlock(world: World, vm: VmRecord, index: number, instance: number, guestBlock: number): string | null {
	const block = wholeBlockOf(world, vm, instance, guestBlock);
	if (block >= 0) {
		const word = wholeWord(world, block);
		const kind = wordKind(word);
		if (kind === BlockKind.huge || kind === BlockKind.run) {
			const payload = wordPayload(word);
			if (payloadVm(payload) === index && payloadGuestBlock(payload) === guestBlock) return null;
			return `${vm.id} guest block ${guestBlock} maps block ${block}, which belongs to VM ${payloadVm(payload)}, guest block ${payloadGuestBlock(payload)}`;
		}
		if (kind !== BlockKind.detail) return `${vm.id} guest block ${guestBlock} maps block ${block}, which is no VM memory (kind ${kind})`;
	}
	for (let row = 0; row < PAGES_PER_BLOCK; row += 1) {
		const gfn = guestBlock * PAGES_PER_BLOCK + row;
		const frame = frameOf(world, vm, instance, gfn);
		if (frame < 0) continue;
		const at = Math.floor(frame / PAGES_PER_BLOCK);
		const found = ownerOfFrame(world, at, frame % PAGES_PER_BLOCK, index, gfn);
		if (found !== null) return `${vm.id} gfn ${gfn}: ${found}`;
	}
	return null;
}

function ownerOfFrame(world: World, block: number, row: number, index: number, gfn: number): string | null {
	const word = wholeWord(world, block);
	const kind = wordKind(word);
	if (kind === BlockKind.huge || kind === BlockKind.run) {
		const payload = wordPayload(word);
		return payloadVm(payload) === index && payloadGuestBlock(payload) * PAGES_PER_BLOCK + row === gfn
			? null
			: `its frame in block ${block} belongs to another page`;
	}
	const base = rowsOf(world, block);
	if (base < 0) return `its frame in block ${block} is no VM memory (kind ${kind})`;
	const { c } = world;
	if (c.rowKind.get(base + row) === RowKind.vm && c.rowVm.get(base + row) === index + 1 && c.rowA.get(base + row) === gfn) return null;
	return `frame ${row} of block ${block} says kind ${c.rowKind.get(base + row)}, gfn ${c.rowA.get(base + row)}`;
}

/** Free lists, counters and zones say the same. */
export function zoneCounters(world: World): string | null {
	const { c, r } = world;
	const present = r.zones.map(() => 0);
	for (let block = 0; block < world.capacities.block; block += 64) {
		const zone = zoneOfBlock(world, block);
		if (zone >= 0) present[zone] = (present[zone] as number) + 64 * PAGES_PER_BLOCK;
	}
	for (let zone = 0; zone < r.zones.length; zone += 1) {
		// Zones of machines have statements of their own (machine-zones.ts).
		if ((r.zones[zone] as { os: number }).os >= 0) continue;
		let pages = 0;
		for (let migratetype = 0; migratetype < MIGRATETYPES; migratetype += 1)
			for (let order = 0; order < ORDERS; order += 1) {
				const ids = walkList(world, zone, migratetype, order);
				const list = (zone * MIGRATETYPES + migratetype) * ORDERS + order;
				if (ids.length !== c.freeCount.get(list))
					return `zone ${zone} order ${order}: ${ids.length} chunks in the list, ${c.freeCount.get(list)} counted`;
				for (const id of ids) {
					const block = order >= 9 ? id : c.structureBlock.get(Math.floor(id / PAGES_PER_BLOCK)) - 1;
					if (zoneOfBlock(world, block) !== zone)
						return `block ${block} is in a list of zone ${zone} but online in zone ${zoneOfBlock(world, block)}`;
				}
				pages += ids.length * (1 << order);
			}
		if (pages !== c.zoneFreePages.get(zone)) return `zone ${zone}: ${pages} pages in free lists, ${c.zoneFreePages.get(zone)} counted`;
		if (present[zone] !== c.zonePresentPages.get(zone))
			return `zone ${zone}: ${present[zone]} pages are online in it, ${c.zonePresentPages.get(zone)} counted`;
	}
	return null;
}

/** A block is in the lists of one zone at most, once. */
export function oneAllocator(world: World): string | null {
	const seen = new Set<number>();
	for (let zone = 0; zone < world.r.zones.length; zone += 1)
		for (let migratetype = 0; migratetype < MIGRATETYPES; migratetype += 1)
			for (const order of [9, 10])
				for (const block of walkList(world, zone, migratetype, order)) {
					if (seen.has(block)) return `block ${block} is free in two allocators`;
					seen.add(block);
				}
	return null;
}

/** Every frame of an online block is free, or has an owner that knows it. Σ over a zone = present. */
export function everyFrameOwned(world: World): string | null {
	const { r } = world;
	const moving = new Set<number>();
	for (const operation of r.operations)
		for (const frame of operation.batch?.targets ?? []) if (operation.batch?.whole) moving.add(Math.floor(frame / PAGES_PER_BLOCK));
	// What a published folio left is nobody's until the hand-off is over.
	for (const operation of r.operations) for (const { frame } of operation.moved ?? []) moving.add(Math.floor(frame / PAGES_PER_BLOCK));
	for (const memory of r.memories.filter((each) => each.kind !== 'machine'))
		for (let block = memory.firstBlock; block < memory.firstBlock + memory.blockCount; block += 1) {
			const zone = zoneOfBlock(world, block);
			const word = wholeWord(world, block);
			const kind = wordKind(word);
			if (zone < 0) {
				if (kind === BlockKind.free || kind === BlockKind.huge || kind === BlockKind.run)
					return `block ${block} of ${memory.id} is in no zone but ${kind === BlockKind.free ? 'free' : 'used by a VM'}`;
				continue;
			}
			if (kind === BlockKind.offline || kind === BlockKind.absent)
				return `block ${block} of ${memory.id} is online in zone ${zone} but has no frames`;
			if (kind === BlockKind.incoming && !moving.has(block)) return `block ${block} of ${memory.id} waits for pages that nobody sends`;
			if ((kind === BlockKind.huge || kind === BlockKind.run) && !moving.has(block) && !mappedSomewhere(world, block, wordPayload(word)))
				return `block ${block} of ${memory.id} belongs to VM ${payloadVm(wordPayload(word))}, which maps it nowhere`;
			if (kind === BlockKind.free && wordPayload(word) === FREE_TAIL && wordPayload(world.c.blockWord.get(block - 1)) !== FREE_ORDER_10)
				return `block ${block} is the tail of a free chunk that does not exist`;
		}
	return null;
}

function mappedSomewhere(world: World, block: number, payload: number): boolean {
	const vm = world.r.vms[payloadVm(payload)];
	if (!vm) return false;
	const gfn = payloadGuestBlock(payload) * PAGES_PER_BLOCK;
	return [0, 1].some(
		(instance) => (vm.instances[instance] as number) >= 0 && frameOf(world, vm, instance, gfn) === block * PAGES_PER_BLOCK
	);
}

/** Kernel memory never lies in ZONE_MOVABLE. */
export function kernelZone(world: World): string | null {
	for (const memory of world.r.memories.filter((each) => each.kind !== 'machine'))
		for (let block = memory.firstBlock; block < memory.firstBlock + memory.blockCount; block += 1) {
			const zone = world.r.zones[zoneOfBlock(world, block)];
			if (!zone || zone.name !== 'MOVABLE') continue;
			const word = wholeWord(world, block);
			if (wordKind(word) === BlockKind.use && payloadUseClass(wordPayload(word)) === UseClass.kernel)
				return `block ${block} of ${memory.id} is kernel memory in ZONE_MOVABLE`;
		}
	return null;
}

/** Counts beside a structure equal its rows. */
export function structureCounts(world: World): string | null {
	const { c } = world;
	for (let block = 0; block < world.capacities.block; block += 1) {
		const detail = detailOf(world, block);
		if (detail < 0) continue;
		const base = rowsOf(world, block);
		if (base < 0) continue;
		let free = 0;
		let vm = 0;
		for (let row = 0; row < PAGES_PER_BLOCK; row += 1 << c.rowOrder.get(base + row)) {
			const pages = 1 << c.rowOrder.get(base + row);
			const kind = c.rowKind.get(base + row);
			if (kind === RowKind.free) free += pages;
			else if (kind === RowKind.vm || kind === RowKind.incoming) vm += pages;
		}
		const structure = base / PAGES_PER_BLOCK;
		if (free !== c.structureFree.get(structure) || vm !== c.structureVm.get(structure))
			return `block ${block}: rows say ${free} free and ${vm} of VMs, counts say ${c.structureFree.get(structure)} and ${c.structureVm.get(structure)}`;
	}
	return null;
}
