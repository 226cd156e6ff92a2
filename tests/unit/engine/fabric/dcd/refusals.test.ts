import { describe, expect, it } from 'vitest';
import { GIB, MIB } from '../../../../../src/lib/base/units.ts';
import { countsOf, extentsOf } from '../../../../../src/lib/engine/fabric/dcd/lists.ts';
import { freeMediaBytes } from '../../../../../src/lib/engine/fabric/dcd/media.ts';
import { RETURN_CODES, type ReturnCodeName } from '../../../../../src/lib/engine/fabric/outcome.ts';
import type { Simulation } from '../../../../../src/lib/engine/index.ts';
import { fabric, heads, tell, until, type Told } from '../../../../support/fabric.ts';

/** Goal: every failure of the tables 4.4 and 4.5 of the reference, and nothing changes by it. */
type Given = Record<string, number | string | boolean | object>;
const add = (simulation: Simulation, more: Given): Told =>
	tell(simulation, 'fm', 'pool', 'initiate-dynamic-capacity-add', { host: 'A', ...more } as never);
const recall = (simulation: Simulation, more: Given): Told =>
	tell(simulation, 'fm', 'pool', 'initiate-dynamic-capacity-release', { host: 'A', ...more } as never);
const answer = (simulation: Simulation, extents: object[], more: Given = {}): Told =>
	tell(simulation, 'host', 'A', 'add-dynamic-capacity-response', { extents, ...more } as never);
const giveBack = (simulation: Simulation, extents: object[]): Told =>
	tell(simulation, 'host', 'A', 'release-dynamic-capacity', { extents } as never);

function refuses(told: Told, name: ReturnCodeName): void {
	expect(told.ok, `expected ${name}`).toBe(false);
	expect(told.detail).toContain(`(${RETURN_CODES[name].toString(16).toUpperCase()}h)`);
}

/** Region 0 is private, region 1 is sharable; the host never answers by itself. */
function world(more: Given = {}): Simulation {
	return fabric({
		devices: [
			{
				id: 'pool',
				kind: 'mh-sld',
				hosts: ['A', 'B'],
				regions: [{ bytes: '4 GiB' }, { bytes: '4 GiB', sharable: true }],
				...more
			}
		],
		hosts: [
			{ id: 'A', answer: 'silent', use: 'none' },
			{ id: 'B', answer: 'silent', use: 'none' }
		]
	});
}
const base = (region: number): number => region * 4 * GIB;
const piece = (region: number, offset: number, bytes: number): { dpa: number; bytes: number } => ({ dpa: base(region) + offset, bytes });

/** Offers one extent and accepts it. */
function hold(simulation: Simulation, region: number, offset: number, bytes: number, tag = ''): void {
	expect(add(simulation, { region, tag, extents: [{ offset, bytes }] }).ok).toBe(true);
	expect(answer(simulation, [piece(region, offset, bytes)]).ok).toBe(true);
}

