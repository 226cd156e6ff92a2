import type { CostName } from './cost-table.ts';

/** Written by tests/unit/engine/contract/cost-uses.test.ts (run it with -u): which folders of the engine read a cost. */
export const COST_USES: { readonly [N in CostName]?: string } = {
	localDramReadLatencyNs: 'closed forms, hypervisor',
	cxlSwitchedReadLatencyNs: 'closed forms',
	cxlQueueServiceNs: 'fabric',
	cxlSaturatedLatencyNs: 'fabric',
	cxlDeviceBandwidthGBps: 'closed forms, fabric',
	cxlHostLinkReadGBps: 'closed forms, fabric',
	cxlHostLinkWriteGBps: 'closed forms, fabric',
	cacheFlushGBpsPerThread: 'closed forms',
	dirtyLlcMiB: 'closed forms',
	memStallFraction: 'closed forms, hypervisor',
	migratePages4kGBps: 'closed forms',
	migratePages2mGBps: 'closed forms',
	migrateThreads: 'closed forms',
	dirtyLogSlowdownPct: 'closed forms, hypervisor',
	netLinkGbps: 'closed forms',
	netGoodputFraction: 'closed forms',
	singleThreadTcpGbps: 'closed forms',
	multifdPerChannelGbps: 'closed forms',
	multifdChannels: 'closed forms',
	downtimeLimitMs: 'closed forms',
	switchoverFixedMs: 'closed forms',
	vcpuStateKiB: 'closed forms',
	vcpuSaveRestoreUs: 'closed forms',
	deviceStateMiB: 'closed forms',
	cxlDoorbellUs: 'closed forms',
	postcopyFaultUs: 'closed forms'
};
