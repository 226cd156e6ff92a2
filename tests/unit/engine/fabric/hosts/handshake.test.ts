import { describe, expect, it } from 'vitest';
import { GIB, MIB } from '../../../../../src/lib/base/units.ts';
import { countsOf, extentsOf } from '../../../../../src/lib/engine/fabric/dcd/lists.ts';
import { freeMediaBytes } from '../../../../../src/lib/engine/fabric/dcd/media.ts';
import type { Simulation } from '../../../../../src/lib/engine/index.ts';
import { fabric, heads, tell, until } from '../../../../support/fabric.ts';

const MS = 1e6;
const add = (simulation: Simulation, host: string, more: Record<string, never | number | string | boolean | object> = {}) =>
	tell(simulation, 'fm', 'pool', 'initiate-dynamic-capacity-add', { host, bytes: '1 GiB', ...more } as never);
const release = (simulation: Simulation, host: string, more: Record<string, number | string | boolean | object> = {}) =>
	tell(simulation, 'fm', 'pool', 'initiate-dynamic-capacity-release', { host, ...more } as never);
const held = (simulation: Simulation, ld = 0): number => countsOf(simulation.world, 0, ld).accepted.bytes;
const log = (simulation: Simulation, host = 0): string[] => simulation.world.r.fabric.peers[host]?.log.map((line) => line.text) ?? [];

describe('an offer and its answer', () => {
	it('is accessible only after the host has answered, and the fabric manager hears of it', () => {
		const simulation = heads(['A']);
		expect(add(simulation, 'A')).toMatchObject({ ok: true, output: { code: 0, group: 1 } });
		expect(countsOf(simulation.world, 0, 0)).toMatchObject({ offered: { extents: 1, bytes: GIB }, accepted: { extents: 0 } });
		expect(simulation.world.r.fabric.messages.map(({ from, to, opcode }) => `${from} ${to} ${opcode}`)).toEqual([
			'fm pool 5604h',
			'pool A 00h'
		]);
		simulation.advance(simulation.nowNs + MS / 2);
		expect(held(simulation)).toBe(0);
		expect(until(simulation, 1, () => held(simulation) === GIB)).toBe(true);
		expect(until(simulation, 1, () => simulation.world.r.fabric.messages.some((message) => message.opcode === '04h'))).toBe(true);
		expect(simulation.world.r.fabric.messages.find((message) => message.opcode === '4802h')).toMatchObject({ from: 'A', code: 0 });
	});

	it('clears the log and waits for the next interrupt', () => {
		const simulation = heads(['A']);
		add(simulation, 'A');
		add(simulation, 'A');
		add(simulation, 'A');
		expect(until(simulation, 1, () => held(simulation) === 3 * GIB)).toBe(true);
		simulation.advance(simulation.nowNs + 20 * MS);
		const { records } = simulation.world.r.fabric.devices[0]?.lds[0]?.log ?? { records: [1] };
		expect(records).toEqual([]);
		expect(simulation.world.r.fabric.peers[0]?.inboxes[0]?.step).toBe('idle');
		add(simulation, 'A');
		expect(until(simulation, 1, () => held(simulation) === 4 * GIB)).toBe(true);
	});

	it('is answered in parts by a permissive host only', () => {
		const part = heads(['A'], {}, { profile: 'permissive', answer: 'part' });
		add(part, 'A');
		expect(until(part, 1, () => held(part) > 0)).toBe(true);
		expect(held(part)).toBe(GIB / 2);
		expect(freeMediaBytes(part.world, 0)).toBe(63.5 * GIB);
		const linux = heads(['A'], {}, { answer: 'part' });
		add(linux, 'A');
		expect(until(linux, 1, () => held(linux) > 0)).toBe(true);
		expect(held(linux)).toBe(GIB);
	});

	it('of a host that wants nothing goes back whole', () => {
		const simulation = heads(['A'], {}, { answer: 'none' });
		add(simulation, 'A');
		expect(until(simulation, 1, () => countsOf(simulation.world, 0, 0).offered.extents === 0)).toBe(true);
		expect(freeMediaBytes(simulation.world, 0)).toBe(64 * GIB);
	});

	it('waits for ever for a silent host, and for a person where a person answers', () => {
		const silent = heads(['A'], {}, { answer: 'silent' });
		add(silent, 'A');
		silent.advance(silent.nowNs + 60e9);
		expect(countsOf(silent.world, 0, 0).offered.bytes).toBe(GIB);
		expect(tell(silent, 'host', 'A', 'set-answer', { mode: 'accept' }).ok).toBe(true);
		expect(until(silent, 1, () => held(silent) === GIB)).toBe(true);

		const manual = heads(['A'], {}, { answer: 'by-hand' });
		add(manual, 'A', { tag: 'T' });
		expect(tell(manual, 'host', 'A', 'answer', {}).detail).toContain('no offer waits');
		manual.advance(manual.nowNs + 20 * MS);
		expect(held(manual)).toBe(0);
		const { dpa } = manual.world.r.fabric.peers[0]?.inboxes[0]?.byHand[0]?.[0] as { dpa: number };
		expect(tell(manual, 'host', 'A', 'answer', { extents: [{ dpa, bytes: 2 * MIB }] }).ok).toBe(true);
		expect(until(manual, 1, () => held(manual) === 2 * MIB)).toBe(true);
	});
});

