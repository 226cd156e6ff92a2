import { ESTIMATE, MEASURED, MEMORY, row } from './row.ts';

/** What KVM, QEMU and the wire take while a VM moves. */
// One row per line.
// prettier-ignore
export const HYPERVISOR_COSTS = {
	dirtyLogEnableMsPerGiB: row('ms/GiB', 16.1, 0.02, 16.1, MEASURED, 'Starting the dirty log, with splitting of 1 GiB mappings', 'Worked out: D. Matlack, eager page splitting v2, January 2022, 96 vCPUs of 1 GiB, 1.547 s'),
	dirtyLogClearMsPerGiB: row('ms/GiB', 14.3, 0.5, 14.8, MEASURED, 'Clearing the log with every page dirty', 'Worked out: D. Matlack, eager page splitting v2, January 2022, 96 vCPUs of 1 GiB, 1.375 s'),
	writeProtectFaultUs: row('us', 10.7, 1.5, 10.7, MEASURED, 'Fault of a first write to a protected page, 96 vCPUs at once', 'Worked out: D. Matlack, eager page splitting v2, January 2022, 96 vCPUs of 1 GiB'),
	dirtyLogSlowdownPct: row('%', 5, 1, 20, ESTIMATE, 'What the guest loses while its writes are logged', 'Estimate'),
	zeroPageScanGBps: row('GB/s', 21, 10, 27, MEASURED, 'Looking for zero pages with eight channels', 'Worked out: Hao Xiang, DSA zero-page series, October 2023, 8 channels'),
	zeroPageWireBytes: row('B', 8, 8, 8, MEASURED, 'What a zero page costs on the wire', 'A. Gudkov, migration time prediction v2, April 2023'),
	pageHeaderBytes: row('B', 8, 8, 8, MEASURED, 'Header of a page in the stream', 'A. Gudkov, migration time prediction v2, April 2023: his cells match with 4096 + 8'),
	netLinkGbps: row('Gbit/s', 25, 10, 400, ESTIMATE, 'Line rate of the migration network', 'Choice of the scenario'),
	netGoodputFraction: row('fraction', 0.94, 0.85, 0.98, MEMORY, 'Part of the line rate that carries payload', 'Memory: frames of 1,500 to 9,000 bytes'),
	singleThreadTcpGbps: row('Gbit/s', 10, 5, 16, MEMORY, 'Most that one sending thread manages', 'Memory; QEMU docs/rdma.txt, 40 Gbit/s InfiniBand, 2013 shows 9.5'),
	multifdPerChannelGbps: row('Gbit/s', 5.125, 3, 15, MEASURED, 'What one multifd channel carries', 'Worked out: Hao Xiang, DSA zero-page series, October 2023, 8 channels, 41.0 Gbit/s over 8'),
	multifdChannels: row('count', 8, 1, 32, MEASURED, 'Channels in use; QEMU’s own default is 2', 'QEMU multifd documentation: 8 advised'),
	rdmaLinkFraction: row('fraction', 0.65, 0.24, 0.95, MEASURED, 'Part of the line rate that RDMA migration reached, all pinned', 'QEMU docs/rdma.txt, 40 Gbit/s InfiniBand, 2013'),
	downtimeLimitMs: row('ms', 300, 1, 2000000, MEASURED, 'Downtime that pre-copy aims at', 'QEMU migration/options.c'),
	maxBandwidthMiBps: row('MiB/s', 128, 1, 100000, MEASURED, 'QEMU’s own limit on migration traffic, long forgotten until it bites', 'QEMU migration/options.c'),
	autoConvergeInitialPct: row('%', 20, 1, 99, MEASURED, 'First throttle of auto-converge; then 10 more, at most 99', 'QEMU migration/options.c'),
	switchoverFixedMs: row('ms', 20, 10, 40, MEASURED, 'Stop and start of a VM with nothing left to send', 'Hao Xiang, DSA zero-page series, October 2023, 8 channels; QATzip documentation: 24 to 40 ms'),
	vcpuStateKiB: row('KiB', 16, 8, 32, MEMORY, 'Registers and local devices of one vCPU, written out', 'Memory: KVM structures'),
	vcpuSaveRestoreUs: row('us', 100, 30, 500, ESTIMATE, 'Reading or writing one vCPU’s state', 'Estimate'),
	deviceStateMiB: row('MiB', 2, 0.1, 20, ESTIMATE, 'State of emulated and virtio devices', 'Estimate; a mail of 2019 bounds a device at about 10 MB'),
	virtioNetLoadMs: row('ms', 3.2, 1.4, 13.3, MEASURED, 'Loading a virtio-net device at the switch-over', 'J. Palmer, iterative virtio-net RFC, 2025'),
	vfioVfLoadMs: row('ms', 339, 326, 352, MEASURED, 'Loading a passed-through network function', 'Trace in a qemu-devel thread on VFIO and multifd, July 2024'),
	schedBaseSliceUs: row('us', 700, 700, 750, MEASURED, 'EEVDF’s base slice before scaling', 'Linux kernel/sched/fair.c'),
	schedSliceMs: row('ms', 2.8, 0.7, 3, MEASURED, 'Slice on eight or more CPUs', 'Worked out: 0.70 ms × (1 + log2 8), Linux kernel/sched/fair.c; the cap at 8 from memory'),
	cxlRpcRttUs: row('us', 2.11, 1.2, 5, MEASURED, 'Question and answer between hosts through polled CXL memory', 'Alibaba, Beluga, arXiv 2511.20172v2 (read in a summary), section 6.2'),
	cxlDoorbellUs: row('us', 1.06, 0.6, 2.5, MEASURED, 'One way of the same', 'Worked out: half of cxlRpcRttUs'),
	rdmaRpcRttUs: row('us', 8.39, 2.2, 10, MEASURED, 'Question and answer through RDMA', 'Alibaba, Beluga, arXiv 2511.20172v2 (read in a summary), section 6.2'),
	rawNicRttUs: row('us', 2.17, 1.63, 3, MEASURED, 'Round trip of a raw frame through one Ethernet switch', 'IBM/tulips documentation, ConnectX-5'),
	kernelTcpRttUs: row('us', 30, 15, 100, MEMORY, 'Round trip of kernel TCP in a rack', 'Memory'),
	postcopyFaultUs: row('us', 200, 60, 13000, ESTIMATE, 'Guest’s wait for a page that is still on the other host', 'Estimate; behind the background stream it can be milliseconds'),
	cloudBlackoutMedianMs: row('ms', 50, 50, 300, MEASURED, 'Median blackout in a large fleet, for comparison; 99th percentile 300 ms', 'Ruprecht et al., VEE 2018, abstract')
};
