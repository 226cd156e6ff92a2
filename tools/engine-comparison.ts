import { qemuLikeLoop } from '../src/lib/engine/contract/closed-forms/index.ts';
import { comparisonScenario, engineRun } from '../src/lib/engine/contract/comparison-scenario.ts';
import { ENGINE_COMPARISONS } from '../src/lib/engine/contract/engine-comparisons.ts';
import { Simulation } from '../src/lib/engine/index.ts';

/** `node tools/run-ts.mjs tools/engine-comparison.ts [case …]`: runs of the engine in the cases of the loop, as JSON. */

const wanted = process.argv.slice(2);
const unknown = wanted.find((id) => !ENGINE_COMPARISONS.some((comparison) => comparison.id === id));
if (unknown !== undefined) {
	process.stderr.write(`${unknown}: no such case; there are ${ENGINE_COMPARISONS.map((comparison) => comparison.id).join(', ')}\n`);
	process.exit(2);
}
const runs: unknown[] = [];
for (const { id, loop } of ENGINE_COMPARISONS) {
	if (wanted.length > 0 && !wanted.includes(id)) continue;
	const reference = qemuLikeLoop(loop);
	const { scenario, switchoverFixedS } = comparisonScenario(id, loop);
	const opened = Simulation.open({ scenario, limitBytes: 16e9, checkpointBytes: 16e6 });
	if (!opened.ok) throw new Error(`${opened.reason}: ${opened.detail}`);
	const untilNs = (reference.converges ? 2 * reference.totalS : 40) * 1e9;
	opened.value.advance(untilNs, Infinity, ({ r }) => r.operations.length > 0 && r.operations[0]?.state !== 'running');
	const operation = opened.value.status().operations[0];
	runs.push(
		engineRun(id, operation, switchoverFixedS) ?? { id, state: operation?.state, leftBytes: operation?.leftBytes, syncs: operation?.round }
	);
}
process.stdout.write(`${JSON.stringify(runs, null, 2)}\n`);
