import { describe, expect, it } from 'vitest';
import { GIB, MIB } from '../../../../../src/lib/base/units.ts';
import { countsOf, extentsOf } from '../../../../../src/lib/engine/fabric/dcd/lists.ts';
import { freeMedia, freeMediaBytes } from '../../../../../src/lib/engine/fabric/dcd/media.ts';
import { viewOfTag } from '../../../../../src/lib/engine/fabric/dcd/tags.ts';
import { mediaHeld, storeThrough } from '../../../../../src/lib/engine/fabric/content.ts';
import { groupOfBlock } from '../../../../../src/lib/engine/fabric/gfd/groups.ts';
import type { Simulation } from '../../../../../src/lib/engine/index.ts';
import { fabric, heads, tell, until } from '../../../../support/fabric.ts';

const add = (simulation: Simulation, host: string, more: Record<string, unknown>): boolean =>
	tell(simulation, 'fm', 'pool', 'initiate-dynamic-capacity-add', { host, tag: 'T', ...more } as never).ok;
const reference = (simulation: Simulation, word: 'add' | 'remove'): boolean =>
	tell(simulation, 'fm', 'pool', `dynamic-capacity-${word}-reference`, { tag: 'T' }).ok;
const held = (simulation: Simulation, ld: number): number => countsOf(simulation.world, 0, ld).accepted.bytes;

/** The worked example of the reference, 5.4: one tag, two hosts, other pieces at other addresses in another order. */
function twoHosts(): Simulation {
	const simulation = fabric({
		devices: [
			{
				id: 'pool',
				kind: 'mh-sld',
				hosts: ['A', 'B'],
				ldBases: [0x1_8000_0000, 0x4000_0000],
				regions: [{ bytes: '4 GiB', sharable: true }]
			}
		],
		hosts: [
			{ id: 'A', use: 'none' },
			{ id: 'B', use: 'none' }
		]
	});
	expect(
		add(simulation, 'A', {
			extents: [
				{ dpa: 0x2_4000_0000, bytes: 512 * MIB, sequence: 1 },
				{ dpa: 0x2_0000_0000, bytes: 256 * MIB, sequence: 0 },
				{ dpa: 0x1_8000_0000, bytes: 256 * MIB, sequence: 2 }
			]
		})
	).toBe(true);
	expect(until(simulation, 1, () => held(simulation, 0) === GIB)).toBe(true);
	expect(
		add(simulation, 'B', {
			policy: 'enable-shared-access',
			extents: [
				{ dpa: 0x5000_0000, bytes: 256 * MIB, sequence: 1 },
				{ dpa: 0x9000_0000, bytes: 768 * MIB, sequence: 0 }
			]
		})
	).toBe(true);
	expect(until(simulation, 1, () => held(simulation, 1) === GIB)).toBe(true);
	return simulation;
}

describe('one shared tag', () => {
	it('is the same linear space in whatever pieces and order a host got it', () => {
		const { world } = twoHosts();
		const a = viewOfTag(world, 'A', 'T');
		const b = viewOfTag(world, 'B', 'T');
		expect(a).toMatchObject({ complete: true, missing: [] });
		expect(b).toMatchObject({ complete: true, missing: [] });
		const at = (view: typeof a, offset: number): { dpa: number; media: number } => {
			const piece = view?.pieces.find((one) => offset >= one.at && offset < one.at + one.bytes);
			if (!piece) throw new Error(`nothing at ${offset}`);
			return { dpa: piece.dpa + offset - piece.at, media: piece.media + offset - piece.at };
		};
		for (const [offset, dpaA, dpaB] of [
			[0, 0x2_0000_0000, 0x9000_0000],
			[0x1234_5000, 0x2_4234_5000, 0xa234_5000],
			[0x3000_0000, 0x1_8000_0000, 0x5000_0000]
		] as const) {
			expect(at(a, offset).dpa).toBe(dpaA);
			expect(at(b, offset).dpa).toBe(dpaB);
			expect(at(a, offset).media).toBe(at(b, offset).media);
		}
		expect(a?.pieces.map((piece) => piece.arrival)).toEqual([1, 0, 2]);
		expect(freeMediaBytes(world, 0)).toBe(3 * GIB);
	});

	it('ends with the last host, and not before', () => {
		const simulation = twoHosts();
		expect(tell(simulation, 'host', 'A', 'release-dynamic-capacity', { tag: 'T' }).ok).toBe(true);
		expect(simulation.world.r.fabric.tags).toMatchObject([{ holders: ['B'] }]);
		expect(freeMediaBytes(simulation.world, 0)).toBe(3 * GIB);
		expect(tell(simulation, 'host', 'B', 'release-dynamic-capacity', { tag: 'T' }).ok).toBe(true);
		expect(simulation.world.r.fabric.tags).toEqual([]);
		expect(freeMedia(simulation.world, 0)).toEqual([{ at: 0, bytes: 4 * GIB }]);
	});

	it('passes by reference: without it the release destroys what the next host was to get', () => {
		const passed = (withReference: boolean): boolean => {
			const simulation = heads(['A', 'B'], { sharable: true }, { use: 'none' });
			add(simulation, 'A', { bytes: '1 GiB' });
			until(simulation, 1, () => held(simulation, 0) === GIB);
			if (withReference) expect(reference(simulation, 'add')).toBe(true);
			tell(simulation, 'fm', 'pool', 'initiate-dynamic-capacity-release', { host: 'A', tag: 'T' });
			until(simulation, 1, () => held(simulation, 0) === 0 && countsOf(simulation.world, 0, 0).releasing.bytes === 0);
			const shared = add(simulation, 'B', { policy: 'enable-shared-access' });
			if (shared) expect(until(simulation, 1, () => held(simulation, 1) === GIB)).toBe(true);
			if (withReference) expect(reference(simulation, 'remove')).toBe(true);
			return shared;
		};
		expect(passed(true)).toBe(true);
		expect(passed(false)).toBe(false);
	});

	it('is taken by a reset without an event, while private capacity stays', () => {
		const simulation = fabric({
			devices: [{ id: 'pool', kind: 'sld', hosts: ['A'], regions: [{ bytes: '2 GiB' }, { bytes: '2 GiB', sharable: true }] }],
			hosts: [{ id: 'A', use: 'none' }]
		});
		add(simulation, 'A', { bytes: '1 GiB', tag: 'mine' });
		add(simulation, 'A', { bytes: '1 GiB', region: 1 });
		until(simulation, 1, () => held(simulation, 0) === 2 * GIB);
		tell(simulation, 'fault', 'A', 'crash-host');
		tell(simulation, 'fault', 'A', 'reboot-host');
		expect(held(simulation, 0)).toBe(GIB);
		expect(simulation.world.r.fabric.tags.map((tag) => tag.tag)).toEqual(['mine']);
		expect(simulation.world.r.fabric.devices[0]?.lds[0]?.log.records).toEqual([]);
		expect(countsOf(simulation.world, 0, 0).forced.extents).toBe(0);
	});
});

