import { formatAddress } from '../../base/address.ts';
import { PAGE_BYTES, PAGES_PER_BLOCK } from '../../base/units.ts';
import type { FindAnswer } from '../contract/queries.ts';
import { BLOCKS_PER_SECTION } from '../mm/os/os.ts';
import type { MemoryRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { memoryBlockView } from '../text/world/sections.ts';
import { frameAnswer } from './frame.ts';

type Hit = FindAnswer['hits'][number];

/** Places and names on Linux machines: a pfn or a physical address, a memory block, a process, a pid, a device. */
export function findOnMachines(world: World, wanted: string, address: number | null): Hit[] {
	const pfn = /^pfn\s+(0x[0-9a-f]+|\d+)$/.exec(wanted)?.[1];
	const block = /^memory\s*(\d+)$/.exec(wanted)?.[1];
	const pid = /^pid\s+(\d+)$/.exec(wanted)?.[1];
	return world.r.oses.flatMap((os, index): Hit[] => {
		const memory = world.r.memories[os.memory] as MemoryRecord;
		const hits: Hit[] = [];
		const add = (label: string, object: Hit['object'], at: number | null): void => {
			hits.push({ label: `${label} of ${os.id}`, object, memory: at === null ? null : memory.id, block: at, atNs: null });
		};
		for (const place of [pfn === undefined ? null : Number(pfn), address === null ? null : Math.floor(address / PAGE_BYTES)]) {
			const answer = place === null ? null : frameAnswer(world, os.id, place);
			if (answer)
				add(
					`pfn ${answer.pfn} (${formatAddress(answer.pfn * PAGE_BYTES)})`,
					{ type: 'frame', machine: os.id, pfn: answer.pfn },
					Math.floor(answer.pfn / PAGES_PER_BLOCK)
				);
		}
		const view = block === undefined ? null : memoryBlockView(world, index, Number(block));
		if (view)
			add(
				`memory${view.id}, ${view.state}`,
				{ type: 'memoryBlock', machine: os.id, block: view.id },
				view.firstSection * BLOCKS_PER_SECTION
			);
		for (const process of world.r.processes)
			if (process.os === index && (process.id.toLowerCase() === wanted || String(process.pid) === pid))
				add(`process ${process.id}, pid ${process.pid}`, { type: 'process', machine: os.id, process: process.id }, null);
		for (const device of world.r.virtioMems)
			if (device.os === index && device.id.toLowerCase() === wanted)
				add(
					`virtio-mem ${device.id}`,
					{ type: 'virtioMem', machine: os.id, device: device.id },
					Math.floor(device.addr / (PAGE_BYTES * PAGES_PER_BLOCK))
				);
		if (os.id.toLowerCase() === wanted)
			hits.push({ label: `machine ${os.id}`, object: { type: 'host', host: os.id }, memory: null, block: null, atNs: null });
		return hits;
	});
}
