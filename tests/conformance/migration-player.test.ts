/**
 * Goal: recordings of the family migration that leave things out, come in another order or say what nobody knows are played as
 * far as they go, and what was not played is named. Method: small cases of our own in the recordings' schema.
 */
import { describe, expect, it } from 'vitest';
import type { Answer, Json, JsonObject, RecordedCase, RecordedStep } from '../../tools/conformance/case.ts';
import { notRead } from '../../tools/conformance/known.ts';
import { blockingDevices, lackingAt, readMachine } from '../../tools/conformance/migration-machine.ts';
import { playMigration } from '../../tools/conformance/play-migration.ts';

const Q35 = ['-machine', 'q35', '-cpu', 'max', '-smp', '1', '-m', '256M'];
const SHARED = [
	...Q35,
	'-object',
	'memory-backend-file,id=ram0,size=256M,mem-path=<shared-file>,share=on',
	'-machine',
	'memory-backend=ram0'
];

function recording(steps: RecordedStep[], config: Record<string, unknown> = {}, more: Record<string, unknown> = {}): RecordedCase {
	const whole = { memory: '256M', vcpus: 1, guest_booted: true, capabilities: [], parameters: {}, qemu_args: Q35, ...config };
	return { schema: 1, id: 'migration/own', family: 'migration', title: 'own', config: whole, steps, outcome: null, ...more };
}
const qmp = (command: string, given: JsonObject = {}, side = 'source'): RecordedStep => ({
	op: 'qmp',
	side,
	command,
	arguments: given,
	result: { ok: true }
});
const LISTEN = qmp('migrate-incoming', { uri: '<socket>' }, 'destination');
const GO = qmp('migrate', { uri: '<socket>' });
const caps = (...names: string[]): RecordedStep =>
	qmp('migrate-set-capabilities', { capabilities: names.map((capability) => ({ capability, state: true })) });
const watch = (limit: number): RecordedStep => ({ op: 'watch-migration', limit_s: limit });
const LOAD: RecordedStep = { op: 'guest-load', working_set: '64M', dirty_rate_bytes_per_s: '4M' };
const WHERE: RecordedStep = { op: 'destination-state' };
const says = (text: string, step = GO): RecordedStep => ({ ...step, result: { ok: false, class: 'GenericError', text } });

const at = (answer: Answer, index: number): JsonObject => answer.steps.at(index) as JsonObject;
const query = (answer: Answer, index: number): JsonObject => at(answer, index)['query-migrate'] as JsonObject;
const order = (answer: Answer, index: number): string[] =>
	(at(answer, index)['status_over_time'] as readonly (readonly [number, string])[]).map(([, status]) => status);

describe('what nobody reads is named', () => {
	it.each<readonly [string, RecordedCase, readonly string[], readonly string[]]>([
		['an input of the case', recording([LISTEN], { destination_mood: 'bad' }), ['config.destination_mood is not read'], []],
		['a field of a word', recording([{ ...GO, oob: true }]), ['step 1 (qmp): oob is not read'], []],
		['another load', recording([{ ...LOAD, pattern: 'random' }]), ['step 1 (guest-load): the pattern "random" is not played'], []],
		['something else to see', recording([{ ...WHERE, weather: 'fine' }]), [], ['step 1 (destination-state): weather is not read']],
		['nothing', recording([LISTEN, LOAD, GO, watch(5), WHERE]), [], []]
	])('%s', (_what, recorded, inputs, beside) => {
		expect(notRead(recorded)).toEqual({ inputs, beside });
	});
	it('another family: its command line is the machine, the rest repeats it', () => {
		const recorded = {
			...recording([{ op: 'add', region: 0, colour: 'red' }], { mood: 'bad' }),
			family: 'dcd-qmp',
			config: { mood: 'bad' }
		};
		expect(notRead(recorded)).toEqual({ inputs: ['step 1 (add): colour is not read'], beside: ['config.mood is not read'] });
	});
	it('a step or a word that is none is not answered, and what follows is played', () => {
		const answer = playMigration(
			recording([{ op: 'kill-source' }, qmp('snapshot-save', { tag: 'a' }), qmp('query-cpus-fast'), LISTEN, GO, watch(20)])
		);
		expect(answer.unanswered).toEqual(['kill-source', 'qmp snapshot-save']);
		expect(answer.unobserved).toEqual(['qmp: query-cpus-fast']);
		expect(order(answer, -1).at(-1)).toBe('completed');
	});
	it('a word that QEMU does not know is answered as such', () => {
		const text = 'The command migrate-teleport has not been found';
		const answer = playMigration(recording([{ ...qmp('migrate-teleport'), result: { ok: false, class: 'CommandNotFound', text } }]));
		expect(answer).toMatchObject({ difference: null, unanswered: [], results: [{ ok: false, class: 'CommandNotFound', text }] });
	});
});

