import { numberOf } from '../../contract/migration/parameters.ts';
import type { MonitoredRecord } from '../../state/qemu-records.ts';

/** Counters of a migration at its beginning (QEMU 11.0.50 migration/migration.c, migrate_init). */
export const newMonitored = (source: number, target: number): MonitoredRecord => ({
	source,
	target,
	normalPages: 0,
	zeroPages: 0,
	syncs: 0,
	precopyBytes: 0,
	downtimeBytes: 0,
	postcopyBytes: 0,
	dirtyPagesRate: 0,
	dirtyBytes: 0,
	bandwidth: 0,
	pagesPerSecond: 0,
	measuredPages: 0,
	setupEndNs: -1,
	postcopyAllowed: false,
	throttle: {
		trigger: numberOf({}, 'throttle-trigger-threshold'),
		initial: numberOf({}, 'cpu-throttle-initial'),
		increment: numberOf({}, 'cpu-throttle-increment'),
		most: numberOf({}, 'max-cpu-throttle'),
		tailslow: false
	}
});
