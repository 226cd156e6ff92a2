import { describe, expect, test } from 'vitest';
import type { PhaseId } from '$lib/engine/contract/status.ts';
import { MIB } from '$lib/base/units.ts';
import { expectSound, migrate, open, settle, smallWorld, vm } from '../../../support/worlds.ts';

const untouched = { populatedBytes: 128 * MIB, workload: { kind: 'web', workingSetBytes: 32 * MIB } };

describe('migration by RDMA', () => {
	test.each(['thp', '4k'])('backs and pins all memory on both hosts, in %s pages, then writes it in rounds', (pages) => {
		const simulation = open(smallWorld({ vms: [vm('vm0', 'A', 256, { ...untouched, pages })] }));
		const before = simulation.status().vms[0]?.pagesByMemory;
		expect(simulation.send({ ...migrate('rdma'), parameters: { maxBandwidthBytesPerSecond: 0 } }).ok).toBe(true);
		const phases = new Set<PhaseId>();
		while (simulation.status().operations[0]?.state === 'running') {
			simulation.step('event');
			phases.add(simulation.status().operations[0]?.phase as PhaseId);
			if (simulation.world.r.eventCount % 8 === 0) expectSound(simulation);
			if (simulation.world.r.operations[0]?.registered && simulation.status().vms[0]?.runsOn === 'A')
				expect(simulation.status().vms[0]?.pagesByMemory).toMatchObject({ 'A.dram': 65_536 });
		}
		expect(Object.values(before ?? {}).reduce((sum, count) => sum + count, 0)).toBe(32_768);
		const operation = simulation.status().operations[0];
		expect(operation?.state).toBe('completed');
		expect([...phases]).toEqual(['prepare', 'setup', 'round', 'switchover']);
		expect(operation?.phases.map(({ label }) => label.slice(0, 4))).toContain('c: a');
		expect(simulation.status().vms[0]?.runsOn).toBe('B');
		expectSound(simulation);
	});

	test('the pins are held while it runs, and gone with it', () => {
		const simulation = open(smallWorld());
		simulation.send({ ...migrate('rdma'), parameters: { maxBandwidthBytesPerSecond: 40_000_000 } });
		simulation.advance(30_000_000);
		expect(simulation.status().memories.map((memory) => memory.longPins)).toEqual([32_768, 32_768, 0]);
		simulation.send({ name: 'migrate-cancel', vm: 'vm0' });
		expect(settle(simulation)).toBe(true);
		expect(simulation.status().operations[0]?.state).toBe('cancelled');
		expect(simulation.status().memories.map((memory) => memory.longPins)).toEqual([0, 0, 0]);
		expectSound(simulation);
	});

	test('is refused by a limit on locked memory, and where untouched pages have no room', () => {
		const limited = open(smallWorld({ vms: [vm('vm0', 'A', 128, { ways: { memlockBytes: 64 * MIB } })] }));
		expect(limited.send(migrate('rdma'))).toMatchObject({ ok: false, reason: 'memlock' });
		const full = open(smallWorld({ vms: [vm('vm0', 'A', 512, untouched)] }));
		expect(full.send(migrate('rdma'))).toMatchObject({ ok: false, reason: 'no-room-source' });
		const far = open(smallWorld({ vms: [vm('vm0', 'A', 256, untouched), vm('vm1', 'B', 256)] }));
		expect(far.send(migrate('rdma'))).toMatchObject({ ok: false, reason: 'no-room-target' });
		// By pre-copy the same guest has room: what was never touched takes none.
		expect(far.send(migrate('precopy')).ok).toBe(true);
	});
});