describe('4802h', () => {
	it('refuses what is not in the group that comes next', () => {
		const simulation = world();
		refuses(answer(simulation, []), 'invalidInput');
		refuses(answer(simulation, [piece(0, 0, 2 * MIB)]), 'invalidPhysicalAddress');
		add(simulation, { extents: [{ offset: 0, bytes: 4 * MIB }] });
		add(simulation, { extents: [{ offset: 8 * MIB, bytes: 4 * MIB }] });
		refuses(answer(simulation, [piece(0, 8 * MIB, 4 * MIB)]), 'invalidPhysicalAddress');
		refuses(answer(simulation, [piece(0, 64 * GIB, 2 * MIB)]), 'invalidPhysicalAddress');
		refuses(answer(simulation, [piece(0, MIB, 2 * MIB)]), 'invalidExtentList');
		refuses(answer(simulation, [piece(0, 0, 3 * MIB)]), 'invalidExtentList');
		refuses(answer(simulation, [piece(0, 0, 4 * MIB), piece(0, 2 * MIB, 2 * MIB)]), 'invalidExtentList');
		expect(countsOf(simulation.world, 0, 0)).toMatchObject({ offered: { extents: 2 }, accepted: { extents: 0 } });
		expect(answer(simulation, [piece(0, 2 * MIB, 2 * MIB)]).ok).toBe(true);
		refuses(answer(simulation, [piece(0, 2 * MIB, 2 * MIB)]), 'invalidPhysicalAddress');
		expect(countsOf(simulation.world, 0, 0)).toMatchObject({ offered: { bytes: 4 * MIB }, accepted: { bytes: 2 * MIB } });
	});

	it('takes shared capacity whole or not at all', () => {
		const simulation = world();
		expect(add(simulation, { region: 1, bytes: '1 GiB', tag: 'T' }).ok).toBe(true);
		refuses(answer(simulation, [piece(1, 0, GIB / 2)]), 'invalidExtentList');
		expect(answer(simulation, [piece(1, 0, GIB)]).ok).toBe(true);
	});

	it('goes on in the next payload', () => {
		const simulation = world();
		add(simulation, {
			extents: [
				{ offset: 0, bytes: 2 * MIB },
				{ offset: 8 * MIB, bytes: 2 * MIB }
			]
		});
		expect(answer(simulation, [piece(0, 0, 2 * MIB)], { more: true }).ok).toBe(true);
		expect(countsOf(simulation.world, 0, 0)).toMatchObject({ offered: { extents: 2 }, accepted: { extents: 0 } });
		expect(answer(simulation, [piece(0, 8 * MIB, 2 * MIB)]).ok).toBe(true);
		expect(extentsOf(simulation.world, 0, 0).map(({ dpa }) => dpa)).toEqual([0, 8 * MIB]);
	});

	it('finds the offer dead', () => {
		const simulation = world();
		add(simulation, { bytes: '1 GiB', tag: 'T' });
		expect(recall(simulation, { tag: 'T', forced: true }).ok).toBe(true);
		refuses(answer(simulation, [piece(0, 0, GIB)]), 'invalidPhysicalAddress');
		add(simulation, { bytes: '1 GiB', tag: 'T' });
		expect(recall(simulation, { tag: 'T', forced: true }).ok).toBe(true);
		expect(answer(simulation, []).ok).toBe(true);
		expect(freeMediaBytes(simulation.world, 0)).toBe(8 * GIB);
	});
});

describe('4803h and 4801h', () => {
	it('refuses what is not there, what is cut wrongly, and a part of a shared tag', () => {
		const simulation = world();
		hold(simulation, 0, 0, GIB);
		hold(simulation, 1, 0, GIB, 'T');
		refuses(giveBack(simulation, []), 'invalidInput');
		refuses(giveBack(simulation, [piece(0, GIB, 2 * MIB)]), 'invalidPhysicalAddress');
		refuses(giveBack(simulation, [piece(0, GIB - 2 * MIB, 4 * MIB)]), 'invalidPhysicalAddress');
		refuses(giveBack(simulation, [piece(0, 4096, 2 * MIB)]), 'invalidExtentList');
		refuses(giveBack(simulation, [piece(0, 0, 4 * MIB), piece(0, 2 * MIB, 2 * MIB)]), 'invalidExtentList');
		refuses(giveBack(simulation, [piece(1, 0, GIB / 2)]), 'invalidExtentList');
		expect(giveBack(simulation, [piece(0, 2 * MIB, 2 * MIB)]).ok).toBe(true);
		refuses(giveBack(simulation, [piece(0, 2 * MIB, 2 * MIB)]), 'invalidPhysicalAddress');
		expect(giveBack(simulation, [piece(1, 0, GIB)]).ok).toBe(true);
		expect(simulation.world.r.fabric.tags).toEqual([]);
	});

	it('refuses to split beyond what the device can track', () => {
		const simulation = world({ extentLimit: 2 });
		hold(simulation, 0, 0, GIB);
		expect(giveBack(simulation, [piece(0, 2 * MIB, 2 * MIB)]).ok).toBe(true);
		refuses(giveBack(simulation, [piece(0, 8 * MIB, 2 * MIB)]), 'resourcesExhausted');
		expect(giveBack(simulation, [piece(0, 0, 2 * MIB), piece(0, 8 * MIB, 2 * MIB)]).ok).toBe(true);
	});

	it('lists pages, and refuses one behind the end', () => {
		const simulation = world();
		hold(simulation, 0, 0, 2 * MIB);
		const list = (start: number, count: number): Told =>
			tell(simulation, 'host', 'A', 'get-dynamic-capacity-extent-list', { start, count });
		expect(list(0, 0).output).toMatchObject({ returned: 0, total: 1 });
		expect(list(1, 5).output).toMatchObject({ returned: 0, total: 1 });
		refuses(list(2, 1), 'invalidInput');
	});
});

