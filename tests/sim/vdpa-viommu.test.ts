import { describe, expect, it } from 'vitest';
import { checkAll } from '../../src/lib/engine/sim/invariants.ts';
import { INVARIANTS } from '../../src/lib/engine/whole/index.ts';
import { migrate, open } from '../support/worlds.ts';
import { nic, nicWorld, vdpa } from '../support/nics.ts';

/** A virtual IOMMU beside shadow virtqueues (vDPA reference 17). */
const play = (strategy: string, kind = 'mlx5') => {
	const simulation = open(
		nicWorld({ nics: [nic({ kind, strategy, traffic: { packetsPerSecond: 2000 } })], vdpa: { viommu: true }, more: { untilNs: 20e9 } })
	);
	expect(simulation.send(vdpa('viommu-map', { giova: '0x9_0000_0000', gfn: 4096, pages: 16 })).ok).toBe(true);
	return simulation;
};
const nicOf = (simulation: ReturnType<typeof open>) => simulation.status().vdpa?.nics[0];
const entriesOf = (simulation: ReturnType<typeof open>, instance: 0 | 1) =>
	nicOf(simulation)?.ends[instance]?.spaces.find((space) => space.asid === 0)?.entries ?? [];

describe('a virtual IOMMU', () => {
	it('maps page by page, and takes back what it mapped', () => {
		const simulation = play('full-remap');
		expect(entriesOf(simulation, 0).filter((entry) => entry.iova >= 0x9_0000_0000)).toHaveLength(16);
		expect(nicOf(simulation)?.wrongMaps).toEqual([]);
		simulation.send(vdpa('viommu-unmap', { giova: '0x9_0000_0000', pages: 16 }));
		expect(entriesOf(simulation, 0).filter((entry) => entry.iova >= 0x9_0000_0000)).toEqual([]);
	});

	it.each(['full-remap', 'update-all', 'pin-call'])('%s: shadow queues are refused, and the device stands still', (strategy) => {
		const simulation = play(strategy);
		simulation.send(migrate('precopy'));
		simulation.advance(20e9, Infinity, (world) => (world.r.vdpa.nics[0]?.changes.at(-1)?.kind ?? '') === 'to-svq');
		const nics = nicOf(simulation);
		expect(nics?.broken).toBe('SVQ can not work while IOMMU enable, please disable IOMMU and try again');
		expect(nics?.changes.at(-1)?.errors).toHaveLength(1);
		const before = nics?.traffic.received ?? 0;
		simulation.advance(simulation.nowNs + 50e6);
		expect(nicOf(simulation)?.traffic.received).toBe(before);
		expect(checkAll(simulation.world, INVARIANTS).filter((verdict) => !verdict.holds)).toEqual([]);
		// The migration itself goes on, and the target's device is started on the guest's own rings with all maps.
		simulation.advance(20e9, Infinity, (world) => world.r.operations[0]?.state !== 'running');
		expect(simulation.world.r.operations[0]?.state).toBe('completed');
		expect(nicOf(simulation)?.broken).toBeNull();
		expect(entriesOf(simulation, 1).filter((entry) => entry.iova >= 0x9_0000_0000)).toHaveLength(16);
		expect(nicOf(simulation)?.wrongMaps).toEqual([]);
		simulation.advance(simulation.nowNs + 100e6);
		expect(nicOf(simulation)?.traffic.received).toBeGreaterThan(before);
	});

	it.each(['full-remap', 'update-all'])('%s: a migration that fails starts the device again', (strategy) => {
		const simulation = play(strategy);
		simulation.send(migrate('precopy'));
		simulation.advance(20e9, Infinity, (world) => (world.r.vdpa.nics[0]?.changes.at(-1)?.kind ?? '') === 'to-svq');
		expect(simulation.send(vdpa('fail-migration')).ok).toBe(true);
		simulation.advance(simulation.nowNs + 5e9);
		expect(nicOf(simulation)?.broken).toBeNull();
		expect(nicOf(simulation)?.wrongMaps).toEqual([]);
		expect(entriesOf(simulation, 0).filter((entry) => entry.iova >= 0x9_0000_0000)).toHaveLength(16);
	});

	it('rings in an address space of their own leave the guest’s addresses alone', () => {
		const simulation = play('own-asid');
		simulation.send(migrate('precopy'));
		simulation.advance(20e9, Infinity, (world) => (world.r.vdpa.nics[0]?.changes.at(-1)?.kind ?? '') === 'to-svq');
		const nics = nicOf(simulation);
		expect([nics?.broken, nics?.wrongMaps, nics?.changes.at(-1)?.errors]).toEqual([null, [], []]);
		expect(entriesOf(simulation, 0).filter((entry) => entry.iova >= 0x9_0000_0000)).toHaveLength(16);
		const before = nics?.traffic.received ?? 0;
		simulation.advance(simulation.nowNs + 50e6);
		expect(nicOf(simulation)?.traffic.received).toBeGreaterThan(before);
		expect(nicOf(simulation)?.faultCount).toBe(0);
	});
	it.each(['identity-hole', 'identity-high'])('%s cannot reserve addresses that the guest may use', (strategy) => {
		const opened = () => play(strategy);
		expect(opened).toThrow(/virtual IOMMU/);
	});
});
