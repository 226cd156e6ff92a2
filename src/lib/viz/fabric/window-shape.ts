import { formatBytesBinary } from '../../base/format.ts';
import type { FabricCommand } from '../../engine/contract/fabric-commands.ts';
import type { InterleaveAnswer } from '../../engine/contract/fabric-load.ts';

/** The shape of a window's interleave in words, and the command that changes one part of it. */
export type ShapePart = 'ways' | 'granularity' | 'arithmetic';

/** "4 ways of 256 B, XOR", "1 way". */
export function shapeWords({
	ways,
	granularity,
	arithmetic
}: Pick<InterleaveAnswer, 'ways' | 'granularity' | 'arithmetic'>): string {
	if (ways === 1) return '1 way';
	return `${ways} ways of ${formatBytesBinary(granularity)}${arithmetic === 'xor' ? ', XOR' : ''}`;
}

export const interleaveCommand = (
	shape: Pick<InterleaveAnswer, 'host' | 'window'>,
	part: ShapePart,
	value: string | number
): FabricCommand => ({
	name: 'fabric',
	actor: 'build',
	at: shape.host,
	execute: 'set-interleave',
	arguments: { window: shape.window, [part]: value }
});

/** Bits of a mask from the highest shown down; the lowest one is what the parity replaces. */
export function maskBits(mask: number): number[] {
	const bits: number[] = [];
	for (let bit = 0; bit < 52; bit += 1) if (Math.floor(mask / 2 ** bit) % 2 === 1) bits.push(bit);
	return bits;
}

export interface MaskRow {
	/** Highest first. */
	readonly bits: readonly { readonly bit: number; readonly value: 0 | 1 }[];
	readonly parity: 0 | 1;
	/** Bit of the way that it gives. */
	readonly lowest: number;
}

/** For each mask what the address has in its bits, and their parity: what an XOR window puts in the place of its lowest bit. */
export function maskRows(hpa: number, masks: readonly number[]): MaskRow[] {
	return masks.map((mask) => {
		const bits = maskBits(mask).map((bit) => ({
			bit,
			value: (Math.floor(hpa / 2 ** bit) % 2) as 0 | 1
		}));
		return {
			bits: bits.toReversed(),
			parity: (bits.filter((one) => one.value === 1).length % 2) as 0 | 1,
			lowest: bits[0]?.bit ?? 0
		};
	});
}