describe('5604h', () => {
	it('refuses hosts, regions, policies and lengths', () => {
		const simulation = world();
		refuses(tell(simulation, 'fm', 'pool', 'initiate-dynamic-capacity-add', { host: 9, bytes: '1 GiB' }), 'invalidInput');
		refuses(add(simulation, { region: 7, bytes: '1 GiB' }), 'invalidInput');
		refuses(add(simulation, { policy: 'best', bytes: '1 GiB' }), 'invalidInput');
		refuses(add(simulation, { bytes: 4096 }), 'invalidInput');
		refuses(add(simulation, { bytes: '8 GiB' }), 'resourcesExhausted');
		refuses(add(simulation, { policy: 'prescriptive' }), 'invalidExtentList');
		refuses(add(simulation, { extents: [{ offset: MIB, bytes: 2 * MIB }] }), 'invalidExtentList');
		refuses(add(simulation, { extents: [{ offset: 4 * GIB - 2 * MIB, bytes: 4 * MIB }] }), 'resourcesExhausted');
		add(simulation, { extents: [{ offset: 0, bytes: 2 * MIB }] });
		refuses(add(simulation, { extents: [{ offset: 0, bytes: 2 * MIB }] }), 'invalidExtentList');
		expect(countsOf(simulation.world, 0, 0).offered.extents).toBe(1);
		expect(freeMediaBytes(simulation.world, 0)).toBe(8 * GIB - 2 * MIB);
	});

	it('refuses tags where they are missing, taken, private or there already', () => {
		const simulation = world();
		refuses(add(simulation, { region: 1, bytes: '1 GiB' }), 'invalidInput');
		hold(simulation, 1, 0, GIB, 'T');
		hold(simulation, 0, 0, GIB, 'mine');
		refuses(add(simulation, { region: 1, bytes: '1 GiB', tag: 'T' }), 'invalidInput');
		const share = (host: string, region: number, tag: string): Told =>
			tell(simulation, 'fm', 'pool', 'initiate-dynamic-capacity-add', { host, region, tag, policy: 'enable-shared-access' });
		refuses(share('A', 1, 'T'), 'invalidInput');
		refuses(share('B', 0, 'T'), 'invalidInput');
		refuses(share('B', 1, 'nobody'), 'invalidInput');
		refuses(share('B', 1, 'mine'), 'invalidInput');
		expect(share('B', 1, 'T').ok).toBe(true);
		refuses(share('B', 1, 'T'), 'invalidInput');
		expect(freeMediaBytes(simulation.world, 0)).toBe(6 * GIB);
	});

	it('refuses sequence numbers that are not 0 to n − 1', () => {
		const simulation = world();
		const extents = [
			{ offset: 0, bytes: 2 * MIB, sequence: 1 },
			{ offset: 8 * MIB, bytes: 2 * MIB, sequence: 2 }
		];
		refuses(add(simulation, { region: 1, tag: 'T', extents }), 'invalidExtentList');
	});

	it('tells the manager to try again when the event log would overflow', () => {
		const simulation = world({ logRecords: 2 });
		add(simulation, { bytes: '1 GiB' });
		add(simulation, { bytes: '1 GiB' });
		refuses(add(simulation, { bytes: '1 GiB' }), 'retryRequired');
		expect(freeMediaBytes(simulation.world, 0)).toBe(6 * GIB);
		expect(simulation.world.r.fabric.devices[0]?.lds[0]?.log.overflow).toBe(0);
	});

	it('counts extents and tags: offered, accepted, referenced', () => {
		const simulation = world({ extentLimit: 2, tagLimit: 2 });
		hold(simulation, 1, 0, 2 * MIB, 'T');
		expect(add(simulation, { extents: [{ offset: 0, bytes: 2 * MIB }] }).ok).toBe(true);
		refuses(add(simulation, { extents: [{ offset: 8 * MIB, bytes: 2 * MIB }] }), 'resourcesExhausted');
		answer(simulation, []);
		expect(tell(simulation, 'fm', 'pool', 'dynamic-capacity-add-reference', { tag: 'T' }).ok).toBe(true);
		giveBack(simulation, [piece(1, 0, 2 * MIB)]);
		const config = tell(simulation, 'host', 'A', 'get-dynamic-capacity-configuration').output;
		expect(config).toMatchObject({ extentsSupported: 2, extentsAvailable: 1, tagsSupported: 2, tagsAvailable: 1 });
		add(simulation, { bytes: 2 * MIB, tag: 'U' });
		answer(simulation, []);
		expect(add(simulation, { bytes: 2 * MIB, tag: 'V' }).ok).toBe(true);
	});

	it('has no room that is not in one piece', () => {
		const simulation = world();
		hold(simulation, 0, GIB, 2 * GIB);
		refuses(add(simulation, { policy: 'contiguous', bytes: '2 GiB' }), 'resourcesExhausted');
		expect(add(simulation, { policy: 'free', bytes: '2 GiB' }).ok).toBe(true);
		expect(countsOf(simulation.world, 0, 0).offered).toEqual({ extents: 2, bytes: 2 * GIB });
	});
});

