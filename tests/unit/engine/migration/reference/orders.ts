import { expect } from 'vitest';
import type { Command, MigrationParameters } from '$lib/engine/contract/commands.ts';
import type { RackWord } from '$lib/engine/contract/rack/words.ts';
import type { Simulation } from '$lib/engine/index.ts';
import { open, smallWorld, vm } from '../../../../support/worlds.ts';

/** Orders and moments that the tests of moves by reference have in common. */
export const rack = (execute: RackWord, args: Record<string, unknown> = {}, at: { vm?: string; host?: string } = { vm: 'vm0' }): Command =>
	({ name: 'rack', execute, ...at, arguments: args }) as Command;
export const resident = (more: Record<string, unknown> = {}, pages = 'thp') =>
	open(smallWorld({ vms: [vm('vm0', 'A', 128, { pages, ways: { lives: 'pool', ...more } })] }));
export const reference = (strategy: 'transit' | 'resident', parameters: MigrationParameters = {}): Command => ({
	name: 'migrate',
	vm: 'vm0',
	target: 'B',
	strategy,
	parameters
});
export const last = (simulation: Simulation) => simulation.world.r.operations.at(-1);
export const toPhase = (simulation: Simulation, phase: string): void => {
	simulation.advance(simulation.nowNs + 5e9, Infinity, ({ r }) => r.operations.at(-1)?.phase === phase);
	expect(last(simulation)?.phase).toBe(phase);
};
export const toStep = (simulation: Simulation, step: string): void => {
	simulation.advance(simulation.nowNs + 5e9, Infinity, ({ r }) => r.operations.at(-1)?.actors?.source.step === step);
	expect(last(simulation)?.actors?.source.step).toBe(step);
};
