import type { OsRecord } from '../../state/machine-records.ts';

/**
 * Boot memory that never enters the buddy (decision D15): a labelled profile. Figures in pages, fitted on recordings of
 * Debian 7.2.13 (kernel 7.2.13+deb14-amd64, initrd and hash tables included) at 512 MiB and 1 GiB, with one and with two
 * nodes; the formulae over RAM size, nodes and CPUs hold for every size.
 */
export const BOOT_PROFILE = {
	/** Kernel image, its BSS and early page tables, from 16 MiB on. */
	kernelImagePages: 10_670,
	/** Initrd and what memblock gave away before the buddy started, at the top of RAM below 4 GiB. */
	initrdPages: 17_091,
	/** pg_data_t and its zones, one per possible node. */
	nodeDataPages: 42,
	/** Per-CPU area, embedded first chunk ("Embedded 66 pages/cpu"). */
	perCpuPages: 66,
	/** Usage maps of sections: one page per 512 MiB. */
	bytesPerUsageMapPage: 512 * 2 ** 20,
	/** Distance table of a machine that has one. */
	distanceTablePages: 2,
	/** struct page: 64 bytes per page of 4 KiB. */
	pagesPerMemmapPage: 64,
	/** Dentry cache: one slot of 8 bytes per 8 KiB of RAM; inode cache per 16 KiB (mm/mm_init.c, scale 13 and 14). */
	dentryBytesPerSlot: 8192,
	inodeBytesPerSlot: 16_384
} as const;

/** Usable memory as the firmware's map tells it, with the node of each range. Ascending. */
export interface MemoryRange {
	readonly node: number;
	readonly startPfn: number;
	readonly endPfn: number;
}

const FIRST_KERNEL_PFN = 4096;
const PFN_1MIB = 256;
const PFN_4GIB = 1_048_576;

/** Ranges that stay free after boot has taken its share, ascending. */
export function freeAfterBoot(os: OsRecord, ranges: readonly MemoryRange[], distanceTable: boolean): MemoryRange[] {
	const free = new FreeRanges(ranges);
	// x86 gives nothing below 1 MiB to the buddy: trampoline, EBDA and BIOS data (arch/x86/kernel/setup.c, since 5.13).
	free.drop((range) => range.startPfn < PFN_1MIB);
	free.takeFrom(FIRST_KERNEL_PFN, BOOT_PROFILE.kernelImagePages);
	const pages = ranges.reduce((sum, range) => sum + range.endPfn - range.startPfn, 0);
	const withMemory = new Set(ranges.map((range) => range.node));
	const usageMaps = Math.ceil((pages * 4096) / BOOT_PROFILE.bytesPerUsageMapPage);
	free.takeTop(
		BOOT_PROFILE.initrdPages + usageMaps + (distanceTable ? BOOT_PROFILE.distanceTablePages : 0),
		(range) => range.startPfn < PFN_4GIB
	);
	for (const node of os.nodes) {
		const spanned = ranges.filter((range) => range.node === node.id);
		const own = (range: MemoryRange): boolean => range.node === node.id;
		const data = BOOT_PROFILE.nodeDataPages + node.cpus.length * BOOT_PROFILE.perCpuPages;
		// A node without memory keeps its data on another one (mm/mm_init.c, memblock falls back).
		free.takeTop(data, withMemory.has(node.id) ? own : () => true);
		free.takeTop(memmapPages(spanned), own);
	}
	// With several nodes the tables are vmalloc'ed from the buddy (hashdist, mm/mm_init.c); with one they come out of memblock.
	if (withMemory.size === 1) free.takeTop(hashPages(pages * 4096), () => true);
	return free.ascending();
}

/** 64 bytes for every page of every section that holds memory. */
function memmapPages(ranges: readonly MemoryRange[]): number {
	const sections = new Set<number>();
	for (const range of ranges)
		for (let section = Math.floor(range.startPfn / 32_768); section * 32_768 < range.endPfn; section += 1) sections.add(section);
	return (sections.size * 32_768) / BOOT_PROFILE.pagesPerMemmapPage;
}

function hashPages(ramBytes: number): number {
	const table = (bytesPerSlot: number): number => (powerOfTwoFrom(ramBytes / bytesPerSlot) * 8) / 4096;
	return Math.ceil(table(BOOT_PROFILE.dentryBytesPerSlot)) + Math.ceil(table(BOOT_PROFILE.inodeBytesPerSlot));
}

function powerOfTwoFrom(value: number): number {
	let power = 1;
	while (power < value) power *= 2;
	return power;
}

/** What memblock does: free ranges that give from the top, or from a fixed place. */
class FreeRanges {
	private ranges: { node: number; startPfn: number; endPfn: number }[];

	constructor(ranges: readonly MemoryRange[]) {
		this.ranges = ranges.map((range) => ({ ...range }));
	}

	drop(which: (range: MemoryRange) => boolean): void {
		this.ranges = this.ranges.filter((range) => !which(range));
	}

	takeFrom(startPfn: number, pages: number): void {
		const next: typeof this.ranges = [];
		for (const range of this.ranges) {
			const from = Math.max(range.startPfn, startPfn);
			const to = Math.min(range.endPfn, startPfn + pages);
			if (from >= to) next.push(range);
			else {
				if (range.startPfn < from) next.push({ ...range, endPfn: from });
				if (to < range.endPfn) next.push({ ...range, startPfn: to });
			}
		}
		this.ranges = next;
	}

	/** As many pages as there are, from the highest range on that fits the condition. */
	takeTop(pages: number, which: (range: MemoryRange) => boolean): void {
		let left = pages;
		for (let at = this.ranges.length - 1; at >= 0 && left > 0; at -= 1) {
			const range = this.ranges[at] as (typeof this.ranges)[number];
			if (!which(range)) continue;
			const taken = Math.min(left, range.endPfn - range.startPfn);
			range.endPfn -= taken;
			left -= taken;
		}
		this.ranges = this.ranges.filter((range) => range.endPfn > range.startPfn);
	}

	ascending(): MemoryRange[] {
		return this.ranges.map((range) => ({ ...range }));
	}
}