describe('asking back', () => {
	it('politely is a wish: the host gives what it does not use', () => {
		const simulation = heads(['A'], {}, { use: 'none' });
		add(simulation, 'A', { tag: 'T' });
		until(simulation, 1, () => held(simulation) === GIB);
		expect(release(simulation, 'A', { tag: 'T' }).ok).toBe(true);
		expect(countsOf(simulation.world, 0, 0).releasing.bytes).toBe(GIB);
		expect(extentsOf(simulation.world, 0, 0)).toHaveLength(1);
		expect(until(simulation, 1, () => extentsOf(simulation.world, 0, 0).length === 0)).toBe(true);
		expect(freeMediaBytes(simulation.world, 0)).toBe(64 * GIB);
		expect(simulation.world.r.fabric.tags).toEqual([]);
	});

	it('of capacity in use is deferred and forgotten by Linux', () => {
		const simulation = heads(['A'], {}, { use: 'system-ram' });
		add(simulation, 'A');
		until(simulation, 1, () => (simulation.world.r.fabric.peers[0]?.dax.length ?? 0) > 0);
		const [extent] = extentsOf(simulation.world, 0, 0);
		release(simulation, 'A', { extents: [{ dpa: extent?.dpa ?? 0, bytes: extent?.bytes ?? 0 }] });
		simulation.advance(simulation.nowNs + 100 * MS);
		expect(extentsOf(simulation.world, 0, 0)).toHaveLength(1);
		expect(log(simulation).some((line) => line.includes('deferred and forgotten'))).toBe(true);
	});

	it('by force cuts access at once; Linux reads of it and does nothing', () => {
		const simulation = heads(['A'], {}, { use: 'none' });
		add(simulation, 'A', { tag: 'T' });
		until(simulation, 1, () => held(simulation) === GIB);
		expect(release(simulation, 'A', { tag: 'T', forced: true }).ok).toBe(true);
		expect(extentsOf(simulation.world, 0, 0)).toEqual([]);
		expect(countsOf(simulation.world, 0, 0).forced.bytes).toBe(GIB);
		expect(freeMediaBytes(simulation.world, 0)).toBe(64 * GIB);
		simulation.advance(simulation.nowNs + 100 * MS);
		expect(log(simulation).some((line) => line.includes('forced release of tag T: ignored'))).toBe(true);
		expect(countsOf(simulation.world, 0, 0).forced.bytes).toBe(GIB);
	});

	it('by force before the answer makes the offer dead, until the host answers', () => {
		const simulation = heads(['A'], {}, { answer: 'by-hand' });
		add(simulation, 'A', { tag: 'T' });
		simulation.advance(simulation.nowNs + 20 * MS);
		expect(release(simulation, 'A', { tag: 'T', forced: true }).ok).toBe(true);
		expect(countsOf(simulation.world, 0, 0).dead.bytes).toBe(GIB);
		expect(simulation.world.r.fabric.devices[0]?.lds[0]?.log.records).toEqual([]);
		tell(simulation, 'host', 'A', 'answer', {});
		expect(until(simulation, 1, () => countsOf(simulation.world, 0, 0).dead.extents === 0)).toBe(true);
		expect(simulation.world.r.fabric.messages.find((message) => message.opcode === '4802h')?.code).toBe(15);
		expect(freeMediaBytes(simulation.world, 0)).toBe(64 * GIB);
	});
});

