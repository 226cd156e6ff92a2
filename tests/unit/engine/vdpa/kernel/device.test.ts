/**
 * Goal: every call on the device node is refused when, and only when, Linux refuses it, and does then what it does there.
 * Method: the table of the life cycle (vdpa-svq reference 2 and 3), call by call.
 */
import { describe, expect, it } from 'vitest';
import { DEVICE_KINDS, VirtioStatus, type DeviceKind } from '$lib/engine/contract/vdpa/kinds.ts';
import { lifeOf } from '$lib/engine/vdpa/kernel/device.ts';
import { offeredFeatures } from '$lib/engine/vdpa/kernel/features.ts';
import type { DeviceCall, Errno } from '$lib/engine/vdpa/kernel/result.ts';
import { bench, invalidate, PAGE, ready, STARTED, update, type Bench } from './fixture.ts';

const life = (made: Bench): string => lifeOf(made.context.end.kernel);
const errno = (made: Bench, call: DeviceCall, instance = 0): Errno | null => made.call(call, instance).kernel;

describe('the life of a device', () => {
	it('goes from closed to started, is suspended, goes on, is reset and closed', () => {
		const made = bench('mlx5');
		const seen = [life(made)];
		const calls: DeviceCall[] = [
			{ call: 'open' },
			{ call: 'SET_OWNER' },
			{ call: 'SET_STATUS', status: 3 },
			{ call: 'SET_FEATURES' },
			{ call: 'SET_STATUS', status: 11 },
			{ call: 'SET_STATUS', status: STARTED },
			{ call: 'SUSPEND' },
			{ call: 'RESUME' },
			{ call: 'SET_STATUS', status: 0 },
			{ call: 'close' }
		];
		for (const call of calls) {
			expect(made.call(call)).toMatchObject({ kernel: null, caller: null, detail: '' });
			seen.push(life(made));
		}
		expect(seen).toEqual([
			'closed',
			'open',
			'owned',
			'driver',
			'driver',
			'features-ok',
			'driver-ok',
			'suspended',
			'driver-ok',
			'owned',
			'closed'
		]);
	});

	it('is closed to every call before it is open', () => {
		const made = bench('mlx5');
		expect(errno(made, { call: 'SET_OWNER' })).toBe('EBADF');
		expect(errno(made, { call: 'SET_VRING_NUM', queue: 0, entries: 4 })).toBe('EBADF');
		expect(made.message(update(0, PAGE, 0)).kernel).toBe('EBADF');
	});

	it.each<[string, DeviceCall, number, Errno]>([
		['a second opener', { call: 'open' }, 1, 'EBUSY'],
		['a second owner', { call: 'SET_OWNER' }, 1, 'EBUSY'],
		['features after FEATURES_OK', { call: 'SET_FEATURES' }, 0, 'EBUSY'],
		['a status with a bit less', { call: 'SET_STATUS', status: VirtioStatus.acknowledge }, 0, 'EINVAL'],
		['a group of another address space once it runs', { call: 'SET_GROUP_ASID', group: 1, asid: 1 }, 0, 'EBUSY'],
		['a group that is none', { call: 'SET_GROUP_ASID', group: 3, asid: 1 }, 0, 'EINVAL'],
		['an address space that is none', { call: 'SET_GROUP_ASID', group: 1, asid: 2 }, 0, 'EINVAL'],
		['a group beyond the queues', { call: 'SET_GROUP_ASID', group: 5, asid: 0 }, 0, 'ENOBUFS'],
		['a queue that is none', { call: 'SET_VRING_NUM', queue: 5, entries: 4 }, 0, 'ENOBUFS'],
		['the base of a queue that is none', { call: 'GET_VRING_BASE', queue: 5 }, 0, 'ENOBUFS'],
		['an odd size', { call: 'SET_VRING_NUM', queue: 0, entries: 100 }, 0, 'EINVAL'],
		['an address while it runs', { call: 'SET_VRING_ADDR', queue: 0, descriptors: 0, avail: 0, used: 0 }, 0, 'EINVAL'],
		['an index while it runs', { call: 'SET_VRING_BASE', queue: 0, base: 0 }, 0, 'EINVAL'],
		['a log', { call: 'SET_LOG_BASE' }, 0, 'ENOIOCTLCMD'],
		['a queue of another process', { call: 'SET_VRING_ENABLE', queue: 0, enabled: true }, 1, 'EPERM'],
		['a group of another process', { call: 'GET_VRING_GROUP', queue: 0 }, 1, 'EPERM']
	])('a started mlx5 refuses %s', (_name, call, instance, wanted) => {
		const made = ready('mlx5');
		made.call({ call: 'SET_STATUS', status: STARTED });
		const before = structuredClone(made.context.end.kernel);
		const answer = made.call(call, instance);
		expect(answer).toMatchObject({ kernel: wanted, caller: wanted });
		expect(answer.detail).not.toBe('');
		expect(made.context.end.kernel).toEqual(before);
	});

	it('asks nobody who the owner is for status, features and suspend', () => {
		const made = ready('mlx5');
		for (const call of [
			{ call: 'SET_FEATURES' },
			{ call: 'SET_STATUS', status: STARTED },
			{ call: 'SUSPEND' },
			{ call: 'RESUME' }
		] as const)
			expect(errno(made, call, 1)).toBeNull();
	});

	it('lets queues move while it is suspended', () => {
		const made = ready('mlx5');
		made.call({ call: 'SET_VRING_NUM', queue: 0, entries: 256 });
		made.call({ call: 'SET_VRING_ENABLE', queue: 0, enabled: true });
		made.call({ call: 'SET_STATUS', status: STARTED });
		const vring = () => made.context.end.kernel.vrings[0];
		expect(vring()).toMatchObject({ entries: 256, enabled: true, ready: true });
		made.call({ call: 'SUSPEND' });
		expect(vring()?.ready).toBe(false);
		expect(errno(made, { call: 'SET_VRING_ADDR', queue: 0, descriptors: 0x1000, avail: 0x2000, used: 0x3000 })).toBeNull();
		expect(errno(made, { call: 'SET_VRING_BASE', queue: 0, base: 77 })).toBeNull();
		expect(errno(made, { call: 'SET_VRING_BASE', queue: 0, base: 0x10000 })).toBe('EINVAL');
		expect(errno(made, { call: 'SET_VRING_ADDR', queue: 0, descriptors: 0, avail: 1, used: 0 })).toBe('EINVAL');
		expect(made.call({ call: 'GET_VRING_BASE', queue: 0 }).value).toBe(77);
		made.call({ call: 'RESUME' });
		expect(vring()?.ready).toBe(true);
	});

	it('does nothing and says yes when it is suspended before it runs', () => {
		const made = ready('mlx5');
		expect(errno(made, { call: 'SUSPEND' })).toBeNull();
		expect(life(made)).toBe('owned');
	});

	it.each<[DeviceKind, DeviceCall]>([
		['dma-map', { call: 'RESUME' }],
		['platform', { call: 'GET_VRING_GROUP', queue: 0 }],
		['platform', { call: 'SET_GROUP_ASID', group: 0, asid: 0 }],
		['sim', { call: 'GET_VRING_DESC_GROUP', queue: 0 }]
	])('%s has no %o', (kind, call) => {
		const made = ready(kind);
		made.call({ call: 'SET_STATUS', status: STARTED });
		expect(errno(made, call)).toBe('EOPNOTSUPP');
	});

	it('tells its groups: data, control, descriptors', () => {
		const made = ready('mlx5');
		const told = (call: 'GET_VRING_GROUP' | 'GET_VRING_DESC_GROUP') => [0, 3, 4].map((queue) => made.call({ call, queue }).value);
		expect(told('GET_VRING_GROUP')).toEqual([0, 0, 1]);
		expect(told('GET_VRING_DESC_GROUP')).toEqual([2, 2, 1]);
		const short = ready('mlx5', { traits: { groups: 2 } });
		expect(errno(short, { call: 'GET_VRING_DESC_GROUP', queue: 0 })).toBe('EIO');
	});
});

