import type { ConsoleWord } from '../contract/console.ts';

/** What the files of a machine say, one sentence each; the first pattern that fits a path counts. */
interface FileWord {
	readonly path: RegExp;
	readonly form: string;
	readonly sentence: string;
	readonly source: string;
}

const MEMORY = '/sys/devices/system/memory';
const NODE = '/sys/devices/system/node';
const HOTPLUG = 'Documentation/admin-guide/mm/memory-hotplug.rst';
const file = (path: RegExp, form: string, sentence: string, source: string): FileWord => ({ path, form, sentence, source });

const FILES: readonly FileWord[] = [
	file(/^\/proc\/buddyinfo$/, '/proc/buddyinfo', 'Free chunks of each zone by order, 4 KiB to 4 MiB.', 'Linux 7.2.13 mm/vmstat.c'),
	file(
		/^\/proc\/pagetypeinfo$/,
		'/proc/pagetypeinfo',
		'Free chunks by order and migratetype, and the types of all pageblocks.',
		'Linux 7.2.13 mm/vmstat.c'
	),
	file(
		/^\/proc\/iomem$/,
		'/proc/iomem',
		'Who claims which physical addresses, memory of devices inside the device.',
		'Linux 7.2.13 kernel/resource.c'
	),
	file(/^\/proc\/zoneinfo$/, '/proc/zoneinfo', 'Watermarks, sizes and counters of every zone.', 'Linux 7.2.13 mm/vmstat.c'),
	file(
		/^\/proc\/meminfo$/,
		'/proc/meminfo',
		'What memory is used for; MemTotal counts what the buddy manages.',
		'Linux 7.2.13 fs/proc/meminfo.c'
	),
	file(/^\/proc\/vmstat$/, '/proc/vmstat', 'Counters of pages and events.', 'Linux 7.2.13 mm/vmstat.c'),
	file(/^\/proc\/cmdline$/, '/proc/cmdline', 'The command line that this kernel was booted with.', 'Linux 7.2.13 fs/proc/cmdline.c'),
	file(
		/^\/proc\/\d+\/numa_maps$/,
		'/proc/PID/numa_maps',
		'Each range of a process: its policy, and on which nodes its pages lie. The two can disagree.',
		'Linux 7.2.13 fs/proc/task_mmu.c'
	),
	file(
		/^\/proc\/\d+\/status$/,
		'/proc/PID/status',
		'Sizes of a process; VmLck is locked, VmPin is pinned.',
		'Linux 7.2.13 fs/proc/task_mmu.c'
	),
	file(/^\/proc\/\d+\/?$/, '/proc/PID', 'One process.', 'Documentation/filesystems/proc.rst'),
	file(
		/\/kernel\/numa_balancing$/,
		'/proc/sys/kernel/numa_balancing',
		'0 off, 1 pages follow the CPU that uses them, 2 hot pages are promoted to the top tier.',
		'Documentation/admin-guide/sysctl/kernel.rst'
	),
	file(/\/vm\/compact_memory$/, '/proc/sys/vm/compact_memory', '1 compacts every zone at once.', 'Linux 7.2.13 mm/compaction.c'),
	file(
		/\/node\d+\/compact$/,
		'/sys/devices/system/node/nodeN/compact',
		'Any write compacts the zones of the node.',
		'Linux 7.2.13 mm/compaction.c'
	),
	file(
		/\/(hard|soft)_offline_page$/,
		`${MEMORY}/hard_offline_page, soft_offline_page`,
		'An address is treated as failing memory: soft moves the page away first, hard does not.',
		'Linux 7.2.13 mm/memory-failure.c'
	),
	file(
		/\/vm\/drop_caches$/,
		'/proc/sys/vm/drop_caches',
		'1 drops page cache, 2 drops slab that can be dropped, 3 both.',
		'Documentation/admin-guide/sysctl/vm.rst'
	),
	file(/\/vm\/min_free_kbytes$/, '/proc/sys/vm/min_free_kbytes', 'Base of the watermarks.', 'Linux 7.2.13 mm/page_alloc.c'),
	file(
		/\/vm\/watermark_scale_factor$/,
		'/proc/sys/vm/watermark_scale_factor',
		'Distance between the watermarks in tenths of a per mille of the zone.',
		'Linux 7.2.13 mm/page_alloc.c'
	),
	file(
		/memory\/auto_online_blocks$/,
		`${MEMORY}/auto_online_blocks`,
		'What the kernel does with new memory: offline, online, online_kernel or online_movable.',
		HOTPLUG
	),
	file(/memory\/block_size_bytes$/, `${MEMORY}/block_size_bytes`, 'Size of a memory block, hexadecimal without a prefix.', HOTPLUG),
	file(
		/memory\d+\/state$/,
		`${MEMORY}/memoryN/state`,
		'State of a memory block; writing online, online_kernel, online_movable or offline changes it.',
		HOTPLUG
	),
	file(/memory\d+\/online$/, `${MEMORY}/memoryN/online`, '1 while the block is online; writing does the same as state.', HOTPLUG),
	file(
		/memory\d+\/valid_zones$/,
		`${MEMORY}/memoryN/valid_zones`,
		'Online: the zone of the block, or none when it spans several. Offline: the zones it could go to, the default first.',
		'Linux 7.2.13 drivers/base/memory.c'
	),
	file(/memory\d+\/removable$/, `${MEMORY}/memoryN/removable`, 'Always 1: it promises nothing.', 'Linux 7.2.13 drivers/base/memory.c'),
	file(/memory\d+\/phys_index$/, `${MEMORY}/memoryN/phys_index`, 'Number of the block, eight hexadecimal digits.', HOTPLUG),
	file(/memory\d+\/?$/, `${MEMORY}/memoryN`, 'One memory block: the unit in which memory goes online and offline.', HOTPLUG),
	file(
		/node\/has_normal_memory$/,
		`${NODE}/has_normal_memory`,
		'Nodes with a zone that the kernel itself may use.',
		'Linux 7.2.13 include/linux/nodemask.h'
	),
	file(/node\/has_memory$/, `${NODE}/has_memory`, 'Nodes with any memory.', 'Linux 7.2.13 include/linux/nodemask.h'),
	file(/node\d+\/meminfo$/, `${NODE}/nodeN/meminfo`, 'What the memory of one node is used for.', 'Linux 7.2.13 drivers/base/node.c'),
	file(
		/node\d+\/numastat$/,
		`${NODE}/nodeN/numastat`,
		'numa_hit: came from the node that was wanted; numa_miss: came here although another was wanted; numa_foreign: was wanted here, came from elsewhere.',
		'Documentation/admin-guide/numastat.rst'
	),
	file(/node\d+\/vmstat$/, `${NODE}/nodeN/vmstat`, 'Counters of one node.', 'Linux 7.2.13 drivers/base/node.c'),
	file(/node\d+\/distance$/, `${NODE}/nodeN/distance`, 'Distances from this node: 10 is itself.', 'ACPI SLIT; drivers/base/node.c'),
	file(
		/access[01]\//,
		`${NODE}/nodeN/accessC`,
		'Latency in ns and bandwidth in MiB/s as firmware tells them.',
		'Documentation/admin-guide/mm/numaperf.rst'
	),
	file(
		/power\/state$/,
		'/sys/power/state',
		'Writing mem or freeze puts the machine to sleep, to RAM or to idle; the write returns when it is awake again.',
		'Documentation/admin-guide/pm/sleep-states.rst'
	),
	file(
		/hugepages-2048kB\/|vm\/nr_hugepages$/,
		'/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages',
		'Size of the pool of huge pages, of the machine or of a node; free, reserved and surplus beside it.',
		'Documentation/admin-guide/mm/hugetlbpage.rst'
	),
	file(
		/power\/mem_sleep$/,
		'/sys/power/mem_sleep',
		'What mem means: the word in brackets.',
		'Documentation/admin-guide/pm/sleep-states.rst'
	),
	file(
		/rtc0\/wakealarm$/,
		'/sys/class/rtc/rtc0/wakealarm',
		'When the clock wakes the machine: seconds, or +seconds from now.',
		'Linux 7.2.13 drivers/rtc/sysfs.c'
	),
	file(/node\d+\/?$/, `${NODE}/nodeN`, 'One NUMA node: CPUs, memory, or both.', 'Linux 7.2.13 drivers/base/node.c'),
	file(
		/memory_tier\d+\/nodelist$/,
		'/sys/devices/virtual/memory_tiering/memory_tierN/nodelist',
		'Nodes of this tier; a higher number is slower memory.',
		'Linux 7.2.13 mm/memory-tiers.c'
	),
	file(
		/demotion_enabled$/,
		'/sys/kernel/mm/numa/demotion_enabled',
		'Whether reclaim moves cold pages to a slower node; false by default.',
		'Linux 7.2.13 mm/memory-tiers.c'
	),
	file(
		/weighted_interleave\//,
		'/sys/kernel/mm/mempolicy/weighted_interleave',
		'Weights of weighted interleave, 1 to 255; auto follows bandwidth.',
		'Linux 7.2.13 mm/mempolicy.c'
	),
	file(
		/transparent_hugepage\/enabled$/,
		'/sys/kernel/mm/transparent_hugepage/enabled',
		'When huge pages are used; the word in brackets is in force.',
		'Documentation/admin-guide/mm/transhuge.rst'
	),
	file(
		/memory_hotplug\/parameters\/online_policy$/,
		'/sys/module/memory_hotplug/parameters/online_policy',
		'How a plain online chooses the zone: contig-zones or auto-movable.',
		HOTPLUG
	),
	file(
		/auto_movable_ratio$/,
		'/sys/module/memory_hotplug/parameters/auto_movable_ratio',
		'Most movable memory in percent of kernel memory for auto-movable; 301 by default.',
		HOTPLUG
	),
	file(
		/auto_movable_numa_aware$/,
		'/sys/module/memory_hotplug/parameters/auto_movable_numa_aware',
		'Y: the ratio holds for each node too, so a node without boot memory stays Normal.',
		HOTPLUG
	),
	file(
		/memmap_on_memory$/,
		'/sys/module/memory_hotplug/parameters/memmap_on_memory',
		'Y: added memory holds its own page descriptors.',
		HOTPLUG
	),
	file(
		/virtio_mem\/parameters\/unplug_online$/,
		'/sys/module/virtio_mem/parameters/unplug_online',
		'N: the driver leaves online memory blocks alone when it unplugs.',
		'Linux 7.2.13 drivers/virtio/virtio_mem.c'
	),
	file(
		/virtio_mem\/parameters\/force_bbm$/,
		'/sys/module/virtio_mem/parameters/force_bbm',
		'Y: whole memory blocks only, no sub-blocks.',
		'Linux 7.2.13 drivers/virtio/virtio_mem.c'
	)
];

/** The file that a path names, explained. */
export function fileWord(path: string): ConsoleWord | null {
	const found = FILES.find((entry) => entry.path.test(path));
	return found ? { word: path, form: found.form, sentence: found.sentence, source: found.source, manner: 'shell' } : null;
}
