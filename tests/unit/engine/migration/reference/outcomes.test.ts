import { describe, expect, it } from 'vitest';
import type { MigrationParameters } from '$lib/engine/contract/commands.ts';
import type { Simulation } from '$lib/engine/index.ts';
import { MIB } from '$lib/base/units.ts';
import { last, rack, reference, resident, toPhase, toStep } from './orders.ts';
import { expectPoolEmpty, expectSound, host, migrate, open, settle, smallWorld, vm } from '../../../../support/worlds.ts';

/** Every row of the hand-off list with its ways to fail (live-migration reference 10), each met in a run. */

describe('a VM that lives on the pool from the start', () => {
	it.each(['thp', '4k'])('changes hands without a page moving, and the owner word says active (%s)', (pages) => {
		const simulation = resident({}, pages);
		expectSound(simulation, 'at the start');
		expect(simulation.send(reference('resident')).ok).toBe(true);
		expect(settle(simulation)).toBe(true);
		expect(last(simulation)).toMatchObject({ state: 'completed', cxlBytes: 0, networkBytes: 0 });
		expect(simulation.status().vms[0]).toMatchObject({ runsOn: 'B', ownerWord: { owner: 1, state: 6 } });
		expect(simulation.status().operations[0]?.downtimeNs).toBeLessThan(10e6);
		expectSound(simulation, 'at the end');
	});

	it('is refused where pages are elsewhere', () => {
		const simulation = open(smallWorld());
		expect(simulation.send(reference('resident'))).toMatchObject({ ok: false, reason: 'not-resident' });
	});

	it('comes home while it runs, and goes out again, on one host', () => {
		const simulation = resident();
		expect(simulation.send(rack('pull-home')).ok).toBe(true);
		expect(settle(simulation)).toBe(true);
		expect(simulation.world.r.vms[0]?.pagesByMemory).toEqual([32_768, 0, 0]);
		expect(simulation.status().vms[0]?.runsOn).toBe('A');
		expectSound(simulation, 'home');
		expectPoolEmpty(simulation);
		expect(simulation.send(rack('push-out')).ok).toBe(true);
		expect(settle(simulation)).toBe(true);
		expect(simulation.world.r.vms[0]?.pagesByMemory).toEqual([0, 0, 32_768]);
		expect(simulation.status().vms[0]?.ownerWord.state).toBe(6);
		expectSound(simulation, 'out again');
		expect(simulation.send(reference('resident')).ok).toBe(true);
		expect(settle(simulation)).toBe(true);
		expect(last(simulation)?.state).toBe('completed');
		expectSound(simulation, 'moved');
	});

	it('stops half-way home when it is told to, and the rest stays on the pool', () => {
		const simulation = resident();
		simulation.send(rack('pull-home'));
		simulation.advance(simulation.nowNs + 3_000_000);
		expect(simulation.send({ name: 'migrate-cancel', vm: 'vm0' }).ok).toBe(true);
		expect(settle(simulation)).toBe(true);
		expect(last(simulation)).toMatchObject({ state: 'cancelled' });
		const [dram = 0, , pool = 0] = simulation.world.r.vms[0]?.pagesByMemory ?? [];
		expect(dram).toBeGreaterThan(0);
		expect(pool).toBeGreaterThan(0);
		expectSound(simulation);
	});

	it.each([1, 16, 512, 2048])('in runs of %i pages needs as many ranges as it has runs', (runPages) => {
		const simulation = open(
			smallWorld({ descriptorLimit: 4096, vms: [vm('vm0', 'A', 128, { pages: '4k', ways: { lives: 'pool', runPages } })] })
		);
		expectSound(simulation, 'at the start');
		const sent = simulation.send(reference('resident'));
		expect(sent.ok).toBe(true);
		settle(simulation);
		const runs = 32_768 / runPages;
		if (runs > 4096) expect(last(simulation)).toMatchObject({ state: 'failed', reason: 'too-many-ranges' });
		else expect(last(simulation)).toMatchObject({ state: 'completed', rangeCount: runs });
		expectSound(simulation, 'at the end');
	});
});

