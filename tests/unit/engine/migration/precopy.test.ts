import { describe, expect, test } from 'vitest';
import type { Simulation } from '$lib/engine/index.ts';
import { broken, smallWorld } from '../../../faults/worlds.ts';

const MIB = 1024 * 1024;
const operationOf = (simulation: Simulation) => {
	const [operation] = simulation.status().operations;
	if (!operation) throw new Error('the migration was refused');
	return operation;
};

describe('pre-copy', () => {
	test('takes the size over the rate when nobody writes', () => {
		const simulation = smallWorld({ strategy: 'precopy', rateBytesPerSecond: 0 });
		simulation.advance(2e9);
		const operation = operationOf(simulation);
		expect(operation.state).toBe('completed');
		expect(operation.networkBytes).toBe((128 * MIB * 4104) / 4096);
		const phases = operation.phases
			.filter((phase) => phase.id === 'round')
			.reduce((sum, phase) => sum + (phase.endNs ?? 0) - phase.startNs, 0);
		const switchOver = operation.downtime.find((part) => part.id === 'send');
		expect(phases + (switchOver?.endNs ?? 0) - (switchOver?.startNs ?? 0)).toBeGreaterThan(0.99 * 128 * MIB);
		expect(phases + (switchOver?.endNs ?? 0) - (switchOver?.startNs ?? 0)).toBeLessThan(1.01 * 128 * MIB + 1e6);
	});

	test('a hot set that fits ends it, wherever it lies: the scan keeps its place over a sync', () => {
		// The set begins an eighth into the guest; a scan that starts again at page 0 would never reach the cold end.
		const simulation = smallWorld({ strategy: 'precopy', rateBytesPerSecond: 2e9, parameters: { downtimeLimitNs: 38_000_000 } });
		simulation.advance(2e9);
		expect(operationOf(simulation).state).toBe('completed');
		expect(broken(simulation)).toEqual([]);
	});

	test('a hot set that does not fit never ends it, until it is cancelled', () => {
		const simulation = smallWorld({ strategy: 'precopy', rateBytesPerSecond: 2e9, parameters: { downtimeLimitNs: 10_000_000 } });
		simulation.advance(1e9);
		expect(operationOf(simulation).state).toBe('running');
		expect(simulation.send({ name: 'migrate-cancel', vm: 'vm0' }).ok).toBe(true);
		simulation.advance(1.2e9);
		expect(operationOf(simulation)).toMatchObject({ state: 'cancelled', reason: 'cancelled' });
		expect(simulation.status().vms[0]).toMatchObject({ runsOn: 'A', instances: ['A', null] });
		expect(broken(simulation)).toEqual([]);
	});

	test('auto-converge throttles such a guest until it fits', () => {
		const simulation = smallWorld({
			strategy: 'precopy',
			rateBytesPerSecond: 2e9,
			parameters: { downtimeLimitNs: 10_000_000, autoConverge: true }
		});
		simulation.advance(120e9, Infinity, ({ r }) => r.operations[0]?.state === 'completed');
		expect(operationOf(simulation).state).toBe('completed');
		const throttles = simulation.world.trace.filter((record) => record.kind === 'throttle').map((record) => record.values['percent']);
		expect(throttles.slice(0, 3)).toEqual([20, 30, 40]);
		expect(simulation.status().vms[0]?.throttlePercent).toBe(0);
	}, 120_000);

	test('a guest that converges is not throttled, though most of it is still unsent at its first syncs', () => {
		const simulation = smallWorld({
			strategy: 'precopy',
			rateBytesPerSecond: 5e6,
			parameters: { autoConverge: true, maxBandwidthBytesPerSecond: 40e6, downtimeLimitNs: 1_000_000 }
		});
		simulation.advance(60e9, Infinity, ({ r }) => r.operations[0]?.state === 'completed');
		expect(operationOf(simulation).state).toBe('completed');
		expect(simulation.world.trace.filter((record) => record.kind === 'throttle')).toEqual([]);
	});

	test('stays within its bandwidth, window by window', () => {
		const limit = 200e6;
		const simulation = smallWorld({ strategy: 'precopy', parameters: { maxBandwidthBytesPerSecond: limit } });
		let before = 0;
		for (let window = 1; window <= 5; window += 1) {
			simulation.advance(5_000_000 + window * 100_000_000);
			const sent = operationOf(simulation).networkBytes;
			expect(sent - before).toBeLessThanOrEqual(limit / 10 + 4104);
			before = sent;
		}
	});

	test('is refused where the target has no room', () => {
		const simulation = smallWorld();
		expect(simulation.send({ name: 'migrate', vm: 'vm0', target: 'A', strategy: 'precopy' })).toMatchObject({
			ok: false,
			reason: 'same-host'
		});
		expect(simulation.send({ name: 'migrate', vm: 'vm0', target: 'C', strategy: 'precopy' })).toMatchObject({
			ok: false,
			reason: 'unknown-host'
		});
		expect(simulation.send({ name: 'migrate', vm: 'vm9', target: 'B', strategy: 'precopy' })).toMatchObject({
			ok: false,
			reason: 'unknown-vm'
		});
	});
});
