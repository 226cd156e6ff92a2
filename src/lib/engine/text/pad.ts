/** printf's widths: "%6d", "%-12s". */
export const right = (value: number | string, width: number): string => String(value).padStart(width, ' ');
export const left = (value: number | string, width: number): string => String(value).padEnd(width, ' ');
export const hexadecimal = (value: number, digits = 1): string => value.toString(16).padStart(digits, '0');

/** The kernel's list format of a set of numbers (lib/vsprintf.c, "%*pbl"): 0-2,5. */
export function rangeList(values: readonly number[]): string {
	const sorted = [...new Set(values)].sort((a, b) => a - b);
	const parts: string[] = [];
	for (let at = 0; at < sorted.length;) {
		let end = at;
		while (end + 1 < sorted.length && sorted[end + 1] === (sorted[end] as number) + 1) end += 1;
		parts.push(end === at ? `${sorted[at]}` : `${sorted[at]}-${sorted[end]}`);
		at = end + 1;
	}
	return parts.join(',');
}
