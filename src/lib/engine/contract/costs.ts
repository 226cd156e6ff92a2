import { ok, refused, type Outcome } from '../../base/outcome.ts';
import { COST_NAMES, COST_TABLE, isCostName, type CostName, type CostRow } from './cost-table.ts';
import { COST_USES } from './cost-uses.ts';

/** One value for every name of the table: part of the world's records, so that a run knows its own costs. */
export type CostTable = { readonly [N in CostName]: number };

export type CostRefusal = 'unknown-cost' | 'cost-out-of-range' | 'bad-quantity';

/**
 * Rows that the cost model works out from others. They follow when one of these is set otherwise, unless they are set
 * themselves. Their result is held to be a size of something, not to lie within the row's own range.
 */
const DERIVED: readonly {
	readonly name: CostName;
	readonly from: readonly CostName[];
	readonly value: (costs: CostTable) => number;
}[] = [
	{
		name: 'cxlSwitchHopExtraNs',
		from: ['cxlSwitchedReadLatencyNs', 'cxlDirectReadLatencyNs'],
		value: (costs) => costs.cxlSwitchedReadLatencyNs - costs.cxlDirectReadLatencyNs
	},
	{
		name: 'cxlTwoLevelSwitchReadLatencyNs',
		from: ['cxlSwitchedReadLatencyNs', 'cxlDirectReadLatencyNs', 'cxlSwitchHopExtraNs'],
		value: (costs) => costs.cxlDirectReadLatencyNs + 2 * costs.cxlSwitchHopExtraNs
	},
	{
		name: 'migratePage4kUs',
		from: ['migratePages4kGBps'],
		value: (costs) => 4.096 / costs.migratePages4kGBps
	},
	{
		name: 'migrateThp2mUs',
		from: ['migratePages2mGBps'],
		value: (costs) => 2097.152 / costs.migratePages2mGBps
	},
	{
		name: 'schedSliceMs',
		from: ['schedBaseSliceUs'],
		value: (costs) => (costs.schedBaseSliceUs * 4) / 1000
	},
	{ name: 'cxlDoorbellUs', from: ['cxlRpcRttUs'], value: (costs) => costs.cxlRpcRttUs / 2 },
	{
		name: 'vdpaRemapCycleMsPerGiB',
		from: ['pinMap4kMsPerGiB', 'unpinUnmap4kMsPerGiB'],
		value: (costs) => costs.pinMap4kMsPerGiB + costs.unpinUnmap4kMsPerGiB
	}
];

const DEFAULTS = Object.freeze(Object.fromEntries(COST_NAMES.map((name) => [name, COST_TABLE[name].default]))) as CostTable;

export function defaultCosts(): CostTable {
	return DEFAULTS;
}

/** The default table with some values set otherwise. Refuses with the first name or value that does not fit. */
export function withOverrides(overrides: Readonly<Record<string, unknown>>): Outcome<CostTable, CostRefusal> {
	const costs: Record<CostName, number> = { ...DEFAULTS };
	for (const [name, value] of Object.entries(overrides)) {
		if (!isCostName(name)) return refused('unknown-cost', `costs.${name.slice(0, 60)}: no figure of the cost model has this name`);
		const { unit, min, max } = COST_TABLE[name];
		if (typeof value !== 'number' || value !== value)
			return refused(
				'bad-quantity',
				`costs.${name}: expected a number of ${unit}, got ${typeof value === 'number' ? 'NaN' : typeof value}`
			);
		if (value < min || value > max) return refused('cost-out-of-range', `costs.${name}: ${value} lies outside ${min} to ${max} ${unit}`);
		costs[name] = value;
	}
	const changed = new Set<string>(Object.keys(overrides));
	for (const { name, from, value } of DERIVED) {
		if (Object.hasOwn(overrides, name) || !from.some((source) => changed.has(source))) continue;
		const result = value(costs);
		if (!(result >= 0))
			return refused('cost-out-of-range', `costs.${name}: would be ${result} ${COST_TABLE[name].unit}, worked out from ${from.join(', ')}`);
		costs[name] = result;
		changed.add(name);
	}
	return ok(costs);
}

/** The rows that follow when `name` is set otherwise. */
export function followersOf(name: CostName): readonly CostName[] {
	return DERIVED.filter((row) => row.from.includes(name)).map((row) => row.name);
}

export interface CostDescription extends CostRow {
	readonly name: CostName;
	/** Folders of the engine whose code reads the value; empty for a headline figure. */
	readonly usedBy: readonly string[];
	/** True when it is worked out from other rows. */
	readonly derived: boolean;
}

export function describeCost(name: CostName): CostDescription {
	const uses = COST_USES[name];
	return {
		...COST_TABLE[name],
		name,
		usedBy: uses === undefined ? [] : uses.split(', '),
		derived: DERIVED.some((row) => row.name === name)
	};
}
