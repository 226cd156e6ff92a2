/**
 * Goal: words at QEMU's monitor that no recording has are answered as its source says. Method: small worlds and one line per
 * variant: what is said at which side, and the text of the refusal, or where it ends. Judged against QEMU 10.2.2
 * migration/options.c (migrate_caps_check, migrate_params_check), migration/migration.c, migration/savevm.c; texts of 11.1.
 */
import { describe, expect, it } from 'vitest';
import { MIB, NS_PER_S } from '../../src/lib/base/units.ts';
import { askMonitor } from '../../src/lib/engine/commands/monitor.ts';
import type { QmpArguments } from '../../src/lib/engine/contract/machine-commands.ts';
import { Simulation } from '../../src/lib/engine/index.ts';
import { proveContent } from '../../src/lib/engine/whole/content.ts';

type Word = readonly [at: 'A' | 'B', execute: string, given?: QmpArguments];

function open(vm: Record<string, unknown> = {}, more: Record<string, unknown> = {}): Simulation {
	const opened = Simulation.open({
		scenario: {
			switchyard: 1,
			id: 'variant',
			title: 'variant',
			networkBytesPerSecond: 1e9,
			hosts: ['A', 'B'].map((id, index) => ({ id, dramBytes: '2GiB', windowBaseHpa: (index + 1) * 2 ** 36 })),
			vms: [
				{
					id: 'vm',
					host: 'A',
					bytes: '256MiB',
					populatedBytes: '128MiB',
					pages: '4k',
					workload: { kind: 'sequential', rateBytesPerSecond: 4 * MIB, workingSetBytes: 8 * MIB },
					...vm
				}
			],
			...more
		}
	});
	if (!opened.ok) throw new Error(opened.detail);
	return opened.value;
}

/** Says the words in order; the text of the last one's refusal, or null. */
function say(simulation: Simulation, ...words: readonly Word[]): string | null {
	let last: string | null = null;
	for (const [at, execute, given] of words) {
		const sent = simulation.send({ name: 'monitor', vm: 'vm', at, execute, ...(given ? { arguments: given } : {}) });
		last = sent.ok ? null : sent.detail;
	}
	return last;
}

const ask = (simulation: Simulation, at: 'A' | 'B', execute = 'query-migrate'): Record<string, unknown> => {
	const answer = askMonitor(simulation.world, { vm: 'vm', at, execute });
	return (answer.ok ? answer.value : {}) as Record<string, unknown>;
};
const caps = (at: 'A' | 'B', ...names: readonly string[]): Word => [
	at,
	'migrate-set-capabilities',
	{ capabilities: names.map((capability) => ({ capability, state: true })) }
];
const set = (given: QmpArguments): Word => ['A', 'migrate-set-parameters', given];
const LISTEN: Word = ['B', 'migrate-incoming', { uri: 'tcp:0:4444' }];
const GO: Word = ['A', 'migrate', { uri: 'tcp:B:4444' }];
const SLOW = set({ 'max-bandwidth': 12 * MIB });
const after = (simulation: Simulation, seconds: number): void => {
	simulation.advance(simulation.nowNs + seconds * NS_PER_S);
};
/** The content proof: whatever happened, the guest finds what it wrote. */
const whole = (simulation: Simulation): void => expect(proveContent(simulation.world).found).toBeNull();

const RUNS = "There's a migration process in progress";

