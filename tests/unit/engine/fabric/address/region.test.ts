import { describe, expect, test } from 'vitest';
import {
	attach,
	commit,
	EVERY_INTERLEAVE,
	newRegion,
	setGranularity,
	setSize,
	setWays,
	type EndpointView,
	type Region,
	type RootView
} from '$lib/engine/fabric/address/region.ts';

const UNIT = 256 * 2 ** 20;
const GIB = 2 ** 30;
const root = (bridges: number, granularity = 256): RootView => ({
	baseHpa: 64 * GIB,
	bytes: 64 * GIB,
	granularity,
	bridges: Array.from({ length: bridges }, (_, index) => `hb${index}`)
});
/** Endpoint `index` of four below a bridge, straight at a root port. */
const endpoint = (bridge: number, target: number, more: Partial<EndpointView> = {}): EndpointView => ({
	id: `mem${bridge}-${target}`,
	bridge: `hb${bridge}`,
	hops: [{ port: `hb${bridge}`, target, capacity: 8 }],
	dpaBytes: UNIT,
	mode: 'ram',
	coherence: 'host-only',
	interleaves: EVERY_INTERLEAVE,
	...more
});
function sized(bridges: number, ways: number, granularity = 256): { region: Region; view: RootView } {
	const region = newRegion('ram');
	const view = root(bridges, granularity);
	for (const step of [setGranularity(region, view, granularity), setWays(region, view, ways), setSize(region, view, UNIT * ways)])
		if (!step.ok) throw new Error(step.detail);
	return { region, view };
}
const reason = (outcome: { ok: boolean; reason?: string }): string => (outcome.ok ? 'ok' : (outcome.reason ?? ''));

describe('refusals of the kernel before the targets', () => {
	test('ways are host bridges times a power of two', () => {
		expect(reason(setWays(newRegion('ram'), root(2), 6))).toBe('EINVAL');
		expect(reason(setWays(newRegion('ram'), root(3), 6))).toBe('ok');
		expect(reason(setWays(newRegion('ram'), root(1), 3))).toBe('EINVAL');
		expect(reason(setWays(newRegion('ram'), root(4), 2))).toBe('EINVAL');
		expect(reason(setWays(newRegion('ram'), root(1), 5))).toBe('EINVAL');
	});
	test('granularity is the window’s where host bridges interleave', () => {
		expect(reason(setGranularity(newRegion('ram'), root(2, 512), 1024))).toBe('EINVAL');
		expect(reason(setGranularity(newRegion('ram'), root(1, 512), 1024))).toBe('ok');
		expect(reason(setGranularity(newRegion('ram'), root(1), 300))).toBe('EINVAL');
		expect(reason(setGranularity(newRegion('ram'), root(1), 32768))).toBe('EINVAL');
	});
	test('the size comes after ways and granularity, in whole shares, once', () => {
		const bare = newRegion('ram');
		expect(reason(setSize(bare, root(1), UNIT))).toBe('ENXIO');
		const { region, view } = sized(1, 2);
		expect(reason(setSize(region, view, 4 * UNIT))).toBe('EBUSY');
		expect(reason(setSize(region, view, 2 * UNIT))).toBe('ok');
		const other = newRegion('ram');
		setGranularity(other, root(1), 256);
		setWays(other, root(1), 2);
		expect(reason(setSize(other, root(1), UNIT))).toBe('EINVAL');
		expect(reason(setSize(other, root(1), 0))).toBe('EINVAL');
		expect(reason(setSize(other, root(1), 128 * GIB))).toBe('ERANGE');
	});
	test('pmem needs a uuid first', () => {
		const region = newRegion('pmem');
		setGranularity(region, root(1), 256);
		setWays(region, root(1), 1);
		expect(reason(setSize(region, root(1), UNIT))).toBe('ENXIO');
		region.uuid = true;
		expect(reason(setSize(region, root(1), UNIT))).toBe('ok');
	});
	test('ways and granularity are fixed once the size is set', () => {
		const { region, view } = sized(1, 2);
		expect(reason(setWays(region, view, 4))).toBe('EBUSY');
		expect(reason(setGranularity(region, view, 512))).toBe('EBUSY');
	});
});

