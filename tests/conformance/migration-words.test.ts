/**
 * Goal: words at QEMU's monitor that no recording has are answered as its source says. Method: small worlds and one line per
 * variant: what is said at which side, and the text of the refusal, or none. Judged against QEMU 11.0.50 of
 * 19 June 2026 (on the way to 11.1): migration/options.c (migrate_caps_check, migrate_params_check), migration/migration.c,
 * migration/channel.c, qapi/*.
 */
import { describe, expect, it } from 'vitest';
import { MIB } from '../../src/lib/base/units.ts';
import type { QmpArguments } from '../../src/lib/engine/contract/machine-commands.ts';
import { ask, caps, GO, LISTEN, openGuest, say, set, SLOW, type Word } from '../support/monitor.ts';

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
			'Background-snapshot is not compatible with auto-converge'
		],
		['lockstep without a way back', [caps('A', 'x-colo')], "Capability 'x-colo' requires capability 'return-path'"],
		['lockstep with it', [caps('A', 'x-colo', 'return-path')], null],
		['a capability that was dropped', [caps('A', 'zero-blocks')], "Parameter 'capability' does not accept value 'zero-blocks'"],
		[
			'one without its state',
			[['A', 'migrate-set-capabilities', { capabilities: [{ capability: 'events', state: true }, { capability: 'xbzrle' }] }]],
			"Parameter 'capabilities[1].state' is missing"
		],
		[
			'one with a word for its state',
			[['A', 'migrate-set-capabilities', { capabilities: [{ capability: 'events', state: 'on' }] }]],
			"Invalid parameter type for 'capabilities[0].state', expected: boolean"
		],
		[
			'one without a name',
			[['A', 'migrate-set-capabilities', { capabilities: [{ state: true }] }]],
			"Parameter 'capabilities[0].capability' is missing"
		],
		[
			'words instead of a list',
			[['A', 'migrate-set-capabilities', { capabilities: 'events' }]],
			"Invalid parameter type for 'capabilities', expected: array"
		],
		[
			'words in the list',
			[['A', 'migrate-set-capabilities', { capabilities: ['events'] }]],
			"Invalid parameter type for 'capabilities[0]', expected: object"
		],
		[
			'one with more than that',
			[['A', 'migrate-set-capabilities', { capabilities: [{ capability: 'events', state: true, from: 1 }] }]],
			"Parameter 'capabilities[0].from' is unexpected"
		],
		['a capability that is none', [caps('A', 'teleport')], "Parameter 'capability' does not accept value 'teleport'"],
		['none at all', [['A', 'migrate-set-capabilities', {}]], "Parameter 'capabilities' is missing"],
		['while it runs', [LISTEN, SLOW, GO, caps('A', 'auto-converge')], RUNS]
	])('%s', (_what, words, text) => {
		expect(say(openGuest(), ...words)).toBe(text);
	});
	it('a refusal leaves them as they were', () => {
		const simulation = openGuest();
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
		[{ 'downtime-limit': 2_000_001 }, option('downtime-limit', 'an integer in the range of 0 to (2000 * 1000) ms')],
		[{ 'downtime-limit': 2_000_000 }, null],
		[{ 'downtime-limit': 0 }, null],
		[{ 'multifd-channels': 0 }, option('multifd-channels', 'a value between 1 and 255')],
		[{ 'multifd-channels': 256 }, "Parameter 'multifd-channels' expects uint8_t"],
		[{ 'cpu-throttle-initial': 0 }, option('cpu-throttle-initial', 'an integer in the range of 1 to 99')],
		[{ 'cpu-throttle-initial': 100 }, option('cpu-throttle-initial', 'an integer in the range of 1 to 99')],
		[{ 'cpu-throttle-increment': 100 }, option('cpu-throttle-increment', 'an integer in the range of 1 to 99')],
		[{ 'throttle-trigger-threshold': 101 }, option('throttle-trigger-threshold', 'an integer in the range of 1 to 100')],
		[{ 'throttle-trigger-threshold': 100 }, null],
		[{ 'max-cpu-throttle': 10 }, option('max-cpu-throttle', 'an integer in the range of cpu-throttle-initial to 99')],
		[{ 'max-cpu-throttle': 10, 'cpu-throttle-initial': 5 }, null],
		[{ 'xbzrle-cache-size': 3 * MIB }, option('xbzrle-cache-size', 'a power of two no less than the target page size')],
		[{ 'xbzrle-cache-size': 2048 }, option('xbzrle-cache-size', 'a power of two no less than the target page size')],
		[{ 'multifd-zlib-level': 10 }, option('multifd-zlib-level', 'a value between 0 and 9')],
		[{ 'multifd-zstd-level': 21 }, option('multifd-zstd-level', 'a value between 0 and 20')],
		[{ 'multifd-qatzip-level': 0 }, option('multifd-qatzip-level', 'a value between 1 and 9')],
		[{ 'announce-step': 0 }, option('announce-step', 'a value between 0 and 10000')],
		[{ 'announce-rounds': 1001 }, option('announce-rounds', 'a value between 0 and 1000')],
		[{ 'announce-max': 100_001 }, option('announce-max', 'a value between 0 and 100000')],
		[{ 'x-vcpu-dirty-limit-period': 1001 }, option('x-vcpu-dirty-limit-period', 'a value between 1 and 1000')],
		[{ 'vcpu-dirty-limit': 0 }, "Parameter 'vcpu-dirty-limit' must be greater than 1 MB/s"],
		[{ mode: 'teleport' }, "Parameter 'mode' does not accept value 'teleport'"],
		[{ 'multifd-compression': 'lz77' }, "Parameter 'multifd-compression' does not accept value 'lz77'"],
		[{ 'max-bandwidth': 'much' }, "Parameter 'max-bandwidth' expects uint64"],
		[{ 'multifd-channels': 1.5 }, "Parameter 'multifd-channels' expects uint64"],
		[{ 'multifd-channels': -1 }, "Parameter 'multifd-channels' expects uint8_t"],
		[{ 'downtime-limit': -1 }, option('downtime-limit', 'an integer in the range of 0 to (2000 * 1000) ms')],
		[{ 'x-checkpoint-delay': 2 ** 32 }, "Parameter 'x-checkpoint-delay' expects uint32_t"],
		[{ 'x-rdma-chunk-size': 3 * MIB }, option('x_rdma_chunk_size', 'a power of 2 in the range 1MiB to 1024MiB')],
		[{ 'direct-io': 'on' }, "Invalid parameter type for 'direct-io', expected: boolean"],
		[{ 'tls-creds': 7 }, "Invalid parameter type for 'tls-creds', expected: StrOrNull"],
		[{ mode: 7 }, "Invalid parameter type for 'mode', expected: string"],
		[{ 'cpr-exec-command': 'qemu' }, "Invalid parameter type for 'cpr-exec-command', expected: array"],
		[{ 'cpr-exec-command': ['qemu', 7] }, "Invalid parameter type for 'cpr-exec-command[1]', expected: string"],
		[{ speed: 1, 'multifd-channels': 256 }, "Parameter 'multifd-channels' expects uint8_t"],
		[{ speed: 1 }, "Parameter 'speed' is unexpected"]
	])('%j', (given, text) => {
		const simulation = openGuest();
		expect(say(simulation, set(given))).toBe(text);
		const now = ask(simulation, 'A', 'query-migrate-parameters');
		for (const [name, value] of Object.entries(given)) if (text === null) expect(now[name]).toEqual(value);
		if (text !== null) expect(now['downtime-limit']).toBe(300);
	});
	it('mapped-ram takes no compression', () => {
		expect(say(openGuest(), caps('A', 'mapped-ram'), set({ 'multifd-compression': 'zstd' }), set({ 'downtime-limit': 5 }))).toBe(
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
		['a bad offset', {}, [['A', 'migrate', { uri: 'file:/s,offset=x' }]], 'file URI has bad offset x: Invalid argument'],
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
			'0000:3b:00.0: VFIO migration is not supported in kernel'
		],
		[
			'a state that cannot be written',
			{ qemu: { devices: ['nvme'] } },
			[LISTEN, GO],
			"State blocked by non-migratable device '0000:00:01.0/nvme'"
		],
		['encrypted memory', { qemu: { devices: ['sev-guest'] } }, [LISTEN, GO], 'SEV: Migration is not implemented'],
		['a CXL device does not', { qemu: { devices: ['cxl-type3'] } }, [LISTEN, GO], null],
		['a folder that is not mounted does not', { qemu: { devices: ['virtio-9p'] } }, [LISTEN, GO], null]
	])('%s', (_what, vm, words, text) => {
		expect(say(openGuest(vm), ...words)).toBe(text);
	});
	it('a blocker stands in query-migrate before anybody asks', () => {
		expect(ask(openGuest({ qemu: { devices: ['vfio-pci', 'nvme'] } }), 'A')['blocked-reasons']).toEqual([
			'0000:3b:00.0: VFIO migration is not supported in kernel',
			'non-migratable device: 0000:00:02.0/nvme'
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
		expect(say(openGuest(), ...words)).toBe(text);
	});
});
