import type { OsRecord } from '../state/machine-records.ts';
import type { World } from '../state/world.ts';

/** An event of the monitor (QEMU 10.0.13 qapi/qapi-events); the last 400 are kept. */
export function tell(world: World, record: OsRecord, event: string, data: OsRecord['qmpEvents'][number]['data'] = {}): void {
	record.qmpEvents.push({ atNs: world.r.nowNs, event, data });
	if (record.qmpEvents.length > 400) record.qmpEvents.shift();
}
