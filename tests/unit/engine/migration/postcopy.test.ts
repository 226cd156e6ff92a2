import { describe, expect, test } from 'vitest';
import type { Simulation } from '$lib/engine/index.ts';
import { broken, smallWorld } from '../../../faults/worlds.ts';
import { migrate, open, smallWorld as smallFile, vm } from '../../../support/worlds.ts';

const operationOf = (simulation: Simulation) => {
	const [operation] = simulation.status().operations;
	if (!operation) throw new Error('the migration was refused');
	return operation;
};
const rack = (simulation: Simulation, execute: 'break-stream' | 'mend-stream' | 'recover-stream') =>
	simulation.send({ name: 'rack', execute, vm: 'vm0' });

/** To the end; every check is looked at after every so many events. */
function runOut(simulation: Simulation, every = 25): void {
	for (let events = 1; simulation.nowNs < 2_000_000 || operationOf(simulation).state === 'running'; events += 1) {
		simulation.step('event');
		if (events % every === 0) expect(broken(simulation), `event ${events}`).toEqual([]);
		if (events > 100_000) throw new Error('it never ends');
	}
	expect(broken(simulation)).toEqual([]);
}

function toPhase(simulation: Simulation, phase: string): void {
	simulation.advance(2_000_000_000, Infinity, ({ r }) => r.operations[0]?.phase === phase);
	expect(operationOf(simulation).phase).toBe(phase);
}

