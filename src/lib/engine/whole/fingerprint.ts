import { Fingerprint, hashText, mix32 } from '../../base/hash.ts';
import { PAGES_PER_BLOCK } from '../../base/units.ts';
import { canonicalText } from '../contract/scenario/read.ts';
import { BlockKind, Migratetype, MIGRATETYPES, ORDERS, RowKind, wordKind, wordMigratetype, wordPayload } from '../contract/words.ts';
import { frameOf, wholeBlockOf } from '../mm/space/mapping.ts';
import { uniformWritten, writtenOf } from '../mm/space/written.ts';
import { FREE_TAIL, walkList } from '../mm/buddy.ts';
import { detailOf, headOf, readStamp, rowsOf, wholeWord } from '../mm/frames.ts';
import type { AddressSpace } from '../state/records.ts';
import type { World } from '../state/world.ts';

/**
 * Hash of the logical world: what is where, what it holds, what is pending, what happened. Taken over content, never over
 * its representation, so that uniform and detailed blocks give the same (decision D2).
 */
export function fingerprintOf(world: World): string {
	const print = new Fingerprint();
	print.add(hashText(canonicalText(world.scenario)));
	addRecords(world, print);
	addContent(world, print);
	return print.text();
}

/** What lies in columns: pages, guests, pending events, streams, words of the super-page. */
export function addContent(world: World, print: Fingerprint): void {
	addFrames(world, print);
	addGuests(world, print);
	addRows(world, print);
}

/** Records without what only describes the representation, or time spent building it. */
function addRecords(world: World, print: Fingerprint): void {
	const { pools: _pools, eventCount: _events, fabric, vdpa, ...records } = world.r;
	print.addText(JSON.stringify(records));
	if (vdpa.nics.length > 0) addNics(world, print);
	if (fabric.devices.length + fabric.peers.length + fabric.switches.length === 0) return;
	// A fabric without VMs is what it was before there were any.
	const { guests, ...others } = fabric;
	print.addText(JSON.stringify(guests.length > 0 ? fabric : others));
	const { c } = world;
	for (let row = 0; row < fabric.freshExtents; row += 1) {
		print.add(mix32(c.extentState.get(row), c.extentTag.get(row), c.extentSequence.get(row)));
		print.add(mix32(c.extentArrival.get(row), c.extentGroup.get(row), c.extentLd.get(row) * 2 + c.extentFlags.get(row)));
		for (const column of [c.extentDpa, c.extentUnits, c.extentMedia] as const) {
			const value = column.get(row);
			print.add(mix32(value >>> 0, Math.floor(value / 2 ** 32), row));
		}
	}
}

/** Devices with their maps and counts, and what stands in their rings. */
function addNics(world: World, print: Fingerprint): void {
	const { c, r } = world;
	print.addText(JSON.stringify(r.vdpa));
	for (let row = 0; row < r.vdpa.ringEntries; row += 1) {
		const address = c.ringAddress.get(row);
		print.add(mix32(address >>> 0, Math.floor(address / 2 ** 32), c.ringBytes.get(row)));
		print.add(mix32(c.ringFlags.get(row), c.ringNext.get(row), c.ringAvail.get(row)));
		print.add(mix32(c.ringUsed.get(row), c.ringUsedBytes.get(row), c.ringBuffer.get(row)));
	}
	for (let row = 0; row < world.capacities.packetBucket; row += 1)
		print.add(mix32(c.bucketReceived.get(row), c.bucketLost.get(row), c.bucketMisplaced.get(row)));
}

function addFrames(world: World, print: Fingerprint): void {
	const { c } = world;
	for (let block = 0; block < world.capacities.block; block += 1) {
		const word = wholeWord(world, block);
		const kind = wordKind(word);
		if (kind === BlockKind.offline || kind === BlockKind.absent) continue;
		if (kind === BlockKind.free && wordPayload(word) === FREE_TAIL) continue;
		// A run in rows and a run in a word are the same thing: both are told by their frames.
		const told = kind === BlockKind.detail || kind === BlockKind.run ? 0 : kind;
		let hash = mix32(block, told, wordMigratetype(word));
		if (kind === BlockKind.huge || kind === BlockKind.run || kind === BlockKind.detail)
			for (let row = 0; row < PAGES_PER_BLOCK; row += 1)
				hash = mix32(hash, frameMeaning(world, block, row, kind, word), readStampOf(world, block, row));
		else hash = mix32(hash, wordPayload(word), 0);
		print.add(hash);
	}
	for (let zone = 0; zone < world.r.zones.length; zone += 1) {
		print.add(c.zoneFreePages.get(zone));
		for (let migratetype = 0; migratetype < MIGRATETYPES; migratetype += 1) {
			if (migratetype === Migratetype.isolate && zoneIsEmpty(world, zone, migratetype)) continue;
			for (let order = 0; order < ORDERS; order += 1) {
				let hash = mix32(zone, migratetype, order);
				for (const id of walkList(world, zone, migratetype, order)) hash = mix32(hash, frameId(world, id, order), 1);
				print.add(hash);
			}
		}
	}
}

