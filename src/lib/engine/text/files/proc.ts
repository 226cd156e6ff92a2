import { ORDERS } from '../../contract/words.ts';
import { minFreeKbytes } from '../../mm/alloc/watermarks.ts';
import { hugeCounts } from '../../mm/hugetlb/pool.ts';
import { osRecord } from '../../mm/os/os.ts';
import type { World } from '../../state/world.ts';
import { buddyinfo, pagetypeinfo } from '../buddyinfo.ts';
import { meminfo, nameValue } from '../counters.ts';
import { numaMaps } from '../numa-maps.ts';
import { iomem } from '../iomem.ts';
import { right } from '../pad.ts';
import { zoneinfo } from '../zoneinfo.ts';
import { mapsOfProcess, processMemory } from '../world/maps.ts';
import { resourcesOf } from '../world/resources.ts';
import { meminfoOfMachine, vmstatOfMachine } from '../world/usage.ts';
import { zoneTexts } from '../world/zone-texts.ts';
import { buddyLines, pagetypeNodes } from '../world/zones.ts';
import type { ProcessRecord } from '../../state/machine-records.ts';
import { directory, file, line, type Directory, type Entry } from './tree.ts';

/** /proc of a machine: what belongs to memory. */
export function procDirectory(world: World, os: number): Directory {
	return directory(() => {
		const entries: Record<string, Entry> = {
			buddyinfo: file(() => buddyinfo(buddyLines(world, os))),
			cmdline: line(() => osRecord(world, os).append),
			iomem: file(() => iomem(resourcesOf(world, os))),
			meminfo: file(() => meminfo(meminfoOfMachine(world, os), hugeCounts(world, os, null))),
			pagetypeinfo: file(() => pagetypeinfo(pagetypeNodes(world, os), ORDERS)),
			sys: directory(() => ({ kernel: kernelSettings(world, os), vm: vmSettings(world, os) })),
			vmstat: file(() => nameValue(vmstatOfMachine(world, os))),
			zoneinfo: file(() => zoneinfo(zoneTexts(world, os)))
		};
		for (const process of world.r.processes)
			if (process.os === os && process.state === 'running') entries[String(process.pid)] = processDirectory(world, os, process);
		return entries;
	});
}

/** Documentation/admin-guide/sysctl/kernel.rst: 0 off, 1 classic, 2 tiering. */
const kernelSettings = (world: World, os: number): Directory =>
	directory(() => ({ numa_balancing: line(() => osRecord(world, os).settings.numaBalancing, true) }));

/** Documentation/admin-guide/sysctl/vm.rst. */
const vmSettings = (world: World, os: number): Directory =>
	directory(() => ({
		compact_memory: line(() => 0, true),
		drop_caches: line(() => 0, true),
		nr_hugepages: line(() => hugeCounts(world, os, null).total, true),
		min_free_kbytes: line(() => minFreeKbytes(world, os), true),
		watermark_scale_factor: line(() => osRecord(world, os).settings.watermarkScaleFactor, true)
	}));

function processDirectory(world: World, os: number, process: ProcessRecord): Directory {
	return directory(() => ({
		comm: line(() => process.id),
		numa_maps: file(() => numaMaps(mapsOfProcess(world, os, process))),
		status: file(() => statusText(world, os, process))
	}));
}

/** The memory lines of /proc/PID/status (fs/proc/task_mmu.c, task_mem). */
function statusText(world: World, os: number, process: ProcessRecord): string {
	const memory = processMemory(world, os, process);
	const rows = [
		['VmSize', memory.mapped],
		['VmLck', memory.locked],
		['VmPin', memory.pinned],
		['VmRSS', memory.resident],
		['RssAnon', memory.anonymous],
		['RssShmem', memory.shared],
		['VmSwap', memory.swapped]
	] as const;
	return `Name:\t${process.id}\nState:\tS (sleeping)\nPid:\t${process.pid}\n${rows.map(([name, pages]) => `${name}:\t${right(pages * 4, 8)} kB\n`).join('')}`;
}