describe('backend features', () => {
	const bits = (kind: DeviceKind) => offeredFeatures(DEVICE_KINDS[kind].traits);
	it('are those of the table', () => {
		expect(bits('mlx5')).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
		expect(bits('sim')).toEqual([1, 2, 3, 4, 5, 6, 8]);
		expect(bits('platform')).toEqual([1, 2, 3, 4, 5, 8]);
		expect(bits('dma-map')).toEqual([1, 2, 3, 4]);
	});

	it.each<[DeviceKind, number[], Errno | null]>([
		['mlx5', [1, 2, 3, 4], null],
		['mlx5', [9], 'EOPNOTSUPP'],
		['dma-map', [5], 'EOPNOTSUPP'],
		['dma-map', [8], 'EOPNOTSUPP'],
		['mlx5', [7], 'EINVAL'],
		['sim', [7], 'EINVAL'],
		['sim', [3, 7], 'EOPNOTSUPP'],
		['mlx5', [3, 7], null]
	])('%s asked for %o: %s', (kind, asked, wanted) => {
		const made = bench(kind);
		made.call({ call: 'open' });
		expect(errno(made, { call: 'SET_BACKEND_FEATURES', bits: asked })).toBe(wanted);
		expect(made.context.end.kernel.backendFeatures).toEqual(wanted === null ? asked : []);
	});
});

