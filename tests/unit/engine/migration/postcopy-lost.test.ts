import { describe, expect, test } from 'vitest';
import { broken, smallWorld } from '../../../faults/worlds.ts';

describe('a host that dies behind the switch of post-copy', () => {
	test.each([
		['A', 'its half of the memory'],
		['B', 'the guest itself']
	])('%s takes %s with it, which is marked', (host) => {
		const simulation = smallWorld({ strategy: 'postcopy', parameters: { preempt: true } });
		simulation.advance(1_000_000_000, Infinity, ({ r }) => r.operations[0]?.phase === 'fetch');
		simulation.advance(simulation.nowNs + 20_000_000);
		expect(simulation.send({ name: 'rack', execute: 'crash', host }).ok).toBe(true);
		simulation.advance(simulation.nowNs + 500_000_000);
		expect(simulation.status().operations[0]).toMatchObject({ state: 'failed', reason: 'host-lost' });
		expect(simulation.status().marks.join('\n')).toMatch(new RegExp(`pages of vm0 were on ${host} alone`));
		expect(broken(simulation)).toEqual([]);
	});
});
