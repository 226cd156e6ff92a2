import { describe, expect, it } from 'vitest';
import { MIB } from '../../src/lib/base/units.ts';
import type { Command } from '../../src/lib/engine/contract/commands.ts';
import type { Simulation } from '../../src/lib/engine/index.ts';
import {
	expectPinsKnown,
	expectPoolEmpty,
	expectSound,
	host,
	migrate,
	open,
	settle,
	smallWorld,
	tinyWorld,
	vm
} from '../support/worlds.ts';

/** The command is refused with this reason, and the world is as if it had not been asked but for the words of it. */
function refuses(simulation: Simulation, command: Command, reason: string): void {
	simulation.advance(simulation.nowNs);
	const before = JSON.stringify({
		...simulation.world.r,
		traceCount: 0,
		traceHash: 0,
		journalNext: 0,
		eventCount: 0
	});
	const answer = simulation.send(command);
	expect(answer.ok ? 'accepted' : answer.reason).toBe(reason);
	expect(
		JSON.stringify({
			...simulation.world.r,
			traceCount: 0,
			traceHash: 0,
			journalNext: 0,
			eventCount: 0
		})
	).toBe(before);
	expectSound(simulation);
}

function endsWith(simulation: Simulation, state: string, reason: string | null): void {
	expect(settle(simulation)).toBe(true);
	const last = simulation.world.r.operations.at(-1);
	expect([last?.state, last?.reason]).toEqual([state, reason]);
	expectSound(simulation);
	expectPinsKnown(simulation);
}

describe('refused at the start', () => {
	it.each(['precopy', 'transit'] as const)('%s without room on the target', (strategy) => {
		refuses(open(smallWorld({ vms: [vm('vm0', 'A', 256)], hosts: [host('A', 512), host('B', 256)] })), migrate(strategy), 'no-room-target');
	});

	it.each(['precopy', 'transit'] as const)('%s when a running move counts on the room', (strategy) => {
		const simulation = open(
			smallWorld({
				hosts: [host('A', 512), host('B', 256)],
				vms: [vm('vm0', 'A', 128), vm('vm1', 'A', 128)],
				pool: { bytes: 1024 * MIB }
			})
		);
		expect(simulation.send(migrate(strategy)).ok).toBe(true);
		simulation.advance(20_000_000);
		refuses(simulation, migrate('precopy', {}, 'vm1'), 'no-room-target');
		endsWith(simulation, 'completed', null);
	});

	it('transit without room in the pool', () => {
		refuses(open(smallWorld({ pool: { bytes: 256 * MIB }, vms: [vm('vm0', 'A', 256)] })), migrate('transit'), 'no-room-pool');
		refuses(open(smallWorld({ pool: { bytes: 512 * MIB, peerBytes: 384 * MIB } })), migrate('transit'), 'no-room-pool');
	});

	it('transit without a pool', () => refuses(open(smallWorld({ pool: null })), migrate('transit'), 'no-shared-memory'));

	it('transit of a page that is pinned for long', () => {
		const simulation = open(smallWorld());
		simulation.send({ name: 'pin', vm: 'vm0', gfn: 300, term: 'long' });
		refuses(simulation, migrate('transit'), 'unmovable-page');
		expect(simulation.send(migrate('precopy')).ok).toBe(true);
		endsWith(simulation, 'completed', null);
	});

	it('transit of more vCPUs than the super-page has slots', () => {
		const simulation = open(
			smallWorld({
				hosts: [host('A', 768), host('B', 768)],
				pool: { bytes: 768 * MIB },
				vms: [vm('vm0', 'A', 128, { vcpus: 40 }), vm('vm1', 'A', 128, { vcpus: 40 })]
			})
		);
		expect(simulation.send(migrate('transit')).ok).toBe(true);
		refuses(simulation, migrate('transit', {}, 'vm1'), 'too-many-vcpus');
		endsWith(simulation, 'completed', null);
		expect(simulation.send(migrate('transit', {}, 'vm1')).ok).toBe(true);
		endsWith(simulation, 'completed', null);
		expectPoolEmpty(simulation);
	});
});