describe('5605h', () => {
	it('refuses hosts, tags, parts of shared tags, and what is not there', () => {
		const simulation = world();
		hold(simulation, 0, 0, GIB);
		hold(simulation, 1, 0, GIB, 'T');
		refuses(recall(simulation, { tag: 'nobody' }), 'invalidInput');
		refuses(tell(simulation, 'fm', 'pool', 'initiate-dynamic-capacity-release', { host: 7, tag: 'T' }), 'invalidInput');
		refuses(recall(simulation, { tag: 'T', bytes: '512 MiB' }), 'invalidInput');
		refuses(recall(simulation, { tag: 'T', bytes: '2 GiB' }), 'resourcesExhausted');
		refuses(recall(simulation, { policy: 'prescriptive' }), 'invalidExtentList');
		refuses(recall(simulation, { extents: [piece(1, 0, GIB / 2)] }), 'invalidInput');
		refuses(recall(simulation, { extents: [piece(0, 2 * GIB, 2 * MIB)] }), 'invalidPhysicalAddress');
		refuses(recall(simulation, { extents: [piece(0, 2 * GIB, 2 * MIB)], forced: true }), 'invalidExtentList');
		add(simulation, { extents: [{ offset: 2 * GIB, bytes: 2 * MIB }] });
		refuses(recall(simulation, { extents: [piece(0, 2 * GIB, 2 * MIB)] }), 'invalidPhysicalAddress');
		expect(recall(simulation, { extents: [piece(0, 2 * GIB, 2 * MIB)], forced: true }).ok).toBe(true);
		expect(countsOf(simulation.world, 0, 0).dead.bytes).toBe(2 * MIB);
	});

	it('is told to try again when the log is full, unless it is forced', () => {
		const simulation = world({ logRecords: 1 });
		hold(simulation, 0, 0, GIB, 'T');
		refuses(recall(simulation, { tag: 'T' }), 'retryRequired');
		expect(recall(simulation, { tag: 'T', forced: true }).ok).toBe(true);
		expect(extentsOf(simulation.world, 0, 0)).toEqual([]);
		expect(simulation.world.r.fabric.devices[0]?.lds[0]?.log).toMatchObject({ overflow: 1 });
	});
});