describe('media', () => {
	it('of a pool that is smaller than its heads together run out for the second host', () => {
		const simulation = heads(['A', 'B'], { bytes: '4 GiB' }, { use: 'none' }, { mediaBytes: '6 GiB' });
		const offer = (host: string): boolean => tell(simulation, 'fm', 'pool', 'initiate-dynamic-capacity-add', { host, bytes: '4 GiB' }).ok;
		expect(offer('A')).toBe(true);
		expect(offer('B')).toBe(false);
		expect(tell(simulation, 'fm', 'pool', 'initiate-dynamic-capacity-add', { host: 'B', bytes: '2 GiB' }).ok).toBe(true);
		expect(freeMediaBytes(simulation.world, 0)).toBe(0);
	});
});

describe('a G-FAM device', () => {
	it('gives blocks to a group, all or none, and asks nobody', () => {
		const simulation = fabric({
			devices: [{ id: 'gfd', kind: 'gfd', pid: 0x100, regions: [{ bytes: '4 GiB', blockBytes: '64 MiB', sharable: true }] }],
			hosts: [{ id: 'A', pid: 0x10 }]
		});
		const give = (more: object): { ok: boolean; detail: string } =>
			tell(simulation, 'fm', 'gfd', 'gfd-dynamic-capacity-add', { group: 5, ...more } as never);
		expect(give({ bytes: '1 GiB', tag: 'T' }).ok).toBe(true);
		expect(give({ bytes: '1 GiB', tag: 'T' }).detail).toContain('(2h)');
		expect(give({ bytes: '1 GiB' }).detail).toContain('(2h)');
		expect(give({ bytes: '8 GiB', tag: 'U' }).detail).toContain('(1Dh)');
		expect(give({ bytes: '1 GiB', tag: 'U', group: 64 }).detail).toContain('(2h)');
		expect(give({ bytes: '1 GiB', tag: 'U', policy: 'enable-shared-access' }).detail).toContain('(2h)');
		const partition = simulation.world.r.fabric.devices[0]?.gfd?.partitions[0];
		if (!partition) throw new Error('no partition');
		expect([0, 15, 16].map((block) => groupOfBlock(partition, block))).toEqual([5, 5, null]);
		expect(extentsOf(simulation.world, 0, 63)).toMatchObject([{ bytes: GIB, group: 5 }]);
		expect(tell(simulation, 'fm', 'gfd', 'gfd-dynamic-capacity-release', { tag: 'T' }).ok).toBe(true);
		expect(groupOfBlock(partition, 0)).toBeNull();
		expect(freeMediaBytes(simulation.world, 0)).toBe(4 * GIB);
		expect(tell(simulation, 'fm', 'gfd', 'initiate-dynamic-capacity-add', { bytes: '1 GiB' }).detail).toContain('(3h)');
	});
});

describe('what the media held', () => {
	const tenant = (region: Record<string, unknown>): number => {
		const simulation = heads(['A'], { blockBytes: '1 GiB', ...region }, { use: 'none' });
		const hold = (): void => {
			add(simulation, 'A', { bytes: '1 GiB' });
			until(simulation, 1, () => held(simulation, 0) === GIB);
		};
		hold();
		storeThrough(simulation.world, 'pool', 0, GIB, 'A');
		tell(simulation, 'host', 'A', 'release-dynamic-capacity', { tag: 'T' });
		hold();
		return mediaHeld(simulation.world, 'pool', 0).version;
	};
	it('is there for the next tenant, unless the region overwrites what comes back', () => {
		expect(tenant({})).toBeGreaterThan(0);
		expect(tenant({ sharable: true })).toBeGreaterThan(0);
		expect(tenant({ sanitize: true })).toBe(0);
		expect(tenant({ sharable: true, sanitize: true })).toBe(0);
	});
});
