/** Goal: an rdma: address at QEMU's monitor moves by RDMA. Method: the same guest over tcp:, and over rdma: with and without rdma-pin-all. */
import { describe, expect, it } from 'vitest';
import { MIB } from '$lib/base/units.ts';
import { expectSound } from '../../../../support/worlds.ts';
import { after, ask, caps, openGuest, say, set, type Word } from '../../../../support/monitor.ts';

const FREE: Word = set({ 'max-bandwidth': 0 });
const over = (transport: string): readonly Word[] => [
	['B', 'migrate-incoming', { uri: `${transport}:0:4444` }],
	['A', 'migrate', { uri: `${transport}:B:4444` }]
];

describe('rdma: at the monitor', () => {
	it.each([
		['tcp', [], 'precopy', false],
		['rdma', [], 'rdma', false],
		['rdma', [caps('A', 'rdma-pin-all')], 'rdma', true]
	] as const)('%s with %o', (transport, words, strategy, pinsAll) => {
		const simulation = openGuest();
		expect(say(simulation, FREE, ...words, ...over(transport))).toBeNull();
		simulation.advance(20_000_000);
		expect(simulation.status().operations[0]?.strategy).toBe(strategy);
		const { registered } = simulation.world.r.operations[0] as { registered?: true };
		expect(registered === true).toBe(pinsAll);
		// Registered whole, every page has a frame, touched or not.
		expect(simulation.world.r.vms[0]?.populatedPages).toBe(((pinsAll ? 256 : 128) * MIB) / 4096);
		after(simulation, 5);
		expect(ask(simulation, 'A')['status']).toBe('completed');
		expect(simulation.status().vms[0]?.runsOn).toBe('B');
		expectSound(simulation);
	});

	it('chunk by chunk is the slower one, as measured', () => {
		const rate = (...words: readonly Word[]): number => {
			const simulation = openGuest();
			say(simulation, FREE, ...words, ...over('rdma'));
			after(simulation, 5);
			return simulation.world.r.operations[0]?.sendRate ?? 0;
		};
		expect(rate() / rate(caps('A', 'rdma-pin-all'))).toBeCloseTo(9.5 / 26, 6);
	});

	it('what may be locked counts: all of it, or what was touched', () => {
		const ways = { ways: { memlockBytes: 192 * MIB } };
		expect(say(openGuest(ways), caps('A', 'rdma-pin-all'), ...over('rdma'))).toContain('RLIMIT_MEMLOCK allows');
		expect(say(openGuest(ways), ...over('rdma'))).toBeNull();
		expect(say(openGuest({ ways: { memlockBytes: 64 * MIB } }), ...over('rdma'))).toContain('RLIMIT_MEMLOCK allows');
	});
});
