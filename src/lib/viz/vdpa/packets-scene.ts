import { formatNs, formatNumber } from '../../base/format.ts';
import type { NicStatus, TrafficStatus } from '../../engine/contract/vdpa/status.ts';

/** The course of a NIC's packets: what passed, what was lost, what landed wrong, stretch by stretch. */
export interface PacketBar {
	readonly index: number;
	readonly fromNs: number;
	readonly toNs: number;
	readonly passed: number;
	readonly lost: number;
	readonly misplaced: number;
	readonly delayNs: number;
}

export interface PacketsScene {
	readonly bars: readonly PacketBar[];
	/** Most packets in one stretch. */
	readonly most: number;
	readonly mostDelayNs: number;
	readonly endNs: number;
}

export function packetsScene(traffic: TrafficStatus, untilNs: number): PacketsScene {
	const { course, bucketNs } = traffic;
	const bars = course.received.map((passed, index) => ({
		index,
		fromNs: index * bucketNs,
		toNs: (index + 1) * bucketNs,
		passed,
		lost: course.lost[index] ?? 0,
		misplaced: course.misplaced[index] ?? 0,
		delayNs: course.delayNs[index] ?? 0
	}));
	return {
		bars: bars.filter((bar) => bar.passed + bar.lost + bar.misplaced > 0),
		most: bars.reduce((most, bar) => Math.max(most, bar.passed + bar.lost + bar.misplaced), 1),
		mostDelayNs: bars.reduce((most, bar) => Math.max(most, bar.delayNs), 1),
		endNs: Math.max(untilNs, bucketNs * bars.length, 1)
	};
}

export function packetsWords(nic: NicStatus): string {
	const { traffic } = nic;
	const said = [
		`${formatNumber(traffic.arrived)} packets so far: ${formatNumber(traffic.received)} received, ${formatNumber(traffic.sent)} sent, ${formatNumber(traffic.lost)} lost`
	];
	if (traffic.misplaced > 0)
		said.push(`${formatNumber(traffic.misplaced)} in a page that the guest did not mean`);
	if (traffic.worstDelayNs > 0) said.push(`the slowest took ${formatNs(traffic.worstDelayNs)}`);
	for (const gap of traffic.gaps)
		said.push(
			gap.toNs === null
				? `nothing has passed since ${formatNs(gap.fromNs)}`
				: `nothing passed for ${formatNs(gap.toNs - gap.fromNs)} from ${formatNs(gap.fromNs)} on, ${formatNumber(gap.lost)} lost`
		);
	return `${said.join('; ')}.`;
}
