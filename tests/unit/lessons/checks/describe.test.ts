/** Checks in words: amounts with the unit of what they are compared with, flags as sentences. */
import { describe as group, expect, it } from 'vitest';
import { QUANTITIES } from '../../../../src/lib/engine/contract/queries.ts';
import { bindLimits, describe, WORDING } from '../../../../src/lib/lessons/checks/index.ts';
import { THIN } from '../../../../src/lib/base/format.ts';

group('describe', () => {
	it('gives an amount the unit of its quantity', () => {
		expect(describe({ op: '<=', args: [{ q: 'downtimeNs' }, 50_000_000] })).toBe(`stopped at most 50${THIN}ms`);
		expect(describe({ op: '<', args: [{ q: 'networkBytes' }, 5e9] })).toBe(`on the wire less than 5${THIN}GB`);
	});

	it('says a limit with its number, and by name before it is known', () => {
		const check = { op: '<=', args: [{ q: 'lostWorkNs' }, { limit: 'lost' }] } as const;
		expect(describe(check, { lost: 2e8 })).toBe(`work lost at most 200${THIN}ms`);
		expect(describe(check)).toBe('work lost at most the limit for lost');
	});

	it('turns a flag into a sentence, and into its opposite', () => {
		expect(describe({ op: '==', args: [{ q: 'completed' }, 1] })).toBe('the migration completes');
		expect(describe({ op: '==', args: [{ q: 'completed' }, 0] })).toBe('the migration does not complete');
		expect(describe({ op: 'not', args: [{ q: 'completed' }] })).toBe('the migration does not complete');
	});

	it('joins with and, leaving out that it happened at all', () => {
		expect(
			describe({
				op: 'and',
				args: [
					{ op: '>=', args: [{ q: 'downtimeNs' }, 0] },
					{ op: '<=', args: [{ q: 'downtimeNs' }, 1000] }
				]
			})
		).toBe(`stopped at most 1${THIN}µs`);
	});

	it('has words for every quantity of the contract', () => {
		expect(Object.keys(WORDING).sort()).toEqual(Object.keys(QUANTITIES).sort());
	});
});

group('bindLimits', () => {
	it('puts the numbers of a seed where the limits stood', () => {
		expect(bindLimits({ op: '<=', args: [{ q: 'rounds' }, { limit: 'most' }] }, { most: 3 })).toEqual({
			op: '<=',
			args: [{ q: 'rounds' }, 3]
		});
	});
	it('refuses a limit that the seed does not have', () => {
		expect(() => bindLimits({ limit: 'most' }, {})).toThrow(/most/);
	});
});
