import { describe, expect, it } from 'vitest';
import type { Simulation } from '$lib/engine/index.ts';
import { last, rack, reference, resident, toStep } from './orders.ts';
import { expectPinsKnown, expectPoolEmpty, expectSound, open, settle, smallWorld } from '../../../../support/worlds.ts';

/** A source does not wait for ever: not for a target that is silent, nor for one that cannot read. */
const NOTICE_NS = 30_000_000;
const inTransit = (more: object = {}): Simulation => {
	const simulation = open(smallWorld(more));
	simulation.send(reference('transit'));
	return simulation;
};
const gapNs = (simulation: Simulation): number => simulation.status().operations[0]?.downtimeNs ?? 0;

describe('a target that goes silent in the hand-off', () => {
	it.each([
		['pause', 'await-prepared', 0],
		['pause', 'await-commit', NOTICE_NS],
		['cut-link', 'await-prepared', 0],
		['cut-link', 'await-commit', NOTICE_NS],
		['cut-link', 'save', NOTICE_NS]
	] as const)('%s while the source stands at %s: it takes the VM back, the guest was gone for %i ns and a little', (word, step, gap) => {
		const simulation = inTransit();
		toStep(simulation, step);
		expect(simulation.send(rack(word, {}, { host: 'B' })).ok).toBe(true);
		expect(settle(simulation)).toBe(true);
		expect(last(simulation)).toMatchObject({ state: 'failed', reason: 'target-lost' });
		expect(simulation.status().vms[0]).toMatchObject({ runsOn: 'A', vcpuState: 'running' });
		expect(gapNs(simulation)).toBeGreaterThanOrEqual(gap);
		expect(gapNs(simulation)).toBeLessThan(gap + 15e6);
		expectSound(simulation);
		expectPoolEmpty(simulation);
		// It comes back, finds another token, and takes nothing.
		simulation.send(rack(word === 'pause' ? 'resume' : 'mend-link', {}, { host: 'B' }));
		simulation.advance(simulation.nowNs + 50e6);
		expect(simulation.status().vms[0]).toMatchObject({ runsOn: 'A', vcpuState: 'running' });
		expectSound(simulation, 'back');
		expect(simulation.send(reference('transit')).ok).toBe(true);
		expect(settle(simulation)).toBe(true);
		expect(last(simulation)?.state).toBe('completed');
		expectPinsKnown(simulation);
	});

	it('is waited for as long as its scenario lets beats be missed', () => {
		const simulation = inTransit({ rack: { ha: { heartbeatNs: 2_000_000, misses: 4, restart: false, fencing: 'none' } } });
		toStep(simulation, 'await-commit');
		const from = simulation.nowNs;
		simulation.send(rack('pause', {}, { host: 'B' }));
		simulation.advance(from + 1e9, Infinity, ({ r }) => r.vms[0]?.vcpuState === 'running');
		expect(simulation.nowNs - from).toBeGreaterThanOrEqual(8_000_000);
		expect(simulation.nowNs - from).toBeLessThan(10_000_000);
	});

	it('for a moment only, commits as if nothing had been', () => {
		const simulation = inTransit();
		toStep(simulation, 'await-commit');
		simulation.send(rack('pause', { forNs: 10_000_000 }, { host: 'B' }));
		expect(settle(simulation)).toBe(true);
		expect(last(simulation)?.state).toBe('completed');
		expect(gapNs(simulation)).toBeGreaterThan(10_000_000);
		expectSound(simulation);
	});
});

describe('a vCPU state that is poisoned', () => {
	it.each(['transit', 'resident'] as const)(
		'is not taken: the source has its registers still, and the next try goes by another slot (%s)',
		(strategy) => {
			const simulation = strategy === 'transit' ? open(smallWorld()) : resident();
			expect(simulation.send(rack('poison', { state: true })).ok).toBe(true);
			simulation.send(reference(strategy));
			expect(settle(simulation)).toBe(true);
			expect(last(simulation)).toMatchObject({ state: 'failed', reason: 'checksum-mismatch' });
			expect(simulation.status().vms[0]).toMatchObject({ runsOn: 'A', vcpuState: 'running' });
			expect(gapNs(simulation)).toBeLessThan(15e6);
			expect(simulation.status().marks).toEqual([]);
			expectSound(simulation);
			expect(simulation.send(reference(strategy)).ok).toBe(true);
			expect(settle(simulation)).toBe(true);
			expect(last(simulation)?.state).toBe('completed');
			expectSound(simulation);
		}
	);
});