describe('post-copy', () => {
	test('moves the guest first: every page crosses once, and one channel makes faults wait behind the stream', () => {
		const simulation = smallWorld({ strategy: 'postcopy' });
		runOut(simulation);
		const operation = operationOf(simulation);
		expect(operation.state).toBe('completed');
		expect(simulation.status().vms[0]).toMatchObject({ runsOn: 'B', instances: [null, 'B'], migrationStatus: 'completed' });
		const device = 2 * 1024 * 1024 + 2 * 16 * 1024 + 16;
		expect(operation.networkBytes).toBe(32768 * 4104 + device);
		// 4 MiB of socket at 1 GB/s before each page that is asked for.
		expect(operation.fetch?.meanLatencyNs).toBeGreaterThan(4e6);
		expect(operation.downtimeNs).toBeLessThan(23e6);
		expect(simulation.status().vms[0]?.stalls).toBeGreaterThan(0);
	});

	test('with preempt a page that is asked for overtakes', () => {
		const simulation = smallWorld({ strategy: 'postcopy', parameters: { preempt: true } });
		runOut(simulation);
		const { fetch } = operationOf(simulation);
		expect(fetch?.requests).toBeGreaterThan(100);
		expect(fetch?.meanLatencyNs).toBeLessThan(300_000);
		expect(fetch?.latencyCounts.reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(fetch?.requests ?? Infinity);
	});

	test('a limit on the background is none on requests, and leaves the socket empty', () => {
		const simulation = smallWorld({ strategy: 'postcopy', parameters: { maxPostcopyBandwidthBytesPerSecond: 200e6 } });
		runOut(simulation, 200);
		const operation = operationOf(simulation);
		expect((operation.endNs ?? 0) - operation.startNs).toBeGreaterThan(500e6);
		expect(operation.fetch?.meanLatencyNs).toBeLessThan(300_000);
	});

	test('rounds of pre-copy leave only what was written since, and discards of it', () => {
		const simulation = smallWorld({ strategy: 'postcopy', parameters: { precopyPasses: 1 } });
		toPhase(simulation, 'fetch');
		expect(operationOf(simulation).fetch?.missingPages).toBeLessThan(16_384);
		runOut(simulation);
		expect(operationOf(simulation).state).toBe('completed');
		const discard = simulation.world.trace.find((record) => record.rule === 'postcopy-discard');
		expect(discard?.values['discards']).toBeGreaterThan(100);
	});

	test('the newest copy is where nobody can see it yet: the proof looks at both sides', () => {
		const simulation = smallWorld({ strategy: 'postcopy' });
		toPhase(simulation, 'fetch');
		expect(operationOf(simulation).fetch?.missingPages).toBe(32_768);
		expect(simulation.status().vms[0]?.instances).toEqual(['A', 'B']);
		expect(broken(simulation)).toEqual([]);
	});

	test('cannot be cancelled behind the switch, and can before', () => {
		const late = smallWorld({ strategy: 'postcopy' });
		toPhase(late, 'fetch');
		expect(late.send({ name: 'migrate-cancel', vm: 'vm0' })).toMatchObject({
			ok: false,
			reason: 'too-late',
			detail: 'Postcopy migration in progress, cannot cancel.'
		});
		const early = smallWorld({ strategy: 'postcopy', parameters: { precopyPasses: 3 } });
		toPhase(early, 'round');
		expect(early.send({ name: 'migrate-cancel', vm: 'vm0' }).ok).toBe(true);
		runOut(early);
		expect(operationOf(early)).toMatchObject({ state: 'cancelled' });
		expect(early.status().vms[0]?.runsOn).toBe('A');
	});

	test('the same for any slicing: looking on the way changes nothing', () => {
		const whole = smallWorld({ strategy: 'postcopy', parameters: { preempt: true } });
		whole.advance(400_000_000);
		const sliced = smallWorld({ strategy: 'postcopy', parameters: { preempt: true } });
		for (let at = 1_234_567; at < 400_000_000; at += 1_234_567) {
			sliced.advance(at);
			sliced.status();
			if (at % 10 === 0) sliced.check();
		}
		sliced.advance(400_000_000);
		expect(sliced.fingerprint()).toEqual(whole.fingerprint());
	});
});

describe('host pages of 2 MiB', () => {
	test('are missing whole, asked for whole, and take as long as 512 pages on the wire', () => {
		const simulation = open(
			smallFile({ networkBytesPerSecond: 1_000_000_000, vms: [vm('vm0', 'A', 128, { ways: { hostPages: '2m' } })], untilNs: 2_000_000_000 })
		);
		simulation.send(migrate('postcopy', { preempt: true, precopyPasses: 1 }));
		simulation.advance(1_900_000_000, Infinity, ({ r }) => r.operations[0]?.phase === 'fetch');
		const missing = operationOf(simulation).fetch?.missingPages ?? -1;
		expect(missing).toBeGreaterThan(0);
		expect(missing % 512).toBe(0);
		runOut(simulation);
		const { fetch, state } = operationOf(simulation);
		expect(state).toBe('completed');
		expect(fetch?.requests).toBeGreaterThan(0);
		expect(fetch?.meanLatencyNs).toBeGreaterThan(2_000_000);
	});
});

describe('a stream that breaks', () => {
	test('pauses post-copy: the guest runs until it needs what it does not have, recovery goes on from the received pages', () => {
		const simulation = smallWorld({ strategy: 'postcopy', parameters: { preempt: true } });
		toPhase(simulation, 'fetch');
		simulation.advance(simulation.nowNs + 30_500_000);
		expect(rack(simulation, 'break-stream').ok).toBe(true);
		expect(simulation.status().vms[0]?.migrationStatus).toBe('postcopy-paused');
		expect(broken(simulation)).toEqual([]);
		const { fetch } = operationOf(simulation);
		expect(fetch?.lostOnWire).toBeGreaterThan(0);
		simulation.advance(simulation.nowNs + 100_000_000);
		expect(simulation.status().vms[0]).toMatchObject({ speedPpm: 0, vcpuState: 'running' });
		expect(rack(simulation, 'recover-stream')).toMatchObject({ ok: false, reason: 'stream-cut' });
		expect(rack(simulation, 'mend-stream').ok).toBe(true);
		expect(rack(simulation, 'recover-stream').ok).toBe(true);
		// A second break, in the middle of the recovery, pauses again.
		expect(rack(simulation, 'break-stream').ok).toBe(true);
		simulation.advance(simulation.nowNs + 5_000_000);
		expect(simulation.status().vms[0]?.migrationStatus).toBe('postcopy-paused');
		rack(simulation, 'mend-stream');
		expect(rack(simulation, 'recover-stream').ok).toBe(true);
		runOut(simulation);
		expect(operationOf(simulation)).toMatchObject({ state: 'completed', fetch: { breaks: 2 } });
		expect(operationOf(simulation).fetch?.blockedNs).toBeGreaterThan(50_000_000);
		expect(rack(simulation, 'recover-stream')).toMatchObject({ ok: false, reason: 'no-migration' });
	});

	test('fails a pre-copy, and the guest goes on at the source', () => {
		const simulation = smallWorld({ strategy: 'precopy', parameters: { downtimeLimitNs: 1_000_000 } });
		toPhase(simulation, 'round');
		expect(rack(simulation, 'recover-stream')).toMatchObject({ ok: false, reason: 'not-paused' });
		expect(rack(simulation, 'break-stream').ok).toBe(true);
		runOut(simulation);
		expect(operationOf(simulation)).toMatchObject({ state: 'failed', reason: 'stream-broken' });
		expect(simulation.status().vms[0]?.runsOn).toBe('A');
	});
});
