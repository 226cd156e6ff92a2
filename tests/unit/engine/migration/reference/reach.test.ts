import { describe, expect, it } from 'vitest';
import { MIB } from '$lib/base/units.ts';
import type { Command } from '$lib/engine/contract/commands.ts';
import { nicWorld } from '../../../../support/nics.ts';
import { last, rack, reference, resident } from './orders.ts';
import { expectPinsKnown, expectPoolEmpty, expectSound, host, migrate, open, settle, smallWorld, vm } from '../../../../support/worlds.ts';

/** Who has to be there, and what may not lie on the pool, before anything begins. */
const coherent = () =>
	open(smallWorld({ pool: { bytes: 512 * MIB, hardwareCoherent: true }, vms: [vm('vm0', 'A', 128, { ways: { lives: 'pool' } })] }));

describe('a host that is not there', () => {
	it.each([
		['crash', {}, 'host-not-up'],
		['pause', {}, 'host-not-up'],
		['cut-link', { link: 'cxl' }, 'no-shared-memory'],
		['fence', {}, 'no-shared-memory']
	] as const)('after %s accepts no capacity, receives no VM and runs no vCPU', (word, args, reason) => {
		for (const strategy of ['transit', 'resident'] as const) {
			const simulation = strategy === 'transit' ? open(smallWorld()) : resident();
			expect(simulation.send(rack(word, args, { host: 'B' })).ok).toBe(true);
			expect(simulation.send(reference(strategy))).toMatchObject({ ok: false, reason });
			expectSound(simulation);
		}
		const split = coherent();
		split.send(rack(word, args, { host: 'B' }));
		expect(split.send(rack('split-vcpus', { hosts: ['A', 'B'] }))).toMatchObject({ ok: false, reason });
	});

	it.each(['precopy', 'postcopy', 'rdma'] as const)('and is dead is sent no copy either: %s', (strategy) => {
		const simulation = open(smallWorld());
		simulation.send(rack('crash', {}, { host: 'B' }));
		expect(simulation.send(migrate(strategy))).toMatchObject({ ok: false, reason: 'host-not-up' });
	});

	it('when it is asked for its answer, between order and hand-off, ends the move before a page has moved', () => {
		const simulation = open(smallWorld());
		simulation.send(reference('transit'));
		simulation.send(rack('cut-link', { link: 'cxl' }, { host: 'B' }));
		expect(settle(simulation)).toBe(true);
		expect(last(simulation)).toMatchObject({ state: 'failed', reason: 'target-lost', cxlBytes: 0 });
		expect(last(simulation)?.phases.map(({ id }) => id)).toEqual(['prepare', 'release']);
		expect(simulation.world.trace.some(({ text }) => /nobody answers the offer: nothing has moved/.test(text))).toBe(true);
		expectSound(simulation);
		expectPoolEmpty(simulation);
	});

	it('and a pool that has failed carries nothing', () => {
		const simulation = open(smallWorld());
		simulation.send(rack('lose-pool', {}, {}));
		expect(simulation.send(reference('transit'))).toMatchObject({ ok: false, reason: 'pool-lost' });
		expect(simulation.send(rack('push-out'))).toMatchObject({ ok: false, reason: 'pool-lost' });
		simulation.send(rack('restore-pool', {}, {}));
		simulation.send(reference('transit'));
		expect(settle(simulation)).toBe(true);
		expect(last(simulation)?.state).toBe('completed');
	});
});

