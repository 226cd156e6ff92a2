import { ACCESS_COSTS } from './cost-table/access.ts';
import { EVENT_COSTS } from './cost-table/events.ts';
import { HYPERVISOR_COSTS } from './cost-table/hypervisor.ts';
import { KERNEL_COSTS } from './cost-table/kernel.ts';
import type { CostRow } from './cost-table/row.ts';
import { VDPA_COSTS } from './cost-table/vdpa.ts';
import { WORKLOAD_COSTS } from './cost-table/workloads.ts';

export type { Confidence, CostRow, CostUnit } from './cost-table/row.ts';

/** Every latency, bandwidth and cost of the model, by name. The only copy of these numbers. */
export const COST_TABLE = {
	...ACCESS_COSTS,
	...KERNEL_COSTS,
	...HYPERVISOR_COSTS,
	...WORKLOAD_COSTS,
	...VDPA_COSTS,
	...EVENT_COSTS
} satisfies Record<string, CostRow>;

export type CostName = keyof typeof COST_TABLE;

export const COST_NAMES = Object.keys(COST_TABLE) as readonly CostName[];

/** The table in the order and under the headings in which a page shows it. */
export const COST_GROUPS = [
	{ id: 'access', title: 'Access', rows: ACCESS_COSTS },
	{ id: 'kernel', title: 'Kernel', rows: KERNEL_COSTS },
	{ id: 'hypervisor', title: 'Hypervisor', rows: HYPERVISOR_COSTS },
	{ id: 'workloads', title: 'Dirty rates', rows: WORKLOAD_COSTS },
	{ id: 'vdpa', title: 'vDPA', rows: VDPA_COSTS },
	{ id: 'events', title: 'Failures', rows: EVENT_COSTS }
] as const;

/** Costs counted in one of these units, by name: so that a time cannot be asked for as a rate. */
export type CostNameIn<U extends CostRow['unit']> = {
	[N in CostName]: (typeof COST_TABLE)[N]['unit'] extends U ? N : never;
}[CostName];

export function isCostName(name: string): name is CostName {
	return Object.hasOwn(COST_TABLE, name);
}
