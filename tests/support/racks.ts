import type { Command } from '../../src/lib/engine/contract/commands.ts';
import type { Simulation } from '../../src/lib/engine/index.ts';
import type { RecoveryRecord } from '../../src/lib/engine/state/rack-records.ts';
import { host, smallWorld, vm, type ScenarioFile } from './worlds.ts';

/** Racks whose hosts fail, and the words that make them fail. */
export const MS = 1e6;

export const rackWord = (execute: string, more: Record<string, unknown> = {}): Command =>
	({ name: 'rack', execute, ...more }) as unknown as Command;

/** Says a word; 'accepted', or the reason of the refusal. */
export function send(simulation: Simulation, execute: string, more: Record<string, unknown> = {}): string {
	const sent = simulation.send(rackWord(execute, more));
	return sent.ok ? 'accepted' : sent.reason;
}

/** Three hosts, a coherent pool, one VM that lives on it and one in DRAM, checkpoints every 20 ms. */
export const resident = (ha: Record<string, unknown> = {}, more: Partial<ScenarioFile> = {}) => ({
	...smallWorld({
		id: 'rack',
		hosts: [host('A', 512), host('B', 512), host('C', 512)],
		pool: { bytes: 1024 * 1024 * 1024, hardwareCoherent: true },
		vms: [vm('vm0', 'A', 128, { ways: { lives: 'pool' } }), vm('vm1', 'B', 128)],
		untilNs: 60_000 * MS,
		...more
	}),
	rack: { ha: { checkpointEveryNs: '20ms', ...ha } }
});

export const record = (simulation: Simulation, index: number) => simulation.world.r.vms[index]!;
export const events = (simulation: Simulation): string[] => (simulation.world.r.rack?.events ?? []).map((each) => each.kind);
export const placeOf = (simulation: Simulation, index: number): number =>
	record(simulation, index).instances[record(simulation, index).running] as number;
/** Runs, or stands still for the few microseconds of its next checkpoint. */
export const lives = (simulation: Simulation, index: number): boolean =>
	record(simulation, index).vcpuState === 'running' || simulation.world.r.rack?.vms[index]?.checkpointing === true;

/** Goes on until a recovery stands at this step. */
export function untilStep(simulation: Simulation, step: RecoveryRecord['step'], victim = 0, limitNs = 2000 * MS): RecoveryRecord {
	const of = (): RecoveryRecord | undefined => simulation.world.r.rack?.recoveries.find((each) => each.victim === victim);
	simulation.advance(simulation.nowNs + limitNs, Infinity, () => of()?.step === step);
	const found = of();
	if (found?.step !== step) throw new Error(`the recovery of host ${victim} never stood at ${step}: ${found?.step}`);
	return found;
}