describe('slots, tags and pins', () => {
	const two = (vcpus: number, ways: object = { lives: 'pool' }) =>
		open(
			smallWorld({
				hosts: [host('A', 768), host('B', 768)],
				pool: { bytes: 768 * MIB },
				vms: [vm('vm0', 'A', 128, { vcpus, ways }), vm('vm1', 'A', 128, { vcpus, ways })]
			})
		);

	it('VMs that live on the pool take slots for their vCPU states as those in transit do', () => {
		const simulation = two(40);
		expect(simulation.send(reference('resident')).ok).toBe(true);
		expect(simulation.send({ ...reference('resident'), vm: 'vm1' } as Command)).toMatchObject({ ok: false, reason: 'too-many-vcpus' });
		expect(settle(simulation)).toBe(true);
		expect(simulation.send({ ...reference('resident'), vm: 'vm1' } as Command).ok).toBe(true);
	});

	it('no two VMs have one tag, and none has the tag that says none', () => {
		const tags = new Set<number>();
		for (let seed = 0; seed < 12; seed += 1) {
			const simulation = open(
				smallWorld({
					seed,
					hosts: [host('A', 1536)],
					pool: { bytes: 1536 * MIB },
					vms: Array.from({ length: 6 }, (_, at) => vm(`vm${at}`, 'A', 128, { ways: { lives: 'pool' } }))
				})
			);
			const given = simulation.world.r.extents.map(({ tag }) => tag);
			expect(new Set(given).size).toBe(6);
			expect(given).not.toContain(0);
			for (const tag of given) tags.add(tag);
		}
		expect(tags.size).toBeGreaterThan(60);
	});

	it.each([
		['4k', 1001, [1, 0, 32_767], true],
		['thp', 1001, [0, 0, 32_768], false]
	] as const)('a short reference beside a long-term pin matters only in the same folio (%s)', (pages, gfn, where, accepted) => {
		const simulation = resident({}, pages);
		expect(simulation.send({ name: 'pin', vm: 'vm0', gfn: 1000, term: 'short' }).ok).toBe(true);
		const sent = simulation.send({ name: 'pin', vm: 'vm0', gfn, term: 'long' });
		if (accepted) expect(sent.ok).toBe(true);
		else expect(sent).toMatchObject({ ok: false, reason: 'page-stayed' });
		expect(simulation.world.r.vms[0]?.pagesByMemory).toEqual(where);
		expectSound(simulation);
		expectPinsKnown(simulation);
	});

	it.each(['thp', '4k'])('long-term pins on pages in flight to the pool take them back, and the move ends with it (%s)', (pages) => {
		const simulation = open(smallWorld({ vms: [vm('vm0', 'A', 128, { pages })] }));
		simulation.send(reference('transit'));
		simulation.advance(1e9, Infinity, ({ r }) => (r.operations[0]?.cursor ?? 0) > 10 && r.operations[0]?.batch !== null);
		const first = (last(simulation)?.batch?.guestBlock as number) * 512;
		for (const gfn of [first + 5, first + 9]) expect(simulation.send({ name: 'pin', vm: 'vm0', gfn, term: 'long' }).ok).toBe(true);
		expectSound(simulation, 'in flight');
		while (last(simulation)?.state === 'running') {
			simulation.advance(simulation.nowNs + 1e9, 5);
			expectSound(simulation);
		}
		expect(last(simulation)).toMatchObject({ state: 'failed', reason: 'unmovable-page' });
		expect(simulation.world.r.pins).toHaveLength(2);
		expect(simulation.status().vms[0]?.runsOn).toBe('A');
		expectPinsKnown(simulation);
		expectPoolEmpty(simulation);
	});

	it('a VM that lives on the pool with a long-term pin from the start has that page in DRAM', () => {
		const simulation = open(
			smallWorld({ vms: [vm('vm0', 'A', 128, { pages: '4k', pins: [{ gfn: 7, term: 'long' }], ways: { lives: 'pool' } })] })
		);
		expect(simulation.world.r.vms[0]?.pagesByMemory).toEqual([1, 0, 32_767]);
		expectSound(simulation);
	});
});

describe('a window that is too high for the address bits of its host', () => {
	const bits =
		(windowBaseHpa: number, ways: object = {}) =>
		() =>
			open(
				smallWorld({
					hosts: [host('A', 512), host('B', 512, { windowBaseHpa, physicalAddressBits: 39 })],
					pool: { bytes: 512 * MIB, hardwareCoherent: true },
					vms: [vm('vm0', 'A', 128, { ways })]
				})
			);
	const limit = 2 ** 39;

	it.each([
		['its first address is beyond', limit, 'failed'],
		['its end is beyond, and the extent is not', limit - 256 * MIB, 'completed'],
		['it fits to the last byte', limit - 512 * MIB, 'completed']
	] as const)('%s', (_, base, state) => {
		const simulation = bits(base)();
		expect(simulation.send(reference('transit')).ok).toBe(true);
		expect(settle(simulation)).toBe(true);
		expect(last(simulation)).toMatchObject({ state, reason: state === 'failed' ? 'beyond-address-width' : null });
		expectSound(simulation);
		expectPoolEmpty(simulation);
	});

	it('decides by the extent, not by the window: what lies low in the pool is still reached', () => {
		const simulation = bits(limit - 256 * MIB)();
		// The first 128 MiB after the super-page end exactly at the limit; a second VM of the size would not.
		simulation.send(reference('transit', { stayOnPool: true }));
		settle(simulation);
		expect(last(simulation)?.state).toBe('completed');
		expect(simulation.world.r.extents[0]?.firstBlock).toBe(64);
	});

	it('takes no VM that would live there, and no vCPU of one', () => {
		expect(() => bits(2 ** 39, { lives: 'pool' })()).not.toThrow();
		expect(() =>
			open(
				smallWorld({
					hosts: [host('A', 512, { windowBaseHpa: limit, physicalAddressBits: 39 }), host('B', 512)],
					vms: [vm('vm0', 'A', 128, { ways: { lives: 'pool' } })]
				})
			)
		).toThrow(/ways.lives: extent-0 would end at/);
		const split = bits(limit, { lives: 'pool' })();
		expect(split.send(rack('split-vcpus', { hosts: ['A', 'B'] }))).toMatchObject({ ok: false, reason: 'beyond-address-width' });
		expect(split.send(reference('resident')).ok).toBe(true);
		expect(settle(split)).toBe(true);
		expect(last(split)).toMatchObject({ state: 'failed', reason: 'beyond-address-width' });
		expect(split.status().vms[0]?.runsOn).toBe('A');
		expectSound(split);
	});
});

