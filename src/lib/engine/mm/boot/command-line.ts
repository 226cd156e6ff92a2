import type { OsSettings } from '../../state/machine-records.ts';

/** kernelcore= and movablecore= as they were given: pages, or percent of all memory. */
export interface CoreWish {
	readonly kernelPages: number | null;
	readonly kernelPercent: number | null;
	readonly movablePages: number | null;
	readonly movablePercent: number | null;
}

/**
 * The kernel's command line (Linux 7.2.13 Documentation/admin-guide/kernel-parameters.txt): words that decide about
 * memory. What the model does not know stays in /proc/cmdline without effect, as unknown words do in Linux.
 */
export function readCommandLine(append: string, settings: OsSettings): CoreWish {
	const wish = { kernelPages: null, kernelPercent: null, movablePages: null, movablePercent: null } as {
		-readonly [key in keyof CoreWish]: CoreWish[key];
	};
	for (const word of append.split(/\s+/)) {
		const at = word.indexOf('=');
		const name = (at < 0 ? word : word.slice(0, at)).replaceAll('-', '_');
		const value = at < 0 ? '' : word.slice(at + 1);
		switch (name) {
			case 'memhp_default_state':
				if (isOnlineWord(value)) settings.autoOnline = value;
				break;
			case 'memory_hotplug.online_policy':
				if (value === 'contig-zones' || value === 'auto-movable') settings.onlinePolicy = value;
				break;
			case 'memory_hotplug.auto_movable_ratio':
				if (/^\d+$/.test(value)) settings.autoMovableRatio = Number(value);
				break;
			case 'memory_hotplug.auto_movable_numa_aware':
				settings.autoMovableNumaAware = readBoolean(value) ?? settings.autoMovableNumaAware;
				break;
			case 'memory_hotplug.memmap_on_memory':
				settings.memmapOnMemory = value === 'force' ? true : (readBoolean(value) ?? settings.memmapOnMemory);
				break;
			case 'movable_node':
				settings.movableNode = true;
				break;
			case 'kernelcore':
			case 'movablecore': {
				const of = name === 'kernelcore' ? 'kernel' : 'movable';
				const percent = /^(\d+)%$/.exec(value);
				if (percent) wish[`${of}Percent`] = Math.min(100, Number(percent[1]));
				else wish[`${of}Pages`] = readPages(value);
				break;
			}
			case 'transparent_hugepage':
				if (value === 'always' || value === 'madvise' || value === 'never') settings.thp = value;
				break;
			case 'numa_balancing':
				if (value === 'enable') settings.numaBalancing = 1;
				if (value === 'disable') settings.numaBalancing = 0;
				break;
			case 'virtio_mem.force_bbm':
				settings.forceBbm = readBoolean(value) ?? settings.forceBbm;
				break;
			case 'virtio_mem.unplug_online':
				settings.unplugOnline = readBoolean(value) ?? settings.unplugOnline;
				break;
			case 'virtio_mem.bbm_block_size':
				settings.bbmBlockSize = (readPages(value) ?? 0) * 4096;
				break;
			default:
		}
	}
	// mm/mm_init.c, find_zone_movable_pfns_for_nodes: movable_node wins, and firmware calls no boot memory hotpluggable here.
	if (settings.movableNode) return { kernelPages: null, kernelPercent: null, movablePages: null, movablePercent: null };
	return wish;
}

/** mem=: pages of physical addresses that are used at boot (arch/x86/kernel/e820.c, parse_memopt); null without a limit. */
export function memoryLimit(append: string): number | null {
	const word = append.split(/\s+/).findLast((each) => each.startsWith('mem=') && each !== 'mem=nopentium');
	return word === undefined ? null : readPages(word.slice('mem='.length));
}

/** no5lvl (arch/x86/boot/startup/la57toggle.c): page tables keep four levels. */
export const noFiveLevels = (append: string): boolean => /(^|\s)no5lvl(\s|$)/.test(append);

/**
 * swiotlb=SLOTS[,AREAS][,force|noforce] (kernel/dma/swiotlb.c, setup_io_tlb_npages): slots of 2 KiB in whole segments of 128;
 * 64 MiB without a number.
 */
export function bounceWish(append: string): { readonly slots: number; readonly forced: boolean; readonly off: boolean } {
	const words = (/(?:^|\s)swiotlb=(\S*)/.exec(append)?.[1] ?? '').split(',');
	const number = /^\d+$/.test(words[0] ?? '') ? Number(words[0]) : 0;
	return { slots: number === 0 ? 32_768 : Math.ceil(number / 128) * 128, forced: words.includes('force'), off: words.includes('noforce') };
}

/** numa=off (arch/x86/mm/numa.c): what firmware says of nodes is not looked at. */
export const numaOff = (append: string): boolean => /(^|\s)numa=off(\s|$)/.test(append);

export function isOnlineWord(text: string): text is OsSettings['autoOnline'] {
	return text === 'offline' || text === 'online' || text === 'online_kernel' || text === 'online_movable';
}

/** kstrtobool (lib/kstrtox.c): the first letters decide; a bare parameter is true. */
export function readBoolean(text: string): boolean | null {
	if (text === '' || /^[yYtT1]/.test(text) || /^[oO][nN]/.test(text)) return true;
	if (/^[nNfF0]/.test(text) || /^[oO][fF]/.test(text)) return false;
	return null;
}

/** memparse (lib/cmdline.c): a number with K, M, G, T, P, E. */
function readPages(text: string): number | null {
	const match = /^(0x[0-9a-f]+|\d+)([kmgtpe]?)/i.exec(text);
	if (!match) return null;
	let bytes = Number(match[1]);
	for (let power = 'kmgtpe'.indexOf((match[2] ?? '').toLowerCase()); match[2] !== '' && power >= 0; power -= 1) bytes *= 1024;
	return Math.floor(bytes / 4096);
}