describe('step 0 and 1: capacity and census', () => {
	it('a pool in pieces has no contiguous run, and has room without one', () => {
		const world = smallWorld({
			pool: { bytes: 768 * MIB, peerBytes: 256 * MIB, peerLayout: 'scattered' },
			vms: [vm('vm0', 'A', 384, { workload: { kind: 'idle', workingSetBytes: 8 * MIB } })],
			hosts: [host('A', 768), host('B', 768)]
		});
		expect(open(world).send(reference('transit', { placing: 'contiguous' }))).toMatchObject({ ok: false, reason: 'no-contiguous-run' });
		expect(open(world).send(reference('transit')).ok).toBe(true);
	});

	it.each(['A', 'B'])('%s declines: nothing has changed', (name) => {
		const simulation = open(smallWorld());
		simulation.send(rack('decline-capacity', {}, { host: name }));
		simulation.send(reference('transit'));
		expect(settle(simulation)).toBe(true);
		expect(last(simulation)).toMatchObject({ state: 'failed', reason: 'capacity-declined' });
		expectSound(simulation);
		expectPoolEmpty(simulation);
	});

	it('secure memory and a passed-through device are refused by reference; the first one is copied all the same', () => {
		for (const [ways, reason] of [
			[{ secure: true }, 'secure-memory'],
			[{ passThrough: true }, 'unmovable-page']
		] as const) {
			const simulation = open(smallWorld({ vms: [vm('vm0', 'A', 128, { ways })] }));
			expect(simulation.send(reference('transit'))).toMatchObject({ ok: false, reason });
			const copied = simulation.send(migrate('precopy'));
			if ('secure' in ways) expect(copied.ok).toBe(true);
			else expect(copied).toMatchObject({ ok: false, reason: 'migration-blocked' });
			settle(simulation);
			expectSound(simulation);
		}
	});
});

describe('step 2: what stays', () => {
	const pinned = () => {
		const simulation = open(smallWorld());
		simulation.send(reference('transit', { leftovers: 'copy' }));
		toPhase(simulation, 'staging');
		expect(simulation.send({ name: 'pin', vm: 'vm0', gfn: 20_000, term: 'short' }).ok).toBe(true);
		return simulation;
	};

	it('is copied while the guest is stopped, in mixed mode', () => {
		const simulation = pinned();
		expect(settle(simulation)).toBe(true);
		expect(last(simulation)).toMatchObject({ state: 'completed' });
		expectSound(simulation);
	});

	it('is copied on every page of it at every event', () => {
		const simulation = pinned();
		while (last(simulation)?.state === 'running') {
			simulation.advance(simulation.nowNs + 1e9, 1);
			if (last(simulation)?.phase !== 'staging') expectSound(simulation);
		}
	});

	it('quiesced, the guest stands still for as long as its pages move', () => {
		const live = open(smallWorld());
		live.send(reference('transit'));
		settle(live);
		const stopped = open(smallWorld());
		stopped.send(reference('transit', { quiesce: true, placing: 'contiguous' }));
		settle(stopped);
		const gap = (simulation: Simulation): number => simulation.status().operations[0]?.downtimeNs ?? 0;
		expect(last(stopped)?.state).toBe('completed');
		expect(gap(stopped)).toBeGreaterThan(gap(live) * 2);
		expectSound(stopped);
	});

	it('a quiesced guest that is cancelled runs again', () => {
		const simulation = open(smallWorld());
		simulation.send(reference('transit', { quiesce: true }));
		toPhase(simulation, 'staging');
		simulation.send({ name: 'migrate-cancel', vm: 'vm0' });
		expect(settle(simulation)).toBe(true);
		expect(simulation.status().vms[0]).toMatchObject({ runsOn: 'A', vcpuState: 'running' });
		expectSound(simulation);
	});
});