describe('a device that belongs to its host', () => {
	it.each([
		['transit', { backing: 'dax' }, 'dram'],
		['transit', { backing: 'dax', stayOnPool: true }, 'dram'],
		['transit', { leftovers: 'copy' }, 'dram'],
		['transit', {}, 'pool'],
		['resident', {}, 'pool'],
		['shared-file', {}, 'pool']
	] as const)('does not come along by %s with %j, of a VM in %s', (strategy, parameters, lives) => {
		const ways = lives === 'pool' ? { lives, backing: 'dax', memory: 'shared-file' } : {};
		const passed = open(smallWorld({ vms: [vm('vm0', 'A', 128, { ways: { passThrough: true, ...ways } })] }));
		const said = passed.send({ ...reference('transit', parameters), strategy } as Command);
		expect(said).toMatchObject({ ok: false, reason: parameters && 'leftovers' in parameters ? 'unmovable-page' : 'migration-blocked' });
		const simulation = open(nicWorld({ vdpa: {}, more: { pool: { bytes: 512 * MIB } } }));
		simulation.advance(10e9);
		if (lives === 'dram')
			expect(simulation.send(reference(strategy, parameters))).toMatchObject({ ok: false, reason: 'migration-blocked' });
		expect(simulation.send(reference('transit'))).toMatchObject({ ok: false, reason: 'unmovable-page' });
		expectSound(simulation);
	});
});

describe('vCPUs on two hosts', () => {
	it('need both hosts to have the extents: who declines them runs none', () => {
		const simulation = coherent();
		simulation.send(rack('decline-capacity', {}, { host: 'B' }));
		expect(simulation.send(rack('split-vcpus', { hosts: ['A', 'B'] }))).toMatchObject({ ok: false, reason: 'capacity-declined' });
		simulation.send(rack('decline-capacity', { decline: false }, { host: 'B' }));
		expect(simulation.send(rack('split-vcpus', { hosts: ['A', 'B'] })).ok).toBe(true);
		expect(simulation.world.r.extents[0]?.acceptedBy).toEqual([0, 1]);
	});

	it('keep every page where both reach it: no tiering, no long-term pin, no way home', () => {
		const simulation = coherent();
		simulation.send(rack('split-vcpus', { hosts: ['A', 'B'] }));
		expect(simulation.send(rack('tier', { gfn: 3, to: 'dram' }))).toMatchObject({ ok: false, reason: 'held-by-policy' });
		expect(simulation.send({ name: 'pin', vm: 'vm0', gfn: 3, term: 'long' })).toMatchObject({ ok: false, reason: 'held-by-policy' });
		expect(simulation.send({ name: 'pin', vm: 'vm0', gfn: 3, term: 'short' }).ok).toBe(true);
		expect(simulation.send(rack('pull-home'))).toMatchObject({ ok: false, reason: 'vcpus-split' });
		expect(simulation.send(rack('attach-device'))).toMatchObject({ ok: false, reason: 'vcpus-split' });
		expect(simulation.world.r.vms[0]?.pagesByMemory).toEqual([0, 0, 32_768]);
		expectSound(simulation);
	});

	it('are forgotten with the VM when its extents are taken', () => {
		const simulation = coherent();
		simulation.send(rack('split-vcpus', { hosts: ['A', 'B'] }));
		expect(simulation.send(rack('release-extents')).ok).toBe(true);
		expect(simulation.world.r.vms[0]?.split).toBeUndefined();
		expectSound(simulation);
	});
});
