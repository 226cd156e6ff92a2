import { osRecord } from '../../mm/os/os.ts';
import { hugeCounts } from '../../mm/hugetlb/pool.ts';
import { autoWeights } from '../../mm/alloc/mempolicy.ts';
import { tiersOf } from '../../mm/alloc/tiers.ts';
import type { World } from '../../state/world.ts';
import { rangeList } from '../pad.ts';
import { onlineNodes } from '../world/nodes.ts';
import { directory, line, type Directory, type Entry } from './tree.ts';

const yesNo = (value: boolean): string => (value ? 'Y' : 'N');

/** /sys/kernel/mm: demotion, weights of weighted interleave, huge pages. */
export function kernelDirectory(world: World, os: number): Directory {
	const { settings } = osRecord(world, os);
	return directory(() => ({
		mm: directory(() => ({
			hugepages: hugepagesDirectory(world, os, null),
			mempolicy: directory(() => ({ weighted_interleave: directory(() => weights(world, os)) })),
			numa: directory(() => ({ demotion_enabled: line(() => String(settings.demotion), true) })),
			transparent_hugepage: directory(() => ({
				enabled: line(() => ['always', 'madvise', 'never'].map((word) => (word === settings.thp ? `[${word}]` : word)).join(' '), true)
			}))
		}))
	}));
}

/** Pool of hugetlb of the machine, or of one node, which has no reservations of its own (mm/hugetlb_sysfs.c). */
export function hugepagesDirectory(world: World, os: number, node: number | null): Directory {
	const counts = () => hugeCounts(world, os, node);
	return directory(() => ({
		'hugepages-2048kB': directory(() => ({
			free_hugepages: line(() => counts().free),
			nr_hugepages: line(() => counts().total, true),
			...(node === null ? { resv_hugepages: line(() => counts().reserved) } : {}),
			surplus_hugepages: line(() => counts().surplus)
		}))
	}));
}

/** mm/mempolicy.c: one file per node with the weight in force, and whether the weights are worked out from bandwidths. */
function weights(world: World, os: number): Record<string, Entry> {
	const { settings, nodes } = osRecord(world, os);
	const automatic = autoWeights(osRecord(world, os));
	return {
		auto: line(() => String(settings.weights.every((weight) => weight === null)), true),
		...Object.fromEntries(
			onlineNodes(world, os).map((node) => {
				const at = nodes.indexOf(node);
				return [`node${node.id}`, line(() => settings.weights[at] ?? automatic[at] ?? 1, true)];
			})
		)
	};
}

/** /sys/module: parameters of memory_hotplug, and of virtio_mem while it is loaded. */
export function moduleDirectory(world: World, os: number): Directory {
	const { settings } = osRecord(world, os);
	return directory(() => ({
		memory_hotplug: directory(() => ({
			parameters: directory(() => ({
				auto_movable_numa_aware: line(() => yesNo(settings.autoMovableNumaAware), true),
				auto_movable_ratio: line(() => settings.autoMovableRatio, true),
				memmap_on_memory: line(() => yesNo(settings.memmapOnMemory)),
				online_policy: line(() => settings.onlinePolicy, true)
			}))
		})),
		...(driverLoaded(world, os)
			? {
					virtio_mem: directory(() => ({
						parameters: directory(() => ({
							bbm_block_size: line(() => settings.bbmBlockSize),
							force_bbm: line(() => yesNo(settings.forceBbm)),
							unplug_online: line(() => yesNo(settings.unplugOnline), true)
						}))
					}))
				}
			: {})
	}));
}

export const driverLoaded = (world: World, os: number): boolean =>
	world.r.virtioMems.some((device) => device.os === os && (device.driver.state === 'bound' || device.driver.state === 'broken'));

/** /sys/devices/virtual/memory_tiering (mm/memory-tiers.c): a folder per tier that has nodes. */
export function tieringDirectory(world: World, os: number): Directory {
	return directory(() =>
		Object.fromEntries(
			tiersOf(world, os).map((tier) => [`memory_tier${tier.tier}`, directory(() => ({ nodelist: line(() => rangeList(tier.nodes)) }))])
		)
	);
}
