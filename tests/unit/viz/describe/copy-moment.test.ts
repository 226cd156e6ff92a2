/** Goal: each step before the first byte is said by its name. Method: real runs, stopped where the step stands. */
import { expect, test } from 'vitest';
import { copyMoment } from '$lib/viz/describe/copy-moment.ts';
import { settledWords } from '$lib/viz/timeline/settled.ts';
import type { Simulation } from '$lib/engine/index.ts';
import { migrate, open, smallWorld, vm } from '../../../support/worlds.ts';

const sentence = (simulation: Simulation): string => {
	const { operations, vms } = simulation.status();
	const [operation, first] = [operations[0], vms[0]];
	return operation && first ? copyMoment(operation, first, 0).sentence : '';
};

test('RDMA: sizes, registration, addresses', () => {
	const simulation = open(smallWorld());
	simulation.send({ ...migrate('rdma'), parameters: { maxBandwidthBytesPerSecond: 0 } });
	const said = new Set<string>();
	while (simulation.status().operations[0]?.phase === 'prepare') {
		said.add(sentence(simulation).split(':')[0] as string);
		expect(settledWords(simulation.status(), false)).toBe('settled in preparation');
		simulation.step('event');
	}
	expect([...said]).toEqual(['Sizes', 'Registration', 'Addresses and keys']);
});

test('wait-unplug is no setup like any other', () => {
	const simulation = open(smallWorld({ vms: [vm('vm0', 'A', 128, { ways: { failover: {} } })] }));
	simulation.send(migrate('precopy'));
	expect(sentence(simulation)).toContain('Setup');
	simulation.advance(1_000_000_000);
	expect(sentence(simulation)).toContain('wait-unplug: the guest has to let go');
	expect(settledWords(simulation.status(), false)).toBe('settled in wait-unplug');
});
