import type { OsNodeRecord } from '../../state/machine-records.ts';
import { channelsOf } from '../../mm/boot/grouped-nodes.ts';
import { osRecord } from '../../mm/os/os.ts';
import { hugeCounts } from '../../mm/hugetlb/pool.ts';
import type { World } from '../../state/world.ts';
import { nameValue, nodeMeminfo, numastat } from '../counters.ts';
import { rangeList } from '../pad.ts';
import { distancesOf, nodeMasks, onlineNodes } from '../world/nodes.ts';
import { meminfoOfNode, vmstatOfNode } from '../world/usage.ts';
import { blockLinks } from './memory.ts';
import { hugepagesDirectory } from './kernel.ts';
import { directory, file, line, link, type Directory, type Entry } from './tree.ts';

export const NODE_PATH = '/sys/devices/system/node';

/** /sys/devices/system/node (Linux 7.2.13 drivers/base/node.c). */
export function nodeDirectory(world: World, os: number): Directory {
	return directory(() => {
		const masks = nodeMasks(world, os);
		const entries: Record<string, Entry> = {
			has_cpu: line(() => rangeList(masks.hasCpu)),
			has_generic_initiator: line(() => ''),
			has_memory: line(() => rangeList(masks.hasMemory)),
			has_normal_memory: line(() => rangeList(masks.hasNormalMemory)),
			online: line(() => rangeList(masks.online)),
			possible: line(() => rangeList(masks.possible))
		};
		for (const node of onlineNodes(world, os)) entries[`node${node.id}`] = oneNode(world, os, node);
		return entries;
	});
}

function oneNode(world: World, os: number, node: OsNodeRecord): Directory {
	return directory(() => ({
		...(node.readLatencyNs === null ? {} : accessDirectories(world, os, node)),
		compact: file(() => '', true),
		cpulist: line(() => rangeList(node.cpus)),
		distance: line(() => distancesOf(world, os, node).join(' ')),
		hugepages: hugepagesDirectory(world, os, node.id),
		meminfo: file(() => nodeMeminfo(node.id, meminfoOfNode(world, os, node.id), hugeCounts(world, os, node.id))),
		...blockLinks(world, os, node.id),
		// Proposed only (seed S3): the type of a node that carries one.
		...(node.typed === null ? {} : { memory_type: line(() => node.typed ?? '') }),
		// Proposed only (seed S3): several channels as one node.
		...(channelsOf(world, os, node.id).length === 0 ? {} : { memory_channels: line(() => rangeList(channelsOf(world, os, node.id))) }),
		numastat: file(() => numastat(node.numastat)),
		vmstat: file(() => nameValue(vmstatOfNode(world, os, node.id)))
	}));
}

/** access0: performance for the nearest initiator, access1: for the nearest CPUs (Documentation/admin-guide/mm/numaperf.rst). */
function accessDirectories(world: World, os: number, node: OsNodeRecord): Record<string, Entry> {
	const initiator = nearestInitiator(world, os, node);
	const one = directory(() => ({
		initiators: directory(() => ({
			...(initiator ? { [`node${initiator.id}`]: link(`${NODE_PATH}/node${initiator.id}`) } : {}),
			...figure('read_bandwidth', node.readBandwidthMiBps),
			...figure('read_latency', node.readLatencyNs),
			...figure('write_bandwidth', node.writeBandwidthMiBps),
			...figure('write_latency', node.writeLatencyNs)
		})),
		targets: directory(() =>
			Object.fromEntries(
				onlineNodes(world, os)
					.filter((other) => other.readLatencyNs !== null && nearestInitiator(world, os, other) === node)
					.map((other) => [`node${other.id}`, link(`${NODE_PATH}/node${other.id}`)])
			)
		)
	}));
	return { access0: one, access1: one };
}

const figure = (name: string, value: number | null): Record<string, Entry> => (value === null ? {} : { [name]: line(() => value) });

function nearestInitiator(world: World, os: number, node: OsNodeRecord): OsNodeRecord | null {
	const { nodes } = osRecord(world, os);
	const withCpus = nodes.filter((other) => other.cpus.length > 0);
	const distance = (other: OsNodeRecord): number => node.distances[nodes.indexOf(other)] ?? 255;
	return withCpus.reduce<OsNodeRecord | null>((best, other) => (best === null || distance(other) < distance(best) ? other : best), null);
}