describe('gates of Linux', () => {
	it('drops extents that are not aligned to 2 MiB', () => {
		const simulation = heads(['A'], { blockBytes: 4096 });
		add(simulation, 'A', { extents: [{ offset: 4096, bytes: 2 * MIB }] });
		expect(
			until(simulation, 1, () => simulation.world.r.fabric.messages.some((message) => message.opcode === '4802h' && message.code === 0))
		).toBe(true);
		expect(held(simulation)).toBe(0);
		expect(log(simulation).join()).toContain('not aligned to 2 MiB');
	});

	it('drops a tag that the host has already, from whichever device', () => {
		const simulation = fabric({
			devices: ['pool', 'other'].map((id) => ({ id, kind: 'sld', hosts: ['A'], regions: [{ bytes: '4 GiB' }] })),
			hosts: [{ id: 'A' }]
		});
		add(simulation, 'A', { tag: 'T' });
		until(simulation, 1, () => held(simulation) === GIB);
		tell(simulation, 'fm', 'other', 'initiate-dynamic-capacity-add', { host: 'A', bytes: '1 GiB', tag: 'T' });
		simulation.advance(simulation.nowNs + 100 * MS);
		expect(countsOf(simulation.world, 1, 0)).toMatchObject({ accepted: { bytes: 0 }, offered: { bytes: 0 } });
		expect(log(simulation).join()).toContain('has the tag already');
	});

	it('forgets a chain of more than 100 extents, and the device goes on waiting', () => {
		const simulation = heads(['A'], {}, {}, { logRecords: 200 });
		const extents = Array.from({ length: 101 }, (_, index) => ({ offset: index * 4 * MIB, bytes: 2 * MIB }));
		expect(add(simulation, 'A', { extents }).ok).toBe(true);
		simulation.advance(simulation.nowNs + 30e9);
		expect(countsOf(simulation.world, 0, 0)).toMatchObject({ offered: { extents: 101 }, accepted: { extents: 0 } });
		expect(log(simulation).join()).toContain('ENOSPC');
	});

	it('answers a chain that was never closed with nothing after 20 s', () => {
		const simulation = heads(['A'], {}, {}, { profile: 'qemu111' });
		const extents = Array.from({ length: 12 }, (_, index) => ({ offset: index * 4 * MIB, bytes: 2 * MIB }));
		expect(add(simulation, 'A', { extents }).ok).toBe(true);
		simulation.advance(simulation.nowNs + 19e9);
		expect(countsOf(simulation.world, 0, 0).offered.extents).toBe(12);
		simulation.advance(simulation.nowNs + 2e9);
		expect(countsOf(simulation.world, 0, 0)).toMatchObject({ offered: { extents: 0 }, accepted: { extents: 0 } });
		expect(log(simulation).join()).toContain('open for 20 s');
	});
});

describe('boot and crash', () => {
	it('keeps extents that are not shared, and the host reads the list again', () => {
		const simulation = heads(['A']);
		add(simulation, 'A');
		until(simulation, 1, () => held(simulation) === GIB);
		expect(tell(simulation, 'fault', 'A', 'crash-host').ok).toBe(true);
		expect(held(simulation)).toBe(GIB);
		expect(tell(simulation, 'fault', 'A', 'reboot-host').ok).toBe(true);
		simulation.advance(simulation.nowNs + 100 * MS);
		expect(held(simulation)).toBe(GIB);
		expect(log(simulation).join()).toContain('1 extents in the list');
	});
});

describe('offers that wait for a person', () => {
	it('stand in the status with what Linux would take of them, oldest first, until they are answered', () => {
		const simulation = heads(['A'], {}, { answer: 'by-hand', windows: [{ baseHpa: 64 * GIB, bytes: 2 * GIB, targets: ['pool'] }] });
		const offers = () => simulation.status().fabric?.hosts[0]?.offers ?? [];
		expect(offers()).toEqual([]);
		add(simulation, 'A', { tag: 'first' });
		simulation.advance(simulation.nowNs + 50 * MS);
		add(simulation, 'A', { policy: 'prescriptive', tag: 'second', extents: [{ dpa: 8 * GIB, length: 256 * MIB }] });
		simulation.advance(simulation.nowNs + 50 * MS);
		expect(offers()).toMatchObject([
			{
				device: 'pool',
				ld: 0,
				tag: 'first',
				bytes: GIB,
				extents: [{ dpa: 0, bytes: GIB, sequence: 0 }],
				gates: { extents: 1, bytes: GIB, dropped: [] }
			},
			{
				tag: 'second',
				bytes: 256 * MIB,
				gates: { extents: 0, bytes: 0, dropped: ['tag second: no decoder of a region holds it (ENXIO)'] }
			}
		]);
		expect(offers()[0]?.sinceNs).toBeLessThan(offers()[1]?.sinceNs ?? 0);
		expect(tell(simulation, 'host', 'A', 'answer', { accept: 'all' }).ok).toBe(true);
		expect(offers().map(({ tag }) => tag)).toEqual(['second']);
		expect(tell(simulation, 'host', 'A', 'answer', { accept: 'gates' }).ok).toBe(true);
		simulation.advance(simulation.nowNs + 50 * MS);
		expect(offers()).toEqual([]);
		expect(held(simulation)).toBe(GIB);
	});
});
