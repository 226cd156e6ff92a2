import { ESTIMATE, MEASURED, MEMORY, row } from './row.ts';

/** How fast guests dirty their memory. */
// One row per line.
// prettier-ignore
export const WORKLOAD_COSTS = {
	dirtyRateIdleMBps: row('MB/s', 2, 0.5, 10, MEMORY, 'A Linux guest with nothing to do', 'Memory'),
	dirtyRateWebMBps: row('MB/s', 60, 10, 150, MEMORY, 'A web or application server', 'Memory: tens of MB/s in the classic papers'),
	dirtyRateMemcachedMBps: row('MB/s', 103, 20, 500, MEASURED, 'memcached under YCSB in 32 GiB, mean over a minute', 'A. Gudkov, migration time prediction v2, April 2023: 98.6 MiB/s'),
	dirtyRateOltpMBps: row('MB/s', 200, 50, 600, ESTIMATE, 'A transactional database', 'Estimate'),
	dirtyRateCompileMBps: row('MB/s', 150, 50, 400, ESTIMATE, 'A parallel kernel build', 'Estimate'),
	dirtyRateRedisWriteMBps: row('MB/s', 400, 100, 1000, ESTIMATE, 'A key-value store that is mostly written', 'Estimate'),
	dirtyRateMemtesterMBps: row('MB/s', 5000, 1000, 15000, ESTIMATE, 'A memory tester, per thread', 'Estimate; the worst case named in QEMU docs/rdma.txt, 40 Gbit/s InfiniBand, 2013'),
	dirtyRateNoisyVmMBps: row('MB/s', 1000, 200, 3000, ESTIMATE, 'The noisy VM of the lessons', 'Choice of the scenario'),
	dirtyCurveFastMiB: row('MiB', 401, 0, 4000, MEASURED, 'A of the fitted curve A(1−e^(−t/a)) + B(1−e^(−t/b)) + c·t', 'Worked out: least squares on A. Gudkov, migration time prediction v2, April 2023'),
	dirtyCurveFastTauS: row('s', 0.611, 0.05, 5, MEASURED, 'a of the fitted curve', 'Worked out: least squares on A. Gudkov, migration time prediction v2, April 2023'),
	dirtyCurveSlowMiB: row('MiB', 5839, 0, 65536, MEASURED, 'B of the fitted curve', 'Worked out: least squares on A. Gudkov, migration time prediction v2, April 2023'),
	dirtyCurveSlowTauS: row('s', 43.8, 5, 600, MEASURED, 'b of the fitted curve', 'Worked out: least squares on A. Gudkov, migration time prediction v2, April 2023'),
	dirtyCurveLinearMiBps: row('MiB/s', 19.4, 0, 1000, MEASURED, 'c of the fitted curve', 'Worked out: least squares on A. Gudkov, migration time prediction v2, April 2023'),
	zeroPageFraction: row('fraction', 0, 0, 0.9, ESTIMATE, 'Part of the guest’s pages that hold only zeroes', 'Choice of the scenario; A. Gudkov, migration time prediction v2, April 2023: 0.614')
};
