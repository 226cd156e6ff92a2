import { PAGE_BYTES } from '../../../base/units.ts';
import type { AreaRecord, CallRecord, JsonValue, ProcessRecord } from '../../state/machine-records.ts';
import type { CxlRecord, DaxDeviceRecord } from '../../state/cxl-records.ts';
import type { World } from '../../state/world.ts';
import { endCall } from '../os/calls.ts';
import { newArea } from '../space/areas.ts';
import { nextWrite, patternPages, storeOf, writeStore } from '../space/device-store.ts';

/**
 * A process maps a dax device (Linux 7.2 drivers/dax/device.c): its pages are the device's own, no allocation, no migration; who
 * maps the same bytes, on whichever machine, sees what was written last. The probe's pattern depends on the page of the area.
 */
export interface DeviceMapping {
	readonly cxl: CxlRecord;
	readonly dax: DaxDeviceRecord;
}

const nameOf = (dax: DaxDeviceRecord): string => `/dev/dax${dax.region}.${dax.id}`;

/** The device behind a path, while device_dax has it; null: there is no such file. */
export function deviceAt(world: World, os: number, path: string): DeviceMapping | null {
	const cxl = world.r.cxl.find((record) => record.os === os);
	const dax = cxl?.daxes.find((each) => nameOf(each) === path && each.driver === 'device_dax');
	return cxl === undefined || dax === undefined ? null : { cxl, dax };
}

/** mmap: whole pages of the device's alignment, from its start; beyond its end a touch is SIGBUS. */
export function mapDevice(world: World, os: number, process: ProcessRecord, name: string, bytes: number, path: string): string | null {
	const found = deviceAt(world, os, path);
	if (found === null) return 'ENOENT';
	if (bytes % found.dax.alignBytes !== 0) return 'EINVAL';
	const area = newArea(world, { os, process: process.id, name, kind: 'dax', pageCount: bytes / PAGE_BYTES, device: path });
	return area === null ? 'ENOMEM' : null;
}

/** Words that a mapped device knows; any other is about pages that the kernel manages. */
export type DeviceWord = 'touch' | 'read' | 'dirty' | 'check';
export const isDeviceWord = (word: string): word is DeviceWord => ['touch', 'read', 'dirty', 'check'].includes(word);

export function deviceWord(world: World, call: CallRecord, op: DeviceWord, area: AreaRecord, first: number, pages: number): void {
	const found = deviceAt(world, area.os, area.device);
	const end = (errno: string | null, ret: number, more: { [key: string]: JsonValue } = {}): void =>
		endCall(world, call, errno, { op, ret, errno: errno ?? 'OK', ...more });
	// The device went away, or the range ends behind it: SIGBUS.
	if (found === null || (first + pages) * PAGE_BYTES > found.dax.bytes) {
		end('EFAULT', -1);
		return;
	}
	area.touchedNs = world.r.nowNs;
	const { store, firstPage } = storeOf(found.cxl, found.dax);
	if (op === 'touch') writeStore(world, store, firstPage + first, pages, { origin: firstPage, write: 0 });
	if (op === 'dirty') writeStore(world, store, firstPage + first, pages, { origin: firstPage, write: nextWrite(world, store) });
	if (op === 'check') {
		end(null, pages - patternPages(world, store, firstPage + first, pages, firstPage));
		return;
	}
	end(null, op === 'dirty' ? pages : 0);
}
