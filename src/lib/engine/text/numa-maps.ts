import { hexadecimal } from './pad.ts';

/** One line of /proc/PID/numa_maps. Counts are pages of 4 KiB. */
export interface NumaMapsLine {
	readonly start: number;
	readonly policy: string;
	/** "heap", "stack", or a path; null for an anonymous range. */
	readonly file: string | null;
	/** A mapping of hugetlb: counts are huge pages. */
	readonly huge?: boolean;
	readonly anonymous: number;
	readonly dirty: number;
	/** All pages found, those of files included. */
	readonly pages: number;
	readonly mapcountMax: number;
	readonly swapCache: number;
	/** On an active list, or unevictable. */
	readonly active: number;
	readonly writeback: number;
	readonly byNode: readonly (readonly [node: number, pages: number])[];
	readonly pageKib: number;
}

/** /proc/PID/numa_maps (Linux 7.2.13 fs/proc/task_mmu.c, show_numa_map): a counter is left out when it says nothing new. */
export function numaMaps(lines: readonly NumaMapsLine[]): string {
	return lines.map((line) => `${lineText(line)}\n`).join('');
}

function lineText(line: NumaMapsLine): string {
	const words = [hexadecimal(line.start, 8), line.policy];
	if (line.file !== null) words.push(line.file === 'heap' || line.file === 'stack' ? line.file : `file=${escapePath(line.file)}`);
	if (line.huge) words.push('huge');
	if (line.pages === 0) return words.join(' ');
	if (line.anonymous > 0) words.push(`anon=${line.anonymous}`);
	if (line.dirty > 0) words.push(`dirty=${line.dirty}`);
	if (line.pages !== line.anonymous && line.pages !== line.dirty) words.push(`mapped=${line.pages}`);
	if (line.mapcountMax > 1) words.push(`mapmax=${line.mapcountMax}`);
	if (line.swapCache > 0) words.push(`swapcache=${line.swapCache}`);
	if (line.active < line.pages) words.push(`active=${line.active}`);
	if (line.writeback > 0) words.push(`writeback=${line.writeback}`);
	for (const [node, pages] of line.byNode) if (pages > 0) words.push(`N${node}=${pages}`);
	words.push(`kernelpagesize_kB=${line.pageKib}`);
	return words.join(' ');
}

/** seq_path escapes what would break the columns (fs/proc: "\n\t= "). */
function escapePath(path: string): string {
	return path.replace(/[\n\t= ]/g, (letter) => `\\${letter.charCodeAt(0).toString(8).padStart(3, '0')}`);
}
