import type { MachineScenario } from '../../contract/scenario/schema.ts';
import { PAGES_PER_BLOCK } from '../../../base/units.ts';
import { osRecord, pfnOfFrame } from '../os/os.ts';
import { forEachRun } from '../space/areas.ts';
import type { AreaRecord } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';
import type { FirmwareNode } from './firmware-node.ts';
import type { MemoryRange } from './reserved.ts';

/**
 * Several CXL channels as one memory node, a proposal that no kernel has (seed S3: "capacity and bandwidth aggregation among
 * multiple CXL DRAM channels", exposed as a single node, so that userspace need not see many). A scenario switches it on and
 * says which on the kernel's command line, a word of our own: grouped_node=2:2-4. Capacity and bandwidth add up; of latency and
 * distance only the largest is left, since a node has one number for each (our reading of the proposal). What the node no longer
 * tells is kept in `channelRanges`: which addresses come from which channel.
 */
export interface NodeGroup {
	/** Node under which all are known: the first of them. */
	readonly node: number;
	/** Firmware's nodes in it, ascending. */
	readonly channels: readonly number[];
}

const WORD = 'grouped_node=';

/** Groups of a machine; none unless the proposal is switched on. "1:1-3" or "1:1,3;4:4-5". */
export function groupsOf(machine: Pick<MachineScenario, 'append' | 'proposals'> | undefined): NodeGroup[] {
	if (!machine?.proposals.includes('grouped-nodes')) return [];
	const word = machine.append.split(/\s+/).find((each) => each.startsWith(WORD));
	return (word?.slice(WORD.length).split(';') ?? []).flatMap((text) => {
		const [name = '', list = ''] = text.split(':');
		const channels = [...new Set(list.split(',').flatMap(range))].sort((a, b) => a - b);
		return /^\d+$/.test(name) && channels.includes(Number(name)) ? [{ node: Number(name), channels }] : [];
	});
}

function range(text: string): number[] {
	const match = /^(\d{1,3})(?:-(\d{1,3}))?$/.exec(text);
	if (!match) return [];
	const from = Number(match[1]);
	return Array.from({ length: Math.max(0, Number(match[2] ?? from) - from + 1) }, (_, at) => from + at);
}

const leaderOf = (groups: readonly NodeGroup[], node: number): number =>
	groups.find((group) => group.channels.includes(node))?.node ?? node;

/** Firmware's nodes as such a kernel takes them: one entry for each group, without CPUs of its channels getting lost. */
export function groupNodes(groups: readonly NodeGroup[], nodes: readonly FirmwareNode[]): FirmwareNode[] {
	const kept = nodes.filter((node) => leaderOf(groups, node.id) === node.id);
	const members = (id: number): FirmwareNode[] => nodes.filter((node) => leaderOf(groups, node.id) === id);
	const most = (values: readonly (number | null)[]): number | null => {
		const told = values.filter((value): value is number => value !== null);
		return told.length === 0 ? null : Math.max(...told);
	};
	const sum = (values: readonly (number | null)[]): number | null => {
		const told = values.filter((value): value is number => value !== null);
		return told.length === 0 ? null : told.reduce((total, value) => total + value, 0);
	};
	return kept.map((node) => {
		const own = members(node.id);
		return {
			id: node.id,
			cpus: own.flatMap((each) => each.cpus).sort((a, b) => a - b),
			distances: kept.map((other) => (other === node ? selfDistance(node, nodes) : farthest(own, members(other.id), nodes))),
			readLatencyNs: most(own.map((each) => each.readLatencyNs)),
			writeLatencyNs: most(own.map((each) => each.writeLatencyNs)),
			readBandwidthMiBps: sum(own.map((each) => each.readBandwidthMiBps)),
			writeBandwidthMiBps: sum(own.map((each) => each.writeBandwidthMiBps))
		};
	});
}

const selfDistance = (node: FirmwareNode, nodes: readonly FirmwareNode[]): number => node.distances[nodes.indexOf(node)] ?? 10;

function farthest(from: readonly FirmwareNode[], to: readonly FirmwareNode[], nodes: readonly FirmwareNode[]): number {
	return Math.max(...from.flatMap((one) => to.map((other) => one.distances[nodes.indexOf(other)] ?? 20)));
}

/** Boot memory under the node of its group; which channel it came from is remembered. */
export function groupRanges(world: World, os: number, ranges: readonly MemoryRange[]): MemoryRange[] {
	const groups = groupsOf(world.scenario.machines[os]);
	if (groups.length === 0) return [...ranges];
	osRecord(world, os).channelRanges = ranges
		.filter((each) => groups.some((group) => group.channels.includes(each.node)))
		.map(({ startPfn, endPfn, node }) => ({ startPfn, endPfn, channel: node }));
	return ranges.map((each) => ({ ...each, node: leaderOf(groups, each.node) }));
}

/** Node under which memory that firmware puts on `node` is known to this OS. */
export const nodeOfChannel = (world: World, os: number, node: number): number => leaderOf(groupsOf(world.scenario.machines[os]), node);

/** Channels of a node; a plain node is not grouped and has none. */
export function channelsOf(world: World, os: number, node: number): readonly number[] {
	return groupsOf(world.scenario.machines[os]).find((group) => group.node === node)?.channels ?? [];
}

/** Memory of a channel comes. */
export function addChannelRange(world: World, os: number, channel: number, startPfn: number, pages: number): void {
	const record = osRecord(world, os);
	if (!groupsOf(world.scenario.machines[os]).some((group) => group.channels.includes(channel))) return;
	(record.channelRanges ??= []).push({ startPfn, endPfn: startPfn + pages, channel });
}

/** It goes again. */
export function dropChannelRange(world: World, os: number, startPfn: number, pages: number): void {
	const record = osRecord(world, os);
	if (!record.channelRanges) return;
	record.channelRanges = record.channelRanges.filter((each) => each.endPfn <= startPfn || each.startPfn >= startPfn + pages);
}

/** Pages of an area by the channel that holds them: what the node's one number hides. */
export function pagesByChannel(world: World, area: AreaRecord, first: number, pages: number): Record<string, number> {
	const ranges = osRecord(world, area.os).channelRanges ?? [];
	const found: Record<string, number> = {};
	forEachRun(
		world,
		area,
		(frame, _page, count) => {
			for (let at = frame; at < frame + count;) {
				const stop = Math.min(frame + count, (Math.floor(at / PAGES_PER_BLOCK) + 1) * PAGES_PER_BLOCK);
				const pfn = pfnOfFrame(world, area.os, at);
				const channel = ranges.find((each) => pfn >= each.startPfn && pfn < each.endPfn)?.channel;
				if (channel !== undefined) found[`channel${channel}`] = (found[`channel${channel}`] ?? 0) + stop - at;
				at = stop;
			}
		},
		first,
		pages
	);
	return found;
}
