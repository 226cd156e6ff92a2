/**
 * Goal: messages on the IOTLB are checked in Linux's order, do exactly what they do there, and reach the caller as EFAULT.
 * Method: vdpa-svq reference 4 and 5, rule by rule.
 */
import { describe, expect, it } from 'vitest';
import { DEVICE_KINDS, type DeviceKind } from '$lib/engine/contract/vdpa/kinds.ts';
import type { IotlbMessage } from '$lib/engine/vdpa/kernel/result.ts';
import { FAULT, hvaBehind, rangeBehind } from '$lib/engine/vdpa/kernel/translate.ts';
import { bench, invalidate, PAGE, ready, update, type Bench } from './fixture.ts';

const KINDS = Object.keys(DEVICE_KINDS) as DeviceKind[];
const ranges = (made: Bench, asid = 0) =>
	made.context.end.kernel.spaces.find((space) => space.asid === asid)?.entries.map((entry) => [entry.iova / PAGE, entry.bytes / PAGE]);

describe('what is refused', () => {
	it.each<[string, IotlbMessage, number, string, string]>([
		['another process', update(0, PAGE, 0), 1, 'EPERM', 'EFAULT'],
		['no bytes, before anybody asks who the caller is', update(0, 0, 0), 1, 'EINVAL', 'EINVAL'],
		['an address space too many', update(0, PAGE, 0, 2), 0, 'EINVAL', 'EFAULT'],
		['a batch in an address space too many', { op: 'batch-begin', asid: 2 }, 0, 'EINVAL', 'EFAULT'],
		['INVALIDATE in an address space that nobody used', invalidate(0, PAGE, 1), 0, 'EINVAL', 'EFAULT'],
		['BATCH_END in one that nobody used', { op: 'batch-end', asid: 1 }, 0, 'EINVAL', 'EFAULT'],
		['a range that ends behind the device', update(2 ** 48 - PAGE, 2 * PAGE, 0), 0, 'EINVAL', 'EFAULT'],
		['a range that begins before it', update(0, PAGE, 0), 0, 'EINVAL', 'EFAULT'],
		['one byte of overlap', update(0x5fff, 1, 0), 0, 'EEXIST', 'EFAULT'],
		['an overlap of the same map', update(0x4000, 2 * PAGE, 0x4000), 0, 'EEXIST', 'EFAULT']
	])('%s', (_name, message, instance, kernel, caller) => {
		const made = ready('mlx5', { nic: { iovaFirst: 0x1000 } });
		made.message(update(0x4000, 2 * PAGE, 0x4000));
		const before = structuredClone(made.context.end.kernel);
		const answer = made.message(message, instance);
		expect(answer).toMatchObject({ kernel, caller, work: { pinned: 0, rebuilds: [] } });
		expect(answer.detail).not.toBe('');
		expect(made.context.end.kernel).toEqual(before);
		expect(made.pages.total()).toBe(2);
	});

	it('a device without an owner', () => {
		const made = bench('mlx5');
		made.call({ call: 'open' });
		expect(made.message(update(0, PAGE, 0))).toMatchObject({ kernel: 'EPERM', caller: 'EFAULT' });
	});

	it('the last byte of the range can be mapped', () => {
		const made = ready('mlx5');
		expect(made.message(update(2 ** 48 - PAGE, PAGE, 0)).kernel).toBeNull();
		const wide = ready('mlx5', { nic: { iovaLast: 2 ** 52 - 1 } });
		expect(wide.message(update(2 ** 52 - PAGE, PAGE, 0)).kernel).toBeNull();
	});

	it('another address space during a batch; the first UPDATE there has made it all the same', () => {
		const made = ready('mlx5');
		made.message({ op: 'batch-begin', asid: 0 });
		for (const message of [update(0, PAGE, 0, 1), { op: 'batch-begin', asid: 1 } as const, invalidate(0, PAGE, 1)])
			expect(made.message(message)).toMatchObject({ kernel: 'EINVAL', caller: 'EFAULT' });
		expect(made.context.end.kernel.spaces.map((space) => space.asid)).toEqual([0, 1]);
		expect(made.message(update(0, PAGE, 0)).kernel).toBeNull();
	});

	it('without IOTLB_ASID every message is for address space 0', () => {
		const made = ready('mlx5');
		made.call({ call: 'SET_BACKEND_FEATURES', bits: [1, 2] });
		expect(made.message(update(0, PAGE, 0, 7)).kernel).toBeNull();
		expect(ranges(made)).toEqual([[0, 1]]);
	});
});

