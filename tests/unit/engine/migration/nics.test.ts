import { describe, expect, it } from 'vitest';
import { expectSound, migrate, open } from '../../../support/worlds.ts';
import { nic, nicWorld, vdpa } from '../../../support/nics.ts';

describe('a migration that begins while the devices go back from the one before', () => {
	// The page that a device writes on the guest's own rings is in no log (found by the seeds 88029 and 88022 of fuzz-nics).
	it.each(['full-remap', 'identity-high', 'update-all'])('%s: they are shadowed again, and every page arrives', (strategy) => {
		const simulation = open(
			nicWorld({
				mib: 128,
				hostMib: 768,
				nics: [
					nic({ strategy, preset: 'ideal', traffic: { packetsPerSecond: 2000 } }),
					nic({ id: 'net1', strategy, preset: 'ideal', queuePairs: 1 })
				],
				more: { untilNs: 60e9 }
			})
		);
		simulation.send(migrate('precopy'));
		simulation.advance(10e9, Infinity, (world) => world.r.vms[0]?.status === 'active');
		expect(simulation.send(vdpa('fail-migration')).ok).toBe(true);
		simulation.advance(simulation.nowNs + 1e6);
		expect(simulation.world.r.vdpa.nics[0]?.change?.status.kind).toBe('to-passthrough');
		expect(simulation.send(migrate('precopy')).ok).toBe(true);
		simulation.advance(simulation.nowNs + 30e9, Infinity, (world) => world.r.operations[1]?.state !== 'running');
		expect(simulation.world.r.operations[1]?.state).toBe('completed');
		for (const record of simulation.world.r.vdpa.nics) expect(record.changes.filter((change) => change.kind === 'to-svq')).toHaveLength(2);
		expectSound(simulation);
	});
});

describe('shadow rings that find no place', () => {
	it('leave the device unstarted: on the guest’s own rings its writes would be in no log', () => {
		// All addresses up to the end of guest memory are guest memory (found by seed 88029 of fuzz-nics).
		const simulation = open(
			nicWorld({
				mib: 128,
				hostMib: 768,
				nics: [
					nic({
						kind: 'platform',
						strategy: 'identity-hole',
						preset: 'ideal',
						iovaLast: 128 * 2 ** 20,
						traffic: { packetsPerSecond: 2000 }
					})
				],
				more: { untilNs: 60e9 }
			})
		);
		expect(simulation.status().vdpa?.nics[0]?.wrongMaps).toEqual([]);
		simulation.send(migrate('precopy'));
		simulation.advance(10e9, Infinity, (world) => world.r.vms[0]?.status === 'active');
		const [status] = simulation.status().vdpa?.nics ?? [];
		expect(status?.broken).toContain('not all mapped');
		expect(status?.changes.at(-1)?.errors[0]?.kernel).toContain('no room for the rings');
		expect(simulation.send(vdpa('fail-migration')).ok).toBe(true);
		simulation.advance(simulation.nowNs + 2e9);
		expect(simulation.status().vdpa?.nics[0]?.broken).toBeNull();
		expectSound(simulation);
		simulation.send(migrate('precopy'));
		simulation.advance(simulation.nowNs + 30e9, Infinity, (world) => world.r.operations[1]?.state !== 'running');
		expect(simulation.world.r.operations[1]?.state).toBe('completed');
		expectSound(simulation);
	});
});