/** Isolated memory is rare; a zone without any is told as if there were no such lists. */
function zoneIsEmpty(world: World, zone: number, migratetype: number): boolean {
	for (let order = 0; order < ORDERS; order += 1)
		if (world.c.freeCount.get((zone * MIGRATETYPES + migratetype) * ORDERS + order) !== 0) return false;
	return true;
}

/** A free chunk by its place, not by the row that happens to hold it. */
function frameId(world: World, id: number, order: number): number {
	if (order >= 9) return id * PAGES_PER_BLOCK;
	return (world.c.structureBlock.get(Math.floor(id / PAGES_PER_BLOCK)) - 1) * PAGES_PER_BLOCK + (id % PAGES_PER_BLOCK);
}

/** What frame `row` is, the same for a word and for rows. */
function frameMeaning(world: World, block: number, row: number, kind: number, word: number): number {
	const { c } = world;
	if (kind === BlockKind.huge) return mix32(9, wordPayload(word), row);
	if (kind === BlockKind.run) {
		const payload = wordPayload(word);
		return mix32(0, payload >>> 21, (payload & 0x1fffff) * PAGES_PER_BLOCK + row);
	}
	const base = rowsOf(world, block);
	const head = headOf(world, base, row);
	const rowKind = c.rowKind.get(base + head);
	if (rowKind !== RowKind.vm) return mix32(rowKind, 0xf00d, head);
	const order = c.rowOrder.get(base + head);
	if (order === 0) return mix32(0, c.rowVm.get(base + row) - 1, c.rowA.get(base + row));
	return mix32(order, c.rowVm.get(base + head), c.rowA.get(base + head));
}

function readStampOf(world: World, block: number, row: number): number {
	const detail = detailOf(world, block);
	if (detail >= 0) {
		const base = rowsOf(world, block);
		if (base >= 0 && world.c.rowKind.get(base + headOf(world, base, row)) !== RowKind.vm) return 0;
	}
	return readStamp(world, block, row);
}

function addGuests(world: World, print: Fingerprint): void {
	const { c } = world;
	for (const area of world.r.areas) if (area !== null) addSpace(world, print, area, world.r.vms.length + area.slot, [0]);
	for (const [index, vm] of world.r.vms.entries()) {
		addSpace(world, print, vm, index, [0, 1]);
		const first = vm.firstGuestBlock * 16;
		for (let word = first; word < first + (vm.pageCount >>> 5); word += 1) {
			const bits = c.kvmLog.get(word) | c.qemuBitmap.get(word) | c.sentBitmap.get(word);
			if (bits === 0) continue;
			print.add(word);
			print.add(mix32(c.kvmLog.get(word), c.qemuBitmap.get(word), c.sentBitmap.get(word)));
		}
	}
}

/** What every page of a VM or an area was written and where each of its mappings has it. */
function addSpace(world: World, print: Fingerprint, space: AddressSpace, owner: number, instances: readonly number[]): void {
	for (let guestBlock = 0; guestBlock < space.guestBlockCount; guestBlock += 1) {
		let hash = mix32(owner, guestBlock, 7);
		const uniform = uniformWritten(world, space, guestBlock);
		for (let row = 0; row < PAGES_PER_BLOCK; row += 1) {
			const gfn = guestBlock * PAGES_PER_BLOCK + row;
			hash = mix32(hash, uniform >= 0 ? uniform : writtenOf(world, space, gfn), row);
		}
		for (const instance of instances) {
			const whole = wholeBlockOf(world, space, instance, guestBlock);
			if (whole >= 0) {
				for (let row = 0; row < PAGES_PER_BLOCK; row += 1) hash = mix32(hash, whole * PAGES_PER_BLOCK + row, instance);
				continue;
			}
			for (let row = 0; row < PAGES_PER_BLOCK; row += 1)
				hash = mix32(hash, frameOf(world, space, instance, guestBlock * PAGES_PER_BLOCK + row) >>> 0, instance);
		}
		print.add(hash);
	}
}

/** Small tables: zones of memory blocks, pending events in order of their rows, streams, the super-page. */
function addRows(world: World, print: Fingerprint): void {
	const { c, r } = world;
	for (let block = 0; block < world.capacities.memoryBlock; block += 1) print.add(c.memoryBlockZone.get(block));
	for (let row = 0; row < r.eventPending; row += 1) {
		print.add(c.eventTime.get(row));
		print.add(c.eventOrder.get(row));
		print.add(mix32(c.eventKind.get(row), c.eventA.get(row), c.eventB.get(row)));
	}
	for (let word = 0; word < r.streams.length * 4; word += 1) print.add(c.streamState.get(word));
	for (let word = 0; word < world.capacities.word; word += 1) {
		const value = c.superpageWord.get(word);
		if (value !== 0n) print.addText(`${word}:${value.toString(16)}`);
	}
	for (let slot = 0; slot < world.capacities.descriptor; slot += 1)
		if (c.descriptorVm.get(slot) !== 0)
			print.add(mix32(c.descriptorCrc.get(slot), c.descriptorFirstGfn.get(slot), c.descriptorOffset.get(slot)));
}
