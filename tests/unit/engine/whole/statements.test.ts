import { describe, expect, test } from 'vitest';
import { PAGES_PER_BLOCK } from '$lib/base/units.ts';
import { mappingRow, wholeBlockOf } from '$lib/engine/mm/space/mapping.ts';
import { ensureDetail } from '$lib/engine/mm/frames.ts';
import { stampOf } from '$lib/engine/mm/frames.ts';
import type { VmRecord } from '$lib/engine/state/records.ts';
import { INVARIANTS } from '$lib/engine/whole/index.ts';
import { proveContent } from '$lib/engine/whole/content.ts';
import { fingerprintOf } from '$lib/engine/whole/fingerprint.ts';
import { broken, smallWorld } from '../../../faults/worlds.ts';

describe('the content proof', () => {
	test('proves every page of every guest', () => {
		expect(proveContent(smallWorld().world)).toEqual({ pages: 32_768, found: null });
	});

	test('tells a stale page from a foreign one, and where', () => {
		const { world } = smallWorld();
		const vm = world.r.vms[0] as VmRecord;
		const row = ensureDetail(world, wholeBlockOf(world, vm, 0, 3)) * PAGES_PER_BLOCK + 17;
		const gfn = 3 * PAGES_PER_BLOCK + 17;
		world.c.contentStamp.set(row, stampOf(0, gfn, 0));
		expect(proveContent(world).found).toBe(`vm0 gfn ${gfn}: holds the guest’s write 0 of 1, stale`);
		world.c.contentStamp.set(row, stampOf(0, gfn + 1, 1));
		expect(proveContent(world).found).toBe(`vm0 gfn ${gfn}: holds neither the guest’s last write nor an older one`);
		world.c.contentStamp.set(row, stampOf(0, gfn, 1));
		expect(proveContent(world).found).toBeNull();
	});

	test('a page that lost its frame is written and backed by nothing', () => {
		const { world } = smallWorld();
		world.c.mapWord.set(mappingRow(world.r.vms[0] as VmRecord, 0, 9), 0);
		expect(proveContent(world).found).toBe(`vm0 gfn ${9 * PAGES_PER_BLOCK}: written 1 times, backed by nothing`);
	});
});

describe('statements', () => {
	test('ids are distinct, and each says what it holds', () => {
		expect(new Set(INVARIANTS.map((invariant) => invariant.id)).size).toBe(INVARIANTS.length);
		for (const { statement } of INVARIANTS) expect(statement.length).toBeGreaterThan(10);
	});

	test('change nothing', () => {
		const simulation = smallWorld({ strategy: 'transit' });
		simulation.advance(20_000_000);
		const before = simulation.fingerprint();
		const marks = simulation.world.marks.reduce((sum, mark) => sum + mark, 0);
		expect(broken(simulation)).toEqual([]);
		expect(simulation.fingerprint()).toBe(before);
		expect(simulation.world.marks.reduce((sum, mark) => sum + mark, 0)).toBe(marks);
	});

	test('present pages of a zone are those of the blocks online in it', () => {
		const simulation = smallWorld();
		simulation.world.c.zonePresentPages.set(1, simulation.world.c.zonePresentPages.get(1) + 1);
		expect(broken(simulation).map((check) => check.id)).toEqual(['zone-counters']);
		expect(broken(simulation)[0]?.found).toMatch(/zone 1: \d+ pages are online in it, \d+ counted/);
	});
});

describe('the fingerprint', () => {
	test('changes with one stamp, one write count and one mapping, and comes back with them', () => {
		const { world } = smallWorld();
		const vm = world.r.vms[0] as VmRecord;
		const whole = fingerprintOf(world);
		const detail = ensureDetail(world, wholeBlockOf(world, vm, 0, 0)) * PAGES_PER_BLOCK;
		expect(fingerprintOf(world)).toBe(whole);
		for (const [column, at] of [
			[world.c.contentStamp, detail],
			[world.c.guestWritten, vm.firstGuestBlock],
			[world.c.mapWord, mappingRow(vm, 0, 4)],
			[world.c.streamState, 0]
		] as const) {
			const value = column.get(at);
			column.set(at, value + 4);
			expect(fingerprintOf(world)).not.toBe(whole);
			column.set(at, value);
			expect(fingerprintOf(world)).toBe(whole);
		}
	});
});
