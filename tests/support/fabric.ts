import type { QmpArguments } from '../../src/lib/engine/contract/machine-commands.ts';
import type { FabricActor } from '../../src/lib/engine/contract/fabric-commands.ts';
import { Simulation } from '../../src/lib/engine/index.ts';

/** A world that is a fabric and nothing else. */
export interface FabricOptions {
	readonly belief?: string;
	readonly seed?: number;
}

export function fabric(parts: { switches?: unknown[]; devices: unknown[]; hosts: unknown[] }, options: FabricOptions = {}): Simulation {
	const opened = Simulation.open({
		scenario: {
			switchyard: 1,
			id: 'a-fabric',
			title: 'a fabric',
			hosts: [],
			machines: [],
			fabric: parts,
			...(options.seed ? { seed: options.seed } : {})
		},
		limitBytes: 2 ** 32,
		...(options.belief ? { belief: options.belief } : {})
	});
	if (!opened.ok) throw new Error(opened.detail);
	return opened.value;
}

/** One device with a head for each host: the smallest fabric in which capacity is pooled or shared. */
export function heads(
	hosts: readonly string[],
	region: Readonly<Record<string, unknown>> = {},
	host: Readonly<Record<string, unknown>> = {},
	device: Readonly<Record<string, unknown>> = {},
	options: FabricOptions = {}
): Simulation {
	return fabric(
		{
			devices: [{ id: 'pool', kind: hosts.length > 1 ? 'mh-sld' : 'sld', hosts, regions: [{ bytes: '64 GiB', ...region }], ...device }],
			hosts: hosts.map((id) => ({ id, ...host }))
		},
		options
	);
}

export interface Told {
	readonly ok: boolean;
	readonly detail: string;
	readonly output: unknown;
}

export function tell(simulation: Simulation, actor: FabricActor, at: string, execute: string, given: QmpArguments = {}): Told {
	const answer = simulation.send({ name: 'fabric', actor, at, execute, arguments: given }) as
		{ ok: true; value: { output?: unknown } } | { ok: false; detail: string };
	return answer.ok ? { ok: true, detail: '', output: answer.value.output } : { ok: false, detail: answer.detail, output: null };
}

/** Runs on until something is so, at most `seconds` of simulated time. Whether it came to be. */
export function until(simulation: Simulation, seconds: number, isSo: () => boolean): boolean {
	if (!isSo()) simulation.advance(simulation.nowNs + seconds * 1e9, Infinity, isSo);
	return isSo();
}

/** Runs a plan to its end. */
export function planned(
	simulation: Simulation,
	plan: string,
	values: QmpArguments,
	seconds = 600
): { state: string; reason: string | null; notes: string[]; seconds: number } {
	const told = tell(simulation, 'orchestrator', 'rack', plan, values);
	if (!told.ok) throw new Error(told.detail);
	const { plan: id } = told.output as { plan: number };
	const record = () =>
		simulation.world.r.fabric.plans[id - 1] as { state: string; reason: string | null; notes: string[]; startNs: number; endNs: number };
	until(simulation, seconds, () => record().state !== 'running');
	const { state, reason, notes, startNs, endNs } = record();
	return { state, reason, notes, seconds: (endNs - startNs) / 1e9 };
}
