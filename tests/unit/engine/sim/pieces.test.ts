import { expect, test } from 'vitest';
import { Simulation } from '$lib/engine/index.ts';

/** A VM so large that its buffer ends beyond 4 GiB; what a run never touches costs address space only. */
function largeWorld(): Simulation {
	const opened = Simulation.open({
		scenario: {
			switchyard: 1,
			id: 'large',
			title: 'large',
			hosts: [{ id: 'A', dramBytes: '840 GiB', windowBaseHpa: 2 ** 44 }],
			vms: [{ id: 'vm0', host: 'A', bytes: '281 GiB', populatedBytes: '128 MiB', workload: { kind: 'web' } }]
		},
		limitBytes: 2 ** 34
	});
	if (!opened.ok) throw new Error(opened.detail);
	return opened.value;
}

/** Records, and what the guest wrote, which lies beyond 4 GiB. A fingerprint of all blocks would say the same in ten seconds. */
function stateOf({ world }: Simulation): string {
	const { pools: _pools, eventCount: _events, ...records } = world.r;
	const rows = world.r.pools.guestDetail.fresh * 512;
	return JSON.stringify([
		records,
		Array.from(world.c.guestRowWritten.data.subarray(0, rows)),
		Array.from(world.c.contentStamp.data.subarray(0, rows))
	]);
}

test('a world whose buffer is larger than 4 GiB is kept and put back', () => {
	const simulation = largeWorld();
	const { placement, r } = simulation.world;
	expect(simulation.world.buffer.byteLength).toBeGreaterThan(2 ** 32);
	expect(placement.offsets.guestRowWritten).toBeGreaterThan(2 ** 32);
	const start = stateOf(simulation);
	simulation.advance(3e8);
	expect(r.vms[0]?.writtenPages).toBeGreaterThan(100);
	const end = stateOf(simulation);
	expect(end).not.toBe(start);
	simulation.seek(1e8);
	expect(stateOf(simulation)).not.toBe(end);
	simulation.seek(3e8);
	expect(stateOf(simulation)).toBe(end);
});
