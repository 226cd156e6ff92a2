import { describe, expect, it } from 'vitest';
import type { Simulation } from '$lib/engine/index.ts';
import { last, rack, reference, resident, toPhase, toStep } from './orders.ts';
import { expectPoolEmpty, expectSound, open, settle, smallWorld } from '../../../../support/worlds.ts';

/** Hosts and the pool that go away in the middle of a move by reference: what is left, and that nothing of the pool leaks. */
const HA = { rack: { ha: { fencing: 'device', restart: true } } };
const dax = (more: object = {}) => {
	const simulation = open(smallWorld(more));
	simulation.send(reference('transit', { backing: 'dax' }));
	return simulation;
};
const crash = (simulation: Simulation, host: string): void => void expect(simulation.send(rack('crash', {}, { host })).ok).toBe(true);
const isBack = (simulation: Simulation): void => {
	simulation.advance(simulation.nowNs + 40e9, Infinity, ({ r }) => r.vms[0]?.vcpuState === 'running');
	expect(simulation.status().vms[0]?.vcpuState).toBe('running');
	expectSound(simulation, 'back');
};

describe('a VM that its source gave up and that nobody has taken', () => {
	it('lives on in its copy when it was copied into a mapping of device-dax: nothing is lost with its source', () => {
		const simulation = open({
			...smallWorld(),
			...HA,
			hosts: ['A', 'B', 'C'].map((id, at) => ({ ...(smallWorld().hosts[0] as object), id, windowBaseHpa: (at + 1) * 2 ** 37 }))
		});
		simulation.send(reference('transit', { backing: 'dax' }));
		toStep(simulation, 'await-commit');
		crash(simulation, 'B');
		crash(simulation, 'A');
		expectSound(simulation, 'both are gone');
		isBack(simulation);
		expect(simulation.status().marks).toEqual([]);
		expect(simulation.world.r.rack?.losses[0]).toMatchObject({
			registersWhole: true,
			dramPages: 0,
			poolPages: 32_768,
			how: 'from-checkpoint'
		});
		expect(simulation.world.r.vms[0]).toMatchObject({ dax: true, pagesByMemory: [0, 0, 0, 32_768] });
		expect(simulation.status().vms[0]?.runsOn).toBe('C');
	});

	it('goes back to DRAM when the pool fails under the copy, and runs', () => {
		for (const step of ['save', 'flush', 'await-commit']) {
			const simulation = dax();
			toStep(simulation, step);
			expect(simulation.send(rack('lose-pool', {}, {})).ok).toBe(true);
			expect(simulation.status().vms[0]).toMatchObject({ vcpuState: 'running', runsOn: 'A' });
			expect(simulation.status().marks).toEqual([]);
			expectSound(simulation, step);
			expectPoolEmpty(simulation);
		}
	});

	it('is lost when its source is dead and the pool fails under the copy', () => {
		const simulation = dax();
		toStep(simulation, 'await-commit');
		crash(simulation, 'A');
		simulation.send(rack('lose-pool', {}, {}));
		expect(simulation.status().vms[0]?.vcpuState).toBe('lost');
		expect(simulation.status().marks).toHaveLength(1);
		expectSound(simulation);
	});

	it('stands still with a source that stands still, and goes on with it', () => {
		const simulation = dax();
		toStep(simulation, 'await-commit');
		simulation.send(rack('pause', {}, { host: 'A' }));
		simulation.send(rack('lose-pool', {}, {}));
		expect(simulation.status().vms[0]?.vcpuState).toBe('stopped');
		expectSound(simulation, 'paused');
		simulation.send(rack('resume', {}, { host: 'A' }));
		expect(simulation.status().vms[0]?.vcpuState).toBe('running');
		expectSound(simulation, 'resumed');
	});
});

describe('the pool fails', () => {
	it('while a copy goes into a mapping: the guest was never there, its log ends, the copy is freed', () => {
		const simulation = dax();
		toPhase(simulation, 'staging');
		simulation.advance(simulation.nowNs + 8_000_000);
		simulation.send(rack('lose-pool', {}, {}));
		expect(last(simulation)).toMatchObject({ state: 'failed', reason: 'pool-lost' });
		expect(simulation.world.r.vms[0]).toMatchObject({ logging: false, vcpuState: 'running' });
		expectSound(simulation);
		expectPoolEmpty(simulation);
	});

	it('while frames that published pages left are still kept', () => {
		const simulation = resident();
		simulation.send(reference('resident', { recheck: false, handOver: 'qemu' }));
		toPhase(simulation, 'publish');
		expect(simulation.send(rack('tier', { gfn: 100, to: 'dram' })).ok).toBe(true);
		simulation.send(rack('lose-pool', {}, {}));
		expectSound(simulation);
		expectPoolEmpty(simulation);
	});
});

describe('the host that the VM came to dies while the extents go back', () => {
	it.each([1, 2])('after %i steps of the release: what is left of them is taken back with the VM', (steps) => {
		const simulation = open({ ...smallWorld(), ...HA });
		simulation.send(reference('transit'));
		toPhase(simulation, 'release');
		simulation.advance(simulation.nowNs + 1e9, steps);
		crash(simulation, 'B');
		expectSound(simulation, 'dead');
		isBack(simulation);
		expect(settle(simulation)).toBe(true);
		expectPoolEmpty(simulation);
	});
});
