import type { ZoneName } from '../../contract/machine-status.ts';
import type { CoreWish } from './command-line.ts';
import type { MemoryRange } from './reserved.ts';

/** Zones at boot: which pfns each spans and how many pages are there (Linux 7.2.13 mm/mm_init.c). */

export interface BootZone {
	readonly node: number;
	readonly name: ZoneName;
	readonly startPfn: number;
	readonly endPfn: number;
	readonly presentPages: number;
}

/** Borders of x86-64: 16 MiB and 4 GiB (arch/x86/mm/init.c, zone_sizes_init). */
const LIMITS: readonly { name: ZoneName; from: number; to: number }[] = [
	{ name: 'DMA', from: 0, to: 4096 },
	{ name: 'DMA32', from: 4096, to: 1_048_576 },
	{ name: 'NORMAL', from: 1_048_576, to: Number.MAX_SAFE_INTEGER }
];
/** MAX_ORDER_NR_PAGES: ZONE_MOVABLE begins on such a border. */
const LARGEST_CHUNK = 1024;

export function bootZones(ranges: readonly MemoryRange[], wish: CoreWish): BootZone[] {
	const movableFrom = movableStarts(ranges, wish);
	const zones: BootZone[] = [];
	for (const node of [...new Set(ranges.map((range) => range.node))].sort((a, b) => a - b)) {
		const own = ranges.filter((range) => range.node === node);
		const first = Math.min(...own.map((range) => range.startPfn));
		const last = Math.max(...own.map((range) => range.endPfn));
		const border = movableFrom.get(node) ?? last;
		for (const limit of LIMITS) push(zones, own, node, limit.name, Math.max(first, limit.from), Math.min(last, limit.to, border));
		push(zones, own, node, 'MOVABLE', Math.max(first, border), last);
	}
	return zones;
}

function push(zones: BootZone[], ranges: readonly MemoryRange[], node: number, name: ZoneName, startPfn: number, endPfn: number): void {
	const presentPages = pagesIn(ranges, startPfn, endPfn);
	if (presentPages > 0) zones.push({ node, name, startPfn, endPfn, presentPages });
}

function pagesIn(ranges: readonly MemoryRange[], startPfn: number, endPfn: number): number {
	return ranges.reduce((sum, range) => sum + Math.max(0, Math.min(range.endPfn, endPfn) - Math.max(range.startPfn, startPfn)), 0);
}

/**
 * Where ZONE_MOVABLE begins on each node (mm/mm_init.c, find_zone_movable_pfns_for_nodes): the kernel's share is spread
 * evenly over the nodes with memory, pages below the highest kernel zone count first, and what a small node cannot give is
 * asked of the others in another round.
 */
function movableStarts(ranges: readonly MemoryRange[], wish: CoreWish): Map<number, number> {
	const starts = new Map<number, number>();
	const total = ranges.reduce((sum, range) => sum + range.endPfn - range.startPfn, 0);
	const percent = (value: number | null): number | null => (value === null ? null : Math.floor((total * 100 * value) / 10_000));
	let required = percent(wish.kernelPercent) ?? wish.kernelPages ?? 0;
	const movable = percent(wish.movablePercent) ?? wish.movablePages ?? 0;
	if (movable > 0) {
		const rounded = Math.min(total, Math.ceil(movable / LARGEST_CHUNK) * LARGEST_CHUNK);
		required = Math.max(required, total - rounded);
	}
	if (required === 0 || required >= total) return starts;
	const usable = Math.max(...LIMITS.filter((limit) => pagesIn(ranges, limit.from, limit.to) > 0).map((limit) => limit.from));
	const nodes = [...new Set(ranges.map((range) => range.node))].sort((a, b) => a - b);
	let usableNodes = nodes.length;
	for (;;) {
		const share = Math.floor(required / usableNodes);
		for (const node of nodes) {
			// Less is left than one share: the rest is shared anew.
			if (required < share) break;
			let remaining = share;
			for (const range of ranges.filter((candidate) => candidate.node === node)) {
				let start = Math.max(range.startPfn, starts.get(node) ?? 0);
				if (start >= range.endPfn) continue;
				if (start < usable) {
					const below = Math.min(range.endPfn, usable) - start;
					remaining -= Math.min(below, remaining);
					required -= Math.min(below, required);
					starts.set(node, Math.min(range.endPfn, usable));
					if (range.endPfn <= usable) continue;
					start = usable;
				}
				const size = Math.min(range.endPfn - start, remaining);
				starts.set(node, start + size);
				required -= Math.min(required, size);
				remaining -= size;
				if (remaining === 0) break;
			}
		}
		usableNodes -= 1;
		if (usableNodes === 0 || required <= usableNodes) break;
	}
	for (const [node, start] of starts) {
		const last = Math.max(...ranges.filter((range) => range.node === node).map((range) => range.endPfn));
		const rounded = Math.ceil(start / LARGEST_CHUNK) * LARGEST_CHUNK;
		if (rounded >= last) starts.delete(node);
		else starts.set(node, rounded);
	}
	return starts;
}