describe('UPDATE', () => {
	it('makes one entry per contiguous run, pinned', () => {
		// Frames 100 101 102 | 7 8 | 50
		const frames = [100, 101, 102, 7, 8, 50];
		const made = ready('platform', { frameOf: (page) => frames[page] as number });
		const { work } = made.message(update(0x10000, 6 * PAGE, 0));
		expect(ranges(made)).toEqual([
			[16, 3],
			[19, 2],
			[21, 1]
		]);
		expect(work).toMatchObject({ pinned: 6, mappedRuns: 3, rebuilds: [] });
		expect(made.context.guest.pinnedPages).toEqual([6, 0]);
	});

	it('rounds to pages: the offset of the device address counts, both addresses go down', () => {
		const made = ready('platform');
		expect(made.message(update(0x1800, PAGE, 0x5010)).work.pinned).toBe(2);
		expect(made.context.end.kernel.spaces[0]?.entries).toMatchObject([{ iova: 0x1000, bytes: 2 * PAGE, uaddr: 0x5000, pinnedPages: 2 }]);
		expect(made.message(update(0x2ff0, 1, 0)).kernel).toBe('EEXIST');
	});

	it('looks at the limit before it pins a page', () => {
		const made = ready('mlx5', { guest: { memlockPages: 8 } });
		made.message(update(0, 5 * PAGE, 0));
		const answer = made.message(update(0x100000, 4 * PAGE, 0x100000));
		expect(answer).toMatchObject({ kernel: 'ENOMEM', caller: 'EFAULT', work: { pinned: 0, unpinned: 0, rebuilds: [] } });
		expect(made.message(update(0x100000, 3 * PAGE, 0x100000)).kernel).toBeNull();
		expect(made.context.guest.pinnedPages).toEqual([8, 0]);
	});

	it('of pages that cannot be pinned leaves nothing behind, and the driver builds its map all the same', () => {
		const made = ready('mlx5');
		made.message(update(0, PAGE, 0));
		made.pages.refuse.add(0x102);
		const answer = made.message(update(0x100000, 4 * PAGE, 0x100000));
		expect(answer).toMatchObject({ kernel: 'ENOMEM', caller: 'EFAULT', detail: 'a page cannot be pinned' });
		expect(answer.work).toMatchObject({ pinned: 0, rebuilds: [{ direct: 1 }] });
		expect(ranges(made)).toEqual([[0, 1]]);
		expect(made.pages.total()).toBe(1);
	});

	it('pins and counts a page twice that two address spaces have', () => {
		const made = ready('mlx5');
		made.message(update(0, 4 * PAGE, 0));
		expect(made.message(update(0x40000, 4 * PAGE, 0, 1)).work.pinned).toBe(4);
		expect(made.context.guest.pinnedPages).toEqual([8, 0]);
		made.message(invalidate(0, PAGE));
		expect(made.pages.pins.get(0)).toBe(1);
	});

	it('of a device that works on the page tables pins nothing and makes one entry, keyless', () => {
		const made = ready('sim', { guest: { memlockPages: 0 }, frameOf: (page) => -2 * page });
		const { kernel, work } = made.message(update(0x10000, 64 * PAGE, 0));
		expect(kernel).toBeNull();
		expect(work).toMatchObject({ pinned: 0, mappedRuns: 0, rebuilds: [{ asid: 0, direct: 0, nulls: 0 }] });
		expect(ranges(made)).toEqual([[16, 64]]);
		expect(made.pages.total()).toBe(0);
	});

	it('beyond the room of the device is refused as a whole', () => {
		const made = ready('dma-map', { traits: { entryLimit: 3 }, frameOf: (page) => 2 * page });
		expect(made.message(update(0, 2 * PAGE, 0)).kernel).toBeNull();
		expect(made.message(update(0x10000, 2 * PAGE, 0x10000))).toMatchObject({ kernel: 'ENOMEM', work: { pinned: 2, unpinned: 2 } });
		expect(made.message(update(0x10000, PAGE, 0x10000)).kernel).toBeNull();
		expect(made.context.guest.pinnedPages).toEqual([3, 0]);
		expect(made.pages.total()).toBe(3);
	});

	it('of many runs is quick, in a batch and outside', () => {
		for (const inBatch of [true, false]) {
			const made = ready('mlx5', { frameOf: (page) => 2 * page });
			if (inBatch) made.message({ op: 'batch-begin', asid: 0 });
			const { work } = made.message(update(0, 65_536 * PAGE, 0));
			expect(made.context.end.kernel.spaces[0]?.entries).toHaveLength(65_536);
			expect(work.rebuilds).toHaveLength(inBatch ? 0 : 65_536);
		}
	}, 4_000);
});

