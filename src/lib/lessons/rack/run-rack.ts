import { ok, type Outcome } from '../../base/outcome.ts';
import type { EnginePort } from '../../engine/contract/port.ts';
import type { ReasonId } from '../../engine/contract/reasons.ts';
import { runToEnd } from '../run.ts';
import type { Design } from './design.ts';
import { UNTIL_S, type RackFault } from './faults.ts';
import { judge, type Verdict } from './judge.ts';
import { rackScenario } from './world.ts';

/** One run of a design under faults, on whatever engine is at the other end of the port. null: no longer wanted. */
export async function runRack(
	port: EnginePort,
	design: Design,
	seed: number,
	faults: readonly RackFault[],
	watched: { readonly wanted?: () => boolean; readonly memory?: 'shared' | 'transferred' } = {}
): Promise<Outcome<Verdict | null, ReasonId>> {
	const run = await runToEnd(port, {
		scenario: rackScenario(design, seed, faults),
		untilNs: UNTIL_S * 1e9,
		...watched
	});
	if (!run.ok) return run;
	return ok(run.value === null ? null : judge(design, run.value.status));
}
