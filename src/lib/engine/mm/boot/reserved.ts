import type { OsRecord } from '../../state/machine-records.ts';
import { bounceWish, noFiveLevels, numaOff } from './command-line.ts';

/**
 * Boot memory that never enters the buddy (decision D15): a labelled profile. Figures in pages, fitted on recordings of
 * Debian 7.2.13 (kernel 7.2.13+deb14-amd64) at 512 MiB and 1 GiB, with one and with two nodes; the formulae over RAM size,
 * nodes, CPUs and levels of page tables hold for every size. The initrd is not among it: it is freed (init/initramfs.c).
 */
export const BOOT_PROFILE = {
	/** Kernel image, its BSS and early page tables, from 16 MiB on. */
	kernelImagePages: 10_670,
	/** What is left of the fit: page tables of the direct map. */
	directMapPages: 3,
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
	inodeBytesPerSlot: 16_384,
	/** Bounce buffers: slots of 2 KiB, each with a struct io_tlb_slot of 24 bytes (kernel/dma/swiotlb.c). */
	bounceSlotBytes: 2048,
	bounceRecordBytes: 24,
	/** struct mem_section is 32 bytes: 128 sections of 128 MiB hang on one pointer (mm/sparse.c, SPARSEMEM_EXTREME). */
	sectionsPerRoot: 128
} as const;

/** What else boot needs to know of the machine and of the command line. */
export interface BootFacts {
	/** The firmware tells distances of its own (SLIT). */
	readonly distanceTable: boolean;
	/** SRAT names a hotpluggable range above 4 GiB. */
	readonly hotpluggable: boolean;
	/** The CPU has LA57. */
	readonly fiveLevels: boolean;
	/** The CPU shows the flag "hypervisor". */
	readonly hypervisor: boolean;
	/** Smallest alignment of the CXL windows, if each is aligned to 256 MiB at least; null without windows. */
	readonly windowAlignBytes: number | null;
}

/** Usable memory as the firmware's map tells it, with the node of each range. Ascending. */
export interface MemoryRange {
	readonly node: number;
	readonly startPfn: number;
	readonly endPfn: number;
}

const SECTION_BYTES = 128 * 2 ** 20;
const FIRST_KERNEL_PFN = 4096;
const PFN_1MIB = 256;
const PFN_4GIB = 1_048_576;

/** Ranges that stay free after boot has taken its share, ascending. */
export function freeAfterBoot(os: OsRecord, ranges: readonly MemoryRange[], facts: BootFacts): MemoryRange[] {
	const free = new FreeRanges(ranges);
	// x86 gives nothing below 1 MiB to the buddy: trampoline, EBDA and BIOS data (arch/x86/kernel/setup.c, since 5.13).
	free.drop((range) => range.startPfn < PFN_1MIB);
	free.takeFrom(FIRST_KERNEL_PFN, BOOT_PROFILE.kernelImagePages);
	const pages = ranges.reduce((sum, range) => sum + range.endPfn - range.startPfn, 0);
	const withMemory = new Set(ranges.map((range) => range.node));
	const usageMaps = Math.ceil((pages * 4096) / BOOT_PROFILE.bytesPerUsageMapPage);
	// max_possible_pfn: memory that is there or, as SRAT says, may come (drivers/acpi/numa/srat.c; not looked at with numa=off).
	const above4Gib = ranges.some((range) => range.endPfn > PFN_4GIB) || (facts.hotpluggable && !numaOff(os.append));
	const tables = BOOT_PROFILE.directMapPages + sectionRootPages(facts.fiveLevels && !noFiveLevels(os.append));
	free.takeTop(
		bouncePages(above4Gib, os.append) + tables + usageMaps + (facts.distanceTable ? BOOT_PROFILE.distanceTablePages : 0),
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

/**
 * Bounce buffers for devices that reach only 32 bits: 64 MiB as soon as memory above 4 GiB is possible (Linux 7.2.13
 * arch/x86/kernel/pci-dma.c, pci_swiotlb_detect), or what swiotlb= says (kernel/dma/swiotlb.c, setup_io_tlb_npages).
 */
function bouncePages(wanted: boolean, append: string): number {
	const { slots, forced, off } = bounceWish(append);
	if (off || (!wanted && !forced)) return 0;
	const records = Math.ceil((slots * BOOT_PROFILE.bounceRecordBytes) / 4096);
	return (slots * BOOT_PROFILE.bounceSlotBytes) / 4096 + records;
}

/** Pointers to the roots of sections: 52 bits of physical addresses with five levels of page tables, else 46 (asm/sparsemem.h). */
function sectionRootPages(fiveLevels: boolean): number {
	const addresses = fiveLevels ? 2 ** 52 : 2 ** 46;
	return ((addresses / SECTION_BYTES / BOOT_PROFILE.sectionsPerRoot) * 8) / 4096;
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
