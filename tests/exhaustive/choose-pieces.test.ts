import { describe, expect, it } from 'vitest';
import { choosePieces } from '../../src/lib/engine/fabric/extents.ts';

/** Every pool of up to nine memory blocks, every way in which they are taken, every amount wanted. */
describe('choosing pieces of the pool', () => {
	it('takes what is free, all that is wanted, one run where one fits', () => {
		for (let size = 1; size <= 9; size += 1)
			for (let mask = 0; mask < 1 << size; mask += 1) {
				const free = Array.from({ length: size }, (_, index) => ((mask >> index) & 1) === 1);
				const room = free.filter(Boolean).length;
				const longest = Math.max(
					...free
						.map((one) => (one ? '1' : '0'))
						.join('')
						.split('0')
						.map((run) => run.length)
				);
				for (let wanted = 1; wanted <= size; wanted += 1) {
					const pieces = choosePieces(free, wanted);
					if (room < wanted) {
						expect(pieces).toBeNull();
						continue;
					}
					const taken = (pieces ?? []).flatMap(([first, count]) => Array.from({ length: count }, (_, index) => first + index));
					expect(taken.length).toBe(wanted);
					expect(new Set(taken).size).toBe(wanted);
					expect(taken.every((at) => free[at])).toBe(true);
					if (longest >= wanted) expect(pieces?.length, `${free.join()} for ${wanted}`).toBe(1);
				}
			}
	});
});