describe('reset and close', () => {
	const filled = (bitsToo: boolean): Bench => {
		const made = ready('mlx5');
		if (!bitsToo) made.call({ call: 'SET_BACKEND_FEATURES', bits: [1, 2, 3, 4] });
		made.message(update(0, 8 * PAGE, 0));
		made.message(update(0x100000, 2 * PAGE, 0x100000, 1));
		made.call({ call: 'SET_GROUP_ASID', group: 2, asid: 1 });
		made.call({ call: 'SET_STATUS', status: STARTED });
		made.call({ call: 'SUSPEND' });
		return made;
	};

	it('a reset keeps every map and every pin, and nothing of the queues', () => {
		const made = filled(true);
		const spaces = structuredClone(made.context.end.kernel.spaces);
		const answer = made.call({ call: 'SET_STATUS', status: 0 });
		expect(answer.work).toMatchObject({ unpinned: 0, rebuilds: [] });
		const { kernel } = made.context.end;
		expect(kernel.spaces).toEqual(spaces);
		expect(kernel).toMatchObject({ suspended: false, groupAsid: [0, 0, 0], owner: 0 });
		expect(made.pages.total()).toBe(10);
		expect(made.context.guest.pinnedPages).toEqual([10, 0]);
	});

	it('without IOTLB_PERSIST the driver has lost its map until it builds one again', () => {
		const made = filled(false);
		made.now(5);
		made.call({ call: 'SET_STATUS', status: 0 });
		const space = () => made.context.end.kernel.spaces[0];
		expect(space()).toMatchObject({ keys: { direct: 0, builds: 1 }, oldKeys: [{ keys: 2, freeAtNs: 2_000_000_005 }] });
		expect(space()?.entries).toMatchObject([{ lost: true, pinnedPages: 8 }]);
		expect(made.pages.total()).toBe(10);
		made.message({ op: 'batch-begin', asid: 0 });
		made.message({ op: 'batch-end', asid: 0 });
		expect(space()?.keys).toMatchObject({ direct: 1, builds: 2 });
		expect(space()?.entries[0]).not.toHaveProperty('lost');
	});

	it('what the IOMMU of the platform holds is not lost', () => {
		const made = ready('platform');
		made.call({ call: 'SET_BACKEND_FEATURES', bits: [1, 2, 3] });
		made.message(update(0, PAGE, 0));
		made.call({ call: 'SET_STATUS', status: 0 });
		expect(made.context.end.kernel.spaces[0]?.entries[0]).not.toHaveProperty('lost');
	});

	it.each(['platform', 'mlx5', 'dma-map', 'sim'] as const)('closing %s lets go of everything', (kind) => {
		const made = ready(kind);
		made.message(update(0, 8 * PAGE, 0));
		made.message(update(0x100000, 2 * PAGE, 0));
		made.call({ call: 'PIN_PAGES', hva: 0x80000, bytes: 3 * PAGE });
		const pins = kind === 'sim' ? 0 : 13;
		expect(made.pages.total()).toBe(pins);
		const { work } = made.call({ call: 'close' });
		expect(work).toMatchObject({ unpinned: pins, rebuilds: [] });
		expect(made.pages.total()).toBe(0);
		expect(made.context.guest.pinnedPages).toEqual([0, 0]);
		expect(life(made)).toBe('closed');
		expect(made.context.end.kernel).toMatchObject({ owner: -1, spaces: [], heldRanges: [], backendFeatures: [] });
	});
});

