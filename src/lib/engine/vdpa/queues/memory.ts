import { AssertionError } from '../../../base/assert.ts';
import { mix32 } from '../../../base/hash.ts';
import { logWrite } from '../../hypervisor/dirty-log.ts';
import { ensureDetail, stampOf } from '../../mm/frames.ts';
import { frameOf } from '../../mm/space/mapping.ts';
import { ensureGuestDetail } from '../../mm/space/written.ts';
import type { BatchRecord, VmRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';

/**
 * Writes into pages of the guest that no vCPU makes. The oracle counts them like any other write of the guest; the dirty log
 * hears of them only where QEMU itself wrote, or returned a buffer (vDPA reference 10: the whole mechanism).
 */

/** What a page holds that was written though another was meant: neither the guest's last write nor an older one. */
const FOREIGN = 0x0f0e;

/** The batch of pages in flight that a write has to wait for, or null. */
export function pagesInFlight(world: World, vmIndex: number): BatchRecord | null {
	const { operations } = world.r;
	for (let index = operations.length - 1; index >= 0; index -= 1) {
		const operation = operations[index];
		if (operation === undefined || operation.vm !== vmIndex || operation.state !== 'running') continue;
		return operation.batch !== null && operation.batch.direction !== 'stream' ? operation.batch : null;
	}
	return null;
}

/**
 * The page is written so many times. A page in flight is written when it has arrived (Linux 7.2.13 mm/migrate.c: the fault
 * waits for the folio lock); only devices that pin nothing ever meet one.
 */
export function writeTimes(
	world: World,
	vmIndex: number,
	vm: VmRecord,
	inFlight: BatchRecord | null,
	gfn: number,
	times: number,
	logged: boolean
): void {
	if (inFlight !== null && gfn >= inFlight.firstGfn && gfn < inFlight.firstGfn + inFlight.pages && !inFlight.held.includes(gfn)) {
		for (let time = 0; time < times; time += 1) inFlight.deferred.push(gfn);
		return;
	}
	const frame = frameOf(world, vm, vm.running, gfn);
	if (frame < 0) throw new AssertionError(`a device of VM ${vm.id} wrote gfn ${gfn}, which nothing backs`);
	const { c } = world;
	const row = ensureGuestDetail(world, vm, gfn >>> 9) * 512 + (gfn & 511);
	const count = c.guestRowWritten.get(row) + times;
	c.guestRowWritten.set(row, count);
	c.contentStamp.set(ensureDetail(world, Math.floor(frame / 512)) * 512 + (frame & 511), stampOf(vmIndex, gfn, count));
	if (logged && vm.logging) logWrite(world, vm, gfn);
}

/** Something lands in a page that was not meant. The oracle knows nothing of it: the content proof finds the page. */
export function writeForeign(world: World, vm: VmRecord, gfn: number, meantGfn: number): void {
	const frame = frameOf(world, vm, vm.running, gfn);
	if (frame < 0) return;
	const detail = ensureDetail(world, Math.floor(frame / 512));
	world.c.contentStamp.set(detail * 512 + (frame & 511), mix32(FOREIGN, meantGfn >>> 0, gfn));
}
