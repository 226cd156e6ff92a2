/**
 * F4: goodput of a migration over the network in GB/s (decimal).
 * Source: cost model F4; per-channel rate from Hao Xiang 2023, RDMA share from QEMU docs/rdma.txt.
 */
export function tcpRateGBps(wire: {
	readonly linkGbps: number;
	readonly goodputFraction: number;
	/** 0: no multifd, one sending thread. */
	readonly channels: number;
	readonly perChannelGbps: number;
	readonly singleThreadGbps: number;
	/** QEMU's max-bandwidth; Infinity for none. */
	readonly maxBandwidthGBps: number;
}): number {
	const linkGBps = (wire.linkGbps * wire.goodputFraction) / 8;
	const senderGBps = (wire.channels > 0 ? wire.channels * wire.perChannelGbps : wire.singleThreadGbps) / 8;
	return Math.min(linkGBps, senderGBps, wire.maxBandwidthGBps);
}

/** F4 without a sending thread in the way: a given share of the line rate, RDMA or zero-copy. */
export function linkShareGBps(linkGbps: number, fraction: number): number {
	return (linkGbps * fraction) / 8;
}