describe('capabilities', () => {
	it.each<readonly [string, readonly Word[], string | null]>([
		['post-copy and shared memory', [caps('A', 'postcopy-ram', 'x-ignore-shared')], 'Postcopy is not compatible with ignore-shared'],
		[
			'shared memory after post-copy',
			[caps('A', 'postcopy-ram'), caps('A', 'x-ignore-shared')],
			'Postcopy is not compatible with ignore-shared'
		],
		['post-copy and multifd', [caps('A', 'postcopy-ram', 'multifd')], null],
		['preempt alone', [caps('A', 'postcopy-preempt')], 'Postcopy preempt requires postcopy-ram'],
		['preempt with post-copy', [caps('A', 'postcopy-ram', 'postcopy-preempt')], null],
		['multifd and xbzrle', [caps('A', 'multifd', 'xbzrle')], 'Multifd is not compatible with xbzrle'],
		['multifd when the target listens', [LISTEN, caps('B', 'multifd')], 'Multifd must be set before incoming starts'],
		[
			'preempt when the target listens',
			[caps('B', 'postcopy-ram'), LISTEN, caps('B', 'postcopy-preempt')],
			'Postcopy preempt must be set before incoming starts'
		],
		['another one when multifd was set before', [caps('B', 'multifd'), LISTEN, caps('B', 'events')], null],
		['switchover-ack alone', [caps('A', 'switchover-ack')], "Capability 'switchover-ack' requires capability 'return-path'"],
		['switchover-ack with its path', [caps('A', 'return-path', 'switchover-ack')], null],
		[
			'dirty-limit and auto-converge',
			[caps('A', 'dirty-limit', 'auto-converge')],
			'dirty-limit conflicts with auto-converge either of then available currently'
		],
		['dirty-limit without a ring', [caps('A', 'dirty-limit')], "dirty-limit requires KVM with accelerator property 'dirty-ring-size' set"],
		['zero-copy without multifd', [caps('A', 'zero-copy-send')], 'Zero copy only available for non-compressed non-TLS multifd migration'],
		[
			'zero-copy with compression',
			[set({ 'multifd-compression': 'zlib' }), caps('A', 'multifd', 'zero-copy-send')],
			'Zero copy only available for non-compressed non-TLS multifd migration'
		],
		[
			'zero-copy with TLS',
			[set({ 'tls-creds': 'tls0' }), caps('A', 'multifd', 'zero-copy-send')],
			'Zero copy only available for non-compressed non-TLS multifd migration'
		],
		['zero-copy as it should be', [caps('A', 'multifd', 'zero-copy-send')], null],
		['mapped-ram and xbzrle', [caps('A', 'mapped-ram', 'xbzrle')], 'Mapped-ram migration is incompatible with xbzrle'],
		['mapped-ram and post-copy', [caps('A', 'mapped-ram', 'postcopy-ram')], 'Mapped-ram migration is incompatible with postcopy'],
		[
			'a snapshot and anything else',
			[caps('A', 'background-snapshot', 'auto-converge')],
			'Background-snapshot is not compatible with currently set capabilities'
		],
		['a capability that is none', [caps('A', 'teleport')], "Parameter 'capability' does not accept value 'teleport'"],
		['none at all', [['A', 'migrate-set-capabilities', {}]], "Parameter 'capabilities' is missing"],
		['while it runs', [LISTEN, SLOW, GO, caps('A', 'auto-converge')], RUNS]
	])('%s', (_what, words, text) => {
		expect(say(open(), ...words)).toBe(text);
	});
	it('a refusal leaves them as they were', () => {
		const simulation = open();
		say(simulation, caps('A', 'events'), caps('A', 'xbzrle', 'multifd'));
		const on = (ask(simulation, 'A', 'query-migrate-capabilities') as unknown as { capability: string; state: boolean }[]).filter(
			(each) => each.state
		);
		expect(on.map((each) => each.capability)).toEqual(['events']);
	});
});