describe('fails on the way, and everything goes back', () => {
	const staging = (simulation: Simulation): void => {
		simulation.advance(1e9, Infinity, () => (simulation.world.r.operations[0]?.pagesMoved ?? 0) > 4000);
	};

	it.each(['thp', '4k'])('a long pin arrives during staging (%s)', (pages) => {
		const simulation = open(smallWorld({ vms: [vm('vm0', 'A', 128, { pages })] }));
		simulation.send(migrate('transit'));
		staging(simulation);
		simulation.send({ name: 'pin', vm: 'vm0', gfn: 32_000, term: 'long' });
		endsWith(simulation, 'failed', 'unmovable-page');
		expectPoolEmpty(simulation);
		expect(simulation.world.r.vms[0]?.ownerHost).toBe(0);
		expect(simulation.send({ name: 'unpin', vm: 'vm0', gfn: 32_000 }).ok).toBe(true);
		expect(simulation.send(migrate('transit')).ok).toBe(true);
		endsWith(simulation, 'completed', null);
		expectPoolEmpty(simulation);
	});

	it.each(['thp', '4k'])('a short reference never ends (%s)', (pages) => {
		const simulation = open(smallWorld({ vms: [vm('vm0', 'A', 128, { pages })] }));
		simulation.send({ name: 'pin', vm: 'vm0', gfn: 20_000, term: 'short' });
		simulation.send(migrate('transit'));
		endsWith(simulation, 'failed', 'page-stayed');
		expectPoolEmpty(simulation);
	});

	it('a pin taken while its page is in flight holds the page where it arrives', () => {
		const simulation = open(smallWorld());
		simulation.send(migrate('transit'));
		staging(simulation);
		const inFlight = simulation.world.r.operations[0]?.batch?.firstGfn ?? -1;
		expect(inFlight).toBeGreaterThan(0);
		simulation.send({ name: 'pin', vm: 'vm0', gfn: inFlight + 7, term: 'short', forNs: 2_000_000 });
		simulation.advance(simulation.nowNs + 1_000_000);
		expectPinsKnown(simulation);
		expect(simulation.ask({ kind: 'page', vm: 'vm0', gfn: inFlight + 7 })?.pins.length).toBe(1);
		endsWith(simulation, 'completed', null);
		expectPoolEmpty(simulation);
	});

	it('more ranges than descriptors', () => {
		const simulation = open(smallWorld({ descriptorLimit: 2, vms: [vm('vm0', 'A', 128, { pages: '4k' })] }));
		simulation.send({ name: 'pin', vm: 'vm0', gfn: 300, term: 'short', forNs: 40_000_000 });
		simulation.send(migrate('transit'));
		endsWith(simulation, 'failed', 'too-many-ranges');
		expectPoolEmpty(simulation);
	});

	it('extents that lie apart are one space under their tag: still one range', () => {
		const scattered = { bytes: 768 * MIB, peerBytes: 384 * MIB, peerLayout: 'scattered' };
		const simulation = open(smallWorld({ pool: scattered, descriptorLimit: 1, vms: [vm('vm0', 'A', 256)] }));
		simulation.send(migrate('transit'));
		expect(simulation.world.r.extents.length).toBeGreaterThan(1);
		endsWith(simulation, 'completed', null);
		expect(simulation.world.r.operations[0]?.rangeCount).toBe(1);
		expectPoolEmpty(simulation);
	});

	it('transient references that last are never more than the queue of events can hold', () => {
		const held = { transientReferences: { chancePpm: 1_000_000, holdNs: 60_000_000_000 } };
		const simulation = open(
			smallWorld({
				hosts: [host('A', 1024), host('B', 1024)],
				pool: { bytes: 1024 * MIB },
				vms: [vm('vm0', 'A', 640, held)]
			})
		);
		simulation.send(migrate('transit'));
		simulation.advance(3_000_000_000);
		expectSound(simulation);
	});

	it('descriptors that another VM has taken are not free', () => {
		const simulation = open(
			smallWorld({
				hosts: [host('A', 768), host('B', 768)],
				pool: { bytes: 768 * MIB },
				descriptorLimit: 1,
				vms: [vm('vm0', 'A', 128), vm('vm1', 'A', 128)]
			})
		);
		simulation.send(migrate('transit', { stayOnPool: true }));
		endsWith(simulation, 'completed', null);
		simulation.send(migrate('transit', {}, 'vm1'));
		endsWith(simulation, 'failed', 'too-many-ranges');
	});

	it('a torn checksum is found by the target', () => {
		const simulation = open(tinyWorld());
		simulation.send(migrate('transit'));
		simulation.advance(1e9, Infinity, () => simulation.world.r.operations[0]?.phase === 'publish');
		simulation.send({ name: 'plant', fault: 'torn-descriptor' });
		expect(simulation.check().checks.find((entry) => entry.id === 'descriptors')?.holds).toBe(false);
		endsWith(simulation, 'failed', 'checksum-mismatch');
		expectPoolEmpty(simulation);
		expect(simulation.world.r.vms[0]?.vcpuState).toBe('running');
	});

	it('a range behind no decoder of the target: it says so, the guest never stops, and goes home', () => {
		const simulation = open(tinyWorld());
		const target = simulation.world.r.hosts[1];
		if (!target) throw new Error('no second host');
		target.decoder.bytes = 2 * MIB;
		simulation.send(migrate('transit'));
		endsWith(simulation, 'failed', 'not-switched');
		expectPoolEmpty(simulation);
		const { vms, marks, operations } = simulation.world.r;
		expect(vms[0]).toMatchObject({ vcpuState: 'running', ownerHost: 0 });
		expect(vms[0]?.instances).toEqual([0, -1]);
		expect(operations[0]?.stoppedNs).toBe(-1);
		expect(marks).toEqual([]);
		expectSound(simulation);
		target.decoder.bytes = simulation.world.r.hosts[0]?.decoder.bytes ?? 0;
		expect(simulation.send(migrate('transit')).ok).toBe(true);
		endsWith(simulation, 'completed', null);
	});

	it('an owner word that somebody took: the guest that runs goes on, the stopped one is not started', () => {
		const running = open(tinyWorld());
		running.send(migrate('transit'));
		running.advance(1e9, Infinity, () => running.world.r.operations[0]?.actors?.source.step === 'read-owner');
		running.send({ name: 'plant', fault: 'owner-stolen' });
		endsWith(running, 'failed', 'commit-lost');
		expectPoolEmpty(running);

		const stopped = open(tinyWorld());
		stopped.send(migrate('transit'));
		stopped.advance(1e9, Infinity, () => stopped.world.r.operations[0]?.actors?.source.step === 'flush');
		stopped.send({ name: 'plant', fault: 'owner-stolen' });
		expect(settle(stopped)).toBe(true);
		expect(stopped.world.r.operations[0]?.reason).toBe('commit-lost');
		expect(stopped.world.r.vms[0]?.vcpuState).not.toBe('running');
		const again = stopped.send(migrate('transit'));
		expect(again.ok ? 'accepted' : again.reason).toBe('vm-not-running');
	});
});

describe('a guest that pre-copy cannot follow', () => {
	it('is throttled step by step and gets there', () => {
		const busy = {
			kind: 'memory-muncher',
			rateBytesPerSecond: 2_000_000_000,
			workingSetBytes: 100 * MIB
		};
		const simulation = open(
			smallWorld({
				networkBytesPerSecond: 1_000_000_000,
				vms: [vm('vm0', 'A', 128, { workload: busy })]
			})
		);
		simulation.send(migrate('precopy', { autoConverge: true, downtimeLimitNs: 20_000_000 }));
		expect(settle(simulation, 40_000_000_000)).toBe(true);
		expect(simulation.world.r.operations[0]?.state).toBe('completed');
		expect(simulation.world.trace.filter((record) => record.kind === 'throttle').length).toBeGreaterThan(1);
		expectSound(simulation);
		expect(simulation.world.r.vms[0]?.throttlePercent).toBe(0);
	});
});
