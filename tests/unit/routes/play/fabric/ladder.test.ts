/** Goal: two ladders begin with one byte. Method: hosts that have the followed byte, and hosts that do not. */
import { expect, it } from 'vitest';
import { together, type LadderHost } from '../../../../../src/routes/play/fabric/ladder.ts';

const host = (id: string, baseHpa: number, firstHpa: number, follows: boolean): LadderHost => ({
	id,
	baseHpa,
	bytes: 0x1000,
	firstHpa,
	follows
});

it('a host without the byte begins as far into its own window', () => {
	const [a, b] = together(host('A', 0x10000, 0x10123, true), host('B', 0x50000, 0x50000, false));
	expect([a?.firstHpa, b?.firstHpa]).toEqual([0x10123, 0x50123]);
	const [c, d] = together(host('A', 0x10000, 0x10000, false), host('B', 0x50000, 0x50456, true));
	expect([c?.firstHpa, d?.firstHpa]).toEqual([0x10456, 0x50456]);
});

it('both keep what they have where both or neither follow, where one is missing, and beyond the window', () => {
	const a = host('A', 0x10000, 0x10123, true);
	expect(together(a, host('B', 0x50000, 0x50777, true))[1]?.firstHpa).toBe(0x50777);
	expect(together(a, null)).toEqual([a, null]);
	expect(together(host('A', 0x10000, 0x12000, true), host('B', 0x50000, 0x50000, false))[1]?.firstHpa).toBe(0x50000);
});