describe('parameters', () => {
	const option = (name: string, words: string): string => `Option ${name} expects ${words}`;
	it.each<readonly [QmpArguments, string | null]>([
		[{ 'downtime-limit': 2_000_001 }, option('downtime_limit', 'an integer in the range of 0 to (2000 * 1000) ms')],
		[{ 'downtime-limit': 2_000_000 }, null],
		[{ 'downtime-limit': 0 }, null],
		[{ 'multifd-channels': 0 }, option('multifd_channels', 'a value between 1 and 255')],
		[{ 'multifd-channels': 256 }, "Parameter 'multifd-channels' expects uint8_t"],
		[{ 'cpu-throttle-initial': 0 }, option('cpu_throttle_initial', 'an integer in the range of 1 to 99')],
		[{ 'cpu-throttle-initial': 100 }, option('cpu_throttle_initial', 'an integer in the range of 1 to 99')],
		[{ 'cpu-throttle-increment': 100 }, option('cpu_throttle_increment', 'an integer in the range of 1 to 99')],
		[{ 'throttle-trigger-threshold': 101 }, option('throttle_trigger_threshold', 'an integer in the range of 1 to 100')],
		[{ 'throttle-trigger-threshold': 100 }, null],
		[{ 'max-cpu-throttle': 10 }, 'max_Option cpu_throttle expects an integer in the range of cpu_throttle_initial to 99'],
		[{ 'max-cpu-throttle': 10, 'cpu-throttle-initial': 5 }, null],
		[{ 'xbzrle-cache-size': 3 * MIB }, option('xbzrle_cache_size', 'a power of two no less than the target page size')],
		[{ 'xbzrle-cache-size': 2048 }, option('xbzrle_cache_size', 'a power of two no less than the target page size')],
		[{ 'multifd-zlib-level': 10 }, option('multifd_zlib_level', 'a value between 0 and 9')],
		[{ 'multifd-zstd-level': 21 }, option('multifd_zstd_level', 'a value between 0 and 20')],
		[{ 'multifd-qatzip-level': 0 }, option('multifd_qatzip_level', 'a value between 1 and 9')],
		[{ 'announce-step': 0 }, option('announce_step', 'a value between 0 and 10000')],
		[{ 'announce-rounds': 1001 }, option('announce_rounds', 'a value between 0 and 1000')],
		[{ 'announce-max': 100_001 }, option('announce_max', 'a value between 0 and 100000')],
		[{ 'x-vcpu-dirty-limit-period': 1001 }, option('x-vcpu-dirty-limit-period', 'a value between 1 and 1000')],
		[{ 'vcpu-dirty-limit': 0 }, "Parameter 'vcpu_dirty_limit' must be greater than 1 MB/s"],
		[{ mode: 'teleport' }, "Parameter 'mode' does not accept value 'teleport'"],
		[{ 'multifd-compression': 'lz77' }, "Parameter 'multifd-compression' does not accept value 'lz77'"],
		[{ 'max-bandwidth': 'much' }, "Invalid parameter type for 'max-bandwidth', expected: integer"],
		[{ speed: 1 }, "Parameter 'speed' is unexpected"]
	])('%j', (given, text) => {
		const simulation = open();
		expect(say(simulation, set(given))).toBe(text);
		const now = ask(simulation, 'A', 'query-migrate-parameters');
		for (const [name, value] of Object.entries(given)) if (text === null) expect(now[name]).toEqual(value);
		if (text !== null) expect(now['downtime-limit']).toBe(300);
	});
	it('mapped-ram takes no compression', () => {
		expect(say(open(), caps('A', 'mapped-ram'), set({ 'multifd-compression': 'zstd' }), set({ 'downtime-limit': 5 }))).toBe(
			'Mapped-ram only available for non-compressed non-TLS multifd migration'
		);
	});
});