describe('step 3 and 4: guards', () => {
	const published = (parameters: MigrationParameters) => {
		const simulation = open(smallWorld({ vms: [vm('vm0', 'A', 128, { pages: '4k' })] }));
		simulation.send(reference('transit', { handOver: 'qemu', ...parameters }));
		toPhase(simulation, 'publish');
		return simulation;
	};

	it.each([
		['none', 'dram', null],
		['none', 'swap', null],
		['reference', 'dram', 'page-stayed'],
		['reference', 'swap', 'page-stayed'],
		['mlock', 'dram', null],
		['mlock', 'swap', 'held-by-policy'],
		['bind', 'dram', 'held-by-policy'],
		['bind', 'swap', 'held-by-policy']
	] as const)('%s against a page that goes to %s: %s', (guard, to, reason) => {
		const simulation = published({ guard });
		const said = simulation.send(rack('tier', { gfn: 100, to }));
		if (reason === null) expect(said.ok).toBe(true);
		else expect(said).toMatchObject({ ok: false, reason });
		expectSound(simulation, 'after the move');
		expect(settle(simulation)).toBe(true);
		// The source looks again before it gives the VM up.
		if (reason === null) expect(last(simulation)).toMatchObject({ state: 'failed' });
		else expect(last(simulation)).toMatchObject({ state: 'completed' });
		expectSound(simulation, 'at the end');
		expect(simulation.status().marks).toEqual([]);
	});

	it('a long-term pin as a guard moves the pages off the pool', () => {
		const simulation = open(smallWorld());
		simulation.send(reference('transit', { guard: 'pin' }));
		expect(settle(simulation)).toBe(true);
		expect(last(simulation)).toMatchObject({ state: 'failed', reason: 'unmovable-page' });
		expectSound(simulation);
	});

	it('without a guard and without a second look the target reads what lay there before, and it is said', () => {
		const simulation = published({ recheck: false });
		expect(simulation.send(rack('tier', { gfn: 100, to: 'dram' })).ok).toBe(true);
		expect(settle(simulation)).toBe(true);
		expect(last(simulation)?.state).toBe('completed');
		expectSound(simulation);
		const lost = simulation.world.r.vms[0]?.lostPages ?? [];
		const marks = simulation.status().marks;
		// Page 100 is in the working set: whether it was written between move and stop decides about loss.
		expect(marks.length).toBe(lost.length === 0 ? 0 : 1);
	});

	it('a huge folio that is written on is lost page by page', () => {
		const simulation = open(
			smallWorld({
				vms: [vm('vm0', 'A', 128, { workload: { kind: 'memory-muncher', rateBytesPerSecond: 300e6, workingSetBytes: 2 * MIB } })]
			})
		);
		simulation.send(reference('transit', { recheck: false, handOver: 'qemu' }));
		toPhase(simulation, 'publish');
		const written = simulation.world.r.vms[0]?.classes[0]?.firstGfn;
		expect(simulation.send(rack('tier', { gfn: written, to: 'dram' })).ok).toBe(true);
		expectSound(simulation, 'moved');
		expect(settle(simulation)).toBe(true);
		expect(simulation.world.r.vms[0]?.lostPages?.length).toBeGreaterThan(0);
		expect(simulation.status().marks[0]).toMatch(/^lost: \d+ pages of vm0 moved after they were published; B reads/);
		expectSound(simulation);
		expectPoolEmpty(simulation);
	});

	it('a page that is taken back before it is published is pushed again', () => {
		const simulation = open(smallWorld());
		simulation.send(reference('transit'));
		toPhase(simulation, 'staging');
		simulation.advance(simulation.nowNs + 5e9, Infinity, ({ r }) => (r.operations[0]?.cursor ?? 0) > 20);
		expect(simulation.send(rack('tier', { gfn: 3, to: 'dram' })).ok).toBe(true);
		expect(settle(simulation)).toBe(true);
		expect(last(simulation)).toMatchObject({ state: 'completed', races: 1 });
		expectSound(simulation);
	});

	it.each(['none', 'bind'] as const)('background tiering, guard %s: what holds the pages decides', (guard) => {
		const simulation = open(
			smallWorld({ vms: [vm('vm0', 'A', 128, { ways: { lives: 'pool', tiering: { everyNs: 100_000, to: 'dram' } } })] })
		);
		simulation.send(reference('resident', { guard, handOver: 'qemu' }));
		expect(settle(simulation)).toBe(true);
		expect(last(simulation)?.state).toBe(guard === 'bind' ? 'completed' : 'failed');
		expectSound(simulation);
	});

	it('a long-term pin on the pool moves its page off it first; in flight it holds where the page arrives', () => {
		const simulation = resident();
		expect(simulation.send({ name: 'pin', vm: 'vm0', gfn: 1000, term: 'long' }).ok).toBe(true);
		expect(simulation.world.r.vms[0]?.pagesByMemory).toEqual([512, 0, 32_256]);
		expect(simulation.send({ name: 'pin', vm: 'vm0', gfn: 3000, term: 'short' }).ok).toBe(true);
		expect(simulation.world.r.vms[0]?.pagesByMemory).toEqual([512, 0, 32_256]);
		expectSound(simulation);
	});
});

