import type { CostName } from './cost-table.ts';

/** Written by tests/unit/engine/contract/cost-uses.test.ts (run it with -u): which folders of the engine read a cost. */
export const COST_USES: { readonly [N in CostName]?: string } = {};
