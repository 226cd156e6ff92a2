import { hexadecimal } from './pad.ts';

/** A range of physical addresses that somebody has claimed (Linux 7.2.13 include/linux/ioport.h, struct resource). */
export interface Resource {
	readonly firstByte: number;
	/** One past its end. */
	readonly endByte: number;
	readonly name: string;
}

/** A claim inside a claim: what the kernel's tree of resources keeps as a child. */
interface Nested extends Resource {
	readonly children: Nested[];
}

/** r_show stops at this depth. */
const DEEPEST = 5;
const DIGITS = 8;

/**
 * /proc/iomem (kernel/resource.c, r_show): ascending; a resource inside another is indented by two blanks. Addresses have
 * at least eight digits.
 */
export function iomem(resources: readonly Resource[]): string {
	const lines: string[] = [];
	const print = (list: readonly Nested[], depth: number): void => {
		for (const { firstByte, endByte, name, children } of list) {
			lines.push(
				`${'  '.repeat(Math.min(depth, DEEPEST))}${hexadecimal(firstByte, DIGITS)}-${hexadecimal(endByte - 1, DIGITS)} : ${name}\n`
			);
			print(children, depth + 1);
		}
	};
	print(nested(resources), 0);
	return lines.join('');
}

/** By address, the larger first; what lies wholly inside another is its child. Of equal ranges the first given is the outer one. */
function nested(resources: readonly Resource[]): Nested[] {
	const sorted = resources
		.map((resource, index) => ({ ...resource, index }))
		.sort((a, b) => a.firstByte - b.firstByte || b.endByte - a.endByte || a.index - b.index);
	const top: Nested[] = [];
	const open: Nested[] = [];
	for (const { firstByte, endByte, name } of sorted) {
		const each: Nested = { firstByte, endByte, name, children: [] };
		while (open.length > 0 && (open.at(-1) as Nested).endByte < endByte) open.pop();
		(open.at(-1)?.children ?? top).push(each);
		open.push(each);
	}
	return top;
}
