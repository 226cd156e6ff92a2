import { ESTIMATE, MEASURED, MEMORY, VENDOR, row } from './row.ts';

/** How long a load takes and how much a link, a device or a socket carries. */
// One row per line.
// prettier-ignore
export const ACCESS_COSTS = {
	localDramReadLatencyNs: row('ns', 110, 80, 120, MEASURED, 'Load from the socket’s own DDR5, idle', 'Liu et al., Melody, ASPLOS 2025 (read in a summary), fig. 1'),
	localDramBandwidthGBps: row('GB/s', 230, 190, 307, ESTIMATE, 'What one socket’s eight DDR5-4800 channels deliver', 'Worked out: 8 × 38.4 GB/s (Sun et al., Demystifying CXL Memory, MICRO 2023 (read in a summary)) × 0.75'),
	remoteSocketReadLatencyNs: row('ns', 193, 140, 230, MEASURED, 'Load from the other socket’s DRAM, idle', 'Liu et al., Melody, ASPLOS 2025 (read in a summary)'),
	remoteSocketBandwidthGBps: row('GB/s', 120, 60, 150, MEMORY, 'Reads across the socket link', 'Memory: three or four UPI links'),
	cxlDirectReadLatencyNs: row('ns', 265, 200, 442, MEASURED, 'Load from a CXL expander on the host’s own port, no switch', 'Kwon et al., Panmnesia controller and PBR switch, table I: five studies, 265 to 442 ns'),
	cxlFpgaReadLatencyNs: row('ns', 394, 328, 450, MEASURED, 'The same from an expander built on an FPGA', 'Liu et al., Melody, ASPLOS 2025 (read in a summary), part CXL-C'),
	cxlTailP999ExtraNs: row('ns', 160, 61, 250, MEASURED, 'What the slowest load in a thousand takes more than the mean, idle expander', 'Liu et al., Melody, ASPLOS 2025 (read in a summary), section 3.2'),
	cxlSwitchedReadLatencyNs: row('ns', 600, 350, 880, MEASURED, 'Load from memory behind one CXL switch', 'Liu et al., Melody, ASPLOS 2025 (read in a summary), fig. 1; Kwon et al., Panmnesia controller and PBR switch names 2 to 2.8 times direct'),
	cxlSwitchHopExtraNs: row('ns', 335, 40, 450, ESTIMATE, 'What one switch adds to a round trip', 'Worked out: switched less direct; vendors and simulators say 40 to 100 ns'),
	cxlTwoLevelSwitchReadLatencyNs: row('ns', 935, 420, 1300, ESTIMATE, 'Load from memory behind two switches in a row', 'Estimate: direct and two hops'),
	cxlMhdReadLatencyNs: row('ns', 280, 180, 360, ESTIMATE, 'Load from a device with a port for each host and no switch', 'Estimate: an expander and a little arbitration; Pond, ASPLOS 2023, says 70 to 90 ns over DRAM'),
	cxlGfamReadLatencyNs: row('ns', 750, 350, 1200, ESTIMATE, 'Load from a fabric-attached device that every host reaches through port-based routing', 'Estimate: switched and about 150 ns'),
	cxlQueueServiceNs: row('ns', 51, 30, 90, ESTIMATE, 'Service time q of a CXL device in L0 + q·u/(2(1−u))', 'Worked out: 60 ns more at 70 % load, as Liu et al., Melody, ASPLOS 2025 (read in a summary) reports'),
	dramQueueServiceNs: row('ns', 9, 4, 15, ESTIMATE, 'The same for local DRAM', 'Worked out: 60 ns more only at 93 % load (Liu et al., Melody, ASPLOS 2025 (read in a summary))'),
	cxlSaturatedLatencyNs: row('ns', 1200, 1000, 3000, MEASURED, 'Latency at which a saturated CXL device levels off', 'Liu et al., Melody, ASPLOS 2025 (read in a summary), section 3.2'),
	cxlDeviceBandwidthGBps: row('GB/s', 22.5, 18, 52, MEASURED, 'Reads from one CXL memory device', 'Alibaba, Beluga, arXiv 2511.20172v2 (read in a summary); Melody: 18 to 52 GB/s'),
	cxlHostLinkReadGBps: row('GB/s', 46.2, 26, 56, MEASURED, 'Reads through one host’s x16 port of PCIe 5.0', 'Alibaba, Beluga, arXiv 2511.20172v2 (read in a summary), section 5.3'),
	cxlHostLinkWriteGBps: row('GB/s', 33, 23, 46, MEASURED, 'Writes through the same port, limited by the root complex', 'Alibaba, Beluga, arXiv 2511.20172v2 (read in a summary), section 5.3'),
	cxlSwitchCapacityGBps: row('GB/s', 2048, 512, 2048, VENDOR, 'All traffic through one switch of 256 lanes', 'XConn XC50256 presentation'),
	cxlPoolBandwidthGBps: row('GB/s', 1000, 512, 1000, VENDOR, 'All traffic of a pool of 8 TB for 16 servers', 'Alibaba, Beluga, arXiv 2511.20172v2 (read in a summary)'),
	pcieGen5LaneRateGTps: row('GT/s', 32, 32, 32, MEASURED, 'Signalling rate of a lane, CXL 1.1 and 2.0', 'Rambus note on CXL 3.0'),
	pcieGen6LaneRateGTps: row('GT/s', 64, 64, 64, MEASURED, 'Signalling rate of a lane, CXL 3.x', 'Rambus note on CXL 3.0; Phoronix'),
	cxlFlit68PayloadFraction: row('fraction', 0.82, 0.52, 0.94, ESTIMATE, 'Share of a Gen 5 link left for data after 68-byte flits and headers', 'Worked out from the flit’s shape; Beluga measured 0.73 reading and 0.52 writing'),
	cxlFlit256PayloadFraction: row('fraction', 0.92, 0.85, 0.945, MEMORY, 'Share of a Gen 6 link left for data after 256-byte flits', 'Memory: 236 to 240 of 256 bytes'),
	cxlPool16KiBReadUs: row('us', 2.46, 2, 7, MEASURED, 'Read of 16 KiB from a switched pool; through RDMA 7.13 µs', 'Alibaba, PolarCXLMem, SIGMOD 2025 (table read second-hand)'),
	cxlPool16KiBWriteUs: row('us', 1.68, 1.5, 6.2, MEASURED, 'Write of 16 KiB to a switched pool; through RDMA 6.12 µs', 'Alibaba, PolarCXLMem, SIGMOD 2025 (table read second-hand)'),
	cacheFlushGBpsPerThread: row('GB/s', 1.93, 1, 6.8, MEASURED, 'Storing and flushing dirty lines to memory that is not coherent, one thread', 'Worked out: Alibaba, Beluga, arXiv 2511.20172v2 (read in a summary), table 4, 16 KiB in 8.50 µs'),
	uncachedLoad16KiBUs: row('us', 166, 160, 282, MEASURED, 'Read of 16 KiB through an uncached mapping: why that is no way out', 'Alibaba, Beluga, arXiv 2511.20172v2 (read in a summary), table 4'),
	dirtyLlcMiB: row('MiB', 32, 0, 60, ESTIMATE, 'Dirty lines in the caches at the hand-over without hardware coherence; 0 with back-invalidate', 'Estimate: half of a cache of 60 MiB'),
	memStallFraction: row('fraction', 0.1, 0.01, 0.5, ESTIMATE, 'Part f of the run time that scales with memory latency: slowdown f·(L/110 − 1)', 'Worked out: Liu et al., Melody, ASPLOS 2025 (read in a summary), 54 % of 265 workloads lose under 10 % at 214 ns'),
	redisThroughputLossCxlPct: row('%', 30, 8, 30, MEASURED, 'What Redis loses with all its memory on direct CXL', 'Sun et al., Demystifying CXL Memory, MICRO 2023 (read in a summary), section 5.2')
};
