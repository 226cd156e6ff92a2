import { describe, expect, test } from 'vitest';
import type { PhaseId } from '$lib/engine/contract/status.ts';
import type { Simulation } from '$lib/engine/index.ts';
import { broken, smallWorld } from '../../../faults/worlds.ts';

const operationOf = (simulation: Simulation) => {
	const [operation] = simulation.status().operations;
	if (!operation) throw new Error('the migration was refused');
	return operation;
};
const runTo = (simulation: Simulation, phase: PhaseId) =>
	void simulation.advance(2e9, Infinity, ({ r }) => r.operations[0]?.phase === phase);

describe('transit', () => {
	test('goes through its phases in order, once each', () => {
		const simulation = smallWorld({ strategy: 'transit' });
		simulation.advance(2e9);
		expect(operationOf(simulation).phases.map((phase) => phase.id)).toEqual([
			'prepare',
			'staging',
			'publish',
			'handoff',
			'unstaging',
			'release'
		]);
		expect(operationOf(simulation).state).toBe('completed');
		expect(simulation.status().vms[0]).toMatchObject({ runsOn: 'B', owner: 'B', instances: [null, 'B'] });
	});

	test('moves the guest’s bytes twice over CXL, whatever it writes, and none over the network', () => {
		for (const rateBytesPerSecond of [0, 1e8, 2e9]) {
			const simulation = smallWorld({ strategy: 'transit', rateBytesPerSecond });
			simulation.advance(2e9);
			expect(operationOf(simulation)).toMatchObject({ state: 'completed', cxlBytes: 2 * 128 * 1024 * 1024, networkBytes: 0 });
			expect(broken(simulation)).toEqual([]);
		}
	});

	test.each(['prepare', 'staging', 'publish'] as const)('cancelled in %s: the pages are home, the pool is empty', (phase) => {
		const simulation = smallWorld({ strategy: 'transit' });
		runTo(simulation, phase);
		expect(simulation.send({ name: 'migrate-cancel', vm: 'vm0' }).ok).toBe(true);
		simulation.advance(2e9);
		expect(operationOf(simulation)).toMatchObject({ state: 'cancelled', reason: 'cancelled' });
		expect(simulation.status().vms[0]).toMatchObject({ runsOn: 'A', instances: ['A', null] });
		expect(simulation.status().vms[0]?.pagesByMemory['pool']).toBe(0);
		expect(simulation.status().extents.every((extent) => extent.state === 'released')).toBe(true);
		expect(broken(simulation)).toEqual([]);
	});

	test('cancelled at any event of the hand-off, it ends on one host with nothing lost', () => {
		for (let step = 0; ; step += 1) {
			const simulation = smallWorld({ strategy: 'transit' });
			runTo(simulation, 'publish');
			for (let event = 0; event < step; event += 1) simulation.step('event');
			if (operationOf(simulation).phase === 'unstaging') {
				expect(step).toBeGreaterThan(10);
				break;
			}
			const cancel = simulation.send({ name: 'migrate-cancel', vm: 'vm0' });
			simulation.advance(2e9);
			const { state } = operationOf(simulation);
			expect(['cancelled', 'completed'], `after ${step} events`).toContain(state);
			if (!cancel.ok) expect(cancel.reason).toBe('too-late');
			expect(simulation.status().vms[0]?.runsOn).toBe(state === 'completed' ? 'B' : 'A');
			expect(broken(simulation), `after ${step} events`).toEqual([]);
		}
	}, 120_000);

	test('after the commit it is too late', () => {
		const simulation = smallWorld({ strategy: 'transit' });
		runTo(simulation, 'unstaging');
		expect(simulation.send({ name: 'migrate-cancel', vm: 'vm0' })).toMatchObject({ ok: false, reason: 'too-late' });
	});

	test('a long-term pin refuses it, pre-copy does not mind', () => {
		const simulation = smallWorld();
		simulation.send({ name: 'pin', vm: 'vm0', gfn: 7, term: 'long' });
		expect(simulation.send({ name: 'migrate', vm: 'vm0', target: 'B', strategy: 'transit' })).toMatchObject({
			ok: false,
			reason: 'unmovable-page'
		});
		expect(simulation.send({ name: 'migrate', vm: 'vm0', target: 'B', strategy: 'precopy' }).ok).toBe(true);
	});

	test('a short reference delays one folio and nothing else', () => {
		const simulation = smallWorld({ strategy: 'transit' });
		runTo(simulation, 'prepare');
		simulation.send({ name: 'pin', vm: 'vm0', gfn: 5000, term: 'short', forNs: 60_000_000 });
		simulation.advance(2e9);
		expect(operationOf(simulation).state).toBe('completed');
		expect(operationOf(simulation).retriedFolios).toBeGreaterThan(0);
		expect(broken(simulation)).toEqual([]);
	});

	test('staying on the pool is an end, too', () => {
		const simulation = smallWorld({ strategy: 'transit', parameters: { stayOnPool: true } });
		simulation.advance(2e9);
		expect(operationOf(simulation).state).toBe('completed');
		expect(simulation.status().vms[0]?.pagesByMemory['pool']).toBe(32_768);
		expect(broken(simulation)).toEqual([]);
	});

	test('the guest is slower while its pages are far, and as fast as before at the end', () => {
		const simulation = smallWorld({ strategy: 'transit' });
		runTo(simulation, 'publish');
		expect(simulation.status().vms[0]?.speedPpm).toBeLessThan(700_000);
		simulation.advance(2e9);
		expect(simulation.status().vms[0]?.speedPpm).toBe(1_000_000);
	});
});
