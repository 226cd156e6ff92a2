import { describe, expect, it } from 'vitest';
import type { Command } from '$lib/engine/contract/commands.ts';
import { expectSound, migrate, open, settle, smallWorld } from '../../../support/worlds.ts';

/** A host that starts again while its dead self is being recovered: the fence and the scan are for the dead one only. */
const rack = (execute: string, host: string): Command => ({ name: 'rack', execute, host }) as Command;
const restarted = (afterNs: number) => {
	const simulation = open({ ...smallWorld({ untilNs: 2_000_000_000 }), rack: { ha: { fencing: 'device', restart: true } } });
	simulation.advance(50_000_000);
	simulation.send(rack('crash', 'B'));
	simulation.advance(simulation.nowNs + afterNs);
	expect(simulation.send(rack('boot', 'B')).ok).toBe(true);
	return simulation;
};

describe('a host that is back before its dead self is fenced', () => {
	it.each([20_000_000, 45_000_000, 90_000_000])('after %i ns is not cut off for it', (afterNs) => {
		const simulation = restarted(afterNs);
		simulation.advance(simulation.nowNs + 400_000_000);
		expect(simulation.world.r.rack?.peers[1]?.deviceFenced).toBe(false);
		expect(simulation.world.r.rack?.recoveries.every(({ step }) => step === 'done')).toBe(true);
		expectSound(simulation);
	});

	it('receives a VM and keeps it, whatever the recovery does meanwhile', () => {
		const simulation = restarted(60_000_000);
		expect(simulation.send(migrate('transit', { stayOnPool: true })).ok).toBe(true);
		expect(settle(simulation)).toBe(true);
		simulation.advance(simulation.nowNs + 400_000_000);
		expect(simulation.world.r.operations[0]).toMatchObject({ state: 'completed', reason: null });
		expect(simulation.status().vms[0]).toMatchObject({ runsOn: 'B', vcpuState: 'running' });
		expectSound(simulation);
	});
});
