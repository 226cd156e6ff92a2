/**
 * Goal: words at QEMU's monitor that no recording has are answered as its source says. Method: small worlds and one line per
 * variant: what is said, and where it ends. Judged against QEMU 11.0.50
 * migration/options.c (migrate_caps_check, migrate_params_check), migration/migration.c, migration/savevm.c; texts of 11.1.
 */
import { describe, expect, it } from 'vitest';
import { MIB } from '../../src/lib/base/units.ts';
import type { QmpArguments } from '../../src/lib/engine/contract/machine-commands.ts';
import type { Simulation } from '../../src/lib/engine/index.ts';
import { proveContent } from '../../src/lib/engine/whole/content.ts';
import { after, ask, caps, GO, LISTEN, openGuest, say, set, SLOW, type Word } from '../support/monitor.ts';

/** The content proof: whatever happened, the guest finds what it wrote. */
const whole = (simulation: Simulation): void => expect(proveContent(simulation.world).found).toBeNull();

describe('what loads at the target', () => {
	const PIPE = 'Unable to write to socket: Broken pipe';
	it.each<readonly [string, Record<string, unknown>, readonly Word[], string]>([
		['less memory', { qemu: { targetBytes: '128MiB' } }, [], 'Size mismatch: pc.ram: 0x10000000 != 0x8000000: Invalid argument'],
		['more memory', { qemu: { targetBytes: '1GiB' } }, [], 'Size mismatch: pc.ram: 0x10000000 != 0x40000000: Invalid argument'],
		[
			'shared memory ignored here only',
			{},
			[caps('A', 'x-ignore-shared')],
			'Capability x-ignore-shared is off, but received capability is on'
		],
		[
			'shared memory ignored there only',
			{},
			[caps('B', 'x-ignore-shared')],
			'Capability x-ignore-shared is on, but received capability is off'
		],
		[
			'post-copy here only',
			{},
			[caps('A', 'postcopy-ram')],
			'load of migration failed: Invalid argument: RAM postcopy is disabled but have 16 byte advise'
		]
	])('%s: the target ends, the source goes on', (_what, vm, words, line) => {
		const simulation = openGuest(vm);
		expect(say(simulation, ...words, LISTEN, GO)).toBeNull();
		after(simulation, 1);
		expect(ask(simulation, 'A')).toMatchObject({ status: 'failed', 'error-desc': PIPE });
		expect(ask(simulation, 'A', 'query-status')).toEqual({ status: 'running', running: true });
		const target = simulation.world.r.qemu?.find((process) => process.host === 1);
		expect(target?.ended).toBe(true);
		expect(target?.stderr[0]).toBe(line);
		whole(simulation);
	});
	it('post-copy there only does no harm', () => {
		const simulation = openGuest();
		say(simulation, caps('B', 'postcopy-ram'), LISTEN, GO);
		after(simulation, 5);
		expect(ask(simulation, 'A')['status']).toBe('completed');
		whole(simulation);
	});
	it('a new process waits when the one before has ended', () => {
		const simulation = openGuest();
		say(
			simulation,
			caps('A', 'x-ignore-shared'),
			LISTEN,
			GO,
			['A', 'migrate-set-capabilities', { capabilities: [{ capability: 'x-ignore-shared', state: false }] }],
			LISTEN,
			GO
		);
		after(simulation, 5);
		expect(ask(simulation, 'A')['status']).toBe('completed');
		expect(ask(simulation, 'B', 'query-status')['status']).toBe('running');
	});
});

