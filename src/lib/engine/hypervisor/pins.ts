import { BLOCK_ORDER, BlockKind, wordKind } from '../contract/words.ts';
import { ensureRows, headOf, rowsOf, wholeWord } from '../mm/frames.ts';
import { EventKind } from '../sim/event-kinds.ts';
import { schedule } from '../sim/event-queue.ts';
import type { PinRecord, VmRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { frameOf } from '../mm/space/mapping.ts';

/**
 * Who holds a page. A short reference (O_DIRECT, vmsplice) is one extra reference of the folio; a long-term pin
 * (FOLL_LONGTERM: VFIO, vDPA, io_uring) is counted apart. Both make page migration put the folio back (Linux 7.2.13
 * mm/migrate.c, mm/gup.c).
 */
export function addPin(world: World, vmIndex: number, gfn: number, term: 'short' | 'long', untilNs: number): PinRecord {
	const { r } = world;
	const pin: PinRecord = { id: r.nextPinId, vm: vmIndex, gfn, term, untilNs };
	r.nextPinId += 1;
	r.pins.push(pin);
	mark(world, pin, 1);
	if (untilNs >= 0) schedule(world, untilNs, EventKind.pinEnd, pin.id, 0);
	return pin;
}

/** Lets go of a pin; false if it is not held any more. */
export function dropPin(world: World, id: number): boolean {
	const at = world.r.pins.findIndex((pin) => pin.id === id);
	if (at < 0) return false;
	mark(world, world.r.pins[at] as PinRecord, -1);
	world.r.pins.splice(at, 1);
	return true;
}

/** Writes the reference into the folio's head row. A held folio never moves, so its place is where it was. */
function mark(world: World, pin: PinRecord, sign: 1 | -1): void {
	const { c } = world;
	const vm = world.r.vms[pin.vm] as VmRecord;
	const frame = frameOf(world, vm, vm.running, pin.gfn);
	if (frame < 0) return;
	const block = Math.floor(frame / 512);
	const base = ensureRows(world, block);
	const head = base + headOf(world, base, frame & 511);
	const before = c.rowPin.get(head) > 0 || c.rowRef.get(head) > c.rowMap.get(head);
	if (pin.term === 'long') c.rowPin.set(head, Math.max(0, c.rowPin.get(head) + sign));
	else c.rowRef.set(head, Math.max(1, c.rowRef.get(head) + sign));
	const after = c.rowPin.get(head) > 0 || c.rowRef.get(head) > c.rowMap.get(head);
	const structure = Math.floor(base / 512);
	if (before !== after) c.structurePinned.set(structure, Math.max(0, c.structurePinned.get(structure) + (after ? 1 : -1)));
}

/** Pins die with the process that made them. */
export function endPins(world: World, vmIndex: number): void {
	for (const pin of [...world.r.pins]) if (pin.vm === vmIndex) dropPin(world, pin.id);
}

/**
 * Pins taken while their page was in flight waited for the folio lock and hold the frame at which it arrived (Linux 7.2.13
 * mm/gup.c); pins on a folio that was split hold its piece. The rows of the guest block are new: they are marked again.
 */
export function holdArrived(world: World, vmIndex: number, guestBlock: number, arrived?: ReadonlySet<number>): void {
	for (const pin of world.r.pins)
		if (pin.vm === vmIndex && pin.gfn >>> BLOCK_ORDER === guestBlock && (arrived === undefined || arrived.has(pin.gfn)))
			mark(world, pin, 1);
}

/** Pins on the folio that covers `gfn`: any pin inside a huge folio holds all of it. */
export function pinsOnFolio(world: World, vmIndex: number, gfn: number, order: number): PinRecord[] {
	return world.r.pins.filter((pin) => pin.vm === vmIndex && pin.gfn >>> order === gfn >>> order);
}

/** Order of the folio that backs a guest page in the running process: 9 for a huge one, 0 for a base page; −1 for none. */
export function folioOrder(world: World, vm: VmRecord, instance: number, gfn: number): number {
	const frame = frameOf(world, vm, instance, gfn);
	if (frame < 0) return -1;
	const block = Math.floor(frame / 512);
	const base = rowsOf(world, block);
	if (base >= 0) return world.c.rowOrder.get(base + (frame & 511)) === BLOCK_ORDER ? BLOCK_ORDER : 0;
	return wordKind(wholeWord(world, block)) === BlockKind.huge ? BLOCK_ORDER : 0;
}