describe('INVALIDATE', () => {
	it.each(KINDS)('of one byte takes whole entries of %s, and only those that it touches', (kind) => {
		const made = ready(kind);
		for (const page of [0, 4, 8]) made.message(update(page * PAGE, 2 * PAGE, page * PAGE));
		made.message(invalidate(5 * PAGE, 1));
		expect(ranges(made)).toEqual([
			[0, 2],
			[8, 2]
		]);
		made.message(invalidate(PAGE, 8 * PAGE));
		expect(ranges(made)).toEqual([]);
		expect(made.pages.total()).toBe(0);
	});

	it('checks nothing: of no bytes inside an entry it takes it, from 0 it takes all', () => {
		const made = ready('platform');
		for (const page of [1, 4, 8]) made.message(update(page * PAGE, 2 * PAGE, page * PAGE));
		expect(made.message(invalidate(2 ** 60, PAGE)).work.unmappedRuns).toBe(0);
		expect(made.message(invalidate(PAGE, 0)).work.unmappedRuns).toBe(0);
		expect(made.message(invalidate(5 * PAGE, 0)).work.unmappedRuns).toBe(1);
		expect(made.message(invalidate(0, 0)).work.unmappedRuns).toBe(2);
	});
});

describe('what the device is told', () => {
	const rebuilds = (kind: DeviceKind, inBatch: boolean): number[] => {
		const made = ready(kind);
		const told: number[] = [];
		const send = (message: IotlbMessage): void => void told.push(made.message(message).work.rebuilds.length);
		if (inBatch) send({ op: 'batch-begin', asid: 0 });
		send(update(0, PAGE, 0));
		send(update(0x10000, PAGE, 0x10000));
		send(invalidate(0, PAGE));
		if (inBatch) send({ op: 'batch-end', asid: 0 });
		return told;
	};

	it('a driver that builds its map builds it once per change, or once per batch', () => {
		expect(rebuilds('mlx5', false)).toEqual([1, 1, 1]);
		expect(rebuilds('mlx5', true)).toEqual([0, 0, 0, 0, 1]);
		expect(rebuilds('sim', true)).toEqual([0, 0, 0, 0, 1]);
	});

	it('a batch means nothing to the others', () => {
		for (const kind of ['platform', 'dma-map'] as const) {
			expect(rebuilds(kind, true)).toEqual([0, 0, 0, 0, 0]);
			const made = ready(kind);
			made.message({ op: 'batch-begin', asid: 0 });
			expect(made.message(update(0, PAGE, 0)).work.mappedRuns).toBe(1);
			expect(made.message(invalidate(0, PAGE)).work.unmappedRuns).toBe(1);
		}
	});

	it('outside a batch every contiguous run is a change', () => {
		const made = ready('mlx5', { frameOf: (page) => 2 * page });
		const { work } = made.message(update(0, 3 * PAGE, 0));
		expect(work.rebuilds.map((build) => build.bytes)).toEqual([PAGE, 2 * PAGE, 3 * PAGE]);
		expect(made.context.end.kernel.spaces[0]?.keys).toEqual({ direct: 1, nulls: 0, unitBytes: PAGE, builds: 3 });
	});

	it('a BATCH_END without a batch builds nothing', () => {
		const made = ready('mlx5');
		made.message(update(0, PAGE, 0));
		expect(made.message({ op: 'batch-end', asid: 0 })).toMatchObject({ kernel: null, work: { rebuilds: [] } });
	});

	it('an empty map has no keys, and the ones before are freed two seconds later', () => {
		const made = ready('mlx5');
		made.message(update(0, PAGE, 0));
		made.now(1_000);
		expect(made.message(invalidate(0, PAGE)).work.rebuilds).toEqual([{ asid: 0, direct: 0, nulls: 0, unitBytes: 0, bytes: 0 }]);
		const space = made.context.end.kernel.spaces[0];
		expect(space).toMatchObject({ keys: { direct: 0, builds: 2 }, oldKeys: [{ keys: 2, freeAtNs: 2_000_001_000 }] });
		made.now(3_000_000_000);
		made.message(update(0, PAGE, 0));
		expect(space?.oldKeys).toEqual([]);
	});
});

