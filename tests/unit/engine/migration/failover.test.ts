/** Goal: a network card with a stand-in leaves before anything is sent. Method: small worlds, at the monitor and by order, to every end. */
import { describe, expect, it } from 'vitest';
import type { Simulation } from '$lib/engine/index.ts';
import { expectSound, settle } from '../../../support/worlds.ts';
import { after, ask, caps, GO, LISTEN, openGuest, say, set, type Word } from '../../../support/monitor.ts';

const FREE: Word = set({ 'max-bandwidth': 0 });
const withPair = (letsGoNs: string, more: Record<string, unknown> = {}): Simulation =>
	openGuest({ ways: { failover: { letsGoNs } }, ...more });
const statuses = (simulation: Simulation): unknown[] =>
	simulation.world.trace.filter((record) => record.kind === 'status').map((record) => record.values['to']);
const events = (simulation: Simulation, host: number): string[] =>
	simulation.world.r.qemu?.find((process) => process.host === host)?.events.map(({ event }) => event) ?? [];

describe('a failover pair', () => {
	it('waits for the guest, looking every 250 ms, and sends nothing before', () => {
		const simulation = withPair('600ms');
		expect(say(simulation, FREE, LISTEN, GO)).toBeNull();
		after(simulation, 0.6);
		expect(ask(simulation, 'A')['status']).toBe('wait-unplug');
		expect(simulation.world.r.operations[0]?.networkBytes).toBe(0);
		expect(events(simulation, 0)).toContain('UNPLUG_PRIMARY');
		after(simulation, 0.2);
		expect(ask(simulation, 'A')['status']).toBe('active');
		// Asked at 0, let go at 600 ms, seen at the third look.
		const active = simulation.world.trace.find((record) => record.values['to'] === 'active');
		const asked = simulation.world.trace.find((record) => record.rule === 'wait-unplug');
		const looks =
			((active?.atNs ?? 0) - (simulation.world.trace.find((record) => record.values['to'] === 'wait-unplug')?.atNs ?? 0)) / 250e6;
		expect(looks).toBe(3);
		expect(asked?.text).toContain('primary0');
		after(simulation, 5);
		expect(statuses(simulation)).toEqual(['setup', 'wait-unplug', 'active', 'device', 'completed']);
		expect(events(simulation, 1)).toContain('FAILOVER_NEGOTIATED');
		expect(simulation.world.r.vms[0]).toMatchObject({ passThrough: true, failover: { state: 'plugged' } });
		expectSound(simulation);
	});

	it('pins all memory at the target while the guest stands; that is no part of what QEMU calls downtime', () => {
		const parts = (simulation: Simulation): string[] => {
			say(simulation, FREE, LISTEN, GO);
			after(simulation, 3);
			return simulation.world.r.operations[0]?.downtime.map((part) => part.id) ?? [];
		};
		expect(parts(withPair('0ms'))).toEqual(['send', 'device', 'nic-start']);
		expect(parts(openGuest())).toEqual(['send', 'device']);
	});

	it('a guest that never lets go keeps it waiting; a cancel waits 30 s more and plugs the card in again', () => {
		const simulation = withPair('never');
		say(simulation, FREE, LISTEN, GO);
		after(simulation, 20);
		expect(ask(simulation, 'A')['status']).toBe('wait-unplug');
		say(simulation, ['A', 'migrate_cancel']);
		after(simulation, 29);
		expect(ask(simulation, 'A')['status']).toBe('cancelling');
		after(simulation, 2);
		expect(ask(simulation, 'A')['status']).toBe('cancelled');
		const source = simulation.world.r.qemu?.find((process) => process.host === 0);
		expect(source?.stderr).toContain('warning: migration: partially unplugged device on failure');
		expect(simulation.world.r.vms[0]).toMatchObject({ passThrough: true, failover: { state: 'plugged' } });
		expectSound(simulation);
	});

	it('a cancel is seen at the next look when the guest has let go by then', () => {
		const simulation = withPair('100ms');
		say(simulation, FREE, LISTEN, GO);
		after(simulation, 0.15);
		say(simulation, ['A', 'migrate_cancel']);
		after(simulation, 0.2);
		expect(ask(simulation, 'A')['status']).toBe('cancelled');
		expect(simulation.world.r.vms[0]?.failover?.state).toBe('plugged');
	});

	it('a guest that stands does not let go', () => {
		const simulation = withPair('100ms');
		say(simulation, FREE, LISTEN, ['A', 'stop'], GO);
		after(simulation, 2);
		expect(ask(simulation, 'A')['status']).toBe('wait-unplug');
		say(simulation, ['A', 'cont']);
		after(simulation, 3);
		expect(ask(simulation, 'A')['status']).toBe('completed');
	});

	it('post-copy leaves it out: pages are missing that the target would pin', () => {
		const simulation = withPair('100ms');
		say(simulation, FREE, caps('A', 'postcopy-ram'), caps('B', 'postcopy-ram'), LISTEN, GO);
		after(simulation, 0.4);
		say(simulation, ['A', 'migrate-start-postcopy']);
		after(simulation, 5);
		expect(ask(simulation, 'A')['status']).toBe('completed');
		expect(simulation.world.r.qemu?.find((process) => process.host === 1)?.stderr).toContain('VFIO_MAP_DMA failed: Bad address');
		expect(simulation.world.r.vms[0]?.failover?.state).toBe('absent');
		expect(simulation.world.r.vms[0]?.passThrough).toBeUndefined();
	});

	it.each(['precopy', 'postcopy', 'rdma'] as const)('waits in an order by %s as well', (strategy) => {
		const simulation = withPair('300ms');
		expect(simulation.send({ name: 'migrate', vm: 'vm', target: 'B', strategy, parameters: { maxBandwidthBytesPerSecond: 0 } }).ok).toBe(
			true
		);
		expect(settle(simulation)).toBe(true);
		expect(statuses(simulation).slice(0, 3)).toEqual(['setup', 'wait-unplug', 'active']);
		expect(simulation.status().vms[0]?.runsOn).toBe('B');
		expectSound(simulation);
	});

	it('by reference it stays in the way: half unplugged, its pins are held', () => {
		const simulation = openGuest({ ways: { failover: {} } }, { pool: { bytes: '1GiB' } });
		expect(simulation.send({ name: 'migrate', vm: 'vm', target: 'B', strategy: 'transit' })).toMatchObject({ reason: 'unmovable-page' });
	});
});