describe('order that no recording promises', () => {
	it.each([
		['load, capabilities, then a socket', [LOAD, caps('events'), LISTEN, GO, watch(30), WHERE]],
		['the socket first', [LISTEN, caps('events'), LOAD, GO, watch(30), WHERE]],
		['load while it runs', [LISTEN, caps('events'), GO, LOAD, watch(30), WHERE]]
	])('%s', (_what, steps) => {
		const answer = playMigration(recording(steps, { capabilities: ['events'] }));
		expect(order(answer, -2)).toEqual(['setup', 'active', 'device', 'completed']);
		expect(at(answer, -1)['query-status']).toEqual({ status: 'running', running: true });
	});
});

describe('labels', () => {
	it.each<readonly [string, RecordedStep[], string | null, Json]>([
		['nobody waits, a file lies there: it goes into it', [GO, watch(20), { op: 'state-file' }], 'completed', null],
		[
			'nobody waits, and the error names where',
			[GO, { ...watch(4), 'query-migrate': { 'error-desc': "Failed to connect to '127.0.0.1:1': Connection refused" } }],
			'failed',
			"Failed to connect to '127.0.0.1:1': Connection refused"
		],
		['who waited is gone', [LISTEN, GO, watch(20), GO, watch(1)], 'completed', null],
		[
			'addresses as they are',
			[qmp('migrate-incoming', { uri: 'tcp:127.0.0.1:4444' }, 'destination'), qmp('migrate', { uri: 'tcp:127.0.0.1:4444' }), watch(20)],
			'completed',
			null
		],
		['a file by its label', [qmp('migrate', { uri: 'file:<state-file>' }), watch(20)], 'completed', null]
	])('%s', (_what, steps, status, text) => {
		const answer = playMigration(recording(steps));
		expect(
			query(
				answer,
				steps.findLastIndex((step) => step.op === 'watch-migration')
			)['status']
		).toBe(status);
		expect(
			query(
				answer,
				steps.findLastIndex((step) => step.op === 'watch-migration')
			)['error-desc'] ?? null
		).toBe(text);
	});
	it('a refusal that names the address is asked for at that address', () => {
		for (const text of [
			'unknown migration protocol: bogus:x',
			"error parsing address '127.0.0.1'",
			"Could not create '/nowhere/s': No such file or directory",
			"File descriptor named 'x' has not been found",
			'file URI has bad offset abc: Invalid argument'
		])
			expect(playMigration(recording([says(text)])).results).toEqual([{ ok: false, class: 'GenericError', text }]);
	});
	it('a file is read to its end before anybody looks', () => {
		const answer = playMigration(recording([GO, watch(20), { op: 'state-file' }, LISTEN, WHERE], {}));
		expect(at(answer, -1)).toMatchObject({ 'query-status': { status: 'running' }, 'query-migrate': { status: 'completed' } });
	});
	it('only the types of channels were kept', () => {
		const machine = [...Q35, '-object', 'memory-backend-memfd,id=ram0,size=256M', '-machine', 'memory-backend=ram0,aux-ram-share=on'];
		const steps = [qmp('migrate-set-parameters', { mode: 'cpr-transfer' }), qmp('migrate', { channels: ['main', 'cpr'] }), watch(5), WHERE];
		expect(query(playMigration(recording(steps, { qemu_args: machine })), 2)['status']).toBe('completed');
		const [, refused] = playMigration(recording(steps)).results as JsonObject[];
		expect(refused?.['text']).toMatch(/^Memory region \/rom@etc\/acpi\/rsdp is not compatible with CPR/);
	});
});

describe('what is compared', () => {
	const REFUSED = "State blocked by non-migratable device '0000:00:01.0/nvme'";
	const blocked = (status: Json, text = REFUSED): RecordedCase => ({
		...recording([says(text), { ...watch(1), status_over_time: [[0, status]], 'query-migrate': {} }], {
			qemu_args: [...Q35, '-device', 'nvme,serial=1']
		}),
		outcome: { results: [text, status] }
	});
	it('a migration that never began has no status, by whichever word', () => {
		expect(playMigration(blocked(null)).difference).toBeNull();
		expect(playMigration(blocked('none')).difference).toBeNull();
		expect(playMigration(blocked('failed')).difference).toMatch(/status none is not in failed/);
		expect(playMigration(blocked(null, 'no')).difference).toMatch(/^step 1 \(qmp\): text/);
	});
	it('a refusal where the real one ended, and an error is no warning', () => {
		const ended = { ...GO, result: { ok: false, class: 'process-exit', text: 'aborted' } };
		expect(playMigration(recording([qmp('migrate-set-parameters', { mode: 'cpr-transfer' }), ended])).difference).toBeNull();
		expect(playMigration(recording([LISTEN, { ...GO, result: ended.result }])).difference).toMatch(/recorded a process that ended/);
		const stderr = (line: string): RecordedStep => ({ op: 'stderr', side: 'source', lines: [line] });
		expect(playMigration(recording([stderr('warning: no such feature')])).difference).toBeNull();
		expect(playMigration(recording([stderr('no such feature')])).difference).toMatch(/lines/);
	});
});

