import { describe, expect, it } from 'vitest';
import type { Command } from '../../src/lib/engine/contract/commands.ts';
import type { Simulation } from '../../src/lib/engine/index.ts';
import { expectSound, host, migrate, open, settle, smallWorld, vm } from '../support/worlds.ts';

/** Hosts that fail, who notices, what is restarted, and what is lost. */

const MS = 1e6;
const rack = (execute: string, more: Record<string, unknown> = {}): Command => ({ name: 'rack', execute, ...more }) as unknown as Command;
const send = (simulation: Simulation, execute: string, more: Record<string, unknown> = {}): string => {
	const sent = simulation.send(rack(execute, more));
	return sent.ok ? 'accepted' : sent.reason;
};

/** Three hosts, a coherent pool, one VM that lives on it, checkpoints twice a second. */
const resident = (ha: Record<string, unknown> = {}, pool: Record<string, unknown> = {}) => ({
	...smallWorld({
		id: 'rack',
		hosts: [host('A', 512), host('B', 512), host('C', 512)],
		pool: { bytes: 1024 * 1024 * 1024, hardwareCoherent: true, ...pool },
		vms: [vm('vm0', 'A', 128, { ways: { lives: 'pool' } }), vm('vm1', 'B', 128)],
		untilNs: 60_000 * MS
	}),
	rack: { ha: { checkpointEveryNs: '20ms', ...ha } }
});
const record = (simulation: Simulation, index: number) => simulation.world.r.vms[index]!;
const events = (simulation: Simulation) => simulation.world.r.rack!.events.map((each) => each.kind);

describe('a host dies', () => {
	it('a VM on the pool goes on from its checkpoint on another host, a fifth of a second later', () => {
		const simulation = open(resident());
		simulation.advance(100 * MS);
		expect(simulation.world.r.rack!.vms[0]!.checkpoints).toBeGreaterThan(2);
		expect(send(simulation, 'crash', { host: 'A' })).toBe('accepted');
		expect(record(simulation, 0).vcpuState).toBe('lost');
		expectSound(simulation);
		simulation.advance(405 * MS);
		expect(record(simulation, 0).vcpuState).toBe('running');
		const loss = simulation.world.r.rack!.losses[0]!;
		expect(loss.how).toBe('from-checkpoint');
		// Detection within 3 to 4 beats, the device's fence, the hand-over: cost model 3.7 says 0.15 s.
		expect((loss.backNs - loss.atNs) / MS).toBeGreaterThan(145);
		expect((loss.backNs - loss.atNs) / MS).toBeLessThan(165);
		expect(events(simulation)).toEqual(expect.arrayContaining(['crash', 'suspect', 'claim', 'fence', 'scan', 'restart', 'back']));
		expectSound(simulation);
	});

	it('a VM in DRAM boots anew', () => {
		const simulation = open(resident());
		simulation.advance(50 * MS);
		send(simulation, 'crash', { host: 'B' });
		simulation.advance(40_000 * MS);
		expect(record(simulation, 1).vcpuState).toBe('running');
		expect(simulation.world.r.rack!.losses[0]!.how).toBe('cold-boot');
		expectSound(simulation);
	});
});
