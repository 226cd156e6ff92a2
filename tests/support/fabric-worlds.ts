import { Simulation } from '../../src/lib/engine/index.ts';
import type { FabricActor } from '../../src/lib/engine/contract/fabric-commands.ts';

/** A world that is only a fabric. */
export function fabricSimulation(fabric: Record<string, unknown>, more: Record<string, unknown> = {}): Simulation {
	const opened = Simulation.open({
		scenario: { switchyard: 1, id: 'fabric', title: 'Fabric', seed: 5, untilNs: 1_000_000_000, fabric, journal: [], ...more }
	});
	if (!opened.ok) throw new Error(`${opened.reason}: ${opened.detail}`);
	return opened.value;
}

/** Why a fabric is refused. */
export function fabricRefusal(fabric: Record<string, unknown>): string {
	const opened = Simulation.open({
		scenario: { switchyard: 1, id: 'fabric', title: 'Fabric', seed: 5, untilNs: 1_000_000_000, fabric, journal: [] }
	});
	return opened.ok ? '' : opened.detail;
}

/** One command of the fabric and its answer: output, or what it says against it. */
export function ask(
	simulation: Simulation,
	actor: FabricActor,
	at: string,
	execute: string,
	parameters: Record<string, unknown> = {}
): { readonly ok: boolean; readonly says: string; readonly output: unknown } {
	const outcome = simulation.send({ name: 'fabric', actor, at, execute, arguments: parameters } as Parameters<Simulation['send']>[0]);
	return outcome.ok
		? { ok: true, says: '', output: (outcome.value as { output?: unknown }).output ?? null }
		: { ok: false, says: outcome.detail, output: null };
}
