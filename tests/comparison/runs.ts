import type { LoopCase } from '$lib/engine/contract/closed-forms/index.ts';
import { comparisonScenario, type ComparisonOptions } from '$lib/engine/contract/comparison-scenario.ts';
import { Simulation } from '$lib/engine/index.ts';

/** Address space for the largest guest; what a run does not touch costs no memory. */
const LIMIT_BYTES = 16e9;

export function open(scenario: unknown): Simulation {
	const opened = Simulation.open({ scenario, limitBytes: LIMIT_BYTES, checkpointBytes: 16e6 });
	if (!opened.ok) throw new Error(`${opened.reason}: ${opened.detail}`);
	return opened.value;
}

export function runToEnd(simulation: Simulation, untilS: number): void {
	simulation.advance(
		untilS * 1e9,
		Infinity,
		({ r }) => r.operations.length > 0 && r.operations.every((operation) => operation.state !== 'running')
	);
}

export interface PrecopyRun {
	readonly simulation: Simulation;
	readonly state: string;
	readonly totalS: number;
	readonly downtimeS: number;
	readonly sentBytes: number;
	readonly syncs: number;
	readonly throttle: number;
}

/** One case of the loop in the engine, with the fixed part of the switch-over taken off. */
export function runCase(id: string, guest: LoopCase, options: ComparisonOptions & { readonly untilS: number }): PrecopyRun {
	const { scenario, switchoverFixedS } = comparisonScenario(id, guest, options);
	const simulation = open(scenario);
	runToEnd(simulation, options.untilS);
	const operation = simulation.status().operations[0];
	if (!operation) throw new Error('the migration was refused');
	const throttled = simulation.world.trace.filter((record) => record.kind === 'throttle').at(-1);
	return {
		simulation,
		state: operation.state,
		totalS: ((operation.endNs ?? simulation.nowNs) - operation.startNs) / 1e9 - switchoverFixedS,
		downtimeS: (operation.downtimeNs ?? 0) / 1e9 - switchoverFixedS,
		sentBytes: operation.networkBytes,
		syncs: operation.round,
		throttle: Number(throttled?.values['percent'] ?? 0) / 100
	};
}

export const difference = (ours: number, wanted: number): number => (ours - wanted) / wanted;