describe('the destination', () => {
	const MIGRATE = [caps('x-ignore-shared'), LISTEN, GO, watch(10), WHERE];
	const ignore = { capabilities: ['x-ignore-shared'], qemu_args: SHARED };
	const OFF = /^Capability x-ignore-shared is off, but received capability is on/;
	it('has what the source has, unless the case is about that', () => {
		expect(at(playMigration(recording(MIGRATE, ignore)), -1)['query-status']).toEqual({ status: 'running', running: true });
		expect(at(playMigration(recording(MIGRATE, ignore, { tags: ['mismatch'] })), -1)['stderr']).toMatch(OFF);
		expect(at(playMigration(recording(MIGRATE, { ...ignore, destination_capabilities: [] })), -1)['stderr']).toMatch(OFF);
	});
	it('another difference that is named leaves the capabilities alike', () => {
		const answer = playMigration(recording(MIGRATE, { ...ignore, destination_memory: '128M' }, { tags: ['mismatch'] }));
		expect(at(answer, -1)['stderr']).toMatch(/^Size mismatch: ram0: 0x10000000 != 0x8000000: Invalid argument/);
	});
	it('is what its own command line says', () => {
		const nic = [...Q35, '-device', 'virtio-net-pci'];
		const without = playMigration(recording([LISTEN, GO, watch(10), WHERE], { qemu_args: nic, destination_qemu_args: Q35 }));
		expect(at(without, -1)['stderr']).toMatch(/^Unknown ramblock "0000:00:01\.0\/virtio-net-pci\.rom", cannot accept migration/);
		const more = playMigration(recording([LISTEN, GO, watch(20), WHERE], { destination_extra_args: ['-device', 'virtio-rng-pci'] }));
		expect(at(more, -1)['query-status']).toEqual({ status: 'running', running: true });
	});
	it('dies behind the switch of post-copy: the source pauses', () => {
		const steps = [
			caps('postcopy-ram'),
			qmp('migrate-set-parameters', { 'max-bandwidth': 12_582_912, 'max-postcopy-bandwidth': 4_194_304 }),
			LISTEN,
			{ ...LOAD, dirty_rate_bytes_per_s: '0' },
			GO,
			watch(1),
			qmp('migrate-start-postcopy'),
			watch(0.3),
			{ op: 'kill-destination' },
			watch(5),
			WHERE
		];
		const answer = playMigration(recording(steps, { capabilities: ['postcopy-ram'] }));
		expect(query(answer, -2)['status']).toBe('postcopy-paused');
		expect(at(answer, -1)['exited']).toBe(true);
	});
});

describe('a command line', () => {
	const line = (...more: string[]) => readMachine([...Q35, ...more]);
	it.each<readonly [string, string[], readonly [string, string][]]>([
		['slots from 1 on', ['-device', 'virtio-rng-pci', '-device', 'nvme,serial=1'], [['nvme', '0000:00:02.0']]],
		['a slot that is said', ['-device', 'nvme,addr=0x7.1'], [['nvme', '0000:00:07.1']]],
		['behind a root port', ['-device', 'pcie-root-port,id=rp,slot=1', '-device', 'nvme,bus=rp'], [['nvme', '0000:00:01.0:00.0']]],
		['on USB', ['-device', 'qemu-xhci,id=x', '-device', 'usb-mtp,rootdir=/d'], [['usb-mtp', '0000:00:01.0/1']]],
		[
			'a peer and its master',
			['-device', 'ivshmem-plain,memdev=m', '-device', 'ivshmem-plain,memdev=n,master=on'],
			[['ivshmem-plain', '0000:00:01.0']]
		],
		['no such counter without KVM', ['-cpu', 'max,+invtsc'], []],
		['with it', ['-accel', 'kvm', '-cpu', 'max,+invtsc'], [['invtsc', '0000:00:00.0']]]
	])('%s', (_what, more, found) => {
		expect(blockingDevices(line(...more), false).map(({ name, address }) => [name, address])).toEqual(found);
	});
	it('what the other one lacks', () => {
		expect(lackingAt(line('-device', 'virtio-rng-pci'), line())).toEqual({ lacksState: { name: '0000:00:01.0/virtio-rng', instance: 0 } });
		expect(lackingAt(line(), readMachine(['-machine', 'pc', '-m', '256M']))).toEqual({
			machine: { received: 'pc-q35-11.1', local: 'pc-i440fx-11.1' }
		});
		expect(lackingAt(line(), line('-device', 'virtio-rng-pci'))).toEqual({});
	});
});
