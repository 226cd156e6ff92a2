import type { Relief } from '../../state/world.ts';
import { oomKill } from './oom.ts';
import { reclaim } from './reclaim.ts';

/** What page allocations of machines call when memory is short (decision D11): moving pages allocates, so it cannot be imported there. */
export const RELIEF: Relief = { reclaim, kill: oomKill };