describe('step 6 to 9: the hand-off', () => {
	it.each([
		['incompatible', {}, 'failed', 'device-incompatible', 'A'],
		['refuses-stop', {}, 'failed', 'device-refuses', 'A']
	] as const)('a device that is %s is found out in time', (device, parameters, state, reason, runsOn) => {
		const simulation = open(smallWorld({ vms: [vm('vm0', 'A', 128, { ways: { device } })] }));
		simulation.send(reference('transit', parameters));
		expect(settle(simulation)).toBe(true);
		expect(last(simulation)).toMatchObject({ state, reason });
		expect(simulation.status().vms[0]).toMatchObject({ runsOn, vcpuState: 'running' });
		expectSound(simulation);
		expectPoolEmpty(simulation);
		expect(simulation.status().marks).toEqual([]);
	});

	it('without a test the VM is dead on the target, and an orphan', () => {
		const simulation = open(smallWorld({ vms: [vm('vm0', 'A', 128, { ways: { device: 'incompatible' } })] }));
		simulation.send(reference('transit', { testLoad: false }));
		expect(settle(simulation)).toBe(true);
		expect(last(simulation)).toMatchObject({ state: 'failed', reason: 'device-incompatible' });
		expect(simulation.status().vms[0]).toMatchObject({ vcpuState: 'lost', ownerWord: { state: 8 } });
		expect(simulation.status().marks).toHaveLength(1);
		expectSound(simulation);
	});

	const windows = (base: number) => [host('A', 512), host('B', 512, { windowBaseHpa: base })];
	it.each([
		['equal', 0x10_8000_0000, 'completed', null],
		['apart', 0x28_0000_0000, 'failed', 'not-switched'],
		['overlapping', 0x10_7000_0000, 'failed', 'wrong-memory']
	] as const)('ranges by host addresses with windows that are %s', (_, base, state, reason) => {
		const simulation = open(smallWorld({ hosts: windows(base) }));
		simulation.send(reference('transit', { naming: 'host' }));
		expect(settle(simulation)).toBe(true);
		expect(last(simulation)).toMatchObject({ state, reason });
		expectSound(simulation);
		expect(simulation.status().marks).toHaveLength(reason === 'wrong-memory' ? 1 : 0);
	});

	it.each(['tag', 'device'] as const)('ranges by %s do not care about windows', (naming) => {
		for (const base of [0x10_8000_0000, 0x28_0000_0000, 0x10_7000_0000]) {
			const simulation = open(smallWorld({ hosts: windows(base) }));
			simulation.send(reference('transit', { naming }));
			expect(settle(simulation)).toBe(true);
			expect(last(simulation)).toMatchObject({ state: 'completed' });
			expectSound(simulation);
		}
	});

	it.each([
		['thp', 64],
		['4k', 32_768]
	] as const)('one record per folio of %s: %i of them', (pages, records) => {
		const simulation = open(smallWorld({ vms: [vm('vm0', 'A', 128, { pages })] }));
		simulation.send(reference('transit', { records: 'pages' }));
		expect(settle(simulation)).toBe(true);
		if (records > 4096) expect(last(simulation)?.reason).toBe('too-many-ranges');
		else expect(last(simulation)).toMatchObject({ state: 'completed', rangeCount: records });
		expectSound(simulation);
	});

	it('the source stands at its last look when it sees that a page moved', () => {
		const simulation = open(smallWorld({ vms: [vm('vm0', 'A', 128)] }));
		simulation.send(reference('transit'));
		toStep(simulation, 'save');
		expect(simulation.send(rack('tier', { gfn: 100, to: 'dram' })).ok).toBe(true);
		expect(settle(simulation)).toBe(true);
		expect(last(simulation)).toMatchObject({ state: 'failed', reason: 'page-moved' });
		expect(simulation.status().vms[0]).toMatchObject({ runsOn: 'A', vcpuState: 'running' });
		expectSound(simulation);
		expectPoolEmpty(simulation);
	});
});

