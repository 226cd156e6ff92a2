import { ESTIMATE, MEASURED, row } from './row.ts';

/** What a vDPA device takes to follow a migration. */
// One row per line.
// prettier-ignore
export const VDPA_COSTS = {
	vdpaRemapCycleMsPerGiB: row('ms/GiB', 37, 11.4, 52.5, MEASURED, 'Unmapping and mapping guest memory again, platform IOMMU, 4 KiB pages', 'Worked out: pinMap4kMsPerGiB + unpinUnmap4kMsPerGiB'),
	vdpaMlx5RemapCycleMsPerGiB: row('ms/GiB', 180, 140, 220, MEASURED, 'The same with the device’s own IOMMU, before parallel keys', 'Worked out: Si-Wei Liu, vdpa-net downtime series, December 2023, 20 to 30 s for 128 GB less 2 s'),
	vdpaPinMapMsPerGiB: row('ms/GiB', 33, 4, 33, MEASURED, 'Pinning and mapping only, at the target', 'Worked out: J. Palmer, vhost_vdpa memory listener v4, May 2025, and Si-Wei Liu’s reply, 10 s to 5.8 s for 128 GB'),
	vdpaSetupMs: row('ms', 200, 50, 500, MEASURED, 'Making queues and steering rules at one device start', 'Yajun Wu, early load RFC, 2023: may exceed 200 ms'),
	vdpaMlx5SetupMs: row('ms', 2000, 1700, 2000, MEASURED, 'mlx5 switch to shadow queues with no guest memory to map', 'Si-Wei Liu, vdpa-net downtime series, December 2023'),
	vdpaPublishedBaselineSwitchS: row('s', 25, 20, 30, MEASURED, 'Published switch to shadow queues, 128 GB, as it was', 'Si-Wei Liu, vdpa-net downtime series, December 2023'),
	vdpaPublishedIterMapSwitchS: row('s', 5, 5, 5, MEASURED, 'Published: mapped bit by bit at the target', 'Si-Wei Liu, vdpa-net downtime series, December 2023'),
	vdpaPublishedDescAsidSwitchS: row('s', 2, 2, 2, MEASURED, 'Published: descriptors in an address space of their own', 'Si-Wei Liu, vdpa-net downtime series, December 2023'),
	vdpaPublishedPersistIotlbSwitchS: row('s', 2, 2, 2, MEASURED, 'Published: and the IOTLB kept over a reset', 'Si-Wei Liu, vdpa-net downtime series, December 2023'),
	vdpaPublishedBatchedSwitchS: row('s', 1.7, 1.7, 1.7, MEASURED, 'Published: and mappings batched', 'Si-Wei Liu, vdpa-net downtime series, December 2023'),
	vdpaPublishedStopCopyBaselineS: row('s', 20, 20, 20, MEASURED, 'Published stop-and-copy, two devices, as it was; 1.5 s at the end', 'Si-Wei Liu, vdpa-net downtime series, December 2023'),
	svqThroughputFactor: row('fraction', 0.35, 0.1, 0.9, ESTIMATE, 'Packets through shadow queues relative to passed-through ones', 'Estimate: no figure found'),
	svqMaxMpps: row('Mpps', 1.5, 0.5, 4, ESTIMATE, 'Most packets that one shadow-queue thread manages', 'Estimate: no figure found'),
	svqVringKiBPerVq: row('KiB', 12, 4, 256, MEASURED, 'Shadow ring of a queue with 256 entries', 'Worked out from the split ring’s layout')
};