describe('INVALIDATE_AND_UPDATE_ALL (proposed)', () => {
	const row = (page: number, pages: number, hvaPage: number) => ({
		iova: page * PAGE,
		bytes: pages * PAGE,
		uaddr: hvaPage * PAGE,
		permission: 3 as const
	});
	const all = (...table: ReturnType<typeof row>[]): IotlbMessage => ({ op: 'invalidate-and-update-all', asid: 0, table });

	it('is no message of Linux', () => {
		const made = ready('mlx5', { guest: { proposals: false } });
		expect(made.message(all(row(0, 1, 0)))).toMatchObject({ kernel: 'EINVAL', caller: 'EFAULT' });
	});

	it.each(['platform', 'mlx5', 'dma-map'] as const)('keeps pages pinned that are in both (%s)', (kind) => {
		const made = ready(kind);
		made.message(update(0, 100 * PAGE, 0));
		const { kernel, work } = made.message(all(row(0x1000, 4, 500), row(0x2000, 100, 0)));
		expect(kernel).toBeNull();
		expect(work).toMatchObject({ pinned: 4, unpinned: 0 });
		expect(work.rebuilds).toHaveLength(kind === 'mlx5' ? 1 : 0);
		expect([work.unmappedRuns, work.mappedRuns]).toEqual(kind === 'mlx5' ? [0, 0] : [1, 2]);
		expect(ranges(made)).toEqual([
			[0x1000, 4],
			[0x2000, 100]
		]);
		expect(made.context.guest.pinnedPages).toEqual([104, 0]);
		expect(made.message(all(row(0x2000, 60, 0))).work).toMatchObject({ pinned: 0, unpinned: 44 });
		expect(made.pages.total()).toBe(60);
	});

	it('leaves entries alone that stay as they are', () => {
		const made = ready('platform');
		made.message(all(row(0, 8, 0), row(100, 1, 300)));
		expect(made.message(all(row(0, 8, 0), row(100, 1, 301))).work).toMatchObject({
			pinned: 1,
			unpinned: 1,
			mappedRuns: 1,
			unmappedRuns: 1
		});
	});

	it('counts a page for every row that has it', () => {
		const made = ready('platform');
		made.message(all(row(0, 4, 0), row(100, 4, 2)));
		expect(made.pages.pins.get(3)).toBe(2);
		expect(made.message(all(row(0, 4, 0))).work.unpinned).toBe(4);
		expect(made.context.guest.pinnedPages).toEqual([4, 0]);
	});

	it.each<[string, IotlbMessage, string]>([
		['rows that meet', all(row(0, 4, 0), row(3, 1, 100)), 'EEXIST'],
		['a row outside of the device', all(row(0, 4, 0), row(2 ** 36, 1, 100)), 'EINVAL'],
		['a row of no bytes', all(row(0, 0, 0)), 'EINVAL'],
		['more new pages than the limit allows', all(row(0, 4, 0), row(10, 20, 100)), 'ENOMEM'],
		['a page that cannot be pinned', all(row(0, 4, 0), row(10, 1, 666)), 'ENOMEM']
	])('does nothing for %s', (_name, message, kernel) => {
		const made = ready('mlx5', { guest: { memlockPages: 16 } });
		made.pages.refuse.add(666);
		made.message(update(0, 4 * PAGE, 0));
		const before = structuredClone(made.context.end.kernel);
		expect(made.message(message)).toMatchObject({ kernel, caller: 'EFAULT' });
		expect(made.context.end.kernel).toEqual(before);
		expect(made.context.guest.pinnedPages).toEqual([4, 0]);
		expect(made.pages.total()).toBe(4);
	});
});

describe('an access', () => {
	it('is translated byte by byte, and as a range where all of it is one', () => {
		const made = ready('platform');
		made.message(update(0x10000, 2 * PAGE, 0x70000));
		const entries = made.context.end.kernel.spaces[0]?.entries ?? [];
		expect(rangeBehind(entries, 0x10010, 64, 2)).toBe(0x70010);
		expect(rangeBehind(entries, 0x11fff, 64, 2)).toBe(FAULT);
		expect([hvaBehind(entries, 0x11fff, 2), hvaBehind(entries, 0xffff, 2), hvaBehind(entries, 0x12000, 2)]).toEqual([
			0x71fff,
			FAULT,
			FAULT
		]);
	});

	it('of a driver that lost its map reaches nothing', () => {
		const made = ready('mlx5');
		made.call({ call: 'SET_BACKEND_FEATURES', bits: [1, 2, 3] });
		made.message(update(0x10000, PAGE, 0));
		made.call({ call: 'SET_STATUS', status: 0 });
		expect(hvaBehind(made.context.end.kernel.spaces[0]?.entries ?? [], 0x10000, 1)).toBe(FAULT);
	});
});
