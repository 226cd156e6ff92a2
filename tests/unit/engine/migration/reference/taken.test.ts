import { describe, expect, it } from 'vitest';
import type { MigrationParameters } from '$lib/engine/contract/commands.ts';
import { last, rack, reference, resident, toPhase, toStep } from './orders.ts';
import { expectPoolEmpty, expectSound, migrate, open, settle, smallWorld } from '../../../../support/worlds.ts';

/** The fabric manager takes the tag away in the middle of the move (live-migration reference 10, step 12 at any other step). */
const begun = (parameters: MigrationParameters = {}) => {
	const simulation = open(smallWorld());
	simulation.send(reference('transit', parameters));
	return simulation;
};

describe('the tag is taken while nothing of the guest lies in it', () => {
	it.each([
		['prepare', {}],
		['staging', { backing: 'dax' }],
		['publish', { backing: 'dax' }],
		['handoff', { backing: 'dax' }],
		['release', {}]
	] as const)('in %s of a move with %j: only the move ends', (phase, parameters) => {
		const simulation = begun(parameters);
		toPhase(simulation, phase);
		expect(simulation.send(rack('release-extents')).ok).toBe(true);
		expect(last(simulation)).toMatchObject({ state: 'failed', reason: 'capacity-taken' });
		expect(simulation.status().vms[0]).toMatchObject({ vcpuState: 'running', runsOn: phase === 'release' ? 'B' : 'A' });
		expect(simulation.status().marks).toEqual([]);
		expectSound(simulation, 'at once');
		expectPoolEmpty(simulation);
		simulation.advance(simulation.nowNs + 100e6);
		expectSound(simulation, 'later');
		const again = phase === 'release' ? migrate('transit', {}, 'vm0', 'A') : reference('transit');
		expect(simulation.send(again).ok).toBe(true);
		expect(settle(simulation)).toBe(true);
		expect(last(simulation)?.state).toBe('completed');
		expectSound(simulation, 'again');
		expectPoolEmpty(simulation);
	});

	it('also when the guest is frozen, and nobody has committed yet', () => {
		const simulation = begun({ backing: 'dax' });
		toStep(simulation, 'await-commit');
		expect(simulation.send(rack('release-extents')).ok).toBe(true);
		expect(simulation.status().vms[0]).toMatchObject({ vcpuState: 'running', runsOn: 'A', ownerWord: { owner: 0, state: 2 } });
		simulation.advance(simulation.nowNs + 100e6);
		expectSound(simulation);
	});
});

describe('the tag is taken while pages of the guest lie in it', () => {
	it.each(['staging', 'publish', 'handoff', 'unstaging'])(
		'in %s: the guest is gone, it is said, and nothing is left of the move',
		(phase) => {
			const simulation = begun();
			toPhase(simulation, phase);
			if (phase === 'staging' || phase === 'unstaging')
				simulation.advance(simulation.nowNs + 5e9, Infinity, ({ r }) => (r.operations[0]?.cursor ?? 0) > 20);
			expect(simulation.send(rack('release-extents')).ok).toBe(true);
			expect(last(simulation)).toMatchObject({ state: 'failed', reason: 'capacity-taken' });
			expect(simulation.status().vms[0]?.vcpuState).toBe('lost');
			expect(simulation.status().marks).toHaveLength(1);
			expectSound(simulation, 'at once');
			expectPoolEmpty(simulation);
			simulation.advance(simulation.nowNs + 100e6);
			expectSound(simulation, 'later');
		}
	);

	it('and nobody is said to have died', () => {
		const simulation = begun();
		toPhase(simulation, 'publish');
		simulation.send(rack('release-extents'));
		const words = simulation.world.trace.map(({ text }) => text);
		expect(words.filter((text) => /died|dies/.test(text))).toEqual([]);
		expect(words).toContain('1 extent of vm0 taken back by force');
	});

	it('a copy of such a guest does not let it happen: its source is read to the end', () => {
		const simulation = resident();
		simulation.send(migrate('precopy', { maxBandwidthBytesPerSecond: 100e6 }));
		expect(simulation.send(rack('release-extents'))).toMatchObject({ ok: false, reason: 'already-running' });
	});
});
