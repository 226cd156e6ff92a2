import { describe, expect, it } from 'vitest';
import type { Command, MigrationParameters } from '$lib/engine/contract/commands.ts';
import { MIB } from '$lib/base/units.ts';
import { expectPoolEmpty, expectSound, open, settle, smallWorld, vm } from '../../../../support/worlds.ts';
import { last, rack, reference, toPhase } from './orders.ts';

/** Backing by device-dax: a copy in place of page migration (live-migration reference 10). */
describe('extents as device-dax', () => {
	const dax = (parameters: MigrationParameters = {}) => reference('transit', { backing: 'dax', ...parameters });

	it.each(['thp', '4k'])('are filled by a copy with dirty tracking, whoever holds pages; nothing crosses the network (%s)', (pages) => {
		const simulation = open(smallWorld({ vms: [vm('vm0', 'A', 128, { pages })] }));
		expect(simulation.send({ name: 'pin', vm: 'vm0', gfn: 1000, term: 'long' }).ok).toBe(true);
		expect(simulation.send(dax()).ok).toBe(true);
		while (last(simulation)?.state === 'running') {
			simulation.advance(simulation.nowNs + 1e9, 10);
			expectSound(simulation);
		}
		expect(last(simulation)).toMatchObject({ state: 'completed', networkBytes: 0 });
		expect(last(simulation)?.cxlBytes).toBeGreaterThan(2 * 128 * MIB);
		expectSound(simulation);
		expectPoolEmpty(simulation);
	});

	it('the guest that stays there may be pinned, and its pages are no folios', () => {
		const simulation = open(smallWorld());
		simulation.send(dax({ stayOnPool: true }));
		expect(settle(simulation)).toBe(true);
		expect(simulation.world.r.vms[0]).toMatchObject({ dax: true, pagesByMemory: [0, 0, 32_768] });
		expect(simulation.send(rack('tier', { gfn: 5, to: 'dram' }))).toMatchObject({ ok: false, reason: 'not-a-folio' });
		expect(simulation.send({ name: 'pin', vm: 'vm0', gfn: 1000, term: 'long' }).ok).toBe(true);
		expect(simulation.world.r.vms[0]?.pagesByMemory).toEqual([0, 0, 32_768]);
		expect(simulation.send({ ...reference('resident'), target: 'A' } as Command).ok).toBe(true);
		expect(settle(simulation)).toBe(true);
		expect(last(simulation)?.state).toBe('completed');
		expectSound(simulation);
	});

	it.each(['staging', 'publish'])('the copy is freed when the source dies in %s', (phase) => {
		const simulation = open(smallWorld());
		simulation.send(dax());
		toPhase(simulation, phase);
		expect(simulation.send(rack('crash', {}, { host: 'A' })).ok).toBe(true);
		expect(last(simulation)).toMatchObject({ state: 'failed', reason: 'host-lost' });
		expectSound(simulation);
	});

	it.each(['staging', 'publish', 'handoff'])('given up in %s the copy is freed and the guest was never touched', (phase) => {
		const simulation = open(smallWorld());
		simulation.send(dax());
		toPhase(simulation, phase);
		expect(simulation.send({ name: 'migrate-cancel', vm: 'vm0' }).ok).toBe(true);
		expect(settle(simulation)).toBe(true);
		expect(last(simulation)?.state).toBe('cancelled');
		expect(simulation.world.r.vms[0]?.pagesByMemory).toEqual([32_768, 0, 0]);
		expectSound(simulation);
		expectPoolEmpty(simulation);
	});
});
