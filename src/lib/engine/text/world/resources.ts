import { GIB, PAGE_BYTES } from '../../../base/units.ts';
import { daxName, kmemRange } from '../../cxl/dax.ts';
import { cxlOf, regionName } from '../../cxl/find.ts';
import { firmwareMemory } from '../../machine/firmware.ts';
import { machineOf } from '../../machine/machine-of.ts';
import { mapOf } from '../../machine/map.ts';
import { logName } from '../../mm/drivers/notifier.ts';
import { blockState, pagesPerBlock } from '../../mm/blocks/sections.ts';
import { osRecord } from '../../mm/os/os.ts';
import type { VirtioMemRecord } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';
import type { Resource } from '../iomem.ts';

/**
 * Who claims which physical addresses: firmware, boot memory, DIMMs, virtio-mem. Our simplification: the kernel's own image,
 * PCI windows and the chips of the board are left out, since nothing here lies in them.
 */
export function resourcesOf(world: World, os: number): Resource[] {
	return [...firmwareResources(world, os), ...dimmResources(world, os), ...virtioMemResources(world, os), ...cxlResources(world, os)];
}

const RESERVED = 'Reserved';
const SYSTEM_RAM = 'System RAM';
/** What SeaBIOS reports as reserved on every machine: EBDA, its own ROM, KVM's pages and the flash below 4 GiB. */
const FIRMWARE: readonly (readonly [firstByte: number, endByte: number])[] = [
	[0x0009fc00, 0x000a0000],
	[0x000f0000, 0x00100000],
	[0xfeffc000, 0xff000000],
	[0xfffc0000, 4 * GIB]
];
/** PCI configuration space of q35 (SeaBIOS src/fw/pciinit.c, mch_mmconfig_setup). */
const Q35_ECAM = [0xb0000000, 0xc0000000] as const;

/** Linux keeps page 0 for itself (arch/x86/kernel/setup.c, trim_bios_range). */
function firmwareResources(world: World, os: number): Resource[] {
	const machine = machineOf(world, os);
	const { lowBytes } = mapOf(machine);
	const ram = joined(
		firmwareMemory(machine).map(({ startPfn, endPfn }) => ({
			firstByte: startPfn * PAGE_BYTES,
			// Usable memory below the EBDA ends in the middle of a page.
			endByte: endPfn === 0x9f ? 0x9fc00 : endPfn * PAGE_BYTES,
			name: SYSTEM_RAM
		}))
	);
	const tables = ram.find((range) => range.firstByte < lowBytes && range.endByte > 0x100000);
	const reserved = [
		[0, PAGE_BYTES],
		...FIRMWARE,
		...(machine.chipset === 'q35' ? [Q35_ECAM] : []),
		[tables?.endByte ?? lowBytes, lowBytes]
	];
	return [
		...ram,
		...reserved
			.map(([firstByte, endByte]): Resource => ({ firstByte: firstByte as number, endByte: endByte as number, name: RESERVED }))
			.filter((range) => range.firstByte < range.endByte)
	];
}

/** e820 knows no nodes: neighbours are one range. */
function joined(ranges: readonly Resource[]): Resource[] {
	const all: Resource[] = [];
	for (const range of ranges) {
		const last = all.at(-1);
		if (last?.endByte === range.firstByte) all[all.length - 1] = { ...last, endByte: range.endByte };
		else all.push(range);
	}
	return all;
}

/** One resource per DIMM that the guest took in (drivers/acpi/acpi_memhotplug.c adds it in one piece). */
function dimmResources(world: World, os: number): Resource[] {
	return world.r.dimms
		.filter((dimm) => dimm.os === os && dimm.state !== 'gone' && addedBlocks(world, os, dimm.addr, dimm.bytes).length > 0)
		.map((dimm) => ({ firstByte: dimm.addr, endByte: dimm.addr + dimm.bytes, name: SYSTEM_RAM }));
}

/**
 * drivers/virtio/virtio_mem.c claims the region in the device's name; memory that it adds is told apart by name, and
 * neighbours are merged (MHP_MERGE_RESOURCE). The series of 2020 added plain System RAM.
 */
function virtioMemResources(world: World, os: number): Resource[] {
	const today = osRecord(world, os).profile === 'linux-7.2';
	return world.r.virtioMems
		.filter((device) => device.os === os && device.state === 'plugged' && device.driver.state !== 'absent')
		.flatMap((device): Resource[] => {
			const region = { firstByte: device.addr, endByte: device.addr + device.regionBytes, name: parentName(world, device) };
			const added = addedBlocks(world, os, device.addr, device.regionBytes);
			if (!today) return added.map((range) => ({ ...range, name: SYSTEM_RAM }));
			return [region, ...joined(added.map((range) => ({ ...range, name: `${SYSTEM_RAM} (virtio_mem)` })))];
		});
}

/** Windows, the regions cut from them, dax devices that a driver claimed, and what kmem added (drivers/cxl/acpi.c, drivers/dax). */
function cxlResources(world: World, os: number): Resource[] {
	const cxl = cxlOf(world, os);
	if (cxl === null) return [];
	const windows = cxl.windows.map((window, at) => range(window.base, window.bytes, `CXL Window ${at}`));
	const regions = cxl.regions.filter((region) => region.bytes > 0).map((region) => range(region.start, region.bytes, regionName(region)));
	const claimed = cxl.daxes.filter((dax) => dax.driver !== 'none');
	const daxes = claimed.map((dax) => range(dax.start, dax.bytes, daxName(dax)));
	const added = claimed
		.filter((dax) => dax.driver === 'kmem')
		.map((dax) => {
			const { start, bytes } = kmemRange(world, os, dax);
			return range(start, bytes, `${SYSTEM_RAM} (kmem)`);
		});
	return [...windows, ...regions, ...daxes, ...added];
}
const range = (start: number, bytes: number, name: string): Resource => ({ firstByte: start, endByte: start + bytes, name });

const parentName = (world: World, device: VirtioMemRecord): string => logName(world, device).replace('virtio_mem ', '');

/** Memory blocks of a range that Linux knows. */
function addedBlocks(world: World, os: number, addr: number, bytes: number): Omit<Resource, 'name'>[] {
	const blockBytes = pagesPerBlock(world, os) * PAGE_BYTES;
	const found: Omit<Resource, 'name'>[] = [];
	for (let id = Math.ceil(addr / blockBytes); (id + 1) * blockBytes <= addr + bytes; id += 1)
		if (blockState(world, os, id) !== null) found.push({ firstByte: id * blockBytes, endByte: (id + 1) * blockBytes });
	return found;
}
