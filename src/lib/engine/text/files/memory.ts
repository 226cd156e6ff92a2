import { MEMORY_BLOCK_BYTES } from '../../../base/units.ts';
import { ZONE_TEXT } from '../../contract/machine-status.ts';
import { osRecord } from '../../mm/os/os.ts';
import { validZones } from '../../mm/blocks/zone-choice.ts';
import type { World } from '../../state/world.ts';
import { hexadecimal } from '../pad.ts';
import { memoryBlocksOf, type BlockView } from '../world/sections.ts';
import { directory, file, line, link, type Directory, type Entry } from './tree.ts';

export const MEMORY_PATH = '/sys/devices/system/memory';

/** /sys/devices/system/memory (Linux 7.2.13 drivers/base/memory.c). */
export function memoryDirectory(world: World, os: number): Directory {
	return directory(() => {
		const record = osRecord(world, os);
		const entries: Record<string, Entry> = {
			auto_online_blocks: line(() => record.settings.autoOnline, true),
			hard_offline_page: file(() => '', true),
			soft_offline_page: file(() => '', true),
			block_size_bytes: line(() => hexadecimal(record.sectionsPerBlock * MEMORY_BLOCK_BYTES))
		};
		for (const block of memoryBlocksOf(world, os)) entries[`memory${block.id}`] = blockDirectory(world, os, block);
		return entries;
	});
}

function blockDirectory(world: World, os: number, block: BlockView): Directory {
	return directory(() => ({
		...(block.node >= 0 ? { [`node${block.node}`]: link(`/sys/devices/system/node/node${block.node}`) } : {}),
		online: line(() => (block.state === 'offline' ? 0 : 1), true),
		phys_device: line(() => 0),
		phys_index: line(() => hexadecimal(block.id, 8)),
		// Always 1 since Linux 5.8: it promises nothing (drivers/base/memory.c, removable_show).
		removable: line(() => 1),
		state: line(() => block.state, true),
		valid_zones: line(() => validZonesText(world, os, block))
	}));
}

/** Online: its zone, or none when it spans several. Offline: the default zone, then what else it could become. */
export function validZonesText(world: World, os: number, block: BlockView): string {
	if (block.state !== 'offline') return block.zone === null || block.zone === 'none' ? 'none' : ZONE_TEXT[block.zone];
	return validZones(world, os, block.id)
		.map((zone) => ZONE_TEXT[zone])
		.join(' ');
}

export const blockLinks = (world: World, os: number, node: number): Record<string, Entry> =>
	Object.fromEntries(
		memoryBlocksOf(world, os)
			.filter((block) => block.node === node)
			.map((block) => [`memory${block.id}`, link(`${MEMORY_PATH}/memory${block.id}`)])
	);