describe('where it ends', () => {
	const statuses = (simulation: Simulation): unknown[] =>
		simulation.world.trace.filter((record) => record.kind === 'status').map((record) => record.values['to']);
	it('in order, with its events', () => {
		const simulation = openGuest();
		say(simulation, caps('A', 'events'), LISTEN, GO);
		after(simulation, 5);
		expect(statuses(simulation)).toEqual(['setup', 'active', 'device', 'completed']);
		const told = simulation.world.r.qemu?.[0]?.events.map(({ event, data }) => data['status'] ?? event);
		expect(told).toEqual(['setup', 'active', 'MIGRATION_PASS', 'MIGRATION_PASS', 'STOP', 'device', 'completed']);
	});
	it('it waits before the switch, with the guest stopped, until somebody says go on', () => {
		const simulation = openGuest();
		say(simulation, caps('A', 'pause-before-switchover'), LISTEN, GO);
		after(simulation, 60);
		expect(ask(simulation, 'A')['status']).toBe('pre-switchover');
		expect(ask(simulation, 'A', 'query-status')['status']).toBe('finish-migrate');
		expect(say(simulation, ['A', 'migrate-continue', { state: 'device' }])).toBe('Migration not in expected state: pre-switchover');
		expect(say(simulation, ['A', 'migrate-continue', { state: 'pre-switchover' }])).toBeNull();
		after(simulation, 1);
		expect(statuses(simulation)).toEqual(['setup', 'active', 'pre-switchover', 'device', 'completed']);
		expect(Number(ask(simulation, 'A')['downtime'])).toBeGreaterThan(50_000);
		whole(simulation);
	});
	it.each([
		['setup', 0],
		['active', 1]
	] as const)('cancelled in %s it goes on at the source', (status, seconds) => {
		const simulation = openGuest();
		say(simulation, SLOW, LISTEN, GO);
		after(simulation, seconds);
		expect(ask(simulation, 'A')['status']).toBe(status);
		expect(say(simulation, ['A', 'migrate_cancel'])).toBeNull();
		expect(ask(simulation, 'A')['status']).toBe('cancelling');
		after(simulation, 1);
		expect(ask(simulation, 'A')).toEqual({ status: 'cancelled' });
		expect(ask(simulation, 'A', 'query-status')['running']).toBe(true);
		whole(simulation);
	});
	it('cancelled while it waits, the guest that was stopped runs again', () => {
		const simulation = openGuest();
		say(simulation, caps('A', 'pause-before-switchover'), LISTEN, GO);
		after(simulation, 10);
		say(simulation, ['A', 'migrate_cancel']);
		after(simulation, 1);
		expect(ask(simulation, 'A')).toEqual({ status: 'cancelled', 'error-desc': 'Switchover is interrupted' });
		expect(simulation.world.r.qemu?.[0]?.events.map(({ event }) => event)).toEqual(['STOP', 'RESUME']);
		whole(simulation);
	});
	it('post-copy cannot be cancelled; it pauses, is taken up again and ends', () => {
		const simulation = openGuest({ workload: { kind: 'sequential', rateBytesPerSecond: 400 * MIB, workingSetBytes: 96 * MIB } });
		say(
			simulation,
			caps('A', 'postcopy-ram'),
			caps('B', 'postcopy-ram'),
			set({ 'max-bandwidth': 12 * MIB, 'max-postcopy-bandwidth': 4 * MIB }),
			LISTEN,
			GO
		);
		after(simulation, 2);
		expect(Number((ask(simulation, 'A')['ram'] as { 'dirty-sync-count': number })['dirty-sync-count'])).toBeGreaterThan(15);
		say(simulation, ['A', 'migrate-start-postcopy']);
		after(simulation, 0.5);
		expect(ask(simulation, 'A')['status']).toBe('postcopy-active');
		expect(ask(simulation, 'B', 'query-status')['status']).toBe('running');
		expect(say(simulation, ['A', 'migrate_cancel'])).toBe('Postcopy migration in progress, cannot cancel.');
		expect(say(simulation, ['B', 'migrate-pause'])).toBeNull();
		expect([ask(simulation, 'A')['status'], ask(simulation, 'B')['status']]).toEqual(['postcopy-paused', 'postcopy-paused']);
		// Nobody listens yet: it stays paused and never fails.
		say(simulation, ['A', 'migrate', { uri: 'tcp:B:5', resume: true }]);
		expect(ask(simulation, 'A')['status']).toBe('postcopy-paused');
		expect(say(simulation, ['B', 'migrate-recover', { uri: 'tcp:0:5' }], ['A', 'migrate', { uri: 'tcp:B:5', resume: true }])).toBeNull();
		after(simulation, 120);
		expect([ask(simulation, 'A')['status'], ask(simulation, 'B')['status']]).toEqual(['completed', 'completed']);
		expect(ask(simulation, 'A', 'query-status')['status']).toBe('postmigrate');
		whole(simulation);
	});
	it('release-ram: what was sent is gone, so nothing is taken up', () => {
		const simulation = openGuest();
		say(
			simulation,
			caps('A', 'postcopy-ram', 'release-ram'),
			caps('B', 'postcopy-ram'),
			set({ 'max-bandwidth': 12 * MIB, 'max-postcopy-bandwidth': 4 * MIB }),
			LISTEN,
			GO
		);
		after(simulation, 1);
		say(simulation, ['A', 'migrate-start-postcopy']);
		after(simulation, 0.5);
		say(simulation, ['A', 'migrate-pause']);
		expect(say(simulation, ['A', 'migrate', { uri: 'tcp:B:5', resume: true }])).toBe(
			'Postcopy recovery cannot work when release-ram capability is set'
		);
	});
	it('the target ends in the middle: the source goes on', () => {
		const simulation = openGuest();
		say(simulation, SLOW, LISTEN, GO);
		after(simulation, 1);
		say(simulation, ['B', 'quit']);
		after(simulation, 1);
		expect(ask(simulation, 'A')).toEqual({ status: 'failed', 'error-desc': 'Unable to write to socket: Broken pipe' });
		whole(simulation);
	});
	it('a stopped guest stays stopped, wherever it is', () => {
		const simulation = openGuest();
		say(simulation, ['A', 'stop'], LISTEN, GO);
		after(simulation, 5);
		expect(ask(simulation, 'B', 'query-status')).toEqual({ status: 'paused', running: false });
		expect(say(simulation, ['A', 'migrate', { uri: 'tcp:B:4444' }])).toBe("Can't migrate the vm that was paused due to previous migration");
		expect(say(simulation, ['A', 'cont'])).toBe('Failed to get "write" lock');
		expect(say(simulation, ['B', 'cont'])).toBeNull();
		expect(ask(simulation, 'B', 'query-status')['running']).toBe(true);
		whole(simulation);
	});
	it('into a file: nobody receives, the guest stays stopped, and can go on where it was', () => {
		const simulation = openGuest();
		say(simulation, caps('A', 'mapped-ram'), ['A', 'migrate', { uri: 'file:/state' }]);
		after(simulation, 5);
		expect(ask(simulation, 'A')['status']).toBe('completed');
		expect(ask(simulation, 'A', 'query-status')['status']).toBe('postmigrate');
		expect(say(simulation, ['A', 'cont'])).toBeNull();
		expect(ask(simulation, 'A', 'query-status')['running']).toBe(true);
		whole(simulation);
	});
	it('a file is loaded by whoever reads it, and by nobody when it is not there', () => {
		const simulation = openGuest();
		expect(say(simulation, ['B', 'migrate-incoming', { uri: 'file:/state' }])).toBe("Could not open '/state': No such file or directory");
		say(simulation, ['A', 'migrate', { uri: 'file:/state' }]);
		after(simulation, 5);
		// That process has begun to wait and never will: another one is needed.
		expect(say(simulation, ['B', 'migrate-incoming', { uri: 'file:/state' }])).toBe('Illegal migration incoming state: setup');
		expect(say(simulation, ['B', 'quit'], ['B', 'migrate-incoming', { uri: 'file:/state' }])).toBeNull();
		after(simulation, 5);
		expect(ask(simulation, 'B')['status']).toBe('completed');
		expect(ask(simulation, 'B', 'query-status')['running']).toBe(true);
		expect(ask(simulation, 'A')['status']).toBe('completed');
		expect(simulation.world.r.vms[0]?.instances.includes(0)).toBe(false);
		whole(simulation);
	});
	it('memory by descriptor: the guest runs in another process of its host, and none of it was sent', () => {
		const simulation = openGuest({ qemu: { backend: 'memfd' } });
		const addr = { transport: 'socket', type: 'unix', path: '/m' };
		const channels = ['main', 'cpr'].map((kind) => ({ 'channel-type': kind, addr }));
		say(simulation, set({ mode: 'cpr-transfer' }), ['A', 'migrate', { channels }]);
		expect(simulation.world.r.vms[0]?.vcpuState).toBe('stopped');
		after(simulation, 1);
		const processes = simulation.world.r.qemu?.filter((process) => process.host === 0) ?? [];
		expect(processes.map((process) => process.runState)).toEqual(['postmigrate', 'running']);
		expect(simulation.world.r.vms[0]?.instances).toEqual([0, -1]);
		whole(simulation);
	});
	it.each<readonly [string, number, number, QmpArguments, string]>([
		['8 MiB without limit, downtime 300 ms: it fits', 8, 800, {}, 'completed'],
		['8 MiB without limit, downtime 100 ms: it never fits', 8, 800, { 'downtime-limit': 100 }, 'active'],
		['64 MiB at half the bandwidth', 64, 16, {}, 'completed'],
		['64 MiB at twice the bandwidth', 64, 64, {}, 'active'],
		['64 MiB at twice the bandwidth, 2.5 s of downtime', 64, 64, { 'downtime-limit': 2500 }, 'completed'],
		['96 MiB without limit, the bandwidth said to be large', 96, 800, { 'avail-switchover-bandwidth': 500 * MIB }, 'completed']
	])('%s', (_what, setMib, rateMib, given, status) => {
		const simulation = openGuest({ workload: { kind: 'sequential', rateBytesPerSecond: rateMib * MIB, workingSetBytes: setMib * MIB } });
		say(simulation, set({ 'max-bandwidth': 32 * MIB, ...given }), LISTEN, GO);
		after(simulation, 20);
		expect(ask(simulation, 'A')['status']).toBe(status);
		whole(simulation);
	});
	it('a CXL device’s memory is lost in silence by QEMU, and said by us', () => {
		const simulation = openGuest({ qemu: { devices: ['cxl-type3'], cxl: { bytes: 256 * MIB, writtenBytes: 4 * MIB } } });
		say(simulation, LISTEN, GO);
		after(simulation, 5);
		expect(ask(simulation, 'A')['status']).toBe('completed');
		expect(simulation.world.r.marks.join()).toMatch(/^lost: 1024 pages/);
		expect(simulation.world.trace.some((record) => record.kind === 'loss' && record.rule === 'cxl-not-migrated')).toBe(true);
	});
});