describe('calls that are only proposed', () => {
	const RAM = { id: 'ram', kind: 'ram', gpa: 0, bytes: 0x100000, firstGfn: 0, hva: [0x100000, 0x900000] } as const;

	it.each<DeviceCall>([
		{ call: 'PIN_PAGES', hva: 0, bytes: PAGE },
		{ call: 'UNPIN_PAGES', hva: 0, bytes: PAGE },
		{ call: 'CHANGE_OWNER', instance: 1 }
	])('Linux has no %o', (call) => {
		expect(errno(ready('mlx5', { guest: { proposals: false } }), call)).toBe('EOPNOTSUPP');
		expect(errno(ready('mlx5'), call, 1)).toBe('EPERM');
	});

	it('a map inside a held range pins nothing anew, and letting go waits for it', () => {
		const made = ready('platform');
		made.call({ call: 'PIN_PAGES', hva: 0, bytes: 16 * PAGE });
		const mapped = made.message(update(0x40000, 8 * PAGE, 4 * PAGE));
		expect(mapped.work).toMatchObject({ pinned: 0, mappedRuns: 1 });
		expect(made.context.guest.pinnedPages).toEqual([16, 0]);
		expect(errno(made, { call: 'UNPIN_PAGES', hva: 0, bytes: PAGE })).toBe('EBUSY');
		expect(made.message(invalidate(0x40000, PAGE)).work).toMatchObject({ unpinned: 0, unmappedRuns: 1 });
		expect(made.call({ call: 'UNPIN_PAGES', hva: 0, bytes: PAGE })).toMatchObject({ kernel: null, work: { unpinned: 16 } });
		expect(made.pages.total()).toBe(0);
	});

	it('a map half inside pins the other half', () => {
		const made = ready('platform');
		made.call({ call: 'PIN_PAGES', hva: 4 * PAGE, bytes: 4 * PAGE });
		expect(made.message(update(0, 16 * PAGE, 0)).work).toMatchObject({ pinned: 12, mappedRuns: 3 });
		expect(made.context.end.kernel.spaces[0]?.entries.map((entry) => [entry.iova / PAGE, entry.pinnedPages])).toEqual([
			[0, 4],
			[4, 0],
			[8, 8]
		]);
		expect(made.pages.total()).toBe(16);
		expect(made.message(invalidate(0, 16 * PAGE)).work.unpinned).toBe(12);
	});

	it('held ranges count against the limit and never overlap', () => {
		const made = ready('platform', { guest: { memlockPages: 10 } });
		expect(errno(made, { call: 'PIN_PAGES', hva: 0, bytes: 11 * PAGE })).toBe('ENOMEM');
		expect(errno(made, { call: 'PIN_PAGES', hva: 100, bytes: PAGE })).toBeNull();
		expect(made.context.end.kernel.heldRanges).toEqual([{ hva: 0, bytes: 2 * PAGE }]);
		expect(errno(made, { call: 'PIN_PAGES', hva: PAGE, bytes: PAGE })).toBe('EEXIST');
		expect(errno(made, { call: 'PIN_PAGES', hva: 0, bytes: 0 })).toBe('EINVAL');
		expect(made.message(update(0, 9 * PAGE, 0x100000))).toMatchObject({ kernel: 'ENOMEM', caller: 'EFAULT' });
	});

	it('another owner has the pins, the maps and the right to go on', () => {
		const made = ready('mlx5', { guest: { sections: [RAM] as never } });
		made.message(update(0, 0x100000, 0x100000));
		made.message(update(0x40000000, PAGE, 0x50000000));
		made.call({ call: 'PIN_PAGES', hva: 0x60000000, bytes: PAGE });
		expect(made.message(invalidate(0, PAGE), 1)).toMatchObject({ kernel: 'EPERM', caller: 'EFAULT' });
		const { work } = made.call({ call: 'CHANGE_OWNER', instance: 1 });
		expect(work).toMatchObject({ pinned: 0, unpinned: 0, rebuilds: [] });
		expect(made.context.guest.pinnedPages).toEqual([0, 258]);
		expect(made.context.end.kernel.spaces[0]?.entries.map((entry) => entry.uaddr)).toEqual([0x900000, 0x50000000]);
		expect(made.message(update(0x80000000, PAGE, 0)).kernel).toBe('EPERM');
		expect(made.message(update(0x80000000, PAGE, 0), 1).kernel).toBeNull();
	});

	it('another owner whose limit is lower is refused', () => {
		const made = ready('mlx5', { guest: { memlockPages: 10 } });
		made.message(update(0, 6 * PAGE, 0));
		made.context.guest.pinnedPages[1] = 5;
		expect(errno(made, { call: 'CHANGE_OWNER', instance: 1 })).toBe('ENOMEM');
		expect(made.context.guest.pinnedPages).toEqual([6, 5]);
	});
});
