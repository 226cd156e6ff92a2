/**
 * Goal: an address space takes as many keys as the mlx5 driver makes for it (vdpa-svq reference 6).
 * Method: the reference's figures; then random spaces against a count that cuts every chain piece by piece.
 */
import { describe, expect, it } from 'vitest';
import { keysAsTheyCome, keysOf, type KeyEntry, type Keys } from '$lib/engine/vdpa/kernel/keys.ts';
import { Chance, seedOr } from '../../../../support/chance.ts';

const GIB = 2 ** 30;
const PAGE = 4096;
const entry = (iova: number, bytes: number, permission = 3): KeyEntry => ({ iova, bytes, permission });

describe('keys of a guest', () => {
	/** 6 GiB as QEMU maps them: 2 GiB below the hole, 4 GiB above it. */
	const guest = [entry(0, 2 * GIB), entry(4 * GIB, 4 * GIB)];

	it('are one per GiB, and one null key per GiB of hole', () => {
		expect(keysOf(guest)).toEqual({ direct: 6, nulls: 2, unitBytes: GIB, bytes: 6 * GIB });
		expect(keysOf([])).toEqual({ direct: 0, nulls: 0, unitBytes: 0, bytes: 0 });
	});

	it.each([
		[40, 1_018],
		[48, 262_138],
		[52, 4_194_298]
	])('with rings at 2^%i they are joined by %i null keys', (power, nulls) => {
		expect(keysOf([...guest, entry(2 ** power - 65_536, 65_536)])).toMatchObject({ direct: 7, nulls, unitBytes: 65_536 });
	});

	it('have the unit of their smallest piece: one page of another frame makes 262,144 entries of a GiB', () => {
		const split = [entry(0, GIB / 2), entry(GIB / 2, PAGE), entry(GIB / 2 + PAGE, GIB / 2 - PAGE), entry(GIB, GIB)];
		expect(keysOf(split)).toEqual({ direct: 2, nulls: 0, unitBytes: PAGE, bytes: 2 * GIB });
		expect(keysOf([entry(0, 3 * PAGE)])).toMatchObject({ direct: 1, unitBytes: 2 * PAGE });
	});

	it('do not join pieces of another permission', () => {
		expect(keysOf([entry(0, PAGE), entry(PAGE, PAGE, 1), entry(2 * PAGE, PAGE, 1)])).toMatchObject({ direct: 2, nulls: 0 });
	});

	it('of 512 GiB in pieces of 2 MiB are counted at once', () => {
		const pieces = Array.from({ length: 262_144 }, (_, index) => entry(index * 2 ** 21, 2 ** 21));
		expect(keysOf(pieces)).toEqual({ direct: 512, nulls: 0, unitBytes: 2 ** 21, bytes: 512 * GIB });
	});
});

/** Chains first, then every chain cut at each GiB from its beginning, then the pieces of entries in each cut. */
function slowly(entries: readonly KeyEntry[]): Keys {
	const chains: KeyEntry[][] = [];
	for (const each of entries) {
		const last = chains.at(-1)?.at(-1);
		if (last && last.iova + last.bytes === each.iova && last.permission === each.permission) chains.at(-1)?.push(each);
		else chains.push([each]);
	}
	let direct = 0;
	let nulls = 0;
	let unitBytes = Infinity;
	let bytes = 0;
	chains.forEach((chain, index) => {
		const from = (chain[0] as KeyEntry).iova;
		const last = chain.at(-1) as KeyEntry;
		const to = last.iova + last.bytes;
		bytes += to - from;
		const before = chains[index - 1]?.at(-1);
		for (let at = before ? before.iova + before.bytes : from; at < from; at += GIB) nulls += 1;
		for (let at = from; at < to; at += GIB) {
			direct += 1;
			let unit = GIB;
			const sizes = chain.map((each) => Math.min(each.iova + each.bytes, at + GIB) - Math.max(each.iova, at)).filter((size) => size > 0);
			const divides = (divisor: number): boolean => sizes.every((size) => size % divisor === 0);
			let divisor = Math.min(...sizes);
			while (!divides(divisor)) divisor -= PAGE;
			while (unit > divisor) unit /= 2;
			unitBytes = Math.min(unitBytes, unit);
		}
	});
	return direct === 0 ? { direct: 0, nulls: 0, unitBytes: 0, bytes: 0 } : { direct, nulls, unitBytes, bytes };
}

describe('keys of any space', () => {
	it.each([1, 2, 3, 4, 5, 6, 7, 8])('agree with the slow count, seed %i', (base) => {
		const chance = new Chance(seedOr(base));
		for (let round = 0; round < 120; round += 1) {
			const entries: KeyEntry[] = [];
			let at = chance.whole(0, 8) * 16 * PAGE;
			for (let index = chance.whole(0, 9); index > 0; index -= 1) {
				const bytes = chance.pick([PAGE, 3 * PAGE, 2 ** 20, 2 ** 21, GIB / 4, GIB / 4 + PAGE, GIB, 2 * GIB + 2 ** 21]);
				entries.push(entry(at, bytes, chance.once(4) ? 1 : 3));
				at += bytes + (chance.once(2) ? 0 : chance.pick([PAGE, GIB - PAGE, GIB, GIB + PAGE, 5 * GIB]));
			}
			const label = `seed ${chance.seed} round ${round} ${JSON.stringify(entries)}`;
			expect(keysOf(entries), label).toEqual(slowly(entries));
			const from = chance.whole(0, entries.length);
			const to = chance.whole(from, entries.length);
			const [before, added, behind] = [entries.slice(0, from), entries.slice(from, to), entries.slice(to)];
			const each = added.map((_, index) => slowly([...before, ...added.slice(0, index + 1), ...behind]));
			expect(keysAsTheyCome(before, added, behind), label).toEqual(each);
		}
	});
});
