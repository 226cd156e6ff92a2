/**
 * Goal: the table of costs is complete and sound, and whatever sets a cost otherwise is checked.
 * Method: units, values, ranges and confidence are compared with the list of the cost model; refusals by their words.
 */
import { describe, expect, it } from 'vitest';
import { COST_GROUPS, COST_NAMES, COST_TABLE, isCostName } from '$lib/engine/contract/cost-table.ts';
import { defaultCosts, describeCost, followersOf, withOverrides } from '$lib/engine/contract/costs.ts';
import listed from '../../../vectors/published/cost-model-parameters.json';

describe('the table', () => {
	it('holds the 162 parameters of the cost model, each as listed there', () => {
		expect(COST_NAMES).toHaveLength(162);
		expect(
			Object.fromEntries(Object.entries(COST_TABLE).map(([name, row]) => [name, [row.unit, row.default, row.min, row.max, row.confidence]]))
		).toEqual(listed.rows);
	});
	it.each(COST_NAMES)('%s has a unit, a range around its default, words, a source and a confidence', (name) => {
		const row = COST_TABLE[name];
		expect(row.unit).not.toBe('');
		expect(row.min).toBeLessThanOrEqual(row.default);
		expect(row.max).toBeGreaterThanOrEqual(row.default);
		expect(row.what.length).toBeGreaterThan(9);
		expect(row.what.length).toBeLessThan(120);
		expect(row.source.length).toBeGreaterThan(5);
		expect(['measured-published', 'vendor-claim', 'estimate', 'from memory']).toContain(row.confidence);
	});
	it('says "estimate" or "memory" in the source of nothing that claims to be measured', () => {
		for (const name of COST_NAMES)
			if (COST_TABLE[name].confidence === 'measured-published')
				expect(COST_TABLE[name].source, name).not.toMatch(/^(Estimate|Memory|Choice)/);
	});
	it('ends each name with its unit where it has one', () => {
		const suffixes: Record<string, RegExp> = {
			ns: /Ns$/,
			us: /Us$/,
			ms: /Ms$/,
			s: /S$/,
			'GB/s': /GBps(PerThread)?$/,
			'GiB/s': /GiBps$/,
			'MB/s': /MBps$/,
			'MiB/s': /MiBps$/,
			'Gbit/s': /Gbps$/,
			'GT/s': /GTps$/,
			Mpps: /Mpps$/,
			'ms/GiB': /MsPerGiB$/,
			MiB: /MiB$/,
			MB: /MB$/,
			'%': /Pct$/,
			x: /X$/,
			fraction: /(Fraction|Factor)$/
		};
		for (const name of COST_NAMES) {
			const suffix = suffixes[COST_TABLE[name].unit];
			if (suffix !== undefined && name !== 'preallocGBpsPerThread') expect(name).toMatch(suffix);
		}
	});
	it('stands under one heading each', () => {
		expect(COST_GROUPS.flatMap((group) => Object.keys(group.rows))).toEqual([...COST_NAMES]);
	});
	it('knows its names and nothing that objects are born with', () => {
		expect(isCostName('migratePages2mGBps')).toBe(true);
		expect(isCostName('toString')).toBe(false);
	});
});

describe('withOverrides', () => {
	it('sets what is named and leaves the rest and the defaults alone', () => {
		const outcome = withOverrides({ netLinkGbps: 100, migrateThreads: 4 });
		if (!outcome.ok) throw new Error(outcome.detail);
		expect(outcome.value).toEqual({ ...defaultCosts(), netLinkGbps: 100, migrateThreads: 4 });
		expect(defaultCosts().netLinkGbps).toBe(25);
	});
	it('accepts both ends of a range', () => {
		expect(withOverrides({ netLinkGbps: 10 }).ok).toBe(true);
		expect(withOverrides({ netLinkGbps: 400 }).ok).toBe(true);
	});
	it.each([
		[{ netLinkGbits: 25 }, 'unknown-cost', /costs\.netLinkGbits/],
		[{ constructor: 1 }, 'unknown-cost', /costs\.constructor/],
		[{ netLinkGbps: '25' }, 'bad-quantity', /netLinkGbps.*number of Gbit\/s, got string/],
		[{ netLinkGbps: NaN }, 'bad-quantity', /netLinkGbps.*NaN/],
		[{ netLinkGbps: 9.99 }, 'cost-out-of-range', /netLinkGbps: 9\.99 lies outside 10 to 400 Gbit\/s/],
		[{ netLinkGbps: Infinity }, 'cost-out-of-range', /Infinity/],
		[{ cxlSwitchedReadLatencyNs: 350, cxlDirectReadLatencyNs: 442 }, 'cost-out-of-range', /cxlSwitchHopExtraNs: would be -92 ns/]
	])('refuses %j', (overrides, reason, detail) => {
		const outcome = withOverrides(overrides as Record<string, unknown>);
		expect(outcome.ok).toBe(false);
		if (outcome.ok) return;
		expect(outcome.reason).toBe(reason);
		expect(outcome.detail).toMatch(detail);
	});
	it('lets worked-out rows follow their sources', () => {
		const outcome = withOverrides({
			migratePages2mGBps: 20.97152,
			cxlSwitchedReadLatencyNs: 465,
			cxlRpcRttUs: 4,
			pinMap4kMsPerGiB: 20
		});
		if (!outcome.ok) throw new Error(outcome.detail);
		expect(outcome.value.migrateThp2mUs).toBeCloseTo(100, 9);
		expect(outcome.value.cxlSwitchHopExtraNs).toBe(200);
		expect(outcome.value.cxlTwoLevelSwitchReadLatencyNs).toBe(665);
		expect(outcome.value.cxlDoorbellUs).toBe(2);
		expect(outcome.value.vdpaRemapCycleMsPerGiB).toBe(39.5);
	});
	it('does not let them follow when they are set themselves', () => {
		const outcome = withOverrides({ migratePages2mGBps: 20, migrateThp2mUs: 200 });
		expect(outcome.ok && outcome.value.migrateThp2mUs).toBe(200);
	});
	it('has defaults that its own arithmetic confirms to 1 %', () => {
		for (const name of COST_NAMES)
			for (const follower of followersOf(name)) {
				const outcome = withOverrides({ [name]: COST_TABLE[name].default });
				if (!outcome.ok) throw new Error(outcome.detail);
				expect(outcome.value[follower] / COST_TABLE[follower].default, `${follower} from ${name}`).toBeGreaterThan(0.99);
				expect(outcome.value[follower] / COST_TABLE[follower].default, `${follower} from ${name}`).toBeLessThan(1.01);
			}
	});
});

describe('describeCost', () => {
	it('tells value, range, words and who uses it', () => {
		const described = describeCost('migratePages2mGBps');
		expect(described).toMatchObject({
			name: 'migratePages2mGBps',
			unit: 'GB/s',
			default: 10.88,
			min: 6,
			max: 27.2,
			derived: false
		});
		expect(describeCost('migrateThp2mUs').derived).toBe(true);
		expect(described.usedBy).toContain('closed forms');
	});
});