describe('a pair plugged at the monitor', () => {
	const STANDBY: Word = ['A', 'device_add', { driver: 'virtio-net-pci', id: 'net0', failover: true }];
	const PRIMARY: Word = ['A', 'device_add', { driver: 'vfio-pci', id: 'vf0', failover_pair_id: 'net0' }];

	it('blocks nothing and waits for the guest; alone the same card blocks', () => {
		const simulation = openGuest();
		expect(say(simulation, STANDBY, PRIMARY)).toBeNull();
		expect(ask(simulation, 'A')['blocked-reasons']).toBeUndefined();
		expect(say(simulation, FREE, LISTEN, GO)).toBeNull();
		after(simulation, 1);
		expect(ask(simulation, 'A')['status']).toBe('wait-unplug');
		// It may be taken out by hand meanwhile.
		expect(say(simulation, ['A', 'device_del', { id: 'vf0' }])).toBeNull();
		const alone = openGuest();
		expect(say(alone, ['A', 'device_add', { driver: 'vfio-pci', id: 'vf0' }])).toBeNull();
		expect(say(alone, LISTEN, GO)).toBe('0000:3b:00.0: VFIO migration is not supported in kernel');
	});

	it.each<readonly [string, readonly Word[], string]>([
		[
			'a primary without a name',
			[STANDBY, ['A', 'device_add', { driver: 'vfio-pci', failover_pair_id: 'net0' }]],
			"Device with failover_pair_id don't have id"
		],
		[
			'two primaries',
			[STANDBY, PRIMARY, ['A', 'device_add', { driver: 'e1000e', id: 'vf1', failover_pair_id: 'net0' }]],
			"Cannot attach more than one primary device to 'net0': 'vf0' and 'vf1'"
		],
		[
			'what is no card',
			[STANDBY, ['A', 'device_add', { driver: 'virtio-rng-pci', id: 'r', failover_pair_id: 'net0' }]],
			'failover primary device is not an Ethernet device'
		]
	])('%s is refused', (_what, words, text) => {
		expect(say(openGuest(), ...words)).toBe(text);
	});
});