describe('refusals of the kernel at a target', () => {
	test.each<[string, number, Partial<EndpointView>, number]>([
		['ENXIO', 5, {}, 0],
		['ENXIO', 0, { interleaves: { ...EVERY_INTERLEAVE, bits11to8: false } }, 0],
		['EINVAL', 0, { mode: 'pmem' }, 0],
		['ENXIO', 0, { coherence: 'device' }, 0],
		['ENXIO', 0, { dpaBytes: 0 }, 0],
		['EINVAL', 0, { dpaBytes: 2 * UNIT }, 0],
		['ENXIO', 1, {}, 0],
		['ok', 0, {}, 0]
	])('%s at position %i with %o', (errno, position, more, bridge) => {
		const { region, view } = sized(2, 2);
		expect(reason(attach(region, view, endpoint(bridge, 0, more), position))).toBe(errno);
	});
	test('three ways and sixteen ways are capabilities', () => {
		const three = sized(3, 3);
		expect(reason(attach(three.region, three.view, endpoint(0, 0, { interleaves: { ...EVERY_INTERLEAVE, threes: false } }), 0))).toBe(
			'ENXIO'
		);
		const sixteen = sized(4, 16);
		expect(reason(attach(sixteen.region, sixteen.view, endpoint(0, 0, { interleaves: { ...EVERY_INTERLEAVE, sixteen: false } }), 0))).toBe(
			'ENXIO'
		);
		const coarse = sized(2, 2, 4096);
		expect(reason(attach(coarse.region, coarse.view, endpoint(0, 0, { interleaves: { ...EVERY_INTERLEAVE, bits14to12: false } }), 0))).toBe(
			'ENXIO'
		);
	});
	test('before the size, twice, and one too many', () => {
		expect(reason(attach({ ...newRegion('ram'), ways: 1, granularity: 256 }, root(1), endpoint(0, 0), 0))).toBe('ENXIO');
		const { region, view } = sized(1, 2);
		attach(region, view, endpoint(0, 0), 0);
		expect(reason(attach(region, view, endpoint(0, 1), 0))).toBe('EBUSY');
		expect(reason(attach(region, view, endpoint(0, 0), 1))).toBe('EBUSY');
		attach(region, view, endpoint(0, 1), 1);
		expect(reason(attach(region, view, endpoint(0, 2), 1))).toBe('EBUSY');
		expect(reason(commit(sized(1, 2).region, view, view.baseHpa))).toBe('ENXIO');
		expect(reason(commit(region, view, view.baseHpa))).toBe('ok');
		expect(reason(commit(region, view, view.baseHpa))).toBe('EBUSY');
	});
});

describe('levels below the root', () => {
	test('cross-link first: 4 bridges of 4 endpoints', () => {
		const { region, view } = sized(4, 16);
		for (let position = 0; position < 16; position++)
			expect(reason(attach(region, view, endpoint(position % 4, Math.floor(position / 4)), position))).toBe('ok');
		const plan = commit(region, view, view.baseHpa);
		if (!plan.ok) throw new Error(plan.detail);
		expect(plan.value).toMatchObject({ ways: 16, granularity: 256 });
		expect(plan.value.ports).toHaveLength(4);
		for (const port of plan.value.ports) expect(port).toMatchObject({ ways: 4, granularity: 1024, targets: [0, 1, 2, 3] });
	});
	test('three targets of one port are no power of two', () => {
		const region = newRegion('ram');
		const view = root(2);
		setGranularity(region, view, 256);
		setWays(region, view, 8);
		setSize(region, view, 8 * UNIT);
		const places = [0, 0, 1, 1, 2, 2, 0, 3];
		for (const [position, target] of places.entries())
			attach(region, view, endpoint(position % 2, target, { id: `mem${position}` }), position);
		expect(reason(commit(region, view, view.baseHpa))).toBe('EINVAL');
	});
	test('neighbours must stand at equal distance', () => {
		const region = newRegion('ram');
		const view = root(1);
		setGranularity(region, view, 256);
		setWays(region, view, 4);
		setSize(region, view, 4 * UNIT);
		const below = (position: number, port: number, target: number): EndpointView =>
			endpoint(0, 0, {
				id: `mem${position}`,
				hops: [
					{ port: 'hb0', target: port, capacity: 8 },
					{ port: `sw${port}`, target, capacity: 8 }
				]
			});
		const order = [below(0, 0, 0), below(1, 0, 1), below(2, 1, 0), below(3, 1, 1)];
		order.forEach((one, position) => attach(region, view, one, position));
		expect(reason(commit(region, view, view.baseHpa))).toBe('ENXIO');
		const other = {
			...newRegion('ram'),
			state: 'active' as const,
			ways: 4,
			granularity: 256,
			bytes: 4 * UNIT,
			targets: [below(0, 0, 0), below(1, 1, 0), below(2, 0, 1), below(3, 1, 1)]
		};
		const plan = commit(other, view, view.baseHpa);
		if (!plan.ok) throw new Error(plan.detail);
		expect(plan.value.ports.map(({ port, ways, granularity }) => [port, ways, granularity])).toEqual([
			['hb0', 2, 256],
			['sw0', 2, 512],
			['sw1', 2, 512]
		]);
	});
	test('a granularity above 16 KiB does not exist', () => {
		const { region, view } = sized(2, 4, 16384);
		for (let position = 0; position < 4; position++) attach(region, view, endpoint(position % 2, Math.floor(position / 2)), position);
		expect(reason(commit(region, view, view.baseHpa))).toBe('EINVAL');
	});
	test('more targets than a port has, and unequal depth', () => {
		const few = sized(1, 2);
		for (const target of [0, 1])
			attach(few.region, few.view, endpoint(0, target, { hops: [{ port: 'hb0', target, capacity: 1 }] }), target);
		expect(reason(commit(few.region, few.view, few.view.baseHpa))).toBe('ENXIO');
		const uneven = sized(1, 2);
		attach(uneven.region, uneven.view, endpoint(0, 0), 0);
		attach(
			uneven.region,
			uneven.view,
			endpoint(0, 1, {
				hops: [
					{ port: 'hb0', target: 1, capacity: 8 },
					{ port: 'sw', target: 0, capacity: 8 }
				]
			}),
			1
		);
		expect(reason(commit(uneven.region, uneven.view, uneven.view.baseHpa))).toBe('ENXIO');
	});
});
