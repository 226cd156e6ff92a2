import { formatBytesBinary, formatNs, formatNumber } from '$lib/base/format.ts';
import { PAGE_BYTES } from '$lib/base/units.ts';
import type { FetchStatus, OperationStatus, WorldStatus } from '$lib/engine/contract/status.ts';

/** The newest migration that goes over a connection. */
export function streamOf(status: WorldStatus): OperationStatus | null {
	const going = status.operations.filter(({ strategy }) =>
		['precopy', 'postcopy', 'rdma', 'shared-file'].includes(strategy)
	);
	return going.findLast(({ state }) => state === 'running') ?? going.at(-1) ?? null;
}

/** How long pages that were asked for took: one bar per power of two of a microsecond, empty ones between them included. */
export interface LatencyBar {
	readonly words: string;
	readonly count: number;
	/** Against the longest bar, 0 to 1. */
	readonly share: number;
}

export function latencyBars({ latencyCounts }: FetchStatus): LatencyBar[] {
	const first = latencyCounts.findIndex((count) => count > 0);
	if (first < 0) return [];
	const most = Math.max(...latencyCounts);
	return latencyCounts.slice(first).map((count, index) => ({
		words: `${formatNs(2 ** (first + index) * 1000)} to ${formatNs(2 ** (first + index + 1) * 1000)}`,
		count,
		share: count / most
	}));
}

export function fetchFigures(operation: OperationStatus): (readonly [string, string])[] {
	const { fetch } = operation;
	if (!fetch) return [];
	return [
		[`Only on ${operation.source}`, formatBytesBinary(fetch.missingPages * PAGE_BYTES)],
		['Asked for', `${formatNumber(fetch.requests)} pages`],
		['vCPUs that wait', formatNumber(fetch.waitingVcpus)],
		['All of them waited', formatNs(fetch.blockedNs)],
		['Waited, all vCPUs added', formatNs(fetch.vcpuBlockedNs)],
		...(fetch.breaks > 0
			? [['Lost on the wire', `${formatNumber(fetch.lostOnWire)} pages, sent again`] as const]
			: [])
	];
}
