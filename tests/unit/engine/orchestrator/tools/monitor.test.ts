/**
 * Goal: QEMU's monitor at a host of the fabric answers as QEMU 11.1.3 did (reference cxl-fabric, 7.2). Method: one device with
 * QEMU's profile and one of the standard, every refusal in the order of QEMU's checks.
 */
import { describe, expect, it } from 'vitest';
import type { Simulation } from '../../../../../src/lib/engine/index.ts';
import { ask, fabricSimulation } from '../../../../support/fabric-worlds.ts';

const GIB = 2 ** 30;
const MIB = 2 ** 20;
const world = (): Simulation =>
	fabricSimulation({
		hosts: [{ id: 'A' }, { id: 'B' }],
		devices: [
			{ id: 'dcd0', kind: 'sld', profile: 'qemu111', hosts: ['A'], regions: [{ bytes: GIB }, { bytes: GIB }] },
			{ id: 'plain', kind: 'sld', profile: 'qemu111', hosts: ['A'], staticBytes: GIB },
			{ id: 'pool', kind: 'mh-sld', hosts: ['A', 'B'], regions: [{ bytes: GIB }] }
		]
	});
function qmp(
	simulation: Simulation,
	execute: string,
	given: Record<string, unknown> = {},
	host = 'A'
): { return?: unknown; error?: { class: string; desc: string } } {
	const answer = simulation.ask({ kind: 'host-tool', host, line: JSON.stringify({ execute, arguments: given }) });
	if (answer?.kind !== 'command') throw new Error('no command');
	const outcome = simulation.send(answer.command);
	if (!outcome.ok) throw new Error(outcome.detail);
	return JSON.parse((outcome.value as unknown as { output: { text: string } }).output.text) as ReturnType<typeof qmp>;
}
const add = (simulation: Simulation, more: Record<string, unknown> = {}) =>
	qmp(simulation, 'cxl-add-dynamic-capacity', {
		path: 'dcd0',
		'host-id': 0,
		'selection-policy': 'prescriptive',
		region: 0,
		extents: [{ offset: 0, len: 128 * MIB }],
		...more
	});
const release = (simulation: Simulation, more: Record<string, unknown> = {}) =>
	qmp(simulation, 'cxl-release-dynamic-capacity', {
		path: 'dcd0',
		'host-id': 0,
		'removal-policy': 'prescriptive',
		region: 0,
		extents: [{ offset: 0, len: 128 * MIB }],
		...more
	});

describe('dynamic capacity by the monitor of a host', () => {
	it('offers, is answered by the host, and takes back', () => {
		const simulation = world();
		expect(add(simulation)).toEqual({ return: {} });
		expect(add(simulation).error?.desc).toBe('cannot add DPA again while still pending');
		expect(release(simulation).error?.desc).toBe('cannot release extent with pending DPA range');
		simulation.advance(simulation.nowNs + 100_000_000);
		expect(simulation.status().fabric?.devices[0]?.lds[0]?.counts.accepted).toEqual({ extents: 1, bytes: 128 * MIB });
		expect(add(simulation).error?.desc).toBe('cannot add DPA already accessible to the same LD');
		expect(release(simulation)).toEqual({ return: {} });
		simulation.advance(simulation.nowNs + 100_000_000);
		expect(simulation.status().fabric?.devices[0]?.lds[0]?.counts.accepted.extents).toBe(0);
		expect(release(simulation).error?.desc).toBe('cannot release extent with non-existing DPA range');
		expect(simulation.check().checks.filter((check) => !check.holds)).toEqual([]);
	});

	it.each([
		[{ 'selection-policy': 'free' }, 'Selection policy not supported'],
		[{ path: 'nowhere' }, 'Unable to resolve CXL type 3 device'],
		[{ path: 'pool' }, 'Unable to resolve CXL type 3 device'],
		[{ path: 'plain' }, 'No dynamic capacity support from the device'],
		[{ region: 2 }, 'region id is too large'],
		[{ extents: [{ offset: 0, len: 0 }] }, 'extent with 0 length is not allowed'],
		[{ extents: [{ offset: 4096, len: 2 * MIB }] }, 'dpa or len is not aligned to region block size'],
		[{ extents: [{ offset: GIB, len: 2 * MIB }] }, 'extent range is beyond the region end'],
		[
			{
				extents: [
					{ offset: 0, len: 4 * MIB },
					{ offset: 2 * MIB, len: 2 * MIB }
				]
			},
			'duplicate or overlapped extents are detected'
		],
		[{ more: 1 }, "Parameter 'more' is unexpected"]
	])('add with %j is refused: %s', (more, desc) => {
		expect(add(world(), more).error).toEqual({ class: 'GenericError', desc });
	});

	it('refuses force before it looks at the policy', () => {
		expect(release(world(), { 'forced-removal': true, 'removal-policy': 'tag-based' }).error?.desc).toBe(
			'Forced removal not supported yet'
		);
		expect(release(world(), { 'removal-policy': 'tag-based' }).error?.desc).toBe('Removal policy not supported');
	});

	it('knows whole paths and parts of them, and only devices of this host', () => {
		const simulation = world();
		expect(add(simulation, { path: '/machine/peripheral/dcd0' })).toEqual({ return: {} });
		expect(add(simulation, { path: 'peripheral/dcd0', region: 1 })).toEqual({ return: {} });
		expect(
			qmp(
				simulation,
				'cxl-add-dynamic-capacity',
				{ path: 'dcd0', 'host-id': 0, 'selection-policy': 'prescriptive', region: 0, extents: [] },
				'B'
			).error?.desc
		).toBe('Unable to resolve CXL type 3 device');
	});
});

describe('memory devices of the monitor', () => {
	it('are what was taken in as DIMM or virtio-mem; a type 3 device is none of them', () => {
		const simulation = world();
		expect(qmp(simulation, 'query-memory-devices')).toEqual({ return: [] });
		ask(simulation, 'fm', 'pool', 'initiate-dynamic-capacity-add', { host: 'A', region: 0, policy: 'free', length: 256 * MIB, tag: 'T' });
		simulation.advance(simulation.nowNs + 100_000_000);
		for (const [customer, door] of [
			['database', 'hotplug'],
			['micro-vm', 'virtio-mem'],
			['nested-vm', 'type3']
		])
			expect(ask(simulation, 'orchestrator', 'A', 'take-into-vm', { customer, door, tag: 'T' }).ok).toBe(true);
		expect(qmp(simulation, 'query-memory-devices').return).toMatchObject([
			{ type: 'dimm', data: { id: 'dimm-database', addr: 4 * GIB, slot: 0, size: 64 * GIB, hotplugged: true } },
			{ type: 'virtio-mem', data: { id: 'vmem-micro-vm', memaddr: 68 * GIB, size: 96 * MIB, 'block-size': 2 * MIB } }
		]);
	});

	it('and what nobody knows is refused as QEMU does', () => {
		const simulation = world();
		expect(qmp(simulation, 'query-weather').error).toEqual({
			class: 'CommandNotFound',
			desc: 'The command query-weather has not been found'
		});
		expect(qmp(simulation, 'query-status')).toEqual({ return: { running: true, status: 'running' } });
		expect(simulation.ask({ kind: 'host-tool', host: 'A', line: '{"execute":' })).toMatchObject({ kind: 'text', status: 1 });
	});
});