describe('step 10 to 12', () => {
	it('one poisoned page is lost, and only that one', () => {
		const simulation = resident();
		expect(simulation.send(rack('poison', { gfn: 30_000 })).ok).toBe(true);
		expect(simulation.status().marks).toHaveLength(1);
		expectSound(simulation);
		simulation.send(reference('resident'));
		expect(settle(simulation)).toBe(true);
		expect(last(simulation)?.state).toBe('completed');
		expectSound(simulation);
	});

	it('extents that are taken back while mapped take the guest with them', () => {
		const simulation = resident();
		expect(simulation.send(rack('release-extents')).ok).toBe(true);
		expect(simulation.status().vms[0]?.vcpuState).toBe('lost');
		expect(simulation.status().marks).toHaveLength(1);
		expectSound(simulation);
		expectPoolEmpty(simulation);
		expect(simulation.send(reference('transit'))).toMatchObject({ ok: false, reason: 'vm-not-running' });
	});

	it('a device that comes to a VM on the pool pulls all of it home before it can pin it', () => {
		const simulation = resident();
		expect(simulation.send(rack('attach-device')).ok).toBe(true);
		expect(settle(simulation)).toBe(true);
		expect(simulation.world.r.vms[0]).toMatchObject({ passThrough: true, pagesByMemory: [32_768, 0, 0] });
		expect(last(simulation)?.cxlBytes).toBe(128 * MIB);
		expect(simulation.send(reference('transit'))).toMatchObject({ ok: false, reason: 'unmovable-page' });
		expect(simulation.send(rack('detach-device')).ok).toBe(true);
		expect(simulation.send(reference('transit')).ok).toBe(true);
		expect(settle(simulation)).toBe(true);
		expectSound(simulation);
	});

	it('vCPUs of one VM on two hosts need coherence, cost time, and come together again', () => {
		const plain = resident();
		expect(plain.send(rack('split-vcpus', { hosts: ['A', 'B'] }))).toMatchObject({ ok: false, reason: 'no-coherence' });
		const simulation = open(
			smallWorld({ pool: { bytes: 512 * MIB, hardwareCoherent: true }, vms: [vm('vm0', 'A', 128, { ways: { lives: 'pool' } })] })
		);
		const speed = simulation.status().vms[0]?.speedPpm ?? 0;
		expect(simulation.send(rack('split-vcpus', { hosts: ['A', 'B'] })).ok).toBe(true);
		expect(simulation.status().vms[0]?.speedPpm).toBeLessThan(speed);
		expect(simulation.send(reference('resident'))).toMatchObject({ ok: false, reason: 'vcpus-split' });
		expect(simulation.send(rack('split-vcpus', { hosts: ['A', 'A'] })).ok).toBe(true);
		expect(simulation.status().vms[0]?.speedPpm).toBe(speed);
		expectSound(simulation);
	});
});