describe('migrate says no', () => {
	const cpr = { channels: [{ 'channel-type': 'main', addr: { transport: 'socket', type: 'unix', path: '/m' } }] };
	const both = { channels: [...cpr.channels, { 'channel-type': 'cpr', addr: { transport: 'socket', type: 'unix', path: '/c' } }] };
	it.each<readonly [string, Record<string, unknown>, readonly Word[], string | null]>([
		['nothing said', {}, [['A', 'migrate', {}]], "need either 'uri' or 'channels' argument"],
		['both said', {}, [['A', 'migrate', { uri: 'tcp:B:1', channels: [] }]], "need either 'uri' or 'channels' argument"],
		['a protocol that is none', {}, [['A', 'migrate', { uri: 'ftp:B' }]], 'unknown migration protocol: ftp:B'],
		['no port', {}, [['A', 'migrate', { uri: 'tcp:B' }]], "error parsing address 'B'"],
		['mapped-ram into a socket', {}, [caps('A', 'mapped-ram'), GO], 'Migration requires seekable transport (e.g. file)'],
		[
			'multifd through a command',
			{},
			[caps('A', 'multifd'), ['A', 'migrate', { uri: 'exec:cat' }]],
			'Migration requires multi-channel URIs (e.g. tcp)'
		],
		[
			'multifd into a plain file',
			{},
			[caps('A', 'multifd'), ['A', 'migrate', { uri: 'file:/s' }]],
			'Migration requires multi-channel URIs (e.g. tcp)'
		],
		['a bad offset', {}, [['A', 'migrate', { uri: 'file:/s,offset=x' }]], 'file URI has bad offset x'],
		['xbzrle over RDMA', {}, [caps('A', 'xbzrle'), ['A', 'migrate', { uri: 'rdma:B:1' }]], "RDMA and XBZRLE can't be used together"],
		[
			'post-copy over RDMA',
			{},
			[caps('A', 'postcopy-ram'), ['A', 'migrate', { uri: 'rdma:B:1' }]],
			"RDMA and postcopy-ram can't be used together"
		],
		['at a process that waits', {}, [['B', 'migrate', { uri: 'tcp:A:1' }]], 'Guest is waiting for an incoming migration'],
		['a second time', {}, [SLOW, LISTEN, GO, GO], RUNS],
		[
			'to resume what is not paused',
			{},
			[['A', 'migrate', { uri: 'tcp:B:1', resume: true }]],
			'Cannot resume if there is no paused migration'
		],
		['cpr-transfer without its channel', {}, [set({ mode: 'cpr-transfer' }), ['A', 'migrate', cpr]], "missing 'cpr' migration channel"],
		[
			'cpr-transfer into a file',
			{},
			[set({ mode: 'cpr-transfer' }), ['A', 'migrate', { uri: 'file:/s' }]],
			'Migration requires streamable transport (eg unix)'
		],
		[
			'cpr-exec without a command',
			{},
			[set({ mode: 'cpr-exec' }), ['A', 'migrate', { uri: 'file:/s' }]],
			'cpr-exec mode requires setting cpr-exec-command'
		],
		[
			'cpr-reboot and post-copy',
			{},
			[caps('A', 'postcopy-ram'), set({ mode: 'cpr-reboot' }), ['A', 'migrate', { uri: 'file:/s' }]],
			'Cannot use postcopy with CPR'
		],
		[
			'cpr-transfer with two main channels',
			{},
			[set({ mode: 'cpr-transfer' }), ['A', 'migrate', { channels: [...cpr.channels, ...cpr.channels] }]],
			'Channel list has more than one main entry'
		],
		['cpr-transfer of shared memory', { qemu: { backend: 'memfd' } }, [set({ mode: 'cpr-transfer' }), ['A', 'migrate', both]], null],
		[
			'a passed-through device',
			{ qemu: { devices: ['vfio-pci'] } },
			[LISTEN, GO],
			'0000:00:04.0: VFIO migration is not supported in kernel'
		],
		[
			'a state that cannot be written',
			{ qemu: { devices: ['nvme'] } },
			[LISTEN, GO],
			"State blocked by non-migratable device '0000:00:03.0/nvme'"
		],
		['encrypted memory', { qemu: { devices: ['sev-guest'] } }, [LISTEN, GO], 'SEV: Migration is not implemented'],
		['a CXL device does not', { qemu: { devices: ['cxl-type3'] } }, [LISTEN, GO], null],
		['a folder that is not mounted does not', { qemu: { devices: ['virtio-9p'] } }, [LISTEN, GO], null]
	])('%s', (_what, vm, words, text) => {
		expect(say(open(vm), ...words)).toBe(text);
	});
	it('a blocker stands in query-migrate before anybody asks', () => {
		expect(ask(open({ qemu: { devices: ['vfio-pci', 'nvme'] } }), 'A')['blocked-reasons']).toEqual([
			'0000:00:04.0: VFIO migration is not supported in kernel',
			'non-migratable device: 0000:00:03.0/nvme'
		]);
	});
});

