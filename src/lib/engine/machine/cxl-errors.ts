import { formatAddress } from '../../base/address.ts';
import { emit } from '../sim/trace.ts';
import { deviceAt } from '../fabric/dcd/rows.ts';
import type { DeviceRecord } from '../state/fabric-records.ts';
import type { World } from '../state/world.ts';
import type { QapiStruct } from './qapi.ts';
import type { ResolveType3 } from './cxl-path.ts';

/** Errors by the monitor: poison, media events, link errors (QEMU 10.2.2 hw/mem/cxl_type3.c; logs as in hw/cxl/cxl-events.c). */

const LINE = 64n;
/** hw/cxl/cxl-events.c, CXL_TEST_EVENT_OVERFLOW. */
const RECORDS_PER_LOG = 8;

function type3(world: World, resolve: ResolveType3, args: QapiStruct): DeviceRecord | string {
	const place = resolve(args['path'] as string);
	if (typeof place !== 'string') return deviceAt(world, place.device);
	return place === 'nothing' ? 'Unable to resolve path' : 'Path does not point to a CXL type 3 device';
}

export function injectPoison(world: World, resolve: ResolveType3, args: QapiStruct): string | null {
	const start = args['start'] as bigint;
	const length = args['length'] as bigint;
	if (length % LINE !== 0n) return 'Poison injection must be in multiples of 64 bytes';
	if (start % LINE !== 0n) return 'Poison start address must be 64 byte aligned';
	const record = type3(world, resolve, args);
	if (typeof record === 'string') return record;
	const end = BigInt.asUintN(64, start + length);
	if (record.poison.some((one) => start < BigInt(one.dpa + one.units * 64) && end > BigInt(one.dpa)))
		return 'Overlap with existing poisoned region not supported';
	if (record.poison.length < record.limits.poison)
		record.poison.unshift({ dpa: Number(start), units: Number(length / LINE), source: 'internal' });
	else record.poisonOverflow = true;
	tell(world, record, `${Number(length)} bytes at ${formatAddress(start)} are poisoned`);
	return null;
}

export function injectMediaEvent(world: World, resolve: ResolveType3, args: QapiStruct, what: string): string | null {
	const record = type3(world, resolve, args);
	if (typeof record === 'string') return record;
	const log = args['log'] as string;
	if (record.mediaEvents.filter((event) => event.log === log).length < RECORDS_PER_LOG)
		record.mediaEvents.push({ log, what, dpa: args['dpa'] === undefined ? -1 : Number(args['dpa'] as bigint), atNs: world.r.nowNs });
	tell(world, record, `a ${what} event goes into the ${log} log`);
	return null;
}

/** Link errors go to PCIe's error reporting, where they are masked until a driver clears the mask (our simplification: always). */
export function injectError(world: World, resolve: ResolveType3, args: QapiStruct): string | null {
	const record = type3(world, resolve, args);
	if (typeof record === 'string') return record;
	tell(world, record, 'a link error is injected; its mask hides it from the machine');
	return null;
}

function tell(world: World, record: DeviceRecord, text: string): void {
	emit(world, {
		kind: 'fabric',
		rule: 'monitor',
		cause: null,
		host: record.lds[0]?.host ?? null,
		values: { device: record.id },
		text: `${record.id}: ${text}`
	});
}