describe('5606h to 5608h, 5602h', () => {
	it('references only what is shared, keeps it alive, and lists it', () => {
		const simulation = world();
		const reference = (word: 'add' | 'remove', tag: string): Told =>
			tell(simulation, 'fm', 'pool', `dynamic-capacity-${word}-reference`, { tag });
		hold(simulation, 0, 0, GIB, 'mine');
		hold(simulation, 1, 0, GIB, 'T');
		refuses(reference('add', 'mine'), 'invalidInput');
		refuses(reference('remove', 'nobody'), 'invalidInput');
		expect(reference('add', 'T').ok).toBe(true);
		expect(reference('add', 'T').ok).toBe(true);
		giveBack(simulation, [piece(1, 0, GIB)]);
		expect(freeMediaBytes(simulation.world, 0)).toBe(6 * GIB);
		expect(tell(simulation, 'fm', 'pool', 'dynamic-capacity-list-tags', {}).output).toEqual({
			total: 2,
			tags: [
				{ tag: 'mine', referenced: false, accepted: [0], pending: [] },
				{ tag: 'T', referenced: true, accepted: [], pending: [] }
			]
		});
		expect(tell(simulation, 'fm', 'pool', 'dynamic-capacity-list-tags', { start: 0, count: 0 }).output).toEqual({ total: 2, tags: [] });
		expect(reference('remove', 'T').ok).toBe(true);
		expect(freeMediaBytes(simulation.world, 0)).toBe(7 * GIB);
	});

	it('configures a region anew only while nothing of it is in use', () => {
		const simulation = world();
		const set = (more: Given): Told => tell(simulation, 'fm', 'pool', 'set-dc-region-configuration', { region: 0, ...more } as never);
		refuses(set({ blockBytes: 96 }), 'invalidInput');
		expect(set({ blockBytes: 4096, sanitize: true }).ok).toBe(true);
		expect(simulation.world.r.fabric.devices[0]?.lds[1]?.log.records).toMatchObject([{ type: 3, region: 0 }]);
		hold(simulation, 0, 4096, 4096);
		refuses(set({ blockBytes: 8192 }), 'unsupported');
	});
});

describe('a device of QEMU', () => {
	it('knows no other policy than the prescriptive one, no references, and forgets the tag', () => {
		const simulation = heads(['A'], {}, { answer: 'silent' }, { profile: 'qemu111' });
		refuses(add(simulation, { bytes: '1 GiB' }), 'invalidInput');
		refuses(tell(simulation, 'fm', 'pool', 'dynamic-capacity-add-reference', { tag: 'T' }), 'unsupported');
		expect(
			tell(simulation, 'fm', 'pool', 'initiate-dynamic-capacity-add', { host: 9, tag: 'T', extents: [{ offset: 0, bytes: GIB }] }).ok
		).toBe(true);
		expect(simulation.world.r.fabric.devices[0]?.lds[0]?.log.records[0]?.tag).toBe('T');
		expect(answer(simulation, [piece(0, 0, GIB)]).ok).toBe(true);
		expect(extentsOf(simulation.world, 0, 0)).toMatchObject([{ tagId: 0, sequence: 0 }]);
		refuses(recall(simulation, { tag: 'T', policy: 'tag-based' }), 'invalidInput');
		expect(recall(simulation, { extents: [piece(0, 0, GIB)], forced: true }).ok).toBe(true);
		expect(extentsOf(simulation.world, 0, 0)).toHaveLength(1);
		expect(until(simulation, 1, () => false)).toBe(false);
	});
});