describe('the other words', () => {
	it.each<readonly [string, readonly Word[], string | null]>([
		['incoming at the guest', [['A', 'migrate-incoming', { uri: 'tcp:0:1' }]], "'-incoming' was not specified on the command line"],
		['incoming twice', [LISTEN, LISTEN], 'The incoming migration has already been started'],
		[
			'recover when nothing is paused',
			[['B', 'migrate-recover', { uri: 'tcp:0:1' }]],
			'Migrate recover can only be run when postcopy is paused.'
		],
		[
			'pause without post-copy',
			[SLOW, LISTEN, GO, ['A', 'migrate-pause']],
			'migrate-pause is currently only supported during postcopy-active or postcopy-recover state'
		],
		[
			'start-postcopy without the capability',
			[SLOW, LISTEN, GO, ['A', 'migrate-start-postcopy']],
			'Enable postcopy with migrate_set_capability before the start of migration'
		],
		[
			'start-postcopy before migrate',
			[caps('A', 'postcopy-ram'), ['A', 'migrate-start-postcopy']],
			'Postcopy must be started after migration has been started'
		],
		[
			'continue in another state',
			[SLOW, LISTEN, GO, ['A', 'migrate-continue', { state: 'pre-switchover' }]],
			'Migration not in expected state: setup'
		],
		['continue what is no state', [['A', 'migrate-continue', { state: 'soon' }]], "Parameter 'state' does not accept value 'soon'"],
		['cancel when nothing runs', [['A', 'migrate_cancel']], null],
		['device_add while it runs', [SLOW, LISTEN, GO, ['A', 'device_add', { driver: 'e1000e' }]], 'device_add not allowed while migrating'],
		[
			'device_del while it runs',
			[['A', 'device_add', { driver: 'e1000e', id: 'n' }], SLOW, LISTEN, GO, ['A', 'device_del', { id: 'n' }]],
			'device_del not allowed while migrating'
		],
		['device_del of nothing', [['A', 'device_del', { id: 'n' }]], "Device 'n' not found"],
		['a word that is none', [['A', 'migrate-teleport']], 'The command migrate-teleport has not been found']
	])('%s', (_what, words, text) => {
		expect(say(open(), ...words)).toBe(text);
	});
});

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
		const simulation = open(vm);
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
		const simulation = open();
		say(simulation, caps('B', 'postcopy-ram'), LISTEN, GO);
		after(simulation, 5);
		expect(ask(simulation, 'A')['status']).toBe('completed');
		whole(simulation);
	});
	it('a new process waits when the one before has ended', () => {
		const simulation = open();
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
		const simulation = open();
		say(simulation, caps('A', 'events'), LISTEN, GO);
		after(simulation, 5);
		expect(statuses(simulation)).toEqual(['setup', 'active', 'device', 'completed']);
		const told = simulation.world.r.qemu?.[0]?.events.map(({ event, data }) => data['status'] ?? event);
		expect(told).toEqual(['setup', 'active', 'device', 'STOP', 'completed']);
	});
	it('it waits before the switch, with the guest stopped, until somebody says go on', () => {
		const simulation = open();
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
		const simulation = open();
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
		const simulation = open();
		say(simulation, caps('A', 'pause-before-switchover'), LISTEN, GO);
		after(simulation, 10);
		say(simulation, ['A', 'migrate_cancel']);
		after(simulation, 1);
		expect(ask(simulation, 'A')).toEqual({ status: 'cancelled', 'error-desc': 'Switchover is interrupted' });
		expect(simulation.world.r.qemu?.[0]?.events.map(({ event }) => event)).toEqual(['STOP', 'RESUME']);
		whole(simulation);
	});
	it('post-copy cannot be cancelled; it pauses, is taken up again and ends', () => {
		const simulation = open({ workload: { kind: 'sequential', rateBytesPerSecond: 400 * MIB, workingSetBytes: 96 * MIB } });
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
		const simulation = open();
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
		const simulation = open();
		say(simulation, SLOW, LISTEN, GO);
		after(simulation, 1);
		say(simulation, ['B', 'quit']);
		after(simulation, 1);
		expect(ask(simulation, 'A')).toEqual({ status: 'failed', 'error-desc': 'Unable to write to socket: Broken pipe' });
		whole(simulation);
	});
	it('a stopped guest stays stopped, wherever it is', () => {
		const simulation = open();
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
		const simulation = open();
		say(simulation, caps('A', 'mapped-ram'), ['A', 'migrate', { uri: 'file:/state' }]);
		after(simulation, 5);
		expect(ask(simulation, 'A')['status']).toBe('completed');
		expect(ask(simulation, 'A', 'query-status')['status']).toBe('postmigrate');
		expect(say(simulation, ['A', 'cont'])).toBeNull();
		expect(ask(simulation, 'A', 'query-status')['running']).toBe(true);
		whole(simulation);
	});
	it('memory by descriptor: the guest runs in another process of its host, and none of it was sent', () => {
		const simulation = open({ qemu: { backend: 'memfd' } });
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
		const simulation = open({ workload: { kind: 'sequential', rateBytesPerSecond: rateMib * MIB, workingSetBytes: setMib * MIB } });
		say(simulation, set({ 'max-bandwidth': 32 * MIB, ...given }), LISTEN, GO);
		after(simulation, 20);
		expect(ask(simulation, 'A')['status']).toBe(status);
		whole(simulation);
	});
	it('a CXL device’s memory is lost in silence by QEMU, and said by us', () => {
		const simulation = open({ qemu: { devices: ['cxl-type3'], cxl: { bytes: 256 * MIB, writtenBytes: 4 * MIB } } });
		say(simulation, LISTEN, GO);
		after(simulation, 5);
		expect(ask(simulation, 'A')['status']).toBe('completed');
		expect(simulation.world.r.marks.join()).toMatch(/^lost: 1024 pages/);
		expect(simulation.world.trace.some((record) => record.kind === 'loss' && record.rule === 'cxl-not-migrated')).toBe(true);
	});
});
